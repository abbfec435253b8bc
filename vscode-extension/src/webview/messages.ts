// What the trace panel and the extension say to each other.
import type { TraceResult } from "../protocol";

export type ToPanel = { kind: "trace"; trace: TraceResult };

/** `row` is an index into the trace's rows: the panel names nothing that the extension would have to trust. */
export type FromPanel =
  | { kind: "ready" }
  | { kind: "goto"; row: number }
  | { kind: "replay"; row: number }
  | { kind: "copy"; what: "id" | "text" }
  | { kind: "browser" };

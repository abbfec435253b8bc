// What Spanglass adds to LSP, as docs/protocol.md says it. Lines are 0-based, positions are LSP positions.
import { NotificationType, RequestType, RequestType0 } from "vscode-languageclient";

/** Commands that a lens may carry because this client handles them itself. */
export const clientCommands = ["spanglass.replay", "spanglass.showTraces"] as const;

/** A command that the server handles: opens a trace's page in the browser; its argument is `{ traceId }`. */
export const openTraceCommand = "spanglass.openTrace";

/** A command that the server handles: its answer is doctor's report as text. */
export const explainCommand = "spanglass.explain";

export interface FunctionTarget {
  uri: string;
  line: number;
  function: string;
}

export interface ReplayTarget extends FunctionTarget {
  traceId: string;
  spanId: string;
}

export interface TracesParams {
  uri?: string;
  line?: number;
  service?: string;
  errors?: boolean;
  limit?: number;
}

export interface TracesResult {
  traces: TraceSummary[];
}

export interface TraceSummary {
  traceId: string;
  /** The span of the function that was asked for, else the root. */
  spanId: string;
  name: string;
  service: string;
  services: string[];
  startUnixMs: number;
  durationMs: number;
  spans: number;
  errors: number;
}

export interface TraceParams {
  traceId: string;
}

export interface TraceResult {
  traceId: string;
  /** Its page on loopback, where one is served. */
  url: string | null;
  /** The waterfall as lines of text: line `i + 1` shows `rows[i]`, line 0 is a heading. */
  text: string;
  /** Parents before children. */
  rows: TraceRow[];
}

export type Confidence = "certain" | "likely" | "possible" | "none";

export interface TraceRow {
  spanId: string;
  parentSpanId: string | null;
  depth: number;
  name: string;
  service: string;
  kind: string;
  /** Since the start of the trace. */
  startMs: number;
  durationMs: number;
  error: boolean;
  message: string | null;
  location: FunctionTarget | null;
  confidence: Confidence;
}

export interface Status {
  /** "hosting 127.0.0.1:4318", "reading through process 4711", "off: …" */
  source: string;
  spans: number;
  placed: number;
  functions: number;
  files: number;
  ready: boolean;
  lastSpanUnixMs: number | null;
  problem: string | null;
  /** The trace page's address. */
  page: string | null;
}

export const tracesRequest = new RequestType<TracesParams, TracesResult, void>("spanglass/traces");
export const traceRequest = new RequestType<TraceParams, TraceResult, void>("spanglass/trace");
export const statusRequest = new RequestType0<Status, void>("spanglass/status");
export const statusNotification = new NotificationType<Status>("spanglass/status");

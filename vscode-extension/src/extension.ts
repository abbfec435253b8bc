// Where VS Code starts and ends the extension; everything it does is in the files named here.
import type { ExtensionContext } from "vscode";
import { Spanglass } from "./context";
import * as doctor from "./features/doctor";
import * as page from "./features/page";
import * as replay from "./features/replay";
import * as tracePanel from "./features/tracePanel";
import * as traces from "./features/traces";
import * as status from "./status";

let spanglass: Spanglass | undefined;

export async function activate(context: ExtensionContext): Promise<void> {
  spanglass = new Spanglass(context);
  for (const feature of [status, traces, tracePanel, replay, page, doctor]) {
    feature.activate(spanglass);
  }
  await spanglass.start();
}

export async function deactivate(): Promise<void> {
  await spanglass?.stop();
}

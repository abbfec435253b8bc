// The picker of recent traces: of one function, of one file, of everything; search as you type.
import * as vscode from "vscode";
import type { Spanglass } from "../context";
import { age, count, duration } from "../format";
import { tracesRequest, type FunctionTarget, type TraceSummary, type TracesParams } from "../protocol";

/** What is listed, and how the picker calls it. */
interface Scope {
  title: string;
  params: TracesParams;
}

interface TraceItem extends vscode.QuickPickItem {
  trace?: TraceSummary;
  command?: string;
}

const failed = new vscode.ThemeIcon("error", new vscode.ThemeColor("testing.iconFailed"));
const passed = new vscode.ThemeIcon("pass", new vscode.ThemeColor("testing.iconPassed"));
const replayButton = { iconPath: new vscode.ThemeIcon("debug-alt"), tooltip: "Replay" };
const errorsButton = { iconPath: new vscode.ThemeIcon("filter"), tooltip: "Show only traces with errors" };
const allButton = { iconPath: new vscode.ThemeIcon("filter-filled"), tooltip: "Show all traces" };
const limit = 500;

export function activate(spanglass: Spanglass): void {
  spanglass.command("spanglass.showTraces", (target?: FunctionTarget) => show(spanglass, target ? ofFunction(target) : everything));
  spanglass.command("spanglass.showTracesHere", () => show(spanglass, ofCursor()));
}

/** Lets somebody choose a trace; undefined when they did not. */
export async function pickTrace(spanglass: Spanglass, title: string): Promise<TraceSummary | undefined> {
  const { traces } = await spanglass.request(tracesRequest, { limit });
  const items = traces.map((trace) => itemOf(trace, Date.now()));
  const options = { title, placeHolder: placeholder(items), matchOnDescription: true, matchOnDetail: true };
  const chosen = await vscode.window.showQuickPick<TraceItem>(items.length ? items : [nothingItem], options);
  runInstead(chosen);
  return chosen?.trace;
}

/** One line of the picker. */
export function itemOf(trace: TraceSummary, nowMs: number): TraceItem {
  const others = trace.services.filter((service) => service !== trace.service);
  return {
    label: trace.name,
    iconPath: trace.errors > 0 ? failed : passed,
    description: `${duration(trace.durationMs)} · ${age(trace.startUnixMs, nowMs)}`,
    detail: [
      [trace.service, ...others].join(", "),
      count(trace.spans, "span"),
      ...(trace.errors > 0 ? [count(trace.errors, "error")] : []),
    ].join(" · "),
    trace,
  };
}

const everything: Scope = { title: "Recent traces", params: {} };
const nothingItem: TraceItem = {
  label: "$(question) No traces here in the time that is shown",
  detail: "Ask doctor what was received and where it was placed",
  command: "spanglass.doctor",
};

function ofFunction(target: FunctionTarget): Scope {
  return { title: `Traces of ${target.function}`, params: { uri: target.uri, line: target.line } };
}

function ofCursor(): Scope {
  const editor = vscode.window.activeTextEditor;
  if (!editor) {
    return everything;
  }
  const { document, selection } = editor;
  const name = `${vscode.workspace.asRelativePath(document.uri)}:${selection.active.line + 1}`;
  return { title: `Traces through ${name}`, params: { uri: document.uri.toString(), line: selection.active.line } };
}

async function show(spanglass: Spanglass, scope: Scope): Promise<void> {
  const picker = vscode.window.createQuickPick<TraceItem>();
  let onlyErrors = false;
  const fill = async (): Promise<void> => {
    picker.busy = true;
    picker.buttons = [onlyErrors ? allButton : errorsButton];
    picker.title = onlyErrors ? `${scope.title}, with errors` : scope.title;
    const params = { ...scope.params, limit, ...(onlyErrors && { errors: true }) };
    const { traces } = await spanglass.request(tracesRequest, params);
    const items = traces.map((trace) => ({ ...itemOf(trace, Date.now()), buttons: [replayButton] }));
    picker.items = items.length ? items : [nothingItem];
    picker.placeholder = placeholder(items);
    picker.busy = false;
  };
  picker.matchOnDescription = picker.matchOnDetail = true;
  await fill();
  const done = new Promise<void>((resolve) => picker.onDidHide(() => { resolve(); }));
  picker.onDidTriggerButton(() => {
    onlyErrors = !onlyErrors;
    void fill().catch((error: unknown) => { picker.hide(); spanglass.log.error(String(error)); });
  });
  picker.onDidTriggerItemButton(({ item }) => {
    picker.hide();
    void vscode.commands.executeCommand("spanglass.replay", item.trace);
  });
  picker.onDidAccept(() => {
    const [item] = picker.selectedItems;
    picker.hide();
    if (item?.trace) {
      void vscode.commands.executeCommand("spanglass.openTracePanel", item.trace.traceId);
    } else {
      runInstead(item);
    }
  });
  picker.show();
  await done;
  picker.dispose();
}

function runInstead(item: TraceItem | undefined): void {
  if (item?.command) {
    void vscode.commands.executeCommand(item.command);
  }
}

function placeholder(items: TraceItem[]): string {
  return items.length ? `Search ${count(items.length, "trace")} by name, service, time` : "Nothing to choose from";
}

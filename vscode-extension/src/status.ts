// The status bar item: what is received and placed, or what is wrong; a click offers what can be done about it.
import * as vscode from "vscode";
import type { ServerState, Spanglass } from "./context";
import { age, count } from "./format";
import type { Status } from "./protocol";

export function activate(spanglass: Spanglass): void {
  const item = vscode.window.createStatusBarItem("spanglass.status", vscode.StatusBarAlignment.Left, 10);
  item.name = "Spanglass";
  item.command = "spanglass.menu";
  const show = (state: ServerState): void => {
    item.text = text(state);
    item.tooltip = tooltip(state);
    const failed = state.kind === "missing" || state.kind === "ended";
    item.backgroundColor = failed ? new vscode.ThemeColor("statusBarItem.errorBackground") : undefined;
    item.accessibilityInformation = { label: `Spanglass: ${item.text.replace(/\$\([^)]*\)\s*/g, "")}` };
  };
  show(spanglass.state);
  item.show();
  spanglass.own(item, spanglass.onDidChangeState(show));
  spanglass.command("spanglass.menu", menu);
}

function text(state: ServerState): string {
  switch (state.kind) {
    case "starting":
      return "$(loading~spin) Spanglass";
    case "stopped":
      return "$(circle-slash) Spanglass";
    case "missing":
    case "ended":
      return "$(error) Spanglass";
    case "running":
      if (state.status?.problem) {
        return "$(warning) Spanglass";
      }
      return state.status?.spans ? `$(pulse) ${count(state.status.spans, "span")}` : "$(pulse) no spans yet";
  }
}

function tooltip(state: ServerState): vscode.MarkdownString {
  const lines = state.kind === "running" ? runningLines(state.status, state.version)
    : "problem" in state ? [state.problem]
    : [state.kind === "starting" ? "starting" : "stopped"];
  const markdown = new vscode.MarkdownString();
  lines.forEach((line, i) => {
    markdown.appendText(line);
    if (i + 1 < lines.length) {
      markdown.appendMarkdown("  \n");
    }
  });
  return markdown;
}

function runningLines(status: Status | undefined, version: string): string[] {
  if (!status) {
    return [`Spanglass ${version}`];
  }
  const lines = [
    `Spanglass ${version}: ${status.source}`,
    `${count(status.spans, "span")} received, ${status.placed.toLocaleString("en-US")} placed on ${count(status.functions, "function")}`,
    `${count(status.files, "source file")} ${status.ready ? "read" : "read so far"}`,
  ];
  if (status.lastSpanUnixMs !== null) {
    lines.push(`Last span ${age(status.lastSpanUnixMs, Date.now())}`);
  }
  return status.problem ? [status.problem, ...lines] : lines;
}

async function menu(): Promise<void> {
  const items = [
    { label: "$(list-tree) Recent traces", command: "spanglass.showTraces" },
    { label: "$(debug-alt) Replay a trace", command: "spanglass.replay" },
    { label: "$(link-external) Trace page in the browser", command: "spanglass.openPage" },
    { label: "$(question) Why is something missing? Ask doctor", command: "spanglass.doctor" },
    { label: "$(output) Log", command: "spanglass.showLog" },
    { label: "$(debug-restart) Restart the server", command: "spanglass.restartServer" },
  ];
  const chosen = await vscode.window.showQuickPick(items, { title: "Spanglass" });
  if (chosen) {
    await vscode.commands.executeCommand(chosen.command);
  }
}

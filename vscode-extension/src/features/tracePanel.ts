// The trace panel: one trace as a waterfall beside the code, where a click on a span goes to its line.
// Telemetry is hostile text: it reaches the page as data, never as markup, and the page may run only its own script.
import { randomBytes } from "node:crypto";
import * as vscode from "vscode";
import { UserError, type Spanglass } from "../context";
import { traceRequest, type TraceResult } from "../protocol";
import type { FromPanel, ToPanel } from "../webview/messages";
import { focusCode, reveal } from "./location";
import { openPage } from "./page";

export function activate(spanglass: Spanglass): void {
  const panel = new TracePanel(spanglass);
  spanglass.own(panel);
  spanglass.command("spanglass.openTracePanel", (traceId?: unknown) => open(spanglass, panel, traceId));
}

async function open(spanglass: Spanglass, panel: TracePanel, given: unknown): Promise<void> {
  const traceId = typeof given === "string" ? given : await askForId();
  if (traceId !== undefined) {
    panel.show(await spanglass.request(traceRequest, { traceId }));
  }
}

async function askForId(): Promise<string | undefined> {
  const id = await vscode.window.showInputBox({
    title: "Open a trace by its id",
    placeHolder: "32 hexadecimal digits, as in a log line or a traceparent header",
    validateInput: (value) => (traceIdIn(value) === undefined ? "A trace id has 32 hexadecimal digits" : undefined),
  });
  return id === undefined ? undefined : traceIdIn(id);
}

/** The trace id in what somebody pasted: the id itself, or a traceparent header around it. */
export function traceIdIn(text: string): string | undefined {
  return /(?:^|[^0-9a-f])([0-9a-f]{32})(?:$|[^0-9a-f])/i.exec(text.trim())?.[1]?.toLowerCase();
}

/** One panel, reused, so that looking at many traces leaves one tab. */
class TracePanel implements vscode.Disposable {
  private panel: vscode.WebviewPanel | undefined;
  private trace: TraceResult | undefined;

  constructor(private readonly spanglass: Spanglass) {}

  show(trace: TraceResult): void {
    this.trace = trace;
    const panel = (this.panel ??= this.create());
    panel.title = `Trace: ${trace.rows[0]?.name ?? trace.traceId.slice(0, 8)}`;
    panel.reveal(undefined, true);
    this.send();
  }

  dispose(): void {
    this.panel?.dispose();
  }

  private create(): vscode.WebviewPanel {
    const root = this.spanglass.extension.extensionUri;
    const resources = [vscode.Uri.joinPath(root, "dist"), vscode.Uri.joinPath(root, "media")];
    const column = { viewColumn: vscode.ViewColumn.Beside, preserveFocus: true };
    const panel = vscode.window.createWebviewPanel("spanglass.trace", "Trace", column, {
      enableScripts: true,
      enableFindWidget: true,
      localResourceRoots: resources,
    });
    panel.webview.onDidReceiveMessage((message: FromPanel) => {
      this.handle(message).catch((error: unknown) => {
        void vscode.window.showErrorMessage(error instanceof Error ? error.message : String(error));
      });
    });
    panel.onDidDispose(() => { this.panel = undefined; });
    panel.webview.html = html(panel.webview, root);
    return panel;
  }

  private send(): void {
    if (this.trace) {
      void this.panel?.webview.postMessage({ kind: "trace", trace: this.trace } satisfies ToPanel);
    }
  }

  private async handle(message: FromPanel): Promise<void> {
    const trace = this.trace;
    if (!trace) {
      return;
    }
    switch (message.kind) {
      case "ready":
        this.send();
        break;
      case "goto": {
        const location = trace.rows[message.row]?.location;
        if (location) {
          await reveal(location);
        }
        break;
      }
      case "replay": {
        const row = trace.rows[message.row];
        await focusCode();
        const target = { traceId: trace.traceId, ...row?.location, ...(row && { spanId: row.spanId, name: row.name }) };
        await vscode.commands.executeCommand("spanglass.replay", target);
        break;
      }
      case "copy":
        await vscode.env.clipboard.writeText(message.what === "id" ? trace.traceId : trace.text);
        break;
      case "browser":
        if (!trace.url) {
          throw new UserError("No trace page is served at the moment; doctor says why.");
        }
        await openPage(trace.url);
        break;
    }
  }
}

function html(webview: vscode.Webview, root: vscode.Uri): string {
  const uri = (...path: string[]): string => webview.asWebviewUri(vscode.Uri.joinPath(root, ...path)).toString();
  const nonce = randomBytes(16).toString("base64");
  const policy = `default-src 'none'; style-src ${webview.cspSource}; script-src 'nonce-${nonce}'`;
  return `<!doctype html>
<html lang="en">
<head>
  <meta charset="utf-8">
  <meta http-equiv="Content-Security-Policy" content="${policy}">
  <link rel="stylesheet" href="${uri("media", "trace.css")}">
</head>
<body>
  <script nonce="${nonce}" src="${uri("dist", "trace.js")}"></script>
</body>
</html>`;
}

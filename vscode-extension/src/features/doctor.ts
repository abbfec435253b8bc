// Doctor's report as a document: what was received, what was placed, why the rest was not, and what to do.
import * as vscode from "vscode";
import type { Spanglass } from "../context";
import { explainCommand } from "../protocol";

export function activate(spanglass: Spanglass): void {
  const scheme = "spanglass-doctor";
  const changed = new vscode.EventEmitter<vscode.Uri>();
  let report = "";
  const provider = { onDidChange: changed.event, provideTextDocumentContent: () => report };
  spanglass.own(changed, vscode.workspace.registerTextDocumentContentProvider(scheme, provider));
  spanglass.command("spanglass.doctor", async () => {
    report = await spanglass.execute<string>(explainCommand);
    const uri = vscode.Uri.parse(`${scheme}:Spanglass doctor`);
    changed.fire(uri);
    await vscode.window.showTextDocument(await vscode.workspace.openTextDocument(uri), { preview: true });
  });
}

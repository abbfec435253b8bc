// Going to a function that the server named.
import * as vscode from "vscode";
import type { FunctionTarget } from "../protocol";

/** Shows the line in an editor, beside what has the focus when that is a panel. */
export async function reveal(target: FunctionTarget): Promise<void> {
  const uri = vscode.Uri.parse(target.uri, true);
  const viewColumn = vscode.window.visibleTextEditors[0]?.viewColumn ?? vscode.ViewColumn.One;
  const position = new vscode.Position(target.line, 0);
  const editor = await vscode.window.showTextDocument(uri, { viewColumn, selection: new vscode.Range(position, position) });
  editor.revealRange(editor.selection, vscode.TextEditorRevealType.InCenterIfOutsideViewport);
}

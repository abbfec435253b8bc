// Going to a function that the server named.
import * as vscode from "vscode";
import type { FunctionTarget } from "../protocol";

/** Shows the function in an editor, beside what has the focus when that is a panel. */
export async function reveal(target: FunctionTarget): Promise<void> {
  const document = await vscode.workspace.openTextDocument(vscode.Uri.parse(target.uri, true));
  const line = Math.min(target.line, document.lineCount - 1);
  const position = new vscode.Position(line, nameColumn(document.lineAt(line), target.function));
  const viewColumn = codeEditor()?.viewColumn ?? vscode.ViewColumn.One;
  const editor = await vscode.window.showTextDocument(document, { viewColumn, selection: new vscode.Range(position, position) });
  editor.revealRange(editor.selection, vscode.TextEditorRevealType.InCenterIfOutsideViewport);
}

/** Puts the focus into a group with code. What VS Code opens next opens where the focus is, and not over a panel. */
export async function focusCode(): Promise<void> {
  const editor = codeEditor();
  if (editor?.viewColumn !== undefined) {
    await vscode.window.showTextDocument(editor.document, { viewColumn: editor.viewColumn });
  }
}

function codeEditor(): vscode.TextEditor | undefined {
  return vscode.window.visibleTextEditors.find(({ document }) => document.uri.scheme === "file");
}

/** Where the function's name stands in its line; the path to it, as in `Gateway.authorize`, does not. */
function nameColumn({ text, firstNonWhitespaceCharacterIndex }: vscode.TextLine, path: string): number {
  const name = /[\p{L}\p{N}_$]+$/u.exec(path)?.[0];
  const at = name === undefined ? -1 : text.indexOf(name);
  return at < 0 ? firstNonWhitespaceCharacterIndex : at;
}

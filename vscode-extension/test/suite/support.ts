// What the tests share: the shop, waiting with a deadline, and stand-ins for the moments when somebody would click.
import * as vscode from "vscode";
import { send } from "../lib/otlp.mjs";

export const binary = variable("SPANGLASS_TEST_BIN");
export const workspace = variable("SPANGLASS_TEST_WORKSPACE");

/** Sends a day of the shop to the receiver. */
export async function sendShop(): Promise<void> {
  const address = variable("SPANGLASS_RECEIVER__HTTP");
  await until("a receiver that answers", () => fetch(`http://${address}/`).then(() => true, () => false));
  await send(address, variable("SPANGLASS_TEST_TRACES"));
}

/** Opens a file of the shop in an editor. */
export async function open(path: string): Promise<vscode.TextDocument> {
  const document = await vscode.workspace.openTextDocument(vscode.Uri.file(`${workspace}/${path}`));
  await vscode.window.showTextDocument(document);
  return document;
}

/** The first line that holds `text`, 0-based. */
export function lineOf(document: vscode.TextDocument, text: string): number {
  const at = document.getText().indexOf(text);
  if (at < 0) {
    throw new Error(`${document.fileName} holds no "${text}"`);
  }
  return document.positionAt(at).line;
}

/** Asks again until there is an answer; fails with `what` after `ms`. */
export async function until<T>(what: string, ask: () => T | Thenable<T>, ms = 20_000): Promise<NonNullable<Exclude<T, false>>> {
  const deadline = Date.now() + ms;
  for (;;) {
    const answer = await ask();
    if (answer !== undefined && answer !== null && answer !== false) {
      return answer as NonNullable<Exclude<T, false>>;
    }
    if (Date.now() > deadline) {
      throw new Error(`no ${what} within ${ms / 1000} s`);
    }
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

export function lenses(document: vscode.TextDocument): Thenable<vscode.CodeLens[]> {
  return vscode.commands.executeCommand("vscode.executeCodeLensProvider", document.uri, 1000);
}

/** Titles of the lenses on the line that holds `text`, once there are any. */
export async function titles(document: vscode.TextDocument, text: string): Promise<string[]> {
  const on = await lensesOn(document, text);
  return on.map((lens) => lens.command?.title ?? "");
}

export function lensesOn(document: vscode.TextDocument, text: string): Promise<vscode.CodeLens[]> {
  const line = lineOf(document, text);
  return until(`lens on "${text}"`, async () => {
    const on = (await lenses(document)).filter((lens) => lens.range.start.line === line);
    return on.length > 0 && on;
  });
}

/** What the picker showed when `run` opened it; it is closed again at once. */
export function picked(run: () => Thenable<unknown>): Promise<{ title: string; items: vscode.QuickPickItem[] }> {
  const make = vscode.window.createQuickPick;
  const made: vscode.QuickPick<vscode.QuickPickItem>[] = [];
  const keep = (() => {
    const picker = make();
    made.push(picker);
    return picker;
  }) as typeof make;
  return instead(vscode.window, "createQuickPick", keep, async () => {
    const running = run();
    const picker = await until("picker with items", () => made.find(({ items }) => items.length > 0));
    const seen = { title: picker.title ?? "", items: [...picker.items] };
    picker.hide();
    await running;
    return seen;
  });
}

/** The error messages that came up while `run` ran. */
export async function told(run: (messages: string[]) => unknown): Promise<string[]> {
  const messages: string[] = [];
  const tell = ((message: string) => {
    messages.push(message);
    return Promise.resolve(undefined);
  }) as typeof vscode.window.showErrorMessage;
  await instead(vscode.window, "showErrorMessage", tell, async () => { await run(messages); });
  return messages;
}

/** Calls `run` while `replacement` stands in for a member of `object`. */
async function instead<O extends object, K extends keyof O, T>(
  object: O, key: K, replacement: O[K], run: () => T | Thenable<T>,
): Promise<T> {
  const before = object[key];
  object[key] = replacement;
  try {
    return await run();
  } finally {
    object[key] = before;
  }
}

function variable(name: string): string {
  const value = process.env[name];
  if (!value) {
    throw new Error(`${name} is not set`);
  }
  return value;
}

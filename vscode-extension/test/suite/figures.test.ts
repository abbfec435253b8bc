// Lenses, hints and hover of the shop's functions, from spans that arrive while the editor is open.
import * as assert from "node:assert/strict";
import * as vscode from "vscode";
import { lenses, lineOf, open, sendShop, titles, until } from "./support";

describe("figures", () => {
  let payments: vscode.TextDocument;

  before(async () => {
    payments = await open("python/checkout/payments.py");
    await vscode.extensions.getExtension("spanglass.spanglass")?.activate();
  });

  it("nothing is shown before there is anything to show", async () => {
    assert.deepEqual(await lenses(payments), []);
  });

  it("lenses appear when spans arrive: figures, replay, traces", async () => {
    await sendShop();
    const [figures, ...actions] = await titles(payments, "def charge");
    assert.match(figures ?? "", /\d+ calls? · p50 .+ · p95 .+ · \d+ errors?/);
    assert.deepEqual(actions, ["▶ replay", "traces"]);
  });

  it("every language of the shop has them", async () => {
    for (const [path, text] of [
      ["node/storefront/routes/products.js", "async function showProduct"],
      ["rust/catalog/src/products.rs", "async fn show_product("],
    ] as const) {
      const [figures] = await titles(await open(path), text);
      assert.match(figures ?? "", /\d+ calls?/, path);
    }
  });

  it("lenses stay with their function when lines are put above it", async () => {
    const before = lineOf(payments, "def charge");
    const edit = new vscode.WorkspaceEdit();
    edit.insert(payments.uri, new vscode.Position(0, 0), "# one\n# two\n# three\n");
    await vscode.workspace.applyEdit(edit);
    assert.equal(lineOf(payments, "def charge"), before + 3);
    const [figures] = await titles(payments, "def charge");
    assert.match(figures ?? "", /\d+ calls?/);
    const back = new vscode.WorkspaceEdit();
    back.delete(payments.uri, new vscode.Range(0, 0, 3, 0));
    await vscode.workspace.applyEdit(back);
    await payments.save();
    assert.equal(lineOf(payments, "def charge"), before);
  });

  it("hints at call sites name the callee and its cost", async () => {
    const orders = await open("python/checkout/orders.py");
    const line = lineOf(orders, "payments.charge(");
    const hints = await until("hint at the call of charge", async () => {
      const range = new vscode.Range(line, 0, line + 1, 0);
      const found = await vscode.commands.executeCommand<vscode.InlayHint[]>("vscode.executeInlayHintProvider", orders.uri, range);
      return found.length > 0 && found;
    });
    const label = hints.map((hint) => (typeof hint.label === "string" ? hint.label : hint.label.map((part) => part.value).join(""))).join();
    assert.match(label, /⟶ .*\d+(\.\d+)? ?(µs|ms|s)/);
  });

  it("hover tells the distribution and the evidence", async () => {
    const position = new vscode.Position(lineOf(payments, "def charge"), 6);
    const hovers = await vscode.commands.executeCommand<vscode.Hover[]>("vscode.executeHoverProvider", payments.uri, position);
    const text = (hovers.flatMap((hover) => hover.contents) as vscode.MarkdownString[]).map((part) => part.value).join("\n");
    assert.match(text, /p50/);
    assert.match(text, /certain.*payments\.py:\d+/, "the evidence");
  });
});

// The picker of recent traces, from a lens and from nothing, and the panel that it opens.
import * as assert from "node:assert/strict";
import * as vscode from "vscode";
import { lensesOn, open, picked, sendShop, told, until } from "./support";

describe("traces", () => {
  before(sendShop);

  it("all recent traces, each with status, duration, age and services", async () => {
    const { title, items } = await picked(() => vscode.commands.executeCommand("spanglass.showTraces"));
    assert.equal(title, "Recent traces");
    assert.ok(items.length > 20, `${items.length} traces`);
    const order = items.find((item) => item.label === "POST /api/orders" && item.detail?.includes("error"));
    assert.equal((order?.iconPath as vscode.ThemeIcon | undefined)?.id, "error");
    assert.match(order?.description ?? "", /(ms|s) · (just now|.* ago)/);
    assert.match(order?.detail ?? "", /storefront, .*checkout.* spans · \d+ errors?/);
  });

  it("a lens lists only the traces that ran its function", async () => {
    const payments = await open("python/checkout/payments.py");
    const lens = (await lensesOn(payments, "def refund")).find((each) => each.command?.title === "traces");
    assert.equal(lens?.command?.command, "spanglass.showTraces");
    const target: unknown = lens.command.arguments?.[0];
    const { title, items } = await picked(() => vscode.commands.executeCommand("spanglass.showTraces", target));
    assert.equal(title, "Traces of refund");
    assert.ok(items.length > 0);
    const { items: all } = await picked(() => vscode.commands.executeCommand("spanglass.showTraces"));
    assert.ok(items.length < all.length, `${items.length} of ${all.length}`);
  });

  it("a trace opens in the panel, and an unknown one is one sentence", async () => {
    const { items } = await picked(() => vscode.commands.executeCommand("spanglass.showTraces"));
    const { trace } = items.find((item) => item.label === "POST /api/orders") as unknown as { trace: { traceId: string } };
    await vscode.commands.executeCommand("spanglass.openTracePanel", trace.traceId);
    const tab = await until("panel", () => vscode.window.tabGroups.all.flatMap((group) => group.tabs).find((each) => each.label.startsWith("Trace: ")));
    assert.equal(tab.label, "Trace: POST /api/orders");
    await vscode.window.tabGroups.close(tab);

    const unknown = "f".repeat(32);
    const messages = await told(() => vscode.commands.executeCommand("spanglass.openTracePanel", unknown));
    assert.equal(messages.length, 1);
    assert.match(messages.join(), new RegExp(unknown));
  });

  it("doctor's report opens as a document", async () => {
    await vscode.commands.executeCommand("spanglass.doctor");
    const text = vscode.window.activeTextEditor?.document.getText() ?? "";
    assert.match(text, /receiver|span/i);
    await vscode.commands.executeCommand("workbench.action.closeActiveEditor");
  });
});

// What happens when the server dies, and when there is none.
import * as assert from "node:assert/strict";
import { readFileSync, readdirSync } from "node:fs";
import * as vscode from "vscode";
import { binary, open, sendShop, titles, told, until } from "./support";

describe("life of the server", () => {
  it("a server that dies is started again, without a word", async () => {
    const messages = await told(async () => {
      const [first] = servers();
      assert.ok(first);
      process.kill(first, "SIGKILL");
      await until("new server", () => servers().some((pid) => pid !== first));
      const payments = await open("python/checkout/payments.py");
      await sendShop();
      const [figures] = await titles(payments, "def charge");
      assert.match(figures ?? "", /\d+ calls?/);
    });
    assert.deepEqual(messages, []);
  });

  it("a server that is missing is told once, with what to do, and commands say it again", async () => {
    const configuration = vscode.workspace.getConfiguration("spanglass");
    const messages = await told(async (soFar) => {
      await configuration.update("server.path", "/nowhere/spanglass", vscode.ConfigurationTarget.Global);
      await until("message", () => soFar.length > 0);
      await until("end of the old server", () => servers().length === 0);
      assert.equal(soFar.length, 1);
      await vscode.commands.executeCommand("spanglass.showTraces");
    });
    assert.match(messages[0] ?? "", /\/nowhere\/spanglass.*spanglass\.server\.path/);
    assert.deepEqual(messages, [messages[0], messages[0]]);
    await configuration.update("server.path", binary, vscode.ConfigurationTarget.Global);
    await until("server", () => servers().length === 1);
  });
});

/** Ids of the servers that this extension host started. */
function servers(): number[] {
  const children = readdirSync("/proc/self/task").flatMap((task) => readFileSync(`/proc/self/task/${task}/children`, "utf8").trim().split(/\s+/));
  return children.filter(Boolean).map(Number).filter((pid) => commandLine(pid).includes("lsp"));
}

function commandLine(pid: number): string[] {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, "utf8").split("\0");
  } catch {
    return [];
  }
}

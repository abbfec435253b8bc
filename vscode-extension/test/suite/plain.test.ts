// What needs no server: words, ids, the list line of a trace, when to start again, and that the manifest says what the code does.
import * as assert from "node:assert/strict";
import * as vscode from "vscode";
import { itemOf } from "../../src/features/traces";
import { traceIdIn } from "../../src/features/tracePanel";
import { age, count, duration } from "../../src/format";
import { languages } from "../../src/languages";
import { RestartPolicy } from "../../src/restart";
import { findServer } from "../../src/server";
import { binary } from "./support";

describe("plain", () => {
  it("durations have three digits and a unit", () => {
    const shown = [0, 0.312, 0.9999, 8.236, 9.999, 82.44, 99.96, 999.6, 1240, 59_994, 59_999, 185_000].map(duration);
    assert.deepEqual(shown, [
      "0 µs", "312 µs", "1000 µs", "8.24 ms", "10 ms", "82.4 ms", "100 ms", "1 s", "1.24 s", "59.99 s", "1 min 00 s", "3 min 05 s",
    ]);
  });

  it("ages and counts", () => {
    assert.deepEqual([0, 40, 300, 7200, 200_000].map((s) => age(1_000_000_000 - s * 1000, 1_000_000_000)),
      ["just now", "40 s ago", "5 min ago", "2 h ago", "2 d ago"]);
    assert.deepEqual([count(1, "span"), count(1554, "span")], ["1 span", "1,554 spans"]);
  });

  it("a trace id is found in what people paste", () => {
    const id = "0af7651916cd43dd8448eb211c80319c";
    const pasted = [id, ` ${id.toUpperCase()}\n`, `00-${id}-b7ad6b7169203331-01`, `trace_id=${id} took 3 s`, id.slice(1), `${id}0`];
    assert.deepEqual(pasted.map(traceIdIn), [id, id, id, id, undefined, undefined]);
  });

  it("a trace is one line of the picker", () => {
    const trace = {
      traceId: "0af7651916cd43dd8448eb211c80319c", spanId: "b7ad6b7169203331", name: "POST /api/orders", service: "storefront",
      services: ["storefront", "checkout"], startUnixMs: 940_000, durationMs: 82.4, spans: 1, errors: 2,
    };
    const { label, iconPath, description, detail } = itemOf(trace, 1_000_000);
    assert.deepEqual([label, description, detail],
      ["POST /api/orders", "82.4 ms · 1 min ago", "storefront, checkout · 1 span · 2 errors"]);
    assert.equal((iconPath as vscode.ThemeIcon).id, "error");
    assert.equal((itemOf({ ...trace, errors: 0 }, 1_000_000).iconPath as vscode.ThemeIcon).id, "pass");
  });

  it("a server that keeps ending is started later and later, then not at all", () => {
    const policy = new RestartPolicy();
    const at = (seconds: number): number | undefined => policy.nextDelayMs(seconds * 1000);
    assert.deepEqual([at(0), at(1), at(3), at(7), at(16)], [200, 1000, 3000, 8000, undefined]);
    assert.equal(at(400), 200, "what happened long ago does not count");
  });

  it("a server is found where it is, and else one sentence says what to do", async () => {
    assert.deepEqual(await findServer(binary, "/nowhere"), { path: binary });
    for (const wrong of ["/nowhere/spanglass", "spanglass", "/"]) {
      const found = await findServer(wrong, "/nowhere");
      assert.match("problem" in found ? found.problem : "", /spanglass\.server\.path/, wrong);
    }
  });

  it("the manifest names the languages and commands of the code", async () => {
    const extension = vscode.extensions.getExtension("spanglass.spanglass");
    const manifest = extension?.packageJSON as {
      activationEvents: string[];
      contributes: { commands: { command: string }[]; breakpoints: { language: string }[]; debuggers: { languages: string[] }[] };
    };
    const { commands, breakpoints, debuggers } = manifest.contributes;
    const events = manifest.activationEvents.filter((event) => event.startsWith("onLanguage:"));
    assert.deepEqual(events, languages.map((language) => `onLanguage:${language}`));
    assert.deepEqual(breakpoints, languages.map((language) => ({ language })));
    assert.deepEqual(debuggers[0]?.languages, [...languages]);
    await extension?.activate();
    const registered = new Set(await vscode.commands.getCommands(true));
    assert.deepEqual(commands.map(({ command }) => command).filter((command) => !registered.has(command)), []);
  });
});

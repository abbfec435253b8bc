// Drives `spanglass dap` with Microsoft's own test client for debug adapters, which knows nothing of this product.
// Needs SPANGLASS_BIN, SPANGLASS_PLAYWRIGHT and python3; run by `cargo xtask test --only dap-client`.
import assert from "node:assert/strict";
import { execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";

const require = createRequire(join(process.env.SPANGLASS_PLAYWRIGHT, "/"));
const { DebugClient } = require("@vscode/debugadapter-testsupport");

const here = import.meta.dirname;
const workspace = resolve(here, "../../fixtures/apps");
const folder = mkdtempSync(join(tmpdir(), "spanglass-dap-"));
const code = "import sys; sys.path.insert(0, sys.argv[1]); import recording; print(recording.failing_trace(sys.argv[2]))";
const file = execFileSync("python3", ["-c", code, here, folder], { encoding: "utf8" }).trim();
const env = { ...process.env, SPANGLASS_DATA_DIR: join(folder, "data") };
const launch = { file, workspace, stopOnEntry: true };

let passed = 0;
let failed = 0;
async function check(name, body) {
  const client = new DebugClient(process.env.SPANGLASS_BIN, "dap", "spanglass", { env });
  client.defaultTimeout = 30_000;
  let timer;
  const late = new Promise((_, reject) => {
    timer = setTimeout(() => reject(new Error("no end within a minute")), 60_000);
  });
  try {
    await Promise.race([body(client), late]);
    passed++;
    console.log(`ok   ${name}`);
  } catch (error) {
    failed++;
    console.log(`FAIL ${name}: ${error.stack}`);
  } finally {
    clearTimeout(timer);
    await client.stop().catch(() => {});
  }
}

/** Launches and waits for the stop on entry. */
async function begin(client, configure = async () => {}) {
  const configured = client.waitForEvent("initialized").then(() => configure()).then(() => client.configurationDoneRequest());
  const [, , stopped] = await Promise.all([configured, client.launch(launch), client.waitForEvent("stopped")]);
  return stopped.body;
}

/** Sends a step and waits for its stop. */
async function step(client, request, threadId) {
  const [, stopped] = await Promise.all([client[`${request}Request`]({ threadId }), client.waitForEvent("stopped")]);
  return stopped.body;
}

const stack = async (client, threadId) => (await client.stackTraceRequest({ threadId })).body.stackFrames;
const places = (frames) => frames.map((frame) => `${frame.name} ${frame.source?.path ?? ""}:${frame.line}`);

await check("it starts, initialises and stops on entry", async (client) => {
  await client.start();
  const { body } = await client.initializeRequest();
  assert.equal(body.supportsConfigurationDoneRequest, true);
  assert.equal(body.supportsStepBack, true);
});

await check("steps go somewhere, and reverseContinue goes back to the entry", async (client) => {
  await client.start();
  const { threadId } = await begin(client);
  const entry = places(await stack(client, threadId));
  const seen = new Set();
  let stop = { threadId };
  for (let i = 0; i < 10; i++) {
    stop = await step(client, "stepIn", stop.threadId);
    seen.add(String(places(await stack(client, stop.threadId))));
  }
  assert.ok(seen.size >= 5, `ten steps saw only ${seen.size} places`);
  const back = await step(client, "reverseContinue", stop.threadId);
  assert.deepEqual(places(await stack(client, back.threadId)), entry);
});

await check("an exception stops on a line of the workspace and says what it was", async (client) => {
  await client.start();
  const entry = await begin(client, () => client.setExceptionBreakpointsRequest({ filters: ["exception"] }));
  const stop = entry.reason === "exception" ? entry : await step(client, "continue", entry.threadId);
  assert.equal(stop.reason, "exception");
  const [frame] = await stack(client, stop.threadId);
  const lines = readFileSync(frame.source.path, "utf8").split("\n");
  assert.ok(frame.source.path.startsWith(workspace) && lines[frame.line - 1]?.trim(), JSON.stringify(frame));
  const { body } = await client.send("exceptionInfo", { threadId: stop.threadId });
  assert.match(body.exceptionId, /\w/);
});

await check("a breakpoint on a line of the stack is hit on the way back", async (client) => {
  await client.start();
  const entry = await begin(client, () => client.setExceptionBreakpointsRequest({ filters: ["exception"] }));
  const stop = entry.reason === "exception" ? entry : await step(client, "continue", entry.threadId);
  const frame = (await stack(client, stop.threadId)).findLast((it) => it.source?.path?.startsWith(workspace));
  await client.setExceptionBreakpointsRequest({ filters: [] });
  const set = await client.setBreakpointsRequest({ source: { path: frame.source.path }, breakpoints: [{ line: frame.line }] });
  assert.equal(set.body.breakpoints[0].verified, true, JSON.stringify(set.body));
  const hit = await step(client, "reverseContinue", stop.threadId);
  const [top] = await stack(client, hit.threadId);
  assert.equal(`${top.source.path}:${top.line}`, `${frame.source.path}:${frame.line}`);
});

await check("two sessions on one port do not disturb each other", async () => {
  const adapter = spawn(process.env.SPANGLASS_BIN, ["dap", "--port", "0"], { env, stdio: ["ignore", "pipe", "pipe"] });
  try {
    const port = await announcedPort(adapter);
    const sessions = await Promise.all([1, 2].map(async () => {
      const client = new DebugClient("unused", "unused", "spanglass");
      client.defaultTimeout = 30_000;
      await client.start(port);
      return { client, ...(await begin(client)) };
    }));
    const [one, two] = sessions;
    const before = places(await stack(two.client, two.threadId));
    for (let i = 0; i < 5; i++) await step(one.client, "next", one.threadId);
    assert.deepEqual(places(await stack(two.client, two.threadId)), before);
    await Promise.all(sessions.map(({ client }) => client.disconnectRequest({})));
  } finally {
    adapter.kill();
    await once(adapter, "exit");
  }
});

/** The port that a listening adapter names on either stream. */
function announcedPort(adapter) {
  return new Promise((resolve, reject) => {
    let text = "";
    const read = (chunk) => {
      text += chunk;
      const port = /127\.0\.0\.1:(\d+)/.exec(text)?.[1];
      if (port) resolve(Number(port));
    };
    adapter.stdout.on("data", read);
    adapter.stderr.on("data", read);
    adapter.once("exit", (status) => reject(new Error(`it ended with ${status} and named no port: ${text}`)));
  });
}

rmSync(folder, { recursive: true, force: true });
console.log(`${passed} passed, ${failed} failed`);
process.exit(failed > 0 ? 1 : 0);

// Runs the mocha suite inside VS Code's extension host, against the real binary.
import { join } from "node:path";
import { bundle } from "../build.mjs";
import { startBrowser, startCodeServer } from "./lib/codeServer.mjs";
import { need } from "./lib/env.mjs";
import { extension, freePort, makeHome, quietSettings, shopTraces } from "./lib/workspace.mjs";

const limitMs = 180_000;
/** What VS Code itself says on the same channel: native modules that the tests do without, and what it would ask the network. */
const noise = /Could not locate the bindings|Cannot find module .*watchdog|additional builtin extensions|AccountPolicyGate/;
const env = need("SPANGLASS_BIN", "SPANGLASS_NODE", "SPANGLASS_CODE_SERVER", "SPANGLASS_CHROMIUM", "SPANGLASS_PLAYWRIGHT");
await bundle({ tests: true });
const home = makeHome({ ...quietSettings, "spanglass.server.path": env.SPANGLASS_BIN });
const server = await startCodeServer({
  node: env.SPANGLASS_NODE, entry: env.SPANGLASS_CODE_SERVER, root: home.root,
  // Without this a built VS Code ignores the payload that names the tests.
  flags: ["--vscode-option", "enable-smoke-test-driver"],
  env: {
    SPANGLASS_RECEIVER__HTTP: `127.0.0.1:${await freePort()}`,
    SPANGLASS_RECEIVER__GRPC: "off",
    SPANGLASS_DATA_DIR: join(home.root, "spanglass"),
    SPANGLASS_TEST_BIN: env.SPANGLASS_BIN,
    SPANGLASS_TEST_WORKSPACE: home.workspace,
    SPANGLASS_TEST_TRACES: shopTraces,
  },
});
let code = 1;
try {
  code = await run(server.address);
} finally {
  await server.stop();
  if (code === 0) {
    home.remove();
  } else {
    console.log(`what the editor wrote is kept in ${home.root}`);
  }
}
process.exit(code);

/** @param {string} address */
async function run(address) {
  const browser = await startBrowser(env.SPANGLASS_PLAYWRIGHT, env.SPANGLASS_CHROMIUM);
  try {
    const page = await browser.newPage({ viewport: { width: 1200, height: 800 } });
    /** @type {(code: number) => void} */
    let resolve = () => undefined;
    const ended = new Promise((done) => { resolve = done; });
    await page.exposeFunction("codeAutomationLog", (/** @type {string} */ _, /** @type {unknown[]} */ args) => {
      if (!noise.test(String(args[0]))) {
        console.log(...args);
      }
    });
    await page.exposeFunction("codeAutomationExit", (/** @type {number} */ code) => { resolve(code); });
    const remote = `vscode-remote://${address}`;
    const payload = [["extensionDevelopmentPath", remote + extension], ["extensionTestsPath", `${remote}${extension}/out/suite.js`]];
    await page.goto(`http://${address}/?folder=${encodeURI(home.workspace)}&payload=${encodeURIComponent(JSON.stringify(payload))}`);
    const late = setTimeout(() => { resolve(-1); }, limitMs);
    const result = await ended;
    clearTimeout(late);
    if (result === -1) {
      console.log(`the suite did not end within ${limitMs / 1000} s`);
    }
    return result === 0 ? 0 : 1;
  } finally {
    await browser.close();
  }
}

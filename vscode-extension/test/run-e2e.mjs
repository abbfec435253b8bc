// A walk through a real VS Code as somebody would see it, with the packaged extension and the real binary.
// Every step waits for what must be on the screen; the pictures go to $SPANGLASS_SHOTS.
import { execFileSync } from "node:child_process";
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { bundle } from "../build.mjs";
import { startBrowser, startCodeServer } from "./lib/codeServer.mjs";
import { need } from "./lib/env.mjs";
import { send } from "./lib/otlp.mjs";
import { Screen } from "./lib/screen.mjs";
import { extension, freePort, makeHome, quietSettings, shopTraces } from "./lib/workspace.mjs";

const env = need(
  "SPANGLASS_BIN", "SPANGLASS_NODE", "SPANGLASS_CODE_SERVER", "SPANGLASS_CHROMIUM", "SPANGLASS_PLAYWRIGHT", "SPANGLASS_SHOTS",
);
mkdirSync(env.SPANGLASS_SHOTS, { recursive: true });
const home = makeHome({
  ...quietSettings,
  "spanglass.server.path": env.SPANGLASS_BIN,
  "editor.fontFamily": "'JetBrains Mono', 'DejaVu Sans Mono', monospace",
  "editor.fontSize": 13,
  "editor.minimap.enabled": false,
  "editor.hover.delay": 100,
  "editor.stickyScroll.enabled": false,
  "editor.scrollbar.verticalScrollbarSize": 8,
  "editor.scrollbar.horizontal": "hidden",
  "editor.lineNumbersMinChars": 3,
  "workbench.colorTheme": "Dark Modern",
  "breadcrumbs.enabled": false,
  "workbench.layoutControl.enabled": false,
  "window.commandCenter": false,
  "debug.toolBarLocation": "docked",
  "debug.internalConsoleOptions": "neverOpen",
  "workbench.panel.defaultLocation": "bottom",
});
const receiver = `127.0.0.1:${await freePort()}`;
await install();
const server = await startCodeServer({
  node: env.SPANGLASS_NODE, entry: env.SPANGLASS_CODE_SERVER, root: home.root,
  env: { SPANGLASS_RECEIVER__HTTP: receiver, SPANGLASS_RECEIVER__GRPC: "off", SPANGLASS_DATA_DIR: join(home.root, "spanglass") },
});
let failed = true;
try {
  const browser = await startBrowser(env.SPANGLASS_PLAYWRIGHT, env.SPANGLASS_CHROMIUM);
  try {
    const page = await browser.newPage({ viewport: { width: 1280, height: 800 }, deviceScaleFactor: 2 });
    const screen = new Screen(page, env.SPANGLASS_SHOTS);
    page.setDefaultTimeout(15_000);
    await walk(screen);
    failed = screen.finish();
  } finally {
    await browser.close();
  }
} finally {
  await server.stop();
  if (failed) {
    console.log(`what the editor wrote is kept in ${home.root}`);
  } else {
    home.remove();
  }
}
process.exit(failed ? 1 : 0);

/** Packages the extension and installs the package, so that what is missing from it is missing here too. */
async function install() {
  await bundle({ production: true });
  const vsix = join(home.root, "spanglass.vsix");
  const vsce = join(env.SPANGLASS_PLAYWRIGHT, "@vscode/vsce/vsce");
  /** @type {import("node:child_process").ExecFileSyncOptions} */
  const options = { cwd: extension, stdio: ["ignore", "ignore", "inherit"] };
  execFileSync(env.SPANGLASS_NODE, [vsce, "package", "--no-dependencies", "--allow-missing-repository", "--out", vsix], options);
  const folders = ["--user-data-dir", join(home.root, "data"), "--extensions-dir", join(home.root, "extensions")];
  execFileSync(env.SPANGLASS_NODE, [env.SPANGLASS_CODE_SERVER, ...folders, "--install-extension", vsix], {
    ...options, env: { ...process.env, HOME: home.root, XDG_CONFIG_HOME: home.root, EXTENSIONS_GALLERY: '{"serviceUrl":""}' },
  });
}

/** @param {Screen} screen */
async function walk(screen) {
  const { page } = screen;
  const file = `${home.workspace}/python/checkout/orders.py`;
  const payload = JSON.stringify([["openFile", `vscode-remote://${server.address}${file}`]]);
  await page.goto(`http://${server.address}/?folder=${home.workspace}&payload=${encodeURIComponent(payload)}`);

  await screen.check("the file is open and the server runs", async () => {
    await screen.code("def create_order").waitFor({ timeout: 60_000 });
    await screen.statusBar(/no spans yet/).waitFor({ timeout: 30_000 });
  });
  await screen.check("lenses appear when the shop is used", async () => {
    await send(receiver, shopTraces);
    await screen.lens(/\d+ calls? · p50/).first().waitFor({ timeout: 30_000 });
    await screen.lens("▶ replay").first().waitFor();
    return screen.lens(/\d+ calls?/).first().innerText();
  });
  await screen.check("hints stand at the calls", async () => {
    const hint = page.locator(".view-line span", { hasText: /⟶/ }).first();
    await hint.waitFor({ timeout: 15_000 });
    return hint.innerText();
  });
  await screen.check("the status bar counts what came", async () => {
    await screen.statusBar(/\d+ spans/).waitFor({ timeout: 10_000 });
  });
  await screen.picture("vscode-lenses");

  await screen.check("hover tells the distribution", async () => {
    await screen.code("def create_order").getByText("create_order", { exact: false }).first().hover();
    await page.locator(".monaco-hover", { hasText: /p50/ }).first().waitFor({ timeout: 10_000 });
  });
  await screen.picture("vscode-hover");
  await screen.check("nothing is complained of", async () => {
    const said = await page.locator(".notification-toast").allInnerTexts();
    if (said.length > 0) {
      throw new Error(said.join("; ").replace(/\s+/g, " "));
    }
  });

  await screen.check("the lens lists the traces of its function", async () => {
    await page.keyboard.press("Escape");
    await page.locator(".monaco-hover", { hasText: /p50/ }).waitFor({ state: "hidden" });
    await screen.clickLens("def create_order", "traces", screen.pick(/POST/).first());
    return `${await page.locator(".quick-input-list .monaco-list-row").count()} on the screen`;
  });
  await screen.picture("vscode-traces");
  await screen.check("a trace opens as a waterfall beside the code", async () => {
    await screen.pick(/\d errors/).first().click();
    await screen.panel().locator(".row").nth(3).waitFor({ timeout: 20_000 });
    return screen.panel().locator(".facts").innerText();
  });
  await screen.check("a click on a span goes to its line", async () => {
    await screen.panel().locator(".row", { hasText: "charge card" }).first().click();
    await page.locator(".tab.active", { hasText: "payments.py" }).waitFor({ timeout: 10_000 });
    await screen.code("def charge").waitFor({ timeout: 10_000 });
    await screen.lens(/\d+ calls?/).first().waitFor({ timeout: 10_000 });
    await screen.panel().locator("h1").scrollIntoViewIfNeeded();
  });
  await screen.picture("vscode-trace");

  await screen.check("a replay starts from the panel and stops on entry, in the code", async () => {
    await screen.panel().getByRole("button", { name: "Replay" }).click();
    await screen.debugButton("Step Back").waitFor({ timeout: 20_000 });
    await screen.frame(/placeOrder/).first().waitFor({ timeout: 20_000 });
    await page.locator(".tab.active", { hasText: "Trace: POST" }).waitFor({ timeout: 10_000 });
    return screen.frame(/./).first().innerText();
  });
  await screen.check("it runs to the exception, with the stack that led there and the values", async () => {
    await page.locator(".tab", { hasText: "Trace: POST" }).click({ button: "middle" });
    await page.locator(".pane-header", { hasText: "Watch" }).click();
    await screen.widenSideBar(440);
    await screen.debugButton("Continue").click();
    await page.locator(".exception-widget", { hasText: "PaymentDeclined" }).waitFor({ timeout: 15_000 });
    await screen.frame(/authorize/).first().waitFor({ timeout: 15_000 });
    await page.locator(".debug-top-stack-frame-line").first().waitFor({ timeout: 10_000 });
    await page.locator(".debug-variables .monaco-list-row").nth(1).waitFor({ timeout: 10_000 });
    await screen.leave();
    return `${await screen.frame(/./).count()} frames on the screen`;
  });
  await screen.picture("vscode-exception");
  await screen.check("it steps back, out of the call and to the values that went in", async () => {
    const before = await screen.stopped();
    await screen.debugButton("Step Back").click();
    await page.locator(".exception-widget").waitFor({ state: "hidden", timeout: 10_000 });
    await screen.frame(/authorize.*21:1/s).first().waitFor({ timeout: 10_000 });
    await screen.debugButton("Step Back").click();
    await screen.variable(/order\.total\s*=\s*18525/).waitFor({ timeout: 10_000 });
    await screen.variable(/card\s*=\s*\{/).click();
    await page.keyboard.press("ArrowRight");
    await screen.variable(/limit\s*=\s*6000/).waitFor({ timeout: 10_000 });
    const after = await screen.stopped();
    if (after === before) {
      throw new Error(`still at ${after}`);
    }
    await screen.leave();
    return after;
  });
  await screen.picture("vscode-replay");
  await screen.check("it stops when told", async () => {
    await screen.debugButton("Stop").click();
    await page.locator(".debug-call-stack .stack-frame").first().waitFor({ state: "hidden", timeout: 10_000 });
  });
}

// A real VS Code: code-server, and a page of it in a headless Chromium.
import { spawn } from "node:child_process";
import { once } from "node:events";
import { createWriteStream, mkdirSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import { freePort } from "./workspace.mjs";

/** @typedef {{ node: string, entry: string, root: string, env?: Record<string, string>, flags?: string[] }} Start */

/** Starts code-server with its data in `root`; resolves when it answers. @param {Start} options */
export async function startCodeServer({ node, entry, root, env = {}, flags = [] }) {
  const port = await freePort();
  const home = join(root, "home");
  mkdirSync(home, { recursive: true });
  const args = [
    entry, "--bind-addr", `127.0.0.1:${port}`, "--auth", "none", "--disable-telemetry", "--disable-update-check",
    "--user-data-dir", join(root, "data"), "--extensions-dir", join(root, "extensions"), ...flags,
  ];
  const child = spawn(node, args, {
    detached: true,
    stdio: ["ignore", "pipe", "pipe"],
    env: {
      ...process.env, HOME: home, XDG_CONFIG_HOME: join(home, ".config"), XDG_DATA_HOME: join(home, ".local/share"),
      EXTENSIONS_GALLERY: '{"serviceUrl":""}', CS_DISABLE_GETTING_STARTED_OVERRIDE: "1", ...env,
    },
  });
  const log = createWriteStream(join(root, "code-server.log"));
  child.stdout.pipe(log);
  child.stderr.pipe(log);
  const stop = async () => {
    if (child.exitCode === null && child.pid !== undefined) {
      // Its own process group: the extension host and the servers under it end with it.
      process.kill(-child.pid, "SIGTERM");
      const late = setTimeout(() => { if (child.pid !== undefined) process.kill(-child.pid, "SIGKILL"); }, 5000);
      await once(child, "exit");
      clearTimeout(late);
    }
  };
  const address = `127.0.0.1:${port}`;
  try {
    await answering(`http://${address}/healthz`, child);
  } catch (error) {
    await stop();
    throw error;
  }
  return { address, stop };
}

/** @param {string} playwright the node_modules folder that holds playwright-core @param {string} executablePath */
export function startBrowser(playwright, executablePath) {
  const { chromium } = createRequire(join(playwright, "x.js"))("playwright-core");
  return chromium.launch({
    executablePath,
    headless: true,
    args: [
      "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
      "--disable-component-update", "--disable-sync", "--font-render-hinting=none",
    ],
  });
}

/** @param {string} url @param {import("node:child_process").ChildProcess} child */
async function answering(url, child) {
  for (const deadline = Date.now() + 60_000; Date.now() < deadline; ) {
    if (child.exitCode !== null) {
      throw new Error(`code-server ended with ${child.exitCode}`);
    }
    const response = await fetch(url).catch(() => undefined);
    if (response?.ok) {
      return;
    }
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  throw new Error("code-server did not answer within a minute");
}

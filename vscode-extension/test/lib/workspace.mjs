// A throw-away home for one run: a copy of the shop's code, an editor's settings, data and log folders.
import { cpSync, mkdirSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

export const extension = dirname(dirname(dirname(fileURLToPath(import.meta.url))));
const fixtures = join(dirname(extension), "fixtures");
export const shopTraces = join(fixtures, "traces/otlp-json/shop");

/** @param {Record<string, unknown>} settings */
export function makeHome(settings) {
  const root = mkdtempSync(join(realpathSync(tmpdir()), "spanglass-vscode-"));
  const workspace = join(root, "shop");
  const leaveOut = /[\\/](node_modules|target|__pycache__|\.venv|\.gitignore|truth\.toml)$/;
  for (const service of ["node/storefront", "python/checkout", "rust/catalog"]) {
    cpSync(join(fixtures, "apps", service), join(workspace, service), { recursive: true, filter: (path) => !leaveOut.test(path) });
  }
  // Machine settings are those of the side that runs the extension, user settings those of the window.
  for (const folder of ["User", "Machine"]) {
    mkdirSync(join(root, "data", folder), { recursive: true });
    writeFileSync(join(root, "data", folder, "settings.json"), JSON.stringify(settings, null, 2));
  }
  const remove = () => { rmSync(root, { recursive: true, force: true, maxRetries: 10, retryDelay: 100 }); };
  return { root, workspace, remove };
}

/** A port of loopback that was free a moment ago. @returns {Promise<number>} */
export function freePort() {
  return new Promise((resolve, reject) => {
    const server = createServer().on("error", reject).listen(0, "127.0.0.1", () => {
      const address = server.address();
      server.close(() => { resolve(address && typeof address === "object" ? address.port : 0); });
    });
  });
}

/** Settings that keep VS Code still: no trust banner, no welcome, no chat, no network. */
export const quietSettings = {
  "telemetry.telemetryLevel": "off",
  "security.workspace.trust.enabled": false,
  "workbench.startupEditor": "none",
  "workbench.tips.enabled": false,
  "workbench.secondarySideBar.defaultVisibility": "hidden",
  "chat.disableAIFeatures": true,
  "chat.commandCenter.enabled": false,
  "update.mode": "none",
  "update.showReleaseNotes": false,
  "extensions.autoUpdate": false,
  "extensions.autoCheckUpdates": false,
  "extensions.ignoreRecommendations": true,
  "workbench.enableExperiments": false,
  "git.enabled": false,
  "window.restoreWindows": "none",
  "files.hotExit": "off",
  "files.autoSave": "off",
  "typescript.disableAutomaticTypeAcquisition": true,
  "remote.autoForwardPorts": false,
};

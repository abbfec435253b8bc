// Bundles the extension, its panel's script and, with `--tests`, the suite that runs in the extension host.
import { build } from "esbuild";
import { dirname } from "node:path";
import { fileURLToPath } from "node:url";

const root = dirname(fileURLToPath(import.meta.url));

/** @param {{ tests?: boolean, production?: boolean }} options */
export async function bundle({ tests = false, production = false } = {}) {
  /** @type {import("esbuild").BuildOptions} */
  const common = {
    absWorkingDir: root, bundle: true, logLevel: "warning", minify: production, sourcemap: production ? false : "linked",
    legalComments: "none",
  };
  /** @type {import("esbuild").BuildOptions} */
  const host = { ...common, platform: "node", format: "cjs", target: "node20", external: ["vscode", "mocha"] };
  /** @type {import("esbuild").BuildOptions} */
  const page = { ...common, platform: "browser", format: "iife", target: "chrome120" };
  await build({ ...host, entryPoints: ["src/extension.ts"], outfile: "dist/extension.js" });
  await build({ ...page, entryPoints: ["src/webview/trace.ts"], outfile: "dist/trace.js" });
  if (tests) {
    await build({ ...host, entryPoints: ["test/suite/index.ts"], outfile: "out/suite.js" });
  }
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  await bundle({ tests: process.argv.includes("--tests"), production: process.argv.includes("--production") });
}

//! The VS Code extension: its types and lints, its tests inside a real extension host, and a walk through the screen.

use anyhow::Result;

use super::{Site, Step, When, everywhere, npm_ci};
use crate::process::{Cmd, Expect};
use crate::tools::Tool;

const FOLDER: &str = "vscode-extension";
const EDITOR: &[Tool] = &[Tool::Binary, Tool::Node, Tool::CodeServer, Tool::NodeTools, Tool::Chromium];

pub(super) fn steps() -> Vec<Step> {
    let step = |name, about, needs, plan| {
        let lint = name == "vscode-lint";
        Step { name, about, when: When::Whole, lint, needs, plan, applies: everywhere }
    };
    vec![
        step("vscode-lint", "the extension's types (strict) and lints", &[Tool::Node], lint),
        step("vscode-host", "the extension inside a real VS Code's extension host", EDITOR, host),
        step("vscode-e2e", "a walk through a real VS Code, with screenshots", EDITOR, e2e),
    ]
}

fn lint(site: &Site) -> Result<Vec<Cmd>> {
    site.file(FOLDER)?;
    let module = |path: &str| site.workspace.root.join(FOLDER).join("node_modules").join(path);
    let node = |script: &str| {
        Ok::<_, anyhow::Error>(site.cmd_in(FOLDER, site.tool(Tool::Node)?).arg(module(script)))
    };
    let eslint = node("eslint/bin/eslint.js")?.args([".", "--max-warnings", "0"]);
    let checks = [
        node("typescript/bin/tsc")?.args(["--noEmit", "--strict", "--project", "."]),
        if site.fix { eslint.arg("--fix") } else { eslint },
    ];
    Ok(npm_ci(site, FOLDER)?.into_iter().chain(checks).collect())
}

fn host(site: &Site) -> Result<Vec<Cmd>> {
    script(site, "test/run-host.mjs")
}

fn e2e(site: &Site) -> Result<Vec<Cmd>> {
    script(site, "test/run-e2e.mjs")
}

fn script(site: &Site, path: &str) -> Result<Vec<Cmd>> {
    site.file(&format!("{FOLDER}/{path}"))?;
    let walk = site.cmd_in(FOLDER, site.tool(Tool::Node)?).arg(path);
    let walk = walk.expect(Expect::Tests).limit_secs(8 * 60);
    Ok(npm_ci(site, FOLDER)?.into_iter().chain([walk]).collect())
}

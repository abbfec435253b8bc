//! The Neovim plugin: its format and types, and its tests inside a real Neovim.

use std::fs;

use anyhow::{Context, Result};
use serde_json::json;

use super::{Site, Step, When, everywhere};
use crate::process::{Cmd, Expect};
use crate::tools::{Tool, runtime_lua};

const FOLDER: &str = "nvim";

pub(super) fn steps() -> Vec<Step> {
    let step = |name, about, needs, plan| {
        let lint = name == "nvim-lint";
        Step { name, about, when: When::Whole, lint, needs, plan, applies: everywhere }
    };
    vec![
        step("nvim-lint", "the plugin's format and types", LINT, lint),
        step("nvim", "the plugin inside a real Neovim", &[Tool::Binary, Tool::Neovim], nvim),
        step("nvim-look", "what Neovim's screen shows, with screenshots", LOOK, look),
    ]
}

const LINT: &[Tool] = &[Tool::Node, Tool::NodeTools, Tool::Neovim, Tool::LuaCheck];

const LOOK: &[Tool] = &[Tool::Binary, Tool::Neovim, Tool::Node, Tool::NodeTools, Tool::Chromium];

fn look(site: &Site) -> Result<Vec<Cmd>> {
    let script = site.file("nvim/tests/look.mjs")?;
    Ok(vec![site.cmd(site.tool(Tool::Node)?).arg(script).expect(Expect::Tests).limit_secs(180)])
}

fn lint(site: &Site) -> Result<Vec<Cmd>> {
    let folder = site.file(FOLDER)?;
    let stylua = site.cmd(site.tool(Tool::Node)?).arg(site.file("xtask/scripts/stylua.mjs")?);
    let stylua = if site.fix { stylua.arg("--write") } else { stylua };
    let types = site.cmd(site.tool(Tool::LuaCheck)?).arg("--config").arg(types_config(site)?);
    Ok(vec![stylua.arg(&folder), types.args(["--warnings-as-errors", "--severity", "warn"]).arg(&folder)])
}

fn nvim(site: &Site) -> Result<Vec<Cmd>> {
    site.file("nvim/tests/run.lua")?;
    let nvim = site.cmd(site.tool(Tool::Neovim)?).args(["--clean", "-l", "nvim/tests/run.lua"]);
    Ok(vec![nvim.limit_secs(120).expect(Expect::ClosingLine)])
}

/// The plugin's own checker settings, plus where this machine has the types of `vim`.
fn types_config(site: &Site) -> Result<std::path::PathBuf> {
    let nvim = site.tool(Tool::Neovim)?;
    let library = runtime_lua(nvim.as_ref()).context("Neovim's runtime is not beside its binary")?;
    let own = site.workspace.root.join(FOLDER).join(".luarc.json");
    let mut config = match fs::read_to_string(&own) {
        Ok(text) => serde_json::from_str(&text).with_context(|| format!("{} is not JSON", own.display()))?,
        Err(_) => json!({"runtime": {"version": "LuaJIT"}}),
    };
    config["workspace"]["library"] = json!([library]);
    let file = site.workspace.target.join("xtask-logs/luarc.json");
    fs::create_dir_all(site.workspace.target.join("xtask-logs"))?;
    fs::write(&file, serde_json::to_string_pretty(&config)?)?;
    Ok(file)
}

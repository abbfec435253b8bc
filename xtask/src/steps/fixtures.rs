//! The recordings that tests rest on, and extra checks that only some machines have.

use std::fs;
use std::path::PathBuf;

use anyhow::{Context, Result};

use super::{Site, Step, When, everywhere};
use crate::process::Cmd;
use crate::tools::Tool;
use crate::workspace::Workspace;

pub(super) fn steps() -> Vec<Step> {
    vec![
        Step {
            name: "fixtures",
            about: "every recorded span's true place still holds",
            when: When::Whole,
            lint: false,
            needs: &[],
            plan: fixtures,
            applies: everywhere,
        },
        Step {
            name: "shared",
            about: "the outside scorer and adapter check in ../shared",
            when: When::Whole,
            lint: false,
            needs: &[Tool::Binary, Tool::Python],
            plan: shared,
            applies: |workspace| outside(workspace).join("truth/score.py").is_file(),
        },
    ]
}

fn fixtures(site: &Site) -> Result<Vec<Cmd>> {
    Ok(vec![site.cmd("python3").arg(site.file("fixtures/record/check_truth.py")?).limit_secs(5 * 60)])
}

/// A folder beside the repository that some machines have. Nothing needs it.
fn outside(workspace: &Workspace) -> PathBuf {
    workspace.root.join("../shared")
}

fn shared(site: &Site) -> Result<Vec<Cmd>> {
    let outside = outside(site.workspace);
    let (python, binary) = (site.tool(Tool::Python)?, site.tool(Tool::Binary)?);
    let score = site.cmd(&python).arg(outside.join("truth/score.py")).arg("--binary").arg(&binary);
    let score = score.arg(outside.join("truth/live.jsonl")).limit_secs(5 * 60);
    let apps = site.file("fixtures/apps")?;
    let trace = first_file(site.file("fixtures/traces")?, "json")
        .context("fixtures/traces has no .json recording")?;
    let source = first_file(apps.clone(), "py").context("fixtures/apps has no .py file")?;
    let launch = serde_json::json!({"file": trace, "workspace": apps});
    let adapter = site.cmd(&python).arg(outside.join("tools/dapcheck.py"));
    let adapter = adapter.arg(outside.join("data/schemas/debugAdapterProtocol.json"));
    let adapter = adapter.arg(launch.to_string()).arg(source).arg(&binary).arg("dap").limit_secs(5 * 60);
    Ok(vec![score, adapter])
}

/// The first file with that extension, breadth first and by name.
fn first_file(folder: PathBuf, extension: &str) -> Option<PathBuf> {
    let mut entries: Vec<PathBuf> = fs::read_dir(folder).ok()?.flatten().map(|entry| entry.path()).collect();
    entries.sort();
    let is = |path: &&PathBuf| path.is_file() && path.extension().is_some_and(|e| e == extension);
    let here = entries.iter().find(is).cloned();
    here.or_else(|| {
        entries.iter().filter(|path| path.is_dir()).find_map(|path| first_file(path.clone(), extension))
    })
}

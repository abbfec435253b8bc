//! Puts the recorded shop into the binary, so that `spanglass demo` needs nothing but itself.

use std::{
    env,
    error::Error,
    fmt::Write as _,
    fs,
    path::{Path, PathBuf},
};

/// Bodies as the shop's exporters sent them.
const RECORDING: &str = "../fixtures/traces/otlp-proto/shop";
/// The shop's own code.
const APPS: &str = "../fixtures/apps";
/// The services of the recording, and what their code is written in.
const SHOP: &[(&str, &str)] = &[("node/storefront", "js"), ("python/checkout", "py"), ("rust/catalog", "rs")];

fn main() -> Result<(), Box<dyn Error>> {
    let root = PathBuf::from(env::var("CARGO_MANIFEST_DIR")?);
    let mut table = String::from("/// Recorded request bodies, in the order in which they were sent.\n");
    writeln!(table, "pub(crate) const BODIES: &[&[u8]] = &[")?;
    // Bodies of other signals lie beside them; figures come from traces.
    let is_traces = |path: &PathBuf| !path.to_string_lossy().ends_with("-logs.pb");
    for path in files_below(&root.join(RECORDING), "pb")?.into_iter().filter(is_traces) {
        writeln!(table, "    include_bytes!({path:?}),")?;
    }
    writeln!(table, "];\n\n/// The shop's code: path within the demo's workspace, and text.")?;
    writeln!(table, "pub(crate) const SOURCES: &[(&str, &str)] = &[")?;
    for (app, extension) in SHOP {
        let folder = root.join(APPS).join(app);
        let name = app.rsplit('/').next().unwrap_or(app);
        for path in files_below(&folder, extension)? {
            let inside = path.strip_prefix(&folder)?.to_string_lossy().replace('\\', "/");
            writeln!(table, "    ({:?}, include_str!({path:?})),", format!("{name}/{inside}"))?;
        }
    }
    writeln!(table, "];")?;
    fs::write(PathBuf::from(env::var("OUT_DIR")?).join("shop.rs"), table)?;
    println!("cargo::rerun-if-changed={RECORDING}");
    println!("cargo::rerun-if-changed={APPS}");
    Ok(())
}

/// Files with `extension` below `folder`, sorted by path; installed packages are nobody's own code.
fn files_below(folder: &Path, extension: &str) -> Result<Vec<PathBuf>, Box<dyn Error>> {
    let mut found = Vec::new();
    let mut folders = vec![folder.to_owned()];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(&folder)? {
            let path = entry?.path();
            let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
            if path.is_dir() && !matches!(name.as_str(), "node_modules" | "target" | ".venv" | "__pycache__")
            {
                folders.push(path);
            } else if path.extension().is_some_and(|it| it == extension) {
                found.push(path);
            }
        }
    }
    found.sort();
    Ok(found)
}

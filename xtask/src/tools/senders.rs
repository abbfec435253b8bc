//! Programs that send by the official SDKs, and a Collector: built from `tests/senders`, each where its toolchain is.

use std::{
    fs,
    hash::{DefaultHasher, Hash, Hasher},
    path::{Path, PathBuf},
};

use anyhow::{Context, Result};

use super::{Lack, Shell, Tool, Toolbox, apt, node::npm, python};
use crate::process::{Cmd, find_program};

/// Raise when the way they are built changes.
const VERSION: &str = "1";

/// The first Go that fetches the toolchain that a module names.
const OLDEST_GO: u32 = 21;

/// A folder with one folder a sender. Those of Go and the Collector are left out where Go is not installed, or too old
/// as Debian's is.
pub(super) fn ensure(toolbox: &mut Toolbox) -> Result<PathBuf, Lack> {
    let python = python::system(toolbox)?;
    let node = toolbox.get(Tool::Node)?;
    toolbox.get(Tool::Java)?;
    let sources = toolbox.workspace.root.join("tests/senders");
    let files = files(&sources).map_err(|error| Lack::Broken(format!("{error:#}")))?;
    let go = find_program("go").filter(|go| minor(go).is_some_and(|minor| minor >= OLDEST_GO));
    let recipe = format!("{:016x} {}", fingerprint(&files), go.is_some());
    if !toolbox.cache.has("senders", VERSION, &recipe) {
        for (program, package) in [("javac", "default-jdk-headless"), ("mvn", "maven")] {
            if find_program(program).is_none() {
                apt::install(toolbox, program, &[package])?;
            }
        }
    }
    toolbox.install("senders", VERSION, &recipe, |folder, shell| {
        copy(&sources, &files, folder)?;
        build_python(&folder.join("python"), &python, shell)?;
        shell.run(npm(&folder.join("node"), Some(&node)).args([
            "ci",
            "--ignore-scripts",
            "--no-audit",
            "--no-fund",
        ]))?;
        build_java(&folder.join("java"), shell)?;
        build_rust(&folder.join("rust"), shell)?;
        if let Some(go) = &go {
            build_go(&folder.join("go"), go, shell)?;
            build_go(&folder.join("collector"), go, shell)?;
        }
        Ok(())
    })
}

/// 26 for a Go that says `go version go1.26.8 linux/amd64`.
fn minor(go: &Path) -> Option<u32> {
    let output = std::process::Command::new(go).arg("version").output().ok()?;
    minor_in(&String::from_utf8_lossy(&output.stdout))
}

fn minor_in(said: &str) -> Option<u32> {
    let rest = said.split("go1.").nth(1)?;
    rest.split(|c: char| !c.is_ascii_digit()).next()?.parse().ok()
}

fn build_python(folder: &Path, python: &Path, shell: &Shell) -> Result<()> {
    shell.run(Cmd::new(folder, python).args(["-m", "venv", "venv"]))?;
    let pip = Cmd::new(folder, folder.join("venv/bin/python")).args(["-m", "pip", "install", "-r"]);
    shell.run(pip.arg("requirements.txt"))
}

fn build_java(folder: &Path, shell: &Shell) -> Result<()> {
    let maven = Cmd::new(folder, "mvn").args(["--batch-mode", "--quiet", "compile"]);
    shell.run(maven.args(["dependency:copy-dependencies", "-DincludeScope=runtime"]))
}

fn build_rust(folder: &Path, shell: &Shell) -> Result<()> {
    let target = folder.join("target");
    shell.run(Cmd::new(folder, "cargo").args(["build", "--locked"]).env("CARGO_TARGET_DIR", &target))?;
    fs::rename(target.join("debug/send"), folder.join("send")).context("cargo left no binary")?;
    fs::remove_dir_all(&target).context("what cargo built on the way cannot be removed")
}

fn build_go(folder: &Path, go: &Path, shell: &Shell) -> Result<()> {
    let go = Cmd::new(folder, go).args(["build", "-trimpath", "-ldflags=-s -w", "-o", "send", "."]);
    shell.run(go.limit_secs(15 * 60))
}

/// The sources, by their paths below `folder`, in order; not what was built or installed beside them.
fn files(folder: &Path) -> Result<Vec<(PathBuf, Vec<u8>)>> {
    let mut found = Vec::new();
    let mut folders = vec![PathBuf::new()];
    while let Some(below) = folders.pop() {
        for entry in fs::read_dir(folder.join(&below)).with_context(|| format!("{}", folder.display()))? {
            let entry = entry?;
            let path = below.join(entry.file_name());
            let built = ["target", "node_modules", "venv", "__pycache__"];
            match entry.file_type()?.is_dir() {
                true if built.iter().any(|name| path.ends_with(name)) => {}
                true => folders.push(path),
                false => found.push((path, fs::read(entry.path())?)),
            }
        }
    }
    found.sort();
    Ok(found)
}

fn fingerprint(files: &[(PathBuf, Vec<u8>)]) -> u64 {
    // The algorithm may change between versions of Rust: then they are built once more.
    let mut hasher = DefaultHasher::new();
    files.hash(&mut hasher);
    hasher.finish()
}

fn copy(from: &Path, files: &[(PathBuf, Vec<u8>)], to: &Path) -> Result<()> {
    for (path, _) in files {
        let target = to.join(path);
        fs::create_dir_all(target.parent().unwrap_or(to))?;
        fs::copy(from.join(path), &target).with_context(|| format!("cannot copy {}", path.display()))?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::minor_in;

    #[test]
    fn go_versions() {
        assert_eq!(minor_in("go version go1.26.8 linux/amd64"), Some(26));
        assert_eq!(minor_in("go version go1.19 linux/amd64"), Some(19));
        assert_eq!(minor_in("gcc (GCC) 14"), None);
    }
}

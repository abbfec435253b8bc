//! The folder outside the repository where tools are installed: whole or not at all, one run at a time.

use std::ffi::OsString;
use std::fs::{self, File};
use std::io::ErrorKind;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use anyhow::{Context, Result};

/// Written last, so that a folder without it was never finished.
const STAMP: &str = ".installed";

/// A folder of installed tools, each in `NAME-VERSION`.
#[derive(Clone, Debug)]
pub struct Cache {
    root: PathBuf,
}

impl Cache {
    /// A cache in `root`, which need not exist yet.
    pub fn at(root: PathBuf) -> Cache {
        Cache { root }
    }

    /// `$SPANGLASS_CACHE`, else `$XDG_CACHE_HOME/spanglass`, else `~/.cache/spanglass`; `var` reads a variable.
    pub fn place(var: impl Fn(&str) -> Option<OsString>) -> Option<PathBuf> {
        let set = |name: &str| var(name).filter(|value| !value.is_empty()).map(PathBuf::from);
        set("SPANGLASS_CACHE")
            .or_else(|| set("XDG_CACHE_HOME").map(|folder| folder.join("spanglass")))
            .or_else(|| set("HOME").map(|folder| folder.join(".cache/spanglass")))
    }

    /// Where `name` at `version` is or would be.
    pub fn folder(&self, name: &str, version: &str) -> PathBuf {
        self.root.join(format!("{name}-{version}"))
    }

    /// True when an installation by the same recipe was finished. `recipe` is whatever decides its content.
    pub fn has(&self, name: &str, version: &str, recipe: &str) -> bool {
        fs::read_to_string(self.folder(name, version).join(STAMP)).is_ok_and(|stamp| stamp == recipe)
    }

    /// The folder of `name`, made by `build` in a folder beside it and moved into place when that succeeded.
    /// Also says how long the building took, when it was needed. Waits while another run installs.
    ///
    /// # Errors
    /// What `build` says, or that the cache cannot be written.
    pub fn install(
        &self,
        name: &str,
        version: &str,
        recipe: &str,
        build: impl FnOnce(&Path) -> Result<()>,
    ) -> Result<(PathBuf, Option<Duration>)> {
        let folder = self.folder(name, version);
        if self.has(name, version, recipe) {
            return Ok((folder, None));
        }
        let _lock = self.lock()?;
        if self.has(name, version, recipe) {
            return Ok((folder, None));
        }
        let start = Instant::now();
        let partial = self.root.join(format!(".partial-{name}"));
        remove(&partial)?;
        fs::create_dir_all(&partial).with_context(|| format!("cannot create {}", partial.display()))?;
        build(&partial)?;
        fs::write(partial.join(STAMP), recipe)?;
        remove(&folder)?;
        fs::rename(&partial, &folder)
            .with_context(|| format!("cannot move {} into place", folder.display()))?;
        Ok((folder, Some(start.elapsed())))
    }

    fn lock(&self) -> Result<File> {
        fs::create_dir_all(&self.root).with_context(|| format!("cannot create {}", self.root.display()))?;
        let lock = File::create(self.root.join(".lock"))?;
        if lock.try_lock().is_err() {
            println!("    waiting for another run that is installing into {}", self.root.display());
            lock.lock().context("cannot lock the tool cache")?;
        }
        Ok(lock)
    }
}

fn remove(folder: &Path) -> Result<()> {
    match fs::remove_dir_all(folder) {
        Err(error) if error.kind() != ErrorKind::NotFound => {
            Err(error).with_context(|| format!("cannot remove {}", folder.display()))
        }
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};

    use anyhow::bail;
    use tempfile::TempDir;

    use super::*;

    /// A cache in a folder that leaves with the test.
    fn cache() -> (TempDir, Cache) {
        let root = TempDir::new().unwrap();
        let cache = Cache::at(root.path().join("cache"));
        (root, cache)
    }

    fn put(text: &'static str) -> impl FnOnce(&Path) -> Result<()> {
        move |folder| Ok(fs::write(folder.join("tool"), text)?)
    }

    fn never(_: &Path) -> Result<()> {
        bail!("installed again")
    }

    #[test]
    fn what_is_there_is_reused() {
        let (_root, cache) = cache();
        assert!(!cache.has("nvim", "1", "a"));
        let (folder, took) = cache.install("nvim", "1", "a", put("one")).unwrap();
        assert!(took.is_some() && cache.has("nvim", "1", "a"));
        assert_eq!(cache.install("nvim", "1", "a", never).unwrap(), (folder.clone(), None));
        assert_eq!(fs::read_to_string(folder.join("tool")).unwrap(), "one");
    }

    #[test]
    fn another_recipe_installs_anew_and_leaves_nothing_old() {
        let (_root, cache) = cache();
        cache.install("tools", "1", "a", |folder| Ok(fs::write(folder.join("old"), "")?)).unwrap();
        let (folder, _) = cache.install("tools", "1", "b", put("two")).unwrap();
        assert!(!folder.join("old").exists() && folder.join("tool").exists());
    }

    #[test]
    fn a_failed_installation_is_not_taken_for_a_tool() {
        let (_root, cache) = cache();
        let broken = |folder: &Path| {
            fs::write(folder.join("half"), "")?;
            bail!("no network")
        };
        assert_eq!(cache.install("nvim", "1", "a", broken).unwrap_err().to_string(), "no network");
        assert!(!cache.folder("nvim", "1").exists());
        let (folder, _) = cache.install("nvim", "1", "a", put("one")).unwrap();
        assert!(!folder.join("half").exists());
    }

    #[test]
    fn a_folder_without_a_stamp_is_replaced() {
        let (_root, cache) = cache();
        let folder = cache.folder("nvim", "1");
        fs::create_dir_all(&folder).unwrap();
        fs::write(folder.join("half"), "").unwrap();
        cache.install("nvim", "1", "a", put("one")).unwrap();
        assert!(!folder.join("half").exists() && folder.join("tool").exists());
    }

    #[test]
    fn two_runs_install_once() {
        let (_root, cache) = cache();
        let builds = AtomicUsize::new(0);
        let install = || {
            let build = |folder: &Path| {
                builds.fetch_add(1, Ordering::SeqCst);
                Ok(fs::write(folder.join("tool"), "x")?)
            };
            cache.install("nvim", "1", "a", build).unwrap()
        };
        std::thread::scope(|scope| {
            let runs: Vec<_> = (0..4).map(|_| scope.spawn(install)).collect();
            runs.into_iter().for_each(|run| assert!(run.join().unwrap().0.join("tool").exists()));
        });
        assert_eq!(builds.load(Ordering::SeqCst), 1);
    }

    #[test]
    fn place_prefers_the_nearest_variable() {
        let place = |vars: &[(&str, &str)]| {
            Cache::place(|name| vars.iter().find(|(n, _)| *n == name).map(|(_, value)| value.into()))
        };
        let all = [("SPANGLASS_CACHE", "/a"), ("XDG_CACHE_HOME", "/b"), ("HOME", "/c")];
        assert_eq!(place(&all), Some("/a".into()));
        assert_eq!(place(&all[1..]), Some("/b/spanglass".into()));
        assert_eq!(place(&all[2..]), Some("/c/.cache/spanglass".into()));
        assert_eq!(place(&[("SPANGLASS_CACHE", ""), ("HOME", "/c")]), Some("/c/.cache/spanglass".into()));
        assert_eq!(place(&[]), None);
    }
}

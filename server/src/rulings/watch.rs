//! Notices that somebody edited a settings file, in whatever editor: by a look at its size and time now and then.

use std::{
    path::{Path, PathBuf},
    time::{Duration, SystemTime},
};

use super::files;

/// Between two looks. A look costs some microseconds a folder.
const INTERVAL: Duration = Duration::from_secs(2);

/// Calls `changed` each time that a settings file of `folders` is another one than at the last look. Runs until
/// dropped.
pub(crate) async fn watch(folders: impl Fn() -> Vec<PathBuf>, changed: impl Fn()) {
    let mut known = state(folders()).await;
    loop {
        tokio::time::sleep(INTERVAL).await;
        let now = state(folders()).await;
        if now != known {
            known = now;
            changed();
        }
    }
}

/// Length and time of each file that is there.
async fn state(folders: Vec<PathBuf>) -> Vec<(PathBuf, Option<(u64, Option<SystemTime>)>)> {
    let mut all = Vec::new();
    for file in files(folders.iter().map(|it| -> &Path { it })) {
        let metadata = tokio::fs::metadata(&file).await.ok();
        let state = metadata.map(|metadata| (metadata.len(), metadata.modified().ok()));
        all.push((file, state));
    }
    all
}

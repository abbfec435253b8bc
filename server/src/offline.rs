//! A state built for one command: the workspace as it stands, and spans of files, of the running receiver, or of the
//! archive.

use std::{
    path::{Path, PathBuf},
    sync::Arc,
    time::{Duration, SystemTime, UNIX_EPOCH},
};

use model::{Batch, Span, Timestamp};
use provenance::Reader;
use world::{Change, Settings, Snapshot, World};

use crate::{config::Config, received, rulings, workspace::Roots};

/// Where a command's spans come from.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Spans<'a> {
    /// Recorded files.
    Files(&'a [PathBuf]),
    /// What was received: by the running host, else what is on disk.
    Received,
}

/// Code and spans, put together.
#[derive(Debug)]
pub(crate) struct Offline {
    /// Everything known.
    pub(crate) snapshot: Snapshot,
    /// How files are named.
    pub(crate) roots: Roots,
    /// The spans in the order in which they were read.
    pub(crate) spans: Vec<Arc<Span>>,
    /// What is wrong with what people said of placements, each a sentence.
    pub(crate) problems: Vec<String>,
}

/// The present, by this machine's clock.
pub(crate) fn now() -> Timestamp {
    let elapsed = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    Timestamp::ZERO.plus(elapsed)
}

/// Nanoseconds from `time` to the present, negative for a time to come.
pub(crate) fn until_now(time: Timestamp) -> i128 {
    i128::from(now().0) - i128::from(time.0)
}

/// Reads the workspace and the spans. The window ends now for what was received, and at the last recorded end for
/// files, whose age says nothing about their worth.
///
/// # Errors
/// One sentence, when a file cannot be read or the host does not answer.
pub(crate) async fn open(config: &Config, workspace: &Path, from: Spans<'_>) -> Result<Offline, String> {
    let roots = Roots::new([existing_folder(workspace)?]);
    let (batch, window, now) = match from {
        Spans::Files(files) => {
            let batch = read_files(config, files)?;
            let end = formats::latest_time(&batch);
            let start = batch.spans.iter().map(|span| span.start).min().unwrap_or_default();
            (batch, end.since(start) + Duration::from_secs(1), end)
        }
        Spans::Received => (received::spans(config).await?, config.duration("window"), now()),
    };
    let mut world = World::new(Settings { window, ..Settings::default() });
    let spoken = rulings::read(&roots);
    drop(world.apply(Change::Rulings(Arc::new(spoken.rulings)), now));
    crate::workspace::read_into(&roots, Some(&config.index_dir()), |change| drop(world.absorb(change, now)));
    let spans = batch.spans.clone();
    drop(world.apply(Change::Spans(batch), now));
    if let Some(origins) = Reader::new(roots.provenance()).read(&world.snapshot(now)) {
        drop(world.apply(Change::Origins(Arc::new(origins)), now));
    }
    let snapshot = world.snapshot(now);
    let problems = rulings::problems(&spoken.warnings, &snapshot);
    Ok(Offline { snapshot, roots, spans, problems })
}

/// Decodes `files` into one batch, in order and without secrets.
///
/// # Errors
/// One sentence naming the first file that cannot be read or understood.
pub(crate) fn read_files(config: &Config, files: &[PathBuf]) -> Result<Batch, String> {
    let mut all = Batch::default();
    for file in files {
        let bytes =
            std::fs::read(file).map_err(|error| format!("{} cannot be read: {error}", file.display()))?;
        let (_, batch) = formats::any::decode(&bytes, &formats::Limits::for_files())
            .map_err(|error| format!("{} holds no traces that are understood: {error}", file.display()))?;
        all.spans.extend(batch.spans);
        all.logs.extend(batch.logs);
        for refusal in batch.refused {
            all.refuse_many(&refusal.reason, refusal.count);
        }
    }
    config.mask().apply(&mut all);
    Ok(all)
}

/// `path` as an absolute one.
///
/// # Errors
/// One sentence, when it is no folder.
pub(crate) fn existing_folder(path: &Path) -> Result<PathBuf, String> {
    match path.canonicalize() {
        Ok(folder) if folder.is_dir() => Ok(folder),
        Ok(_) => Err(format!("{} is a file; --workspace takes a folder", path.display())),
        Err(error) => Err(format!("the workspace {} cannot be opened: {error}", path.display())),
    }
}

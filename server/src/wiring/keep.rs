//! Where received batches go: to the state, and to the archive so that they survive a restart.

use std::{
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use archive::Archive;
use formats::{Clean, Limits, secrets::Mask};
use ingest::{Overloaded, Sink};
use model::Batch;
use tokio::{sync::Notify, time::sleep};
use world::Handle;

use crate::{config::Config, offline, output};

/// Between an append and the moment at which it is safe from a power cut. Until then it is safe from everything
/// that can happen to this process.
const SYNC_DELAY: Duration = Duration::from_secs(1);
/// Before the state is asked again whether it has room for what is read back.
const PAUSE: Duration = Duration::from_millis(5);

/// Takes batches for the state and, while it hosts, for the archive.
#[derive(Debug)]
pub(super) struct Keeper {
    world: Handle,
    mask: Mask,
    archive: Mutex<Option<Archive>>,
    appended: Notify,
}

impl Keeper {
    /// Without an archive.
    pub(super) fn new(world: Handle, mask: Mask) -> Keeper {
        Keeper { world, mask, archive: Mutex::new(None), appended: Notify::new() }
    }

    /// Opens the archive, takes what it holds into the state, and keeps further batches in it. An archive that
    /// cannot be used is told of, and memory alone serves.
    pub(super) async fn open_archive(&self, config: &Config) {
        if !config.is_on("archive.enabled") {
            return;
        }
        let settings = archive_settings(config);
        let opened = tokio::task::spawn_blocking(move || Archive::open(&settings)).await;
        match opened {
            Ok(Ok((archive, frames))) => {
                for frame in frames {
                    self.reload(frame.bytes).await;
                }
                self.archive().replace(archive);
            }
            Ok(Err(error)) => tracing::warn!(%error, "spans are kept in memory only"),
            Err(error) => tracing::warn!(%error, "spans are kept in memory only"),
        }
    }

    /// Brings what was appended to the disk itself, a second later, and lets go what is too old. Costs nothing while
    /// nothing arrives. Runs until dropped.
    pub(super) async fn sync(self: Arc<Self>) {
        loop {
            self.appended.notified().await;
            sleep(SYNC_DELAY).await;
            let keeper = self.clone();
            let synced = tokio::task::spawn_blocking(move || {
                let unsynced = keeper.archive().as_mut().and_then(|open| {
                    open.expire(offline::now());
                    open.unsynced()
                });
                // The disk may take its time: senders are answered meanwhile.
                unsynced.map_or(Ok(()), archive::Unsynced::sync)
            });
            if let Ok(Err(error)) = synced.await {
                tracing::warn!(%error, "what was kept last is not yet safe from a power cut");
            }
        }
    }

    /// Writes what is pending to disk.
    pub(super) async fn close(&self) {
        let archive = self.archive().take();
        if let Some(archive) = archive {
            drop(tokio::task::spawn_blocking(move || archive.close()).await);
        }
    }

    /// Takes in one frame of the archive, waiting for room: nothing else is to be done yet.
    async fn reload(&self, frame: Vec<u8>) {
        let Ok(telemetry) = Clean::of_frame(frame.into(), &Limits::for_files()) else {
            tracing::warn!("a frame of the archive is not understood; it is passed over");
            return;
        };
        while self.world.offer(telemetry.clone()).is_err() {
            sleep(PAUSE).await;
        }
    }

    /// Without its secrets, before anything keeps or shows it.
    fn masked(&self, telemetry: Clean) -> Clean {
        if !self.mask.may_hold_secret(&telemetry.frame()) {
            return telemetry;
        }
        let mut batch = telemetry.to_batch();
        match self.mask.apply(&mut batch) {
            0 => telemetry,
            _ => batch.into(),
        }
    }

    fn archive(&self) -> MutexGuard<'_, Option<Archive>> {
        self.archive.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Sink for Keeper {
    fn offer(&self, telemetry: Clean) -> Result<(), Overloaded> {
        let telemetry = self.masked(telemetry);
        let frame = telemetry.frame();
        super::offer(&self.world, telemetry)?;
        let mut archive = self.archive();
        if let Some(open) = archive.as_mut()
            && let Err(error) = open.append(&frame, offline::now())
        {
            tracing::warn!(%error, "the archive cannot be written; spans are kept in memory only from here on");
            *archive = None;
        }
        self.appended.notify_one();
        Ok(())
    }
}

/// What is on disk, for commands that run while nobody hosts.
pub(crate) fn archived(config: &Config) -> Batch {
    let mut all = Batch::default();
    let frames = match archive::read(&archive_settings(config)) {
        Ok(frames) => frames,
        Err(error) => {
            output::note(format!("spanglass: the archive cannot be read: {error}"));
            return all;
        }
    };
    for frame in frames {
        match formats::otlp_proto::decode_batch(&frame.bytes, &Limits::for_files()) {
            Ok(batch) => {
                all.spans.extend(batch.spans);
                all.logs.extend(batch.logs);
            }
            Err(error) => tracing::warn!(%error, "a frame of the archive is not understood"),
        }
    }
    all
}

/// Puts a batch on disk while nobody hosts.
///
/// # Errors
/// One sentence, when the archive cannot be written.
pub(crate) fn archive_once(config: &Config, batch: &Batch) -> Result<(), String> {
    let settings = archive_settings(config);
    let folder = config.data_dir().display().to_string();
    let failed = |error: archive::Error| format!("{folder} cannot be written: {error}");
    let (mut archive, _) = Archive::open(&settings).map_err(failed)?;
    for spans in batch.spans.chunks(2_000) {
        archive.append(&formats::otlp_proto::encode_traces(spans), offline::now()).map_err(failed)?;
    }
    if !batch.logs.is_empty() {
        let logs = Batch { logs: batch.logs.clone(), ..Batch::default() };
        archive.append(&formats::otlp_proto::encode_batch(&logs), offline::now()).map_err(failed)?;
    }
    archive.close().map_err(failed)
}

fn archive_settings(config: &Config) -> archive::Settings {
    archive::Settings {
        folder: config.data_dir().join("spans"),
        max_bytes: config.bytes("archive.max_bytes") as u64,
        max_age: config.duration("archive.max_age"),
        now: offline::now(),
    }
}

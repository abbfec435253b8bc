//! Where received batches go: to the state, to other windows that read along, and to the archive so that they survive
//! a restart. Secrets are masked first.

use std::{
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicBool, Ordering::Relaxed},
    },
    thread,
    time::{Duration, Instant},
};

use archive::{Archive, Frames, Prepared};
use formats::{Clean, Limits, otlp_proto, secrets::Mask};
use ingest::{Overloaded, Sink};
use model::Batch;
use tokio::{sync::Notify, time::sleep};
use web::Journal;
use world::Handle;

use crate::{config::Config, offline, output};

/// Between an append and the moment at which it is safe from a power cut. Until then it is safe from everything
/// that can happen to this process.
const SYNC_DELAY: Duration = Duration::from_secs(1);
/// Before the state is asked again whether it has room for what is read back.
const PAUSE: Duration = Duration::from_millis(2);
/// Spans and records that may wait for the state before what is read back waits too: what arrives goes first.
const MOST_WAITING: usize = 2_048;
/// Before a disk that could not be written is tried again.
const DISK_PAUSE: Duration = Duration::from_secs(1);
/// Before an archive that could not be opened is tried again.
const REOPEN: Duration = Duration::from_secs(5);

/// Takes batches for the state and, while it hosts, for the archive.
#[derive(Debug)]
pub(super) struct Keeper {
    world: Handle,
    mask: Mask,
    journal: Journal,
    disk: Mutex<Disk>,
    appended: Notify,
    is_closing: Arc<AtomicBool>,
}

/// The archive and what is wrong with it.
#[derive(Debug, Default)]
struct Disk {
    archive: Option<Archive>,
    /// Set while it cannot be opened or written, which was told once: when to try again.
    retry_at: Option<Instant>,
}

impl Keeper {
    /// Without an archive.
    pub(super) fn new(world: Handle, mask: Mask, journal: Journal) -> Keeper {
        let is_closing = Arc::default();
        Keeper { world, mask, journal, disk: Mutex::default(), appended: Notify::new(), is_closing }
    }

    /// Opens the archive, from when on further batches are kept in it, and takes what it holds into the state in the
    /// background. An archive that cannot be used is told of, and memory alone serves until it can.
    pub(super) async fn open_archive(&self, config: &Config) {
        if !config.is_on("archive.enabled") {
            return;
        }
        let settings = archive_settings(config);
        let opened = tokio::task::spawn_blocking(move || Archive::open(&settings)).await;
        let problem = match opened {
            Ok(Ok((archive, frames))) => {
                let mut disk = self.disk();
                if disk.retry_at.take().is_some() {
                    tracing::warn!("spans are kept on disk from here on");
                }
                disk.archive = Some(archive);
                // What is more than this cannot fit into memory: it takes no less there than on disk.
                return self.reload(frames.newest(config.bytes("store.max_bytes") as u64));
            }
            Ok(Err(error)) => error.to_string(),
            Err(error) => error.to_string(),
        };
        self.disk().fail(&problem, REOPEN);
    }

    /// Brings what was appended to the disk itself, a second later, and lets go what is too old; tries to open again
    /// what could not be opened. Costs nothing while nothing arrives. Runs until dropped.
    pub(super) async fn tend(self: Arc<Self>, config: &Config) {
        loop {
            let must_open = {
                let disk = self.disk();
                disk.archive.is_none() && disk.retry_at.is_some()
            };
            tokio::select! {
                () = self.appended.notified() => {
                    sleep(SYNC_DELAY).await;
                    self.clone().sync().await;
                }
                () = sleep(REOPEN), if must_open => self.open_archive(config).await,
            }
        }
    }

    /// Writes what is pending to disk.
    pub(super) async fn close(&self) {
        self.is_closing.store(true, Relaxed);
        let archive = self.disk().archive.take();
        if let Some(archive) = archive {
            drop(tokio::task::spawn_blocking(move || archive.close()).await);
        }
    }

    async fn sync(self: Arc<Self>) {
        let synced = tokio::task::spawn_blocking(move || {
            let unsynced = self.disk().archive.as_mut().and_then(|open| {
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

    /// Takes the frames of the archive into the state, on a thread of its own and behind whatever arrives meanwhile.
    fn reload(&self, frames: Frames) {
        let (world, journal, is_closing) =
            (self.world.clone(), self.journal.clone(), self.is_closing.clone());
        let read = move || {
            for frame in frames {
                let Ok(telemetry) = Clean::of_frame(frame.bytes.into(), &Limits::for_files()) else {
                    tracing::warn!("a frame of the archive is not understood; it is passed over");
                    continue;
                };
                while world.health().waiting > MOST_WAITING || world.offer(telemetry.clone()).is_err() {
                    if is_closing.load(Relaxed) {
                        return;
                    }
                    thread::sleep(PAUSE);
                }
                telemetry.logs_frame().iter().for_each(|logs| journal.push(logs));
            }
        };
        if let Err(error) = thread::Builder::new().name("spanglass-reload".into()).spawn(read) {
            tracing::warn!(%error, "what earlier runs kept is not shown");
        }
    }

    fn append(&self, frame: &[u8]) {
        // Packing is most of the work, and other senders need not wait for it.
        let prepared = match Prepared::new(frame, offline::now()) {
            Ok(prepared) => prepared,
            Err(error) => return tracing::warn!(%error, "a request is kept in memory only"),
        };
        let mut disk = self.disk();
        if disk.retry_at.is_some_and(|at| Instant::now() < at) {
            return;
        }
        let Some(open) = disk.archive.as_mut() else {
            return;
        };
        match open.append_prepared(&prepared) {
            Ok(()) if disk.retry_at.take().is_some() => tracing::warn!("spans are kept on disk again"),
            Ok(()) => {}
            Err(error) => disk.fail(&error.to_string(), DISK_PAUSE),
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

    fn disk(&self) -> MutexGuard<'_, Disk> {
        self.disk.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Disk {
    /// Says once what is wrong, and when it is to be tried again.
    fn fail(&mut self, problem: &str, pause: Duration) {
        if self.retry_at.is_none() {
            tracing::warn!(problem, "spans are kept in memory only until the disk can be written");
        }
        self.retry_at = Some(Instant::now() + pause);
    }
}

impl Sink for Keeper {
    fn offer(&self, telemetry: Clean) -> Result<(), Overloaded> {
        let telemetry = self.masked(telemetry);
        let (frame, logs) = (telemetry.frame(), telemetry.logs_frame());
        super::offer(&self.world, telemetry)?;
        self.append(&frame);
        self.appended.notify_one();
        logs.iter().for_each(|logs| self.journal.push(logs));
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
        match otlp_proto::decode_batch(&frame.bytes, &Limits::for_files()) {
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
        archive.append(&otlp_proto::encode_traces(spans), offline::now()).map_err(failed)?;
    }
    if !batch.logs.is_empty() {
        let logs = Batch { logs: batch.logs.clone(), ..Batch::default() };
        archive.append(&otlp_proto::encode_batch(&logs), offline::now()).map_err(failed)?;
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

//! The one thread that owns the state, and the handle through which everybody else reaches it.

use std::sync::{Arc, mpsc};

use model::{Batch, Timestamp};
use tokio::sync::oneshot;

use crate::{Change, Effects, Snapshot, World};

/// Where the time comes from.
pub type Clock = Arc<dyn Fn() -> Timestamp + Send + Sync>;

/// Sends changes and asks for snapshots. Cheap to clone; when the last one is dropped, the thread ends.
#[derive(Clone, Debug)]
pub struct Handle {
    queue: mpsc::Sender<Message>,
}

/// The queue for telemetry is full: try again later, nothing was taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Refused;

#[derive(Debug)]
enum Message {
    Change(Change),
    Snapshot(oneshot::Sender<Snapshot>),
}

/// Starts the thread. `on_effects` is called on it after each round of changes and must not wait.
pub fn start(mut world: World, clock: Clock, mut on_effects: impl FnMut(Effects) + Send + 'static) -> Handle {
    let (queue, messages) = mpsc::channel();
    std::thread::spawn(move || {
        for message in messages {
            match message {
                Message::Change(change) => on_effects(world.apply(change, clock())),
                Message::Snapshot(reply) => drop(reply.send(world.snapshot(clock()))),
            }
        }
    });
    Handle { queue }
}

impl Handle {
    /// Queues an editor's or the workspace's change. Never waits. Order is kept.
    pub fn send(&self, change: Change) {
        drop(self.queue.send(Message::Change(change)));
    }

    /// Queues telemetry, unless the bounded queue for it is full.
    ///
    /// # Errors
    /// When the queue is full.
    pub fn offer(&self, batch: Batch) -> Result<(), Refused> {
        self.queue
            .send(Message::Change(Change::Spans(batch)))
            .map_err(|_| Refused)
    }

    /// Asks for a snapshot that has seen every change this handle sent before: queued at once, even before the
    /// answer is awaited. `None` when the hub has ended.
    pub fn snapshot(&self) -> impl Future<Output = Option<Snapshot>> + Send + 'static {
        let (reply, answer) = oneshot::channel();
        drop(self.queue.send(Message::Snapshot(reply)));
        async move { answer.await.ok() }
    }

    /// As [`Handle::snapshot`], for threads that may wait.
    pub fn snapshot_blocking(&self) -> Option<Snapshot> {
        let (reply, answer) = oneshot::channel();
        drop(self.queue.send(Message::Snapshot(reply)));
        answer.blocking_recv().ok()
    }
}

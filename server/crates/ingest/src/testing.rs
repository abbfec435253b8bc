//! What several tests of this crate need.

use std::sync::{
    Mutex,
    atomic::{AtomicUsize, Ordering},
};

use formats::Clean;
use model::Batch;
use tokio::sync::Notify;

use crate::{Overloaded, Sink};

/// A sink that keeps what it is offered, and can be full for a while.
#[derive(Default)]
pub(crate) struct Recorder {
    pub(crate) batches: Mutex<Vec<Batch>>,
    /// So many offers are refused first.
    pub(crate) refusals: AtomicUsize,
    taken: Notify,
}

impl Recorder {
    pub(crate) fn refusing(times: usize) -> Recorder {
        Recorder { refusals: AtomicUsize::new(times), ..Recorder::default() }
    }

    pub(crate) fn spans(&self) -> usize {
        self.batches.lock().unwrap().iter().map(|batch| batch.spans.len()).sum()
    }

    /// Waits until there are `count` spans.
    pub(crate) async fn reaches(&self, count: usize) {
        let wait = async {
            while self.spans() < count {
                self.taken.notified().await;
            }
        };
        let waited = tokio::time::timeout(std::time::Duration::from_secs(60), wait).await;
        assert!(waited.is_ok(), "only {} of {count} spans came", self.spans());
    }
}

impl Sink for Recorder {
    fn offer(&self, telemetry: Clean) -> Result<(), Overloaded> {
        let refused =
            self.refusals.fetch_update(Ordering::Relaxed, Ordering::Relaxed, |left| left.checked_sub(1));
        if refused.is_ok() {
            return Err(Overloaded);
        }
        self.batches.lock().unwrap().push(telemetry.to_batch());
        self.taken.notify_one();
        Ok(())
    }
}

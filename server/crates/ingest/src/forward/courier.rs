//! Empties the queue: a few bodies at a time, each tried until it is taken, refused, or too old.

use std::{
    future::Future,
    sync::{Arc, atomic::Ordering::Relaxed},
    time::Duration,
};

use futures::{StreamExt as _, stream};
use tokio::{
    sync::mpsc,
    time::{Instant, sleep, timeout},
};

use super::{
    Ledger, Waiting,
    target::{Outcome, Target},
};
use crate::limits;

/// Delivers what is queued.
#[derive(Debug)]
pub struct Courier {
    target: Target,
    queue: mpsc::UnboundedReceiver<Waiting>,
    ledger: Arc<Ledger>,
}

impl Courier {
    pub(super) fn new(
        target: Target,
        queue: mpsc::UnboundedReceiver<Waiting>,
        ledger: Arc<Ledger>,
    ) -> Courier {
        Courier { target, queue, ledger }
    }

    /// Where bodies go, as it may be shown: without user, password and query.
    pub fn destination(&self) -> &str {
        self.target.shown()
    }

    /// Delivers until `shutdown`; what then waits has two seconds to get out, once.
    pub async fn run(self, shutdown: impl Future<Output = ()>) {
        let Courier { target, queue, ledger } = self;
        let bodies = stream::unfold(queue, async |mut queue| queue.recv().await.map(|body| (body, queue)));
        let deliveries =
            bodies.for_each_concurrent(limits::FORWARD_AT_ONCE, |waiting| deliver(&target, waiting, &ledger));
        let mut deliveries = std::pin::pin!(deliveries);
        tokio::select! {
            () = &mut deliveries => return,
            () = shutdown => {}
        }
        // The queue's doors may still be open, so this ends by itself only when they are not.
        let rest = timeout(limits::SHUTDOWN_GRACE, async {
            let mut deliveries = deliveries;
            loop {
                tokio::select! {
                    () = &mut deliveries => return,
                    () = sleep(Duration::from_millis(20)) => if ledger.waiting() == 0 { return },
                }
            }
        });
        if rest.await.is_err() {
            let bodies = ledger.waiting();
            ledger.given_up.fetch_add(bodies, Relaxed);
            tracing::warn!(bodies, "the end came before everything was passed on");
        }
    }
}

async fn deliver(target: &Target, waiting: Waiting, ledger: &Ledger) {
    let began = Instant::now();
    let mut pause = limits::FORWARD_BACKOFF;
    loop {
        let (after, problem) = match target.send(&waiting.parcel).await {
            Outcome::Taken => return ledger.delivered(waiting.parcel.body.len()),
            Outcome::Refused(problem) => {
                ledger.refused.fetch_add(1, Relaxed);
                return ledger.failed(&problem);
            }
            Outcome::Later { after, problem } => (after, problem),
        };
        ledger.failed(&problem);
        let wait = after.unwrap_or(pause).min(limits::FORWARD_LONGEST_RETRY_AFTER);
        if began.elapsed() + wait > limits::FORWARD_PATIENCE {
            ledger.given_up.fetch_add(1, Relaxed);
            return;
        }
        sleep(wait).await;
        pause = (pause * 2).min(limits::FORWARD_LONGEST_BACKOFF);
    }
}

impl Ledger {
    fn waiting(&self) -> u64 {
        let gone = [&self.delivered, &self.refused, &self.given_up, &self.full];
        self.offered.load(Relaxed).saturating_sub(gone.iter().map(|count| count.load(Relaxed)).sum())
    }
}

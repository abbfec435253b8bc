//! The one way to end a session, whoever notices first that it is over.

use std::sync::Arc;

use tokio::sync::Notify;

/// Cheap to clone; what one asks for, all see. Asked for before anybody waits, it is not lost.
#[derive(Clone, Debug, Default)]
pub(crate) struct Stop(Arc<Notify>);

impl Stop {
    /// Ends the session; `why` is for the log.
    pub(crate) fn ask(&self, why: &str) {
        tracing::info!(why, "the session ends");
        self.0.notify_one();
    }

    /// Returns once somebody asked. For one waiter.
    pub(crate) async fn asked(&self) {
        self.0.notified().await;
    }
}

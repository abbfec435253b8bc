//! The polling of configured backends, while this process is not reading through another one that does it.

use std::sync::Arc;

use ingest::{
    Sink,
    backend::{Backend, BackendError},
    backends::{jaeger::Jaeger, zipkin::Zipkin},
    poll,
};
use tokio::{sync::watch, task::JoinSet};

use crate::config::{BackendConfig, Config};

/// Polls every configured backend until dropped.
#[derive(Debug, Default)]
pub(super) struct Polling {
    tasks: JoinSet<()>,
    /// Whoever looks wants all services; dropping this ends the polling.
    wanted: Option<watch::Sender<poll::Wanted>>,
}

impl Polling {
    /// Starts a task for each backend; one that cannot be used is told of in the log and in `doctor`.
    pub(super) fn start(config: &Config, sink: &Arc<impl Sink>) -> Polling {
        let (sender, wanted) = watch::channel(poll::Wanted::All);
        let mut tasks = JoinSet::new();
        for backend in config.backends() {
            let settings = poll::Settings { interval: backend.interval, ..poll::Settings::default() };
            match open(&backend) {
                Ok(opened) => {
                    let (state, _) = watch::channel(poll::State::default());
                    tasks.spawn(poll::run(opened, sink.clone(), settings, wanted.clone(), state));
                }
                Err(problem) => tracing::warn!(backend = backend.name, %problem, "not polled"),
            }
        }
        Polling { tasks, wanted: Some(sender) }
    }

    /// Ends the polling.
    pub(super) fn stop(&mut self) {
        self.wanted = None;
        self.tasks.abort_all();
    }
}

/// The client for a configured backend.
///
/// # Errors
/// When its address cannot be used.
pub(crate) fn open(config: &BackendConfig) -> Result<Arc<dyn Backend>, BackendError> {
    // The settings' table lets no third kind through.
    Ok(match config.kind.as_str() {
        "jaeger" => Arc::new(Jaeger::new(&config.name, &config.url, &[])?),
        _ => Arc::new(Zipkin::new(&config.name, &config.url, &[])?),
    })
}

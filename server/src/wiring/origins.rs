//! The reading of revisions and source maps in the background: when spans or code have changed, what they name is
//! read on a thread of its own, and the state learns of it.

use std::{
    sync::{Arc, Condvar, Mutex, PoisonError},
    thread,
    time::Duration,
};

use provenance::Reader;
use world::{Change, Handle};

use crate::workspace::Roots;

/// Between two looks at the state while it changes.
const PAUSE: Duration = Duration::from_secs(1);

/// A bell that rings when something changed. Cheap to clone.
#[derive(Clone, Debug, Default)]
pub(crate) struct Bell(Arc<(Mutex<bool>, Condvar)>);

/// A reading under way. Dropping it ends it.
#[derive(Debug)]
pub(crate) struct Following {
    bell: Bell,
    stop: Arc<Mutex<bool>>,
}

impl Bell {
    /// Rings; never waits.
    pub(crate) fn ring(&self) {
        *self.0.0.lock().unwrap_or_else(PoisonError::into_inner) = true;
        self.0.1.notify_all();
    }

    /// Waits until it rings, or rang since the last wait.
    fn wait(&self) {
        let mut rang = self.0.0.lock().unwrap_or_else(PoisonError::into_inner);
        while !*rang {
            rang = self.0.1.wait(rang).unwrap_or_else(PoisonError::into_inner);
        }
        *rang = false;
    }
}

impl Following {
    /// Starts reading for the workspace of `roots`.
    pub(crate) fn start(roots: &Roots, world: Handle, bell: Bell) -> Following {
        let stop = Arc::new(Mutex::new(false));
        let mut reader = Reader::new(roots.provenance());
        let (stopped, rings) = (stop.clone(), bell.clone());
        let is_stopped = move || *stopped.lock().unwrap_or_else(PoisonError::into_inner);
        let work = move || {
            loop {
                rings.wait();
                if is_stopped() {
                    // The bell may have rung for another reader.
                    rings.ring();
                    return;
                }
                let Some(snapshot) = world.snapshot_blocking() else { return };
                if let Some(origins) = reader.read(&snapshot) {
                    world.send(Change::Origins(Arc::new(origins)));
                }
                drop(snapshot);
                thread::sleep(PAUSE);
            }
        };
        if let Err(error) = thread::Builder::new().name("spanglass-origins".to_owned()).spawn(work) {
            tracing::error!(%error, "revisions and source maps cannot be read");
        }
        bell.ring();
        Following { bell, stop }
    }
}

impl Drop for Following {
    fn drop(&mut self) {
        *self.stop.lock().unwrap_or_else(PoisonError::into_inner) = true;
        self.bell.ring();
    }
}

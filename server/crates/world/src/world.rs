//! The one mutable state. Only the hub's thread holds it.

use attribution::Table;
use imbl::HashMap;
use model::Timestamp;
use source::Index;
use store::{Aggregates, Store};

use crate::{Change, Effects, Settings, Snapshot, Status};

/// Everything known. [`World::apply`] is the only way in, [`World::snapshot`] the only way out.
#[derive(Debug)]
pub struct World {
    state: Snapshot,
}

impl World {
    /// Knows nothing yet.
    pub fn new(settings: Settings) -> World {
        let state = Snapshot {
            now: Timestamp::ZERO,
            window: settings.window,
            index: Index::default(),
            documents: HashMap::new(),
            store: Store::new(settings.limits),
            table: Table::default(),
            by_shape: Aggregates::default(),
            by_edge: Aggregates::default(),
            shapes_of: HashMap::new(),
            status: Status::default(),
        };
        World { state }
    }

    /// Takes in one change; `now` is the time at which it is applied. Never fails, never waits.
    pub fn apply(&mut self, _change: Change, now: Timestamp) -> Effects {
        self.state.now = now;
        Effects::default()
    }

    /// What is known at `now`.
    pub fn snapshot(&self, now: Timestamp) -> Snapshot {
        Snapshot { now, ..self.state.clone() }
    }
}

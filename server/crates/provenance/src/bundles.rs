//! Source maps of bundles: beside the bundle, named in it, or within it.

use std::collections::HashSet;

use attribution::Origins;
use model::SmolStr;
use world::Snapshot;

use crate::folders::Folder;

/// Bundles that were found.
pub(crate) struct Bundles {
    pub(crate) problems: Vec<String>,
}

impl Bundles {
    pub(crate) fn new(_: Vec<Folder>) -> Bundles {
        Bundles { problems: Vec::new() }
    }

    pub(crate) fn read(&mut self, _: &Snapshot, _: HashSet<SmolStr>) -> bool {
        false
    }

    pub(crate) fn add_to(&self, _: &mut Origins) {}
}

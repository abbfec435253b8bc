//! Repositories and source maps as they are on disk: spans go in, placements come out as text.

mod bundles;
mod history;
mod support;

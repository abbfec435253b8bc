//! Whole sessions with the language server in this process: what an editor sends and what it gets, over a world with code
//! and spans.

#[path = "../../../insight/tests/insight/fixture.rs"]
#[allow(dead_code, reason = "each test uses its part")]
mod fixture;
#[path = "../support/mod.rs"]
mod support;

mod calls;
mod capabilities;
mod diagnostics;
mod documents;
mod editor;
mod features;
mod protocol;
mod refreshes;
mod settings;

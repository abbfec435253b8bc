//! The language server surface: the only crate that knows LSP.
//!
//! [`serve`] speaks LSP over two streams until the editor is gone and answers with the exit code of the process.
//! What it cannot know itself (folders, settings, pages) it asks [`Hooks`], which the binary implements.
//!
//! Life of a message: `stdin` passes on whole messages only → tower-lsp → `guard` (order, panics, `exit`) →
//! `backend` turns it into an event without awaiting anything → `main_loop` owns all state and takes one event at a
//! time → `requests/` answer from a snapshot on the blocking pool → `stdout` queues what goes out.

#![forbid(unsafe_code)]

mod backend;
mod capabilities;
mod documents;
mod event;
mod ext;
mod from_proto;
mod guard;
mod hooks;
mod main_loop;
mod markdown;
mod outbox;
mod parent;
mod refresh;
mod requests;
mod serve;
mod session;
mod stdin;
mod stdout;
mod stop;
mod to_proto;

pub use hooks::{Cancellation, Diagnostics, Hooks, Ruling, Settings, SourceState, Start};
pub use serve::serve;

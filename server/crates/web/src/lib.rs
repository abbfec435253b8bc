//! The loopback door: the trace page for people, and the interface through which other windows and the command line
//! read what one process has received.
//!
//! Everything needs the token, and nothing answers a name other than this machine's own: any web page that a
//! browser shows can reach the loopback interface.

mod api;
mod escape;
mod guard;
mod journal;
mod page;
mod server;
mod stylesheet;

pub use guard::Token;
pub use journal::Journal;
pub use server::{Door, Receiver, Settings, router, serve};

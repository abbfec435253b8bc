//! What the tests of the language server share: a client that frames messages itself, and a small server to talk to.

#![allow(dead_code, unreachable_pub, reason = "each test uses its part")]

pub mod client;
pub mod server;

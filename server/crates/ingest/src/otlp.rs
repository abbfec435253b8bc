//! The OpenTelemetry protocol as a receiver: two doors, HTTP and gRPC, and one intake behind both.

mod access;
mod body;
mod compression;
mod connection;
pub mod grpc;
pub mod http;
mod intake;

use std::sync::Arc;

use formats::Limits;

use crate::{Counters, forward, limits};

pub use access::Access;
pub use compression::Compression;
pub use connection::Listeners;
pub use formats::otlp_reply::{Encoding, Signal};
pub use intake::Receiver;

/// What the receiver needs to know.
#[derive(Clone, Debug)]
pub struct Settings {
    /// Who may send.
    pub access: Access,
    /// The largest body in bytes, as sent and after decompression.
    pub body_bytes: usize,
    /// Caps on what one body may hold.
    pub decode: Limits,
    /// Where the receiver counts.
    pub counters: Arc<Counters>,
    /// Where bodies that were taken go on to, if anywhere.
    pub forward: Option<forward::Queue>,
}

impl Default for Settings {
    fn default() -> Settings {
        Settings {
            access: Access::default(),
            body_bytes: limits::BODY_BYTES,
            decode: Limits::default(),
            counters: Arc::default(),
            forward: None,
        }
    }
}

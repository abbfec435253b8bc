//! Every limit and delay of this crate in one place, with the reason for its size.

use std::time::Duration;

/// The largest body, as sent and after decompression. Exporters send batches of 512 spans, about 256 KiB; 16 MiB
/// are 30,000 spans of ten attributes.
pub const BODY_BYTES: usize = 16 * 1024 * 1024;

/// Bodies being received at the same time, all together. What does not fit is told to come again.
pub const BODIES_BYTES: usize = 64 * 1024 * 1024;

/// Large bodies being decoded at the same time; each may hold its decompressed bytes and its spans.
pub const DECODERS: usize = 4;

/// Bodies from this size on, and compressed ones, are decoded on a thread of their own.
pub const INLINE_BYTES: usize = 16 * 1024;

/// Connections open at the same time; further ones wait to be accepted. An app has one per signal, so this is about
/// 80 processes.
pub const CONNECTIONS: usize = 256;

/// From the first byte of a request (or from the connection) to the end of its head.
pub const HEAD_TIMEOUT: Duration = Duration::from_secs(5);

/// From the head to the end of the body.
pub const BODY_TIMEOUT: Duration = Duration::from_secs(30);

/// Between two requests of a connection. Longer than the minute at which metrics are exported, so that exporters do
/// not race with the closing.
pub const IDLE_TIMEOUT: Duration = Duration::from_secs(90);

/// For a client that does not read its answer.
pub const WRITE_TIMEOUT: Duration = Duration::from_secs(30);

/// For requests under way when the receiver is told to stop.
pub const SHUTDOWN_GRACE: Duration = Duration::from_secs(2);

/// What `Retry-After` says to a sender that is told to come again.
pub const RETRY_AFTER: Duration = Duration::from_secs(1);

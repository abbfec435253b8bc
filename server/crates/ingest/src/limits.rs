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

/// The largest window of a zstd frame, as a power of two: 32 MiB, the most that the Collector's encoder uses at its
/// highest level.
pub const ZSTD_WINDOW_LOG: u32 = 25;

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

/// Requests under way on one HTTP/2 connection. SDKs have one or two.
pub const HTTP2_STREAMS: u32 = 100;

/// All headers of one HTTP/2 request together, as RFC 9113 counts them.
pub const HTTP2_HEADER_BYTES: u32 = 16 * 1024;

/// Streams of one HTTP/2 connection that its peer may reset before they were looked at; one more ends the connection
/// (rapid reset, CVE-2023-44487).
pub const HTTP2_EARLY_RESETS: usize = 20;

/// Streams of one HTTP/2 connection that may be reset because of what their peer did wrong.
pub const HTTP2_ERROR_RESETS: usize = 64;

/// What a peer may send ahead on one stream, and on a whole HTTP/2 connection.
pub const HTTP2_STREAM_WINDOW: u32 = 1024 * 1024;
/// See [`HTTP2_STREAM_WINDOW`].
pub const HTTP2_CONNECTION_WINDOW: u32 = 4 * 1024 * 1024;

/// Between two pings that find out whether an HTTP/2 peer is still there.
pub const HTTP2_PING_INTERVAL: Duration = Duration::from_secs(20);

/// For the answer to a ping.
pub const HTTP2_PING_TIMEOUT: Duration = Duration::from_secs(10);

/// An HTTP/2 connection without a request for this long, up to twice as long, is told to go; clients open another
/// when they need one.
pub const HTTP2_IDLE: Duration = Duration::from_secs(5 * 60);

/// For a client that does not read its answer.
pub const WRITE_TIMEOUT: Duration = Duration::from_secs(30);

/// For requests under way when the receiver is told to stop.
pub const SHUTDOWN_GRACE: Duration = Duration::from_secs(2);

/// What `Retry-After` says to a sender that is told to come again.
pub const RETRY_AFTER: Duration = Duration::from_secs(1);

/// For another process to write `host.json` after it got the lock, or to let the lock go when it ends.
pub const ELECTION_TIMEOUT: Duration = Duration::from_secs(3);

/// Between two looks at the lock.
pub const ELECTION_PAUSE: Duration = Duration::from_millis(50);

/// For a host to say that it is there.
pub const PROBE_TIMEOUT: Duration = Duration::from_secs(2);

/// To connect to a port of this machine; a closed one refuses at once.
pub const LOCAL_CONNECT_TIMEOUT: Duration = Duration::from_secs(1);

/// How long one request of a follower waits at the host for spans.
pub const FOLLOW_WAIT: Duration = Duration::from_secs(20);

/// What the answer may take beyond that.
pub const FOLLOW_SLACK: Duration = Duration::from_secs(10);

/// Between two tries at a host that does not answer, or at a sink that is full.
pub const FOLLOW_PAUSE: Duration = Duration::from_millis(100);

/// How long a host may fail to answer before it counts as gone. A dead one refuses at once and several times in this
/// time; one that sleeps with the machine wakes with it.
pub const FOLLOW_PATIENCE: Duration = Duration::from_millis(300);

/// For a receiver to take a body that is sent to it.
pub const SEND_TIMEOUT: Duration = Duration::from_secs(10);

/// The largest answer of a backend or host that is read: what comes back is input too.
pub const REPLY_BYTES: usize = 64 * 1024 * 1024;

/// To connect to a backend.
pub const BACKEND_CONNECT_TIMEOUT: Duration = Duration::from_secs(5);

/// For a backend's whole answer. Zipkin gives up on its own storage after 11 s.
pub const BACKEND_TIMEOUT: Duration = Duration::from_secs(15);

/// How old a list of services or a trace may be.
pub const BACKEND_CACHE_AGE: Duration = Duration::from_secs(60);

/// Spans in the cached traces of one backend, all together; a span takes about 2 KB.
pub const BACKEND_CACHED_SPANS: u64 = 50_000;

/// Names in a list of services; those beyond are not seen.
pub const BACKEND_SERVICES: usize = 10_000;

/// Between two polls of a backend while something new comes.
pub const POLL_INTERVAL: Duration = Duration::from_secs(5);

/// What the interval grows to while nothing new comes.
pub const POLL_QUIET_INTERVAL: Duration = Duration::from_secs(60);

/// How far back the first poll looks: what the figures in the editor cover.
pub const POLL_WINDOW: Duration = Duration::from_secs(15 * 60);

/// How far a poll reaches back into the one before: backends show spans when their traces are done, or in batches.
pub const POLL_OVERLAP: Duration = Duration::from_secs(30);

/// How far ahead of this machine's clock spans may be.
pub const POLL_CLOCKS_AHEAD: Duration = Duration::from_secs(5 * 60);

/// Traces of one service in one answer.
pub const POLL_TRACES: usize = 100;

/// The first wait after a failed poll, before doubling.
pub const POLL_BACKOFF: Duration = Duration::from_secs(1);

/// The longest wait between failed polls.
pub const POLL_LONGEST_BACKOFF: Duration = Duration::from_secs(5 * 60);

/// The longest `Retry-After` that is honoured.
pub const POLL_LONGEST_RETRY_AFTER: Duration = Duration::from_secs(10 * 60);

/// Bodies passed on at the same time.
pub const FORWARD_AT_ONCE: usize = 4;

/// For the other side's whole answer to one body.
pub const FORWARD_TIMEOUT: Duration = Duration::from_secs(30);

/// The most of its answer that is read: a partial success or an error.
pub const FORWARD_REPLY_BYTES: usize = 64 * 1024;

/// The first wait before a body is sent again, before doubling.
pub const FORWARD_BACKOFF: Duration = Duration::from_millis(500);

/// The longest wait between two tries that nobody asked for.
pub const FORWARD_LONGEST_BACKOFF: Duration = Duration::from_secs(30);

/// The longest `Retry-After` that is honoured.
pub const FORWARD_LONGEST_RETRY_AFTER: Duration = Duration::from_secs(2 * 60);

/// How long one body is tried; after that the newer ones are worth more.
pub const FORWARD_PATIENCE: Duration = Duration::from_secs(5 * 60);

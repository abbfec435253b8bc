//! What the receiver did, in numbers by transport: sent = taken + refused, with nothing unaccounted for.

use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

/// By which way a request came.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Transport {
    /// OTLP over gRPC.
    Grpc,
    /// OTLP over HTTP, protobuf.
    HttpProtobuf,
    /// OTLP over HTTP, JSON.
    HttpJson,
    /// OTLP over HTTP with a content type that is neither: always refused.
    HttpOther,
}

impl Transport {
    /// All of them, in the order in which they are shown.
    pub const ALL: [Transport; 4] =
        [Transport::Grpc, Transport::HttpProtobuf, Transport::HttpJson, Transport::HttpOther];

    /// Its name, as the settings of SDKs spell it.
    pub fn name(self) -> &'static str {
        match self {
            Transport::Grpc => "grpc",
            Transport::HttpProtobuf => "http/protobuf",
            Transport::HttpJson => "http/json",
            Transport::HttpOther => "http, of another content type",
        }
    }
}

/// Counts since the start, shared between the receiver and whoever reports them.
#[derive(Debug, Default)]
pub struct Counters {
    transports: [OfTransport; Transport::ALL.len()],
}

#[derive(Debug, Default)]
struct OfTransport {
    requests: AtomicU64,
    failed_requests: AtomicU64,
    overloaded_requests: AtomicU64,
    metrics_requests: AtomicU64,
    bytes: AtomicU64,
    spans: AtomicU64,
    logs: AtomicU64,
    refused: AtomicU64,
    trimmed: AtomicU64,
}

/// [`Counters`] at one moment.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    /// Requests to the OTLP paths and methods that got past the checks of host and origin.
    pub requests: u64,
    /// Of those, answered with an error other than overload.
    pub failed_requests: u64,
    /// Of those, told to come again.
    pub overloaded_requests: u64,
    /// Of those, metrics: answered and dropped.
    pub metrics_requests: u64,
    /// Bytes of bodies, as sent.
    pub bytes: u64,
    /// Spans that the sink took.
    pub spans: u64,
    /// Log records that the sink took.
    pub logs: u64,
    /// Spans and log records that were refused one by one.
    pub refused: u64,
    /// Parts left out of spans that were taken.
    pub trimmed: u64,
}

impl Counters {
    /// The counts now, of all transports. Each is exact; together they may be a moment apart.
    pub fn read(&self) -> Counts {
        Transport::ALL.into_iter().map(|transport| self.of(transport)).fold(Counts::default(), Counts::plus)
    }

    /// The counts of one transport.
    pub fn of(&self, transport: Transport) -> Counts {
        let counters = self.at(transport);
        Counts {
            requests: counters.requests.load(Relaxed),
            failed_requests: counters.failed_requests.load(Relaxed),
            overloaded_requests: counters.overloaded_requests.load(Relaxed),
            metrics_requests: counters.metrics_requests.load(Relaxed),
            bytes: counters.bytes.load(Relaxed),
            spans: counters.spans.load(Relaxed),
            logs: counters.logs.load(Relaxed),
            refused: counters.refused.load(Relaxed),
            trimmed: counters.trimmed.load(Relaxed),
        }
    }

    pub(crate) fn request(&self, transport: Transport) {
        self.at(transport).requests.fetch_add(1, Relaxed);
    }

    pub(crate) fn failed(&self, transport: Transport) {
        self.at(transport).failed_requests.fetch_add(1, Relaxed);
    }

    pub(crate) fn overloaded(&self, transport: Transport) {
        self.at(transport).overloaded_requests.fetch_add(1, Relaxed);
    }

    pub(crate) fn metrics(&self, transport: Transport) {
        self.at(transport).metrics_requests.fetch_add(1, Relaxed);
    }

    pub(crate) fn body(&self, transport: Transport, bytes: usize) {
        self.at(transport).bytes.fetch_add(bytes as u64, Relaxed);
    }

    pub(crate) fn taken(&self, transport: Transport, spans: usize, logs: usize) {
        let counters = self.at(transport);
        counters.spans.fetch_add(spans as u64, Relaxed);
        counters.logs.fetch_add(logs as u64, Relaxed);
    }

    pub(crate) fn left_out(&self, transport: Transport, refused: u64, trimmed: u64) {
        let counters = self.at(transport);
        counters.refused.fetch_add(refused, Relaxed);
        counters.trimmed.fetch_add(trimmed, Relaxed);
    }

    fn at(&self, transport: Transport) -> &OfTransport {
        let [grpc, protobuf, json, other] = &self.transports;
        match transport {
            Transport::Grpc => grpc,
            Transport::HttpProtobuf => protobuf,
            Transport::HttpJson => json,
            Transport::HttpOther => other,
        }
    }
}

impl Counts {
    fn plus(self, other: Counts) -> Counts {
        Counts {
            requests: self.requests + other.requests,
            failed_requests: self.failed_requests + other.failed_requests,
            overloaded_requests: self.overloaded_requests + other.overloaded_requests,
            metrics_requests: self.metrics_requests + other.metrics_requests,
            bytes: self.bytes + other.bytes,
            spans: self.spans + other.spans,
            logs: self.logs + other.logs,
            refused: self.refused + other.refused,
            trimmed: self.trimmed + other.trimmed,
        }
    }
}

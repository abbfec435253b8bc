//! The backends, one file each.

mod http;
pub mod jaeger;
#[cfg(test)]
mod tests;
pub mod zipkin;

use model::{Batch, SmolStr, TraceId};
use moka::future::Cache;

use crate::limits;

/// The list of services, kept for a minute.
fn service_cache() -> Cache<(), Vec<SmolStr>> {
    Cache::builder().max_capacity(1).time_to_live(limits::BACKEND_CACHE_AGE).build()
}

/// Whole traces, kept for a minute and bounded by their spans.
fn trace_cache() -> Cache<TraceId, Batch> {
    Cache::builder()
        .max_capacity(limits::BACKEND_CACHED_SPANS)
        .weigher(|_, batch: &Batch| u32::try_from(batch.spans.len()).unwrap_or(u32::MAX).max(1))
        .time_to_live(limits::BACKEND_CACHE_AGE)
        .build()
}

/// How many traces the spans of a batch belong to.
fn count_traces(batch: &Batch) -> usize {
    let mut traces: Vec<TraceId> = batch.spans.iter().map(|span| span.trace_id).collect();
    traces.sort_unstable();
    traces.dedup();
    traces.len()
}

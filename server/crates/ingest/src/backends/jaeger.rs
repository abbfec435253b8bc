//! Jaeger, by its HTTP API of version 3, else by that of its old page, which VictoriaTraces and GreptimeDB have too.
//!
//! Version 3 answers with OTLP JSON in a `result`, and with 404 when nothing is found; the old one with the page's own
//! JSON. Both know whole traces only. Every parameter is spelled in snake_case, which all versions take.

use std::{
    sync::atomic::{AtomicU8, Ordering},
    time::Instant,
};

use formats::{Limits, jaeger, otlp_json};
use futures::future::BoxFuture;
use model::{Batch, SmolStr, Timestamp, TraceId};
use moka::future::Cache;

use super::{
    http::{Answer, Endpoint},
    service_cache, trace_cache,
};
use crate::{
    backend::{Asked, Backend, BackendError, Capabilities, Recent},
    limits,
};

const PRODUCT: &str = "Jaeger";

/// A Jaeger query service, or another server with one of its interfaces.
pub struct Jaeger {
    name: String,
    endpoint: Endpoint,
    interface: AtomicU8,
    services: Cache<(), Vec<SmolStr>>,
    traces: Cache<TraceId, Batch>,
}

/// Which interface the server has. Found out by the first request.
const UNKNOWN: u8 = 0;
const V3: u8 = 1;
const OLD: u8 = 2;

impl Jaeger {
    /// For the query service at `address`, which may carry a path, for example `http://127.0.0.1:16686`; `headers`
    /// go with every request and are never shown.
    ///
    /// # Errors
    /// When the address is no URL.
    pub fn new(name: &str, address: &str, headers: &[(String, String)]) -> Result<Jaeger, BackendError> {
        let base = address.trim_end_matches('/').trim_end_matches("/api/v3").trim_end_matches("/api");
        Ok(Jaeger {
            name: name.to_owned(),
            endpoint: Endpoint::new(PRODUCT, base, headers)?,
            interface: AtomicU8::new(UNKNOWN),
            services: service_cache(),
            traces: trace_cache(),
        })
    }

    /// Asks version 3, or the old interface where that is all there is.
    async fn ask(&self, v3: Question<'_>, old: Question<'_>) -> Result<Option<(Vec<u8>, u8)>, BackendError> {
        if self.interface.load(Ordering::Relaxed) != OLD {
            match self.endpoint.get(v3.path, v3.query).await? {
                Answer::Found(body) => {
                    self.interface.store(V3, Ordering::Relaxed);
                    return Ok(Some((body, V3)));
                }
                // Nothing found is told in JSON; a path that does not exist is not.
                Answer::NotFound(text) if text.starts_with('{') && text.contains("\"error\"") => {
                    return Ok(None);
                }
                Answer::NotFound(_) => {}
            }
        }
        match self.endpoint.get(old.path, old.query).await? {
            Answer::Found(body) => {
                self.interface.store(OLD, Ordering::Relaxed);
                Ok(Some((body, OLD)))
            }
            Answer::NotFound(text) if text.starts_with('{') && text.contains("\"errors\"") => Ok(None),
            Answer::NotFound(_) => {
                Err(self.endpoint.stranger(format!("there is neither {} nor {}", v3.path, old.path)))
            }
        }
    }

    async fn ask_services(&self) -> Result<Vec<SmolStr>, BackendError> {
        let v3 = Question { path: "/api/v3/services", query: &[] };
        let old = Question { path: "/api/services", query: &[] };
        let Some((body, _)) = self.ask(v3, old).await? else {
            return Ok(Vec::new());
        };
        let undecodable =
            || self.endpoint.undecodable(&body, "its list of services is no list of texts".to_owned());
        let answer: serde_json::Value = serde_json::from_slice(&body).map_err(|_| undecodable())?;
        // An empty list is null in some versions.
        let list = answer.get("services").or_else(|| answer.get("data")).ok_or_else(undecodable)?;
        let names = list.as_array().map_or(&[][..], Vec::as_slice).iter().filter_map(|name| name.as_str());
        let mut names: Vec<SmolStr> = names.take(limits::BACKEND_SERVICES).map(SmolStr::from).collect();
        names.sort_unstable();
        Ok(names)
    }

    fn decode(&self, body: &[u8], interface: u8) -> Result<Batch, BackendError> {
        let limits = Limits::for_files();
        let decoded = match interface {
            V3 => otlp_json::decode(body, &limits),
            _ => jaeger::decode(body, &limits),
        };
        decoded.map_err(|error| self.endpoint.undecodable(body, error.to_string()))
    }
}

/// A path and its parameters.
struct Question<'a> {
    path: &'a str,
    query: &'a [(&'a str, String)],
}

impl Backend for Jaeger {
    fn name(&self) -> &str {
        &self.name
    }

    fn probe(&self) -> BoxFuture<'_, Result<Capabilities, BackendError>> {
        Box::pin(async {
            let began = Instant::now();
            let services = self.ask_services().await?.len();
            Ok(Capabilities { product: PRODUCT, version: None, services, round_trip: began.elapsed() })
        })
    }

    fn services(&self) -> BoxFuture<'_, Result<Vec<SmolStr>, BackendError>> {
        Box::pin(async {
            let asked = self.services.try_get_with((), self.ask_services()).await;
            asked.map_err(|error| (*error).clone())
        })
    }

    fn recent<'a>(&'a self, service: &'a str, asked: Asked) -> BoxFuture<'a, Result<Recent, BackendError>> {
        Box::pin(async move {
            let limit = asked.limit.max(1);
            let v3 = [
                ("query.service_name", service.to_owned()),
                ("query.start_time_min", rfc3339(asked.from)),
                ("query.start_time_max", rfc3339(asked.to)),
                // Without it some versions answer with an error.
                ("query.num_traces", limit.to_string()),
            ];
            let old = [
                ("service", service.to_owned()),
                ("start", (asked.from.0 / 1_000).to_string()),
                ("end", (asked.to.0 / 1_000).to_string()),
                ("limit", limit.to_string()),
            ];
            let v3 = Question { path: "/api/v3/traces", query: &v3 };
            let old = Question { path: "/api/traces", query: &old };
            let Some((body, interface)) = self.ask(v3, old).await? else {
                return Ok(Recent::default());
            };
            let batch = self.decode(&body, interface)?;
            Ok(Recent { is_truncated: super::count_traces(&batch) >= limit, batch })
        })
    }

    fn trace(&self, id: TraceId) -> BoxFuture<'_, Result<Option<Batch>, BackendError>> {
        Box::pin(async move {
            if let Some(known) = self.traces.get(&id).await {
                return Ok(Some(known));
            }
            let (v3, old) = (format!("/api/v3/traces/{id}"), format!("/api/traces/{id}"));
            let (v3, old) = (Question { path: &v3, query: &[] }, Question { path: &old, query: &[] });
            let Some((body, interface)) = self.ask(v3, old).await? else {
                return Ok(None);
            };
            let batch = self.decode(&body, interface)?;
            if batch.spans.is_empty() {
                return Ok(None);
            }
            self.traces.insert(id, batch.clone()).await;
            Ok(Some(batch))
        })
    }
}

impl std::fmt::Debug for Jaeger {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Jaeger").field("name", &self.name).field("address", &self.endpoint.address()).finish()
    }
}

/// `2026-08-22T10:11:12.123456789Z`, in the proleptic Gregorian calendar.
fn rfc3339(time: Timestamp) -> String {
    let (seconds, nanos) = (time.0 / 1_000_000_000, time.0 % 1_000_000_000);
    let (days, second) = (seconds / 86_400, seconds % 86_400);
    // Days are counted from March, so that a leap day ends its year; 400 years have 146,097 days.
    let shifted = days + 719_468;
    let (era, day_of_era) = (shifted / 146_097, shifted % 146_097);
    let year_of_era = (day_of_era - day_of_era / 1_460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let month_from_march = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * month_from_march + 2) / 5 + 1;
    let month = if month_from_march < 10 { month_from_march + 3 } else { month_from_march - 9 };
    let year = era * 400 + year_of_era + u64::from(month <= 2);
    let (hour, minute, second) = (second / 3_600, second / 60 % 60, second % 60);
    format!("{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}.{nanos:09}Z")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_written_as_dates() {
        for (nanos, text) in [
            (0, "1970-01-01T00:00:00.000000000Z"),
            (951_782_399_000_000_001, "2000-02-28T23:59:59.000000001Z"),
            (951_868_799_000_000_000, "2000-02-29T23:59:59.000000000Z"),
            (1_700_000_000_123_456_789, "2023-11-14T22:13:20.123456789Z"),
            (4_107_542_400_000_000_000, "2100-03-01T00:00:00.000000000Z"),
            (u64::MAX, "2554-07-21T23:34:33.709551615Z"),
        ] {
            assert_eq!(rfc3339(Timestamp(nanos)), text);
        }
    }
}

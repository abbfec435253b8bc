//! Zipkin, by its API of version 2 (openzipkin/zipkin-api `zipkin2-api.yaml`).
//!
//! It knows whole traces only, lower-cases service names, and answers with microseconds; see `formats::zipkin` for
//! what becomes of its spans.

use std::time::Instant;

use formats::{Limits, zipkin};
use futures::future::BoxFuture;
use model::{Batch, SmolStr, TraceId};
use moka::future::Cache;

use super::{
    http::{Answer, Endpoint},
    service_cache, trace_cache,
};
use crate::{
    backend::{Asked, Backend, BackendError, Capabilities, Recent},
    limits,
};

const PRODUCT: &str = "Zipkin";

/// A Zipkin server.
pub struct Zipkin {
    name: String,
    endpoint: Endpoint,
    services: Cache<(), Vec<SmolStr>>,
    traces: Cache<TraceId, Batch>,
}

impl Zipkin {
    /// For the server at `address`, for example `http://127.0.0.1:9411`; `headers` go with every request and are
    /// never shown.
    ///
    /// # Errors
    /// When the address is no URL.
    pub fn new(name: &str, address: &str, headers: &[(String, String)]) -> Result<Zipkin, BackendError> {
        let base = address.trim_end_matches('/').trim_end_matches("/api/v2");
        Ok(Zipkin {
            name: name.to_owned(),
            endpoint: Endpoint::new(PRODUCT, base, headers)?,
            services: service_cache(),
            traces: trace_cache(),
        })
    }

    async fn ask_services(&self) -> Result<Vec<SmolStr>, BackendError> {
        let body = match self.endpoint.get("/api/v2/services", &[]).await? {
            Answer::Found(body) => body,
            Answer::NotFound(_) => return Err(self.endpoint.stranger("there is no /api/v2/services")),
        };
        let names: Vec<String> = serde_json::from_slice(&body).map_err(|_| {
            self.endpoint.undecodable(&body, "its list of services is no list of texts".to_owned())
        })?;
        let mut names: Vec<SmolStr> =
            names.into_iter().take(limits::BACKEND_SERVICES).map(SmolStr::from).collect();
        names.sort_unstable();
        Ok(names)
    }

    fn decode(&self, body: &[u8]) -> Result<Batch, BackendError> {
        zipkin::decode(body, &Limits::for_files())
            .map_err(|error| self.endpoint.undecodable(body, error.to_string()))
    }
}

impl Backend for Zipkin {
    fn name(&self) -> &str {
        &self.name
    }

    fn probe(&self) -> BoxFuture<'_, Result<Capabilities, BackendError>> {
        Box::pin(async {
            let began = Instant::now();
            let services = self.ask_services().await?.len();
            let round_trip = began.elapsed();
            // Not part of the API, and sometimes kept behind another port.
            let version = match self.endpoint.get("/info", &[]).await {
                Ok(Answer::Found(body)) => version_in(&body),
                _ => None,
            };
            Ok(Capabilities { product: PRODUCT, version, services, round_trip })
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
            // Milliseconds, and both must be positive.
            let end = asked.to.as_millis().saturating_add(1);
            let lookback = end.saturating_sub(asked.from.as_millis()).max(1);
            let query = [
                ("serviceName", service.to_lowercase()),
                ("endTs", end.to_string()),
                ("lookback", lookback.to_string()),
                ("limit", asked.limit.max(1).to_string()),
            ];
            let body = match self.endpoint.get("/api/v2/traces", &query).await? {
                Answer::Found(body) => body,
                Answer::NotFound(_) => return Err(self.endpoint.stranger("there is no /api/v2/traces")),
            };
            let batch = self.decode(&body)?;
            Ok(Recent { is_truncated: super::count_traces(&batch) >= asked.limit.max(1), batch })
        })
    }

    fn trace(&self, id: TraceId) -> BoxFuture<'_, Result<Option<Batch>, BackendError>> {
        Box::pin(async move {
            if let Some(known) = self.traces.get(&id).await {
                return Ok(Some(known));
            }
            match self.endpoint.get(&format!("/api/v2/trace/{}", own_id(id)), &[]).await? {
                Answer::NotFound(_) => Ok(None),
                Answer::Found(body) => {
                    let batch = self.decode(&body)?;
                    if batch.spans.is_empty() {
                        return Ok(None);
                    }
                    self.traces.insert(id, batch.clone()).await;
                    Ok(Some(batch))
                }
            }
        })
    }
}

impl std::fmt::Debug for Zipkin {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Zipkin").field("name", &self.name).field("address", &self.endpoint.address()).finish()
    }
}

/// As Zipkin writes it: 64-bit ids have 16 digits.
fn own_id(id: TraceId) -> String {
    let text = id.to_string();
    match text.split_at(16) {
        ("0000000000000000", low) => low.to_owned(),
        _ => text,
    }
}

fn version_in(info: &[u8]) -> Option<String> {
    let info: serde_json::Value = serde_json::from_slice(info).ok()?;
    let version = info.get("zipkin")?.get("version")?.as_str()?;
    Some(version.chars().filter(|letter| !letter.is_control()).take(32).collect())
}

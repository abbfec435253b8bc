//! Sends OTLP over HTTP: recordings to a receiver, and later what passes through.

use std::time::Duration;

use reqwest::{Client, StatusCode, header};
use thiserror::Error;

use crate::limits;

/// Why a body was not taken. Each is one sentence that names the address.
#[derive(Debug, Error)]
pub enum SendError {
    /// No answer.
    #[error("{endpoint} cannot be reached ({reason}); is the receiver running there?")]
    Unreachable {
        /// Where it was sent.
        endpoint: String,
        /// What went wrong below HTTP.
        reason: String,
    },
    /// An answer that is no success.
    #[error("{endpoint} refused it with status {status}: {reason}")]
    Refused {
        /// Where it was sent.
        endpoint: String,
        /// The status.
        status: u16,
        /// The start of its answer.
        reason: String,
        /// When it asked to come again, after how long.
        retry_after: Option<Duration>,
    },
}

/// Posts an OTLP protobuf body to `endpoint`: a base address such as `http://127.0.0.1:4318` for spans, or a whole one
/// that ends in `/v1/traces` or `/v1/logs`.
///
/// # Errors
/// When there is no answer within ten seconds, or one that is not 2xx.
pub async fn otlp_http(endpoint: &str, body: Vec<u8>) -> Result<(), SendError> {
    let base = endpoint.trim_end_matches('/');
    let is_whole = base.ends_with("/v1/traces") || base.ends_with("/v1/logs");
    let endpoint = if is_whole { base.to_owned() } else { format!("{base}/v1/traces") };
    let unreachable = |error: reqwest::Error| SendError::Unreachable {
        endpoint: endpoint.clone(),
        reason: innermost(&error.without_url()),
    };
    let client = if is_local(&endpoint) { local_client() } else { Client::builder().build() };
    let request = client.map_err(&unreachable)?.post(&endpoint).timeout(limits::SEND_TIMEOUT);
    let request = request.header(header::CONTENT_TYPE, "application/x-protobuf").body(body);
    let answer = request.send().await.map_err(&unreachable)?;
    if answer.status().is_success() {
        return Ok(());
    }
    let status = answer.status();
    let retry_after = retry_after(answer.headers());
    let text = answer.bytes().await.unwrap_or_default();
    Err(SendError::Refused {
        endpoint,
        status: status.as_u16(),
        reason: readable(&text, status),
        retry_after,
    })
}

/// A client for this machine: never through a proxy.
pub(crate) fn local_client() -> reqwest::Result<Client> {
    Client::builder().no_proxy().connect_timeout(limits::LOCAL_CONNECT_TIMEOUT).build()
}

/// What `Retry-After` says in seconds; dates, which few servers send, are not read.
pub(crate) fn retry_after(headers: &header::HeaderMap) -> Option<Duration> {
    let seconds: u64 = headers.get(header::RETRY_AFTER)?.to_str().ok()?.trim().parse().ok()?;
    Some(Duration::from_secs(seconds))
}

/// The cause that says most: the outer ones only say that a request failed.
pub(crate) fn innermost(error: &dyn std::error::Error) -> String {
    let mut error = error;
    while let Some(source) = error.source() {
        error = source;
    }
    error.to_string()
}

/// The printable start of an answer, which may be protobuf.
fn readable(answer: &[u8], status: StatusCode) -> String {
    let text: String = String::from_utf8_lossy(answer)
        .chars()
        .filter(|letter| !letter.is_control() && *letter != char::REPLACEMENT_CHARACTER)
        .take(200)
        .collect();
    if text.is_empty() { status.canonical_reason().unwrap_or("no reason given").to_owned() } else { text }
}

/// Whether an address is of this machine by its looks.
pub(crate) fn is_local(endpoint: &str) -> bool {
    let url = reqwest::Url::parse(endpoint).ok();
    url.and_then(|url| Some(url.host_str()? == "localhost" || url.host_str()?.starts_with("127.")))
        .unwrap_or(false)
}

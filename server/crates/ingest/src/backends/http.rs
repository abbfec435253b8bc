//! GET requests to a backend: with a deadline, a limit on the answer, and errors in words.

use std::time::Duration;

use futures::StreamExt as _;
use reqwest::{
    Client, Response, StatusCode, Url,
    header::{HeaderMap, HeaderName, HeaderValue},
};

use crate::{backend::BackendError, limits, send};

/// Where a backend is, and what to send along.
#[derive(Clone)]
pub(super) struct Endpoint {
    product: &'static str,
    base: Url,
    client: Client,
    headers: HeaderMap,
}

/// An answer whose status says that the question was understood.
pub(super) enum Answer {
    Found(Vec<u8>),
    /// 404, with the start of its text.
    NotFound(String),
}

impl Endpoint {
    /// For the interface of `product` at `address`, which may carry a path. Proxies are taken from the environment.
    pub(super) fn new(
        product: &'static str,
        address: &str,
        headers: &[(String, String)],
    ) -> Result<Endpoint, BackendError> {
        let bad = || BackendError::Address { address: address.to_owned() };
        let base = Url::parse(address.trim_end_matches('/')).map_err(|_| bad())?;
        if !matches!(base.scheme(), "http" | "https") || base.host_str().is_none() {
            return Err(bad());
        }
        let mut map = HeaderMap::new();
        for (name, value) in headers {
            let name = HeaderName::try_from(name.as_str()).map_err(|_| bad())?;
            let mut value = HeaderValue::try_from(value.as_str()).map_err(|_| bad())?;
            value.set_sensitive(true);
            map.append(name, value);
        }
        let client = Client::builder()
            .connect_timeout(limits::BACKEND_CONNECT_TIMEOUT)
            .timeout(limits::BACKEND_TIMEOUT)
            .redirect(redirects())
            .user_agent(concat!("spanglass/", env!("CARGO_PKG_VERSION")));
        let client = client.build().map_err(|_| bad())?;
        Ok(Endpoint { product, base, client, headers: map })
    }

    /// The address without anything secret, for messages.
    pub(super) fn address(&self) -> String {
        let mut shown = self.base.clone();
        let _ = shown.set_username("");
        let _ = shown.set_password(None);
        shown.set_query(None);
        shown.as_str().trim_end_matches('/').to_owned()
    }

    /// Asks for `path` below the base, with the parameters `query`.
    pub(super) async fn get(&self, path: &str, query: &[(&str, String)]) -> Result<Answer, BackendError> {
        let mut url = self.base.clone();
        url.set_path(&format!("{}{path}", self.base.path().trim_end_matches('/')));
        if !query.is_empty() {
            url.query_pairs_mut().extend_pairs(query);
        }
        let answer = self.client.get(url).headers(self.headers.clone()).send().await;
        let answer = answer.map_err(|error| self.unreachable(error))?;
        let (status, retry_after) = (answer.status(), send::retry_after(answer.headers()));
        if status == StatusCode::TOO_MANY_REQUESTS || status.is_server_error() {
            return Err(BackendError::Busy { address: self.address(), status: status.as_u16(), retry_after });
        }
        let body = self.body(answer).await?;
        match status {
            _ if status.is_redirection() => {
                Err(self.stranger("it redirects to another host, perhaps a login"))
            }
            StatusCode::NOT_FOUND => Ok(Answer::NotFound(start_of(&body))),
            StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN => {
                Err(BackendError::Denied { address: self.address(), status: status.as_u16() })
            }
            _ if status.is_success() => Ok(Answer::Found(body)),
            _ => Err(BackendError::Refused {
                address: self.address(),
                status: status.as_u16(),
                reason: start_of(&body),
            }),
        }
    }

    /// The error for an answer that does not look like this product's.
    pub(super) fn stranger(&self, reason: impl Into<String>) -> BackendError {
        BackendError::Stranger { address: self.address(), product: self.product, reason: reason.into() }
    }

    /// The error for an answer that cannot be decoded: a web page is said to be one.
    pub(super) fn undecodable(&self, body: &[u8], reason: String) -> BackendError {
        let text = body.trim_ascii_start();
        if text.starts_with(b"<") {
            return self.stranger("it sends a web page, perhaps a login");
        }
        self.stranger(reason)
    }

    async fn body(&self, answer: Response) -> Result<Vec<u8>, BackendError> {
        let too_large = || BackendError::TooLarge { address: self.address(), limit: limits::REPLY_BYTES };
        if answer.content_length().is_some_and(|length| length > limits::REPLY_BYTES as u64) {
            return Err(too_large());
        }
        let mut body = Vec::new();
        let mut chunks = answer.bytes_stream();
        while let Some(chunk) = chunks.next().await {
            let chunk = chunk.map_err(|error| self.unreachable(error))?;
            if body.len() + chunk.len() > limits::REPLY_BYTES {
                return Err(too_large());
            }
            body.extend_from_slice(&chunk);
        }
        Ok(body)
    }

    fn unreachable(&self, error: reqwest::Error) -> BackendError {
        let reason = match error.is_timeout() {
            true => format!("no answer within {}", seconds(limits::BACKEND_TIMEOUT)),
            false => send::innermost(&error.without_url()),
        };
        BackendError::Unreachable { address: self.address(), reason }
    }
}

/// Only within the host: its headers are for nobody else.
fn redirects() -> reqwest::redirect::Policy {
    reqwest::redirect::Policy::custom(|attempt| {
        let (to, from) = (attempt.url().origin(), attempt.previous().last().map(Url::origin));
        match attempt.previous().len() {
            0..=3 if Some(to) == from => attempt.follow(),
            0..=3 => attempt.stop(),
            _ => attempt.error("it redirects without end"),
        }
    })
}

fn seconds(duration: Duration) -> String {
    format!("{} s", duration.as_secs())
}

/// The printable start of an answer, on one line.
fn start_of(body: &[u8]) -> String {
    let body = body.get(..400).unwrap_or(body);
    let text: String =
        String::from_utf8_lossy(body).chars().filter(|letter| !letter.is_control()).take(200).collect();
    if text.is_empty() { "no reason given".to_owned() } else { text }
}

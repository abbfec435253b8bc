//! The other side: one body sent over HTTP or gRPC, and what its answer means (opentelemetry-proto
//! `docs/specification.md`, "Failures" of either transport).

use std::time::Duration;

use axum::http::{HeaderMap, HeaderName, HeaderValue, header};
use base64::{Engine as _, engine::general_purpose::STANDARD_NO_PAD};
use bytes::{BufMut as _, BytesMut};
use formats::otlp_reply::{self, Encoding, Signal};
use http_body_util::BodyExt as _;
use reqwest::{Body, Client, StatusCode, Url, redirect};

use super::{Parcel, Protocol, Settings};
use crate::{limits, otlp::Compression, send};

/// Where bodies go.
#[derive(Debug)]
pub(super) struct Target {
    client: Client,
    protocol: Protocol,
    base: Url,
    shown: String,
}

/// What came of sending one body.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Outcome {
    /// It is there.
    Taken,
    /// It will never be taken.
    Refused(String),
    /// It may be taken later.
    Later {
        /// When the other side said so.
        after: Option<Duration>,
        problem: String,
    },
}

/// What an answer says beside its body.
struct Answer {
    status: StatusCode,
    headers: HeaderMap,
    trailers: HeaderMap,
}

impl Target {
    pub(super) fn new(settings: &Settings) -> Result<Target, String> {
        let bad = |why: String| {
            format!("forward.endpoint cannot be used: {why}; it is an address such as http://collector:4318")
        };
        let base = Url::parse(&settings.endpoint).map_err(|error| bad(error.to_string()))?;
        if base.host_str().is_none() || !matches!(base.scheme(), "http" | "https") {
            return Err(bad("it is no http or https address".to_owned()));
        }
        let mut builder = Client::builder()
            .redirect(redirect::Policy::none())
            .connect_timeout(limits::BACKEND_CONNECT_TIMEOUT)
            .timeout(limits::FORWARD_TIMEOUT)
            .user_agent(concat!("spanglass/", env!("CARGO_PKG_VERSION")))
            .default_headers(headers(settings)?);
        if send::is_local(base.as_str()) {
            builder = builder.no_proxy();
        }
        if settings.protocol == Protocol::Grpc {
            builder = builder.http2_prior_knowledge();
        }
        let client = builder.build().map_err(|error| bad(send::innermost(&error)))?;
        let shown = format!("{}://{}", base.scheme(), base.host_str().unwrap_or_default());
        let shown = base.port().map_or(shown.clone(), |port| format!("{shown}:{port}"));
        Ok(Target { client, protocol: settings.protocol, base, shown })
    }

    /// Where it is.
    pub(super) fn url(&self) -> &Url {
        &self.base
    }

    /// Where it is, without anything that may be a secret.
    pub(super) fn shown(&self) -> &str {
        &self.shown
    }

    /// Sends one body, once.
    pub(super) async fn send(&self, parcel: &Parcel) -> Outcome {
        match self.protocol {
            Protocol::Http => self.send_http(parcel).await,
            Protocol::Grpc if parcel.encoding == Encoding::Json => Outcome::Refused(
                "JSON cannot be passed on unchanged over gRPC; set forward.protocol to http/protobuf"
                    .to_owned(),
            ),
            Protocol::Grpc => self.send_grpc(parcel).await,
        }
    }

    async fn send_http(&self, parcel: &Parcel) -> Outcome {
        let content_type = match parcel.encoding {
            Encoding::Protobuf => "application/x-protobuf",
            Encoding::Json => "application/json",
        };
        let path = match parcel.signal {
            Signal::Traces => "v1/traces",
            Signal::Logs => "v1/logs",
            Signal::Metrics => "v1/metrics",
        };
        let mut request = self.client.post(self.at(path)).header(header::CONTENT_TYPE, content_type);
        if parcel.compression != Compression::None {
            request = request.header(header::CONTENT_ENCODING, parcel.compression.name());
        }
        match answer(request.body(parcel.body.clone())).await {
            Ok(answer) => self.http_outcome(&answer),
            Err(problem) => self.unreachable(&problem),
        }
    }

    async fn send_grpc(&self, parcel: &Parcel) -> Outcome {
        let path = match parcel.signal {
            Signal::Traces => "opentelemetry.proto.collector.trace.v1.TraceService/Export",
            Signal::Logs => "opentelemetry.proto.collector.logs.v1.LogsService/Export",
            Signal::Metrics => "opentelemetry.proto.collector.metrics.v1.MetricsService/Export",
        };
        let mut request = self.client.post(self.at(path)).header(header::CONTENT_TYPE, "application/grpc");
        request = request.header(header::TE, "trailers");
        if parcel.compression != Compression::None {
            request = request.header("grpc-encoding", parcel.compression.name());
        }
        match answer(request.body(framed(parcel))).await {
            Ok(answer) => self.grpc_outcome(&answer),
            Err(problem) => self.unreachable(&problem),
        }
    }

    /// The address of `path` below the base; a base that already names a signal's path is taken back to its root.
    fn at(&self, path: &str) -> Url {
        let mut url = self.base.clone();
        let base = url.path().trim_end_matches('/');
        let root =
            ["/v1/traces", "/v1/logs", "/v1/metrics"].iter().find_map(|known| base.strip_suffix(known));
        let whole = format!("{}/{path}", root.unwrap_or(base));
        url.set_path(&whole);
        url
    }

    fn http_outcome(&self, answer: &Answer) -> Outcome {
        let problem = || format!("{} answers {}", self.shown, answer.status);
        match answer.status.as_u16() {
            200..=299 => Outcome::Taken,
            429 | 502 | 503 | 504 => {
                Outcome::Later { after: send::retry_after(&answer.headers), problem: problem() }
            }
            _ => Outcome::Refused(problem()),
        }
    }

    fn grpc_outcome(&self, answer: &Answer) -> Outcome {
        let status = answer.trailers.get("grpc-status").or_else(|| answer.headers.get("grpc-status"));
        let code = status.and_then(|status| status.to_str().ok()?.parse::<u32>().ok());
        let Some(code) = code else {
            // A proxy or something else answered.
            return match self.http_outcome(answer) {
                Outcome::Taken => Outcome::Refused(format!("{} answers without a gRPC status", self.shown)),
                failed => failed,
            };
        };
        let after = retry_info(&answer.trailers).or_else(|| retry_info(&answer.headers));
        let problem = || format!("{} answers with the gRPC status {code}", self.shown);
        match code {
            0 => Outcome::Taken,
            8 if after.is_none() => Outcome::Refused(problem()),
            1 | 4 | 8 | 10 | 11 | 14 | 15 => Outcome::Later { after, problem: problem() },
            _ => Outcome::Refused(problem()),
        }
    }

    fn unreachable(&self, problem: &str) -> Outcome {
        Outcome::Later { after: None, problem: format!("{} cannot be reached ({problem})", self.shown) }
    }
}

/// The configured headers, marked so that nobody prints their values.
fn headers(settings: &Settings) -> Result<HeaderMap, String> {
    let mut headers = HeaderMap::new();
    for (name, value) in &settings.headers {
        let bad = |what| format!("forward.headers.{name} cannot be used: {what}");
        let name = HeaderName::try_from(name).map_err(|_| bad("it is no name of a header"))?;
        let mut value = HeaderValue::try_from(value).map_err(|_| bad("its value is no value of a header"))?;
        value.set_sensitive(true);
        headers.append(name, value);
    }
    Ok(headers)
}

/// A message behind its five bytes (grpc `doc/PROTOCOL-HTTP2.md`).
fn framed(parcel: &Parcel) -> Body {
    let mut framed = BytesMut::with_capacity(5 + parcel.body.len());
    framed.put_u8(u8::from(parcel.compression != Compression::None));
    framed.put_u32(u32::try_from(parcel.body.len()).unwrap_or(u32::MAX));
    framed.extend_from_slice(&parcel.body);
    Body::from(framed.freeze())
}

/// Sends a request and reads its answer, of which only so much counts: what comes back is input too.
async fn answer(request: reqwest::RequestBuilder) -> Result<Answer, String> {
    let failed = |error: reqwest::Error| send::innermost(&error.without_url());
    let (head, mut body) = hyper::Response::from(request.send().await.map_err(failed)?).into_parts();
    let (mut bytes, mut trailers) = (0, HeaderMap::new());
    while let Some(frame) = body.frame().await {
        match frame.map_err(failed)?.into_data() {
            Ok(data) => bytes += data.len(),
            Err(frame) => trailers.extend(frame.into_trailers().unwrap_or_default()),
        }
        if bytes > limits::FORWARD_REPLY_BYTES {
            break;
        }
    }
    Ok(Answer { status: head.status, headers: head.headers, trailers })
}

fn retry_info(headers: &HeaderMap) -> Option<Duration> {
    let details = headers.get("grpc-status-details-bin")?.to_str().ok()?.trim_end_matches('=');
    let status = STANDARD_NO_PAD.decode(details).ok()?;
    otlp_reply::retry_after(&status).map(Duration::from_secs)
}

//! Reads through the process that hosts the receiver, for as long as it lives.

use std::{fmt, sync::Arc};

use formats::{Limits, otlp_proto};
use futures::StreamExt as _;
use reqwest::{Client, Response, StatusCode, header::HeaderMap};
use tokio::time::{Instant, sleep};

use crate::{Sink, lead::HostInfo, limits, send};

/// Why reading through a host ended; the next step is to take a role again.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Ended {
    /// It is gone: its port is closed, or silent for too long.
    Gone {
        /// What the last try met.
        reason: String,
    },
    /// It does not know this token: another process has the port now.
    Stranger,
    /// It answers otherwise than this version expects.
    Incomprehensible {
        /// What is wrong.
        reason: String,
    },
}

impl fmt::Display for Ended {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Ended::Gone { reason } => write!(f, "it does not answer any more ({reason})"),
            Ended::Stranger => f.write_str("another program has its port now"),
            Ended::Incomprehensible { reason } => {
                write!(f, "it answers in a way that is not understood ({reason})")
            }
        }
    }
}

/// Takes every span that the host has numbered above `from` (0 for all) and everything that it receives from then
/// on, until it ends. A sink that is full is waited for. Cancel by dropping.
pub async fn run(host: &HostInfo, from: u64, sink: Arc<dyn Sink>) -> Ended {
    let client = match send::local_client() {
        Ok(client) => client,
        Err(error) => return Ended::Gone { reason: error.to_string() },
    };
    let mut after = from;
    let mut silent_since: Option<Instant> = None;
    loop {
        match page(&client, host, after).await {
            Ok(Page::Nothing) => silent_since = None,
            Ok(Page::Spans { body, next }) => {
                silent_since = None;
                if let Some(ended) = take(&body, &*sink).await {
                    return ended;
                }
                after = next;
            }
            Err(Fault::Final(ended)) => return ended,
            Err(Fault::Passing(reason)) => {
                let since = *silent_since.get_or_insert_with(Instant::now);
                if since.elapsed() >= limits::FOLLOW_PATIENCE {
                    return Ended::Gone { reason };
                }
                sleep(limits::FOLLOW_PAUSE).await;
            }
        }
    }
}

enum Page {
    Nothing,
    Spans { body: Vec<u8>, next: u64 },
}

enum Fault {
    /// Worth another try.
    Passing(String),
    Final(Ended),
}

async fn page(client: &Client, host: &HostInfo, after: u64) -> Result<Page, Fault> {
    let wait = limits::FOLLOW_WAIT.as_secs();
    let url = format!("{}/api/spans?after={after}&wait={wait}", host.api);
    let request =
        client.get(url).bearer_auth(&host.token).timeout(limits::FOLLOW_WAIT + limits::FOLLOW_SLACK);
    let answer = request.send().await.map_err(|error| {
        let reason = send::innermost(&error.without_url());
        Fault::Passing(reason)
    })?;
    match answer.status() {
        StatusCode::NO_CONTENT => Ok(Page::Nothing),
        StatusCode::OK => {
            let next = next(answer.headers()).filter(|next| *next > after).ok_or_else(|| {
                Fault::Final(Ended::Incomprehensible { reason: "its answer has no position".to_owned() })
            })?;
            Ok(Page::Spans { body: bounded(answer).await?, next })
        }
        StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN | StatusCode::NOT_FOUND => {
            Err(Fault::Final(Ended::Stranger))
        }
        status if status.is_server_error() => Err(Fault::Passing(format!("status {status}"))),
        status => Err(Fault::Final(Ended::Incomprehensible { reason: format!("status {status}") })),
    }
}

fn next(headers: &HeaderMap) -> Option<u64> {
    headers.get("x-spanglass-next")?.to_str().ok()?.parse().ok()
}

async fn bounded(answer: Response) -> Result<Vec<u8>, Fault> {
    let mut body = Vec::new();
    let mut chunks = answer.bytes_stream();
    while let Some(chunk) = chunks.next().await {
        let chunk = chunk.map_err(|error| Fault::Passing(send::innermost(&error.without_url())))?;
        if body.len() + chunk.len() > limits::REPLY_BYTES {
            let reason = format!("an answer is over {} bytes", limits::REPLY_BYTES);
            return Err(Fault::Final(Ended::Incomprehensible { reason }));
        }
        body.extend_from_slice(&chunk);
    }
    Ok(body)
}

/// Gives a page to the sink, waiting for room: nothing may be lost on the way from one process to another.
async fn take(body: &[u8], sink: &dyn Sink) -> Option<Ended> {
    let batch = match otlp_proto::decode_batch(body, &Limits::for_files()) {
        Ok(batch) => batch,
        Err(error) => return Some(Ended::Incomprehensible { reason: error.to_string() }),
    };
    while sink.offer(batch.clone()).is_err() {
        sleep(limits::FOLLOW_PAUSE).await;
    }
    None
}

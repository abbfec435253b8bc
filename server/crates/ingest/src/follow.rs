//! Reads through the process that hosts the receiver, for as long as it lives.

use std::{fmt, sync::Arc};

use formats::{Clean, Limits};
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

/// Takes every span that the host has numbered above `from` (0 for all), the log records that it has, and everything
/// that it receives from then on, until it ends. A sink that is full is waited for. Cancel by dropping.
pub async fn run(host: &HostInfo, from: u64, sink: Arc<dyn Sink>) -> Ended {
    let client = match send::local_client() {
        Ok(client) => client,
        Err(error) => return Ended::Gone { reason: error.to_string() },
    };
    let mut at = Position { spans: from, logs: 0 };
    let mut silent_since: Option<Instant> = None;
    loop {
        match page(&client, host, at).await {
            Ok(Page::Nothing) => silent_since = None,
            Ok(Page::Some { body, next }) => {
                silent_since = None;
                if let Some(ended) = take(body, &*sink).await {
                    return ended;
                }
                at = next;
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
    Some { body: Vec<u8>, next: Position },
}

/// How far the host was read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Position {
    spans: u64,
    logs: u64,
}

enum Fault {
    /// Worth another try.
    Passing(String),
    Final(Ended),
}

async fn page(client: &Client, host: &HostInfo, at: Position) -> Result<Page, Fault> {
    let wait = limits::FOLLOW_WAIT.as_secs();
    let url = format!("{}/api/spans?after={}&logs={}&wait={wait}", host.api, at.spans, at.logs);
    let request =
        client.get(url).bearer_auth(&host.token).timeout(limits::FOLLOW_WAIT + limits::FOLLOW_SLACK);
    let answer = request.send().await.map_err(|error| {
        let reason = send::innermost(&error.without_url());
        Fault::Passing(reason)
    })?;
    match answer.status() {
        StatusCode::NO_CONTENT => Ok(Page::Nothing),
        StatusCode::OK => {
            let next = next(answer.headers(), at).ok_or_else(|| {
                Fault::Final(Ended::Incomprehensible { reason: "its answer has no position".to_owned() })
            })?;
            Ok(Page::Some { body: bounded(answer).await?, next })
        }
        StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN | StatusCode::NOT_FOUND => {
            Err(Fault::Final(Ended::Stranger))
        }
        status if status.is_server_error() => Err(Fault::Passing(format!("status {status}"))),
        status => Err(Fault::Final(Ended::Incomprehensible { reason: format!("status {status}") })),
    }
}

/// Where the answer ends; `None` when it does not say, or is not behind `at`. Hosts of an earlier version number no
/// log records.
fn next(headers: &HeaderMap, at: Position) -> Option<Position> {
    let number = |name: &str| headers.get(name)?.to_str().ok()?.parse().ok();
    let next = Position {
        spans: number("x-spanglass-next")?,
        logs: number("x-spanglass-next-logs").unwrap_or(at.logs),
    };
    (next.spans >= at.spans && next != at).then_some(next)
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
async fn take(body: Vec<u8>, sink: &dyn Sink) -> Option<Ended> {
    let page = match Clean::of_frame(body.into(), &Limits::for_files()) {
        Ok(page) => page,
        Err(error) => return Some(Ended::Incomprehensible { reason: error.to_string() }),
    };
    while sink.offer(page.clone()).is_err() {
        sleep(limits::FOLLOW_PAUSE).await;
    }
    None
}

#[cfg(test)]
mod tests {
    use std::{
        collections::VecDeque,
        sync::{Mutex, PoisonError},
    };

    use axum::{
        Router,
        extract::{RawQuery, State},
        response::IntoResponse as _,
        routing::get,
    };
    use tokio::net::TcpListener;

    use formats::otlp_proto;

    use super::*;
    use crate::testing::Recorder;

    const ONE_SPAN: &str = r#"{"resourceSpans":[{"scopeSpans":[{"spans":[{"traceId":"1","spanId":"1"}]}]}]}"#;

    /// What the host answers, one after the other; afterwards it says nothing new. And what it was asked.
    #[derive(Default)]
    struct Script {
        answers: VecDeque<(u16, Option<u64>, Vec<u8>)>,
        asked: Vec<String>,
    }

    async fn host(answers: Vec<(u16, Option<u64>, Vec<u8>)>) -> (HostInfo, Arc<Mutex<Script>>) {
        let script = Arc::new(Mutex::new(Script { answers: answers.into(), asked: Vec::new() }));
        let answer = |State(script): State<Arc<Mutex<Script>>>, RawQuery(query): RawQuery| async move {
            let next = {
                let mut script = script.lock().unwrap_or_else(PoisonError::into_inner);
                script.asked.push(query.unwrap_or_default());
                script.answers.pop_front()
            };
            match next {
                Some((status, position, body)) => {
                    let mut headers = HeaderMap::new();
                    if let Some(position) = position {
                        headers.insert("x-spanglass-next", position.into());
                    }
                    (StatusCode::from_u16(status).unwrap(), headers, body).into_response()
                }
                None => std::future::pending().await,
            }
        };
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let api = format!("http://{}", listener.local_addr().unwrap());
        let router = Router::new().route("/api/spans", get(answer)).with_state(script.clone());
        tokio::spawn(async move { axum::serve(listener, router).await });
        let info =
            HostInfo { pid: 1, otlp: String::new(), api, token: "t".to_owned(), version: String::new() };
        (info, script)
    }

    fn spans(count: usize) -> Vec<u8> {
        let batch = formats::otlp_json::decode(ONE_SPAN.as_bytes(), &Limits::default()).unwrap();
        otlp_proto::encode_traces(&vec![batch.spans[0].clone(); count])
    }

    #[tokio::test]
    async fn pages_are_taken_in_order_and_nothing_is_lost_to_a_full_sink() {
        let answers = vec![
            (200, Some(7), spans(2)),
            (204, None, Vec::new()),
            (503, None, Vec::new()),
            (200, Some(9), spans(1)),
        ];
        let (info, script) = host(answers).await;
        let sink = Arc::new(Recorder::refusing(3));
        let following = tokio::spawn({
            let sink = sink.clone();
            async move { run(&info, 5, sink).await }
        });
        sink.reaches(3).await;
        following.abort();
        let asked = script.lock().unwrap().asked.clone();
        let wanted = [
            "after=5&logs=0&wait=20",
            "after=7&logs=0&wait=20",
            "after=7&logs=0&wait=20",
            "after=7&logs=0&wait=20",
        ];
        assert_eq!(asked[..4], wanted);
    }

    #[tokio::test]
    async fn every_end_has_its_reason() {
        let after = |answers| async {
            let (info, _script) = host(answers).await;
            run(&info, 0, Arc::new(Recorder::default())).await
        };
        assert_eq!(after(vec![(401, None, Vec::new())]).await, Ended::Stranger);
        let vague = "it answers in a way that is not understood";
        let text = after(vec![(200, None, spans(1))]).await.to_string();
        assert_eq!(text, format!("{vague} (its answer has no position)"));
        let text = after(vec![(200, Some(1), b"{}".to_vec())]).await.to_string();
        assert!(text.starts_with(vague), "{text}");
        assert!(matches!(after(vec![(302, None, Vec::new())]).await, Ended::Incomprehensible { .. }));
    }

    #[tokio::test]
    async fn a_host_that_is_gone_is_noticed_at_once() {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let api = format!("http://{}", listener.local_addr().unwrap());
        drop(listener);
        let info =
            HostInfo { pid: 1, otlp: String::new(), api, token: "t".to_owned(), version: String::new() };
        let began = Instant::now();
        let ended = run(&info, 0, Arc::new(Recorder::default())).await;
        assert!(matches!(ended, Ended::Gone { .. }), "{ended:?}");
        assert!(began.elapsed() < std::time::Duration::from_secs(5));
    }
}

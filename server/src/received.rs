//! What was received so far: asked of the process that hosts the receiver, else read from the archive.

use std::time::Duration;

use formats::Limits;
use ingest::lead::{self, HostInfo};
use model::Batch;
use reqwest::StatusCode;

use crate::{config::Config, wiring};

/// Most answers of the host that one command reads.
const MOST_PAGES: usize = 10_000;

/// All spans and log records that were received and are still kept.
///
/// # Errors
/// One sentence, when a host is there but does not answer as it should.
pub(crate) async fn spans(config: &Config) -> Result<Batch, String> {
    match lead::find_host(&config.data_dir()).await {
        Some(host) => of_host(&host).await,
        None => Ok(wiring::archived(config)),
    }
}

/// The host, if one runs for this data folder.
pub(crate) async fn host(config: &Config) -> Option<HostInfo> {
    lead::find_host(&config.data_dir()).await
}

/// What the receiver of the host says of itself; null when there is none, or it does not say.
pub(crate) async fn receiver(host: Option<&HostInfo>) -> serde_json::Value {
    let Some(host) = host else {
        return serde_json::Value::Null;
    };
    let status = async {
        let client = reqwest::Client::builder().no_proxy().timeout(Duration::from_secs(10)).build()?;
        let request = client.get(format!("{}/api/status", host.api)).bearer_auth(&host.token);
        request.send().await?.error_for_status()?.json::<serde_json::Value>().await
    };
    match status.await {
        Ok(mut status) => status["receiver"].take(),
        Err(error) => {
            tracing::warn!(error = %error.without_url(), "the receiver does not say what it received");
            serde_json::Value::Null
        }
    }
}

async fn of_host(host: &HostInfo) -> Result<Batch, String> {
    let failed = |problem: String| format!("the receiver of process {} at {}: {problem}", host.pid, host.api);
    let client = reqwest::Client::builder().no_proxy().timeout(Duration::from_secs(10)).build();
    let client = client.map_err(|error| failed(error.to_string()))?;
    let mut all = Batch::default();
    let (mut after, mut logs) = (0_u64, 0_u64);
    for _ in 0..MOST_PAGES {
        let request =
            client.get(format!("{}/api/spans?after={after}&logs={logs}", host.api)).bearer_auth(&host.token);
        let answer = request.send().await.map_err(|error| failed(error.without_url().to_string()))?;
        if answer.status() == StatusCode::NO_CONTENT {
            return Ok(all);
        }
        if answer.status() != StatusCode::OK {
            return Err(failed(format!("it answers {}; is it of another version?", answer.status())));
        }
        let number = |name: &str| answer.headers().get(name).and_then(|it| it.to_str().ok()?.parse().ok());
        let next = (number("x-spanglass-next"), number("x-spanglass-next-logs").unwrap_or(logs));
        let (Some(spans), next_logs) = next else {
            return Err(failed("its answer has no position".to_owned()));
        };
        if spans < after || (spans, next_logs) == (after, logs) {
            return Err(failed("its answers do not go on".to_owned()));
        }
        (after, logs) = (spans, next_logs);
        let body = answer.bytes().await.map_err(|error| failed(error.without_url().to_string()))?;
        let batch = formats::otlp_proto::decode_batch(&body, &Limits::for_files())
            .map_err(|error| failed(error.to_string()))?;
        all.spans.extend(batch.spans);
        all.logs.extend(batch.logs);
    }
    Ok(all)
}

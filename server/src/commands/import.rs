//! `spanglass import FILE…`: takes in recorded traces.

use model::Batch;

use crate::{
    cli,
    commands::{Outcome, SUCCESS},
    config::Config,
    offline, output, received, wiring,
};

/// Most spans in one request to the host.
const PER_REQUEST: usize = 2_000;

/// Runs the command.
pub(crate) async fn run(config: &Config, flags: &cli::Import) -> Outcome {
    let mut batch = offline::read_files(config, &flags.files)?;
    if flags.now {
        let end = formats::latest_time(&batch);
        batch = formats::shift_times(batch, offline::until_now(end));
    }
    report_refused(&batch);
    let count = batch.spans.len() as u64;
    let into = match received::host(config).await {
        Some(host) => {
            for spans in batch.spans.chunks(PER_REQUEST) {
                let body = formats::otlp_proto::encode_traces(spans);
                let endpoint = format!("http://{}", host.otlp);
                ingest::send::otlp_http(&endpoint, body).await.map_err(|error| error.to_string())?;
            }
            if !batch.logs.is_empty() {
                let body = formats::otlp_proto::encode_logs(&batch.logs);
                let endpoint = format!("http://{}/v1/logs", host.otlp);
                ingest::send::otlp_http(&endpoint, body).await.map_err(|error| error.to_string())?;
            }
            format!("the receiver of process {}", host.pid)
        }
        None => {
            wiring::archive_once(config, &batch)?;
            config.data_dir().display().to_string()
        }
    };
    output::line(format!("{} spans taken into {into}", insight::wording::count(count)));
    Ok(SUCCESS)
}

fn report_refused(batch: &Batch) {
    for refusal in &batch.refused {
        output::note(format!("left out {}: {}", insight::wording::count(refusal.count), refusal.reason));
    }
}

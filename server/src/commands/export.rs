//! `spanglass export ID`: one trace as OTLP JSON on stdout.

use crate::{
    cli,
    commands::{Outcome, SUCCESS, trace},
    config::Config,
    output, received,
};

/// Runs the command.
pub(crate) async fn run(config: &Config, flags: &cli::Export) -> Outcome {
    let trace_id = trace::parse_id(&flags.id)?;
    let mut batch = received::spans(config).await?;
    batch.spans.retain(|span| span.trace_id == trace_id);
    if batch.spans.is_empty() {
        return Err(format!("trace {trace_id} is not here; `spanglass traces` lists what is"));
    }
    output::line(formats::otlp_json::encode_traces(&batch.spans).to_string());
    Ok(SUCCESS)
}

//! `spanglass trace ID`: one trace as a waterfall, as OTLP JSON, or as the address of its page.

use insight::trace_tree::TraceTree;
use model::TraceId;

use crate::{
    cli,
    commands::{Outcome, SUCCESS},
    config::Config,
    offline::{self, Spans},
    output, received,
};

/// Width of a waterfall where the terminal does not tell its own.
const WIDTH: usize = 120;

/// Runs the command.
pub(crate) async fn run(config: &Config, flags: &cli::Trace) -> Outcome {
    let trace_id = parse_id(&flags.id)?;
    if flags.web {
        return print_address(config, trace_id).await;
    }
    let offline = offline::open(config, &flags.workspace, Spans::Received).await?;
    let tree = TraceTree::of(&offline.snapshot, trace_id).ok_or_else(|| unknown(trace_id))?;
    if flags.json {
        let spans: Vec<_> = tree.rows.iter().map(|row| row.span.clone()).collect();
        output::line(formats::otlp_json::encode_traces(&spans).to_string());
        return Ok(SUCCESS);
    }
    print_waterfall(&tree);
    Ok(SUCCESS)
}

/// Reads an identifier, or says what one looks like.
pub(crate) fn parse_id(text: &str) -> Result<TraceId, String> {
    TraceId::from_hex(text).map_err(|error| format!("{text:?} is no trace id: {error}"))
}

/// Says that a trace is not here.
pub(crate) fn unknown(trace_id: TraceId) -> String {
    format!(
        "trace {trace_id} is not here: it was never received, or it is older than what is kept; \
         `spanglass traces` lists what is"
    )
}

/// Prints a trace as people read it.
pub(crate) fn print_waterfall(tree: &TraceTree) {
    let width = terminal_width().unwrap_or(WIDTH);
    insight::trace_tree::waterfall_text(tree, width).into_iter().for_each(output::line);
}

fn terminal_width() -> Option<usize> {
    std::env::var("COLUMNS").ok()?.parse().ok().filter(|columns| *columns >= 60)
}

async fn print_address(config: &Config, trace_id: TraceId) -> Outcome {
    let host = received::host(config).await.ok_or(
        "no receiver is running, so there is no page; start one with `spanglass serve`, or open an editor",
    )?;
    output::line(page_address(&host.api, &host.token, trace_id));
    Ok(SUCCESS)
}

/// Where a browser finds a trace.
pub(crate) fn page_address(api: &str, token: &str, trace_id: TraceId) -> String {
    format!("{api}/trace/{trace_id}?token={token}")
}

//! The log, always on stderr or in a file because stdout belongs to protocols, and the server's own spans.

use std::{fs::OpenOptions, net::IpAddr, sync::Arc};

use opentelemetry::trace::TracerProvider as _;
use opentelemetry_otlp::{SpanExporter, WithExportConfig as _};
use opentelemetry_sdk::{Resource, trace::SdkTracerProvider};
use tracing_subscriber::{
    EnvFilter, Layer, Registry, fmt::writer::BoxMakeWriter, layer::SubscriberExt as _,
    util::SubscriberInitExt as _,
};

use crate::config::Config;

/// Keeps the exporter of the server's own spans; dropping it sends what is left.
#[derive(Debug, Default)]
pub(crate) struct Logging {
    provider: Option<SdkTracerProvider>,
}

impl Logging {
    /// Starts the log as `config` says. Spans of our own go to `OTEL_EXPORTER_OTLP_ENDPOINT` where that is set,
    /// unless it names our own receiver: its spans would beget spans for ever.
    pub(crate) fn start(config: &Config) -> Logging {
        let level = config.text("log.level");
        let filter = EnvFilter::try_new(format!("off,{}", targets(level))).unwrap_or_default();
        let log =
            tracing_subscriber::fmt::layer().with_ansi(false).with_writer(writer(config)).with_filter(filter);
        let provider = own_spans(config);
        let spans = provider.as_ref().map(|provider| {
            let tracer = provider.tracer("spanglass");
            tracing_opentelemetry::layer()
                .with_tracer(tracer)
                .with_filter(EnvFilter::try_new(format!("off,{}", targets("info"))).unwrap_or_default())
        });
        drop(Registry::default().with(spans).with(log).try_init());
        Logging { provider }
    }
}

impl Drop for Logging {
    fn drop(&mut self) {
        if let Some(provider) = self.provider.take() {
            drop(provider.shutdown());
        }
    }
}

/// Our own crates at `level`; libraries at `warn` at most, so that a debug log is about us.
fn targets(level: &str) -> String {
    const OURS: &[&str] = &[
        "spanglass",
        "archive",
        "attribution",
        "dap",
        "formats",
        "ingest",
        "insight",
        "lsp",
        "replay",
        "source",
        "store",
        "web",
        "world",
    ];
    OURS.iter().map(|target| format!("{target}={level}")).collect::<Vec<_>>().join(",")
}

fn writer(config: &Config) -> BoxMakeWriter {
    let path = config.text("log.file");
    if path.is_empty() {
        return BoxMakeWriter::new(std::io::stderr);
    }
    match OpenOptions::new().create(true).append(true).open(path) {
        Ok(file) => BoxMakeWriter::new(Arc::new(file)),
        Err(error) => {
            crate::output::error(format!(
                "the log file {path} cannot be opened ({error}); logging to stderr"
            ));
            BoxMakeWriter::new(std::io::stderr)
        }
    }
}

fn own_spans(config: &Config) -> Option<SdkTracerProvider> {
    let endpoint =
        std::env::var("OTEL_EXPORTER_OTLP_ENDPOINT").ok().filter(|endpoint| !endpoint.is_empty())?;
    if ["receiver.http", "receiver.grpc"].iter().any(|own| is_own_receiver(&endpoint, config.text(own))) {
        crate::output::note(format!(
            "spanglass: own spans are not exported to {endpoint}: that is where spans are received, they would go in \
             circles"
        ));
        return None;
    }
    let endpoint = format!("{}/v1/traces", endpoint.trim_end_matches('/'));
    let exporter = SpanExporter::builder().with_http().with_endpoint(endpoint).build();
    match exporter {
        Ok(exporter) => {
            let resource = Resource::builder()
                .with_service_name("spanglass")
                .with_attribute(opentelemetry::KeyValue::new("service.version", env!("CARGO_PKG_VERSION")))
                .build();
            Some(SdkTracerProvider::builder().with_resource(resource).with_batch_exporter(exporter).build())
        }
        Err(error) => {
            crate::output::error(format!("own spans cannot be exported: {error}"));
            None
        }
    }
}

/// Whether `endpoint` is the address on which spans are received, by us or by the process that hosts for us.
fn is_own_receiver(endpoint: &str, receiver: &str) -> bool {
    let authority = endpoint.split_once("://").map_or(endpoint, |(_, rest)| rest);
    let authority = authority.split('/').next().unwrap_or_default();
    let (host, port) = authority.rsplit_once(':').unwrap_or((authority, "80"));
    let address = host.trim_matches(['[', ']']).parse::<IpAddr>();
    let is_loopback = host == "localhost" || address.is_ok_and(|ip| ip.is_loopback() || ip.is_unspecified());
    is_loopback && receiver.rsplit_once(':').is_some_and(|(_, own)| own == port)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn own_spans_never_go_to_the_own_receiver() {
        for endpoint in ["http://localhost:4318", "http://127.0.0.1:4318/", "http://[::1]:4318/v1/traces"] {
            assert!(is_own_receiver(endpoint, "127.0.0.1:4318"), "{endpoint}");
        }
        for endpoint in
            ["http://localhost:4319", "http://collector:4318", "https://127.0.0.1.example.org:4318"]
        {
            assert!(!is_own_receiver(endpoint, "127.0.0.1:4318"), "{endpoint}");
        }
    }
}

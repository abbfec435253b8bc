//! An OpenTelemetry Collector in front of Spanglass, and behind it.

use std::{
    fs,
    net::TcpStream,
    process::{Child, Command, Stdio},
    thread,
    time::{Duration, Instant},
};

use serde_json::Value;
use spanglass_tests::{PATIENCE, free_port, server::Server};
use tempfile::TempDir;

use crate::{COUNT, built, send, sender};

/// A Collector that listens on free ports.
struct Collector {
    child: Child,
    grpc: String,
    http: String,
    _folder: TempDir,
}

impl Collector {
    /// With exporters as YAML, each by its name. Every signal goes to all of them.
    fn start(exporters: &[(&str, String)]) -> Option<Collector> {
        let program = built("collector")?.join("send");
        let [grpc, http] = [free_port(), free_port()].map(|port| format!("127.0.0.1:{port}"));
        let names = exporters.iter().map(|(name, _)| *name).collect::<Vec<_>>().join(", ");
        let mut config = format!(
            "receivers: {{ otlp: {{ protocols: {{ grpc: {{ endpoint: '{grpc}' }}, http: {{ endpoint: '{http}' }} }} }} }}\nexporters:\n"
        );
        for (name, settings) in exporters {
            config.push_str(&format!("  {name}: {settings}\n"));
        }
        config.push_str("service:\n  pipelines:\n");
        for signal in ["traces", "logs", "metrics"] {
            config.push_str(&format!("    {signal}: {{ receivers: [otlp], exporters: [{names}] }}\n"));
        }
        let folder = tempfile::tempdir().expect("a temporary folder");
        let file = folder.path().join("config.yaml");
        fs::write(&file, config).expect("the folder can be written");
        let mut command = Command::new(program);
        command.arg("--config").arg(format!("file:{}", file.display())).stdout(Stdio::null());
        let log = folder.path().join("log");
        let stderr = fs::File::create(&log).expect("the folder can be written");
        let child = command.stderr(stderr).spawn().expect("the Collector starts");
        let collector = Collector { child, grpc, http, _folder: folder };
        let deadline = Instant::now() + PATIENCE;
        while [&collector.grpc, &collector.http].iter().any(|address| TcpStream::connect(address).is_err()) {
            let said = || fs::read_to_string(&log).unwrap_or_default();
            assert!(Instant::now() < deadline, "the Collector does not listen: {}", said());
            thread::park_timeout(Duration::from_millis(50));
        }
        Some(collector)
    }
}

impl Drop for Collector {
    fn drop(&mut self) {
        drop(self.child.kill());
        drop(self.child.wait());
    }
}

/// Waits until the count at `pointer` of what `doctor` says is `expected`.
fn until(server: &Server, pointer: &str, expected: u64) {
    let deadline = Instant::now() + PATIENCE;
    loop {
        let report = server.doctor();
        let found = report.pointer(pointer).and_then(Value::as_u64);
        if found == Some(expected) {
            return;
        }
        assert!(Instant::now() < deadline, "{pointer} is not {expected}: {:#}", report["receiver"]);
        thread::park_timeout(Duration::from_millis(100));
    }
}

#[test]
fn a_collector_forwards_to_spanglass_over_everything_it_speaks() {
    let server = Server::start();
    let (grpc, http) = (&server.grpc, &server.receiver);
    let over_grpc =
        |how: &str| format!("{{ endpoint: '{grpc}', tls: {{ insecure: true }}, compression: {how} }}");
    let over_http = |how: &str, encoding: &str| {
        format!("{{ endpoint: 'http://{http}', compression: {how}, encoding: {encoding} }}")
    };
    let Some(collector) = Collector::start(&[
        ("otlp/plain", over_grpc("none")),
        ("otlp/gzip", over_grpc("gzip")),
        ("otlp/zstd", over_grpc("zstd")),
        ("otlphttp/plain", over_http("none", "proto")),
        ("otlphttp/gzip", over_http("gzip", "proto")),
        ("otlphttp/zstd", over_http("zstd", "proto")),
        ("otlphttp/json", over_http("gzip", "json")),
    ]) else {
        return;
    };
    let Some(python) = sender("python") else { return };
    send(python, "through a collector", &format!("http://{}", collector.grpc), "grpc", None);
    for (transport, ways) in [("grpc", 3), ("http~1protobuf", 3), ("http~1json", 1)] {
        until(&server, &format!("/receiver/transports/{transport}/spans"), ways * COUNT);
        until(&server, &format!("/receiver/transports/{transport}/logs"), ways);
        until(&server, &format!("/receiver/transports/{transport}/metrics"), ways);
        until(&server, &format!("/receiver/transports/{transport}/failed"), 0);
    }
}

#[test]
fn spanglass_passes_everything_on_to_a_collector() {
    for protocol in ["grpc", "http/protobuf"] {
        let behind = Server::start();
        let exporter = format!("{{ endpoint: '{}', tls: {{ insecure: true }} }}", behind.grpc);
        let Some(collector) = Collector::start(&[("otlp", exporter)]) else { return };
        let address = if protocol == "grpc" { &collector.grpc } else { &collector.http };
        let front = Server::start_with(&[
            ("SPANGLASS_FORWARD__ENDPOINT", &format!("http://{address}")),
            ("SPANGLASS_FORWARD__PROTOCOL", protocol),
        ]);
        for (came_by, to, compression) in
            [("grpc", &front.grpc, None), ("http/protobuf", &front.receiver, Some("gzip"))]
        {
            let Some(python) = sender("python") else { return };
            send(python, came_by, &format!("http://{to}"), came_by, compression);
        }
        front.wait_for_spans(2 * COUNT);
        until(&behind, "/spans/received", 2 * COUNT);
        until(&behind, "/receiver/transports/grpc/metrics", 2);
        until(&behind, "/receiver/transports/grpc/logs", 2);
        until(&front, "/receiver/forward/waiting", 0);
        let forward = front.doctor()["receiver"]["forward"].take();
        assert_eq!(forward["delivered"], forward["offered"], "{forward:#}");
    }
}

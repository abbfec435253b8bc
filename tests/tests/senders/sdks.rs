//! The official SDKs, over every transport and compression that they offer.

use serde_json::Value;
use spanglass_tests::server::Server;

use crate::{COUNT, send, sender};

const PLAIN_AND_GZIP: &[Option<&str>] = &[None, Some("gzip")];

#[test]
fn python() {
    let protocols: [Way; 3] =
        [("grpc", PLAIN_AND_GZIP), ("http/protobuf", PLAIN_AND_GZIP), ("http/json", PLAIN_AND_GZIP)];
    let report = check("python", &protocols);
    let Some(report) = report else { return };
    for transport in ["grpc", "http/protobuf"] {
        let counts = &report["receiver"]["transports"][transport];
        assert_eq!((counts["logs"].as_u64(), counts["metrics"].as_u64()), (Some(2), Some(2)), "{counts:#}");
    }
}

#[test]
fn node() {
    check(
        "node",
        &[("grpc", PLAIN_AND_GZIP), ("http/protobuf", PLAIN_AND_GZIP), ("http/json", PLAIN_AND_GZIP)],
    );
}

#[test]
fn go() {
    check("go", &[("grpc", PLAIN_AND_GZIP), ("http/protobuf", PLAIN_AND_GZIP)]);
}

#[test]
fn java() {
    check("java", &[("grpc", PLAIN_AND_GZIP), ("http/protobuf", PLAIN_AND_GZIP)]);
}

#[test]
fn rust() {
    check(
        "rust",
        &[
            ("grpc", &[None, Some("gzip"), Some("zstd")]),
            ("http/protobuf", PLAIN_AND_GZIP),
            ("http/json", PLAIN_AND_GZIP),
        ],
    );
}

/// A protocol, and compressions.
type Way = (&'static str, &'static [Option<&'static str>]);

/// Sends over each way, and checks that every span came by the transport that was asked for. Answers with what
/// `doctor` says then.
fn check(name: &str, ways: &[Way]) -> Option<Value> {
    sender(name)?;
    let server = Server::start();
    let mut sent = 0;
    for (protocol, compressions) in ways {
        let address = if *protocol == "grpc" { &server.grpc } else { &server.receiver };
        for compression in *compressions {
            let service = format!("{name} {protocol} {}", compression.unwrap_or("plain"));
            send(sender(name)?, &service, &format!("http://{address}"), protocol, *compression);
            sent += COUNT;
            server.wait_for_spans(sent);
        }
    }
    let report = server.doctor();
    assert_eq!(report["spans"]["received"], sent);
    let services = report["services"].as_array().map(Vec::len);
    assert_eq!(services, Some(ways.iter().map(|(_, compressions)| compressions.len()).sum()), "{report:#}");
    for (protocol, compressions) in ways {
        let counts = &report["receiver"]["transports"][protocol];
        assert_eq!(counts["spans"], COUNT * compressions.len() as u64, "{protocol}: {counts:#}");
        assert_eq!((&counts["failed"], &counts["refused"]), (&Value::from(0), &Value::from(0)), "{counts:#}");
    }
    Some(report)
}

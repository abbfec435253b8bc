//! What hostile and broken senders cost: bombs, slow and half-open connections, garbage, and addresses that are open.

use std::{
    fs,
    io::{Read as _, Write as _},
    net::TcpStream,
    process::Command,
};

use flate2::{Compression, write::GzEncoder};
use spanglass_tests::{PATIENCE, http, server::Server, spanglass};

const JSON: (&str, &str) = ("content-type", "application/json");
const MIB: usize = 1 << 20;
/// What one body may decompress to.
const CAP: usize = 16 * MIB;
const PREFACE: &[u8] = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\x04\0\0\0\0\0";

#[test]
fn bombs_are_refused_and_take_no_more_memory_than_a_body_may() {
    let server = Server::start();
    let zipped = gzip(&vec![0; 256 * MIB]);
    let members = gzip(&vec![0; 16 * MIB]).repeat(16);
    let packed = zstd_zeros(256 * MIB);
    assert!(zipped.len() < MIB && members.len() < MIB && packed.len() < 16 * 1024);
    still_serves(&server);
    let before = memory(&server, "VmRSS");
    for (encoding, bomb) in [("gzip", &zipped), ("gzip", &members), ("zstd", &packed)] {
        let headers = [JSON, ("content-encoding", encoding)];
        let (status, text) = http::post(&server.receiver, "/v1/traces", &headers, bomb);
        assert_eq!(status, 413, "{encoding}: {text}");
    }
    call(&server.grpc, "zstd", &packed);
    call(&server.grpc, "gzip", &gzip(&vec![0; 56 * MIB]));
    let grown = memory(&server, "VmHWM").saturating_sub(before);
    assert!(grown <= 2 * CAP, "{} MiB more than before", grown / MIB);
    let counts = server.doctor()["receiver"]["transports"]["grpc"].take();
    assert_eq!((counts["requests"].as_u64(), counts["failed"].as_u64()), (Some(2), Some(2)), "{counts:#}");
    still_serves(&server);
}

#[test]
fn hundreds_of_half_open_connections_keep_nobody_out() {
    let server = Server::start();
    let open = |address: &str, opening: &[u8]| {
        let mut stream = TcpStream::connect(address).expect("the receiver listens");
        stream.write_all(opening).expect("a few bytes are taken");
        stream
    };
    let http: Vec<_> = (0..500).map(|_| open(&server.receiver, b"POST /v1/tra")).collect();
    let grpc: Vec<_> = (0..500).map(|_| open(&server.grpc, &PREFACE[..20])).collect();
    still_serves(&server);
    drop(server.doctor());
    call(&server.grpc, "identity", b"");
    drop((http, grpc));
    let counts = server.doctor()["receiver"]["transports"]["grpc"].take();
    assert_eq!(counts["requests"], 1, "{counts:#}");
}

#[test]
fn garbage_in_heads_is_survived() {
    let server = Server::start();
    let mut seed = 0x9e37_79b9_7f4a_7c15_u64;
    let mut random = move || {
        seed ^= seed << 13;
        seed ^= seed >> 7;
        seed ^= seed << 17;
        seed
    };
    for round in 0..600 {
        let garbage: Vec<u8> = (0..random() % 64).map(|_| (random() >> 32) as u8).collect();
        let name: &[u8] =
            [&b"host"[..], b"origin", b"content-type", b"content-encoding", b"authorization"][round % 5];
        let head: Vec<&[u8]> = match round % 3 {
            0 => {
                vec![b"POST /v1/traces HTTP/1.1\r\n", name, b": ", &garbage, b"\r\ncontent-length: 0\r\n\r\n"]
            }
            1 => vec![b"POST /v1/traces HTTP/1.1\r\nhost: localhost\r\n", &garbage, b"\r\n\r\n"],
            _ => vec![&garbage, b" /v1/traces HTTP/1.1\r\nhost: localhost\r\n\r\n"],
        };
        drop(sent(&server.receiver, &head.concat()));
        drop(sent(&server.grpc, &[PREFACE, &garbage].concat()));
    }
    still_serves(&server);
    assert_eq!(server.doctor()["spans"]["received"], 1);
}

#[cfg(target_os = "linux")]
#[test]
fn nothing_but_loopback_is_listened_on() {
    let server = Server::start();
    for address in [&server.receiver, &server.grpc] {
        let port: u16 = address.rsplit_once(':').and_then(|(_, port)| port.parse().ok()).expect("a port");
        let end = format!(":{port:04X}");
        let mut found = Vec::new();
        for table in ["/proc/net/tcp", "/proc/net/tcp6"] {
            let table = fs::read_to_string(table).unwrap_or_default();
            let words = table.lines().map(|line| line.split_ascii_whitespace().collect::<Vec<_>>());
            found.extend(
                words
                    .filter(|words| words[3] == "0A" && words[1].ends_with(&end))
                    .map(|words| words[1].to_owned()),
            );
        }
        let loopback = ["0100007F", "00000000000000000000000001000000"];
        let is_loopback = |local: &String| loopback.iter().any(|it| local.starts_with(it));
        assert!(!found.is_empty() && found.iter().all(is_loopback), "{found:?}");
    }
}

#[test]
fn an_address_that_others_can_reach_is_refused() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let mut command = Command::new(spanglass());
    command.args(["serve", "--http", "0.0.0.0:0", "--workspace"]).arg(folder.path());
    let output = command.env("SPANGLASS_DATA_DIR", folder.path().join("data")).output().expect("it starts");
    let said = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(!output.status.success() && said.contains("which others on the network can reach"), "{said}");
}

#[test]
fn passing_on_to_oneself_is_refused() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let port = spanglass_tests::free_port();
    let data = folder.path().join("data");
    let address = format!("127.0.0.1:{port}");
    let mut client = spanglass_tests::lsp::LspClient::start_with(
        folder.path(),
        &data,
        &address,
        &[("SPANGLASS_FORWARD__ENDPOINT", &format!("http://localhost:{port}"))],
    );
    let status = client.until("a host", crate::sharing::status, |status| {
        status["source"].as_str().is_some_and(|source| source.contains("hosting"))
    });
    let problem = status["problem"].as_str().unwrap_or_default();
    assert!(problem.contains("everything would go in circles"), "{status:#}");
}

fn still_serves(server: &Server) {
    let span = r#"{"resourceSpans":[{"scopeSpans":[{"spans":[{"traceId":"5b8efff798038103d269b633813fc60c",
        "spanId":"eee19b7ec3c1b174","name":"x","startTimeUnixNano":"1","endTimeUnixNano":"2"}]}]}]}"#;
    assert_eq!(http::post(&server.receiver, "/v1/traces", &[JSON], span.as_bytes()).0, 200);
}

/// `VmRSS` or `VmHWM` of the server in bytes; 0 where that cannot be seen.
fn memory(server: &Server, what: &str) -> usize {
    let status = fs::read_to_string(format!("/proc/{}/status", server.process())).unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix(what)?.strip_prefix(':'));
    line.and_then(|line| line.split_ascii_whitespace().next()?.parse::<usize>().ok()).unwrap_or(0) * 1024
}

/// Calls Export of traces with one compressed message, and waits for the end of the call.
fn call(address: &str, encoding: &str, message: &[u8]) {
    let field = |name: &str, value: &str| {
        [&[0, name.len() as u8][..], name.as_bytes(), &[value.len() as u8], value.as_bytes()].concat()
    };
    let head = [
        field(":method", "POST"),
        field(":scheme", "http"),
        field(":path", "/opentelemetry.proto.collector.trace.v1.TraceService/Export"),
        field(":authority", "localhost"),
        field("content-type", "application/grpc"),
        field("grpc-encoding", encoding),
    ];
    let flag = u8::from(encoding != "identity");
    let body = [&[flag], &(message.len() as u32).to_be_bytes()[..], message].concat();
    let mut bytes = [PREFACE, &frame(1, 4, &head.concat())].concat();
    let mut chunks = body.chunks(16 * 1024).peekable();
    while let Some(chunk) = chunks.next() {
        bytes.extend(frame(0, u8::from(chunks.peek().is_none()), chunk));
    }
    let mut stream = TcpStream::connect(address).expect("the receiver listens");
    stream.set_read_timeout(Some(PATIENCE)).expect("a timeout can be set");
    stream.write_all(&bytes).expect("the call is taken");
    while !ends_stream(&mut stream) {}
}

fn frame(kind: u8, flags: u8, payload: &[u8]) -> Vec<u8> {
    [&(payload.len() as u32).to_be_bytes()[1..], &[kind, flags, 0, 0, 0, 1], payload].concat()
}

/// Reads one frame; whether it ends the call.
fn ends_stream(stream: &mut TcpStream) -> bool {
    let mut head = [0; 9];
    stream.read_exact(&mut head).expect("the call is answered");
    let length = u32::from_be_bytes([0, head[0], head[1], head[2]]);
    let mut payload = vec![0; length as usize];
    stream.read_exact(&mut payload).expect("a whole frame comes");
    let [.., kind, flags, _, _, _, number] = head;
    number == 1 && matches!(kind, 0 | 1) && flags & 1 == 1
}

/// Sends bytes and reads what comes until the other side closes, or for a moment.
fn sent(address: &str, bytes: &[u8]) -> Vec<u8> {
    let mut stream = TcpStream::connect(address).expect("the receiver listens");
    drop(stream.write_all(bytes));
    drop(stream.shutdown(std::net::Shutdown::Write));
    stream.set_read_timeout(Some(PATIENCE)).expect("a timeout can be set");
    let mut answer = Vec::new();
    drop(stream.read_to_end(&mut answer));
    answer
}

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::best());
    encoder.write_all(bytes).expect("memory takes everything");
    encoder.finish().expect("memory takes everything")
}

/// A zstd frame of so many zeros, by hand (RFC 8878, section 3.1.1): blocks of 128 KiB that repeat one byte.
fn zstd_zeros(bytes: usize) -> Vec<u8> {
    const BLOCK: u32 = 128 * 1024;
    // Magic number; no checksum, no size; a window of 128 KiB.
    let mut frame = vec![0x28, 0xb5, 0x2f, 0xfd, 0x00, 7 << 3];
    let blocks = bytes / BLOCK as usize;
    for block in 1..=blocks {
        let header = (BLOCK << 3) | (1 << 1) | u32::from(block == blocks);
        frame.extend(&header.to_le_bytes()[..3]);
        frame.push(0);
    }
    frame
}

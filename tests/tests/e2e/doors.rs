//! Loopback is no wall: who is let in by which names, what malformed headers do, and what beyond loopback needs.

use std::fs;

use serde_json::Value;
use spanglass_tests::{
    free_port, http,
    server::{Host, Server},
};

/// `Host` headers, and whether they name this machine.
const HOSTS: &[(&str, bool)] = &[
    ("127.0.0.1", true),
    ("localhost", true),
    ("LocalHost", true),
    ("[::1]", true),
    ("evil.com", false),
    ("localhost.evil.com", false),
    ("127.0.0.1.nip.io", false),
    ("localhost@evil.com", false),
    ("127.1", false),
    ("0.0.0.0", false),
    ("[::]", false),
    ("[::ffff:127.0.0.1]", false),
    ("2130706433", false),
    ("0x7f000001", false),
    ("[::1", false),
    ("", false),
];

/// A receiver, and the door to what it received with its token.
fn doors() -> (Server, String, String) {
    let server = Server::start();
    let data = server.workspace().parent().unwrap().join("data");
    let host: Value = serde_json::from_slice(&fs::read(data.join("run/host.json")).unwrap()).unwrap();
    let api = host["api"].as_str().unwrap().replace("http://", "");
    (server, api, host["token"].as_str().unwrap().to_owned())
}

#[test]
fn only_this_machines_own_names_and_no_foreign_page_come_in() {
    let (server, api, token) = doors();
    let json = "content-type: application/json\r\ncontent-length: 2\r\n";
    let port = server.receiver.rsplit(':').next().unwrap();
    let send = |address: &str, line: &str, host: &str, more: &str, body: &str| -> u16 {
        http::raw(
            address,
            format!("{line} HTTP/1.1\r\n{host}{more}connection: close\r\n\r\n{body}").as_bytes(),
        )
        .0
    };
    let ways: [(&str, String, &str, &str); 2] = [
        (server.receiver.as_str(), "POST /v1/traces".to_owned(), json, "{}"),
        (api.as_str(), format!("GET /api/status?token={token}"), "", ""),
    ];
    for (address, line, more, body) in &ways {
        for (host, is_ours) in HOSTS {
            for port in ["", &format!(":{port}")] {
                let status = send(address, line, &format!("host: {host}{port}\r\n"), more, body);
                let fits = if *is_ours { status == 200 } else { matches!(status, 400 | 403) };
                assert!(fits, "{line} as {host}{port}: {status}");
            }
        }
        assert_eq!(send(address, line, "", more, body), 400, "{line} without a host");
        let two = "host: localhost\r\nhost: evil.com\r\n";
        assert!(matches!(send(address, line, two, more, body), 400 | 403), "{line} with two hosts");
        for origin in ["https://evil.com", "null", "http://localhost.evil.com", "file://", "\u{fc}", ""] {
            let headers = format!("host: localhost\r\norigin: {origin}\r\n");
            assert_eq!(send(address, line, &headers, more, body), 403, "{line} from {origin:?}");
        }
    }
    let address = server.receiver.as_str();
    let preflight = "host: localhost\r\norigin: https://evil.com\r\naccess-control-request-method: POST\r\n";
    assert_eq!(send(address, "OPTIONS /v1/traces", preflight, "", ""), 403);
    // What a page can send without asking first.
    for kind in ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data"] {
        let more = format!("content-type: {kind}\r\ncontent-length: 2\r\n");
        assert_eq!(send(address, "POST /v1/traces", "host: localhost\r\n", &more, "{}"), 415, "{kind}");
    }
    for wrong in ["", "?token=", "?token=wrong"] {
        assert_eq!(
            send(&api, &format!("GET /api/status{wrong}"), "host: localhost\r\n", "", ""),
            401,
            "{wrong}"
        );
    }
    let longer = format!("GET /api/status?token={token}0");
    assert_eq!(send(&api, &longer, "host: localhost\r\n", "", ""), 401);
}

#[test]
fn no_header_ends_the_process() {
    let (server, api, token) = doors();
    let mut random = 0x2545_f491_4f6c_dd1d_u64;
    let mut next = move || {
        random ^= random << 13;
        random ^= random >> 7;
        random ^= random << 17;
        random
    };
    for round in 0..400 {
        let length = next() % 40;
        // Everything but what ends a line.
        let bytes: Vec<u8> =
            (0..length).map(|_| (next() >> 11) as u8).filter(|it| !matches!(it, b'\r' | b'\n')).collect();
        let name = if round % 2 == 0 { "host" } else { "origin" };
        let (address, line) = match round % 4 {
            0 | 1 => (&server.receiver, "POST /v1/traces".to_owned()),
            _ => (&api, format!("GET /api/status?token={token}")),
        };
        let fixed = if name == "origin" { "host: localhost\r\n" } else { "" };
        let mut request = format!("{line} HTTP/1.1\r\n{fixed}{name}: ").into_bytes();
        request.extend(&bytes);
        request.extend(b"\r\ncontent-length: 0\r\nconnection: close\r\n\r\n");
        let (status, _) = http::raw(address, &request);
        assert!((400..500).contains(&status), "{status} for {name}: {bytes:?}");
    }
    assert_eq!(http::get(&api, &format!("/api/status?token={token}"), &[]).0, 200, "it still answers");
}

#[test]
fn beyond_loopback_needs_to_be_said_and_a_token() {
    let folder = tempfile::tempdir().unwrap();
    let wanted = format!("0.0.0.0:{}", free_port());
    let expose = ("SPANGLASS_RECEIVER__EXPOSE", "true");
    for (environment, remedy) in [(&[][..], "receiver.expose"), (&[expose][..], "receiver.token")] {
        let mut host = Host::start(folder.path(), &wanted, environment);
        assert!(host.says.contains("off:") && host.says.contains(remedy), "{}", host.says);
        assert_eq!(host.ended().code(), Some(1));
    }
    let host =
        Host::start(folder.path(), &wanted, &[expose, ("SPANGLASS_RECEIVER__TOKEN", "open-sesame-123")]);
    assert!(host.says.contains(&wanted), "{}", host.says);
    let address = wanted.replace("0.0.0.0", "127.0.0.1");
    let json = ("content-type", "application/json");
    let post = |headers: &[(&str, &str)]| http::post(&address, "/v1/traces", headers, b"{}").0;
    assert_eq!(post(&[json]), 401);
    assert_eq!(post(&[json, ("authorization", "Bearer open-sesame-124")]), 401);
    assert_eq!(post(&[json, ("authorization", "Bearer open-sesame-123"), ("host", "build-box:4318")]), 200);
    let log = fs::read_to_string(&host.log).unwrap();
    assert!(log.contains("others on the network"), "{log}");
    assert!(!log.contains("open-sesame"), "the token is in the log");
}

/// All that listens is on loopback, by the kernel's own table, and all that is written is this user's alone.
#[cfg(target_os = "linux")]
#[test]
fn nothing_listens_beyond_loopback_and_files_are_private() {
    use std::os::unix::fs::PermissionsExt as _;
    let folder = tempfile::tempdir().unwrap();
    let receiver = format!("127.0.0.1:{}", free_port());
    let host = Host::start(folder.path(), &receiver, &[]);
    let body = br#"{"resourceSpans":[{"scopeSpans":[{"spans":[{"traceId":"1","spanId":"1","name":"x"}]}]}]}"#;
    assert_eq!(http::post(&receiver, "/v1/traces", &[("content-type", "application/json")], body).0, 200);
    let sockets: Vec<String> = fs::read_dir(format!("/proc/{}/fd", host.pid()))
        .unwrap()
        .flatten()
        .filter_map(|entry| Some(fs::read_link(entry.path()).ok()?.to_string_lossy().into_owned()))
        .collect();
    let mut listening = 0;
    for table in ["tcp", "tcp6"] {
        let text = fs::read_to_string(format!("/proc/{}/net/{table}", host.pid())).unwrap_or_default();
        for words in text.lines().map(|line| line.split_ascii_whitespace().collect::<Vec<_>>()) {
            let [_, local, _, "0A", _, _, _, _, _, inode, ..] = words[..] else { continue };
            if sockets.contains(&format!("socket:[{inode}]")) {
                let is_loopback =
                    local.starts_with("0100007F:") || local.starts_with("00000000000000000000000001000000:");
                assert!(is_loopback, "{table} {local}");
                listening += 1;
            }
        }
    }
    assert!(listening >= 2, "the receiver and the door listen");
    let mut folders = vec![folder.path().join("data")];
    while let Some(path) = folders.pop() {
        let mode = fs::metadata(&path).unwrap().permissions().mode() & 0o777;
        assert_eq!(mode, if path.is_dir() { 0o700 } else { 0o600 }, "{}", path.display());
        if path.is_dir() {
            folders.extend(fs::read_dir(&path).unwrap().flatten().map(|entry| entry.path()));
        }
    }
}

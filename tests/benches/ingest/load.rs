//! What is sent: traces of a web shop, ten attributes a span, every span new; and a connection that stays open.

use std::{
    io::{Read as _, Write as _},
    net::TcpStream,
    thread,
    time::{Duration, SystemTime, UNIX_EPOCH},
};

use flate2::{Compression, write::GzEncoder};

/// Spans of one trace; each calls the next, so that every one has a parent but the first.
const PER_TRACE: usize = 20;
/// Functions of the workspace that spans name.
pub(crate) const FUNCTIONS: usize = 40;

/// How much, and in which form.
pub(crate) struct Load {
    pub(crate) per_round: usize,
    pub(crate) batch: usize,
    pub(crate) is_zipped: bool,
}

impl Load {
    /// The bodies of one round: the same for everybody, and other spans in every round.
    pub(crate) fn bodies(&self, round: usize) -> Vec<Vec<u8>> {
        let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default().as_nanos() as u64;
        let first = round * self.per_round;
        let firsts = (first..first + self.per_round).step_by(self.batch);
        let body = |from: usize| {
            let plain = body(from..(from + self.batch).min(first + self.per_round), now);
            if self.is_zipped { zipped(&plain) } else { plain }
        };
        firsts.map(body).collect()
    }
}

fn zipped(plain: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::default());
    encoder.write_all(plain).expect("memory can be written");
    encoder.finish().expect("memory can be written")
}

/// Four services take turns; a body holds what each of them did.
fn body(spans: std::ops::Range<usize>, now: u64) -> Vec<u8> {
    let mut whole = Vec::new();
    for service in 0..4 {
        let mut scope_spans = field(1, &field(1, b"opentelemetry.instrumentation.shop"));
        for number in spans.clone().filter(|number| number % 4 == service) {
            scope_spans.extend(field(2, &span(number, now)));
        }
        let resource: Vec<u8> = [
            ("service.name", format!("shop-{service}")),
            ("telemetry.sdk.language", "python".to_owned()),
            ("telemetry.sdk.name", "opentelemetry".to_owned()),
            ("telemetry.sdk.version", "1.30.0".to_owned()),
            ("host.name", "build-agent-17.internal".to_owned()),
        ]
        .iter()
        .flat_map(|(key, value)| field(1, &pair(key, value)))
        .collect();
        whole.extend(field(1, &[field(1, &resource), field(2, &scope_spans)].concat()));
    }
    whole
}

fn span(number: usize, now: u64) -> Vec<u8> {
    let (trace, place) = (number / PER_TRACE, number % PER_TRACE);
    let mixed = (number as u64).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    let id = |place: usize| (1 + (trace * PER_TRACE + place) as u64).swap_bytes() ^ 0x5bd1_e995;
    let trace_id = ((trace as u128 + 1) << 64 | 0x5851_f42d_4c95_7f2d).to_be_bytes();
    let start = now - 2_000_000_000 + place as u64 * 10_000;
    let mut out = [field(1, &trace_id), field(2, &id(place).to_be_bytes())].concat();
    if place > 0 {
        out.extend(field(4, &id(place - 1).to_be_bytes()));
    }
    let function = number % FUNCTIONS;
    let name = format!("work_{function}");
    out.extend(field(5, name.as_bytes()));
    out.extend([6 << 3, if place == 0 { 2 } else { 1 }]);
    out.extend(fixed(7, start));
    out.extend(fixed(8, start + 50_000 + mixed % 4_000_000));
    for (key, value) in [
        ("code.function.name", name.as_str()),
        ("code.file.path", "/srv/app/work.py"),
        ("http.request.method", "GET"),
        ("url.scheme", "https"),
        ("user_agent.original", "Mozilla/5.0 (X11; Linux x86_64) Firefox/128.0"),
        ("server.address", "shop.internal.example"),
        ("session.id", &format!("{:016x}", mixed)),
        ("network.peer.address", &format!("10.0.{}.{}", mixed % 4, mixed % 250)),
    ] {
        out.extend(field(9, &pair(key, value)));
    }
    out.extend(field(9, &[field(1, b"server.port"), field(2, &[3 << 3, 80])].concat()));
    out.extend(field(9, &[field(1, b"http.response.status_code"), field(2, &[3 << 3, 0xc8, 1])].concat()));
    if number % 20 == 7 {
        let attributes = [("exception.type", "KeyError"), ("exception.message", "no such article")];
        let pairs: Vec<u8> = attributes.iter().flat_map(|(key, value)| field(3, &pair(key, value))).collect();
        out.extend(field(11, &[fixed(1, start + 1_000), field(2, b"exception"), pairs].concat()));
        out.extend(field(15, &[3 << 3, 2]));
    }
    out
}

fn pair(key: &str, value: &str) -> Vec<u8> {
    [field(1, key.as_bytes()), field(2, &field(1, value.as_bytes()))].concat()
}

fn fixed(number: u8, value: u64) -> Vec<u8> {
    [&[number << 3 | 1][..], &value.to_le_bytes()].concat()
}

fn field(number: u8, bytes: &[u8]) -> Vec<u8> {
    let mut out = vec![number << 3 | 2];
    let mut length = bytes.len();
    while length >= 0x80 {
        out.push(length as u8 | 0x80);
        length >>= 7;
    }
    out.push(length as u8);
    out.extend(bytes);
    out
}

/// One connection that sends one body after the other.
pub(crate) struct Sender {
    receiver: String,
    stream: TcpStream,
}

impl Sender {
    pub(crate) fn to(receiver: &str) -> Sender {
        let stream = TcpStream::connect(receiver).expect("the receiver listens");
        stream.set_nodelay(true).expect("an option can be set");
        Sender { receiver: receiver.to_owned(), stream }
    }

    /// Sends until the body is accepted.
    pub(crate) fn post(&mut self, body: &[u8], is_zipped: bool) {
        let encoding = if is_zipped { "content-encoding: gzip\r\n" } else { "" };
        let head = format!(
            "POST /v1/traces HTTP/1.1\r\nhost: {}\r\ncontent-type: application/x-protobuf\r\n{encoding}content-length: {}\r\n\r\n",
            self.receiver,
            body.len()
        );
        loop {
            self.stream.write_all(head.as_bytes()).expect("the head is sent");
            self.stream.write_all(body).expect("the body is sent");
            match self.status() {
                200 => return,
                429 | 503 => thread::sleep(Duration::from_millis(5)),
                other => panic!("the receiver answers {other}"),
            }
        }
    }

    fn status(&mut self) -> u16 {
        let mut answer = Vec::new();
        let mut chunk = [0; 4096];
        loop {
            let read = self.stream.read(&mut chunk).expect("an answer");
            assert!(read > 0, "the connection was closed");
            answer.extend(&chunk[..read]);
            let text = String::from_utf8_lossy(&answer).to_ascii_lowercase();
            let Some((head, body)) = text.split_once("\r\n\r\n") else { continue };
            let length = head.lines().find_map(|line| line.strip_prefix("content-length: ")?.parse().ok());
            if body.len() >= length.unwrap_or(0_usize) {
                return head.split(' ').nth(1).and_then(|code| code.parse().ok()).expect("a status");
            }
        }
    }
}

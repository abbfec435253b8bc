//! Bodies on their way to where they are kept: read in place they hold what the decoder and the published types see,
//! mutated bodies included, and bytes are kept as they came exactly when nothing is wrong with them.

use std::sync::Arc;

use bytes::Bytes;
use model::{Batch, Span};
use opentelemetry_proto::tonic::trace::v1::TracesData;
use prost::Message as _;

use super::{
    oracle::{by_oracle, by_us, unlimited},
    rich, show,
};
use crate::{Clean, Limits, Senders, Spans, otlp_proto, otlp_reply::Signal};

fn read(spans: Spans, senders: &mut Senders) -> Vec<Arc<Span>> {
    let mut read = Vec::new();
    spans.each(senders, |view| read.push(Arc::new(view.to_span())));
    read
}

fn of(body: &[u8], limits: &Limits) -> Result<Clean, crate::DecodeError> {
    Clean::of(Bytes::copy_from_slice(body), Signal::Traces, limits)
}

/// Compares every reading of `body`; answers with whether its bytes are kept as they came.
fn compare(body: &[u8], limits: &Limits) -> Result<bool, String> {
    let (decoded, clean) = match (otlp_proto::decode_traces(body, limits), of(body, limits)) {
        (Err(_), Err(_)) => return Ok(false),
        (Ok(batch), Ok(clean)) => (batch, clean),
        (batch, clean) => return Err(format!("decoded {batch:?}, clean {clean:?}")),
    };
    let mut senders = Senders::default();
    let whole = Batch { spans: read(clean.walk(), &mut senders), ..decoded.clone() };
    let mut parts = Batch { spans: Vec::new(), ..decoded.clone() };
    let mut rest = clean.walk();
    while !rest.is_empty() {
        parts.spans.extend(read(rest.split(1), &mut senders));
    }
    let views = [&whole, &parts, &clean.to_batch()].map(by_us);
    if views != [by_us(&decoded), by_us(&decoded), by_us(&decoded)] || clean.spans() != decoded.spans.len() {
        return Err(format!("decoded {:#?}\nviews {views:#?}", by_us(&decoded)));
    }
    if (clean.refused(), clean.trimmed()) != (&decoded.refused, &decoded.trimmed) {
        return Err(format!("{clean:?} and {decoded:?} left out different things"));
    }
    let is_kept = clean.frame() == body;
    if is_kept && let Ok(oracle) = TracesData::decode(body) {
        let (oracle, ours) = (by_oracle(&oracle), by_us(&whole));
        if oracle != ours {
            return Err(format!("oracle {oracle:#?}\nviews {ours:#?}"));
        }
    }
    // What was written anew is good: reading it again changes nothing.
    let again = of(&clean.frame(), limits).map_err(|error| error.to_string())?;
    if again.frame() != clean.frame() {
        return Err(format!("{:#?} is written as {:#?}", by_us(&whole), by_us(&again.to_batch())));
    }
    let is_whole = decoded.refused.is_empty() && decoded.trimmed.is_empty();
    if is_kept && !is_whole { Err("kept with what is to be left out".to_owned()) } else { Ok(is_kept) }
}

/// A small generator (xorshift), so that a failing case fails again.
struct Random(u64);

impl Random {
    fn below(&mut self, limit: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 % limit.max(1) as u64) as usize
    }
}

#[test]
fn a_good_body_is_kept_as_it_came() {
    let two = [rich(), rich()].concat();
    let body = otlp_proto::encode_traces(&two);
    assert_eq!(compare(&body, &Limits::default()), Ok(true));
    let clean = of(&body, &Limits::default()).unwrap();
    assert_eq!((clean.spans(), clean.logs(), clean.bytes()), (2, 0, body.len()));
    assert_eq!(compare(b"", &Limits::default()), Ok(true));
    assert!(of(b"", &Limits::default()).unwrap().is_empty());
}

#[test]
fn mutated_bodies_are_read_alike_by_all() {
    let golden = otlp_proto::encode_traces(&rich());
    let mut random = Random(0x9e37_79b9_7f4a_7c15);
    let (mut kept, mut rewritten) = (0, 0);
    for round in 0..20_000 {
        let mut body = golden.clone();
        for _ in 0..=random.below(3) {
            let at = random.below(body.len());
            match random.below(4) {
                0 => body[at] = random.below(256) as u8,
                1 => body[at] ^= 1 << random.below(8),
                2 => drop(body.remove(at)),
                _ => body.insert(at, random.below(256) as u8),
            }
        }
        match compare(&body, &unlimited()) {
            Ok(true) => kept += 1,
            Ok(false) => rewritten += 1,
            Err(difference) => panic!("round {round}: {difference}\n{body:?}"),
        }
    }
    assert!(kept > 1_000 && rewritten > 1_000, "{kept} kept and {rewritten} not: too few to compare");
}

/// Fields of every kind, in any order, repeated, nested: what no sender writes and every reader must take alike.
fn arbitrary(random: &mut Random, message: &str, depth: usize) -> Vec<u8> {
    const SCHEMA: &[(&str, &[(u8, &str)])] = &[
        ("traces", &[(1, "resource spans")]),
        ("resource spans", &[(1, "resource"), (2, "scope spans"), (2, "scope spans"), (3, "text")]),
        ("resource", &[(1, "pair"), (2, "varint")]),
        ("scope spans", &[(1, "scope"), (2, "span"), (2, "span")]),
        ("scope", &[(1, "text"), (2, "text"), (3, "pair")]),
        (
            "span",
            &[
                (1, "trace id"),
                (2, "span id"),
                (1, "trace id"),
                (2, "span id"),
                (3, "text"),
                (4, "span id"),
                (5, "text"),
                (6, "varint"),
                (7, "fixed"),
                (8, "fixed"),
                (9, "pair"),
                (9, "pair"),
                (10, "varint"),
                (11, "event"),
                (13, "link"),
                (15, "status"),
            ],
        ),
        ("event", &[(1, "fixed"), (2, "text"), (3, "pair")]),
        ("link", &[(1, "trace id"), (2, "span id"), (4, "pair")]),
        ("status", &[(2, "text"), (3, "varint")]),
        ("pair", &[(1, "key"), (2, "value"), (1, "text")]),
        (
            "value",
            &[
                (1, "text"),
                (1, "text"),
                (2, "varint"),
                (3, "varint"),
                (4, "fixed"),
                (5, "list"),
                (6, "map"),
                (7, "text"),
            ],
        ),
        ("list", &[(1, "value")]),
        ("map", &[(1, "pair")]),
    ];
    let fields = SCHEMA.iter().find(|(name, _)| *name == message).map_or(&[][..], |(_, fields)| fields);
    let mut out = Vec::new();
    // Nearly all values have one form and nearly all pairs one key and one value.
    let is_usual = random.below(10) > 0;
    let count = match message {
        _ if depth > 12 => 0,
        "value" if is_usual => 1,
        "pair" if is_usual => 2,
        _ => random.below(5),
    };
    for at in 0..count {
        let (number, kind) = match message {
            "pair" if is_usual => fields[at],
            _ => fields[random.below(fields.len())],
        };
        let bytes = match kind {
            "varint" => {
                out.extend([number << 3, random.below(7) as u8]);
                continue;
            }
            "fixed" => {
                out.push(number << 3 | 1);
                out.extend((random.below(1_000) as u64).to_le_bytes());
                continue;
            }
            "text" => {
                let texts: &[&[u8]] =
                    &[b"", b"k", b"a longer text that is not inline", "ä".as_bytes(), b"\xff"];
                let known = if random.below(20) == 0 { 5 } else { 4 };
                texts[random.below(known)].to_vec()
            }
            "key" => b"key".to_vec(),
            "trace id" => vec![random.below(30) as u8; if random.below(40) == 0 { 15 } else { 16 }],
            "span id" => vec![random.below(30) as u8; if random.below(40) == 0 { 7 } else { 8 }],
            message => arbitrary(random, message, depth + 1),
        };
        out.extend([number << 3 | 2, bytes.len() as u8 & 0x7f | 0x80, (bytes.len() >> 7) as u8 & 0x7f]);
        out.extend(bytes);
    }
    out
}

#[test]
fn arbitrary_bodies_are_read_alike_by_all() {
    let mut random = Random(77);
    let tight = Limits { attributes: 2, events: 1, links: 1, value_bytes: 20, depth: 2, ..Limits::default() };
    let (mut kept, mut spans) = (0, 0);
    for round in 0..2_000 {
        let mut body = Vec::new();
        // Most bodies get ids, else hardly any span would be a good one.
        for _ in 0..1 + random.below(3) {
            let mut span = arbitrary(&mut random, "span", 0);
            if random.below(5) > 0 {
                span.extend([&[0x0a, 16][..], &[1; 16], &[0x12, 8], &[2; 8]].concat());
            }
            let mut items = arbitrary(&mut random, "scope", 1);
            items.splice(0..0, [0x0a, items.len() as u8 & 0x7f | 0x80, (items.len() >> 7) as u8]);
            items.extend([0x12, span.len() as u8 & 0x7f | 0x80, (span.len() >> 7) as u8]);
            items.extend(span);
            let mut group = arbitrary(&mut random, "resource spans", 1);
            group.extend([0x12, items.len() as u8 & 0x7f | 0x80, (items.len() >> 7) as u8 & 0x7f]);
            group.extend(items);
            body.extend([0x0a, group.len() as u8 & 0x7f | 0x80, (group.len() >> 7) as u8 & 0x7f]);
            body.extend(group);
        }
        for limits in [unlimited(), tight] {
            let is_kept =
                compare(&body, &limits).unwrap_or_else(|wrong| panic!("round {round}: {wrong}\n{body:?}"));
            kept += usize::from(is_kept);
            spans += of(&body, &limits).map_or(0, |clean| clean.spans());
        }
    }
    assert!(kept > 300 && spans > 3_000, "{kept} kept, {spans} spans: too few to compare");
}

#[test]
fn a_body_over_any_limit_is_written_anew() {
    let body = otlp_proto::encode_traces(&[rich(), rich()].concat());
    let all = Limits::default();
    let tight = [
        Limits { spans: 1, ..all },
        Limits { attributes: 7, ..all },
        Limits { events: 0, ..all },
        Limits { links: 0, ..all },
        Limits { value_bytes: 7, ..all },
        Limits { depth: 1, ..all },
        Limits { items: 10, ..all },
    ];
    for limits in tight {
        assert_eq!(compare(&body, &limits), Ok(false), "{limits:?}");
        let clean = of(&body, &limits).unwrap();
        assert!(!clean.refused().is_empty() || !clean.trimmed().is_empty(), "{limits:?}");
        // What was written anew is good.
        assert_eq!(compare(&clean.frame(), &limits), Ok(true), "{limits:?}");
    }
}

#[test]
fn log_records_are_taken_by_their_own_path_only() {
    let record = model::LogRecord {
        trace_id: model::TraceId([1; 16]),
        span_id: None,
        time: model::Timestamp(1),
        name: "exception".into(),
        body: "why".into(),
        severity: 9,
        attributes: Default::default(),
        resource: Arc::default(),
        scope: Arc::default(),
    };
    let logs = Batch { logs: vec![record], ..Batch::default() };
    let both = Clean::from(Batch { spans: rich(), ..logs.clone() });
    let frame = both.frame();
    assert_eq!((both.spans(), both.logs()), (1, 1));
    let smuggled = Clean::of(frame.clone(), Signal::Traces, &Limits::default()).unwrap();
    assert_eq!((smuggled.spans(), smuggled.logs()), (1, 0));
    assert_eq!(Clean::of_frame(smuggled.frame(), &Limits::default()).unwrap().logs(), 0);
    let again = Clean::of_frame(frame, &Limits::default()).unwrap();
    assert_eq!(show(&again.to_batch()), show(&both.to_batch()));
    let body = Bytes::from(otlp_proto::encode_logs(&logs.logs));
    let sent = Clean::of(body, Signal::Logs, &Limits::default()).unwrap();
    assert_eq!(sent.records(), logs.logs);
}

#[test]
fn a_sender_who_says_the_same_is_the_same() {
    let body = otlp_proto::encode_traces(&rich());
    let mut senders = Senders::default();
    let mut read = || read(of(&body, &Limits::default()).unwrap().walk(), &mut senders).remove(0);
    let (first, second) = (read(), read());
    assert!(Arc::ptr_eq(&first.resource, &second.resource) && Arc::ptr_eq(&first.scope, &second.scope));
}

//! Bodies made to blow up: megabytes of things that cost two bytes each, nesting without end.
//!
//! Peak memory is measured in a process of its own, because other tests run beside this one.

use std::{io::Write as _, process::Command, time::Instant};

use crate::{Limits, otlp_json, otlp_proto};

/// The size of each body. What it costs grows no faster than this.
const BODY: usize = 1024 * 1024;

/// A field of wire type 2.
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

/// A request whose one span has good ids and then `rest`.
fn with_span(rest: &[u8]) -> Vec<u8> {
    let mut span = [field(1, &[1; 16]), field(2, &[2; 8])].concat();
    span.extend(rest);
    field(1, &field(2, &field(2, &span)))
}

fn bomb(name: &str) -> Vec<u8> {
    let empty = |number: u8| [number << 3 | 2, 0].repeat(BODY / 2);
    let many_spans = |rest: &[u8]| {
        let span = field(2, &[&field(1, &[1; 16]), &field(2, &[2; 8]), rest].concat());
        field(1, &field(2, &span.repeat(BODY / span.len())))
    };
    match name {
        "empty resource spans" => empty(1),
        "empty scope spans" => field(1, &empty(2)),
        "empty spans" => field(1, &field(2, &empty(2))),
        "empty attributes" => with_span(&empty(9)),
        "empty events" => with_span(&empty(11)),
        "empty links" => with_span(&empty(13)),
        "short attributes" => with_span(&field(9, &field(1, b"k")).repeat(BODY / 5)),
        "small spans" => many_spans(b""),
        "small spans full of events" => many_spans(&field(11, &[0x12, 0]).repeat(128)),
        "small spans full of attributes" => many_spans(&field(9, &field(1, b"k")).repeat(128)),
        "one long list" => {
            with_span(&field(9, &[field(1, b"k"), field(2, &field(5, &[0x0a, 0].repeat(BODY / 2)))].concat()))
        }
        "one long text" => with_span(&field(5, &vec![b'x'; BODY])),
        "json objects" => format!("[{}{{}}]", "{\"\":0},".repeat(BODY / 7)).into_bytes(),
        "json lists" => format!("{{\"resourceSpans\":[{}[]]}}", "[],".repeat(BODY / 3)).into_bytes(),
        other => panic!("there is no bomb {other}"),
    }
}

/// What each may cost beside the body itself, in MiB, pages of the program that it touches first included. Generated types would need 50 to 200 for each of the empty ones.
const BOMBS: &[(&str, usize)] = &[
    ("empty resource spans", 2),
    ("empty scope spans", 2),
    ("empty spans", 2),
    ("empty attributes", 2),
    ("empty events", 2),
    ("empty links", 2),
    ("short attributes", 2),
    ("one long text", 2),
    ("small spans", 16),
    ("small spans full of events", 20),
    ("small spans full of attributes", 20),
    ("one long list", 24),
    ("json objects", 24),
    ("json lists", 24),
];

#[test]
fn bombs_cost_little_memory() {
    if !cfg!(target_os = "linux") {
        return super::skipped("peak memory is read from /proc, which only Linux has");
    }
    for (name, most) in BOMBS {
        let child = Command::new(std::env::current_exe().unwrap())
            .args(["--exact", "tests::bombs::one_bomb", "--nocapture"])
            .env("SPANGLASS_BOMB", name)
            .output()
            .unwrap();
        let text =
            String::from_utf8_lossy(&child.stdout).into_owned() + &String::from_utf8_lossy(&child.stderr);
        let cost = text.lines().find_map(|line| line.split_once("peak KiB: ")?.1.parse::<usize>().ok());
        let cost = cost.unwrap_or_else(|| panic!("{name}: the child did not say what it cost:\n{text}"));
        assert!(cost <= most * 1024, "{name}: {} MiB, at most {most} are allowed", cost / 1024);
    }
}

/// The child's part: one bomb, named by the environment.
#[test]
fn one_bomb() {
    let Ok(name) = std::env::var("SPANGLASS_BOMB") else { return };
    let body = bomb(&name);
    let before = memory("VmRSS:");
    // Makes the peak start here; the body may have cost more while it was made.
    std::fs::write("/proc/self/clear_refs", "5").unwrap();
    let began = Instant::now();
    let kept = match name.starts_with("json") {
        true => otlp_json::decode(&body, &Limits::default()).map_or(0, |batch| batch.spans.len()),
        false => otlp_proto::decode_traces(&body, &Limits::default()).unwrap().spans.len(),
    };
    let cost = memory("VmHWM:").saturating_sub(before);
    let report = format!("{name}: kept {kept} in {:?}; peak KiB: {cost}\n", began.elapsed());
    std::io::stderr().write_all(report.as_bytes()).unwrap();
}

fn memory(key: &str) -> usize {
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find_map(|line| line.strip_prefix(key)).unwrap();
    line.trim().trim_end_matches(" kB").parse().unwrap()
}

#[test]
fn spans_over_the_limit_are_refused_and_counted() {
    let limits = Limits { spans: 1_000, ..Limits::default() };
    let batch = otlp_proto::decode_traces(&bomb("small spans"), &limits).unwrap();
    let sent = BODY / 30;
    assert_eq!(batch.spans.len(), limits.spans);
    assert_eq!(batch.refused_count() as usize + batch.spans.len(), sent);
}

#[test]
fn parts_over_the_limit_are_left_out_and_counted() {
    let limits = Limits { attributes: 3, events: 2, links: 1, value_bytes: 5, ..Limits::default() };
    let link = [field(1, &[1; 16]), field(2, &[2; 8])].concat();
    let rest = [
        field(9, &field(1, b"k")).repeat(5),
        field(11, &field(2, b"e")).repeat(5),
        field(13, &link).repeat(5),
        field(5, "aääää".as_bytes()),
    ];
    let batch = otlp_proto::decode_traces(&with_span(&rest.concat()), &limits).unwrap();
    expect_test::expect![[r#"
        01010101010101010101010101010101 0202020202020202 < - UNSPECIFIED "aää" 0+0 Unset service=unknown_service scope=/
          k=null k=null k=null
          event "e" at 0
          event "e" at 0
          link 01010101010101010101010101010101 0202020202020202
        trimmed 2: attributes over the limit are left out
        trimmed 3: events over the limit are left out
        trimmed 4: links over the limit are left out
        trimmed 1: long values are cut
    "#]].assert_eq(&super::show(&batch));
}

/// An attribute whose value is `depth` lists inside each other.
fn nested(depth: usize) -> Vec<u8> {
    let value = (0..depth).fold(field(1, b"core"), |inner, _| field(5, &field(1, &inner)));
    with_span(&field(9, &[field(1, b"k"), field(2, &value)].concat()))
}

fn levels(value: &model::Value) -> (usize, &model::Value) {
    let (mut depth, mut value) = (0, value);
    while let model::Value::Array(items) = value {
        (depth, value) = (depth + 1, &items[0]);
    }
    (depth, value)
}

#[test]
fn what_lies_too_deep_stays_as_bytes() {
    for (depth, kept, trimmed) in [(30, 30, 0), (31, 31, 0), (32, 31, 1), (33, 31, 1), (2_000, 31, 1)] {
        let batch = otlp_proto::decode_traces(&nested(depth), &Limits::default()).unwrap();
        let (found, core) = levels(&batch.spans[0].attributes.0[0].1);
        assert_eq!((found, batch.trimmed.len()), (kept, trimmed), "{depth}");
        assert_eq!(matches!(core, model::Value::Bytes(_)), trimmed > 0, "{depth}");
    }
}

#[test]
fn nesting_needs_no_stack() {
    let deep = nested(8_000);
    let open = r#"{"arrayValue":{"values":["#.repeat(50_000);
    let json = format!(
        r#"{{"resourceSpans":[{{"scopeSpans":[{{"spans":[{{"traceId":"1","spanId":"2","attributes":[{{"key":"k","value":{open}{}}}]}}]}}]}}]}}"#,
        "]}}".repeat(50_000)
    );
    let read = move || {
        let proto = otlp_proto::decode_traces(&deep, &Limits::default()).unwrap();
        let json = otlp_json::decode(json.as_bytes(), &Limits::default()).unwrap();
        (proto.trimmed.len(), json.spans.len(), json.trimmed.len())
    };
    let thread = std::thread::Builder::new().stack_size(256 * 1024).spawn(read).unwrap();
    assert_eq!(thread.join().unwrap(), (1, 1, 1));
}

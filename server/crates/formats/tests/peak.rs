//! What the largest bodies of the smallest parts cost in memory while they are checked, written anew and read in place.
//! One test alone in its process, because it counts what the allocator hands out.

use std::{alloc::System, io::Write as _};

use bytes::Bytes;
use cap::Cap;
use formats::{Clean, Limits, Senders, otlp_reply::Signal};

#[global_allocator]
static ALLOCATOR: Cap<System> = Cap::new(System, usize::MAX);

const BODY: usize = 4 << 20;
/// Beside the body itself.
const MOST: usize = 32 << 20;

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

fn in_span(rest: &[u8]) -> Vec<u8> {
    let span = [&field(1, &[1; 16]), &field(2, &[2; 8]), rest].concat();
    field(1, &field(2, &field(2, &span)))
}

fn spans_of(rest: &[u8]) -> Vec<u8> {
    let span = field(2, &[&field(1, &[1; 16]), &field(2, &[2; 8]), rest].concat());
    field(1, &field(2, &span.repeat(BODY / span.len())))
}

/// With something at its end that has to be left out, so that all of it is written anew.
fn flawed(mut body: Vec<u8>) -> Vec<u8> {
    body.extend(in_span(&field(9, b"")));
    body
}

fn bombs() -> Vec<(&'static str, Vec<u8>)> {
    let empty = |number: u8| [number << 3 | 2, 0].repeat(BODY / 2);
    let list = [field(1, b"k"), field(2, &field(5, &[0x0a, 0].repeat(BODY / 2)))].concat();
    vec![
        ("empty resource spans", empty(1)),
        ("empty scope spans", field(1, &empty(2))),
        ("empty spans", field(1, &field(2, &empty(2)))),
        ("empty attributes", in_span(&empty(9))),
        ("empty events", in_span(&empty(11))),
        ("empty links", in_span(&empty(13))),
        ("short attributes", in_span(&field(9, &field(1, b"k")).repeat(BODY / 5))),
        ("short events", in_span(&field(11, &[0x12, 0]).repeat(BODY / 4))),
        ("small spans", spans_of(b"")),
        ("small spans full of events", spans_of(&field(11, &[0x12, 0]).repeat(128))),
        ("small spans full of attributes", spans_of(&field(9, &field(1, b"k")).repeat(128))),
        (
            "resources of their own",
            field(1, &[field(1, b""), field(2, &field(2, b""))].concat()).repeat(BODY / 8),
        ),
        ("small spans written anew", flawed(spans_of(b""))),
        ("full spans written anew", flawed(spans_of(&field(9, &field(1, b"k")).repeat(128)))),
        ("one long list", in_span(&field(9, &list))),
        ("one long text", in_span(&field(5, &vec![b'x'; BODY]))),
    ]
}

#[test]
fn the_smallest_parts_of_the_largest_body_cost_little() {
    let mut costs = Vec::new();
    for (name, body) in bombs() {
        let body = Bytes::from(body);
        let before = ALLOCATOR.allocated();
        // Whoever asks for more ends the process: the last name that was told is the one that did.
        std::io::stderr().write_all(format!("{name}\n").as_bytes()).expect("stderr is there");
        ALLOCATOR.set_limit(before + MOST).expect("there is room");
        let clean = Clean::of(body.clone(), Signal::Traces, &Limits::default()).expect("it is a message");
        let mut seen = 0;
        clean.walk().each(&mut Senders::default(), |view| seen += view.attributes.len() + view.events.len());
        ALLOCATOR.set_limit(usize::MAX).expect("there is room");
        costs.push((name, clean.spans(), seen));
    }
    assert!(costs.iter().any(|(_, spans, seen)| *spans > 5_000 && *seen > 100_000), "{costs:?}");
}

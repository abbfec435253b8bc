//! Trees and waterfalls of traces, whole and hostile: no span is lost, nothing recurses, nothing deceives.

use std::{sync::Arc, time::Duration};

use attribution::{Confidence, Placement};
use expect_test::{Expect, expect};
use insight::trace_tree::{TraceTree, waterfall_text};
use model::{Event, Resource, Span, SpanId, SpanKind, Status, StatusCode, Timestamp, TraceId, keys};
use source::FunctionKey;
use world::PlacedSpan;

/// `id parent service start..end name`, times in ms, `-` for no parent; `!` before the name for a failed span.
fn span(line: &str) -> PlacedSpan {
    let mut words = line.splitn(5, ' ');
    let mut word = || words.next().unwrap_or_default();
    let (id, parent, service, times, name) = (word(), word(), word(), word(), word());
    let (start, end) = times.split_once("..").unwrap();
    // A time of zero would mean that none was sent.
    let ms = |text: &str| Timestamp((1_000 + text.parse::<u64>().unwrap()) * 1_000_000);
    let code = if name.starts_with('!') { StatusCode::Error } else { StatusCode::Unset };
    let span = Span {
        trace_id: TraceId([1; 16]),
        span_id: SpanId::from_hex(id).unwrap(),
        parent: SpanId::from_hex(parent).ok(),
        name: name.trim_start_matches('!').into(),
        kind: SpanKind::Internal,
        start: ms(start),
        end: ms(end),
        attributes: Default::default(),
        events: Vec::new(),
        links: Vec::new(),
        status: Status { code, message: Default::default() },
        trace_state: Default::default(),
        resource: Arc::new(Resource { attributes: [(keys::SERVICE_NAME, service)].into_iter().collect() }),
        scope: Default::default(),
    };
    PlacedSpan { span: Arc::new(span), placement: Arc::default() }
}

fn trace(text: &str) -> Vec<PlacedSpan> {
    text.lines().map(str::trim).filter(|line| !line.is_empty()).map(span).collect()
}

fn check(text: &str, expect: Expect) {
    let spans = trace(text);
    let tree = TraceTree::new(&spans);
    assert_eq!(tree.rows.len(), spans.len(), "no span is lost");
    for (at, row) in tree.rows.iter().enumerate() {
        assert!(row.parent.is_none_or(|parent| parent < at), "parents stand before children");
        assert_eq!(row.depth, row.parent.map_or(0, |parent| tree.rows[parent].depth + 1));
    }
    let outline = tree.rows.iter().map(|row| {
        let orphan = if row.is_orphan { " (orphan)" } else { "" };
        format!("{}{}{orphan}\n", "  ".repeat(row.depth as usize), row.span.name)
    });
    expect.assert_eq(&outline.collect::<String>());
}

#[test]
fn children_stand_below_their_parents_in_the_order_of_their_starts() {
    check(
        "3 1 b 40..60 second
         1 - a 0..100 root
         4 3 b 45..50 inner
         2 1 a 10..30 first",
        expect![[r#"
            root
              first
              second
                inner
        "#]],
    );
}

#[test]
fn a_missing_parent_makes_a_root() {
    check(
        "1 - a 0..100 root
         2 99 a 10..30 lost
         3 2 a 15..20 child",
        expect![[r#"
            root
            lost (orphan)
              child
        "#]],
    );
}

#[test]
fn circles_are_cut_at_their_earliest_span() {
    check(
        "1 3 a 20..30 late
         2 1 a 10..30 early
         3 2 a 30..40 latest
         4 4 a 5..6 self
         5 1 a 25..26 tail",
        expect![[r#"
            self (orphan)
            early (orphan)
              latest
                late
                  tail
        "#]],
    );
}

#[test]
fn depth_costs_no_stack() {
    let spans: Vec<_> =
        (1..=100_000u32).map(|n| span(&format!("{n:x} {:x} a {n}..{} deep", n - 1, n + 5))).collect();
    let tree =
        std::thread::Builder::new().stack_size(256 << 10).spawn(move || TraceTree::new(&spans)).unwrap();
    assert_eq!(tree.join().unwrap().rows.last().map(|row| row.depth), Some(99_999));
}

#[test]
fn absurd_times_saturate() {
    let mut spans = trace("1 - a 50..10 backwards\n2 1 a 5..5 never ended");
    let mut never_ended = (*spans[1].span).clone();
    never_ended.end = Timestamp::ZERO;
    spans[1].span = Arc::new(never_ended);
    let tree = TraceTree::new(&spans);
    assert_eq!(tree.rows.iter().map(|row| row.duration).max(), Some(Duration::ZERO));
    assert!(waterfall_text(&tree, 80).iter().any(|line| line.contains("open")));
    assert_eq!(TraceTree::new(&[]).rows.len(), 0);
    assert_eq!(waterfall_text(&TraceTree::new(&[]), 80), ["no spans"]);
}

fn placed(mut placed: PlacedSpan, file: &str, path: &str, confidence: Confidence) -> PlacedSpan {
    let function = FunctionKey { file: file.into(), path: path.into(), nth: 0 };
    placed.placement = Arc::new(Placement { function: Some(function), confidence, ..Placement::default() });
    placed
}

#[test]
fn the_waterfall_reads_at_a_glance() {
    let mut spans = trace(
        "1 - storefront 0..340 POST /checkout
         2 1 storefront 12..100 GET
         3 2 cart 14..98 !GET /cart/{id}
         4 1 storefront 120..330 charge a card whose name is far too long for the column",
    );
    spans[0] = placed(spans[0].clone(), "storefront/app.py", "checkout", Confidence::Certain);
    spans[3] = placed(spans[3].clone(), "storefront/pay.py", "charge", Confidence::Possible);
    let mut failed = (*spans[2].span).clone();
    failed.events.push(Event {
        time: failed.end,
        name: "exception".into(),
        attributes: [(keys::EXCEPTION_MESSAGE, "out of\nstock \u{202e}")].into_iter().collect(),
    });
    spans[2].span = Arc::new(failed);
    let lines = waterfall_text(&TraceTree::new(&spans), 100);
    expect![[r#"
        POST /checkout · 340 ms · 4 spans · storefront, cart · 1 error
          POST /checkout                 storefront ━━━━━━━━━━━━━━━━━━━━━      340 ms  app.py checkout
            GET                          storefront ━━━━━                       88 ms
        ✗     GET /cart/{id}             cart       ━━━━━                       84 ms  out of stock ‹U+202E›
            charge a card whose name is… storefront        ━━━━━━━━━━━━━       210 ms  pay.py charge ?"#]]
    .assert_eq(&lines.join("\n"));
    assert!(lines.iter().all(|line| insight::visible::columns(line) <= 100));
}

#[test]
fn every_line_fits_whatever_the_width_and_the_names() {
    let mut spans =
        trace("1 - 日本語サービス 0..100 root 🦀🦀🦀🦀🦀🦀🦀🦀🦀🦀🦀🦀🦀🦀🦀🦀🦀🦀\n2 1 b 0..0 zero");
    for depth in 0..60 {
        spans.push(span(&format!("{:x} {:x} svc{depth} {depth}..99 level", 0x10 + depth, 0xf + depth)));
    }
    for width in [0, 60, 73, 120, 200] {
        for line in waterfall_text(&TraceTree::new(&spans), width) {
            assert!(insight::visible::columns(&line) <= width.max(60), "{width}: {line}");
        }
    }
}

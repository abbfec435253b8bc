//! Trees of tidy, broken and hostile traces, as indented text; and properties that hold for all of them.

use std::{fmt::Write, sync::Arc};

use expect_test::{Expect, expect};
use model::Resource;

use super::*;
use crate::testing::{Random, service, span, span_id};

/// One line a node: name, offset and duration, shift and standing where they are out of the ordinary.
fn render(spans: &[Span]) -> String {
    let tree = TraceTree::new(spans);
    let mut text = String::new();
    for node in &tree.nodes {
        let indent = "  ".repeat(node.depth as usize);
        let (offset, duration) = (node.offset.as_nanos(), node.duration.as_nanos());
        write!(text, "{indent}{} +{offset} {duration}", spans[node.span].name).unwrap();
        if node.shift_ns != 0 {
            write!(text, " shift {}", node.shift_ns).unwrap();
        }
        if !matches!(node.standing, Standing::Root | Standing::Child) {
            write!(text, " {:?}", node.standing).unwrap();
        }
        text.push('\n');
    }
    writeln!(text, "from {} for {}", tree.start.0, tree.duration.as_nanos()).unwrap();
    text
}

fn check(spans: &[Span], expected: Expect) {
    expected.assert_eq(&render(spans));
}

fn of(resource: &Arc<Resource>, span: Span) -> Span {
    Span { resource: resource.clone(), ..span }
}

#[test]
fn late_parents_and_siblings_by_start() {
    check(
        &[span(1, 3, 1, 140, 160), span(1, 2, 1, 110, 130), span(1, 4, 2, 115, 120), span(1, 1, 0, 100, 200)],
        expect![[r#"
            s1 +0 100
              s2 +10 20
                s4 +15 5
              s3 +40 20
            from 100 for 100
        "#]],
    );
}

#[test]
fn parents_that_are_not_here_leave_their_children_at_the_top() {
    check(
        &[span(1, 2, 9, 110, 130), span(1, 3, 2, 115, 120), span(1, 1, 0, 100, 200)],
        expect![[r#"
            s1 +0 100
            s2 +10 20 MissingParent
              s3 +15 5
            from 100 for 100
        "#]],
    );
}

#[test]
fn circles_are_opened_at_their_earliest_span() {
    check(
        &[
            span(1, 1, 3, 120, 130),
            span(1, 2, 1, 110, 130),
            span(1, 3, 2, 115, 120),
            span(1, 4, 3, 100, 101),
            span(1, 5, 5, 90, 95),
        ],
        expect![[r#"
            s5 +0 5 Cycle
            s2 +20 20 Cycle
              s3 +25 5
                s4 +10 1
                s1 +30 10
            from 90 for 40
        "#]],
    );
}

#[test]
fn the_serving_half_of_a_shared_id_hangs_under_the_calling_half() {
    let (cart, shop) = (service("cart"), service("shop"));
    check(
        &[
            of(&cart, Span { kind: SpanKind::Server, name: "serve".into(), ..span(1, 2, 1, 112, 128) }),
            of(&shop, Span { kind: SpanKind::Client, name: "call".into(), ..span(1, 2, 1, 110, 130) }),
            of(&cart, span(1, 3, 2, 115, 120)),
            of(&shop, span(1, 4, 2, 111, 112)),
            of(&shop, span(1, 1, 0, 100, 200)),
        ],
        expect![[r#"
            s1 +0 100
              call +10 20
                s4 +11 1
                serve +12 16
                  s3 +15 5
            from 100 for 100
        "#]],
    );
}

#[test]
fn a_clock_that_contradicts_the_caller_is_shifted_with_all_that_runs_by_it() {
    let (cart, mail) = (service("cart"), service("mail"));
    check(
        &[
            span(1, 1, 0, 1000, 2000),
            of(&cart, span(1, 2, 1, 500, 1100)),
            of(&cart, span(1, 3, 2, 600, 700)),
            of(&mail, span(1, 4, 3, 1350, 1380)),
            span(1, 5, 4, 1355, 1360),
        ],
        expect![[r#"
            s1 +0 1000
              s2 +200 600 shift 700
                s3 +300 100 shift 700
                  s4 +350 30
                    s5 +355 5
            from 1000 for 1000
        "#]],
    );
}

#[test]
fn what_is_not_waited_for_may_end_late_but_not_begin_early() {
    let (cart, mail) = (service("cart"), service("mail"));
    check(
        &[
            span(1, 1, 0, 1000, 2000),
            of(&cart, Span { kind: SpanKind::Consumer, ..span(1, 2, 1, 5000, 5100) }),
            of(&cart, Span { kind: SpanKind::Consumer, ..span(1, 3, 1, 900, 5100) }),
            of(&mail, span(1, 4, 1, 1500, 2600)),
            of(&mail, Span { name: "long".into(), ..span(1, 5, 1, 1500, 4600) }),
            span(1, 6, 1, 1900, 2600),
        ],
        expect![[r#"
            s1 +0 1000
              s3 +0 4200 shift 100
              s4 +500 1100
              long +500 3100
              s6 +900 700
              s2 +4000 100
            from 1000 for 4200
        "#]],
    );
}

#[test]
fn times_that_were_not_sent_or_go_backwards_cost_nothing() {
    check(
        &[
            span(1, 1, 0, 1000, 2000),
            span(1, 2, 1, 0, 0),
            span(1, 3, 1, 0, 1500),
            span(1, 4, 1, 1500, 0),
            span(1, 5, 1, 1600, 1500),
            span(1, 6, 0, 0, 7),
        ],
        expect![[r#"
            s6 +0 0
            s1 +0 1000
              s2 +0 0
              s3 +0 0
              s4 +500 0
              s5 +600 0
            from 1000 for 1000
        "#]],
    );
    check(
        &[span(1, 1, 0, u64::MAX, u64::MAX), span(1, 2, 1, 1, u64::MAX)],
        expect![[r#"
        s1 +18446744073709551614 0
          s2 +0 18446744073709551614
        from 1 for 18446744073709551614
    "#]],
    );
    check(
        &[],
        expect![[r#"
        from 0 for 0
    "#]],
    );
}

/// Spans with everything that can be wrong: parents missing, later, themselves or in circles, ids shared, clocks odd.
fn hostile(random: &mut Random, count: u64) -> Vec<Span> {
    let services = [service("shop"), service("cart"), service("mail")];
    let kinds =
        [SpanKind::Internal, SpanKind::Server, SpanKind::Client, SpanKind::Producer, SpanKind::Consumer];
    let mut new = |_| {
        let odd = [0, 1, u64::MAX, 1_000_000 + random.below(1000)];
        let time = |random: &mut Random| match random.below(6) {
            0 => odd[random.below(4) as usize],
            _ => 1_000_000 + random.below(1_000_000),
        };
        let (id, parent) = (1 + random.below(count), random.below(count + count / 4 + 2));
        let (start, end) = (time(random), time(random));
        let kind = kinds[random.below(5) as usize];
        of(&services[random.below(3) as usize], Span { kind, ..span(1, id, parent, start, end) })
    };
    (0..count).map(&mut new).collect()
}

#[test]
fn every_tree_is_whole_and_consistent() {
    for seed in 1..=300 {
        let mut random = Random::new(seed);
        let count = random.below(80);
        let spans = hostile(&mut random, count);
        let tree = TraceTree::new(&spans);
        let mut seen: Vec<usize> = tree.nodes.iter().map(|node| node.span).collect();
        seen.sort_unstable();
        assert_eq!(seen, (0..spans.len()).collect::<Vec<_>>(), "none lost, none twice");
        for (place, node) in tree.nodes.iter().enumerate() {
            assert_eq!(tree.place_of(node.span), Some(place));
            check_node(&tree, &spans, place, node);
        }
        let mut walked = Vec::new();
        let mut open: Vec<usize> = tree.roots().collect();
        open.reverse();
        while let Some(place) = open.pop() {
            walked.push(place);
            let mut children: Vec<usize> = tree.children(place).collect();
            children.reverse();
            open.extend(children);
        }
        assert_eq!(walked, (0..tree.nodes.len()).collect::<Vec<_>>(), "pre-order");
        assert_eq!(TraceTree::new(&spans), tree, "the same each time");
    }
}

fn check_node(tree: &TraceTree, spans: &[Span], place: usize, node: &Node) {
    let span = &spans[node.span];
    assert_eq!(tree.ancestors(place).count(), node.depth as usize);
    assert!(place < node.subtree_end && node.subtree_end <= tree.nodes.len());
    let Some(parent) = node.parent else {
        let holders =
            spans.iter().filter(|other| Some(other.span_id) == span.parent && !std::ptr::eq(*other, span));
        match node.standing {
            Standing::Root => assert_eq!(span.parent, None),
            Standing::MissingParent => assert_eq!(holders.count(), 0),
            Standing::Cycle => assert!(span.parent.is_some()),
            Standing::Child => panic!("a child at the top"),
        }
        return;
    };
    let above = &tree.nodes[parent];
    assert_eq!((node.depth, node.standing), (above.depth + 1, Standing::Child));
    assert!(parent < place && node.subtree_end <= above.subtree_end);
    let above = &spans[above.span];
    assert!(span.parent == Some(above.span_id) || is_shared_parent(above, span));
}

#[test]
fn order_of_arrival_does_not_matter() {
    for seed in 1..=100 {
        let mut random = Random::new(seed);
        let count = 2 + random.below(60);
        // Distinct ids and starts: then nothing is left to the order.
        let mut spans: Vec<Span> = (1..=count)
            .map(|id| {
                span(1, id, random.below(count + 3), 1_000 + (id * 7919) % 9973, 20_000 + random.below(1_000))
            })
            .collect();
        let forwards = render(&spans);
        spans.sort_by_cached_key(|_| random.next());
        assert_eq!(render(&spans), forwards);
    }
}

#[test]
fn a_long_chain_and_a_wide_fan_are_no_trouble() {
    let count = 20_000;
    let chain: Vec<Span> = (1..=count).map(|id| span(1, id, id - 1, id, 2 * count)).collect();
    let tree = TraceTree::new(&chain);
    assert_eq!(tree.nodes.last().unwrap().depth as u64, count - 1);
    let fan: Vec<Span> = (1..=count).map(|id| span(1, id, u64::from(id > 1), id, 2 * count)).collect();
    assert_eq!(TraceTree::new(&fan).children(0).count() as u64, count - 1);
    let ring: Vec<Span> = (1..=count).map(|id| span(1, id, id % count + 1, id, 2 * count)).collect();
    assert_eq!(TraceTree::new(&ring).roots().count(), 1);
    let same: Vec<Span> =
        (1..=count).map(|id| Span { span_id: span_id(5), ..span(1, id, 5, id, 2 * count) }).collect();
    assert_eq!(TraceTree::new(&same).nodes.len() as u64, count);
}

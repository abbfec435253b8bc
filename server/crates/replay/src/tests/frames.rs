//! Stacks: whose frame stands at which line.

use expect_test::{Expect, expect};

use super::{moment, stacks};
use crate::{
    Recording,
    testing::{record, record_in, snapshot},
};

pub(super) const CODE: &str = "\
def place_order(order, card):
    total = price(order)
    charge(card, total)
    if total > 5:
        log(total)
    return total


def price(order):
    with tracer.start_as_current_span('sum up'):
        return sum(order)


def charge(card, total):
    validate(card)
    return gateway.authorize(card)


def validate(card):
    raise ValueError(card)
";

pub(super) const TRACE: &str = "
    shop POST /orders 0..100 kind=server place=shop.py:place_order order.id=7
      shop price 10..30 place=shop.py:price
        shop sum up 12..20 place=shop.py:price call=shop.py:10
      shop charge 40..90 place=shop.py:charge card=visa error
        shop POST 50..80 kind=client place=shop.py:charge call=shop.py:16
          pay POST /authorize 55..75 kind=server
        ! 85 exception exception.type=ValueError exception.message=no
";

fn at(recording: &Recording, millis: u64) -> u32 {
    recording.at_offset(std::time::Duration::from_millis(millis))
}

fn check(recording: &Recording, millis: u64, expected: Expect) {
    let position = at(recording, millis);
    expected.assert_eq(&format!("{}\n{}", moment(recording, position), stacks(recording, position)));
}

#[test]
fn each_frame_stands_where_it_is() {
    let recording = record_in(TRACE, &snapshot(&[("shop.py", CODE)]));
    check(
        &recording,
        12,
        expect![[r#"
            +12.000 ms start sum up
            shop
              sum up (in price) at shop.py:10
              price at shop.py:10
              place_order (POST /orders) at shop.py:2
            pay
        "#]],
    );
    check(
        &recording,
        60,
        expect![[r#"
            +55.000 ms start POST /authorize
            shop
              POST (in charge) at shop.py:16
              charge at shop.py:16
              place_order (POST /orders) at shop.py:3
            pay
              POST /authorize
              ── shop ──
              POST (in charge) at shop.py:16
              charge at shop.py:16
              place_order (POST /orders) at shop.py:3
        "#]],
    );
    let before_the_call = recording.call_of(recording.children(0)[1]).unwrap();
    assert_eq!(recording.line_at(before_the_call).map(|line| line.line + 1), Some(3));
}

#[test]
fn frames_are_paged_and_counted() {
    let recording = record_in(TRACE, &snapshot(&[("shop.py", CODE)]));
    let position = at(&recording, 60);
    let pay = recording.lane_at(position);
    let all = recording.stack(pay, position, 0, usize::MAX);
    assert_eq!(all.total, all.frames.len());
    for first in 0..7 {
        for count in 0..4 {
            let page = recording.stack(pay, position, first, count);
            let expected: Vec<_> = all.frames.iter().skip(first).take(count).cloned().collect();
            assert_eq!((page.frames, page.total), (expected, all.total));
        }
    }
}

#[test]
fn an_exception_stands_at_the_line_that_threw() {
    let stack = "Traceback (most recent call last):\n  File \"/srv/shop.py\", line 15, in charge\n    validate(card)\n  \
                 File \"/srv/shop.py\", line 20, in validate\n    raise ValueError(card)\nValueError: no\n";
    let mut spans = crate::testing::spans(TRACE);
    let charge = std::sync::Arc::get_mut(&mut spans[3].span).unwrap();
    charge.events[0].attributes.push("exception.stacktrace", stack);
    let recording = Recording::new(spans, &[], &snapshot(&[("shop.py", CODE)])).unwrap();
    check(
        &recording,
        85,
        expect![[r#"
            +85.000 ms event exception of charge
            shop
              charge at shop.py:20
              place_order (POST /orders) at shop.py:3
            pay
        "#]],
    );
    let failure = recording.failure(at(&recording, 85)).unwrap();
    assert_eq!((failure.kind.as_str(), failure.message.as_str()), ("ValueError", "no"));
    assert!(failure.unhandled && failure.stack.ends_with("no\n"));
}

#[test]
fn where_a_stack_comes_from_is_said() {
    let recording = record(
        "
        shop enqueue 0..10 kind=producer
        shop lost 20..30 orphan
        mail send 40..50 link=1 kind=consumer
        mail other 60..70 link=99
        ",
    );
    check(
        &recording,
        20,
        expect![[r#"
            +20.000 ms start lost
            shop
              lost
              ── the caller's span is not in this trace ──
            mail
        "#]],
    );
    check(
        &recording,
        40,
        expect![[r#"
            +40.000 ms start send
            shop
            mail
              send
              ── linked from enqueue ──
        "#]],
    );
    check(
        &recording,
        60,
        expect![[r#"
            +60.000 ms start other
            shop
            mail
              other
              ── linked from trace 07070707070707070707070707070707 ──
        "#]],
    );
}

#[test]
fn a_frame_says_when_its_code_moved_on() {
    let trace = "shop price 0..5 place=shop.py:price code.function.name=price code.line.number=";
    let code = snapshot(&[("shop.py", CODE)]);
    let name = |line: u32| record_in(&format!("{trace}{line}"), &code).frame_name(0);
    assert_eq!(name(9), "price");
    assert_eq!(name(40), "price · code changed since");
}

#[test]
fn a_span_without_a_place_has_a_document() {
    let recording = record(
        "
        shop GET /cart 0..12 kind=server http.route=/cart error
          ! 4 exception exception.type=E
          shop query 5..6
        ",
    );
    assert_eq!(recording.document_name(0), "GET -cart.md");
    expect![[r#"
        # GET /cart

        service: shop
        kind: server
        status: error
        started: +0.000 ms
        duration: 12 ms
        self time: 11 ms
        span id: 0000000000000001
        trace id: 07070707070707070707070707070707
        place: no function of this workspace

        ## Attributes

        - http.route: /cart

        ## Events

        - +4.000 ms exception
          - exception.type: E

        ## Calls

        - +5.000 ms query (1 ms)

        ## Resource

        - service.name: shop
    "#]]
    .assert_eq(&recording.document(0));
}

//! The one order of moments, on good input and bad.

use expect_test::{Expect, expect};

use super::moments;
use crate::{
    Recording,
    testing::{record, snapshot, spans},
};

fn check(trace: &str, expected: Expect) {
    let recording = record(trace);
    expected.assert_eq(&moments(&recording));
    let mut reversed = spans(trace);
    reversed.reverse();
    let again = Recording::new(reversed, &[], &snapshot(&[])).unwrap();
    assert_eq!(moments(&again), moments(&recording), "the order of arrival must not matter");
}

#[test]
fn calls_nest() {
    check(
        "
        shop GET 0..100
          ! 5 cache.miss
          shop query 10..40
          shop render 50..90
        ",
        expect![[r#"
            +0.000 ms start GET
            +5.000 ms event cache.miss of GET
            +10.000 ms call query
            +10.000 ms start query
            +40.000 ms end query
            +50.000 ms call render
            +50.000 ms start render
            +90.000 ms end render
            +100.000 ms end GET
        "#]],
    );
}

#[test]
fn at_equal_times_callers_stand_around_what_they_call() {
    check(
        "
        shop a 0..10
          shop b 0..10
            ! 0 e
            shop c 10..10
          shop d 10..10
        ",
        expect![[r#"
            +0.000 ms start a
            +0.000 ms call b
            +0.000 ms start b
            +0.000 ms event e of b
            +10.000 ms call c
            +10.000 ms start c
            +10.000 ms end c
            +10.000 ms end b
            +10.000 ms call d
            +10.000 ms start d
            +10.000 ms end d
            +10.000 ms end a
        "#]],
    );
}

#[test]
fn clocks_that_disagree_are_set_by_causality() {
    // The second service's clock is 50 ms behind: its span would begin and end before it was called.
    check(
        "
        shop GET 0..100
          shop call 10..90 kind=client
            pay handle -40..20 kind=server
              ! 0 charged
              pay store -30..10
        ",
        expect![[r#"
            +0.000 ms start GET
            +10.000 ms call call
            +10.000 ms start call
            +20.000 ms call handle
            +20.000 ms start handle
            +30.000 ms call store
            +30.000 ms start store
            +60.000 ms event charged of handle
            +70.000 ms end store
            +80.000 ms end handle
            +90.000 ms end call
            +100.000 ms end GET
        "#]],
    );
}

#[test]
fn work_that_outlives_its_caller_is_not_called_after_its_end() {
    check(
        "
        shop POST 0..20
          shop respond 5..15
          shop email 18..60
          shop cleanup 30..40
        ",
        expect![[r#"
            +0.000 ms start POST
            +5.000 ms call respond
            +5.000 ms start respond
            +15.000 ms end respond
            +18.000 ms call email
            +18.000 ms start email
            +20.000 ms end POST
            +30.000 ms start cleanup
            +40.000 ms end cleanup
            +60.000 ms end email
        "#]],
    );
}

#[test]
fn a_span_without_an_end_lasts_as_long_as_what_it_holds() {
    check(
        "
        shop a 0..0 open
          ! 30 last
          shop b 5..0 open
            shop c 10..20
        ",
        expect![[r#"
            +0.000 ms start a
            +5.000 ms call b
            +5.000 ms start b
            +10.000 ms call c
            +10.000 ms start c
            +20.000 ms end c
            +20.000 ms end b
            +30.000 ms event last of a
            +30.000 ms end a
        "#]],
    );
}

#[test]
fn an_end_before_the_start_is_not_believed() {
    check(
        "
        shop a 10..5
          ! 2 early
        ",
        expect![[r#"
            +0.000 ms start a
            +0.000 ms event early of a
            +0.000 ms end a
        "#]],
    );
}

#[test]
fn several_roots_orphans_and_circles_all_have_a_place() {
    check(
        "
        shop first 0..10
        shop second 5..20
        shop lost 7..8 orphan
        shop round 30..40 id=11 parent=12
        shop about 31..39 id=12 parent=11
        shop self 50..51 id=13 parent=13
        ",
        expect![[r#"
            +0.000 ms start first
            +5.000 ms start second
            +7.000 ms start lost
            +8.000 ms end lost
            +10.000 ms end first
            +20.000 ms end second
            +30.000 ms start round
            +31.000 ms call about
            +31.000 ms start about
            +39.000 ms end about
            +40.000 ms end round
            +50.000 ms start self
            +51.000 ms end self
        "#]],
    );
}

#[test]
fn two_halves_of_one_call_may_share_an_identifier() {
    check(
        "
        shop get 0..100 kind=client id=5
        pay get 10..90 kind=server id=5
        pay query 20..30 id=6 parent=5
        shop retry 95..96 id=7 parent=5
        ",
        expect![[r#"
            +0.000 ms start get
            +10.000 ms call get
            +10.000 ms start get
            +20.000 ms call query
            +20.000 ms start query
            +30.000 ms end query
            +90.000 ms end get
            +95.000 ms call retry
            +95.000 ms start retry
            +96.000 ms end retry
            +100.000 ms end get
        "#]],
    );
}

#[test]
fn a_span_sent_twice_is_shown_once() {
    let trace = "
        shop a 0..10
          shop b 2..3
    ";
    let twice: Vec<_> = spans(trace).into_iter().chain(spans(trace)).collect();
    let recording = Recording::new(twice, &[], &snapshot(&[])).unwrap();
    assert_eq!(recording.duplicate_spans(), 2);
    assert_eq!(moments(&recording), moments(&record(trace)));
}

#[test]
fn times_at_the_edges_of_numbers_do_no_harm() {
    let mut hostile = spans(
        "
        shop a 0..10
          pay b 2..3
            ! 5 x
          shop c 4..5
        ",
    );
    for (placed, (start, end)) in hostile.iter_mut().zip([(u64::MAX, u64::MAX), (0, u64::MAX), (1, 0)]) {
        let span = std::sync::Arc::get_mut(&mut placed.span).unwrap();
        span.start = model::Timestamp(start);
        span.end = model::Timestamp(end);
    }
    let recording = Recording::new(hostile, &[], &snapshot(&[])).unwrap();
    assert_eq!(recording.moments().len(), 3 * 2 + 2 + 1);
}

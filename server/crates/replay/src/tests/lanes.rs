//! Threads: who shares one, and what they are called.

use expect_test::{Expect, expect};

use crate::testing::record;

fn check(trace: &str, expected: Expect) {
    let recording = record(trace);
    let line = |lane: usize| {
        let spans =
            recording.lanes.spans.of(lane as u32).iter().map(|span| recording.span(*span).name.as_str());
        format!("{}: {}\n", recording.lanes()[lane].name, spans.collect::<Vec<_>>().join(", "))
    };
    expected.assert_eq(&(0..recording.lanes().len()).map(line).collect::<String>());
}

#[test]
fn calls_in_a_row_share_a_thread_and_overlapping_ones_do_not() {
    check(
        "
        shop GET 0..100
          shop a 10..40
          shop b 20..50
            shop b2 25..30
          shop c 60..70
        pay POST 15..20
        ",
        expect![[r#"
            shop: GET, a, c
            pay: POST
            shop · worker 2: b, b2
        "#]],
    );
}

#[test]
fn threads_keep_the_names_that_were_sent() {
    check(
        "
        shop GET 0..100 thread.id=1 thread.name=MainThread
          shop inherits 5..9
          shop pooled 10..40 thread.id=2 thread.name=pool-1
          shop pooled 11..40 thread.id=3 thread.name=pool-1
          shop together 12..30 thread.id=1 thread.name=MainThread
          shop together 13..30 thread.id=1 thread.name=MainThread
        ",
        expect![[r#"
            shop · MainThread: GET, inherits, together
            shop · pool-1: pooled
            shop · pool-1 · 2: pooled
            shop · MainThread · 2: together
        "#]],
    );
}

#[test]
fn a_service_that_calls_itself_handles_it_on_another_thread() {
    check(
        "
        shop GET 0..100 kind=server
          shop call 10..90 kind=client
            pay handle 20..80 kind=server
              shop callback 30..70 kind=server
        ",
        expect![[r#"
            shop: GET, call
            pay: handle
            shop · worker 2: callback
        "#]],
    );
}

#[test]
fn a_wide_fan_out_has_a_bounded_number_of_threads() {
    let spans: String = (0..1_000).map(|number| format!("\n  shop s{number} {number}..5000")).collect();
    let recording = record(&format!("shop root 0..6000{spans}"));
    assert_eq!(recording.lanes().len(), 256);
    let names: std::collections::HashSet<_> = recording.lanes().iter().map(|lane| &lane.name).collect();
    assert_eq!(names.len(), 256);
}

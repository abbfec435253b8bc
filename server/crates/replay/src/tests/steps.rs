//! Where steps lead, and that their mirrors lead back.

use std::sync::Arc;

use expect_test::{Expect, expect};

use super::moment;
use crate::{Cause, Direction, Session, Step, Stride, testing::record};

const TRACE: &str = "
    shop GET 0..100
      ! 5 miss
      shop query 10..40
        shop connect 12..20
      shop render 50..90
";

/// Walks by letters from the start: `i`n, `o`ver, `u`p and out, `m`oment; capitals go back in time.
fn check(trace: &str, walk: &str, expected: Expect) {
    let mut session = Session::new(Arc::new(record(trace)), None);
    let mut text = String::new();
    for letter in walk.chars() {
        let lane = session.lane();
        let arrival = session.step(step(letter), lane);
        let end = if matches!(arrival.cause, Cause::EndOfTime(_)) { " (no more)" } else { "" };
        text += &format!("{letter} {}{end}\n", moment(session.recording(), arrival.position));
    }
    expected.assert_eq(&text);
}

fn step(letter: char) -> Step {
    let stride = match letter.to_ascii_lowercase() {
        'i' => Stride::In,
        'o' => Stride::Over,
        'u' => Stride::Out,
        _ => Stride::Moment,
    };
    if letter.is_ascii_uppercase() { Step::backward(stride) } else { Step::forward(stride) }
}

#[test]
fn over_stops_at_each_call_and_does_not_enter_it() {
    check(
        TRACE,
        "ooooo",
        expect![[r#"
            o +5.000 ms event miss of GET
            o +10.000 ms call query
            o +50.000 ms call render
            o +100.000 ms end GET
            o +100.000 ms end GET (no more)
        "#]],
    );
}

#[test]
fn in_enters_each_call() {
    check(
        TRACE,
        "iiiiiiiii",
        expect![[r#"
            i +5.000 ms event miss of GET
            i +10.000 ms start query
            i +12.000 ms start connect
            i +20.000 ms end connect
            i +40.000 ms end query
            i +50.000 ms start render
            i +90.000 ms end render
            i +100.000 ms end GET
            i +100.000 ms end GET (no more)
        "#]],
    );
}

#[test]
fn a_call_can_be_entered_where_it_is_about_to_happen() {
    check(
        TRACE,
        "ooiuI",
        expect![[r#"
            o +5.000 ms event miss of GET
            o +10.000 ms call query
            i +10.000 ms start query
            u +50.000 ms call render
            I +40.000 ms end query
        "#]],
    );
}

#[test]
fn every_stride_has_its_mirror() {
    check(
        TRACE,
        "uOOOOOO",
        expect![[r#"
            u +100.000 ms end GET
            O +50.000 ms call render
            O +10.000 ms call query
            O +5.000 ms event miss of GET
            O +0.000 ms start GET
            O +0.000 ms start GET (no more)
            O +0.000 ms start GET (no more)
        "#]],
    );
    check(
        TRACE,
        "uIIIIIIII",
        expect![[r#"
            u +100.000 ms end GET
            I +90.000 ms end render
            I +50.000 ms start render
            I +40.000 ms end query
            I +20.000 ms end connect
            I +12.000 ms start connect
            I +10.000 ms start query
            I +5.000 ms event miss of GET
            I +0.000 ms start GET
        "#]],
    );
    check(
        TRACE,
        "iiiUUU",
        expect![[r#"
            i +5.000 ms event miss of GET
            i +10.000 ms start query
            i +12.000 ms start connect
            U +12.000 ms call connect
            U +10.000 ms call query
            U +0.000 ms start GET
        "#]],
    );
}

#[test]
fn a_step_that_left_a_function_is_taken_back_into_it() {
    check(
        TRACE,
        "iiiooO",
        expect![[r#"
            i +5.000 ms event miss of GET
            i +10.000 ms start query
            i +12.000 ms start connect
            o +20.000 ms end connect
            o +40.000 ms end query
            O +20.000 ms end connect
        "#]],
    );
}

#[test]
fn work_side_by_side_is_seen_as_it_happened_and_can_be_walked_thread_by_thread() {
    let trace = "
        shop GET 0..100
          shop left 10..60
            shop left inner 20..30
          shop right 15..80
            shop right inner 25..70
          shop last 85..90
    ";
    check(
        trace,
        "iiiiii",
        expect![[r#"
            i +10.000 ms start left
            i +15.000 ms start right
            i +20.000 ms start left inner
            i +25.000 ms start right inner
            i +30.000 ms end left inner
            i +60.000 ms end left
        "#]],
    );
    // The other thread can be stepped on its own.
    let mut session = Session::new(Arc::new(record(trace)), None);
    session.go_to(session.recording().at_offset(std::time::Duration::from_millis(22)));
    let other = 1 - session.lane();
    let arrival = session.step(Step::forward(Stride::Over), other);
    assert_eq!(moment(session.recording(), arrival.position), "+25.000 ms call right inner");
}

#[test]
fn what_outlives_its_caller_comes_after_it() {
    check(
        "
        shop POST 0..20
          shop cleanup 30..40
        shop late 50..60
        ",
        "ooooooOOOO",
        expect![[r#"
            o +20.000 ms end POST
            o +30.000 ms start cleanup
            o +40.000 ms end cleanup
            o +50.000 ms start late
            o +60.000 ms end late
            o +60.000 ms end late (no more)
            O +50.000 ms start late
            O +40.000 ms end cleanup
            O +30.000 ms start cleanup
            O +20.000 ms end POST
        "#]],
    );
}

#[test]
fn an_idle_thread_steps_to_its_own_work() {
    let mut session = Session::new(
        Arc::new(record(
            "
            shop GET 0..100
              ! 50 tick
              pay charge 20..40
              pay charge 60..80
            ",
        )),
        None,
    );
    let pay = 1;
    assert_eq!(session.recording().lanes()[pay].name, "pay");
    let visit = |session: &mut Session, step| {
        let arrival = session.step(step, pay as u32);
        moment(session.recording(), arrival.position)
    };
    assert_eq!(visit(&mut session, Step::forward(Stride::Over)), "+20.000 ms start charge");
    session.go_to(session.recording().at_offset(std::time::Duration::from_millis(50)));
    let position = session.position();
    assert_eq!(session.recording().running(pay as u32, position), None);
    assert_eq!(visit(&mut session, Step::backward(Stride::In)), "+40.000 ms end charge");
}

#[test]
fn errors_are_found_in_both_directions() {
    let mut session = Session::new(
        Arc::new(record(
            "
            shop GET 0..100 error
              shop query 10..40 error
                ! 30 exception exception.type=E
              shop render 50..90 error
            ",
        )),
        None,
    );
    let mut visit = |direction| {
        let arrival = session.go_to_error(direction);
        moment(session.recording(), arrival.position)
    };
    assert_eq!(visit(Direction::Forward), "+30.000 ms event exception of query");
    assert_eq!(visit(Direction::Forward), "+90.000 ms end render");
    assert_eq!(visit(Direction::Forward), "+100.000 ms end GET");
    assert_eq!(visit(Direction::Forward), "+100.000 ms end GET");
    assert_eq!(visit(Direction::Backward), "+90.000 ms end render");
}

//! Breakpoints: where they end up, what they stop at, and that both directions stop at the same moments.

use std::sync::Arc;

use expect_test::{Expect, expect};

use super::{
    frames::{CODE, TRACE},
    moment,
};
use crate::{
    Cause, Direction, ExceptionFilter, Guard, Outcome, Session,
    testing::{record, record_in, snapshot},
};

fn session() -> Session {
    Session::new(
        Arc::new(record_in(
            TRACE,
            &snapshot(&[("shop.py", CODE), ("other.py", "def unused():\n    pass\n")]),
        )),
        None,
    )
}

/// Every stop of a run to the end, after checking that the way back has the same ones.
fn stops(session: &mut Session) -> String {
    let mut forward = Vec::new();
    loop {
        let arrival = session.run(Direction::Forward);
        if matches!(arrival.cause, Cause::EndOfTime(_)) {
            break;
        }
        forward.push(arrival.position);
    }
    let mut backward = Vec::new();
    loop {
        let arrival = session.run(Direction::Backward);
        if matches!(arrival.cause, Cause::EndOfTime(_)) {
            break;
        }
        backward.push(arrival.position);
    }
    backward.reverse();
    backward.retain(|position| *position != 0);
    forward.retain(|position| *position != session.recording().last());
    assert_eq!(forward, backward, "both directions stop at the same moments");
    forward.iter().map(|position| moment(session.recording(), *position) + "\n").collect()
}

fn outcome(outcome: &Outcome) -> String {
    let line = outcome.line.map(|line| format!("line {} ", line + 1)).unwrap_or_default();
    let message = outcome.message.as_deref().unwrap_or("");
    let set = if outcome.verified { "set" } else { "not set" };
    format!("{line}{set} {message}").trim_end().to_owned() + "\n"
}

fn check_lines(lines: &[u32], guard: Guard, expected: Expect) {
    let mut session = session();
    let recording = session.recording().clone();
    let wanted: Vec<_> = lines.iter().map(|line| (line - 1, guard.clone())).collect();
    let outcomes = session.breakpoints.set_lines(&recording, "shop.py", &wanted);
    let outcomes: String = outcomes.iter().map(outcome).collect();
    expected.assert_eq(&format!("{outcomes}{}", stops(&mut session)));
}

#[test]
fn a_line_is_hit_where_a_frame_stands_on_it() {
    check_lines(
        &[3],
        Guard::default(),
        expect![[r#"
            line 3 set
            +40.000 ms call charge
        "#]],
    );
    // Inside price: the statement that starts a span by hand is one stop, not two.
    check_lines(
        &[10],
        Guard::default(),
        expect![[r#"
            line 10 set
            +12.000 ms start sum up
        "#]],
    );
}

#[test]
fn a_line_that_the_trace_does_not_know_moves_within_its_function() {
    check_lines(
        &[11, 15, 19, 8],
        Guard::default(),
        expect![[r#"
            line 9 set
            line 16 set
            line 19 set this trace does not run validate
            line 8 not set no function of this trace or of the workspace stands here
            +10.000 ms start price
            +50.000 ms start POST
        "#]],
    );
}

#[test]
fn a_file_of_the_workspace_that_did_not_run_is_known() {
    let mut session = session();
    let recording = session.recording().clone();
    let outcomes = session.breakpoints.set_lines(&recording, "other.py", &[(1, Guard::default())]);
    assert_eq!(outcome(&outcomes[0]), "line 1 set this trace does not run unused\n");
    assert!(!session.breakpoints.can_stop());
    let outcomes = session.breakpoints.set_lines(&recording, "nowhere.py", &[(1, Guard::default())]);
    assert!(!outcomes[0].verified);
}

#[test]
fn names_of_functions_and_spans_are_patterns() {
    let check = |pattern: &str, expected: Expect| {
        let mut session = session();
        let recording = session.recording().clone();
        let outcomes =
            session.breakpoints.set_functions(&recording, &[(pattern.to_owned(), Guard::default())]);
        expected.assert_eq(&format!("{}{}", outcome(&outcomes[0]), stops(&mut session)));
    };
    check(
        "POST *",
        expect![[r#"
            set
            +55.000 ms start POST /authorize
        "#]],
    );
    check(
        "charge",
        expect![[r#"
            set
            +40.000 ms start charge
            +50.000 ms start POST
        "#]],
    );
    check(
        "nothing",
        expect![[r#"
            not set nothing in this trace is called nothing
        "#]],
    );
}

#[test]
fn exceptions_and_errors_without_one() {
    let trace = "
        shop GET 0..100 error
          shop a 10..20 error
            ! 15 exception exception.type=KeyError
          shop b 30..40 error
          shop c 50..60
            ! 55 exception exception.type=ValueError
    ";
    let check = |filter, condition: Option<&str>, expected: Expect| {
        let mut session = Session::new(Arc::new(record(trace)), None);
        let recording = session.recording().clone();
        let guard = Guard { condition: condition.map(str::to_owned), ..Guard::default() };
        let outcomes = session.breakpoints.set_exceptions(&recording, &[(filter, guard)]);
        expected.assert_eq(&format!("{}{}", outcome(&outcomes[0]), stops(&mut session)));
    };
    check(
        ExceptionFilter::Exception,
        None,
        expect![[r#"
            set
            +15.000 ms event exception of a
            +55.000 ms event exception of c
        "#]],
    );
    check(
        ExceptionFilter::Error,
        None,
        expect![[r#"
            set
            +40.000 ms end b
        "#]],
    );
    check(
        ExceptionFilter::Exception,
        Some("event.exception.type =~ \"Value.*\""),
        expect![[r#"
            set
            +55.000 ms event exception of c
        "#]],
    );
    check(
        ExceptionFilter::Exception,
        Some("a b"),
        expect![[r#"
            not set the condition cannot be read: column 3: expected an operator before `b`
        "#]],
    );
}

#[test]
fn an_attribute_that_changes() {
    let mut session = Session::new(
        Arc::new(record(
            "
            shop a 0..10 cart=1
            shop b 11..12
            shop c 20..30 cart=1
            shop d 40..50 cart=2
            ",
        )),
        None,
    );
    let recording = session.recording().clone();
    session.breakpoints.set_attributes(&recording, &[("cart".to_owned(), Guard::default())]);
    // The first is where the session stands already.
    assert_eq!(stops(&mut session), "+40.000 ms start d\n");
}

#[test]
fn conditions_and_hit_counts_choose_and_log_points_go_on() {
    let trace = "
        shop root 0..100
          shop work 10..11 n=1
          shop work 20..21 n=2
          shop work 30..31 n=3
          shop work 40..41 n=4
    ";
    let check = |guard: Guard| {
        let mut session = Session::new(Arc::new(record(trace)), None);
        let recording = session.recording().clone();
        let outcomes = session.breakpoints.set_functions(&recording, &[("work".to_owned(), guard)]);
        if !outcomes[0].verified {
            return outcome(&outcomes[0]);
        }
        stops(&mut session)
    };
    let guard = |condition: &str, hits: &str| Guard {
        condition: Some(condition.to_owned()),
        hit_condition: Some(hits.to_owned()),
        log_message: None,
    };
    assert_eq!(check(guard("n > 1", "2")), "+30.000 ms start work\n");
    assert_eq!(check(guard("", "%2")), "+20.000 ms start work\n+40.000 ms start work\n");
    assert!(check(guard("n >", "")).starts_with("not set the condition cannot be read: column 4"));
    assert!(check(guard("", "often")).starts_with("not set a hit condition is a number"));

    let mut session = Session::new(Arc::new(record(trace)), None);
    let recording = session.recording().clone();
    let log = Guard { log_message: Some("n is {n}".to_owned()), ..guard("n != 3", "") };
    session.breakpoints.set_functions(&recording, &[("work".to_owned(), log)]);
    let texts = |direction, session: &mut Session| {
        let arrival = session.run(direction);
        assert_eq!(arrival.cause, Cause::EndOfTime(direction));
        arrival.logs.into_iter().map(|(_, text)| text).collect::<Vec<_>>()
    };
    assert_eq!(texts(Direction::Forward, &mut session), ["n is 1", "n is 2", "n is 4"]);
    assert_eq!(texts(Direction::Backward, &mut session), ["n is 4", "n is 2", "n is 1"]);
}

#[test]
fn a_step_over_a_breakpoint_stops_there() {
    let mut session = session();
    let recording = session.recording().clone();
    session.breakpoints.set_functions(&recording, &[("sum up".to_owned(), Guard::default())]);
    let over = crate::Step::forward(crate::Stride::Over);
    session.step(over, session.lane());
    let arrival = session.step(over, session.lane());
    assert_eq!(moment(&recording, arrival.position), "+12.000 ms start sum up");
    assert_eq!((arrival.cause, arrival.hits), (Cause::Function, vec![1]));
    let back = session.step(over.reversed(), session.lane());
    assert_eq!(moment(&recording, back.position), "+10.000 ms call price");
}

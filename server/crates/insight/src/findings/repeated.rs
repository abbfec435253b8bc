//! Calls that are made again and again within one run of their function: for each of many things where one call for
//! all of them would do, or because they fail.

use source::{CallKind, SourceFile};
use world::Snapshot;

use super::{Code, Finding};
use crate::{
    call_costs::{CallCost, Place, call_costs},
    visible::visible,
    wording,
};

/// So many calls in one run are worth a remark where the text makes them in a loop.
const IN_LOOP: f64 = 5.0;
/// And so many where it does not show a loop: the loop may be a caller's, or a library's.
const ANYWHERE: f64 = 10.0;
/// Attempts in one run that make a storm, when most of them fail.
const ATTEMPTS: f64 = 2.5;
/// Runs that must have been seen: one request is an anecdote.
const RUNS: f64 = 3.0;

/// Remarks on calls of `file`.
pub(super) fn find(snapshot: &Snapshot, file: &SourceFile) -> Vec<Finding> {
    call_costs(snapshot, file).iter().filter_map(retries_or_repetition).collect()
}

fn retries_or_repetition(cost: &CallCost<'_>) -> Option<Finding> {
    // Of a line with several calls nobody knows which is meant.
    let Place::Site(site) = cost.place else { return None };
    let each = cost.per_call?;
    let calls = cost.figures.calls as f64;
    if cost.figures.seen as f64 / each < RUNS {
        return None;
    }
    let what = match site.kind {
        CallKind::Sql => "query",
        CallKind::Http | CallKind::Rpc => "request",
        // Many messages are what a queue is for, and many calls of a function what a loop is for.
        CallKind::Messaging | CallKind::Function => return None,
    };
    let function = visible(&cost.function.name, 60);
    let times = format!("{} times", wording::count(each.round() as u64));
    let failed = cost.figures.errors as f64 / calls;
    let (code, message) = if each >= ATTEMPTS && failed > 0.5 {
        let share = (failed * 100.0).round();
        (
            Code::Retries,
            format!("this {what} is made {times} for each call of `{function}`; {share} % of them fail"),
        )
    } else if each >= if site.in_loop { IN_LOOP } else { ANYWHERE } {
        let total = wording::duration(cost.figures.p50.mul_f64(each));
        (
            Code::NPlusOne,
            format!(
                "this {what} is made {times} for each call of `{function}`, {total} in sum: one for all of them may do"
            ),
        )
    } else {
        return None;
    };
    Some(Finding {
        code,
        line: site.position.line,
        message,
        related: Vec::new(),
        subject: format!("{} {}", cost.function.key, site.callee),
        count: each,
    })
}

//! When each span ran, on one clock: senders' clocks disagree, ends are missing, and no call may precede its caller.
//!
//! The rules are in docs/replay.md, "Time".

use std::collections::HashMap;

use model::{Resource, Span, SpanKind, Timestamp};

use crate::{groups::Groups, tree::Tree};

/// A span's time on the replay's clock.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Times {
    /// Never before the caller's start.
    pub start: Timestamp,
    /// Never before the start.
    pub end: Timestamp,
    /// What was added to the sender's times, in nanoseconds.
    pub shift: i64,
    /// Whether the sender said when it ended, and that was not before its start.
    pub ended: bool,
}

impl Times {
    /// A time of this span's sender on the replay's clock, kept within the span.
    pub(crate) fn place(&self, sent: Timestamp) -> Timestamp {
        if sent == Timestamp::ZERO {
            return self.start;
        }
        shifted(sent, self.shift).clamp(self.start, self.end)
    }
}

/// The times of every span. `clocks` numbers the clock that each span was measured by.
pub(crate) fn align(tree: &Tree, children: &Groups, clocks: &[u32]) -> Vec<Times> {
    let order = tree.parents_first(children);
    let mut times = vec![Times::default(); tree.len()];
    let mut known_shifts: HashMap<u32, i64> = HashMap::new();
    let dawn = tree.spans.iter().map(|placed| placed.span.start).find(|start| *start > Timestamp::ZERO);
    for at in &order {
        let at = *at as usize;
        let span = &tree.spans[at].span;
        let parent = tree.parents[at].map(|parent| parent as usize);
        let caller = parent.map(|parent| Caller {
            span: &tree.spans[parent].span,
            times: times[parent],
            same_clock: clocks[parent] == clocks[at],
        });
        let known = known_shifts.get(&clocks[at]).copied();
        times[at] = start_of(span, caller, known, dawn.unwrap_or_default());
        known_shifts.entry(clocks[at]).or_insert(times[at].shift);
    }
    for at in order.iter().rev() {
        close(tree, children, &mut times, *at);
    }
    times
}

/// Numbers the process that each span ran in, dense from 0 in the order of the spans.
pub(crate) fn number_processes(tree: &Tree) -> Vec<u32> {
    let mut by_pointer: HashMap<*const Resource, u32> = HashMap::new();
    let mut by_name: HashMap<String, u32> = HashMap::new();
    let number = |placed: &world::PlacedSpan| {
        let resource = &placed.span.resource;
        *by_pointer.entry(std::sync::Arc::as_ptr(resource)).or_insert_with(|| {
            let next = by_name.len() as u32;
            *by_name.entry(process_name(resource)).or_insert(next)
        })
    };
    tree.spans.iter().map(number).collect()
}

/// What tells one process from another: the service, and what tells its instances apart.
fn process_name(resource: &Resource) -> String {
    let keys = ["service.namespace", "service.instance.id", "host.name", "process.pid"];
    let mut name = resource.service().to_owned();
    for value in keys.iter().filter_map(|key| resource.attributes.get(key)) {
        name.push('\u{1f}');
        name.push_str(&value.to_string());
    }
    name
}

struct Caller<'a> {
    span: &'a Span,
    times: Times,
    same_clock: bool,
}

fn start_of(span: &Span, caller: Option<Caller<'_>>, known_shift: Option<i64>, dawn: Timestamp) -> Times {
    let ended = span.end >= span.start && span.end > Timestamp::ZERO;
    let Some(caller) = caller else {
        let start = if span.start == Timestamp::ZERO { dawn } else { span.start };
        let shift = known_shift.unwrap_or(0);
        return close_open(span, Times { start: shifted(start, shift), end: Timestamp::ZERO, shift, ended });
    };
    let inherited = if caller.same_clock { caller.times.shift } else { known_shift.unwrap_or(0) };
    let mut times =
        Times { start: shifted(span.start, inherited), end: Timestamp::ZERO, shift: inherited, ended };
    if span.start == Timestamp::ZERO {
        times.start = caller.times.start;
    } else if needs_aligning(span, &times, &caller) {
        times.start = caller.times.start.plus(latency(span, &caller));
        times.shift = difference(times.start, span.start);
    }
    close_open(span, times)
}

/// Whether a span's own clock puts it where it cannot have been: before its caller, or, for the two halves of one
/// call, past the caller's end.
fn needs_aligning(span: &Span, times: &Times, caller: &Caller<'_>) -> bool {
    if times.start < caller.times.start {
        return true;
    }
    let one_call =
        caller.span.kind == SpanKind::Client && span.kind == SpanKind::Server && !caller.same_clock;
    let fits = span.duration() <= caller.span.duration();
    one_call && fits && times.ended && caller.times.ended && shifted(span.end, times.shift) > caller.times.end
}

/// How long after its caller a span of another clock began: half of the time that the caller waited in excess.
fn latency(span: &Span, caller: &Caller<'_>) -> std::time::Duration {
    if caller.same_clock {
        return std::time::Duration::ZERO;
    }
    caller.span.duration().saturating_sub(span.duration()) / 2
}

/// The end as sent; open spans end at their start until their children are known.
fn close_open(span: &Span, mut times: Times) -> Times {
    times.end = if times.ended { shifted(span.end, times.shift).max(times.start) } else { times.start };
    times
}

/// A span that never ended lasts as long as anything in it.
fn close(tree: &Tree, children: &Groups, times: &mut [Times], at: u32) {
    let own = times[at as usize];
    if own.ended {
        return;
    }
    let events = tree.spans[at as usize].span.events.iter().map(|event| shifted(event.time, own.shift));
    let inner = children.of(at).iter().map(|child| times[*child as usize].end);
    let end = events.chain(inner).fold(own.start, Timestamp::max);
    times[at as usize].end = end;
}

fn shifted(time: Timestamp, shift: i64) -> Timestamp {
    Timestamp(time.0.saturating_add_signed(shift))
}

fn difference(to: Timestamp, from: Timestamp) -> i64 {
    let difference = i128::from(to.0) - i128::from(from.0);
    difference.clamp(i128::from(i64::MIN), i128::from(i64::MAX)) as i64
}

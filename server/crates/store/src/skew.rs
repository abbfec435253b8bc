//! Clocks of different machines disagree: what a caller must have waited for is drawn inside its call.
//!
//! Only a span of another clock than its parent's is ever moved, and only when it contradicts its parent: it begins
//! before it, or it is short enough to fit but ends after it. What runs by the same clock as the moved span, below it,
//! moves along. Work that is not waited for (messages) may end whenever it likes.

use std::{collections::HashMap, sync::Arc, time::Duration};

use model::{Resource, SpanKind, Timestamp};

use crate::tree::{Leaf, TraceTree};

/// What names the machine whose clock stamped a span.
const HOST: &[&str] = &["host.name", "host.id", "k8s.pod.name", "service.instance.id"];

/// Fills in offsets, durations and shifts of `tree`, whose nodes stand in pre-order.
pub(crate) fn correct(spans: &[Leaf<'_>], tree: &mut TraceTree) {
    let clocks = clocks(spans);
    let earliest = spans.iter().map(|span| span.start).filter(|start| *start != Timestamp::ZERO).min();
    let mut starts: Vec<Timestamp> = Vec::with_capacity(spans.len());
    for place in 0..tree.nodes.len() {
        let node = tree.nodes[place];
        let span = &spans[node.span];
        let parent = node.parent.and_then(|parent| Some((tree.nodes.get(parent)?, *starts.get(parent)?)));
        let duration = if span.start == Timestamp::ZERO { Duration::ZERO } else { span.duration() };
        let shift_ns = match parent {
            Some((parent, _)) if clocks[parent.span] == clocks[node.span] => parent.shift_ns,
            Some((parent, start)) => shift(span, duration, &spans[parent.span], start, parent.duration),
            None => 0,
        };
        starts.push(match span.start {
            // A start that was not sent: when its parent began, or the trace.
            Timestamp::ZERO => parent.map_or(earliest.unwrap_or_default(), |(_, start)| start),
            start => Timestamp(start.0.saturating_add_signed(shift_ns)),
        });
        let node = &mut tree.nodes[place];
        (node.duration, node.shift_ns) = (duration, shift_ns);
    }
    tree.start = starts.iter().min().copied().unwrap_or_default();
    for (node, start) in tree.nodes.iter_mut().zip(&starts) {
        node.offset = start.since(tree.start);
        tree.duration = tree.duration.max(node.offset.saturating_add(node.duration));
    }
}

/// Nanoseconds by which `child` is to be moved so that it no longer contradicts its parent of another clock.
fn shift(
    child: &Leaf<'_>,
    duration: Duration,
    parent: &Leaf<'_>,
    parent_start: Timestamp,
    parent_duration: Duration,
) -> i64 {
    if child.start == Timestamp::ZERO || parent.start == Timestamp::ZERO {
        return 0;
    }
    let is_waited_for = child.kind != SpanKind::Consumer && parent.kind != SpanKind::Producer;
    let fits = duration <= parent_duration;
    let begins_before = child.start < parent_start;
    let ends_after = child.start.plus(duration) > parent_start.plus(parent_duration);
    let target = match (begins_before, fits && is_waited_for) {
        // The way there takes as long as the way back, for all that is known.
        (_, true) if begins_before || ends_after => parent_start.plus((parent_duration - duration) / 2),
        (true, false) => parent_start,
        _ => return 0,
    };
    let shift = i128::from(target.0) - i128::from(child.start.0);
    i64::try_from(shift).unwrap_or(if shift < 0 { i64::MIN } else { i64::MAX })
}

/// A number for each span: equal when the same clock stamped both, as far as their resources tell.
fn clocks<'a>(spans: &[Leaf<'a>]) -> Vec<u32> {
    let mut by_sender: HashMap<usize, u32> = HashMap::new();
    let mut by_name: HashMap<(&'a str, Option<&'a str>), u32> = HashMap::new();
    let mut clocks = Vec::with_capacity(spans.len());
    let mut last: Option<(&'a Arc<Resource>, u32)> = None;
    for span in spans {
        // Spans of one sender tend to stand together.
        if let Some((resource, clock)) = last
            && span.resource.is_some_and(|own| Arc::ptr_eq(resource, own))
        {
            clocks.push(clock);
            continue;
        }
        let address = span.resource.map_or(0, |resource| Arc::as_ptr(resource) as usize);
        let clock = *by_sender.entry(address).or_insert_with(|| {
            let name = (span.service, span.resource.and_then(|resource| resource.attributes.first_str(HOST)));
            let next = by_name.len() as u32;
            *by_name.entry(name).or_insert(next)
        });
        last = span.resource.map(|resource| (resource, clock));
        clocks.push(clock);
    }
    clocks
}

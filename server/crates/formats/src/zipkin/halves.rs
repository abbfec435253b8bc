//! Puts the two halves of a remote call in order when both have the same span id.
//!
//! A sender with B3 headers joins the caller's span instead of making a child. Here every span has an id of its own,
//! so the server's half gets one that follows from the shared id alone: it is the same in every body and every poll.

use std::collections::HashMap;

use model::{Event, Span, SpanId, SpanKind, TraceId};

use super::Draft;
use crate::{
    flat::{Shared, sort_tags},
    intake::Intake,
};

/// What is known of one span id of one trace.
#[derive(Default)]
struct Call {
    /// Where its caller's or only half is among the drafts.
    first: Option<usize>,
    /// Where its server's half is, if it has two.
    server: Option<usize>,
}

/// Turns drafts into spans: parts of one half are merged, halves get their ids, children their right parent.
pub(super) fn join(drafts: Vec<Draft>, intake: &mut Intake<'_>) {
    let (drafts, calls) = merged(drafts);
    let services: Vec<_> = drafts.iter().map(|draft| draft.service.clone()).collect();
    let mut shared = Shared::default();
    for (at, draft) in drafts.into_iter().enumerate() {
        let own = calls.get(&(draft.trace_id, draft.id));
        let is_second = own.is_some_and(|call| call.server == Some(at));
        let (span_id, parent) = if is_second {
            let caller = own.and_then(|call| call.first).map(|_| draft.id);
            (server_half(draft.id), caller.or_else(|| parent_of(&draft, &calls, &services)))
        } else {
            (draft.id, parent_of(&draft, &calls, &services))
        };
        let span = span(draft, span_id, parent, &mut shared, intake);
        intake.span(span);
    }
}

/// The id of the server's half of `shared`: other bits, never zero, always the same.
fn server_half(shared: SpanId) -> SpanId {
    let bits = u64::from_be_bytes(shared.0).rotate_left(1) ^ 0x5ea5_0ff5_e12e_4a1f;
    SpanId(if bits == 0 { shared.0 } else { bits.to_be_bytes() })
}

type Calls = HashMap<(TraceId, SpanId), Call>;

/// Merges drafts of the same half and finds the halves of each id. A server's half is one that says so, or one that
/// has a client's beside it.
fn merged(drafts: Vec<Draft>) -> (Vec<Draft>, Calls) {
    let has_client: HashMap<(TraceId, SpanId), ()> = drafts
        .iter()
        .filter(|draft| draft.kind == SpanKind::Client)
        .map(|draft| ((draft.trace_id, draft.id), ()))
        .collect();
    let mut kept: Vec<Draft> = Vec::with_capacity(drafts.len());
    let mut calls = Calls::new();
    for draft in drafts {
        let key = (draft.trace_id, draft.id);
        let second = draft.kind != SpanKind::Client
            && (draft.shared || (draft.kind == SpanKind::Server && has_client.contains_key(&key)));
        let call = calls.entry(key).or_default();
        let place = if second { &mut call.server } else { &mut call.first };
        match place.and_then(|at| kept.get_mut(at)) {
            Some(known) => merge(known, draft),
            None => {
                *place = Some(kept.len());
                kept.push(draft);
            }
        }
    }
    (kept, calls)
}

/// Adds what a later report of the same half says.
fn merge(known: &mut Draft, other: Draft) {
    if known.name.is_empty() {
        known.name = other.name;
    }
    if known.service.is_empty() {
        known.service = other.service;
    }
    if known.kind == SpanKind::Internal {
        known.kind = other.kind;
    }
    known.parent = known.parent.or(other.parent);
    known.start = if known.start.0 == 0 { other.start } else { known.start };
    known.end = known.end.max(other.end);
    let new: Vec<_> = other.tags.into_iter().filter(|tag| !known.tags.contains(tag)).collect();
    known.tags.extend(new);
    let new: Vec<Event> = other.events.into_iter().filter(|event| !known.events.contains(event)).collect();
    known.events.extend(new);
}

/// A child of an id with two halves ran inside the server's, unless only the client's service fits.
fn parent_of(draft: &Draft, calls: &Calls, services: &[model::SmolStr]) -> Option<SpanId> {
    let parent = draft.parent?;
    let Some(Call { first, server: Some(server) }) = calls.get(&(draft.trace_id, parent)) else {
        return Some(parent);
    };
    let serves = |at: usize| services.get(at) == Some(&draft.service);
    let inside_client = first.is_some_and(serves) && !serves(*server);
    Some(if inside_client { parent } else { server_half(parent) })
}

fn span(
    draft: Draft,
    span_id: SpanId,
    parent: Option<SpanId>,
    shared: &mut Shared,
    intake: &mut Intake<'_>,
) -> Span {
    let sorted = sort_tags(draft.tags, intake);
    let first_event = draft.events.iter().map(|event| event.time).find(|time| time.0 > 0);
    let start = if draft.start.0 == 0 { first_event.unwrap_or_default() } else { draft.start };
    Span {
        trace_id: draft.trace_id,
        span_id,
        parent,
        name: draft.name,
        kind: draft.kind,
        start,
        end: draft.end.max(start),
        attributes: sorted.attributes,
        events: draft.events,
        links: sorted.links,
        status: sorted.status,
        trace_state: sorted.trace_state,
        resource: shared.resource(&draft.service, sorted.resource),
        scope: shared.scope(sorted.scope),
    }
}

//! One key's figures over time: a ring of short slots, so that what is old leaves without being looked at.

use std::{mem::size_of, sync::Arc, time::Duration};

use model::{Timestamp, Weight};

use crate::{Exemplar, Figures, Merged, Observation, Sketch, Weighted};

/// Slots that the longest window is cut into; also the points of a sparkline.
pub const SLOTS: u64 = 15;

/// Slots with something in them, oldest first. Slots are shared with snapshots until they change.
#[derive(Clone, Debug, Default)]
pub(crate) struct Window {
    slots: Vec<Arc<Slot>>,
}

/// What ended in one slot.
#[derive(Clone, Debug)]
struct Slot {
    /// Slot widths since the epoch.
    number: u64,
    /// Those that stand for themselves alone, as the three after it.
    calls: u64,
    errors: u64,
    total: Duration,
    sketch: Sketch,
    /// The others: none for most senders.
    sampled: Option<Box<Sampled>>,
    slowest: Exemplar,
    latest: Exemplar,
    latest_error: Option<Exemplar>,
}

/// What stands for more or fewer than itself.
#[derive(Clone, Debug, Default)]
struct Sampled {
    seen: u64,
    /// In [`Weight::parts`], as `errors` are.
    calls: u64,
    errors: u64,
    total: Duration,
    sketch: Weighted,
}

/// The slots that a window covers: `first` to `last`, both included.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Span {
    pub(crate) first: u64,
    pub(crate) last: u64,
}

impl Span {
    /// The slots of `width` that the `window` ending at `now` touches.
    pub(crate) fn of(window: Duration, width: Duration, now: Timestamp) -> Span {
        Span { first: slot_number(now.minus(window), width), last: slot_number(now, width) }
    }

    fn len(self) -> usize {
        (self.last - self.first) as usize + 1
    }
}

/// The number of the slot that `time` falls into.
pub(crate) fn slot_number(time: Timestamp, width: Duration) -> u64 {
    let width = u64::try_from(width.as_nanos()).unwrap_or(u64::MAX).max(1);
    time.0 / width
}

impl Window {
    /// Counts `observation` in slot `number`; answers by how many bytes it grew, or with `None` when it is older than
    /// everything that is kept.
    pub(crate) fn record(&mut self, number: u64, observation: Observation) -> Option<isize> {
        let newest = self.slots.last().map(|slot| slot.number);
        if newest == Some(number) {
            return self.slots.last_mut().map(|slot| Arc::make_mut(slot).add(observation));
        }
        let newest = newest.map_or(number, |newest| newest.max(number));
        if number + SLOTS < newest {
            return None;
        }
        let expired = self.slots.partition_point(|slot| slot.number + SLOTS < newest);
        let freed: usize = self.slots.drain(..expired).map(|slot| slot.bytes()).sum();
        let at = self.slots.partition_point(|slot| slot.number < number);
        let mut growth = -(freed as isize);
        if self.slots.get(at).is_none_or(|slot| slot.number != number) {
            let slot = Slot::new(number, observation);
            growth += slot.bytes() as isize;
            self.slots.insert(at, Arc::new(slot));
        }
        self.slots.get_mut(at).map(|slot| growth + Arc::make_mut(slot).add(observation))
    }

    /// Bytes it holds.
    pub(crate) fn bytes(&self) -> usize {
        self.slots.iter().map(|slot| slot.bytes()).sum()
    }
}

impl Slot {
    fn new(number: u64, first: Observation) -> Slot {
        let exemplar = first.exemplar();
        Slot {
            number,
            calls: 0,
            errors: 0,
            total: Duration::ZERO,
            sketch: Sketch::default(),
            sampled: None,
            slowest: exemplar,
            latest: exemplar,
            latest_error: None,
        }
    }

    /// Counts `observation`; answers by how many bytes that made it grow.
    fn add(&mut self, observation: Observation) -> isize {
        let exemplar = observation.exemplar();
        let before = self.bytes();
        let nanos = u64::try_from(observation.duration.as_nanos()).unwrap_or(u64::MAX);
        if observation.weight == Weight::ONE {
            self.calls += 1;
            self.errors += u64::from(observation.is_error);
            self.total = self.total.saturating_add(observation.duration);
            self.sketch.add(nanos);
        } else {
            self.sampled.get_or_insert_default().add(observation, nanos);
        }
        self.slowest = slower(self.slowest, exemplar);
        self.latest = later(self.latest, exemplar);
        if observation.is_error {
            self.latest_error = Some(self.latest_error.map_or(exemplar, |known| later(known, exemplar)));
        }
        self.bytes() as isize - before as isize
    }

    fn bytes(&self) -> usize {
        let sampled =
            self.sampled.as_ref().map_or(0, |sampled| size_of::<Sampled>() + sampled.sketch.bytes());
        size_of::<Slot>() + 3 * size_of::<usize>() + self.sketch.bytes() + sampled
    }

    /// Calls in [`Weight::parts`].
    fn calls_in_parts(&self) -> u64 {
        let sampled = self.sampled.as_ref().map_or(0, |sampled| sampled.calls);
        self.calls.saturating_mul(Weight::ONE.parts()).saturating_add(sampled)
    }

    /// Errors in [`Weight::parts`].
    fn errors_in_parts(&self) -> u64 {
        let sampled = self.sampled.as_ref().map_or(0, |sampled| sampled.errors);
        self.errors.saturating_mul(Weight::ONE.parts()).saturating_add(sampled)
    }

    fn add_to(&self, merged: &mut Merged) {
        merged.add(&self.sketch);
        if let Some(sampled) = &self.sampled {
            merged.add_weighted(&sampled.sketch);
        }
    }
}

impl Sampled {
    fn add(&mut self, observation: Observation, nanos: u64) {
        let parts = observation.weight.parts();
        self.seen += 1;
        self.calls = self.calls.saturating_add(parts);
        self.errors = self.errors.saturating_add(if observation.is_error { parts } else { 0 });
        self.total = self.total.saturating_add(observation.weight.times(observation.duration));
        self.sketch.add(nanos, observation.weight);
    }
}

/// The figures of `windows` together over `span`; `None` when nothing ended in it.
pub(crate) fn figures<'a>(windows: impl Iterator<Item = &'a Window>, span: Span) -> Option<Figures> {
    let mut slots: Vec<&Slot> = windows
        .flat_map(|window| &window.slots)
        .filter(|slot| span.first <= slot.number && slot.number <= span.last)
        .map(|slot| &**slot)
        .collect();
    let first = *slots.first()?;
    slots.sort_by_key(|slot| slot.number);
    let points = span.len().min(SLOTS as usize + 1);
    let first_point = span.last + 1 - points as u64;
    let mut figures = Figures {
        calls_over_time: vec![0; points],
        p50_over_time: vec![Duration::ZERO; points],
        slowest: Some(first.slowest),
        latest: Some(first.latest),
        ..Figures::default()
    };
    let mut whole = Merged::default();
    let (mut calls, mut errors) = (0u64, 0u64);
    for group in slots.chunk_by(|a, b| a.number == b.number) {
        let at = group[0].number.saturating_sub(first_point) as usize;
        let before = calls;
        for slot in group {
            figures.add(slot);
            calls = calls.saturating_add(slot.calls_in_parts());
            errors = errors.saturating_add(slot.errors_in_parts());
            slot.add_to(&mut whole);
        }
        figures.calls_over_time[at] = Weight::count(calls - before);
        figures.p50_over_time[at] = Duration::from_nanos(median(group));
    }
    let max = figures.slowest.map_or(Duration::ZERO, |slowest| slowest.duration);
    let [p50, p95, p99] = match figures.seen {
        1 => [max; 3],
        _ => whole.quantiles([0.5, 0.95, 0.99]).map(|nanos| Duration::from_nanos(nanos).min(max)),
    };
    // What was seen happened, whatever it stands for.
    let calls = Weight::count(calls).max(1);
    let errors = Weight::count(errors).max(u64::from(figures.latest_error.is_some()));
    Some(Figures { calls, errors, p50, p95, p99, max, ..figures })
}

/// The median of slots together.
fn median(slots: &[&Slot]) -> u64 {
    if let [only] = slots
        && only.sampled.is_none()
    {
        return only.sketch.median();
    }
    let mut merged = Merged::default();
    slots.iter().for_each(|slot| slot.add_to(&mut merged));
    let [p50] = merged.quantiles([0.5]);
    p50
}

impl Figures {
    /// Adds what needs no rounding.
    fn add(&mut self, slot: &Slot) {
        self.seen += slot.calls;
        self.total = self.total.saturating_add(slot.total);
        if let Some(sampled) = &slot.sampled {
            self.seen += sampled.seen;
            self.total = self.total.saturating_add(sampled.total);
        }
        self.slowest = Some(self.slowest.map_or(slot.slowest, |known| slower(known, slot.slowest)));
        self.latest = Some(self.latest.map_or(slot.latest, |known| later(known, slot.latest)));
        self.latest_error = match (self.latest_error, slot.latest_error) {
            (Some(known), Some(other)) => Some(later(known, other)),
            (known, other) => known.or(other),
        };
    }
}

/// The longer of two; of equals the smaller identifiers, so that order of arrival does not matter.
fn slower(a: Exemplar, b: Exemplar) -> Exemplar {
    let key = |e: Exemplar| (e.duration, std::cmp::Reverse((e.trace_id, e.span_id)));
    if key(b) > key(a) { b } else { a }
}

/// The one that ended later; of equals the smaller identifiers.
fn later(a: Exemplar, b: Exemplar) -> Exemplar {
    let key = |e: Exemplar| (e.end, std::cmp::Reverse((e.trace_id, e.span_id)));
    if key(b) > key(a) { b } else { a }
}

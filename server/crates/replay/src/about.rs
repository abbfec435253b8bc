//! What is said of a span beside its attributes: timing, status, how unusual it is, its events and links.

use std::time::Duration;

use model::Timestamp;
use store::Figures;

use crate::{
    expression::status_name,
    moments::MomentKind,
    recording::{Position, Recording, SpanIndex, function_name},
    variables::{Container, Owner, Variable, computed},
    wording,
};

impl Recording {
    /// The time that a span spent in nothing that it called.
    pub fn self_time(&self, span: SpanIndex) -> Duration {
        let (start, end) = self.times(span);
        let mut covered = Duration::ZERO;
        let mut reached = start;
        for child in self.children(span) {
            let (child_start, child_end) = self.times(*child);
            let (from, to) = (child_start.max(reached), child_end.min(end));
            covered += to.since(from);
            reached = reached.max(to);
        }
        end.since(start).saturating_sub(covered)
    }

    /// How the span's duration compares with other calls of its function, in words; `None` when nothing is known.
    pub fn unusual(&self, span: SpanIndex) -> Option<String> {
        let (start, end) = self.times(span);
        let figures = self.figures(span).filter(|figures| figures.seen > 1)?;
        Some(compared(end.since(start), figures))
    }

    pub(crate) fn about_span(&self, span: SpanIndex, position: Position) -> Vec<Variable> {
        let sent = self.span(span);
        let now = self.moment(position).time;
        let (start, end) = self.times(span);
        let of = |name: &str, value: String, expression: &str| Variable {
            expression: Some(expression.to_owned()),
            ..computed(name, value)
        };
        let mut rows = vec![
            of("name", format!("{:?}", wording::short(&sent.name, 400)), "name"),
            of("service", format!("{:?}", wording::short(sent.service(), 200)), "service"),
            of("kind", sent.kind.to_string().to_lowercase(), "kind"),
            of("status", self.status_text(span), "status"),
        ];
        let mut duration = wording::duration(end.since(start));
        if !self.has_end(span) {
            duration.push_str(" at least: no end was recorded");
        } else if let Some(unusual) = self.unusual(span) {
            duration = format!("{duration}: {unusual}");
        }
        rows.push(of("duration", duration, "duration"));
        rows.push(computed("self time", wording::duration(self.self_time(span))));
        rows.push(computed("started", wording::offset(self.offset(start))));
        if start <= now && now <= end {
            rows.push(of("elapsed", wording::duration(now.since(start)), "elapsed"));
            rows.push(computed("remaining", wording::duration(end.since(now))));
        }
        if self.shift(span) != 0 {
            let shift = wording::duration(Duration::from_nanos(self.shift(span).unsigned_abs()));
            let way = if self.shift(span) > 0 { "later" } else { "earlier" };
            rows.push(computed("clock", format!("shown {shift} {way} than sent, to fit its caller")));
        }
        rows.extend(self.function_row(span));
        rows.push(of("calls", self.children(span).len().to_string(), "childCount"));
        rows.push(of("span id", sent.span_id.to_string(), "span:id"));
        rows.extend(sent.parent.map(|parent| of("parent id", parent.to_string(), "span:parentID")));
        rows.push(of("trace id", sent.trace_id.to_string(), "trace:id"));
        if !sent.trace_state.is_empty() {
            rows.push(computed("trace state", wording::short(&sent.trace_state, 400)));
        }
        rows
    }

    pub(crate) fn status_text(&self, span: SpanIndex) -> String {
        let status = &self.span(span).status;
        let name = status_name(status.code);
        match status.message.is_empty() {
            true => name.to_owned(),
            false => format!("{name}: {}", wording::short(&status.message, 400)),
        }
    }

    fn function_row(&self, span: SpanIndex) -> Option<Variable> {
        let placement = self.placement(span);
        let reasons: Vec<&str> = placement.evidence.iter().map(|evidence| evidence.detail.as_str()).collect();
        let reasons = wording::short(&reasons.join("; "), 600);
        let text = match function_name(placement) {
            Some(name) if reasons.is_empty() => format!("{name} ({})", placement.confidence),
            Some(name) => format!("{name} ({}: {reasons})", placement.confidence),
            None if placement.candidates.is_empty() => return None,
            None => {
                let names: Vec<String> =
                    placement.candidates.iter().take(5).map(ToString::to_string).collect();
                format!("one of {}", names.join(", "))
            }
        };
        Some(computed("function", text))
    }

    pub(crate) fn event_variable(&self, span: SpanIndex, number: u32, place: usize) -> Variable {
        let Some(event) = self.event(span, number) else { return computed(&format!("[{place}]"), "") };
        let time = wording::offset(self.offset(self.event_time(span, number)));
        let what = match (event.is_exception, event.name.is_empty()) {
            (true, _) => wording::exception(&event),
            (false, false) => wording::short(event.name, 200),
            (false, true) => wording::short(event.body, 200),
        };
        let inner = Some(Container::Event(span, number));
        Variable { inner, ..computed(&format!("[{place}]"), format!("{time} {what}")) }
    }

    pub(crate) fn about_event(&self, span: SpanIndex, number: u32) -> Vec<Variable> {
        let Some(event) = self.event(span, number) else { return Vec::new() };
        let mut rows = vec![computed("time", wording::offset(self.offset(self.event_time(span, number))))];
        if !event.name.is_empty() {
            rows.push(computed("name", format!("{:?}", wording::short(event.name, 400))));
        }
        if !event.body.is_empty() {
            rows.push(computed("body", format!("{:?}", wording::short(event.body, 1_000))));
        }
        if event.severity > 0 {
            rows.push(computed("severity", severity(event.severity)));
        }
        if event.time != Timestamp::ZERO && self.event_time(span, number) != event.time {
            rows.push(computed("time as sent", format!("{} ns since 1970", event.time.0)));
        }
        rows.extend(
            self.variables(&Container::Group(span, Owner::Event(number), String::new()), 0..usize::MAX),
        );
        rows
    }

    pub(crate) fn link_variable(&self, span: SpanIndex, number: u32) -> Variable {
        let name = format!("[{number}]");
        let Some(link) = self.span(span).links.get(number as usize) else { return computed(&name, "") };
        let here = self.find(link.span_id).filter(|_| link.trace_id == self.trace_id());
        let to = match here {
            Some(linked) => self.frame_name(linked),
            None => format!("span {} of trace {}", link.span_id, link.trace_id),
        };
        Variable { inner: Some(Container::Link(span, number)), ..computed(&name, to) }
    }

    pub(crate) fn about_link(&self, span: SpanIndex, number: u32) -> Vec<Variable> {
        let Some(link) = self.span(span).links.get(number as usize) else { return Vec::new() };
        let mut rows = vec![
            computed("trace id", link.trace_id.to_string()),
            computed("span id", link.span_id.to_string()),
        ];
        rows.extend(
            self.variables(&Container::Group(span, Owner::Link(number), String::new()), 0..usize::MAX),
        );
        rows
    }

    /// The exception or the failed end at `position`.
    pub fn failure(&self, position: Position) -> Option<Failure> {
        let moment = self.moment(position);
        if !self.is_failure(position) {
            return None;
        }
        match moment.kind {
            MomentKind::Event(number) => {
                let event = self.event(moment.span, number)?;
                let text = |key| event.attributes.str(key).unwrap_or_default().to_owned();
                let message = match text(model::keys::EXCEPTION_MESSAGE) {
                    empty if empty.is_empty() => event.body.to_owned(),
                    message => message,
                };
                let kind = text(model::keys::EXCEPTION_TYPE);
                Some(Failure {
                    kind: if kind.is_empty() { event.name.to_owned() } else { kind },
                    message,
                    stack: text(model::keys::EXCEPTION_STACKTRACE),
                    unhandled: self.span(moment.span).is_error(),
                })
            }
            _ => Some(Failure {
                kind: "error".to_owned(),
                message: match self.span(moment.span).status.message.as_str() {
                    "" => {
                        format!("{} ended with an error", wording::short(&self.span(moment.span).name, 200))
                    }
                    message => message.to_owned(),
                },
                stack: String::new(),
                unhandled: true,
            }),
        }
    }
}

/// An exception, or a span that ended in error.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Failure {
    /// The exception's type, or `error`.
    pub kind: String,
    /// Its message.
    pub message: String,
    /// The stack trace as printed; empty when not sent.
    pub stack: String,
    /// Whether the span ended in error too.
    pub unhandled: bool,
}

fn compared(took: Duration, figures: &Figures) -> String {
    let about = if figures.is_estimate() { "~" } else { "" };
    let calls = format!("{about}{}", grouped(figures.calls));
    match took {
        took if took >= figures.max => format!("the slowest of {}", grouped(figures.seen)),
        took if took > figures.p99 => format!("slower than 99 % of {calls}"),
        took if took > figures.p95 => format!("slower than 95 % of {calls}"),
        took if took > figures.p50 => format!("slower than half of {calls}"),
        _ => format!("faster than half of {calls}"),
    }
}

/// Thousands apart: `1,240`.
fn grouped(number: u64) -> String {
    let digits = number.to_string();
    let mut text = String::new();
    for (place, digit) in digits.chars().enumerate() {
        if place > 0 && (digits.len() - place).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// Ranges of the logs data model, "SeverityNumber".
fn severity(number: u8) -> &'static str {
    match number {
        0 => "",
        1..=4 => "trace",
        5..=8 => "debug",
        9..=12 => "info",
        13..=16 => "warn",
        17..=20 => "error",
        _ => "fatal",
    }
}

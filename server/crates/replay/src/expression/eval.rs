//! What an expression is worth for one span at one moment.

use std::{cmp::Ordering, fmt, time::Duration};

use model::{Attributes, SmolStr, SpanKind, StatusCode, Value};

use super::{
    Expression,
    syntax::{Field, Intrinsic, Literal, Node, Operator, Place},
};
use crate::{Position, Recording, SpanIndex, moments::MomentKind, wording};

/// For which span, and at which moment, an expression is evaluated.
#[derive(Clone, Copy, Debug)]
pub struct Context<'a> {
    /// The recording.
    pub recording: &'a Recording,
    /// The span.
    pub span: SpanIndex,
    /// The moment; `None` for the span as a whole.
    pub position: Option<Position>,
}

/// A value while it is computed with.
#[derive(Clone, Debug, PartialEq)]
pub enum Datum {
    /// There is none.
    Nil,
    /// A truth value.
    Bool(bool),
    /// An integer.
    Int(i64),
    /// A number with a fraction.
    Float(f64),
    /// Text.
    Text(SmolStr),
    /// A length of time in nanoseconds; may be negative after a subtraction.
    Duration(i64),
    /// A span's status.
    Status(StatusCode),
    /// A span's kind.
    Kind(SpanKind),
    /// Several at once: the elements of a list, or one of each event. A comparison holds if it holds for one.
    Many(Vec<Datum>),
    /// A map or bytes: shown, but not computed with.
    Opaque(Value),
}

impl Expression {
    /// The value. Never fails: what cannot be computed is [`Datum::Nil`].
    pub fn value(&self, context: &Context<'_>) -> Datum {
        value(&self.node, context)
    }

    /// Whether the value is true.
    pub fn holds(&self, context: &Context<'_>) -> bool {
        self.value(context).is_true()
    }
}

impl Datum {
    /// Whether it is the truth value true, or one of several is.
    pub fn is_true(&self) -> bool {
        match self {
            Datum::Bool(truth) => *truth,
            Datum::Many(items) => items.iter().any(Datum::is_true),
            _ => false,
        }
    }

    fn each(&self) -> &[Datum] {
        match self {
            Datum::Many(items) => items,
            other => std::slice::from_ref(other),
        }
    }
}

impl From<&Value> for Datum {
    fn from(value: &Value) -> Datum {
        match value {
            Value::Empty => Datum::Nil,
            Value::Str(text) => Datum::Text(text.clone()),
            Value::Bool(truth) => Datum::Bool(*truth),
            Value::Int(number) => Datum::Int(*number),
            Value::Double(number) => Datum::Float(*number),
            Value::Array(items) => Datum::Many(items.iter().map(Datum::from).collect()),
            Value::Map(_) | Value::Bytes(_) => Datum::Opaque(value.clone()),
        }
    }
}

impl fmt::Display for Datum {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Datum::Nil => f.write_str("nil"),
            Datum::Bool(truth) => write!(f, "{truth}"),
            Datum::Int(number) => write!(f, "{number}"),
            Datum::Float(number) => write!(f, "{number}"),
            Datum::Text(text) => f.write_str(text),
            Datum::Duration(nanos) => {
                let sign = if *nanos < 0 { "-" } else { "" };
                write!(f, "{sign}{}", wording::duration(Duration::from_nanos(nanos.unsigned_abs())))
            }
            Datum::Status(code) => f.write_str(status_name(*code)),
            Datum::Kind(kind) => f.write_str(&kind.to_string().to_lowercase()),
            Datum::Opaque(value) => write!(f, "{value}"),
            Datum::Many(items) => {
                f.write_str("[")?;
                for (place, item) in items.iter().enumerate() {
                    write!(f, "{}{item}", if place > 0 { ", " } else { "" })?;
                }
                f.write_str("]")
            }
        }
    }
}

/// The word for a status in expressions.
pub(crate) fn status_name(code: StatusCode) -> &'static str {
    match code {
        StatusCode::Unset => "unset",
        StatusCode::Ok => "ok",
        StatusCode::Error => "error",
    }
}

fn value(node: &Node, context: &Context<'_>) -> Datum {
    match node {
        Node::Literal(literal) => literal_value(literal),
        Node::Field(field) => field_value(field, context),
        Node::Not(inner) => match value(inner, context) {
            Datum::Bool(truth) => Datum::Bool(!truth),
            _ => Datum::Nil,
        },
        Node::Negative(inner) => arithmetic(Operator::Subtract, &Datum::Int(0), &value(inner, context)),
        Node::Matches(inner, pattern, wanted) => {
            let fits = |item: &Datum| matches!(item, Datum::Text(text) if pattern.is_match(text) == *wanted);
            Datum::Bool(value(inner, context).each().iter().any(fits))
        }
        Node::Binary(Operator::And, left, right) => {
            Datum::Bool(value(left, context).is_true() && value(right, context).is_true())
        }
        Node::Binary(Operator::Or, left, right) => {
            Datum::Bool(value(left, context).is_true() || value(right, context).is_true())
        }
        Node::Binary(operator, left, right) => {
            let (left, right) = (value(left, context), value(right, context));
            match operator {
                Operator::Add
                | Operator::Subtract
                | Operator::Multiply
                | Operator::Divide
                | Operator::Modulo
                | Operator::Power => arithmetic(*operator, &left, &right),
                _ => {
                    let pairs = left.each().iter().flat_map(|a| right.each().iter().map(move |b| (a, b)));
                    Datum::Bool(pairs.into_iter().any(|(a, b)| compares(*operator, a, b)))
                }
            }
        }
    }
}

fn literal_value(literal: &Literal) -> Datum {
    match literal {
        Literal::Nil => Datum::Nil,
        Literal::Bool(truth) => Datum::Bool(*truth),
        Literal::Int(number) => Datum::Int(*number),
        Literal::Float(number) => Datum::Float(*number),
        Literal::Text(text) => Datum::Text(text.clone()),
        Literal::Duration(nanos) => Datum::Duration(*nanos),
        Literal::Status(code) => Datum::Status(*code),
        Literal::Kind(kind) => Datum::Kind(*kind),
    }
}

/// Values of different types are unequal and have no order, except that integers and fractions are both numbers.
fn compares(operator: Operator, left: &Datum, right: &Datum) -> bool {
    let order = match (left, right) {
        (Datum::Int(a), Datum::Int(b)) => Some(a.cmp(b)),
        (Datum::Duration(a), Datum::Duration(b)) => Some(a.cmp(b)),
        (Datum::Text(a), Datum::Text(b)) => Some(a.cmp(b)),
        (Datum::Bool(a), Datum::Bool(b)) => Some(a.cmp(b)),
        (Datum::Nil, Datum::Nil) => Some(Ordering::Equal),
        (Datum::Status(a), Datum::Status(b)) => return same(operator, a == b),
        (Datum::Kind(a), Datum::Kind(b)) => return same(operator, a == b),
        (Datum::Int(_) | Datum::Float(_), Datum::Int(_) | Datum::Float(_)) => {
            float(left).partial_cmp(&float(right))
        }
        // Anything there is differs from nothing; other mismatches answer nothing, as in TraceQL.
        (Datum::Nil, _) | (_, Datum::Nil) => return same(operator, false),
        _ => None,
    };
    let Some(order) = order else { return false };
    match operator {
        Operator::Equal => order.is_eq(),
        Operator::NotEqual => order.is_ne(),
        Operator::Less => order.is_lt(),
        Operator::LessOrEqual => order.is_le(),
        Operator::Greater => order.is_gt(),
        Operator::GreaterOrEqual => order.is_ge(),
        _ => false,
    }
}

fn same(operator: Operator, equal: bool) -> bool {
    match operator {
        Operator::Equal => equal,
        Operator::NotEqual => !equal,
        _ => false,
    }
}

fn arithmetic(operator: Operator, left: &Datum, right: &Datum) -> Datum {
    use Datum::{Duration, Float, Int, Text};
    match (operator, left, right) {
        (Operator::Add, Text(a), Text(b)) => Text(format!("{a}{b}").into()),
        (Operator::Add | Operator::Subtract, Duration(a), Duration(b)) => Duration(match operator {
            Operator::Add => a.saturating_add(*b),
            _ => a.saturating_sub(*b),
        }),
        (Operator::Subtract, Int(0), Duration(a)) => Duration(a.saturating_neg()),
        (Operator::Divide, Duration(a), Duration(b)) if *b != 0 => Float(*a as f64 / *b as f64),
        (Operator::Multiply | Operator::Divide, Duration(a), Int(_) | Float(_)) => {
            match computed(operator, *a as f64, float(right)) {
                Some(nanos) => Duration(nanos as i64),
                None => Datum::Nil,
            }
        }
        (Operator::Multiply, Int(_) | Float(_), Duration(_)) => arithmetic(operator, right, left),
        (_, Int(a), Int(b)) => match whole(operator, *a, *b) {
            Some(number) => Int(number),
            None => computed(operator, *a as f64, *b as f64).map_or(Datum::Nil, Float),
        },
        (_, Int(_) | Float(_), Int(_) | Float(_)) => {
            computed(operator, float(left), float(right)).map_or(Datum::Nil, Float)
        }
        _ => Datum::Nil,
    }
}

/// Exact, unless it overflows or has a fraction.
fn whole(operator: Operator, a: i64, b: i64) -> Option<i64> {
    match operator {
        Operator::Add => a.checked_add(b),
        Operator::Subtract => a.checked_sub(b),
        Operator::Multiply => a.checked_mul(b),
        Operator::Divide => a.checked_div(b).filter(|quotient| quotient.checked_mul(b) == Some(a)),
        Operator::Modulo => a.checked_rem(b),
        Operator::Power => a.checked_pow(u32::try_from(b).ok()?),
        _ => None,
    }
}

fn computed(operator: Operator, a: f64, b: f64) -> Option<f64> {
    let result = match operator {
        Operator::Add => a + b,
        Operator::Subtract => a - b,
        Operator::Multiply => a * b,
        Operator::Divide => a / b,
        Operator::Modulo => a % b,
        Operator::Power => a.powf(b),
        _ => return None,
    };
    result.is_finite().then_some(result)
}

fn float(datum: &Datum) -> f64 {
    match datum {
        Datum::Int(number) => *number as f64,
        Datum::Float(number) => *number,
        _ => f64::NAN,
    }
}

fn field_value(field: &Field, context: &Context<'_>) -> Datum {
    match field {
        Field::Parent(inner) => match context.recording.parent(context.span) {
            Some(parent) => field_value(inner, &Context { span: parent, position: None, ..*context }),
            None => Datum::Nil,
        },
        Field::Intrinsic(intrinsic) => intrinsic_value(*intrinsic, context),
        Field::Attribute(place, key) => attribute_value(*place, key, context),
    }
}

fn attribute_value(place: Place, key: &str, context: &Context<'_>) -> Datum {
    let span = context.recording.span(context.span);
    let found = |attributes: &Attributes| attributes.get(key).map(Datum::from);
    let found = match place {
        Place::Source => {
            let argument = context.recording.argument(context.span, key).map(Datum::from);
            argument.or_else(|| found(&span.attributes)).or_else(|| found(&span.resource.attributes))
        }
        Place::Any => found(&span.attributes).or_else(|| found(&span.resource.attributes)),
        Place::Span => found(&span.attributes),
        Place::Resource => found(&span.resource.attributes),
        Place::Instrumentation => found(&span.scope.attributes),
        Place::Link => several(span.links.iter().filter_map(|link| found(&link.attributes))),
        Place::Event => several(
            events(context)
                .filter_map(|number| found(context.recording.event(context.span, number)?.attributes)),
        ),
    };
    found.unwrap_or(Datum::Nil)
}

fn intrinsic_value(intrinsic: Intrinsic, context: &Context<'_>) -> Datum {
    let recording = context.recording;
    let span = recording.span(context.span);
    let root = || recording.span(recording.moment(0).span);
    let text = |text: &str| if text.is_empty() { Datum::Nil } else { Datum::Text(text.into()) };
    let (start, end) = recording.times(context.span);
    match intrinsic {
        Intrinsic::Duration => duration(end.since(start)),
        Intrinsic::Name => Datum::Text(span.name.clone()),
        Intrinsic::Status => Datum::Status(span.status.code),
        Intrinsic::StatusMessage => text(&span.status.message),
        Intrinsic::Kind => Datum::Kind(span.kind),
        Intrinsic::ChildCount => Datum::Int(recording.children(context.span).len() as i64),
        Intrinsic::SpanId => Datum::Text(span.span_id.to_string().into()),
        Intrinsic::ParentId => span.parent.map_or(Datum::Nil, |id| Datum::Text(id.to_string().into())),
        Intrinsic::Service => text(span.service()),
        Intrinsic::TraceDuration => duration(recording.duration()),
        Intrinsic::TraceId => Datum::Text(span.trace_id.to_string().into()),
        Intrinsic::RootName => text(&root().name),
        Intrinsic::RootService => text(root().service()),
        Intrinsic::ScopeName => text(&span.scope.name),
        Intrinsic::ScopeVersion => text(&span.scope.version),
        Intrinsic::Elapsed => match context.position {
            Some(position) => duration(recording.moment(position).time.since(start)),
            None => Datum::Nil,
        },
        Intrinsic::LinkTraceId => ids(span.links.iter().map(|link| link.trace_id.to_string())),
        Intrinsic::LinkSpanId => ids(span.links.iter().map(|link| link.span_id.to_string())),
        Intrinsic::EventName => {
            let names = events(context).filter_map(|number| recording.event(context.span, number));
            several(names.map(|event| Datum::Text(event.name.into()))).unwrap_or(Datum::Nil)
        }
        Intrinsic::EventTime => {
            let times = events(context).map(|number| recording.event_time(context.span, number));
            several(times.map(|time| duration(time.since(start)))).unwrap_or(Datum::Nil)
        }
    }
}

/// The event at this moment, else all of the span.
fn events<'a>(context: &Context<'a>) -> impl Iterator<Item = u32> + use<'a> {
    let here = context.position.map(|position| context.recording.moment(position));
    let this = here.filter(|moment| moment.span == context.span).and_then(|moment| match moment.kind {
        MomentKind::Event(number) => Some(number),
        _ => None,
    });
    let all = context.recording.events(context.span).iter().copied();
    this.into_iter().chain(all.filter(move |_| this.is_none()))
}

fn several(values: impl Iterator<Item = Datum>) -> Option<Datum> {
    let mut values: Vec<Datum> = values.collect();
    match values.len() {
        0 => None,
        1 => values.pop(),
        _ => Some(Datum::Many(values)),
    }
}

fn ids(ids: impl Iterator<Item = String>) -> Datum {
    several(ids.map(|id| Datum::Text(id.into()))).unwrap_or(Datum::Nil)
}

fn duration(duration: Duration) -> Datum {
    Datum::Duration(i64::try_from(duration.as_nanos()).unwrap_or(i64::MAX))
}

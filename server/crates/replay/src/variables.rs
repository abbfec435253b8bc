//! What a frame holds, as trees of variables: attributes, the span itself, events so far, links, the resource.

use std::{
    collections::{HashMap, HashSet},
    ops::Range,
};

use model::{Attributes, Value};

use crate::{
    expression::{Context, Datum, Expression, Field, Place},
    recording::{Position, Recording, SpanIndex},
    tree_of_keys::{self, Entry},
    wording,
};

/// Characters of a value that are shown unless the whole is asked for.
const SHOWN_CHARACTERS: usize = 1_024;

/// A named value.
#[derive(Clone, Debug, PartialEq)]
pub struct Variable {
    /// Unique among its siblings.
    pub name: String,
    /// The value on one line; long ones are cut and say how long they are.
    pub value: String,
    /// Its type as telemetry has it: `string`, `int`, `map`, …; empty for what is computed here.
    pub kind: &'static str,
    /// An [`Expression`] that finds it again.
    pub expression: Option<String>,
    /// What it holds.
    pub inner: Option<Container>,
}

/// A list of variables that can be opened.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Container {
    /// Arguments under their names in the source, then the attributes as a tree.
    Locals(SpanIndex),
    /// The span itself, as seen from a position: name, status, timing, identifiers.
    Span(SpanIndex, Position),
    /// Events and log records up to a position.
    Events(SpanIndex, Position),
    /// One of them.
    Event(SpanIndex, u32),
    /// Links to other spans.
    Links(SpanIndex),
    /// One of them.
    Link(SpanIndex, u32),
    /// The resource, and the scope within.
    Resource(SpanIndex),
    /// Attributes whose keys begin with a prefix, as a tree.
    Group(SpanIndex, Owner, String),
    /// All attributes, one a line under its whole key.
    Flat(SpanIndex, Owner),
    /// The elements of a list or map: the pair's number among the owner's attributes, then the way inwards.
    Value(SpanIndex, Owner, u32, Vec<u32>),
    /// Some of another container's variables, for clients that cannot ask for pages.
    Page(Box<Container>, u32, u32),
}

/// Whose attributes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Owner {
    /// The span's.
    Span,
    /// The resource's.
    Resource,
    /// The instrumentation scope's.
    Scope,
    /// An event's or log record's.
    Event(u32),
    /// A link's.
    Link(u32),
}

/// A part of a frame's variables.
#[derive(Clone, Debug, PartialEq)]
pub struct Scope {
    /// Always the same for the same part, so that editors keep it open.
    pub name: &'static str,
    /// What it holds.
    pub container: Container,
    /// Whether editors should wait to be asked before they open it.
    pub expensive: bool,
}

impl Recording {
    /// The parts of a frame: attributes first, because editors open the first.
    pub fn scopes(&self, span: SpanIndex, position: Position) -> Vec<Scope> {
        let scope = |name, container| Scope { name, container, expensive: false };
        let mut scopes = vec![
            scope("Attributes", Container::Locals(span)),
            scope("Span", Container::Span(span, position)),
            scope("Events", Container::Events(span, position)),
        ];
        if !self.span(span).links.is_empty() {
            scopes.push(scope("Links", Container::Links(span)));
        }
        scopes.push(Scope { name: "Resource", container: Container::Resource(span), expensive: true });
        scopes
    }

    /// How many variables a container holds.
    pub fn count(&self, container: &Container) -> usize {
        match container {
            Container::Events(span, position) => self.events_so_far(*span, *position).len(),
            Container::Links(span) => self.span(*span).links.len(),
            Container::Flat(span, owner) => self.attributes(*span, *owner).len(),
            Container::Value(span, owner, pair, path) => match self.inner_value(*span, *owner, *pair, path) {
                Some(Value::Array(items)) => items.len(),
                Some(Value::Map(pairs)) => pairs.len(),
                _ => 0,
            },
            Container::Page(of, first, count) => {
                self.count(of).saturating_sub(*first as usize).min(*count as usize)
            }
            other => self.variables(other, 0..usize::MAX).len(),
        }
    }

    /// Whether a container's variables are numbered rather than named.
    pub fn is_list(&self, container: &Container) -> bool {
        match container {
            Container::Events(..) | Container::Links(_) => true,
            Container::Value(span, owner, pair, path) => {
                matches!(self.inner_value(*span, *owner, *pair, path), Some(Value::Array(_)))
            }
            Container::Page(of, ..) => self.is_list(of),
            _ => false,
        }
    }

    /// The variables of a container whose places lie in `range`, which may reach past the end.
    pub fn variables(&self, container: &Container, range: Range<usize>) -> Vec<Variable> {
        let Range { start, end } = range;
        let count = end.saturating_sub(start);
        match container {
            Container::Page(of, first, limit) => {
                let first = *first as usize;
                let last = first.saturating_add(end.min(*limit as usize));
                self.variables(of, first.saturating_add(start).min(last)..last)
            }
            Container::Events(span, position) => {
                let events = self.events_so_far(*span, *position).iter().skip(start).take(count);
                events
                    .enumerate()
                    .map(|(place, number)| self.event_variable(*span, *number, start + place))
                    .collect()
            }
            Container::Links(span) => {
                let links = 0..self.span(*span).links.len() as u32;
                links.skip(start).take(count).map(|number| self.link_variable(*span, number)).collect()
            }
            Container::Value(span, owner, pair, path) => {
                self.elements(*span, *owner, *pair, path, start, count)
            }
            other => unique(self.named(other)).into_iter().skip(start).take(count).collect(),
        }
    }

    /// The value of an expression as a variable that can be opened; `None` when there is none.
    pub fn evaluate(&self, expression: &Expression, span: SpanIndex, position: Position) -> Option<Variable> {
        if let Some(Field::Attribute(place, key)) = expression.as_field() {
            let found = self.attribute_variable(span, *place, key);
            if found.is_some() {
                return found;
            }
        }
        let context = Context { recording: self, span, position: Some(position) };
        match expression.value(&context) {
            Datum::Nil if expression.as_field().is_some() => None,
            datum => Some(computed("", datum.to_string())),
        }
    }

    /// The whole text of a value, as for a clipboard.
    pub fn whole_text(&self, expression: &Expression, span: SpanIndex, position: Position) -> String {
        expression.value(&Context { recording: self, span, position: Some(position) }).to_string()
    }

    /// Events and log records of a span that have happened by `position`, by time.
    pub(crate) fn events_so_far(&self, span: SpanIndex, position: Position) -> &[u32] {
        let events = self.events(span);
        if position >= self.end_of(span) {
            return events;
        }
        let level = self.level(span);
        let passed = level.partition_point(|at| *at <= position);
        let happened = level
            .iter()
            .take(passed)
            .filter(|at| matches!(self.moment(**at).kind, crate::MomentKind::Event(_)));
        events.get(..happened.count()).unwrap_or(events)
    }

    /// The attributes of one owner.
    pub(crate) fn attributes(&self, span: SpanIndex, owner: Owner) -> &Attributes {
        let sent = self.span(span);
        match owner {
            Owner::Span => &sent.attributes,
            Owner::Resource => &sent.resource.attributes,
            Owner::Scope => &sent.scope.attributes,
            Owner::Event(number) => {
                self.event(span, number).map_or(&sent.scope.attributes, |event| event.attributes)
            }
            Owner::Link(number) => {
                sent.links.get(number as usize).map_or(&sent.scope.attributes, |link| &link.attributes)
            }
        }
    }

    fn named(&self, container: &Container) -> Vec<Variable> {
        match container {
            Container::Locals(span) => self.locals(*span),
            Container::Span(span, position) => self.about_span(*span, *position),
            Container::Event(span, number) => self.about_event(*span, *number),
            Container::Link(span, number) => self.about_link(*span, *number),
            Container::Resource(span) => self.about_resource(*span),
            Container::Group(span, owner, prefix) => self.group(*span, *owner, prefix),
            Container::Flat(span, owner) => {
                let pairs = 0..self.attributes(*span, *owner).len() as u32;
                pairs.filter_map(|pair| self.pair_variable(*span, *owner, pair, None)).collect()
            }
            _ => Vec::new(),
        }
    }

    fn locals(&self, span: SpanIndex) -> Vec<Variable> {
        let arguments = self.arguments(span);
        let shown: Vec<String> = arguments.iter().map(|argument| argument.name.to_owned()).collect();
        let mut variables = Vec::new();
        for argument in &arguments {
            let pair =
                self.span(span).attributes.iter().position(|(key, _)| key == argument.key).unwrap_or(0);
            variables.extend(self.pair_variable(span, Owner::Span, pair as u32, Some(argument.name)));
        }
        // An attribute that is an argument under its own name would stand there twice.
        let tree = self.group(span, Owner::Span, "").into_iter();
        variables
            .extend(tree.filter(|variable| !(shown.contains(&variable.name) && variable.inner.is_none())));
        if self.span(span).attributes.len() > variables.len() {
            let flat = Container::Flat(span, Owner::Span);
            let value = format!("{} attributes", self.span(span).attributes.len());
            variables.push(Variable { inner: Some(flat), ..computed("(all)", value) });
        }
        variables
    }

    fn about_resource(&self, span: SpanIndex) -> Vec<Variable> {
        let mut variables = self.group(span, Owner::Resource, "");
        let scope = &self.span(span).scope;
        if !scope.name.is_empty() {
            let name = [scope.name.as_str(), scope.version.as_str()].join(" ");
            let inner = Some(Container::Group(span, Owner::Scope, String::new()));
            let inner = inner.filter(|_| !scope.attributes.is_empty());
            variables.push(Variable { inner, ..computed("(scope)", name.trim_end().to_owned()) });
        }
        variables
    }

    /// Attributes of `owner` whose keys begin with `prefix`, one level of their tree.
    fn group(&self, span: SpanIndex, owner: Owner, prefix: &str) -> Vec<Variable> {
        let attributes = self.attributes(span, owner);
        let entries = tree_of_keys::level(attributes.iter().map(|(key, _)| key), prefix);
        let variable = |entry: Entry| match entry {
            Entry::Leaf { name, number } => self.pair_variable(span, owner, number, Some(&name)),
            Entry::Group { name, prefix, .. } => {
                let preview = preview(attributes, &prefix);
                Some(Variable {
                    inner: Some(Container::Group(span, owner, prefix)),
                    ..computed(&name, preview)
                })
            }
        };
        entries.into_iter().filter_map(variable).collect()
    }

    /// One attribute, under `name` or else under its key.
    fn pair_variable(
        &self,
        span: SpanIndex,
        owner: Owner,
        pair: u32,
        name: Option<&str>,
    ) -> Option<Variable> {
        let (key, value) = self.attributes(span, owner).0.get(pair as usize)?;
        let scope = match owner {
            Owner::Span => "span",
            Owner::Resource => "resource",
            Owner::Scope => "instrumentation",
            Owner::Event(_) => "event",
            Owner::Link(_) => "link",
        };
        let inner = Container::Value(span, owner, pair, Vec::new());
        Some(Variable {
            name: wording::short(name.unwrap_or(key), 200),
            expression: Some(format!("{scope}.{}", quoted_key(key))),
            ..value_variable(value, inner)
        })
    }

    /// The attribute that an expression names, or the group of attributes below that name.
    fn attribute_variable(&self, span: SpanIndex, place: Place, key: &str) -> Option<Variable> {
        let pair = |owner: Owner, key: &str| {
            let pair = self.attributes(span, owner).iter().position(|(candidate, _)| candidate == key)?;
            self.pair_variable(span, owner, pair as u32, None)
        };
        let group = |owner: Owner| {
            let prefix = format!("{key}.");
            let attributes = self.attributes(span, owner);
            if !attributes.iter().any(|(key, _)| key.starts_with(&prefix)) {
                return None;
            }
            let preview = preview(attributes, &prefix);
            Some(Variable { inner: Some(Container::Group(span, owner, prefix)), ..computed(key, preview) })
        };
        match place {
            Place::Source => {
                let arguments = self.arguments(span);
                let argument = arguments.iter().find(|argument| argument.name == key);
                argument
                    .and_then(|argument| pair(Owner::Span, argument.key))
                    .or_else(|| pair(Owner::Span, key))
                    .or_else(|| pair(Owner::Resource, key))
                    .or_else(|| group(Owner::Span))
            }
            Place::Any => {
                pair(Owner::Span, key).or_else(|| pair(Owner::Resource, key)).or_else(|| group(Owner::Span))
            }
            Place::Span => pair(Owner::Span, key).or_else(|| group(Owner::Span)),
            Place::Resource => pair(Owner::Resource, key).or_else(|| group(Owner::Resource)),
            Place::Instrumentation => pair(Owner::Scope, key).or_else(|| group(Owner::Scope)),
            Place::Event | Place::Link => None,
        }
    }

    fn inner_value(&self, span: SpanIndex, owner: Owner, pair: u32, path: &[u32]) -> Option<&Value> {
        let (_, value) = self.attributes(span, owner).0.get(pair as usize)?;
        path.iter().try_fold(value, |value, place| match value {
            Value::Array(items) => items.get(*place as usize),
            Value::Map(pairs) => pairs.get(*place as usize).map(|(_, value)| value),
            _ => None,
        })
    }

    fn elements(
        &self,
        span: SpanIndex,
        owner: Owner,
        pair: u32,
        path: &[u32],
        start: usize,
        count: usize,
    ) -> Vec<Variable> {
        let inner = |place: usize| {
            let mut path = path.to_vec();
            path.push(place as u32);
            Container::Value(span, owner, pair, path)
        };
        match self.inner_value(span, owner, pair, path) {
            Some(Value::Array(items)) => {
                let items = items.iter().enumerate().skip(start).take(count);
                let variable = |(place, value)| Variable {
                    name: format!("[{place}]"),
                    ..value_variable(value, inner(place))
                };
                items.map(variable).collect()
            }
            Some(Value::Map(pairs)) => {
                let pairs = pairs.iter().enumerate();
                let variable = |(place, (key, value)): (usize, &(model::SmolStr, Value))| Variable {
                    name: wording::short(key, 200),
                    ..value_variable(value, inner(place))
                };
                unique(pairs.map(variable).collect()).into_iter().skip(start).take(count).collect()
            }
            _ => Vec::new(),
        }
    }
}

/// A variable that stands for no attribute.
pub(crate) fn computed(name: &str, value: impl Into<String>) -> Variable {
    Variable { name: name.to_owned(), value: value.into(), kind: "", expression: None, inner: None }
}

fn value_variable(value: &Value, inner: Container) -> Variable {
    let (kind, holds) = match value {
        Value::Empty => ("empty", false),
        Value::Str(_) => ("string", false),
        Value::Bool(_) => ("bool", false),
        Value::Int(_) => ("int", false),
        Value::Double(_) => ("double", false),
        Value::Bytes(_) => ("bytes", false),
        Value::Array(items) => ("array", !items.is_empty()),
        Value::Map(pairs) => ("map", !pairs.is_empty()),
    };
    Variable {
        name: String::new(),
        value: shown(value),
        kind,
        expression: None,
        inner: holds.then_some(inner),
    }
}

/// Text in quotes as a debugger shows it, everything on one line and cut.
fn shown(value: &Value) -> String {
    let text = match value {
        Value::Str(text) => format!("{:?}", cut(text)),
        Value::Array(items) if items.len() > 100 => format!("{} items", items.len()),
        Value::Map(pairs) if pairs.len() > 100 => format!("{} entries", pairs.len()),
        other => cut(&other.to_string()),
    };
    match value {
        Value::Str(whole) if whole.chars().nth(SHOWN_CHARACTERS).is_some() => {
            format!("{text} ({} characters)", whole.chars().count())
        }
        _ => text,
    }
}

/// The first few attributes below `prefix`, as a debugger shows an object that is closed.
fn preview(attributes: &Attributes, prefix: &str) -> String {
    let below = || attributes.iter().filter_map(|(key, value)| Some((key.strip_prefix(prefix)?, value)));
    let pair = |(key, value): (&str, &Value)| {
        format!("{}: {}", wording::short(key, 40), wording::short(&shown(value), 40))
    };
    let pairs: Vec<String> = below().take(3).map(pair).collect();
    let more = if below().nth(3).is_some() { ", …" } else { "" };
    format!("{{{}{more}}}", pairs.join(", "))
}

fn cut(text: &str) -> String {
    match text.char_indices().nth(SHOWN_CHARACTERS) {
        Some((end, _)) => format!("{}…", text.get(..end).unwrap_or_default()),
        None => text.to_owned(),
    }
}

/// A key as an expression needs it.
fn quoted_key(key: &str) -> String {
    let plain = |character: char| character.is_alphanumeric() || "._-/:@$".contains(character);
    match !key.is_empty() && key.chars().all(plain) {
        true => key.to_owned(),
        false => format!("\"{}\"", key.replace('\\', "\\\\").replace('"', "\\\"")),
    }
}

/// Repeated names get numbers: editors know variables by name.
fn unique(mut variables: Vec<Variable>) -> Vec<Variable> {
    let mut taken: HashSet<String> = HashSet::with_capacity(variables.len());
    let mut repeats: HashMap<String, usize> = HashMap::new();
    for variable in &mut variables {
        if taken.insert(variable.name.clone()) {
            continue;
        }
        let times = repeats.entry(variable.name.clone()).or_insert(1);
        let numbered = loop {
            *times += 1;
            let numbered = format!("{} ({times})", variable.name);
            if taken.insert(numbered.clone()) {
                break numbered;
            }
        };
        variable.name = numbered;
    }
    variables
}

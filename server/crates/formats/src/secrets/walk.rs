//! Every place of a batch where text from outside stands.

use std::sync::Arc;

use model::{Attributes, Batch, Event, Link, LogRecord, Resource, Scope, SmolStr, Span, Value};

use super::{MASKED, Mask, names::Verdict, text};

/// Masks a batch in place; answers with how many values were changed.
pub(super) fn apply(mask: &Mask, batch: &mut Batch) -> u64 {
    let mut walk = Walk { mask, count: 0, resources: Vec::new(), scopes: Vec::new() };
    for span in &mut batch.spans {
        walk.span(span);
    }
    for log in &mut batch.logs {
        walk.log(log);
    }
    walk.count
}

/// What was shared before and its replacement: shared again afterwards.
type Replaced<T> = Vec<(Arc<T>, Arc<T>)>;

struct Walk<'a> {
    mask: &'a Mask,
    count: u64,
    resources: Replaced<Resource>,
    scopes: Replaced<Scope>,
}

impl Walk<'_> {
    fn span(&mut self, shared: &mut Arc<Span>) {
        let before = self.count;
        let mut changed = Changed::of(self, shared);
        if self.count == before {
            return;
        }
        let span = Arc::make_mut(shared);
        span.resource = changed.resource;
        span.scope = changed.scope;
        span.attributes = changed.attributes.take().unwrap_or_else(|| std::mem::take(&mut span.attributes));
        put(&mut span.name, changed.name);
        put(&mut span.status.message, changed.message);
        put(&mut span.trace_state, changed.trace_state);
        for (at, event) in changed.events {
            if let Some(place) = span.events.get_mut(at) {
                *place = event;
            }
        }
        for (at, link) in changed.links {
            if let Some(place) = span.links.get_mut(at) {
                *place = link;
            }
        }
    }

    fn log(&mut self, log: &mut LogRecord) {
        log.resource = self.resource(&log.resource);
        log.scope = self.scope(&log.scope);
        let (name, body) = (self.text(&log.name), self.text(&log.body));
        put(&mut log.name, name);
        put(&mut log.body, body);
        if let Some(attributes) = self.attributes(&log.attributes) {
            log.attributes = attributes;
        }
    }

    fn resource(&mut self, resource: &Arc<Resource>) -> Arc<Resource> {
        if let Some((_, new)) = self.resources.iter().find(|(old, _)| Arc::ptr_eq(old, resource)) {
            return new.clone();
        }
        let new = match self.attributes(&resource.attributes) {
            Some(attributes) => Arc::new(Resource { attributes }),
            None => resource.clone(),
        };
        self.resources.push((resource.clone(), new.clone()));
        new
    }

    fn scope(&mut self, scope: &Arc<Scope>) -> Arc<Scope> {
        if let Some((_, new)) = self.scopes.iter().find(|(old, _)| Arc::ptr_eq(old, scope)) {
            return new.clone();
        }
        let new = match (self.attributes(&scope.attributes), self.text(&scope.name)) {
            (None, None) => scope.clone(),
            (attributes, name) => Arc::new(Scope {
                name: name.unwrap_or_else(|| scope.name.clone()),
                version: scope.version.clone(),
                attributes: attributes.unwrap_or_else(|| scope.attributes.clone()),
            }),
        };
        self.scopes.push((scope.clone(), new.clone()));
        new
    }

    /// The attributes without their secrets; `None` when they hold none.
    fn attributes(&mut self, attributes: &Attributes) -> Option<Attributes> {
        let new = self.pairs(&attributes.0)?;
        Some(Attributes(new))
    }

    fn pairs(&mut self, pairs: &[(SmolStr, Value)]) -> Option<Vec<(SmolStr, Value)>> {
        let changed: Vec<(usize, Value)> = pairs
            .iter()
            .enumerate()
            .filter_map(|(at, (key, value))| Some((at, self.value(key, value)?)))
            .collect();
        if changed.is_empty() {
            return None;
        }
        let mut new = pairs.to_vec();
        for (at, value) in changed {
            if let Some(pair) = new.get_mut(at) {
                pair.1 = value;
            }
        }
        Some(new)
    }

    /// What is to stand under `key` instead of `value`; `None` to leave it.
    fn value(&mut self, key: &str, value: &Value) -> Option<Value> {
        if self.mask.names.allows(key) {
            return None;
        }
        if !self.mask.scan.finds_name(key) {
            return self.unnamed(value);
        }
        match self.mask.names.verdict(key) {
            Verdict::Innocent => self.unnamed(value),
            verdict => self.named(key, verdict, value),
        }
    }

    /// A value whose name says nothing.
    fn unnamed(&mut self, value: &Value) -> Option<Value> {
        match value {
            Value::Str(text) => self.text(text).map(Value::Str),
            Value::Array(items) => self.items(items),
            Value::Map(pairs) => self.pairs(pairs).map(Value::Map),
            Value::Bytes(bytes) => {
                let text = std::str::from_utf8(bytes).ok()?;
                self.text(text).map(|text| Value::Bytes(text.as_bytes().to_vec()))
            }
            _ => None,
        }
    }

    /// A list, among which may be a command line: what follows a flag stands under its name.
    fn items(&mut self, items: &[Value]) -> Option<Value> {
        let mut new = items.to_vec();
        let before = self.count;
        let mut flag: Option<&str> = None;
        for (item, place) in items.iter().zip(&mut new) {
            let said = item.as_str().unwrap_or_default();
            let changed = match flag.take() {
                Some(flag) if !said.starts_with('-') => self.value(flag, item),
                _ => self.unnamed(item),
            };
            flag = said
                .strip_prefix('-')
                .map(|rest| rest.trim_start_matches('-'))
                .filter(|name| !name.contains('='));
            if let Some(changed) = changed {
                *place = changed;
            }
        }
        (self.count > before).then_some(Value::Array(new))
    }

    /// A value that its name says to be secret: every text in it, and every number where the name means them too.
    fn named(&mut self, key: &str, verdict: Verdict, value: &Value) -> Option<Value> {
        match value {
            Value::Str(said) if text::is_harmless(key, said) => None,
            Value::Int(_) | Value::Double(_) if verdict != Verdict::Any => None,
            Value::Str(_) | Value::Bytes(_) | Value::Int(_) | Value::Double(_) => {
                self.count += 1;
                Some(Value::Str(MASKED.into()))
            }
            Value::Array(items) => {
                let before = self.count;
                let new =
                    items.iter().map(|item| self.named(key, verdict, item).unwrap_or_else(|| item.clone()));
                let new = new.collect();
                (self.count > before).then_some(Value::Array(new))
            }
            Value::Map(pairs) => {
                let before = self.count;
                let new = pairs.iter().map(|(name, item)| {
                    let new = self.named(name, verdict, item).unwrap_or_else(|| item.clone());
                    (name.clone(), new)
                });
                let new = new.collect();
                (self.count > before).then_some(Value::Map(new))
            }
            Value::Bool(_) | Value::Empty => None,
        }
    }

    fn text(&mut self, text: &str) -> Option<SmolStr> {
        if text.len() < 4 || !self.mask.scan.finds_in_text(text) {
            return None;
        }
        let new = self.mask.texts.masked(&self.mask.names, text)?;
        self.count += 1;
        Some(new.into())
    }
}

/// The parts of a span that are to change.
struct Changed {
    resource: Arc<Resource>,
    scope: Arc<Scope>,
    attributes: Option<Attributes>,
    name: Option<SmolStr>,
    message: Option<SmolStr>,
    trace_state: Option<SmolStr>,
    events: Vec<(usize, Event)>,
    links: Vec<(usize, Link)>,
}

impl Changed {
    fn of(walk: &mut Walk<'_>, span: &Span) -> Changed {
        let before = walk.count;
        let (resource, scope) = (walk.resource(&span.resource), walk.scope(&span.scope));
        // A resource is counted once, with the first of its spans; the others change all the same.
        let is_shared = !Arc::ptr_eq(&resource, &span.resource) || !Arc::ptr_eq(&scope, &span.scope);
        let changed = Changed {
            resource,
            scope,
            attributes: walk.attributes(&span.attributes),
            name: walk.text(&span.name),
            message: walk.text(&span.status.message),
            trace_state: walk.text(&span.trace_state),
            events: span
                .events
                .iter()
                .enumerate()
                .filter_map(|(at, event)| Some((at, walk.event(event)?)))
                .collect(),
            links: span
                .links
                .iter()
                .enumerate()
                .filter_map(|(at, link)| Some((at, walk.link(link)?)))
                .collect(),
        };
        if is_shared && walk.count == before {
            walk.count += 1;
        }
        changed
    }
}

impl Walk<'_> {
    fn event(&mut self, event: &Event) -> Option<Event> {
        let (name, attributes) = (self.text(&event.name), self.attributes(&event.attributes));
        if name.is_none() && attributes.is_none() {
            return None;
        }
        let name = name.unwrap_or_else(|| event.name.clone());
        Some(Event {
            time: event.time,
            name,
            attributes: attributes.unwrap_or_else(|| event.attributes.clone()),
        })
    }

    fn link(&mut self, link: &Link) -> Option<Link> {
        let attributes = self.attributes(&link.attributes)?;
        Some(Link { attributes, ..link.clone() })
    }
}

fn put(place: &mut SmolStr, new: Option<SmolStr>) {
    if let Some(new) = new {
        *place = new;
    }
}

/// Whether the name alone says that values under it are secret.
#[cfg(test)]
pub(super) fn is_secret_name(mask: &Mask, name: &str) -> bool {
    mask.names.verdict(name) != Verdict::Innocent
}

//! The memo: every shape seen, and its placement in the code as it stands.

use std::{
    collections::{BTreeSet, HashSet},
    sync::Arc,
};

use imbl::{HashMap, Vector};
use model::{SmolStr, Span, SpanKind, SpanView};
use source::Index;

use crate::{
    Origins, Placement, Rulings, ServiceFolder, Shape,
    clues::RESOLVED,
    quick::{Numbering, Quick},
    resolve::{Verdict, place, resolve},
    services::Services,
};

/// Shapes kept at most: real systems have thousands.
const MAX_SHAPES: usize = 65_536;

/// A shape's number in its [`Table`]; dense from 0.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ShapeId(pub u32);

/// Shapes and their placements. Cloning costs a few pointers, so a clone serves as a snapshot. Bounded: past the limit, new shapes share one that is never placed.
#[derive(Clone, Debug, Default)]
pub struct Table {
    quick: Quick,
    numbering: Numbering,
    ids: HashMap<Arc<Shape>, ShapeId>,
    entries: Vector<Entry>,
    services: Services,
    /// Services of which something new is known; their open shapes are settled by the next refresh.
    learned: BTreeSet<SmolStr>,
    /// The index as of the last refresh.
    seen: Index,
    overflow: Option<ShapeId>,
    given: Given,
    /// What is to be placed again, whatever it asked of the index.
    stale: Stale,
}

/// What decides besides the span and the index.
#[derive(Clone, Debug, Default)]
pub(crate) struct Given {
    pub(crate) rulings: Arc<Rulings>,
    pub(crate) origins: Arc<Origins>,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Stale {
    all: bool,
    /// Those that name a file.
    placed_by_file: bool,
}

#[derive(Clone, Debug)]
struct Entry {
    shape: Arc<Shape>,
    verdict: Arc<Verdict>,
    placement: Arc<Placement>,
}

impl Table {
    /// The number of the shape of `span`, placed against `index` if it is new.
    pub fn intern(&mut self, span: &Span, index: &Index) -> ShapeId {
        span.with_view(|view| self.intern_view(view, index))
    }

    /// As [`Table::intern`]. Costs no allocation when a span like this was seen before.
    pub fn intern_view(&mut self, span: &SpanView<'_>, index: &Index) -> ShapeId {
        let number = self.numbering.number(span);
        if let Some(id) = self.quick.get(number) {
            return id;
        }
        let id = self.intern_shape(Shape::of(&span.to_span()), index);
        self.quick.insert(number, id);
        id
    }

    fn intern_shape(&mut self, shape: Shape, index: &Index) -> ShapeId {
        if let Some(id) = self.ids.get(&shape) {
            return *id;
        }
        if self.entries.len() >= MAX_SHAPES {
            return self.overflow(shape);
        }
        let verdict = resolve(&shape, index, &self.given);
        self.learn(&shape, None, &verdict);
        let placement = Arc::new(verdict.placement(&shape, index, &self.services));
        self.add(shape, verdict, placement)
    }

    /// Where `span` belongs by what it carries itself: looked up if its shape is known, else found without being
    /// kept, so that a reader of a snapshot needs no mutable table.
    pub fn place(&self, span: &Span, index: &Index) -> Arc<Placement> {
        let number = span.with_view(|view| Numbering::default().number(view));
        let known = self.quick.get(number).and_then(|id| self.placement(id));
        known.cloned().unwrap_or_else(|| self.place_shape(&Shape::of(span), index))
    }

    /// The shape numbered `id`.
    pub fn shape(&self, id: ShapeId) -> Option<&Arc<Shape>> {
        self.entries.get(id.0 as usize).map(|entry| &entry.shape)
    }

    /// Where spans of that shape belong by what they carry themselves; [`crate::place_trace`] adds what their
    /// ancestors tell.
    pub fn placement(&self, id: ShapeId) -> Option<&Arc<Placement>> {
        self.entries.get(id.0 as usize).map(|entry| &entry.placement)
    }

    /// All shapes with their placements.
    pub fn iter(&self) -> impl Iterator<Item = (ShapeId, &Arc<Shape>, &Arc<Placement>)> {
        let entries = self.entries.iter().enumerate();
        entries.map(|(at, entry)| (ShapeId(at as u32), &entry.shape, &entry.placement))
    }

    /// How many shapes there are.
    pub fn len(&self) -> usize {
        self.entries.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    /// Takes over what people say of placements, in place of what they said before; the next refresh follows it.
    pub fn set_rulings(&mut self, rulings: Arc<Rulings>) {
        self.stale.all |= self.given.rulings != rulings;
        self.given.rulings = rulings;
    }

    /// What people say of placements.
    pub fn rulings(&self) -> &Arc<Rulings> {
        &self.given.rulings
    }

    /// Takes over what is known of revisions and bundles; the next refresh follows it.
    pub fn set_origins(&mut self, origins: Arc<Origins>) {
        self.stale.placed_by_file = true;
        self.given.origins = origins;
    }

    /// What is known of revisions and bundles.
    pub fn origins(&self) -> &Arc<Origins> {
        &self.given.origins
    }

    /// In which folders the code of which service lies, as was said, else as was learned.
    pub fn services(&self) -> Vec<ServiceFolder> {
        self.services.folders(&self.given.rulings)
    }

    /// Places again what changes of the code, or of what is known of a service, may place elsewhere; answers with
    /// the shapes whose placement is another one now. Costs nothing when nothing changed: call it after every change
    /// of the index and after every batch of spans.
    pub fn refresh(&mut self, index: &Index) -> Vec<ShapeId> {
        let changes = index.changes_since(&self.seen);
        self.seen = index.clone();
        let is_stale = |verdict: &Verdict| {
            (changes.resolved && verdict.asked.binary_search(&RESOLVED).is_ok())
                || verdict.asked.iter().any(|asked| changes.keys.binary_search(asked).is_ok())
        };
        let mut stale: HashSet<u32> = HashSet::new();
        let again = std::mem::take(&mut self.stale);
        if again != Stale::default() {
            let names_file = |entry: &Entry| entry.shape.get("code.file.path").is_some();
            let numbered = self.entries.iter().enumerate();
            let known = numbered.filter(|(_, entry)| again.all || names_file(entry));
            stale.extend(known.map(|(at, _)| at as u32));
        }
        if changes.resolved || !changes.keys.is_empty() {
            let numbered = self.entries.iter().enumerate();
            stale.extend(numbered.filter(|(_, entry)| is_stale(&entry.verdict)).map(|(at, _)| at as u32));
        }
        for at in &stale {
            let Some(entry) = self.entries.get(*at as usize).cloned() else { continue };
            let verdict = resolve(&entry.shape, index, &self.given);
            self.learn(&entry.shape, Some(&entry.verdict), &verdict);
            self.entries.set(*at as usize, Entry { verdict: Arc::new(verdict), ..entry });
        }
        let has_changed = changes.resolved || !changes.keys.is_empty();
        self.settle(index, &stale, has_changed)
    }

    /// See [`Table::place`].
    pub(crate) fn place_shape(&self, shape: &Shape, index: &Index) -> Arc<Placement> {
        match self.ids.get(shape).and_then(|id| self.placement(*id)) {
            Some(known) => known.clone(),
            None => place(shape, index, &self.services, &self.given),
        }
    }

    /// New placements of what was resolved again, and of open shapes of services of which more is known now.
    fn settle(&mut self, index: &Index, stale: &HashSet<u32>, has_changed: bool) -> Vec<ShapeId> {
        if stale.is_empty() && self.learned.is_empty() && !has_changed {
            return Vec::new();
        }
        let learned = std::mem::take(&mut self.learned);
        let mut changed = Vec::new();
        for at in 0..self.entries.len() {
            let entry = &self.entries[at];
            let is_open = entry.verdict.is_open() && (has_changed || !learned.is_empty());
            if !is_open && !stale.contains(&(at as u32)) {
                continue;
            }
            let placement = entry.verdict.placement(&entry.shape, index, &self.services);
            if placement != *entry.placement {
                let entry = Entry { placement: Arc::new(placement), ..entry.clone() };
                self.entries.set(at, entry);
                changed.push(ShapeId(at as u32));
            }
        }
        changed
    }

    fn learn(&mut self, shape: &Shape, before: Option<&Verdict>, after: &Verdict) {
        let has_route = shape.kind == SpanKind::Server && shape.get("http.route").is_some();
        if has_route && self.services.learn_routed(&shape.service, &shape.scope) {
            self.learned.insert(shape.service.clone());
        }
        let file = |verdict: &Verdict| verdict.certain().map(|candidate| candidate.function.file.clone());
        let (before, after) = (before.and_then(file), file(after));
        if before == after {
            return;
        }
        if let Some(before) = before {
            self.services.unlearn(&shape.service, &before);
        }
        if let Some(after) = after {
            self.services.learn(&shape.service, &after);
        }
        self.learned.insert(shape.service.clone());
    }

    fn overflow(&mut self, shape: Shape) -> ShapeId {
        if let Some(id) = self.overflow {
            return id;
        }
        let other = Shape {
            service: SmolStr::default(),
            scope: SmolStr::default(),
            name: SmolStr::default(),
            deciding: Vec::new(),
            kind: shape.kind,
        };
        let id = self.add(other, Verdict::default(), Arc::default());
        self.overflow = Some(id);
        id
    }

    fn add(&mut self, shape: Shape, verdict: Verdict, placement: Arc<Placement>) -> ShapeId {
        let id = ShapeId(self.entries.len() as u32);
        let shape = Arc::new(shape);
        self.ids.insert(shape.clone(), id);
        self.entries.push_back(Entry { shape, verdict: Arc::new(verdict), placement });
        id
    }
}

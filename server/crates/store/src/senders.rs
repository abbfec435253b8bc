//! Who sent spans: each resource and each scope once, however many batches and traces repeat it.

use std::{
    collections::HashMap,
    hash::{BuildHasher, Hash, Hasher, RandomState},
    mem::size_of,
    sync::Arc,
};

use model::{Attributes, Resource, Scope, SmolStr, Value};

use crate::cost;

/// Pairs of the batch in hand that are found without comparing them.
const RECENT: usize = 16;

/// A resource or a scope, with what it costs.
#[derive(Debug)]
pub(crate) struct Known<T> {
    pub(crate) value: Arc<T>,
    /// Its service, where it has one.
    pub(crate) service: SmolStr,
    hash: u64,
    bytes: usize,
}

/// Who made a span: its resource and its scope.
#[derive(Clone, Debug)]
pub(crate) struct Sender {
    pub(crate) resource: Arc<Known<Resource>>,
    pub(crate) scope: Arc<Known<Scope>>,
}

/// All that are in use.
#[derive(Debug, Default)]
pub(crate) struct Senders {
    resources: Pool<Resource>,
    scopes: Pool<Scope>,
    recent: Vec<(Arc<Resource>, Arc<Scope>, Sender)>,
    hasher: RandomState,
}

#[derive(Debug)]
struct Pool<T> {
    /// With the number of traces that hold it.
    known: HashMap<u64, (Arc<Known<T>>, u32)>,
    bytes: usize,
}

/// What can be told from another without regard to where it lies.
pub(crate) trait Content {
    fn digest<H: Hasher>(&self, hasher: &mut H);
    fn is_same(&self, other: &Self) -> bool;
    fn bytes(&self) -> usize;
    fn service(&self) -> SmolStr;
}

impl Sender {
    pub(crate) fn service(&self) -> &SmolStr {
        &self.resource.service
    }

    /// Bytes that it may add when nobody holds it yet.
    pub(crate) fn bytes(&self) -> usize {
        self.resource.bytes + self.scope.bytes
    }

    pub(crate) fn is(&self, other: &Sender) -> bool {
        Arc::ptr_eq(&self.resource, &other.resource) && Arc::ptr_eq(&self.scope, &other.scope)
    }
}

impl Senders {
    /// The known pair that is equal to this one.
    pub(crate) fn of(&mut self, resource: &Arc<Resource>, scope: &Arc<Scope>) -> Sender {
        let is_it = |(known, of, _): &&(Arc<Resource>, Arc<Scope>, Sender)| {
            Arc::ptr_eq(known, resource) && Arc::ptr_eq(of, scope)
        };
        if let Some((_, _, sender)) = self.recent.iter().rev().find(is_it) {
            return sender.clone();
        }
        let sender = Sender {
            resource: self.resources.intern(resource, &self.hasher),
            scope: self.scopes.intern(scope, &self.hasher),
        };
        if self.recent.len() >= RECENT {
            self.recent.remove(0);
        }
        self.recent.push((resource.clone(), scope.clone(), sender.clone()));
        sender
    }

    /// Notes that one more trace holds `sender`.
    pub(crate) fn hold(&mut self, sender: &Sender) {
        self.resources.hold(&sender.resource);
        self.scopes.hold(&sender.scope);
    }

    /// Notes that a trace which held `sender` left.
    pub(crate) fn release(&mut self, sender: &Sender) {
        self.resources.release(&sender.resource);
        self.scopes.release(&sender.scope);
    }

    /// Forgets which pairs were met in the batch in hand.
    pub(crate) fn forget_recent(&mut self) {
        self.recent.clear();
    }

    /// Bytes of everything held.
    pub(crate) fn bytes(&self) -> usize {
        self.resources.bytes + self.scopes.bytes
    }
}

impl<T> Default for Pool<T> {
    fn default() -> Pool<T> {
        Pool { known: HashMap::new(), bytes: 0 }
    }
}

impl<T: Content> Pool<T> {
    /// What a known value costs beyond itself, its place in the map included.
    const PER_ENTRY: usize = size_of::<Known<T>>() + 80;

    fn intern(&mut self, value: &Arc<T>, hasher: &RandomState) -> Arc<Known<T>> {
        let mut hashing = hasher.build_hasher();
        value.digest(&mut hashing);
        let hash = hashing.finish();
        match self.known.get(&hash) {
            Some((known, _)) if known.value.is_same(value) => known.clone(),
            _ => Arc::new(Known {
                value: value.clone(),
                service: value.service(),
                hash,
                bytes: value.bytes() + Pool::<T>::PER_ENTRY,
            }),
        }
    }

    fn hold(&mut self, known: &Arc<Known<T>>) {
        let (entry, holders) = self.known.entry(known.hash).or_insert_with(|| (known.clone(), 0));
        // Two with one hash, of 2^64: the second is held by its traces alone.
        if Arc::ptr_eq(entry, known) {
            *holders += 1;
            self.bytes += if *holders == 1 { known.bytes } else { 0 };
        }
    }

    fn release(&mut self, known: &Arc<Known<T>>) {
        let Some((entry, holders)) = self.known.get_mut(&known.hash) else { return };
        if !Arc::ptr_eq(entry, known) {
            return;
        }
        *holders -= 1;
        if *holders == 0 {
            self.known.remove(&known.hash);
            self.bytes -= known.bytes;
            if self.known.capacity() > 64 && self.known.len() < self.known.capacity() / 4 {
                self.known.shrink_to_fit();
            }
        }
    }
}

impl Content for Resource {
    fn digest<H: Hasher>(&self, hasher: &mut H) {
        digest(&self.attributes, hasher);
    }

    fn is_same(&self, other: &Resource) -> bool {
        is_same(&self.attributes, &other.attributes)
    }

    fn bytes(&self) -> usize {
        cost::resource_bytes(self)
    }

    fn service(&self) -> SmolStr {
        SmolStr::new(Resource::service(self))
    }
}

impl Content for Scope {
    fn digest<H: Hasher>(&self, hasher: &mut H) {
        (&self.name, &self.version).hash(hasher);
        digest(&self.attributes, hasher);
    }

    fn is_same(&self, other: &Scope) -> bool {
        (&self.name, &self.version) == (&other.name, &other.version)
            && is_same(&self.attributes, &other.attributes)
    }

    fn bytes(&self) -> usize {
        cost::scope_bytes(self)
    }

    fn service(&self) -> SmolStr {
        SmolStr::default()
    }
}

fn digest<H: Hasher>(attributes: &Attributes, hasher: &mut H) {
    for (key, value) in attributes.iter() {
        key.hash(hasher);
        digest_value(value, hasher);
    }
}

fn digest_value<H: Hasher>(value: &Value, hasher: &mut H) {
    match value {
        Value::Empty => 0u8.hash(hasher),
        Value::Str(text) => text.as_str().hash(hasher),
        Value::Bool(truth) => truth.hash(hasher),
        Value::Int(number) => number.hash(hasher),
        Value::Double(number) => number.to_bits().hash(hasher),
        Value::Bytes(bytes) => bytes.hash(hasher),
        Value::Array(items) => items.iter().for_each(|item| digest_value(item, hasher)),
        Value::Map(pairs) => pairs.iter().for_each(|(key, value)| {
            key.hash(hasher);
            digest_value(value, hasher);
        }),
    }
}

fn is_same(one: &Attributes, other: &Attributes) -> bool {
    let pairs = || one.iter().zip(other.iter());
    one.len() == other.len() && pairs().all(|((key, value), (of, by))| key == of && is_same_value(value, by))
}

/// Equal to the last bit: NaN is NaN here, and zero is not minus zero.
fn is_same_value(one: &Value, other: &Value) -> bool {
    match (one, other) {
        (Value::Double(one), Value::Double(other)) => one.to_bits() == other.to_bits(),
        (Value::Array(one), Value::Array(other)) => {
            one.len() == other.len() && one.iter().zip(other).all(|(one, other)| is_same_value(one, other))
        }
        (Value::Map(one), Value::Map(other)) => {
            let is_pair = |((key, value), (of, by)): (&(SmolStr, Value), &(SmolStr, Value))| {
                key == of && is_same_value(value, by)
            };
            one.len() == other.len() && one.iter().zip(other).all(is_pair)
        }
        (one, other) => one == other,
    }
}

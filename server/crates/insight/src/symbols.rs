//! Names by which telemetry knows a workspace: routes, remote methods, destinations and span names.

use std::collections::BTreeMap;

use source::{FunctionKey, NamePattern};
use world::Snapshot;

use crate::visible::visible;

/// What sort of name it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum SymbolKind {
    /// `GET /orders/{id}`
    Route,
    /// `CartService/AddItem`
    Rpc,
    /// A queue, topic or task, named in the code.
    Destination,
    /// A span that was seen.
    Span,
}

/// A name and the function behind it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Symbol {
    /// As telemetry has it.
    pub name: String,
    /// Its sort.
    pub kind: SymbolKind,
    /// The function.
    pub function: FunctionKey,
    /// The service that sent it, for spans that were seen; else empty.
    pub service: String,
}

/// Symbols whose name holds the letters of `query` in this order, whatever their case: those that hold it in one
/// piece first. At most `limit`. An empty query wants all.
pub fn symbols(snapshot: &Snapshot, query: &str, limit: usize) -> Vec<Symbol> {
    let query = query.to_lowercase();
    let mut ranked: Vec<(u8, Symbol)> =
        all(snapshot).into_iter().filter_map(|symbol| Some((rank(&symbol.name, &query)?, symbol))).collect();
    ranked.sort_by(|(rank_a, a), (rank_b, b)| {
        (rank_a, &a.name, a.kind, &a.function).cmp(&(rank_b, &b.name, b.kind, &b.function))
    });
    ranked.truncate(limit);
    ranked.into_iter().map(|(_, symbol)| symbol).collect()
}

/// One symbol for each name of a function: what the code declares, then what was seen besides.
fn all(snapshot: &Snapshot) -> Vec<Symbol> {
    let mut found: BTreeMap<(String, FunctionKey), Symbol> = BTreeMap::new();
    let mut add = |name: String, kind: SymbolKind, function: &FunctionKey, service: String| {
        let key = (name.clone(), function.clone());
        found.entry(key).or_insert(Symbol { name, kind, function: function.clone(), service });
    };
    for route in snapshot.index.routing() {
        let pattern = visible(&route.pattern, 120);
        let name = route.method.as_ref().map_or(pattern.clone(), |method| format!("{method} {pattern}"));
        add(name, SymbolKind::Route, &route.handler, String::new());
    }
    for rpc in snapshot.index.rpc_methods() {
        let name = visible(&format!("{}/{}", rpc.service, rpc.method), 120);
        add(name, SymbolKind::Rpc, &rpc.handler, String::new());
    }
    for consumer in snapshot.index.consumers().iter().filter(|consumer| consumer.is_named) {
        if let NamePattern::Literal(name) = &consumer.name {
            add(visible(name, 120), SymbolKind::Destination, &consumer.handler, String::new());
        }
    }
    for (_, shape, placement) in snapshot.table.iter() {
        let function = placement.function.as_ref().filter(|_| placement.is_shown() && !placement.is_call());
        if let Some(function) = function {
            add(visible(&shape.name, 120), SymbolKind::Span, function, visible(&shape.service, 40));
        }
    }
    found.into_values().collect()
}

/// 0 for a name that begins with `query`, 1 for one that holds it, 2 for one that holds its letters in order.
fn rank(name: &str, query: &str) -> Option<u8> {
    let name = name.to_lowercase();
    if name.starts_with(query) {
        return Some(0);
    }
    if name.contains(query) {
        return Some(1);
    }
    let mut letters = name.chars();
    query.chars().all(|wanted| letters.any(|letter| letter == wanted)).then_some(2)
}

#[cfg(test)]
mod tests {
    use super::rank;

    #[test]
    fn whole_words_rank_before_letters() {
        assert_eq!(rank("GET /orders", "get /o"), Some(0));
        assert_eq!(rank("GET /orders", "orders"), Some(1));
        assert_eq!(rank("GET /orders", "gtord"), Some(2));
        assert_eq!(rank("GET /orders", "sredro"), None);
        assert_eq!(rank("GET /orders", ""), Some(0));
    }
}

//! Routes that are declared with their handlers: Sinatra, Grape, Padrino; Rack's `map` and `run`.

use model::SmolStr;
use tree_sitter::Node;

use super::syntax::{arguments, method_of, option, path_of, positional, text_of, word};
use crate::{
    field::Field,
    walk::{Walk, children},
    wiring::{Handler, Holder, MODULE, MountFact, Piece, PrefixFact, Reference, RouteFact, Text, Value},
};

/// Blocks around a route whose argument stands before its path.
const GROUPS: &[&str] =
    &["namespace", "resource", "resources", "group", "segment", "segments", "route_param"];

/// A route, a mount or a prefix; whether this is one.
pub(super) fn call<'t>(walk: &mut Walk<'t>, node: Node<'t>, method: &str) -> bool {
    let is_rack = walk.path.ends_with(".ru");
    if node.field("receiver").is_some() {
        return false;
    }
    match method {
        "run" if is_rack => rack(walk, node),
        "mount" | "use" if walk.type_path().is_some() => mount(walk, node, method),
        "prefix" | "version" if is_grape(walk) => prefix(walk, node, method),
        _ => route(walk, node, method),
    }
}

fn route<'t>(walk: &mut Walk<'t>, node: Node<'t>, method: &str) -> bool {
    let Some(verbs) = verbs(walk, node, method) else { return false };
    let Some(block) = node.field("block") else { return false };
    let is_grape = is_grape(walk);
    let Some(holder) = holder(walk) else { return false };
    let mut paths = paths(walk, node, method);
    // A description of a test is no path.
    paths.retain(|path| {
        is_grape || matches!(path.0.first(), Some(Piece::Literal(text)) if text.starts_with(['/', '*']))
    });
    if paths.is_empty() && is_grape && positional(node).is_empty() {
        paths.push(Text::literal(""));
    }
    if paths.is_empty() {
        return false;
    }
    if !is_grape && walk.draft.marks.insert("@framework".into()) {
        walk.draft.bind(MODULE, "@framework", Value::Import("sinatra".into(), None));
    }
    let before = groups(walk);
    for path in paths {
        let pattern = joined(before.clone(), path);
        let handler = Handler::At(block.start_byte() as u32);
        let scope = walk.scope();
        walk.draft.wiring.routes.push(RouteFact {
            holder: holder.clone(),
            methods: verbs.clone(),
            pattern,
            handler,
            scope,
        });
    }
    true
}

/// The methods of HTTP that a declaration takes; `None` for what is none.
fn verbs(walk: &Walk<'_>, node: Node<'_>, method: &str) -> Option<Vec<SmolStr>> {
    let verb = match method {
        // Sinatra answers HEAD as GET by itself.
        "get" | "post" | "put" | "patch" | "delete" | "options" | "head" => method.to_uppercase().into(),
        "route" => {
            let first = word(walk, *arguments(node).first()?)?;
            if first == "any" {
                return Some(Vec::new());
            }
            first.to_uppercase().into()
        }
        _ => return None,
    };
    Some(vec![verb])
}

fn paths(walk: &Walk<'_>, node: Node<'_>, method: &str) -> Vec<Text> {
    let mut list = positional(node);
    if method == "route" && !list.is_empty() {
        list.remove(0);
    }
    if let Some(first) =
        list.first().copied().filter(|first| matches!(first.kind(), "array" | "string_array"))
    {
        list = children(first);
    }
    list.into_iter().filter_map(|path| pattern(walk, path)).collect()
}

/// A path, or a regular expression in the form in which it matches.
fn pattern(walk: &Walk<'_>, node: Node<'_>) -> Option<Text> {
    if node.kind() != "regex" {
        let text = text_of(walk, node)?;
        return Some(if node.kind() == "simple_symbol" { joined(Text::literal("/"), text) } else { text });
    }
    let text = walk.slice(node);
    let inner = text.strip_prefix("%r").map_or(text, |rest| rest);
    let inner =
        inner.get(1..inner.len().saturating_sub(1))?.trim_start_matches("\\A").trim_end_matches("\\z");
    Some(Text::literal(inner.replace("\\/", "/")))
}

/// What routes at this place are declared on: the class around, else the program.
fn holder(walk: &Walk<'_>) -> Option<Holder> {
    let named = walk.draft.functions.get(walk.scope() as usize);
    if named.is_some_and(|function| function.kind != crate::FunctionKind::Closure) {
        return None;
    }
    Some(match walk.type_path() {
        Some(class) => Holder::Named(MODULE, Reference::local(class)),
        None => Holder::App,
    })
}

/// What the blocks around put before a path.
fn groups(walk: &Walk<'_>) -> Text {
    let mut whole = Text::default();
    let calls = walk.ancestors.iter().filter(|node| node.kind() == "call");
    for group in calls.filter(|call| GROUPS.contains(&method_of(walk, **call))) {
        let Some(first) = arguments(*group).first().copied() else { continue };
        let Some(text) = text_of(walk, first) else { continue };
        let text = if method_of(walk, *group) == "route_param" {
            let mut parameter = Text::literal("/:");
            parameter.append(text);
            parameter
        } else {
            text
        };
        whole = joined(whole, text);
    }
    whole
}

fn is_grape(walk: &Walk<'_>) -> bool {
    let Some(class) = walk.type_path() else { return false };
    let fact = walk.draft.wiring.types.iter().rfind(|fact| fact.path == class);
    let base = fact.and_then(|fact| fact.bases.first());
    base.is_some_and(|base| {
        base == "Grape.API" || base.ends_with(".API.Base") || base.ends_with("Grape.API.Instance")
    })
}

/// Grape's `prefix :api` and `version 'v1', using: :path`.
fn prefix<'t>(walk: &mut Walk<'t>, node: Node<'t>, method: &str) -> bool {
    let list = arguments(node);
    let is_path = option(walk, &list, "using").is_none_or(|using| walk.slice(using) == ":path");
    let Some(text) = positional(node).first().and_then(|first| text_of(walk, *first)) else { return false };
    let (Some(holder), true) = (holder(walk), is_path) else { return true };
    let class = walk.type_path().unwrap_or_default();
    let text = joined(Text::literal("/"), text);
    let prefixes = &mut walk.draft.wiring.prefixes;
    let known = prefixes
        .iter_mut()
        .rfind(|fact| matches!(&fact.holder, Holder::Named(_, name) if name.path == class));
    match known {
        // `prefix` stands before `version`, whichever is declared first.
        Some(fact) if method == "version" => fact.prefix = joined(std::mem::take(&mut fact.prefix), text),
        Some(fact) => fact.prefix = joined(text, std::mem::take(&mut fact.prefix)),
        None => prefixes.push(PrefixFact { holder, prefix: text, scope: MODULE }),
    }
    true
}

/// `mount Other`, `mount Other => "/x"` of Grape, and `use Other` of Sinatra.
fn mount<'t>(walk: &mut Walk<'t>, node: Node<'t>, method: &str) -> bool {
    let (Some(parent), Some(first)) = (holder(walk), arguments(node).first().copied()) else { return false };
    let (child, prefix) = match first.kind() {
        "pair" => {
            let prefix = first.field("value").and_then(|value| text_of(walk, value));
            (first.field("key"), prefix)
        }
        _ => (Some(first), None),
    };
    let Some(child) = child.filter(|child| matches!(child.kind(), "constant" | "scope_resolution")) else {
        return false;
    };
    let Some(child) = path_of(walk, child) else { return false };
    if method == "use" && (child.contains("Rack") || child.contains("Middleware")) {
        return false;
    }
    let prefix = joined(groups(walk), prefix.unwrap_or_default());
    let child = Holder::Named(walk.scope(), Reference::local(child));
    walk.draft.wiring.mounts.push(MountFact { parent, child, prefix, scope: MODULE });
    true
}

/// `run App` in a rackup file, in blocks of `map "/x" do`.
fn rack<'t>(walk: &mut Walk<'t>, node: Node<'t>) -> bool {
    let Some(child) = arguments(node).first().and_then(|app| path_of(walk, *app)) else { return false };
    if !child.starts_with(|c: char| c.is_uppercase()) {
        return false;
    }
    let child = child.strip_suffix(".freeze.app").or_else(|| child.strip_suffix(".app")).unwrap_or(&child);
    let mut prefix = Text::default();
    for outer in
        walk.ancestors.iter().filter(|node| node.kind() == "call" && method_of(walk, **node) == "map")
    {
        if let Some(text) = arguments(*outer).first().and_then(|first| text_of(walk, *first)) {
            prefix = joined(prefix, text);
        }
    }
    let child = Holder::Named(MODULE, Reference::local(child));
    walk.draft.wiring.mounts.push(MountFact { parent: Holder::App, child, prefix, scope: MODULE });
    true
}

/// Exactly one slash where two paths meet.
fn joined(before: Text, after: Text) -> Text {
    if before.0.is_empty() {
        return after;
    }
    let mut whole = Text::default();
    let ends = matches!(before.0.last(), Some(Piece::Literal(text)) if text.ends_with('/'));
    let starts = matches!(after.0.first(), Some(Piece::Literal(text)) if text.starts_with('/'));
    let is_empty = after.as_literal().is_some_and(|text| text.is_empty() || text == "/");
    whole.append(before);
    if is_empty {
        return whole;
    }
    match (ends, starts) {
        (true, true) => {
            if let Some(Piece::Literal(text)) = whole.0.last_mut() {
                *text = text.trim_end_matches('/').into();
            }
        }
        (false, false) => whole.append(Text::literal("/")),
        _ => {}
    }
    whole.append(after);
    whole
}

//! Lists of routes: Django's `urlpatterns` and Starlette's `routes`.

use model::SmolStr;
use tree_sitter::Node;

use super::{
    drf,
    routes::{elements, handler, holder},
    syntax::{argument, keyword, literals, path_of, positional, text_of},
};
use crate::{
    field::Field,
    walk::{Walk, dotted},
    wiring::{Handler, Holder, MountFact, Reference, RouteFact, Scope, Text},
};

/// How many calls may nest around a route in its list.
const MAX_NESTING: usize = 64;

/// `path("x/", view)`, `Route("/x", endpoint)`, `Mount("/x", app=sub)`.
pub(super) fn listed<'t>(walk: &mut Walk<'t>, node: Node<'t>, callee: &str) -> bool {
    let methods = match keyword(walk, node, "methods") {
        Some(list) => literals(walk, list).iter().map(|method| method.to_uppercase().into()).collect(),
        None => Vec::new(),
    };
    if callee == "Mount" { mounted(walk, node) } else { listed_with(walk, node, methods) }
}

/// The same, its methods told.
pub(super) fn listed_with<'t>(walk: &mut Walk<'t>, node: Node<'t>, methods: Vec<SmolStr>) -> bool {
    let pattern = ["route", "path", "regex"].iter().find_map(|key| argument(walk, node, 0, key));
    let target = ["view", "endpoint", "handler"].iter().find_map(|key| argument(walk, node, 1, key));
    let (Some(pattern), Some(target)) = (pattern.and_then(|node| text_of(walk, node)), target) else {
        return false;
    };
    let Some(parent) = list_holder(walk) else { return false };
    let pattern = with_outer_prefixes(walk, pattern);
    let scope = walk.scope();
    if let Some(children) = included(walk, target) {
        for child in children {
            let (parent, prefix) = (parent.clone(), pattern.clone());
            walk.draft.wiring.mounts.push(MountFact { parent, child, prefix, scope });
        }
        return true;
    }
    if let Some((class, actions)) = drf::mapped_actions(walk, target) {
        for (method, action) in actions {
            let handler = Handler::Named(scope, Reference::local(dotted(&class, &action)));
            let (holder, pattern, methods) = (parent.clone(), pattern.clone(), vec![method]);
            walk.draft.wiring.routes.push(RouteFact { holder, methods, pattern, handler, scope });
        }
        return true;
    }
    let Some(handler) = handler(walk, target) else { return false };
    walk.draft.wiring.routes.push(RouteFact { holder: parent, methods, pattern, handler, scope });
    // Inside of a view's own call (`login_required(view)`) nothing else is declared.
    true
}

/// `urlpatterns = router.urls`, `urlpatterns += api_patterns`, `urlpatterns = [...] + router.urls`.
pub(super) fn summed<'t>(walk: &mut Walk<'t>, scope: Scope, name: &SmolStr, right: Node<'t>) {
    if !["url", "pattern", "route"].iter().any(|word| name.to_lowercase().contains(word)) {
        return;
    }
    let mut parts = vec![right];
    for _ in 0..16 {
        let Some(part) = parts.pop() else { return };
        match part.kind() {
            "binary_operator" | "parenthesized_expression" => {
                let mut cursor = part.walk();
                parts.extend(part.named_children(&mut cursor));
            }
            "identifier" | "attribute" => {
                mount_list(walk, Holder::Named(scope, Reference::local(name.clone())), part, Text::default())
            }
            _ => {}
        }
    }
}

/// `*router.urls` in a list of routes.
pub(super) fn spread<'t>(walk: &mut Walk<'t>, node: Node<'t>) {
    let (Some(inner), Some(parent)) = (node.named_child(0), list_holder(walk)) else { return };
    let prefix = with_outer_prefixes(walk, Text::default());
    mount_list(walk, parent, inner, prefix);
}

fn mount_list<'t>(walk: &mut Walk<'t>, parent: Holder, list: Node<'t>, prefix: Text) {
    let Some(path) = path_of(walk, list) else { return };
    let scope = walk.scope();
    let child = Holder::Named(scope, Reference::local(path.strip_suffix(".urls").unwrap_or(&path)));
    if child != parent {
        walk.draft.wiring.mounts.push(MountFact { parent, child, prefix, scope });
    }
}

/// The list or app that the current node stands in: the name that it is assigned to, else what is returned.
pub(super) fn list_holder(walk: &Walk<'_>) -> Option<Holder> {
    for node in walk.ancestors.iter().rev().take(MAX_NESTING) {
        match node.kind() {
            "assignment" | "augmented_assignment" => {
                let name = path_of(walk, node.field("left")?)?;
                return Some(Holder::Named(walk.scope(), Reference::local(name)));
            }
            "return_statement" => return walk.function_around().map(Holder::Returned),
            "call" => {
                let callee = path_of(walk, node.field("function")?)?;
                let (object, last) = callee.rsplit_once('.').unwrap_or(("", &callee));
                if matches!(last, "append" | "extend" | "insert" | "add_routes") {
                    return Some(Holder::Named(walk.scope(), Reference::local(object)));
                }
            }
            "function_definition" | "class_definition" => return None,
            _ => {}
        }
    }
    None
}

/// `Mount("/x", routes=[…])` only nests; `Mount("/x", app=sub)` mounts.
fn mounted<'t>(walk: &mut Walk<'t>, node: Node<'t>) -> bool {
    let Some(prefix) = argument(walk, node, 0, "path").and_then(|node| text_of(walk, node)) else {
        return false;
    };
    let child = keyword(walk, node, "routes").or_else(|| argument(walk, node, 1, "app"));
    let Some(child) = child.filter(|child| child.kind() != "list").and_then(|child| holder(walk, child))
    else {
        return false;
    };
    let Some(parent) = list_holder(walk) else { return false };
    let prefix = with_outer_prefixes(walk, prefix);
    let scope = walk.scope();
    walk.draft.wiring.mounts.push(MountFact { parent, child, prefix, scope });
    true
}

/// What `include(…)` brings in; `None` when `node` is no include. Routes listed in place are found by the walk.
fn included<'t>(walk: &Walk<'t>, node: Node<'t>) -> Option<Vec<Holder>> {
    if node.kind() != "call" || !path_of(walk, node)?.ends_with("include") {
        return None;
    }
    let Some(first) = positional(node).first().copied() else { return Some(Vec::new()) };
    let first =
        if first.kind() == "tuple" { elements(first).first().copied().unwrap_or(first) } else { first };
    let scope = walk.scope();
    Some(match first.kind() {
        "string" => {
            let module = text_of(walk, first).and_then(|text| text.as_literal());
            let held = |module| Holder::Named(scope, Reference::of_module(module, "urlpatterns"));
            module.map(held).into_iter().collect()
        }
        "list" => Vec::new(),
        _ => {
            let Some(path) = path_of(walk, first) else { return Some(Vec::new()) };
            // `router.urls` holds what was registered on the router; a module holds its patterns.
            let router = path.strip_suffix(".urls").unwrap_or(&path);
            let named = |path: &str| Holder::Named(scope, Reference::local(path));
            vec![named(router), named(&dotted(&path, "urlpatterns")), named(&path)]
        }
    })
}

/// `pattern` behind the prefixes of the `path(…)` and `Mount(…)` calls around it in the same list.
fn with_outer_prefixes(walk: &Walk<'_>, pattern: Text) -> Text {
    let mut whole = pattern;
    for node in walk.ancestors.iter().rev().take(MAX_NESTING) {
        match node.kind() {
            "assignment" | "augmented_assignment" | "return_statement" | "function_definition" => break,
            "call" => {
                let callee = node.field("function").map(|callee| walk.slice(callee)).unwrap_or_default();
                let last = callee.rsplit('.').next().unwrap_or(callee);
                if !matches!(last, "path" | "re_path" | "url" | "Mount") {
                    continue;
                }
                let Some(mut outer) = argument(walk, *node, 0, "path").and_then(|node| text_of(walk, node))
                else {
                    continue;
                };
                if last == "Mount" && outer.as_literal().is_some_and(|text| text.ends_with('/')) {
                    outer = Text::literal(outer.as_literal().unwrap_or_default().trim_end_matches('/'));
                }
                outer.append(whole);
                whole = outer;
            }
            _ => {}
        }
    }
    whole
}

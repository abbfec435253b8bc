//! Django REST framework: view sets on routers, their actions, and views made of them.

use model::SmolStr;
use smol_str::format_smolstr;
use tree_sitter::Node;

use super::{
    calls::keyword_literal,
    syntax::{argument, literals, path_of, positional, text_of},
};
use crate::{
    field::Field,
    walk::{Walk, children, dotted},
    wiring::{Handler, Holder, MODULE, MountFact, Piece, Reference, RouteFact, Scope, Text},
};

/// What a router maps: the action, the method, and whether it stands for one object.
const ACTIONS: &[(&str, &str, bool)] = &[
    ("list", "GET", false),
    ("create", "POST", false),
    ("retrieve", "GET", true),
    ("update", "PUT", true),
    ("partial_update", "PATCH", true),
    ("destroy", "DELETE", true),
];

/// `router.register(r"users", UserViewSet)`.
pub(super) fn view_set<'t>(walk: &mut Walk<'t>, node: Node<'t>, object: &str) -> bool {
    let (Some(prefix), Some(class)) = (argument(walk, node, 0, "prefix"), argument(walk, node, 1, "viewset"))
    else {
        return false;
    };
    let Some(prefix) = text_of(walk, prefix).filter(begins_literally) else { return false };
    let of_router = object.rsplit('.').next().is_some_and(|name| name.to_lowercase().contains("router"));
    let is_view = |class: &SmolStr| of_router || class.ends_with("ViewSet") || class.ends_with("View");
    let Some(class) = path_of(walk, class).filter(is_view) else { return false };
    let scope = walk.scope();
    let holder = Holder::Named(scope, Reference::local(object));
    let mounted = MountFact {
        parent: holder.clone(),
        child: Holder::Named(scope, Reference::local(class.clone())),
        prefix: prefix.clone(),
        scope,
    };
    walk.draft.wiring.mounts.push(mounted);
    for (action, method, is_detail) in ACTIONS {
        let mut pattern = prefix.clone();
        pattern.append(Text::literal(if *is_detail { "/{pk}/" } else { "/" }));
        let handler = Handler::Named(scope, Reference::local(dotted(&class, action)));
        let (holder, methods) = (holder.clone(), vec![SmolStr::new_static(method)]);
        walk.draft.wiring.routes.push(RouteFact { holder, methods, pattern, handler, scope });
    }
    true
}

/// `NestedSimpleRouter(router, r"users", lookup="user")` bound to a name: its routes stand below one user.
pub(super) fn nested<'t>(walk: &mut Walk<'t>, scope: Scope, name: &SmolStr, right: Node<'t>) {
    let list = positional(right);
    let outer = list.first().and_then(|outer| path_of(walk, *outer));
    let prefix = list.get(1).and_then(|prefix| text_of(walk, *prefix));
    let (Some(outer), Some(mut prefix)) = (outer, prefix) else { return };
    prefix.append(Text::literal("/{pk}"));
    let parent = Holder::Named(scope, Reference::local(outer));
    let child = Holder::Named(scope, Reference::local(name.clone()));
    walk.draft.wiring.mounts.push(MountFact { parent, child, prefix, scope });
}

/// A method of a view set that is a route of its own: `@action(detail=True, methods=["post"], url_path="x")`, and the
/// older `@detail_route` and `@list_route`.
pub(super) fn action<'t>(walk: &mut Walk<'t>, index: u32, call: Node<'t>, decorator: &str) {
    let Some((class, name)) = class_and_name(walk, index) else { return };
    let detail = argument(walk, call, 1, "detail").is_some_and(|value| walk.slice(value) == "True");
    let is_detail = detail || decorator.ends_with("detail_route");
    let last = keyword_literal(walk, call, "url_path").unwrap_or(name);
    let pattern = pattern_of(is_detail, &last);
    let methods = argument(walk, call, 0, "methods").map(|list| literals(walk, list));
    let methods = methods.unwrap_or_else(|| vec!["GET".into()]);
    let methods = methods.iter().map(|method| method.to_uppercase().into()).collect();
    declare(walk, class, methods, pattern, index);
}

/// `@set_password.mapping.delete`: another method of an action above.
pub(super) fn mapped(walk: &mut Walk<'_>, index: u32, path: &str) -> bool {
    let Some((action, method)) = path.split_once(".mapping.") else { return false };
    let Some((class, _)) = class_and_name(walk, index) else { return false };
    let of_action = |fact: &&RouteFact| {
        let Handler::Function(other) = fact.handler else { return false };
        let other = walk.draft.functions.get(other as usize);
        other.is_some_and(|other| other.name == action && other.key.path == dotted(&class, action))
    };
    let pattern = walk.draft.wiring.routes.iter().rev().find(of_action).map(|fact| fact.pattern.clone());
    let Some(pattern) = pattern.and_then(|pattern| pattern.as_literal()) else { return false };
    declare(walk, class, vec![method.to_uppercase().into()], pattern, index);
    true
}

/// `UserViewSet.as_view({"get": "list"})`: which method runs which action, and the class.
pub(super) fn mapped_actions<'t>(
    walk: &Walk<'t>,
    target: Node<'t>,
) -> Option<(SmolStr, Vec<(SmolStr, SmolStr)>)> {
    if target.kind() != "call" {
        return None;
    }
    let path = path_of(walk, target)?;
    let class = path.strip_suffix(".as_view")?;
    let map = argument(walk, target, 0, "actions").filter(|map| map.kind() == "dictionary")?;
    let pairs = children(map).into_iter().filter(|pair| pair.kind() == "pair").filter_map(|pair| {
        let method = text_of(walk, pair.field("key")?)?.as_literal()?;
        let action = text_of(walk, pair.field("value")?)?.as_literal()?;
        Some((SmolStr::from(method.to_uppercase()), action))
    });
    Some((class.into(), pairs.collect()))
}

fn class_and_name(walk: &Walk<'_>, index: u32) -> Option<(SmolStr, SmolStr)> {
    let function = walk.draft.functions.get(index as usize)?;
    let class = function.key.path.strip_suffix(function.name.as_str())?.strip_suffix('.')?;
    Some((class.into(), function.name.clone()))
}

fn pattern_of(is_detail: bool, last: &str) -> SmolStr {
    if is_detail { format_smolstr!("{{pk}}/{last}/") } else { format_smolstr!("{last}/") }
}

fn declare(walk: &mut Walk<'_>, class: SmolStr, methods: Vec<SmolStr>, pattern: SmolStr, index: u32) {
    let holder = Holder::Named(MODULE, Reference::local(class));
    let (pattern, handler) = (Text::literal(pattern), Handler::Function(index));
    walk.draft.wiring.routes.push(RouteFact { holder, methods, pattern, handler, scope: MODULE });
}

fn begins_literally(text: &Text) -> bool {
    matches!(text.0.first(), Some(Piece::Literal(_)))
}

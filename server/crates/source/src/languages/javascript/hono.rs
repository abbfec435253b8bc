//! Hono: routes described by `createRoute` and taken by `openapi`, and `app.on` with methods of its own.

use model::SmolStr;
use smol_str::format_smolstr;
use tree_sitter::Node;

use super::{
    express::{handler, router_at},
    syntax::{arguments, literal_of, path_of, property, text_of, unwrapped},
};
use crate::{
    walk::{Walk, children},
    wiring::{MODULE, RouteFact, Text, Value},
};

/// What stands behind a description's name for its path.
const PATH: &str = "@path";

/// `const getPet = createRoute({ method: "get", path: "/pets/{id}" })`.
pub(super) fn described<'t>(walk: &mut Walk<'t>, name: &SmolStr, value: Node<'t>) {
    if !path_of(walk, value).is_some_and(|path| path.ends_with("createRoute")) {
        return;
    }
    let Some((method, path)) = description(walk, value) else { return };
    walk.draft.bind(MODULE, format_smolstr!("{name}.{PATH}"), Value::Text(path));
    if let Some(method) = method {
        walk.draft.marks.insert(format_smolstr!("{name}~{method}"));
    }
}

/// `app.openapi(getPet, handler)`.
pub(super) fn openapi<'t>(walk: &mut Walk<'t>, node: Node<'t>, object: Node<'t>) -> bool {
    let list = arguments(node);
    let [route, target, ..] = list.as_slice() else { return false };
    let route = unwrapped(*route);
    let (methods, pattern) = match route.kind() {
        "identifier" | "member_expression" => {
            let Some(name) = path_of(walk, route) else { return false };
            let method =
                |mark: &SmolStr| Some(SmolStr::from(mark.strip_prefix(name.as_str())?.strip_prefix('~')?));
            let method = walk.draft.marks.iter().find_map(method);
            (method, Text::name(format!("{name}.{PATH}")))
        }
        "call_expression" => match description(walk, route) {
            Some(found) => found,
            None => return false,
        },
        _ => return false,
    };
    let (Some((holder, _)), Some(handler)) = (router_at(walk, object), handler(walk, *target)) else {
        return false;
    };
    let (methods, scope) = (methods.into_iter().collect(), walk.scope());
    walk.draft.wiring.routes.push(RouteFact { holder, methods, pattern, handler, scope });
    true
}

/// `app.on("PURGE", "/cache", handler)`, `app.on(["PUT", "DELETE"], "/post", handler)`.
pub(super) fn on<'t>(walk: &mut Walk<'t>, node: Node<'t>, object: Node<'t>) -> bool {
    let list = arguments(node);
    let ([methods, pattern, ..], Some(target)) = (list.as_slice(), list.get(2..).and_then(<[_]>::last))
    else {
        return false;
    };
    let all = |node: Node<'t>| {
        let items = if node.kind() == "array" { children(node) } else { vec![node] };
        items.into_iter().filter_map(|item| literal_of(walk, item)).collect::<Vec<SmolStr>>()
    };
    let (methods, patterns) = (all(*methods), all(*pattern));
    let is_method = |text: &SmolStr| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_uppercase());
    let is_path = |text: &SmolStr| text.starts_with('/') || text == "*";
    if methods.is_empty()
        || !methods.iter().all(is_method)
        || patterns.is_empty()
        || !patterns.iter().all(is_path)
    {
        return false;
    }
    let (Some((holder, _)), Some(handler)) = (router_at(walk, object), handler(walk, *target)) else {
        return false;
    };
    let scope = walk.scope();
    for pattern in patterns {
        let (holder, methods, handler) = (holder.clone(), methods.clone(), handler.clone());
        let pattern = Text::literal(pattern);
        walk.draft.wiring.routes.push(RouteFact { holder, methods, pattern, handler, scope });
    }
    true
}

fn description<'t>(walk: &Walk<'t>, call: Node<'t>) -> Option<(Option<SmolStr>, Text)> {
    let options = arguments(call).first().copied()?;
    let path = text_of(walk, property(walk, options, "path")?)?;
    let method = property(walk, options, "method").and_then(|method| literal_of(walk, method));
    Some((method.map(|method| method.to_uppercase().into()), path))
}

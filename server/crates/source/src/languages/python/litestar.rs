//! Litestar: handlers that bare decorators make (`@get("/x")`), controllers with a path, and lists of handlers.

use model::SmolStr;
use smol_str::format_smolstr;
use tree_sitter::Node;

use super::{
    keyword_text,
    routes::elements,
    syntax::{argument, keyword, literals, path_of, text_of},
};
use crate::{
    walk::Walk,
    wiring::{Handler, Holder, MODULE, MountFact, PrefixFact, Reference, RouteFact, Scope, Text},
};

/// Packages whose bare decorators declare routes.
const PACKAGES: &[&str] = &["litestar", "starlite"];

/// Remembers a name that is imported from such a package.
pub(super) fn imported(walk: &mut Walk<'_>, module: &str, name: &str, alias: &str) {
    let is_verb =
        matches!(name, "get" | "post" | "put" | "patch" | "delete" | "head" | "route" | "websocket");
    if is_verb && PACKAGES.contains(&module.split('.').next().unwrap_or(module)) {
        walk.draft.marks.insert(format_smolstr!("@{alias}={name}"));
    }
}

/// `@get("/x")`, `@post(path=["/a", "/b"])`, `@route("/x", http_method=["GET"])`, with or without a call.
pub(super) fn decorated<'t>(walk: &mut Walk<'t>, index: u32, call: Option<Node<'t>>, path: &str) -> bool {
    if path.contains('.') {
        return false;
    }
    let known = |mark: &SmolStr| {
        let name = mark.strip_prefix('@')?.strip_prefix(path)?.strip_prefix('=')?;
        Some(SmolStr::from(name))
    };
    let Some(verb) = walk.draft.marks.iter().find_map(known) else { return false };
    let Some(function) = walk.draft.functions.get(index as usize) else { return false };
    let name = function.name.clone();
    // A controller's method stands below the controller, a function below whatever takes it.
    let whole = function.key.path.clone();
    let class = whole.strip_suffix(name.as_str()).and_then(|class| class.strip_suffix('.'));
    let is_method = function.receiver.is_some();
    let held = SmolStr::from(class.filter(|_| is_method).unwrap_or(&whole));
    let given = call.and_then(|call| argument(walk, call, 0, "path"));
    let patterns: Vec<Text> = match given {
        None => vec![Text::literal("/")],
        Some(list) if matches!(list.kind(), "list" | "tuple") => {
            elements(list).into_iter().filter_map(|item| text_of(walk, item)).collect()
        }
        Some(one) => text_of(walk, one).into_iter().collect(),
    };
    let methods = match verb.as_str() {
        "route" => call.map(|call| methods_of(walk, call)).unwrap_or_default(),
        "websocket" => Vec::new(),
        verb => vec![SmolStr::from(verb.to_uppercase())],
    };
    for pattern in patterns {
        let holder = Holder::Named(MODULE, Reference::local(held.clone()));
        let (methods, handler) = (methods.clone(), Handler::Function(index));
        walk.draft.wiring.routes.push(RouteFact { holder, methods, pattern, handler, scope: MODULE });
    }
    true
}

/// `path = "/users"` in a controller.
pub(super) fn controller_path<'t>(walk: &mut Walk<'t>, name: &str, right: Node<'t>) {
    let Some(class) = name.strip_suffix(".path").map(SmolStr::from) else { return };
    let fact = walk.draft.wiring.types.iter().rev().find(|fact| fact.path == class);
    if !fact.is_some_and(|fact| fact.bases.iter().any(|base| base.ends_with("Controller"))) {
        return;
    }
    if let Some(prefix) = text_of(walk, right) {
        let holder = Holder::Named(MODULE, Reference::local(class));
        walk.draft.wiring.prefixes.push(PrefixFact { holder, prefix, scope: MODULE });
    }
}

/// `api = Router(path="/api", route_handlers=[Users, index])`.
pub(super) fn router<'t>(walk: &mut Walk<'t>, scope: Scope, name: &SmolStr, right: Node<'t>) {
    let Some(list) = keyword(walk, right, "route_handlers") else { return };
    let parent = Holder::Named(scope, Reference::local(name.clone()));
    if let Some(prefix) = keyword_text(walk, right, "path") {
        walk.draft.wiring.prefixes.push(PrefixFact { holder: parent.clone(), prefix, scope });
    }
    for element in elements(list) {
        let Some(path) = path_of(walk, element) else { continue };
        let (parent, child) = (parent.clone(), Holder::Named(scope, Reference::local(path)));
        walk.draft.wiring.mounts.push(MountFact { parent, child, prefix: Text::default(), scope });
    }
}

fn methods_of<'t>(walk: &Walk<'t>, call: Node<'t>) -> Vec<SmolStr> {
    let Some(given) = keyword(walk, call, "http_method") else { return Vec::new() };
    let named = if given.kind() == "list" { literals(walk, given) } else { Vec::new() };
    let one = text_of(walk, given).and_then(|text| text.as_literal());
    named.into_iter().chain(one).map(|method| method.to_uppercase().into()).collect()
}

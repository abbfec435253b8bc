//! Routes of C++: cpp-httplib, Crow, Drogon, oatpp, Pistache.

use model::SmolStr;
use smol_str::format_smolstr;
use tree_sitter::Node;

use super::{
    mask::Endpoint,
    names::{know, path_of_segments, segments},
    syntax::{arguments, called, object_of, path_of, text_of},
};
use crate::{
    field::Field,
    walk::{Walk, children},
    wiring::{Handler, Holder, MODULE, Piece, PrefixFact, Reference, RouteFact, Text},
};

/// A call that may declare routes.
pub(super) fn call<'t>(walk: &mut Walk<'t>, node: Node<'t>) {
    let Some((_, name)) = called(walk, node) else { return };
    match name {
        "Get" | "Post" | "Put" | "Patch" | "Delete" | "Options" => verb(walk, node, name),
        "CROW_ROUTE" | "CROW_BP_ROUTE" => crow(walk, node, name == "CROW_BP_ROUTE"),
        "registerHandler" | "registerHandlerViaRegex" => registered(walk, node),
        _ => {}
    }
}

/// cpp-httplib's `server.Get("/x", handler)`, Pistache's `Routes::Get(router, "/x", Routes::bind(&A::b, this))`.
fn verb<'t>(walk: &mut Walk<'t>, node: Node<'t>, name: &str) {
    let list = arguments(node);
    let is_pistache = object_of(node).is_none();
    let (Some(pattern), Some(action)) = (list.get(usize::from(is_pistache)), list.last()) else { return };
    if list.len() < 2 + usize::from(is_pistache) {
        return;
    }
    let Some(pattern) = text_of(walk, *pattern).filter(is_path) else { return };
    let Some(handler) = handler(walk, *action) else { return };
    push(walk, Holder::App, vec![name.to_uppercase().into()], pattern, handler);
}

/// `CROW_ROUTE(app, "/x/<int>").methods("POST"_method)([](…) {…})`.
fn crow<'t>(walk: &mut Walk<'t>, node: Node<'t>, is_blueprint: bool) {
    let list = arguments(node);
    let [app, pattern, ..] = list.as_slice() else { return };
    let Some(pattern) = text_of(walk, *pattern) else { return };
    let mut methods: Vec<SmolStr> = Vec::new();
    let mut inner = node;
    let mut action = None;
    for outer in walk.ancestors.iter().rev().take(16) {
        match outer.kind() {
            "field_expression" => inner = *outer,
            "call_expression" => {
                let function = outer.field("function");
                if function.is_none_or(|function| function.id() != inner.id()) {
                    break;
                }
                match called(walk, *outer) {
                    Some((_, "methods")) => {
                        methods.extend(arguments(*outer).into_iter().map(|m| method(walk, m)))
                    }
                    Some(_) => {}
                    None => action = arguments(*outer).first().copied(),
                }
                inner = *outer;
            }
            _ => break,
        }
    }
    let Some(handler) = action.and_then(|action| handler(walk, action)) else { return };
    if methods.is_empty() {
        methods.push("GET".into());
    }
    let holder = match path_of(walk, *app).filter(|_| is_blueprint) {
        Some(blueprint) => Holder::Named(walk.scope(), Reference::local(blueprint)),
        None => Holder::App,
    };
    push(walk, holder, methods, pattern, handler);
}

/// `"POST"_method`, `crow::HTTPMethod::Post`, `HTTPMethod::POST`.
fn method(walk: &Walk<'_>, node: Node<'_>) -> SmolStr {
    let text = walk.slice(node);
    let text = text.rsplit("::").next().unwrap_or(text);
    text.trim_end_matches("_method").trim_matches('"').to_uppercase().into()
}

/// Drogon's `app().registerHandler("/x", handler, {Get, Post})`.
fn registered<'t>(walk: &mut Walk<'t>, node: Node<'t>) {
    let list = arguments(node);
    let [pattern, action, rest @ ..] = list.as_slice() else { return };
    let Some(pattern) = text_of(walk, *pattern).filter(is_path) else { return };
    let Some(handler) = handler(walk, *action) else { return };
    let methods = rest.iter().flat_map(|list| children(*list)).map(|one| method(walk, one));
    let methods: Vec<SmolStr> = methods.filter(|method| is_method(method)).collect();
    push(walk, Holder::App, methods, without_query(pattern), handler);
}

/// Who handles: a lambda, a function, or a method that is bound to its object.
fn handler<'t>(walk: &mut Walk<'t>, node: Node<'t>) -> Option<Handler> {
    match node.kind() {
        "lambda_expression" => Some(Handler::At(node.start_byte() as u32)),
        "identifier" | "qualified_identifier" => named(walk, node),
        "pointer_expression" => named(walk, node.field("argument")?),
        "call_expression" => {
            let (_, name) = called(walk, node)?;
            let first = arguments(node).first().copied();
            handler(walk, first.filter(|_| matches!(name, "bind" | "bind_front" | "function" | "mem_fn"))?)
        }
        _ => None,
    }
}

fn named<'t>(walk: &mut Walk<'t>, node: Node<'t>) -> Option<Handler> {
    let path = path_of_segments(&segments(walk, node))?;
    know(walk, &path);
    Some(Handler::Named(walk.scope(), Reference::local(path)))
}

/// A method that oatpp's `ENDPOINT` declares; the macro stands in the text before its name.
pub(super) fn endpoint<'t>(walk: &mut Walk<'t>, index: u32, node: Node<'t>) {
    let Some(head) = Endpoint::read(walk.text, node.start_byte()).filter(|head| !head.is_async) else {
        return;
    };
    let holder = class_holder(walk);
    let (methods, pattern) = (vec![head.method.to_uppercase().into()], Text::literal(head.path));
    push(walk, holder, methods, pattern, Handler::Function(index));
}

/// A class that oatpp's `ENDPOINT_ASYNC` declares: its `act` is the handler.
pub(super) fn endpoint_class<'t>(walk: &mut Walk<'t>, node: Node<'t>) {
    let Some(head) = Endpoint::read(walk.text, node.start_byte()).filter(|head| head.is_async) else {
        return;
    };
    let Some(path) = walk.type_path() else { return };
    let handler = Handler::Named(MODULE, Reference::local(format_smolstr!("{path}.act")));
    let (methods, pattern) = (vec![head.method.to_uppercase().into()], Text::literal(head.path));
    push(walk, Holder::App, methods, pattern, handler);
}

fn class_holder(walk: &Walk<'_>) -> Holder {
    walk.type_path().map_or(Holder::App, |class| Holder::Named(MODULE, Reference::local(class)))
}

/// Drogon's lists in classes, read as text: no grammar knows them.
pub(super) fn drogon(walk: &mut Walk<'_>) {
    if !["METHOD_LIST_BEGIN", "PATH_LIST_BEGIN"].iter().any(|mark| walk.text.contains(mark)) {
        return;
    }
    let text = walk.text;
    let mut class = "";
    let mut spaces: Vec<&str> = Vec::new();
    for line in text.lines().map(str::trim) {
        if line.starts_with("namespace ") {
            let names = line.split("namespace ").map(|rest| rest.trim_matches([' ', '{']));
            spaces.extend(names.flat_map(|names| names.split("::")).filter(|name| !name.is_empty()));
        }
        if let Some(rest) = line.strip_prefix("class ").filter(|_| !line.ends_with(';')) {
            class = rest.split([' ', ':', '{']).next().unwrap_or_default();
        }
        let Some((name, rest)) = line.split_once('(') else { continue };
        let Some(inside) = rest.rsplit_once(')').map(|(inside, _)| inside) else { continue };
        let parts: Vec<&str> = inside.split(',').map(str::trim).collect();
        let (target, rest) = match (name, parts.as_slice()) {
            ("ADD_METHOD_TO" | "METHOD_ADD", [target, rest @ ..]) => (target.replace("::", "."), rest),
            ("PATH_ADD", rest) => (format!("{class}.asyncHandleHttpRequest"), rest),
            _ => continue,
        };
        let [path, filters @ ..] = rest else { continue };
        let path = path.trim_matches('"');
        let before = match name {
            // The path begins with the class; a slash stands between.
            "METHOD_ADD" => {
                let class = spaces.iter().copied().chain([class]).collect::<Vec<_>>().join("/");
                let slash = if path.is_empty() || path.starts_with('/') { "" } else { "/" };
                format!("/{class}{slash}")
            }
            _ => String::new(),
        };
        let methods = filters
            .iter()
            .map(|filter| SmolStr::from(filter.rsplit("::").next().unwrap_or(filter).to_uppercase()));
        let methods: Vec<SmolStr> = methods.filter(|method| is_method(method)).collect();
        let names: Vec<&str> = target.split('.').collect();
        let target = names[names.len().saturating_sub(2)..].join(".");
        know(walk, &target);
        let handler = Handler::Named(MODULE, Reference::local(target));
        let pattern = without_query(Text::literal(format!("{before}{path}")));
        push(walk, Holder::App, methods, pattern, handler);
    }
}

/// `/token?user={1}`: what stands in the query is no part of the path.
fn without_query(pattern: Text) -> Text {
    match pattern.as_literal() {
        Some(whole) => Text::literal(whole.split('?').next().unwrap_or_default()),
        None => pattern,
    }
}

fn push(walk: &mut Walk<'_>, holder: Holder, methods: Vec<SmolStr>, pattern: Text, handler: Handler) {
    let scope = walk.scope();
    walk.draft.wiring.routes.push(RouteFact { holder, methods, pattern, handler, scope });
}

/// The prefix of Crow's `Blueprint bp("prefix")`.
pub(super) fn blueprint<'t>(walk: &mut Walk<'t>, name: &SmolStr, prefix: Text) {
    let scope = walk.scope();
    let holder = Holder::Named(scope, Reference::local(name.clone()));
    walk.draft.wiring.prefixes.push(PrefixFact { holder, prefix, scope });
}

fn is_path(text: &Text) -> bool {
    matches!(text.0.first(), Some(Piece::Literal(first)) if first.starts_with(['/', '^', '(']))
}

fn is_method(word: &str) -> bool {
    matches!(word, "GET" | "POST" | "PUT" | "PATCH" | "DELETE" | "HEAD" | "OPTIONS")
}

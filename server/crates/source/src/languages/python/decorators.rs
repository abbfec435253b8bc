//! Python decorators: routes of Flask and its like, tasks, spans, and wrappers of the program.

use model::SmolStr;
use tree_sitter::Node;

use super::{
    calls, drf, graphql, keyword_text, litestar, queues,
    syntax::{argument, keyword, literals, path_of, positional, text_of},
};
use crate::{
    walk::Walk,
    wiring::{ConsumerFact, DecorationFact, Handler, Holder, MODULE, Piece, Reference, RouteFact, Text},
};

/// A decorator on the function numbered `index`.
pub(super) fn on_function<'t>(walk: &mut Walk<'t>, index: u32, decorator: Node<'t>) {
    let Some(expression) = decorator.named_child(0) else { return };
    let Some(path) = path_of(walk, expression) else { return };
    let call = Some(expression).filter(|node| node.kind() == "call");
    let handler = Handler::Function(index);
    if let Some(call) = call
        && route(walk, call, &path, &handler)
    {
        return;
    }
    if task(walk, call, &path, &handler) {
        return;
    }
    let last = path.rsplit('.').next().unwrap_or(&path);
    if let Some(call) = call.filter(|_| matches!(last, "action" | "detail_route" | "list_route")) {
        return drf::action(walk, index, call, &path);
    }
    let is_known = drf::mapped(walk, index, &path)
        || litestar::decorated(walk, index, call, &path)
        || graphql::decorated(walk, index, call, &path)
        || queues::command(walk, index, call, &path);
    if is_known {
        return;
    }
    if let Some(call) = call {
        calls::call(walk, call, Some(index));
    } else if path == "logfire.instrument" {
        return;
    }
    let decorator = Reference::local(path);
    walk.draft.wiring.decorations.push(DecorationFact { decorator, function: index });
}

/// A decorator on the class `path`: flask-restx has routes there.
pub(super) fn on_class<'t>(walk: &mut Walk<'t>, path: &SmolStr, decorator: Node<'t>) {
    let Some(call) = decorator.named_child(0).filter(|node| node.kind() == "call") else { return };
    let Some(callee) = path_of(walk, call) else { return };
    if [".route", ".resource", ".view"].iter().any(|end| callee.ends_with(end)) {
        let handler = Handler::Named(MODULE, Reference::local(path.clone()));
        let Some(pattern) = argument(walk, call, 0, "path").and_then(|node| text_of(walk, node)) else {
            return;
        };
        declare(walk, &callee, Vec::new(), pattern, handler);
    }
}

/// `@app.get("/x")`, `@bp.route("/x", methods=[…])`: Flask, FastAPI, Starlette, aiohttp, Sanic, Bottle.
fn route<'t>(walk: &mut Walk<'t>, call: Node<'t>, path: &SmolStr, handler: &Handler) -> bool {
    let Some((object, last)) = path.rsplit_once('.') else { return false };
    let is_verb = matches!(last, "get" | "post" | "put" | "delete" | "patch" | "head" | "options" | "trace");
    let is_route = matches!(last, "route" | "api_route" | "websocket" | "websocket_route");
    if !(is_verb || is_route) || matches!(object, "mock" | "mocker" | "patch" | "responses") {
        return false;
    }
    let pattern = argument(walk, call, 0, "path").or_else(|| keyword(walk, call, "rule"));
    let Some(pattern) = pattern.and_then(|node| pattern_text(walk, node)) else { return false };
    if !could_be_a_route(&pattern) {
        return false;
    }
    let methods = if is_verb {
        vec![SmolStr::from(last.to_uppercase())]
    } else if last.starts_with("websocket") {
        Vec::new()
    } else {
        match keyword(walk, call, "methods") {
            Some(list) => literals(walk, list).iter().map(|method| method.to_uppercase().into()).collect(),
            None => vec!["GET".into()],
        }
    };
    let _ = object;
    declare(walk, path, methods, pattern, handler.clone());
    true
}

fn declare(walk: &mut Walk<'_>, callee: &str, methods: Vec<SmolStr>, pattern: Text, handler: Handler) {
    let object = callee.rsplit_once('.').map_or("", |(object, _)| object);
    // A decorator is looked up where the function stands, not inside of it.
    let scope = match handler {
        Handler::Function(index) => walk.draft.functions[index as usize].parent.unwrap_or(MODULE),
        _ => walk.scope(),
    };
    let holder = Holder::Named(scope, Reference::local(object));
    walk.draft.wiring.routes.push(RouteFact { holder, methods, pattern, handler, scope });
}

/// `@app.task`, `@shared_task(name="…")`, `@dramatiq.actor`, `@broker.subscriber("topic")`.
fn task<'t>(walk: &mut Walk<'t>, call: Option<Node<'t>>, path: &str, handler: &Handler) -> bool {
    let last = path.rsplit('.').next().unwrap_or(path);
    let name = match last {
        "task" if path.contains('.') => call.and_then(|call| keyword_text(walk, call, "name")),
        "shared_task" | "periodic_task" | "db_task" => call.and_then(|call| keyword_text(walk, call, "name")),
        "actor" => {
            call.and_then(|call| keyword_text(walk, call, "actor_name")).or_else(|| own_name(walk, handler))
        }
        "subscriber" | "agent" | "consumer" => {
            let topic =
                call.and_then(|call| argument(walk, call, 0, "topic")).and_then(|node| text_of(walk, node));
            match topic {
                Some(topic) => Some(topic),
                None => return false,
            }
        }
        _ => return false,
    };
    walk.draft.wiring.consumers.push(ConsumerFact { name, handler: handler.clone(), scope: MODULE });
    true
}

fn own_name(walk: &Walk<'_>, handler: &Handler) -> Option<Text> {
    match handler {
        Handler::Function(index) => {
            Some(Text::literal(walk.draft.functions.get(*index as usize)?.name.clone()))
        }
        _ => None,
    }
}

/// A pattern; one that a function of the program makes of a path has something unknown before it.
fn pattern_text<'t>(walk: &Walk<'t>, node: Node<'t>) -> Option<Text> {
    text_of(walk, node).or_else(|| {
        let inner = positional(node).first().and_then(|inner| text_of(walk, *inner))?.as_literal()?;
        (node.kind() == "call" && inner.starts_with('/'))
            .then(|| Text(vec![Piece::Hole, Piece::Literal(inner)]))
    })
}

/// Routes begin with a slash, or are empty under a prefix, or are known elsewhere.
fn could_be_a_route(pattern: &Text) -> bool {
    match pattern.0.first() {
        Some(Piece::Literal(text)) => text.is_empty() || text.starts_with('/') || text.starts_with('<'),
        Some(_) => true,
        None => true,
    }
}

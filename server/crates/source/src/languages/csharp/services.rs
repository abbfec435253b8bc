//! What classes serve beside routes of controllers: gRPC, SignalR, message handlers, FastEndpoints, Azure Functions;
//! and interfaces whose methods are requests.

use model::SmolStr;
use smol_str::format_smolstr;
use tree_sitter::Node;

use super::{
    endpoints::{join, verbs_of},
    names::know,
    syntax::{Attribute, arguments, attributes, path_of, text_of},
};
use crate::{
    CallKind, CallSite,
    field::Field,
    walk::{Walk, children, position},
    wiring::{ConsumerFact, Handler, Holder, MODULE, MountFact, Reference, RouteFact, RpcFact, Text},
};

/// Names of the methods by which FastEndpoints runs an endpoint.
const ENDPOINT_METHODS: &[&str] = &["HandleAsync", "ExecuteAsync"];

/// What the class `path` implements.
pub(super) fn on_type<'t>(walk: &mut Walk<'t>, path: &SmolStr, bases: &[SmolStr], node: Node<'t>) {
    if node.kind() == "interface_declaration" {
        return;
    }
    for base in bases {
        let last = base.rsplit('.').next().unwrap_or(base);
        if let Some(service) = grpc_service(walk, base, node) {
            serve(walk, service, path);
        } else if last == "Hub" {
            let name = path.rsplit('.').next().unwrap_or(path);
            serve(walk, name.into(), path);
        } else if last.starts_with('I') && last.ends_with("Grain") && last.len() > "IGrain".len() {
            // Orleans names calls after the interface.
            serve(walk, last.into(), path);
        } else if is_consumer(last) {
            walk.draft.marks.insert(consumer(path));
        } else if last.starts_with("Endpoint") || base.starts_with("Ep.") {
            walk.draft.marks.insert(endpoint(path));
        }
    }
}

/// What the attributes of the method numbered `index` say, and its class.
pub(super) fn on_method<'t>(walk: &mut Walk<'t>, index: u32, node: Node<'t>, all: &[Attribute<'t>]) {
    let (Some(name), Some(path)) = (node.field("name"), walk.type_path()) else { return };
    let class = path.rsplit('.').next().unwrap_or(&path);
    let name_text = walk.slice(name);
    if matches!(name_text, "Consume" | "Handle") && walk.draft.marks.contains(&consumer(&path)) {
        // MassTransit's and NServiceBus's spans are called after the class.
        let text = if name_text == "Consume" { format_smolstr!("{class} process") } else { class.into() };
        walk.draft.span(Text::literal(text), MODULE, Some(index), position(name), None);
    }
    for attribute in all {
        match attribute.name {
            "Function" | "FunctionName" => function(walk, index, node, attribute),
            "Get" | "Post" | "Put" | "Patch" | "Delete" | "Head" if node.field("body").is_none() => {
                request(walk, index, name, attribute);
            }
            "CapSubscribe" | "Topic" => {
                let text = match attribute.positional(walk).as_slice() {
                    [only] => text_of(walk, *only),
                    [.., last] => text_of(walk, *last),
                    [] => None,
                };
                consume(walk, index, text);
            }
            _ => {}
        }
    }
}

/// FastEndpoints: `Get("/x")` in `Configure`.
pub(super) fn configured<'t>(walk: &mut Walk<'t>, node: Node<'t>, last: &str) {
    let methods = match last {
        "Get" | "Post" | "Put" | "Patch" | "Delete" | "Head" => vec![SmolStr::from(last.to_uppercase())],
        "Routes" => Vec::new(),
        _ => return,
    };
    let Some(path) = walk.type_path().filter(|path| walk.draft.marks.contains(&endpoint(path))) else {
        return;
    };
    let around = walk.draft.functions.get(walk.scope() as usize);
    if around.is_none_or(|function| function.name != "Configure") {
        return;
    }
    let methods = if last == "Routes" { verbs_beside(walk) } else { methods };
    let class = Reference::local(path.clone());
    // A prefix for all endpoints is set where the application starts.
    let (parent, child) = (Holder::App, Holder::Named(MODULE, class.clone()));
    walk.draft.wiring.mounts.push(MountFact { parent, child, prefix: Text::hole(), scope: MODULE });
    for (_, value) in arguments(walk, node) {
        let Some(pattern) = text_of(walk, value) else { continue };
        if let Some(path) = path_of(walk, value) {
            know(walk, &path);
        }
        for method in ENDPOINT_METHODS {
            let handler = Handler::Named(MODULE, Reference::local(format_smolstr!("{path}.{method}")));
            let holder = Holder::Named(MODULE, class.clone());
            let (methods, pattern) = (methods.clone(), pattern.clone());
            walk.draft.wiring.routes.push(RouteFact {
                holder,
                methods,
                pattern,
                handler,
                scope: walk.scope(),
            });
        }
    }
}

/// The verbs that `Verbs(Http.GET)` tells in the same method.
fn verbs_beside(walk: &Walk<'_>) -> Vec<SmolStr> {
    let block = walk.ancestors.iter().rev().find(|node| node.kind() == "block");
    let statements = block.map(|block| children(*block)).unwrap_or_default();
    let verbs = statements.into_iter().find(|statement| walk.slice(*statement).starts_with("Verbs("));
    verbs.map(|statement| verbs_of(walk, statement)).unwrap_or_default()
}

fn serve(walk: &mut Walk<'_>, service: SmolStr, path: &SmolStr) {
    let handler = Handler::Named(MODULE, Reference::local(path.clone()));
    walk.draft.wiring.rpcs.push(RpcFact { service, method: None, handler, scope: MODULE });
}

/// `Carts.CartsBase`, as the compiler of protobuf names the class to derive from; without the outer class only where
/// calls of gRPC are answered.
fn grpc_service<'t>(walk: &Walk<'t>, base: &str, node: Node<'t>) -> Option<SmolStr> {
    let mut parts = base.rsplit('.');
    let service = parts.next()?.strip_suffix("Base").filter(|service| !service.is_empty())?;
    let is_nested = parts.next() == Some(service);
    (is_nested || walk.slice(node).contains("ServerCallContext")).then(|| service.into())
}

fn is_consumer(base: &str) -> bool {
    matches!(
        base,
        "IConsumer" | "IHandleMessages" | "IAmStartedByMessages" | "IHandleTimeouts" | "IJobConsumer"
    )
}

/// Azure Functions: the span is called like the function, the route stands at the trigger.
fn function<'t>(walk: &mut Walk<'t>, index: u32, node: Node<'t>, attribute: &Attribute<'t>) {
    let (Some(name), Some(at)) = (attribute.text(walk, "name"), node.field("name")) else {
        return;
    };
    let mut long = Text::literal("function ");
    long.append(name.clone());
    for text in [name.clone(), long] {
        walk.draft.span(text, MODULE, Some(index), position(at), None);
    }
    let list = node.field("parameters").map(children).unwrap_or_default();
    let triggers: Vec<Attribute<'t>> =
        list.into_iter().flat_map(|parameter| attributes(walk, parameter)).collect();
    for trigger in triggers {
        match trigger.name {
            "HttpTrigger" => {
                let methods: Vec<SmolStr> =
                    trigger.positional(walk).into_iter().flat_map(|verb| verbs_of(walk, verb)).collect();
                let route = trigger.named(walk, "Route").and_then(|route| text_of(walk, route));
                let pattern = join(Text::literal("api"), route.unwrap_or_else(|| name.clone()));
                let (holder, handler) = (Holder::App, Handler::Function(index));
                walk.draft.wiring.routes.push(RouteFact { holder, methods, pattern, handler, scope: MODULE });
            }
            "ServiceBusTrigger" | "QueueTrigger" | "EventHubTrigger" | "RabbitMQTrigger" => {
                let text = trigger.text(walk, "queueName");
                consume(walk, index, text);
            }
            _ => {}
        }
    }
}

fn consume(walk: &mut Walk<'_>, index: u32, name: Option<Text>) {
    let is_told = |text: &Text| text.is_telling() && text.as_literal().is_none_or(|text| !text.contains('%'));
    let Some(name) = name.filter(is_told) else { return };
    let handler = Handler::Function(index);
    walk.draft.wiring.consumers.push(ConsumerFact { name: Some(name), handler, scope: MODULE });
}

/// Refit: `[Get("/users/{id}")]` on a method of an interface; calling it makes the request.
fn request<'t>(walk: &mut Walk<'t>, index: u32, name: Node<'t>, attribute: &Attribute<'t>) {
    let Some(text) = attribute.text(walk, "path") else { return };
    let site = CallSite {
        kind: CallKind::Http,
        callee: walk.slice(name).into(),
        method: Some(attribute.name.to_uppercase().into()),
        target: None,
        function: Some(index),
        position: position(name),
        end: name.end_byte() as u32,
        in_loop: false,
    };
    walk.draft.call(site, Some(crate::languages::texts::template_holes(text)));
}

fn consumer(path: &str) -> SmolStr {
    format_smolstr!("consumer {path}")
}

fn endpoint(path: &str) -> SmolStr {
    format_smolstr!("endpoint {path}")
}

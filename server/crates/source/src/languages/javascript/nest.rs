//! Decorated classes: NestJS controllers, modules, resolvers and message handlers; also routing-controllers and tsoa.

use model::SmolStr;
use smol_str::format_smolstr;
use tree_sitter::Node;

use super::{
    graphql,
    syntax::{arguments, literal_of, path_of, property, text_of, unwrapped},
};
use crate::{
    field::Field,
    walk::{Walk, children, dotted, position},
    wiring::{
        ConsumerFact, Handler, Holder, MODULE, MountFact, PrefixFact, Reference, RouteFact, RpcFact, Text,
        Value,
    },
};

/// Methods of HTTP as decorators spell them.
const VERBS: &[&str] = &["Get", "Post", "Put", "Patch", "Delete", "Options", "Head", "All"];

/// A decorator on the class `class`.
pub(super) fn on_class<'t>(walk: &mut Walk<'t>, class: &SmolStr, expression: Node<'t>) {
    let name = decorator_name(walk, expression);
    let options = arguments(expression);
    let first = options.first().copied().map(unwrapped);
    let holder = || Holder::Named(MODULE, Reference::local(class.clone()));
    match name.as_str() {
        "Controller" | "JsonController" | "Route" | "RestController" | "controller" => {
            for prefix in controller_prefixes(walk, first) {
                walk.draft.wiring.prefixes.push(PrefixFact { holder: holder(), prefix, scope: MODULE });
            }
        }
        "Resolver" => graphql::resolver_class(walk, class, first),
        // The queue that the class's `process`, or its methods marked so, take from.
        "Processor" => {
            let Some(queue) = first.and_then(|first| {
                text_of(walk, first)
                    .filter(Text::is_telling)
                    .or_else(|| text_of(walk, property(walk, first, "name")?))
            }) else {
                return;
            };
            walk.draft.bind(MODULE, dotted(class, QUEUE), Value::Text(queue.clone()));
            let handler = Handler::Named(MODULE, Reference::local(dotted(class, "process")));
            walk.draft.wiring.consumers.push(ConsumerFact { name: Some(queue), handler, scope: MODULE });
        }
        "Module" => {
            let Some(options) = first else { return };
            for key in ["controllers", "imports"] {
                let listed = property(walk, options, key).map(children).unwrap_or_default();
                for item in listed {
                    // `UsersModule.register(…)` brings in the module that it is called on.
                    let Some(path) = path_of(walk, unwrapped(item)) else { continue };
                    let root = path.split('.').next().unwrap_or(&path);
                    let child = Holder::Named(MODULE, Reference::local(root));
                    let mount = MountFact { parent: holder(), child, prefix: Text::default(), scope: MODULE };
                    walk.draft.wiring.mounts.push(mount);
                    routed_modules(walk, item);
                }
            }
        }
        _ => {}
    }
}

/// What stands behind a processor's class for the name of its queue.
const QUEUE: &str = "@queue";

/// A decorator on the method numbered `index`.
pub(super) fn on_method<'t>(walk: &mut Walk<'t>, index: u32, decorator: Node<'t>) {
    let Some(expression) = decorator.named_child(0) else { return };
    let Some(class) = walk.draft.functions.get(index as usize).and_then(|function| {
        let outer = function.key.path.strip_suffix(function.name.as_str())?;
        Some(SmolStr::from(outer.trim_end_matches('.')))
    }) else {
        return;
    };
    let handler = Handler::Function(index);
    decorated(walk, &class, expression, handler, index);
}

/// Calls of decorators as functions (`Controller('cats')(CatsController)`), and `NestFactory.create(AppModule)`.
pub(super) fn call<'t>(walk: &mut Walk<'t>, node: Node<'t>) -> bool {
    let Some(callee) = node.field("function") else { return false };
    if callee.kind() == "call_expression" {
        return applied(walk, callee, node);
    }
    let Some(path) = path_of(walk, callee) else { return false };
    let (object, last) = path.rsplit_once('.').unwrap_or(("", &path));
    let list = arguments(node);
    let first = list.first().copied();
    let scope = walk.scope();
    match last {
        "create" | "createMicroservice" if object.ends_with("NestFactory") => {
            let module = first.and_then(|module| path_of(walk, module));
            let app = (0..4).find_map(|level| {
                let above = walk.ancestor(level)?;
                let name = match above.kind() {
                    "variable_declarator" => above.field("name"),
                    "assignment_expression" => above.field("left"),
                    _ => None,
                };
                path_of(walk, name?)
            });
            if let (Some(module), Some(app)) = (module, app) {
                let parent = Holder::Named(scope, Reference::local(app));
                let child = Holder::Named(scope, Reference::local(module));
                walk.draft.wiring.mounts.push(MountFact { parent, child, prefix: Text::default(), scope });
            }
            true
        }
        "setGlobalPrefix" => {
            if let Some(prefix) = first.and_then(|prefix| text_of(walk, prefix)) {
                let holder = Holder::Named(scope, Reference::local(object));
                walk.draft.wiring.prefixes.push(PrefixFact { holder, prefix, scope });
            }
            true
        }
        "addService" => {
            grpc_service(walk, &list);
            true
        }
        _ => false,
    }
}

/// `Controller('cats')(CatsController)`, `Get(':id')(CatsController.prototype, 'findOne', …)`.
fn applied<'t>(walk: &mut Walk<'t>, decorator: Node<'t>, call: Node<'t>) -> bool {
    let name = decorator_name(walk, decorator);
    if !name.starts_with(|c: char| c.is_uppercase()) {
        return false;
    }
    let list = arguments(call);
    let Some(target) = list.first().and_then(|target| path_of(walk, *target)) else { return false };
    match (target.strip_suffix(".prototype"), list.get(1).and_then(|name| literal_of(walk, *name))) {
        (Some(class), Some(method)) => {
            let handler = Handler::Named(walk.scope(), Reference::local(dotted(class, &method)));
            decorated(walk, &class.into(), decorator, handler, MODULE);
        }
        _ => on_class(walk, &target, decorator),
    }
    true
}

/// A decorator on a method: a route, a message handler, a span.
fn decorated<'t>(walk: &mut Walk<'t>, class: &SmolStr, expression: Node<'t>, handler: Handler, index: u32) {
    let name = decorator_name(walk, expression);
    let options = arguments(expression);
    let first = options.first().copied().map(unwrapped);
    let scope = walk.scope();
    // inversify-express-utils: `@httpGet('/')`.
    let verb = name.strip_prefix("http").filter(|verb| VERBS.contains(verb)).unwrap_or(&name);
    match verb {
        "Get" | "Post" | "Put" | "Patch" | "Delete" | "Options" | "Head" | "All" | "Sse" | "Search" => {
            let methods = match verb {
                "All" => Vec::new(),
                "Sse" => vec!["GET".into()],
                name => vec![name.to_uppercase().into()],
            };
            let patterns = match first {
                Some(list) if list.kind() == "array" => {
                    children(list).into_iter().filter_map(|item| text_of(walk, item)).collect()
                }
                Some(pattern) => text_of(walk, pattern).into_iter().collect(),
                None => vec![Text::literal("")],
            };
            for pattern in patterns {
                let holder = Holder::Named(MODULE, Reference::local(class.clone()));
                let (methods, handler) = (methods.clone(), handler.clone());
                walk.draft.wiring.routes.push(RouteFact { holder, methods, pattern, handler, scope: MODULE });
            }
        }
        "MessagePattern" | "EventPattern" | "OnEvent" | "Process" | "RabbitSubscribe"
        | "SqsMessageHandler" | "SubscribeMessage" => {
            let key = ["cmd", "name", "queue", "routingKey"];
            if name == "Process" && index != MODULE {
                let (queue, handler) = (Text::name(dotted(class, QUEUE)), handler.clone());
                walk.draft.wiring.consumers.push(ConsumerFact { name: Some(queue), handler, scope });
            }
            let named = first.and_then(|first| {
                text_of(walk, first)
                    .filter(Text::is_telling)
                    .or_else(|| key.iter().find_map(|key| text_of(walk, property(walk, first, key)?)))
            });
            if let Some(name) = named {
                walk.draft.wiring.consumers.push(ConsumerFact { name: Some(name), handler, scope });
            }
        }
        "GrpcMethod" | "GrpcStreamMethod" => {
            let service = first.and_then(|service| literal_of(walk, service));
            let method = options.get(1).and_then(|method| literal_of(walk, *method));
            let own = walk.draft.functions.get(index as usize).map(|function| function.name.clone());
            // Without a service it is the class, as the framework has it.
            let service = service.or_else(|| class.rsplit('.').next().map(SmolStr::from));
            if let (Some(service), Some(method)) = (service, method.or(own)) {
                walk.draft.wiring.rpcs.push(RpcFact { service, method: Some(method), handler, scope });
            }
        }
        "Query" | "Mutation" | "Subscription" | "ResolveField" | "ResolveProperty" | "FieldResolver" => {
            let own = walk.draft.functions.get(index as usize).map(|function| function.name.clone());
            graphql::resolver_method(walk, class, &name, expression, handler, own);
        }
        "Span" | "OtelSpan" | "WithSpan" | "Traceable" | "Trace" if index != MODULE => {
            let own = walk
                .draft
                .functions
                .get(index as usize)
                .map(|function| function.name.clone())
                .unwrap_or_default();
            let by_default = Text::literal(format_smolstr!("{class}.{own}"));
            let name =
                first.and_then(|first| text_of(walk, first)).filter(Text::is_telling).unwrap_or(by_default);
            walk.draft.span(name, MODULE, Some(index), position(expression), None);
        }
        _ => {
            if let Some(path) = path_of(walk, expression).filter(|_| index != MODULE) {
                super::calls::call(walk, expression, Some(index));
                let decorator = Reference::local(path);
                walk.draft
                    .wiring
                    .decorations
                    .push(crate::wiring::DecorationFact { decorator, function: index });
            }
        }
    }
}

/// Prefixes of a controller: a text, a list of them, or `{ path, version }`. A version stands before the path where
/// versions are part of the URL, and nowhere otherwise.
fn controller_prefixes<'t>(walk: &Walk<'t>, first: Option<Node<'t>>) -> Vec<Text> {
    let Some(first) = first else { return vec![Text::default()] };
    match first.kind() {
        "array" => children(first).into_iter().filter_map(|item| text_of(walk, item)).collect(),
        "object" => {
            let path = property(walk, first, "path");
            let paths: Vec<Text> = match path.map(unwrapped) {
                Some(list) if list.kind() == "array" => {
                    children(list).into_iter().filter_map(|item| text_of(walk, item)).collect()
                }
                Some(path) => text_of(walk, path).into_iter().collect(),
                None => vec![Text::literal("")],
            };
            let versions = property(walk, first, "version").map(unwrapped).map(|versions| {
                let list = if versions.kind() == "array" { children(versions) } else { vec![versions] };
                list.into_iter().filter_map(|version| literal_of(walk, version)).collect::<Vec<_>>()
            });
            let versioned = versions.iter().flatten().flat_map(|version| {
                paths.iter().map(move |path| {
                    let mut text = Text::literal(format_smolstr!("v{version}/"));
                    text.append(path.clone());
                    text
                })
            });
            versioned.chain(paths.iter().cloned()).collect()
        }
        _ => text_of(walk, first).into_iter().collect(),
    }
}

/// `RouterModule.register([{ path: 'admin', module: AdminModule }])`.
fn routed_modules<'t>(walk: &mut Walk<'t>, item: Node<'t>) {
    if !path_of(walk, item).is_some_and(|path| path.starts_with("RouterModule.")) {
        return;
    }
    let Some(list) = arguments(item).first().copied().filter(|list| list.kind() == "array") else { return };
    for entry in children(list) {
        let module = property(walk, entry, "module").and_then(|module| path_of(walk, module));
        let prefix = property(walk, entry, "path").and_then(|path| text_of(walk, path));
        if let (Some(module), Some(prefix)) = (module, prefix) {
            let holder = Holder::Named(MODULE, Reference::local(module));
            walk.draft.wiring.prefixes.push(PrefixFact { holder, prefix, scope: MODULE });
        }
    }
}

/// `server.addService(proto.Greeter.service, { sayHello, bye: handlers.bye })`.
fn grpc_service<'t>(walk: &mut Walk<'t>, list: &[Node<'t>]) {
    let (Some(service), Some(methods)) = (list.first(), list.get(1)) else { return };
    let Some(path) = path_of(walk, *service) else { return };
    let path = path.strip_suffix(".service").unwrap_or(&path);
    let name = path.rsplit('.').next().unwrap_or(path);
    let name = SmolStr::from(
        name.strip_suffix("Service").filter(|_| name.ends_with("ServiceService")).unwrap_or(name),
    );
    let scope = walk.scope();
    let methods = unwrapped(*methods);
    if methods.kind() != "object" {
        if let Some(path) = path_of(walk, methods) {
            let handler = Handler::Named(scope, Reference::local(path));
            walk.draft.wiring.rpcs.push(RpcFact { service: name, method: None, handler, scope });
        }
        return;
    }
    for part in children(methods) {
        let (method, handler) = match part.kind() {
            "shorthand_property_identifier" => {
                let method = SmolStr::from(walk.slice(part));
                (method.clone(), Some(Handler::Named(scope, Reference::local(method))))
            }
            "pair" => {
                let (Some(key), Some(value)) = (part.field("key"), part.field("value")) else {
                    continue;
                };
                (super::syntax::property_name(walk, key), super::express::handler(walk, value))
            }
            "method_definition" => {
                let Some(key) = part.field("name") else { continue };
                (super::syntax::property_name(walk, key), Some(Handler::At(part.start_byte() as u32)))
            }
            _ => continue,
        };
        if let Some(handler) = handler {
            walk.draft.wiring.rpcs.push(RpcFact {
                service: name.clone(),
                method: Some(method),
                handler,
                scope,
            });
        }
    }
}

fn decorator_name(walk: &Walk<'_>, expression: Node<'_>) -> SmolStr {
    let path = path_of(walk, expression).unwrap_or_default();
    path.rsplit('.').next().unwrap_or_default().into()
}

//! Routes and mounts of Express, Koa, Fastify, Hono, Hapi and their like.

use model::SmolStr;
use tree_sitter::Node;

use super::{
    fastify::{registered, route_object},
    graphql, hono,
    modules::{reference, required},
    syntax::{arguments, path_of, property, text_of, unwrapped},
};
use crate::{
    field::Field,
    walk::{Walk, children},
    wiring::{Handler, Holder, MODULE, MountFact, Piece, PrefixFact, Reference, RouteFact, Scope, Text},
};

/// What makes routers and apps.
const MAKERS: &[&str] = &[
    "express",
    "Router",
    "fastify",
    "Fastify",
    "Koa",
    "KoaRouter",
    "Hono",
    "OpenAPIHono",
    "restify",
    "createServer",
    "polka",
    "Elysia",
    "App",
    "server",
    "Server",
    "createRouter",
    "createHono",
    "AsyncRouter",
    "PromiseRouter",
    "require.Router",
    "application",
];
/// Names that apps and routers go by, where nothing else tells.
const NAMES: &[&str] = &[
    "app",
    "router",
    "server",
    "api",
    "r",
    "route",
    "routes",
    "fastify",
    "instance",
    "koa",
    "hono",
    "f",
    "application",
    "express",
    "route_",
    "apiRouter",
    "v1",
    "v2",
];
/// Objects whose `get` and `post` are requests.
const CLIENTS: &[&str] = &[
    "axios",
    "http",
    "https",
    "client",
    "got",
    "ky",
    "superagent",
    "request",
    "fetcher",
    "cache",
    "redis",
    "map",
    "config",
    "httpClient",
    "httpService",
    "supertest",
    "agent",
    "chai",
    "nock",
    "cy",
    "params",
    "headers",
    "searchParams",
    "store",
    "storage",
];

/// Whether a call declares routes or mounts; if so, they are taken in.
pub(super) fn call<'t>(walk: &mut Walk<'t>, node: Node<'t>) -> bool {
    let Some(callee) = node.field("function") else { return false };
    if let Some(parameters) = passes_router(walk, node, callee) {
        walk.draft.wiring.mounts.extend(parameters);
    }
    if callee.kind() != "member_expression" {
        return false;
    }
    let (Some(object), Some(name)) = (callee.field("object"), callee.field("property")) else {
        return false;
    };
    let verb = walk.slice(name);
    match verb {
        "get" | "post" | "put" | "patch" | "delete" | "del" | "options" | "head" | "all" | "any" => {
            chained(walk, node, object, verb) || declared(walk, node, object, verb)
        }
        "use" => mounted(walk, node, object),
        "route" => route_object(walk, node, object),
        "register" => registered(walk, node, object),
        "on" => hono::on(walk, node, object),
        "openapi" => hono::openapi(walk, node, object),
        "queryField" | "mutationField" | "subscriptionField" => {
            graphql::builder_field(walk, node, verb);
            false
        }
        _ => false,
    }
}

/// `const users = express.Router()`, `new Router({ prefix: '/users' })`: the name is a router's.
pub(super) fn constructed<'t>(walk: &mut Walk<'t>, scope: Scope, name: &SmolStr, value: Node<'t>) {
    let Some(path) = path_of(walk, value) else { return };
    let last = path.rsplit('.').next().unwrap_or(&path);
    let is_chain = path.split('.').any(|part| MAKERS.contains(&part) || part.ends_with("Router"));
    if !is_chain && !last.ends_with("Router") && last != "basePath" {
        return;
    }
    walk.draft.marks.insert(name.clone());
    let options = arguments(value);
    let prefix = match last {
        "basePath" => options.first().and_then(|path| text_of(walk, *path)),
        _ => options
            .first()
            .and_then(|options| property(walk, *options, "prefix"))
            .and_then(|prefix| text_of(walk, prefix)),
    };
    if let Some(prefix) = prefix {
        let holder = Holder::Named(scope, Reference::local(name.clone()));
        walk.draft.wiring.prefixes.push(PrefixFact { holder, prefix, scope });
    }
}

/// Who handles: a function written in place, a name, or what a wrapper wraps.
pub(super) fn handler<'t>(walk: &Walk<'t>, node: Node<'t>) -> Option<Handler> {
    handler_within(walk, node, 4)
}

fn handler_within<'t>(walk: &Walk<'t>, node: Node<'t>, depth: usize) -> Option<Handler> {
    let node = unwrapped(node);
    match node.kind() {
        "arrow_function" | "function_expression" | "generator_function" => {
            Some(Handler::At(node.start_byte() as u32))
        }
        "identifier" | "member_expression" => Some(Handler::Named(walk.scope(), reference(walk, node)?)),
        "array" => handler_within(walk, children(node).last().copied()?, depth.checked_sub(1)?),
        // `...factory.createHandlers(handler)`.
        "spread_element" => handler_within(walk, node.named_child(0)?, depth.checked_sub(1)?),
        "object" => handler_within(walk, property(walk, node, "handler")?, depth.checked_sub(1)?),
        "call_expression" => {
            let callee = node.field("function")?;
            let path = path_of(walk, callee).unwrap_or_default();
            if let Some(bound) = path.strip_suffix(".bind") {
                return Some(Handler::Named(walk.scope(), Reference::local(bound)));
            }
            let inner = arguments(node).into_iter().rev().find_map(|argument| {
                matches!(
                    unwrapped(argument).kind(),
                    "arrow_function"
                        | "function_expression"
                        | "identifier"
                        | "member_expression"
                        | "call_expression"
                )
                .then(|| handler_within(walk, argument, depth.checked_sub(1)?))
                .flatten()
            });
            inner.or_else(|| {
                required(walk, node)
                    .map(|module| Handler::Named(walk.scope(), Reference::of_module(module, "")))
            })
        }
        _ => None,
    }
}

/// `router.get('/x', …, handler)`.
fn declared<'t>(walk: &mut Walk<'t>, node: Node<'t>, object: Node<'t>, verb: &str) -> bool {
    let list = arguments(node);
    let (Some(first), Some(last)) = (list.first(), list.last()) else { return false };
    if list.len() < 2 || !could_be_handler(*last) {
        return false;
    }
    let Some((holder, path)) = router_at(walk, object) else { return false };
    let patterns = match koa_pattern(walk, &path, &list) {
        Some(pattern) => vec![pattern],
        None => patterns(walk, *first),
    };
    if patterns.is_empty() || !is_router(walk, &path, *last, &patterns) {
        return false;
    }
    let Some(handler) = handler(walk, *last) else { return false };
    let scope = walk.scope();
    for pattern in patterns {
        let (holder, handler) = (holder.clone(), handler.clone());
        walk.draft.wiring.routes.push(RouteFact { holder, methods: methods(verb), pattern, handler, scope });
    }
    true
}

/// Koa's routers take paths without a slash (`users.list`), and a route's name before its path.
fn koa_pattern<'t>(walk: &Walk<'t>, router: &SmolStr, list: &[Node<'t>]) -> Option<Text> {
    if !walk.draft.marks.contains(KOA) || !walk.draft.marks.contains(router) {
        return None;
    }
    let text =
        |at: usize| list.get(at).filter(|first| first.kind() == "string").and_then(|at| text_of(walk, *at));
    let named = text(1).filter(|path| path.as_literal().is_some_and(|path| path.starts_with('/')));
    named.filter(|_| list.len() > 2).or_else(|| text(0))
}

/// The mark of files that use one of Koa's routers.
pub(super) const KOA: &str = "@koa";

/// Remembers packages whose routers are unlike others.
pub(super) fn imported(walk: &mut Walk<'_>, module: &str) {
    if matches!(module, "koa-router" | "@koa/router") {
        walk.draft.marks.insert(KOA.into());
    }
}

/// `router.route('/x').get(a).post(b)`: each link of the chain.
fn chained<'t>(walk: &mut Walk<'t>, node: Node<'t>, object: Node<'t>, verb: &str) -> bool {
    let mut link = object;
    let (router, pattern) = loop {
        if link.kind() != "call_expression" {
            return false;
        }
        let Some(callee) = link.field("function").filter(|callee| callee.kind() == "member_expression")
        else {
            return false;
        };
        let (Some(inner), Some(name)) = (callee.field("object"), callee.field("property")) else {
            return false;
        };
        if walk.slice(name) == "route" {
            break (inner, arguments(link).first().copied());
        }
        link = inner;
    };
    let (Some(path), Some(last)) = (path_of(walk, router), arguments(node).last().copied()) else {
        return false;
    };
    let (Some(handler), Some(pattern)) = (handler(walk, last), pattern) else { return false };
    let scope = walk.scope();
    let holder = Holder::Named(scope, Reference::local(path));
    for pattern in patterns(walk, pattern) {
        let (holder, handler) = (holder.clone(), handler.clone());
        walk.draft.wiring.routes.push(RouteFact { holder, methods: methods(verb), pattern, handler, scope });
    }
    true
}

/// `app.use('/x', auth, router)`, `app.use(router.routes())`, `app.use(require('./routes'))`.
fn mounted<'t>(walk: &mut Walk<'t>, node: Node<'t>, object: Node<'t>) -> bool {
    let Some((holder, parent)) = router_at(walk, object) else { return false };
    let list = arguments(node);
    if let [prefix, .., child] = list.as_slice()
        && listed(walk, &parent, *prefix, *child)
    {
        return true;
    }
    let prefixes = list.first().map(|first| patterns(walk, *first)).unwrap_or_default();
    let rest = if prefixes.is_empty() { list.as_slice() } else { list.get(1..).unwrap_or_default() };
    let prefixes = if prefixes.is_empty() { vec![Text::default()] } else { prefixes };
    let scope = walk.scope();
    let parent = holder;
    let mut any = false;
    for child in
        rest.iter().flat_map(|child| if child.kind() == "array" { children(*child) } else { vec![*child] })
    {
        // koa-mount: `app.use(mount('/api', api))`.
        let inner = arguments(child);
        let is_mount =
            child.kind() == "call_expression" && path_of(walk, child).is_some_and(|path| path == "mount");
        let (own, child) = match inner.as_slice() {
            [own, inner] if is_mount => (patterns(walk, *own), *inner),
            _ => (Vec::new(), child),
        };
        let Some(child) = router_of(walk, child) else { continue };
        any = true;
        for prefix in if own.is_empty() { &prefixes } else { &own } {
            let (parent, child, prefix) = (parent.clone(), child.clone(), prefix.clone());
            walk.draft.wiring.mounts.push(MountFact { parent, child, prefix, scope });
        }
    }
    any
}

/// `list.forEach((item) => app.use(item.path, item.router))` over a list of objects that stands in the file.
fn listed<'t>(walk: &mut Walk<'t>, parent: &SmolStr, prefix: Node<'t>, child: Node<'t>) -> bool {
    let Some((list, item)) = iteration(walk) else { return false };
    let key = |node: Node<'t>| -> Option<SmolStr> {
        match (node.kind(), &item) {
            ("member_expression", Some(item)) => {
                let path = path_of(walk, node)?;
                Some(path.strip_prefix(item.as_str())?.strip_prefix('.')?.into())
            }
            // Destructured: the names are the keys.
            ("identifier", None) => Some(walk.slice(node).into()),
            _ => None,
        }
    };
    let (Some(prefix), Some(child)) = (key(unwrapped(prefix)), key(unwrapped(child))) else { return false };
    let scope = walk.scope();
    let known = |name: &SmolStr| walk.draft.wiring.bindings.iter().any(|binding| binding.name == *name);
    let items = (0..64).map(|at| {
        let name = |key: &SmolStr| SmolStr::from(format!("{list}.{at}.{key}"));
        (name(&prefix), name(&child))
    });
    let mounts: Vec<MountFact> = items
        .filter(|(prefix, child)| known(prefix) && known(child))
        .map(|(prefix, child)| MountFact {
            parent: Holder::Named(scope, Reference::local(parent.clone())),
            child: Holder::Named(scope, Reference::local(child)),
            prefix: Text::name(prefix),
            scope,
        })
        .collect();
    let any = !mounts.is_empty();
    walk.draft.wiring.mounts.extend(mounts);
    any
}

/// The list that the current node runs over, with the name of one item; without a name its parts are named.
fn iteration(walk: &Walk<'_>) -> Option<(SmolStr, Option<SmolStr>)> {
    for level in 0..12 {
        let node = walk.ancestor(level)?;
        let (list, item) = match node.kind() {
            "arrow_function" | "function_expression" => {
                let call = walk.ancestor(level + 2).filter(|call| call.kind() == "call_expression")?;
                let callee = call.field("function").filter(|callee| callee.kind() == "member_expression")?;
                let runs = callee.field("property").map(|name| walk.slice(name))?;
                if !matches!(runs, "forEach" | "map") {
                    return None;
                }
                let parameter = node.field("parameter").or_else(|| {
                    let first = node.field("parameters")?.named_child(0)?;
                    first.field("pattern").or(Some(first))
                });
                (callee.field("object")?, parameter?)
            }
            "for_in_statement" => (node.field("right")?, node.field("left")?),
            _ => continue,
        };
        let item = (item.kind() == "identifier").then(|| SmolStr::from(walk.slice(item)));
        return Some((path_of(walk, list)?, item));
    }
    None
}

/// The router that a link of a chain belongs to, and the name that it goes by: `api.use(a).get('/x', b)` is a chain on
/// `api`, `const api = Router().use(a)` one on what is made there.
pub(super) fn router_at<'t>(walk: &Walk<'t>, object: Node<'t>) -> Option<(Holder, SmolStr)> {
    let scope = walk.scope();
    let mut node = unwrapped(object);
    for _ in 0..512 {
        let callee = node.field("function").filter(|callee| callee.kind() == "member_expression");
        let link = callee.and_then(|callee| callee.field("property")).map(|name| walk.slice(name));
        match (link, callee) {
            (
                Some(
                    "use" | "get" | "post" | "put" | "patch" | "delete" | "all" | "basePath" | "on"
                    | "openapi",
                ),
                Some(callee),
            ) => {
                node = unwrapped(callee.field("object")?);
            }
            _ => break,
        }
    }
    let path = path_of(walk, node)?;
    if !matches!(node.kind(), "call_expression" | "new_expression") {
        return Some((Holder::Named(scope, Reference::local(path.clone())), path));
    }
    let last = path.rsplit('.').next().unwrap_or(&path);
    if !MAKERS.contains(&last) && !last.ends_with("Router") {
        return Some((Holder::Result(scope, Reference::local(path.clone())), path));
    }
    Some((made_holder(walk)?, "router".into()))
}

/// What the expression around the current node becomes: a variable, what the module exports, what a function returns.
fn made_holder(walk: &Walk<'_>) -> Option<Holder> {
    let scope = walk.scope();
    for level in 0..512 {
        let node = walk.ancestor(level)?;
        let left = match node.kind() {
            "member_expression"
            | "call_expression"
            | "parenthesized_expression"
            | "as_expression"
            | "await_expression" => continue,
            "variable_declarator" => node.field("name"),
            "assignment_expression" => node.field("left"),
            "export_statement" => return Some(Holder::Named(MODULE, Reference::local("default"))),
            "return_statement" | "arrow_function" => return walk.function_around().map(Holder::Returned),
            _ => return None,
        };
        let name = path_of(walk, left?)?;
        let exported = matches!(name.as_str(), "module.exports" | "exports");
        let name = if exported { "default".into() } else { name };
        return Some(Holder::Named(if exported { MODULE } else { scope }, Reference::local(name)));
    }
    None
}

/// A router as an argument: a name, what `router.routes()` belongs to, a module, or what a function makes.
pub(super) fn router_of<'t>(walk: &Walk<'t>, node: Node<'t>) -> Option<Holder> {
    let node = unwrapped(node);
    let scope = walk.scope();
    match node.kind() {
        "identifier" | "member_expression" => Some(Holder::Named(scope, reference(walk, node)?)),
        "call_expression" | "new_expression" => {
            if let Some(module) = required(walk, node) {
                return Some(Holder::Named(scope, Reference::of_module(module, "")));
            }
            let callee = node.field("function").or_else(|| node.field("constructor"))?;
            // `require('./users')(db)` gives what that function returns.
            if let Some(module) = required(walk, callee) {
                return Some(Holder::Result(scope, Reference::of_module(module, "")));
            }
            let path = path_of(walk, callee)?;
            for end in [".routes", ".middleware", ".callback", ".getRouter", ".router"] {
                if let Some(router) = path.strip_suffix(end) {
                    return Some(Holder::Named(scope, Reference::local(router)));
                }
            }
            Some(Holder::Result(scope, Reference::local(path)))
        }
        _ => None,
    }
}

/// `users(app)` and `require('./users')(app)`: the function declares its routes on what it is given.
fn passes_router<'t>(walk: &Walk<'t>, node: Node<'t>, callee: Node<'t>) -> Option<Vec<MountFact>> {
    let callee = match required(walk, callee) {
        Some(module) => Reference::of_module(module, ""),
        None => {
            let path =
                path_of(walk, callee).filter(|path| !path.contains('.') || path.matches('.').count() == 1)?;
            Reference::local(path)
        }
    };
    if matches!(
        callee.last(),
        "use" | "listen" | "createServer" | "request" | "supertest" | "register" | "setup" | "log"
    ) {
        return None;
    }
    let scope = walk.scope();
    let routers = arguments(node).into_iter().take(4).enumerate().filter_map(|(at, argument)| {
        let path = path_of(walk, argument)
            .filter(|_| argument.kind() == "identifier" || argument.kind() == "member_expression")?;
        let known = walk.draft.marks.contains(&path) || NAMES.contains(&path.as_str());
        known.then(|| MountFact {
            parent: Holder::Named(scope, Reference::local(path)),
            child: Holder::Argument(scope, callee.clone(), at as u8),
            prefix: Text::default(),
            scope,
        })
    });
    Some(routers.collect())
}

/// Paths of a route: a text, or a list of them; empty when there is none.
fn patterns<'t>(walk: &Walk<'t>, node: Node<'t>) -> Vec<Text> {
    let node = unwrapped(node);
    let is_path = |text: &Text| match text.0.first() {
        Some(Piece::Literal(literal)) => {
            literal.is_empty() || literal.starts_with(['/', '*', ':', '(']) || text.0.len() > 1
        }
        Some(Piece::Name(_)) => true,
        Some(Piece::Hole) => text.is_telling(),
        None => false,
    };
    match node.kind() {
        "array" => {
            children(node).into_iter().filter_map(|item| text_of(walk, item)).filter(is_path).collect()
        }
        "string" | "template_string" | "binary_expression" => {
            text_of(walk, node).filter(is_path).into_iter().collect()
        }
        // A constant holds a path only where its name says so; other names are handlers and routers.
        "identifier" | "member_expression" => {
            let path = path_of(walk, node).unwrap_or_default();
            let last = path.rsplit('.').next().unwrap_or_default().to_lowercase();
            let says_so = ["path", "prefix", "url", "route_path", "base", "endpoint"]
                .iter()
                .any(|word| last.ends_with(word));
            let is_constant = path.chars().any(char::is_uppercase)
                && !path.rsplit('.').next().unwrap_or_default().contains(char::is_lowercase);
            if says_so || is_constant { vec![Text::name(path)] } else { Vec::new() }
        }
        _ => Vec::new(),
    }
}

/// Whether `path` is an app or router: made as one, called like one, or used as one.
fn is_router(walk: &Walk<'_>, path: &SmolStr, last: Node<'_>, patterns: &[Text]) -> bool {
    let name = path.rsplit('.').next().unwrap_or(path);
    let lower = name.to_lowercase();
    if walk.draft.marks.contains(path)
        || NAMES.contains(&name)
        || lower.ends_with("router")
        || lower.ends_with("routes")
        || lower.ends_with("app")
    {
        return true;
    }
    if CLIENTS.contains(&name) || lower.ends_with("client") || lower.ends_with("request") {
        return false;
    }
    let is_path = patterns
        .iter()
        .all(|pattern| matches!(pattern.0.first(), Some(Piece::Literal(text)) if text.starts_with('/')));
    is_path && matches!(unwrapped(last).kind(), "arrow_function" | "function_expression")
}

fn could_be_handler(node: Node<'_>) -> bool {
    matches!(
        unwrapped(node).kind(),
        "arrow_function"
            | "function_expression"
            | "generator_function"
            | "identifier"
            | "member_expression"
            | "call_expression"
            | "array"
            | "object"
            | "spread_element"
    )
}

fn methods(verb: &str) -> Vec<SmolStr> {
    match verb {
        "all" | "any" => Vec::new(),
        "del" => vec!["DELETE".into()],
        verb => vec![verb.to_uppercase().into()],
    }
}

//! ASP.NET Core's routes by calls: `MapGet` and its like, groups, extension methods that map more, lambdas for all.

use model::SmolStr;
use tree_sitter::Node;

use super::{
    names::{extension, know, qualified_method},
    syntax::{argument, arguments, callee, has_modifier, path_from, path_of, text_of},
};
use crate::{
    field::Field,
    walk::{Walk, children, dotted},
    wiring::{Handler, Holder, MountFact, Piece, Reference, RouteFact, Scope, Text, Value},
};

/// Methods of ASP.NET Core and its packages that begin with `Map` and take no routes of the program.
const BUILT_IN: &[&str] = &[
    "MapControllers",
    "MapControllerRoute",
    "MapDefaultControllerRoute",
    "MapAreaControllerRoute",
    "MapRazorPages",
    "MapRazorComponents",
    "MapBlazorHub",
    "MapGrpcService",
    "MapHub",
    "MapHealthChecks",
    "MapStaticAssets",
    "MapOpenApi",
    "MapGraphQL",
    "MapReverseProxy",
    "MapForwarder",
    "MapWhen",
    "MapFallbackToFile",
    "MapFallbackToPage",
    "MapIdentityApi",
];
/// How many calls in a chain are looked at.
const MAX_CHAIN: usize = 32;

/// A route, or a mount of what another method maps.
pub(super) fn call<'t>(walk: &mut Walk<'t>, node: Node<'t>, object: Option<Node<'t>>, name: Node<'t>) {
    let name = walk.slice(name);
    // `Orders.Map(app)` is a method of the program.
    if name == "Map" && arguments(walk, node).len() < 2 {
        return custom(walk, node, object, name);
    }
    if matches!(name, "MapControllerRoute" | "MapAreaControllerRoute" | "MapRoute") {
        return with_defaults(walk, node);
    }
    let is_map = name.starts_with("Map") && !BUILT_IN.contains(&name);
    if is_map && name != "MapGroup" {
        match (methods(walk, node, name), object) {
            (Some(methods), Some(object)) => route(walk, node, object, name, methods),
            (Some(_), None) => {}
            (None, object) => custom(walk, node, object, name),
        }
    } else if ["Endpoint", "Route", "Api"].iter().any(|word| name.contains(word)) && !name.starts_with("Map")
    {
        custom(walk, node, object, name);
    }
}

/// `MapControllerRoute("blog", "blog/{*article}", defaults: new { controller = "Blog", action = "Article" })`.
fn with_defaults<'t>(walk: &mut Walk<'t>, node: Node<'t>) {
    let list = arguments(walk, node);
    let texts = list.iter().filter(|(key, _)| key.is_none_or(|key| key == "pattern" || key == "template"));
    let mut texts = texts.rev().filter(|(_, value)| is_text(*value));
    let pattern = texts.find_map(|(_, value)| text_of(walk, *value));
    let told = list
        .iter()
        .map(|(_, value)| *value)
        .find(|value| value.kind() == "anonymous_object_creation_expression");
    let (Some(pattern), Some(told)) = (pattern, told) else { return };
    let parts = children(told);
    let member = |name: &str| {
        let at = parts.iter().position(|part| part.kind() == "identifier" && walk.slice(*part) == name)?;
        text_of(walk, *parts.get(at + 1)?)?.as_literal()
    };
    let (Some(controller), Some(action)) = (member("controller"), member("action")) else { return };
    let has_action =
        pattern.0.iter().any(|piece| matches!(piece, Piece::Literal(text) if text.contains("{action")));
    if has_action {
        return;
    }
    let scope = walk.scope();
    for action in [action.clone(), SmolStr::from(format!("{action}Async"))] {
        let path = SmolStr::from(format!("{controller}Controller.{action}"));
        know(walk, &path);
        let handler = Handler::Named(scope, Reference::local(path));
        let (holder, pattern, methods) = (Holder::App, pattern.clone(), Vec::new());
        walk.draft.wiring.routes.push(RouteFact { holder, methods, pattern, handler, scope });
    }
}

/// `var group = app.MapGroup("/x")`: whether the variable holds routes of another one.
pub(super) fn declared<'t>(walk: &mut Walk<'t>, scope: Scope, name: &SmolStr, value: Node<'t>) -> bool {
    if !makes_group(walk, value) {
        return false;
    }
    let Some((parent, prefix)) = chain(walk, value) else { return false };
    walk.draft.bind(scope, name.clone(), Value::Other);
    let child = Holder::Named(scope, Reference::local(name.clone()));
    walk.draft.wiring.mounts.push(MountFact { parent, child, prefix, scope });
    true
}

/// `return group` or `return app.MapGroup("/x")` in a function.
pub(super) fn returned<'t>(walk: &mut Walk<'t>, function: u32, value: Node<'t>) {
    if value.kind() == "identifier" {
        let fact = (function, Reference::local(walk.slice(value)));
        walk.draft.wiring.returns.push(fact);
    } else if makes_group(walk, value)
        && let Some((parent, prefix)) = chain(walk, value)
    {
        let child = Holder::Returned(function);
        walk.draft.wiring.mounts.push(MountFact { parent, child, prefix, scope: function });
    }
}

/// Whether a method gives what routes are declared on.
pub(super) fn gives_routes(walk: &Walk<'_>, method: Node<'_>) -> bool {
    let class = method.field("returns").map(|class| walk.slice(class)).unwrap_or_default();
    ["Builder", "WebApplication"].iter().any(|end| class.ends_with(end))
}

/// `void Map(RouteGroupBuilder group)` of a class: who calls it with which prefix is often found by reflection, which
/// by custom takes the class's name. `void Map(IEndpointRouteBuilder app)` of an interface is called below any prefix.
pub(super) fn on_method<'t>(walk: &mut Walk<'t>, index: u32, node: Node<'t>) {
    let class = walk.draft.functions.get(index as usize).and_then(|function| function.receiver.clone());
    let (Some(class), Some(list)) = (class, node.field("parameters")) else { return };
    let Some(first) = list.named_child(0).filter(|first| first.kind() == "parameter") else { return };
    if has_modifier(walk, first, "this") {
        return;
    }
    let given = first.field("type").map(|class| walk.slice(class)).unwrap_or_default();
    let has_base = || {
        let path = walk.type_path();
        let mut types = walk.draft.wiring.types.iter().rev();
        types.find(|fact| Some(&fact.path) == path.as_ref()).is_some_and(|fact| !fact.bases.is_empty())
    };
    let prefix = match given {
        "RouteGroupBuilder" => Text(vec![Piece::Hole, Piece::Literal(format!("/{class}").into())]),
        "IEndpointRouteBuilder" | "WebApplication" if !has_modifier(walk, node, "static") && has_base() => {
            Text::hole()
        }
        _ => return,
    };
    let (parent, child, scope) = (Holder::App, Holder::Parameter(index, 0), index);
    walk.draft.wiring.mounts.push(MountFact { parent, child, prefix, scope });
}

/// The methods that a mapping takes; `None` when it is no mapping of ASP.NET Core's.
fn methods<'t>(walk: &Walk<'t>, node: Node<'t>, name: &str) -> Option<Vec<SmolStr>> {
    let method = match name {
        "MapGet" => "GET",
        "MapPost" => "POST",
        "MapPut" => "PUT",
        "MapDelete" => "DELETE",
        "MapPatch" => "PATCH",
        "Map" | "MapFallback" => return Some(Vec::new()),
        "MapMethods" => {
            let verbs = argument(&arguments(walk, node), "httpMethods", 1)?;
            return Some(verbs_of(walk, verbs));
        }
        _ => return None,
    };
    Some(vec![SmolStr::new_static(method)])
}

/// `["GET", "POST"]`, `new[] { HttpMethods.Get }`.
pub(super) fn verbs_of(walk: &Walk<'_>, list: Node<'_>) -> Vec<SmolStr> {
    let words = walk.slice(list).split(|c: char| !c.is_ascii_alphabetic());
    let verbs = ["GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS", "TRACE"];
    words
        .filter_map(|word| verbs.iter().find(|verb| verb.eq_ignore_ascii_case(word)))
        .map(|verb| SmolStr::new_static(verb))
        .collect()
}

fn route<'t>(walk: &mut Walk<'t>, node: Node<'t>, object: Node<'t>, name: &str, methods: Vec<SmolStr>) {
    let list = arguments(walk, node);
    let Some((pattern, handler)) = pattern_and_handler(walk, &list, name) else { return };
    let scope = walk.scope();
    let Some((holder, prefix)) = chain(walk, object) else { return };
    if name == "Map" && is_branch(walk, handler) {
        let child = Holder::Inline(handler.start_byte() as u32, 0);
        let prefix = join(prefix, pattern);
        walk.draft.wiring.mounts.push(MountFact { parent: holder, child, prefix, scope });
        return;
    }
    let Some(handler) = handler_of(walk, handler) else { return };
    let pattern = join(prefix, pattern);
    walk.draft.wiring.routes.push(RouteFact { holder, methods, pattern, handler, scope });
}

/// The pattern, and the node of the handler; some projects' own `MapGet` takes the handler first.
fn pattern_and_handler<'t>(
    walk: &Walk<'t>,
    list: &[(Option<&'t str>, Node<'t>)],
    name: &str,
) -> Option<(Text, Node<'t>)> {
    let at = if name == "MapMethods" { 2 } else { 1 };
    let handler = argument(list, "handler", at).or_else(|| argument(list, "requestDelegate", at));
    let first = argument(list, "pattern", 0)?;
    match handler {
        Some(second) if is_text(second) && !is_text(first) => Some((text_of(walk, second)?, first)),
        Some(handler) => Some((text_of(walk, first)?, handler)),
        None if name == "MapFallback" => Some((Text::literal("{*path}"), first)),
        None if !is_text(first) => Some((Text::default(), first)),
        None => None,
    }
}

fn is_text(node: Node<'_>) -> bool {
    node.kind().contains("string")
}

/// `app.Map("/x", branch => branch.UseY())`: a branch of the pipeline, no handler.
fn is_branch(walk: &Walk<'_>, handler: Node<'_>) -> bool {
    let body = handler.field("body").filter(|_| handler.kind() == "lambda_expression");
    body.is_some_and(|body| [".Use", ".Run(", ".Map"].iter().any(|word| walk.slice(body).contains(word)))
}

/// A lambda, a function of the file, a method of a class.
fn handler_of<'t>(walk: &mut Walk<'t>, node: Node<'t>) -> Option<Handler> {
    match node.kind() {
        "lambda_expression" | "anonymous_method_expression" => Some(Handler::At(node.start_byte() as u32)),
        "cast_expression" => handler_of(walk, node.field("value")?),
        "identifier" | "member_access_expression" | "generic_name" => {
            let path = path_from(walk, node, qualified_method)?;
            know(walk, &path);
            Some(Handler::Named(walk.scope(), Reference::local(path)))
        }
        _ => None,
    }
}

/// `app.MapOrders()` and `Orders.Map(app)`: what the other method maps stands below what it is given.
fn custom<'t>(walk: &mut Walk<'t>, node: Node<'t>, object: Option<Node<'t>>, name: &str) {
    let scope = walk.scope();
    if let Some((parent, prefix)) = object.and_then(|object| chain(walk, object)) {
        let child = Holder::Argument(scope, extension(name), 0);
        walk.draft.wiring.mounts.push(MountFact { parent, child, prefix, scope });
    }
    let path = match object {
        Some(object) => path_of(walk, object).map(|object| dotted(&object, name)),
        None => Some(qualified_method(walk, name)),
    };
    let Some(path) = path else { return };
    know(walk, &path);
    for (at, (_, value)) in arguments(walk, node).into_iter().enumerate().take(4) {
        if !(value.kind() == "identifier" || makes_group(walk, value)) {
            continue;
        }
        let Some((parent, prefix)) = chain(walk, value) else { continue };
        let child = Holder::Argument(scope, Reference::local(path.clone()), at as u8);
        walk.draft.wiring.mounts.push(MountFact { parent, child, prefix, scope });
    }
}

/// Whether a chain of calls makes a group of routes, or a method of the program that begins with `Map` does.
fn makes_group(walk: &Walk<'_>, value: Node<'_>) -> bool {
    let mut at = value;
    for _ in 0..MAX_CHAIN {
        let Some((object, name)) = callee(at).filter(|_| at.kind() == "invocation_expression") else {
            return false;
        };
        let name = walk.slice(name);
        if name == "MapGroup" || name.contains("VersionedApi") || is_custom(name) {
            return true;
        }
        let Some(object) = object else { return false };
        at = object;
    }
    false
}

fn is_custom(name: &str) -> bool {
    let verb = ["Map", "MapGet", "MapPost", "MapPut", "MapPatch", "MapDelete", "MapMethods", "MapFallback"];
    name.starts_with("Map")
        && name.as_bytes().get(3).is_some_and(u8::is_ascii_uppercase)
        && !verb.contains(&name)
        && !BUILT_IN.contains(&name)
}

/// What a chain such as `app.MapGroup("/x").WithTags("y")` is declared on, and the prefix from there.
fn chain<'t>(walk: &Walk<'t>, node: Node<'t>) -> Option<(Holder, Text)> {
    let mut prefix = Text::default();
    let mut at = node;
    let scope = walk.scope();
    for _ in 0..MAX_CHAIN {
        if at.kind() != "invocation_expression" {
            let path = path_of(walk, at)?;
            return Some((Holder::Named(scope, Reference::local(path)), prefix));
        }
        let (object, name) = callee(at)?;
        match walk.slice(name) {
            "MapGroup" => prefix = join(group_prefix(walk, at), prefix),
            name if is_custom(name) => return Some((Holder::Result(scope, extension(name)), prefix)),
            _ => {}
        }
        at = object?;
    }
    None
}

/// The prefix of `MapGroup`; one for a whole object is by custom called like its class.
fn group_prefix<'t>(walk: &Walk<'t>, call: Node<'t>) -> Text {
    let first = argument(&arguments(walk, call), "prefix", 0);
    if let Some(text) = first.and_then(|first| text_of(walk, first)) {
        return text;
    }
    let list = call.field("arguments").map(|list| walk.slice(list)).unwrap_or_default();
    match walk.type_path() {
        Some(class) if list.starts_with("(this") => {
            let last = class.rsplit('.').next().unwrap_or(&class);
            Text(vec![Piece::Hole, Piece::Literal(format!("/{last}").into())])
        }
        _ => Text::hole(),
    }
}

/// `after` below `before`, one slash between them.
pub(super) fn join(before: Text, after: Text) -> Text {
    if before.0.is_empty() {
        return after;
    }
    if after.as_literal().is_some_and(|text| text.is_empty()) {
        return before;
    }
    let mut whole = Text::default();
    for (at, piece) in before.0.iter().enumerate() {
        match piece {
            Piece::Literal(text) if at + 1 == before.0.len() => {
                whole.append(Text::literal(text.trim_end_matches('/')));
            }
            piece => whole.append(Text(vec![piece.clone()])),
        }
    }
    whole.append(Text::literal("/"));
    for (at, piece) in after.0.into_iter().enumerate() {
        match piece {
            Piece::Literal(text) if at == 0 => whole.append(Text::literal(text.trim_start_matches('/'))),
            piece => whole.append(Text(vec![piece])),
        }
    }
    whole
}

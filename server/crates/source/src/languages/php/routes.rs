//! Routes that PHP declares by calls: Laravel's facade, Lumen's and Slim's routers; and files of routes under prefixes.

use model::SmolStr;
use smol_str::format_smolstr;
use tree_sitter::Node;

use super::{
    calls::called,
    groups::{Around, around, chain, chained_after, is_facade, join},
    names::by_end,
    resources,
    syntax::{
        argument, arguments, elements, is_reference, keyed, known_class, literal, literals, path_of, text_of,
    },
};
use crate::{
    field::Field,
    walk::{Walk, dotted},
    wiring::{ConsumerFact, Handler, Holder, MODULE, MountFact, Piece, Reference, RouteFact, Text, Value},
};

/// A call that may declare routes.
pub(super) fn call<'t>(walk: &mut Walk<'t>, node: Node<'t>) {
    let Some((_, name)) = called(walk, node) else { return };
    match name.as_str() {
        "get" | "post" | "put" | "patch" | "delete" | "options" | "any" | "match" | "map" | "addRoute"
        | "fallback" => declared(walk, node, &name),
        "resource" | "apiResource" | "singleton" | "apiSingleton" | "resources" | "apiResources" => {
            resources::declared(walk, node, &name);
        }
        "group" | "loadRoutesFrom" => file_of_routes(walk, node),
        "withRouting" => with_routing(walk, node),
        "command" => command(walk, node),
        "controller" => configured(walk, node),
        _ => {}
    }
}

/// `require` in a group, or of a file that is called so: its routes stand here.
pub(super) fn included<'t>(walk: &mut Walk<'t>, node: Node<'t>) {
    let Some(path) = node.named_child(0).and_then(|path| literal(walk, path)) else { return };
    let groups = around(walk);
    if groups.is_grouped || path.contains("rout") {
        mount(walk, &path, groups.prefix);
    }
}

/// The holder of all routes of a file that stand on no class.
pub(super) fn holder(walk: &mut Walk<'_>) -> Holder {
    if walk.draft.marks.insert("routes".into()) {
        walk.draft.bind(MODULE, "default", Value::Other);
    }
    Holder::Named(MODULE, Reference::local("default"))
}

/// Takes in a route of this file.
pub(super) fn push(walk: &mut Walk<'_>, methods: Vec<SmolStr>, pattern: Text, handler: Handler) {
    let (holder, scope) = (holder(walk), walk.scope());
    super::calls::know_names(walk, &pattern);
    walk.draft.wiring.routes.push(RouteFact { holder, methods, pattern, handler, scope });
}

/// `Route::get('/x', …)`, `$app->get('/x', …)`.
fn declared<'t>(walk: &mut Walk<'t>, node: Node<'t>, name: &str) {
    let links = chain(walk, node);
    let is_facade = is_facade(walk, &links);
    if node.kind() == "function_call_expression" || (!is_facade && !may_be_router(walk, node)) {
        return;
    }
    let list = arguments(walk, node);
    let at = usize::from(matches!(name, "match" | "map" | "addRoute"));
    let pattern = match name {
        "fallback" if is_facade => Some(Text::literal("{fallbackPlaceholder}")),
        "fallback" => None,
        _ => list.get(at).and_then(|pattern| text_of(walk, pattern.value)),
    };
    let action = if name == "fallback" { list.first() } else { list.get(at + 1) };
    let (Some(pattern), Some(action)) = (pattern, action) else { return };
    let mut groups = around(walk);
    groups.enter_chain(walk, &links);
    let after = chained_after(walk, node);
    groups.enter_chain(walk, &after);
    let is_path = is_facade
        || groups.is_grouped
        || matches!(pattern.0.first(), None | Some(Piece::Literal(_)) if starts_like_path(&pattern));
    let methods = match name {
        "any" => Vec::new(),
        "fallback" => vec!["GET".into()],
        _ if at == 1 => {
            let Some(first) = list.first() else { return };
            let named = literals(walk, first.value);
            if named.is_empty() {
                return;
            }
            named.iter().map(|method| method.to_uppercase().into()).collect()
        }
        verb => vec![verb.to_uppercase().into()],
    };
    let Some(handler) = handler(walk, action.value, &groups, is_facade).filter(|_| is_path) else { return };
    if let Some(name) = name_of(walk, &after) {
        push_named(walk, methods.clone(), name, handler.clone());
    }
    let whole = join(groups.prefix, pattern);
    push(walk, methods, if whole.0.is_empty() { Text::literal("/") } else { whole }, handler);
}

/// Under its name a route is known, too: Slim's and Symfony's instrumentations send that in place of the pattern.
pub(super) fn push_named(walk: &mut Walk<'_>, methods: Vec<SmolStr>, name: Text, handler: Handler) {
    let scope = walk.scope();
    walk.draft.wiring.routes.push(RouteFact { holder: Holder::App, methods, pattern: name, handler, scope });
}

/// The name that Slim's `setName` gives.
fn name_of<'t>(walk: &Walk<'t>, after: &[(SmolStr, Node<'t>)]) -> Option<Text> {
    let (_, call) = after.iter().find(|(name, _)| name == "setName")?;
    text_of(walk, arguments(walk, *call).first()?.value)
}

/// Whether routes may be declared on the object of the call: caches, clients and requests have a `get` as well.
fn may_be_router<'t>(walk: &Walk<'t>, node: Node<'t>) -> bool {
    let Some(object) = node.field("object") else { return false };
    let is_plain = matches!(object.kind(), "variable_name" | "member_access_expression");
    let text = walk.slice(object).to_lowercase();
    let others = ["cache", "client", "request", "session", "config", "redis", "http", "storage", "response"];
    is_plain && !others.iter().any(|other| text.contains(other))
}

fn starts_like_path(pattern: &Text) -> bool {
    match pattern.0.first() {
        Some(Piece::Literal(first)) => first.is_empty() || first.starts_with(['/', '[', '{']),
        _ => true,
    }
}

/// Who handles a route.
pub(super) fn handler<'t>(
    walk: &mut Walk<'t>,
    node: Node<'t>,
    groups: &Around<'t>,
    is_facade: bool,
) -> Option<Handler> {
    match node.kind() {
        "anonymous_function" | "arrow_function" => Some(Handler::At(node.start_byte() as u32)),
        "array_creation_expression" => listed(walk, node, groups, is_facade),
        "class_constant_access_expression" | "object_creation_expression" => {
            let class = known_class(walk, node)?;
            Some(named(walk, dotted(&class, "__invoke")))
        }
        "member_call_expression" | "scoped_call_expression" if is_reference(node) => {
            let object = node.field("object").or_else(|| node.field("scope"))?;
            let class = known_class(walk, object).or_else(|| path_of(walk, object))?;
            Some(named(walk, dotted(&class, walk.slice(node.field("name")?))))
        }
        "string" | "encapsed_string" | "binary_expression" => {
            let text = literal(walk, node)?;
            from_text(walk, &text, groups, is_facade)
        }
        _ => None,
    }
}

/// `[X::class, 'method']`, `['uses' => 'X@method']`, and Lumen's array with a closure in it.
fn listed<'t>(walk: &mut Walk<'t>, array: Node<'t>, groups: &Around<'t>, is_facade: bool) -> Option<Handler> {
    if let Some(action) = keyed(walk, array, "uses") {
        return handler(walk, action, groups, is_facade);
    }
    let parts = elements(array);
    if let [(None, class), (None, method)] = parts.as_slice() {
        let method = literal(walk, *method)?;
        if let Some(text) = literal(walk, *class).filter(|_| class.kind() == "string") {
            return Some(Handler::Named(MODULE, by_end(&text, &method)));
        }
        let path = known_class(walk, *class).or_else(|| path_of(walk, *class))?;
        return Some(named(walk, dotted(&path, &method)));
    }
    let mut closures =
        parts.iter().filter(|(key, value)| key.is_none() && value.kind().ends_with("_function"));
    closures.next().map(|(_, closure)| Handler::At(closure.start_byte() as u32))
}

/// `'X@method'`, `'X:method'`, `'X::method'`, `'App\X'`, `'Ns\function'`, and `'method'` of the group's controller.
fn from_text<'t>(walk: &mut Walk<'t>, text: &str, groups: &Around<'t>, is_facade: bool) -> Option<Handler> {
    let is_name =
        |part: &str| !part.is_empty() && part.chars().all(|c| c.is_alphanumeric() || matches!(c, '_' | '\\'));
    let below = |class: &str| match groups.namespace.as_str() {
        "" => class.to_owned(),
        _ if class.starts_with('\\') => class.to_owned(),
        namespace => format!("{namespace}\\{class}"),
    };
    let split = text.split_once('@').or_else(|| text.split_once("::")).or_else(|| text.split_once(':'));
    if let Some((class, method)) = split {
        let is_both = is_name(class) && is_name(method);
        return is_both.then(|| Handler::Named(MODULE, by_end(&below(class), method)));
    }
    if let Some(controller) = groups.controller.filter(|_| is_name(text) && is_facade) {
        let class = known_class(walk, controller)?;
        return Some(named(walk, dotted(&class, text)));
    }
    let last = super::names::last_of(text);
    let is_class = last.starts_with(|c: char| c.is_uppercase());
    if !is_name(text) || !(text.contains('\\') || is_class) {
        return None;
    }
    let member = if is_class { "__invoke" } else { "" };
    Some(Handler::Named(MODULE, by_end(&below(text), member)))
}

pub(super) fn named(walk: &Walk<'_>, path: SmolStr) -> Handler {
    Handler::Named(walk.scope(), Reference::local(path))
}

impl<'t> Around<'t> {
    /// Takes in the prefixes and namespaces that single routes are given.
    pub(super) fn enter_chain(&mut self, walk: &Walk<'t>, links: &[(SmolStr, Node<'t>)]) {
        for (name, call) in links {
            let list = arguments(walk, *call);
            match (name.as_str(), list.first()) {
                ("prefix", Some(first)) => self.prefixed(walk, first.value),
                ("controller", Some(first)) => self.controller = Some(first.value),
                _ => {}
            }
        }
    }
}

/// `->group(base_path('routes/api.php'))`, `loadRoutesFrom(…)`.
fn file_of_routes<'t>(walk: &mut Walk<'t>, node: Node<'t>) {
    let list = arguments(walk, node);
    let Some(path) = list.last().and_then(|last| literal(walk, last.value)) else { return };
    let mut groups = around(walk);
    groups.enter(walk, node);
    mount(walk, &path, groups.prefix);
}

/// `->withRouting(api: __DIR__.'/../routes/api.php', apiPrefix: 'api/v1')`.
fn with_routing<'t>(walk: &mut Walk<'t>, node: Node<'t>) {
    let list = arguments(walk, node);
    let prefix = list.iter().find(|argument| argument.name == Some("apiPrefix"));
    let prefix = match prefix {
        Some(prefix) => text_of(walk, prefix.value).unwrap_or_else(Text::hole),
        None => Text::literal("api"),
    };
    let Some(api) = argument(&list, "api", 2) else { return };
    for path in literals(walk, api) {
        mount(walk, &path, prefix.clone());
    }
}

fn mount(walk: &mut Walk<'_>, path: &str, prefix: Text) {
    if !path.ends_with(".php") {
        return;
    }
    let (parent, scope) = (holder(walk), walk.scope());
    let child = Holder::Named(MODULE, Reference::of_module(path, ""));
    super::calls::know_names(walk, &prefix);
    walk.draft.wiring.mounts.push(MountFact { parent, child, prefix, scope });
}

/// `Artisan::command('mail:send {user}', function () {…})`.
fn command<'t>(walk: &mut Walk<'t>, node: Node<'t>) {
    let is_artisan = node.field("scope").is_some_and(|scope| walk.slice(scope) == "Artisan");
    let list = arguments(walk, node);
    let ([signature, action, ..], true) = (list.as_slice(), is_artisan) else { return };
    let Some(signature) = literal(walk, signature.value) else { return };
    let Some(handler) = handler(walk, action.value, &Around::default(), true) else { return };
    let name = signature.split_whitespace().next().unwrap_or_default();
    let (name, scope) = (Some(Text::literal(name)), walk.scope());
    walk.draft.wiring.consumers.push(ConsumerFact { name, handler, scope });
}

/// Symfony's `$routes->add('name', '/path')->controller([X::class, 'method'])`.
fn configured<'t>(walk: &mut Walk<'t>, node: Node<'t>) {
    let links = chain(walk, node);
    let Some((_, add)) = links.iter().find(|(name, _)| name == "add") else { return };
    let list = arguments(walk, *add);
    let own = arguments(walk, node);
    let ([name, path], [action, ..]) = (list.as_slice(), own.as_slice()) else { return };
    let (Some(name), Some(path)) = (text_of(walk, name.value), text_of(walk, path.value)) else { return };
    let Some(handler) = handler(walk, action.value, &Around::default(), false) else { return };
    let after = chained_after(walk, node);
    let mut calls = links.iter().chain(&after);
    let methods = calls
        .find(|(name, _)| name == "methods")
        .and_then(|(_, call)| Some(literals(walk, arguments(walk, *call).first()?.value)));
    let methods: Vec<SmolStr> = methods.unwrap_or_default();
    push_named(walk, methods.clone(), name, handler.clone());
    push(walk, methods, path, handler);
}

/// A part of a pattern that takes anything.
pub(super) fn hole_named(name: &str) -> SmolStr {
    format_smolstr!("{{{name}}}")
}

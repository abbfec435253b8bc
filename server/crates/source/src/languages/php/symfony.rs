//! Symfony: routes in attributes and in comments, handlers of messages, names of commands.
//!
//! A route is known under its path and under its name: the instrumentation sends the name.

use model::SmolStr;
use smol_str::format_smolstr;
use tree_sitter::Node;

use super::{
    classes::{declared_name, message_of},
    names::last_of,
    routes::push_named,
    syntax::{argument, arguments, elements, literals, text_of},
};
use crate::{
    field::Field,
    walk::{Walk, children},
    wiring::{ConsumerFact, Handler, Holder, MODULE, PrefixFact, Reference, RouteFact, Text, Value},
};

/// What a route attribute says.
#[derive(Default)]
struct Declared {
    paths: Vec<Text>,
    name: Option<Text>,
    methods: Vec<SmolStr>,
}

/// Keeps a comment that declares a route for what stands behind it.
pub(super) fn comment<'t>(walk: &mut Walk<'t>, node: Node<'t>) {
    if walk.slice(node).contains("Route(") {
        walk.note = Some(node);
    }
}

/// The prefixes of a class, its name's prefix, and what its attributes say about a class that is one handler.
pub(super) fn on_type<'t>(walk: &mut Walk<'t>, node: Node<'t>) {
    let routes = routes_of(walk, node);
    let Some(class) = walk.type_path().filter(|_| !routes.is_empty()) else { return };
    let methods = node.field("body").map(children).unwrap_or_default();
    let invoked = methods
        .into_iter()
        .find(|method| method.field("name").is_some_and(|name| walk.slice(name) == "__invoke"));
    if invoked.is_some_and(|method| attributes(walk, method, "Route").is_empty()) {
        let handler = Handler::Named(MODULE, Reference::local(format_smolstr!("{class}.__invoke")));
        for route in routes {
            let name = route.name.clone().unwrap_or_else(|| default_name(walk, &class, "__invoke"));
            declare(walk, &route, Holder::App, name, &handler);
        }
        return;
    }
    for route in routes {
        for prefix in route.paths {
            let holder = Holder::Named(MODULE, Reference::local(class.clone()));
            walk.draft.wiring.prefixes.push(PrefixFact { holder, prefix, scope: MODULE });
        }
        if let Some(name) = route.name {
            walk.draft.marks.insert(named_mark(&class));
            walk.draft.bind(MODULE, name_prefix(&class), Value::Text(name));
        }
    }
}

/// Routes and message handlers among methods.
pub(super) fn on_method<'t>(walk: &mut Walk<'t>, index: u32, node: Node<'t>) {
    let (Some(class), Some(method)) = (walk.type_path(), node.field("name")) else { return };
    let method = walk.slice(method);
    let handler = Handler::Function(index);
    for route in routes_of(walk, node) {
        let mut name = Text::default();
        if walk.draft.marks.contains(&named_mark(&class)) {
            name.append(Text::name(name_prefix(&class)));
        }
        name.append(route.name.clone().unwrap_or_else(|| default_name(walk, &class, method)));
        let holder = Holder::Named(MODULE, Reference::local(class.clone()));
        declare(walk, &route, holder, name, &handler);
    }
    let declaration = walk.ancestor(1);
    let is_marked = |node: Node<'t>| !attributes(walk, node, "AsMessageHandler").is_empty();
    let by_class = method == "__invoke"
        && declaration.is_some_and(|class| is_marked(class) || is_message_handler(walk, class));
    if (by_class || is_marked(node))
        && let Some(message) = message_of(walk, node)
    {
        let fact = ConsumerFact { name: Some(Text::literal(message)), handler, scope: MODULE };
        walk.draft.wiring.consumers.push(fact);
    }
}

/// The name of a command in `#[AsCommand('app:import')]`.
pub(super) fn command_name<'t>(walk: &Walk<'t>, class: Node<'t>) -> Option<Text> {
    let attribute = *attributes(walk, class, "AsCommand").first()?;
    text_of(walk, argument(&arguments(walk, attribute), "name", 0)?)
}

fn is_message_handler<'t>(walk: &Walk<'t>, class: Node<'t>) -> bool {
    super::classes::bases(walk, class).iter().any(|base| last_of(base) == "MessageHandlerInterface")
}

fn declare(walk: &mut Walk<'_>, route: &Declared, holder: Holder, name: Text, handler: &Handler) {
    push_named(walk, route.methods.clone(), name, handler.clone());
    for pattern in &route.paths {
        super::calls::know_names(walk, pattern);
        walk.draft.wiring.routes.push(RouteFact {
            holder: holder.clone(),
            methods: route.methods.clone(),
            pattern: pattern.clone(),
            handler: handler.clone(),
            scope: MODULE,
        });
    }
}

/// The routes that a class or method is given, by attributes or by the comment before it.
fn routes_of<'t>(walk: &mut Walk<'t>, node: Node<'t>) -> Vec<Declared> {
    let noted = walk.note.take().filter(|comment| {
        let between = walk.text.get(comment.end_byte()..node.start_byte());
        between.is_some_and(|between| between.trim().is_empty())
    });
    let found = attributes(walk, node, "Route").into_iter().map(|attribute| declared(walk, attribute));
    let mut found: Vec<Declared> = found.collect();
    if let Some(comment) = noted {
        found.extend(annotated(walk.slice(comment)));
    }
    found
}

/// The attributes of a declaration that are called so.
fn attributes<'t>(walk: &Walk<'t>, node: Node<'t>, wanted: &str) -> Vec<Node<'t>> {
    let lists = node.field("attributes").map(children).unwrap_or_default();
    let all = lists.into_iter().flat_map(children);
    let is_wanted = |node: &Node<'t>| {
        let name = node.named_child(0).map(|name| walk.slice(name)).unwrap_or_default();
        // `use …\Annotation as Http`, and REST bundles' `Rest\Get`.
        last_of(name) == wanted
    };
    all.filter(is_wanted).collect()
}

fn declared<'t>(walk: &Walk<'t>, attribute: Node<'t>) -> Declared {
    let list = arguments(walk, attribute);
    let paths = argument(&list, "path", 0).map(|path| match path.kind() {
        "array_creation_expression" => {
            elements(path).into_iter().filter_map(|(_, path)| text_of(walk, path)).collect()
        }
        _ => text_of(walk, path).into_iter().collect(),
    });
    let name = argument(&list, "name", 1).and_then(|name| text_of(walk, name));
    let methods = argument(&list, "methods", 6).map(|methods| literals(walk, methods)).unwrap_or_default();
    let methods = methods.iter().map(|method| method.to_uppercase().into()).collect();
    Declared { paths: paths.unwrap_or_else(|| vec![Text::default()]), name, methods }
}

/// `@Route("/path/{id}", name="show", methods={"GET"})` in a comment.
fn annotated(comment: &str) -> Vec<Declared> {
    let mut found = Vec::new();
    let mut rest = comment;
    while let Some(at) = rest.find("Route(") {
        let is_annotation =
            rest[..at].rsplit(char::is_whitespace).next().is_some_and(|word| word.starts_with('@'));
        rest = &rest[at + "Route(".len()..];
        if !is_annotation {
            continue;
        }
        let inside = closed(rest);
        let first = inside.trim_start_matches(|c: char| c.is_whitespace() || c == '*').strip_prefix('"');
        let path = first.or_else(|| value_of(inside, "path")).and_then(|path| path.split('"').next());
        let name = value_of(inside, "name").and_then(|name| name.split('"').next()).map(Text::literal);
        let methods = list_of(inside, "methods");
        let path = path.map_or_else(Text::default, Text::literal);
        found.push(Declared { paths: vec![path], name, methods });
    }
    found
}

/// Up to the bracket that closes what is open; strings may hold brackets.
fn closed(text: &str) -> &str {
    let (mut depth, mut is_quoted) = (1_u32, false);
    for (at, character) in text.char_indices() {
        match character {
            '"' => is_quoted = !is_quoted,
            '(' if !is_quoted => depth += 1,
            ')' if !is_quoted => depth -= 1,
            _ => {}
        }
        if depth == 0 {
            return &text[..at];
        }
    }
    text
}

/// What stands behind `key="`.
fn value_of<'c>(inside: &'c str, key: &str) -> Option<&'c str> {
    let mut rest = inside;
    loop {
        let at = rest.find(key)?;
        let is_word = !rest[..at].ends_with(|c: char| c.is_alphanumeric() || c == '_');
        rest = &rest[at + key.len()..];
        let value = rest.trim_start().strip_prefix('=').map(str::trim_start);
        if let Some(value) = value.filter(|_| is_word) {
            return value.strip_prefix('"');
        }
    }
}

/// The words of `key={"GET", "POST"}` or `key="GET"`.
fn list_of(inside: &str, key: &str) -> Vec<SmolStr> {
    let Some(at) = inside.find(key) else { return Vec::new() };
    let Some(value) = inside[at + key.len()..].trim_start().strip_prefix('=').map(str::trim_start) else {
        return Vec::new();
    };
    let value = match value.strip_prefix('{') {
        Some(list) => list.split('}').next().unwrap_or_default(),
        None => value.split([',', ')']).next().unwrap_or_default(),
    };
    let words = value.split(',').map(|word| word.trim().trim_matches(['"', '*', ' ']));
    words.filter(|word| !word.is_empty()).map(|word| word.to_uppercase().into()).collect()
}

/// What Symfony calls a route that has no name: class and method in lower case, joined by underscores, without the
/// words `controller`, `bundle` and `action`.
fn default_name(walk: &Walk<'_>, class: &str, method: &str) -> Text {
    let whole = declared_name(walk, class).replace('\\', "_");
    let name = format!("{whole}_{method}").to_lowercase();
    let name = name.replace("bundle_", "_").replace("controller_", "_");
    let name = name.strip_suffix("action").map_or(name.as_str(), |name| name);
    Text::literal(name.replace("__", "_"))
}

fn named_mark(class: &str) -> SmolStr {
    format_smolstr!("names of {class}")
}

fn name_prefix(class: &str) -> SmolStr {
    format_smolstr!("{class}.@name")
}

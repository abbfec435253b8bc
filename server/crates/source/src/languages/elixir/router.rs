//! Phoenix's routers, run as far as they say what they do, and Plug's, whose routes have their handlers in place.

use model::SmolStr;
use smol_str::format_smolstr;
use tree_sitter::Node;

use super::syntax::{arguments, atom, atoms, block, keyword, path_of, text_of, word_of};
use crate::{
    field::Field,
    walk::{Walk, children, dotted},
    wiring::{Handler, Holder, MODULE, MountFact, Piece, Reference, RouteFact, Text, Value},
};

/// Set while a router of Phoenix is read: its calls make no spans.
const IN_ROUTER: &str = "@in router ";
/// Blocks nest no deeper than this in routers.
const MAX_DEPTH: usize = 16;

/// Where in the routes something is declared.
#[derive(Clone, Default)]
struct Place {
    path: String,
    /// What stands before the names of modules.
    module: SmolStr,
    /// What variables of comprehensions around stand for.
    known: Vec<(SmolStr, SmolStr)>,
}

/// A module was entered: if it is a router of Phoenix, it is run.
pub(super) fn module<'t>(walk: &mut Walk<'t>, body: Node<'t>) {
    let mut is_router = false;
    for child in children(body).into_iter().filter(|child| child.kind() == "call") {
        if word_of(walk, child) == Some("use") {
            let list = arguments(child);
            let used = list.first().and_then(|module| path_of(walk, *module)).unwrap_or_default();
            let role = list.get(1).and_then(|role| atom(walk, *role)).unwrap_or_default();
            is_router |= used == "Phoenix.Router" || (role.ends_with("router") && used != "Plug.Router");
        }
    }
    let Some(owner) = walk.type_path().filter(|_| is_router) else { return };
    walk.draft.marks.insert(format_smolstr!("{IN_ROUTER}{owner}"));
    walk.draft.bind(MODULE, "@framework", Value::Import("phoenix".into(), None));
    let holder = Holder::Named(MODULE, Reference::local(owner));
    statements(walk, &holder, body, &Place::default(), MAX_DEPTH);
}

/// A call in a router; whether it is one.
pub(super) fn call<'t>(walk: &mut Walk<'t>, node: Node<'t>) -> bool {
    if walk.function_around().is_none()
        && let Some(owner) = walk.type_path()
        && walk.draft.marks.contains(&format_smolstr!("{IN_ROUTER}{owner}"))
    {
        return true;
    }
    if has_block_as_handler(walk, node) {
        plug_route(walk, node);
        return true;
    }
    walk.function_around().is_none() && word_of(walk, node) == Some("forward") && plug_forward(walk, node)
}

fn statements<'t>(walk: &mut Walk<'t>, holder: &Holder, body: Node<'t>, place: &Place, depth: usize) {
    if depth == 0 {
        return;
    }
    for node in children(body).into_iter().filter(|child| child.kind() == "call") {
        let Some(word) = word_of(walk, node) else { continue };
        match word {
            "get" | "post" | "put" | "patch" | "delete" | "options" | "head" | "connect" | "trace" => {
                let methods = vec![word.to_uppercase().into()];
                route(walk, holder, &arguments(node), methods, place);
            }
            "match" => {
                let list = arguments(node);
                let Some((first, rest)) = list.split_first() else { continue };
                let methods: Vec<SmolStr> =
                    atoms(walk, *first).iter().map(|verb| verb.to_uppercase().into()).collect();
                let methods = if methods.iter().any(|verb| verb == "*") { Vec::new() } else { methods };
                route(walk, holder, rest, methods, place);
            }
            "live" => live(walk, holder, node, place),
            "resources" => resources(walk, holder, node, place, depth),
            "forward" => forward(walk, holder, node, place),
            "scope" => {
                if let (Some(inner), Some(body)) = (scope(walk, node, place), block(node)) {
                    statements(walk, holder, body, &inner, depth - 1);
                }
            }
            "for" => comprehension(walk, holder, node, place, depth),
            "pipeline" | "def" | "defp" | "defmacro" | "quote" => {}
            _ => {
                if let Some(body) = block(node) {
                    statements(walk, holder, body, place, depth - 1);
                }
            }
        }
    }
}

/// `for prefix <- ["/", "/repos/:name"] do`: once for each of the texts.
fn comprehension<'t>(walk: &mut Walk<'t>, holder: &Holder, node: Node<'t>, place: &Place, depth: usize) {
    let (Some(body), Some(first)) = (block(node), arguments(node).first().copied()) else { return };
    let sides = (first.field("left"), first.field("right"));
    let (Some(name), Some(list)) = sides else { return };
    let values: Vec<SmolStr> = match list.kind() {
        "list" => children(list).into_iter().filter_map(|item| text_of(walk, item)?.as_literal()).collect(),
        _ => Vec::new(),
    };
    for value in values.into_iter().take(8) {
        let mut inner = place.clone();
        inner.known.push((walk.slice(name).into(), value));
        statements(walk, holder, body, &inner, depth - 1);
    }
}

/// A path that is told, variables of comprehensions included.
fn path_text(walk: &Walk<'_>, node: Node<'_>, place: &Place) -> Option<SmolStr> {
    let mut text = Text::default();
    for piece in text_of(walk, node)?.0 {
        let known = match &piece {
            Piece::Name(name) => place.known.iter().rev().find(|(known, _)| known == name),
            _ => None,
        };
        text.append(
            known.map_or_else(|| Text(vec![piece.clone()]), |(_, value)| Text::literal(value.clone())),
        );
    }
    text.as_literal()
}

/// `scope "/x", Module, opts`, each of them optional or a keyword. `None` when the path is not told.
fn scope<'t>(walk: &Walk<'t>, node: Node<'t>, place: &Place) -> Option<Place> {
    let mut inner = place.clone();
    let list: Vec<Node<'t>> = arguments(node).into_iter().filter(|node| node.kind() != "keywords").collect();
    let first = list.first().copied();
    let path = match first {
        Some(first) if first.kind() != "alias" => Some(first),
        _ => keyword(walk, node, "path"),
    };
    if let Some(path) = path {
        inner.path = join(&inner.path, &path_text(walk, path, place)?);
    }
    let module =
        list.iter().copied().find(|node| node.kind() == "alias").or_else(|| keyword(walk, node, "alias"));
    match module {
        Some(module) if module.kind() == "alias" => {
            inner.module = dotted(&inner.module, &path_of(walk, module)?)
        }
        Some(module) if walk.slice(module) == "false" => inner.module = SmolStr::default(),
        _ => {}
    }
    Some(inner)
}

/// `"/x", Controller, :action`.
fn route<'t>(walk: &mut Walk<'t>, holder: &Holder, list: &[Node<'t>], methods: Vec<SmolStr>, place: &Place) {
    let [path, plug, rest @ ..] = list else { return };
    let (Some(path), Some(plug)) = (path_text(walk, *path, place), path_of(walk, *plug)) else {
        return;
    };
    let module = dotted(&place.module, &plug);
    let action = rest.first().and_then(|action| atom(walk, *action));
    push(walk, holder, methods, &join(&place.path, &path), plug_handler(&module, action.as_deref()));
}

/// The action of a controller, else what every plug has.
fn plug_handler(module: &str, action: Option<&str>) -> Handler {
    let named = |name: &str| Handler::Named(MODULE, Reference::local(dotted(module, name)));
    Handler::First(action.into_iter().chain(["call"]).map(named).collect())
}

fn live<'t>(walk: &mut Walk<'t>, holder: &Holder, node: Node<'t>, place: &Place) {
    let list = arguments(node);
    let [path, view, ..] = list.as_slice() else { return };
    let (Some(path), Some(view)) = (path_text(walk, *path, place), path_of(walk, *view)) else {
        return;
    };
    let module = dotted(&place.module, &view);
    let named = |name: &str| Handler::Named(MODULE, Reference::local(dotted(&module, name)));
    let handler = Handler::First(["mount", "handle_params", "render"].into_iter().map(named).collect());
    push(walk, holder, vec!["GET".into()], &join(&place.path, &path), handler);
}

/// `forward "/x", Plug`: a router has its own routes, another plug takes all.
fn forward<'t>(walk: &mut Walk<'t>, holder: &Holder, node: Node<'t>, place: &Place) {
    let list = arguments(node);
    let [path, plug, ..] = list.as_slice() else { return };
    let (Some(path), Some(plug)) = (path_text(walk, *path, place), path_of(walk, *plug)) else {
        return;
    };
    let module = dotted(&place.module, &plug);
    let path = join(&place.path, &path);
    mount(walk, holder.clone(), &module, &path);
    push(walk, holder, Vec::new(), &join(&path, "*rest"), plug_handler(&module, None));
    push(walk, holder, Vec::new(), &path, plug_handler(&module, None));
}

fn mount(walk: &mut Walk<'_>, parent: Holder, module: &str, path: &str) {
    let child = Holder::Named(MODULE, Reference::local(module));
    let prefix = Text::literal(path);
    walk.draft.wiring.mounts.push(MountFact { parent, child, prefix, scope: MODULE });
}

fn resources<'t>(walk: &mut Walk<'t>, holder: &Holder, node: Node<'t>, place: &Place, depth: usize) {
    const ACTIONS: &[(&str, &[&str], bool, &str)] = &[
        ("index", &["GET"], true, ""),
        ("create", &["POST"], true, ""),
        ("new", &["GET"], true, "new"),
        ("edit", &["GET"], false, "edit"),
        ("show", &["GET"], false, ""),
        ("update", &["PATCH", "PUT"], false, ""),
        ("delete", &["DELETE"], false, ""),
    ];
    let list = arguments(node);
    let [path, controller, ..] = list.as_slice() else { return };
    let Some(path) = path_text(walk, *path, place) else { return };
    let Some(controller) = path_of(walk, *controller) else { return };
    let is_single = keyword(walk, node, "singleton").is_some_and(|value| walk.slice(value) == "true");
    let param = keyword(walk, node, "param").and_then(|name| text_of(walk, name)?.as_literal());
    let param = param.unwrap_or_else(|| "id".into());
    let only = keyword(walk, node, "only").map(|only| atoms(walk, only));
    let except = keyword(walk, node, "except").map(|except| atoms(walk, except)).unwrap_or_default();
    let module = dotted(&place.module, &controller);
    let collection = join(&place.path, &path);
    let member = if is_single { collection.clone() } else { join(&collection, &format!(":{param}")) };
    for (action, methods, of_collection, behind) in ACTIONS {
        let is_wanted = only.as_ref().is_none_or(|only| only.iter().any(|name| name == action))
            && !except.iter().any(|name| name == action)
            && !(is_single && *action == "index");
        if is_wanted {
            let path = join(if *of_collection { &collection } else { &member }, behind);
            let methods = methods.iter().map(|method| SmolStr::new_static(method)).collect();
            push(walk, holder, methods, &path, plug_handler(&module, Some(action)));
        }
    }
    if let Some(body) = block(node) {
        let nested = if is_single { collection } else { join(&collection, &format!(":nested_{param}")) };
        let alias = keyword(walk, node, "alias").and_then(|alias| path_of(walk, alias));
        let module = alias.map_or_else(|| place.module.clone(), |alias| dotted(&place.module, &alias));
        statements(
            walk,
            holder,
            body,
            &Place { path: nested, module, known: place.known.clone() },
            depth - 1,
        );
    }
}

fn push(walk: &mut Walk<'_>, holder: &Holder, methods: Vec<SmolStr>, path: &str, handler: Handler) {
    let pattern = Text::literal(path);
    walk.draft.wiring.routes.push(RouteFact {
        holder: holder.clone(),
        methods,
        pattern,
        handler,
        scope: MODULE,
    });
}

/// Two paths with exactly one slash where they meet.
fn join(before: &str, after: &str) -> String {
    let after = after.trim_matches('/');
    if after.is_empty() {
        return if before.is_empty() { "/".into() } else { before.to_owned() };
    }
    format!("{}/{after}", before.trim_end_matches('/'))
}

/// Whether a call is a route of a plug with its handler in place: `get "/x" do … end` in a module.
pub(super) fn has_block_as_handler(walk: &Walk<'_>, call: Node<'_>) -> bool {
    let is_verb = matches!(
        word_of(walk, call),
        Some("get" | "post" | "put" | "patch" | "delete" | "options" | "head" | "match")
    );
    is_verb
        && walk.function_around().is_none()
        && walk.type_path().is_some()
        && block(call).is_some()
        && arguments(call).first().is_some_and(|first| matches!(first.kind(), "string" | "identifier"))
}

fn plug_route<'t>(walk: &mut Walk<'t>, node: Node<'t>) {
    let (Some(owner), Some(body), Some(word)) = (walk.type_path(), block(node), word_of(walk, node)) else {
        return;
    };
    let Some(path) = arguments(node).first().and_then(|path| text_of(walk, *path)?.as_literal()) else {
        return;
    };
    let via = keyword(walk, node, "via").map(|via| atoms(walk, via)).unwrap_or_default();
    let methods = match word {
        "match" => via.iter().map(|verb| verb.to_uppercase().into()).collect(),
        verb => vec![verb.to_uppercase().into()],
    };
    let holder = Holder::Named(MODULE, Reference::local(owner));
    push(walk, &holder, methods, &path, Handler::At(body.start_byte() as u32));
}

/// `forward "/x", to: Other` of a plug.
fn plug_forward<'t>(walk: &mut Walk<'t>, node: Node<'t>) -> bool {
    let (Some(owner), Some(to)) =
        (walk.type_path(), keyword(walk, node, "to").and_then(|to| path_of(walk, to)))
    else {
        return false;
    };
    let Some(path) = arguments(node).first().and_then(|path| text_of(walk, *path)?.as_literal()) else {
        return false;
    };
    mount(walk, Holder::Named(MODULE, Reference::local(owner)), &to, &path);
    true
}

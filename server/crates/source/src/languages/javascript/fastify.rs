//! Routes as objects and plugins as functions: Fastify, Hapi, and Hono's inner applications.

use model::SmolStr;
use tree_sitter::Node;

use super::{
    express::{handler, router_of},
    modules::{joined, reference, required},
    syntax::{arguments, literal_of, path_of, property, property_name, text_of, unwrapped},
};
use crate::{
    field::Field,
    walk::{Walk, children},
    wiring::{Handler, Holder, MountFact, Reference, RouteFact},
};

/// `app.route({ method, url, handler })` of Fastify and Hapi, `app.route('/x', other)` of Hono.
pub(super) fn route_object<'t>(walk: &mut Walk<'t>, node: Node<'t>, object: Node<'t>) -> bool {
    let list = arguments(node);
    let (Some(first), Some(path)) = (list.first().copied(), path_of(walk, object)) else { return false };
    let scope = walk.scope();
    let holder = Holder::Named(scope, Reference::local(path));
    if let [_, child] = list.as_slice() {
        let (Some(prefix), Some(child)) = (text_of(walk, first), router_of(walk, *child)) else {
            return false;
        };
        walk.draft.wiring.mounts.push(MountFact { parent: holder, child, prefix, scope });
        return true;
    }
    let objects = if first.kind() == "array" { children(first) } else { vec![first] };
    let mut any = false;
    for route in objects.into_iter().filter(|route| route.kind() == "object") {
        let pattern = ["url", "path"]
            .iter()
            .find_map(|key| property(walk, route, key))
            .and_then(|url| text_of(walk, url));
        // Hapi's handler may stand among its options.
        let inner = || {
            ["options", "config"]
                .iter()
                .find_map(|key| property(walk, property(walk, route, key)?, "handler"))
        };
        let target = property(walk, route, "handler")
            .or_else(inner)
            .map(Some)
            .unwrap_or_else(|| method_property(walk, route, "handler"));
        let (Some(pattern), Some(target)) = (pattern, target) else { continue };
        let handler = if target.kind() == "method_definition" {
            Some(Handler::At(target.start_byte() as u32))
        } else {
            handler(walk, target)
        };
        let Some(handler) = handler else { continue };
        let methods = property(walk, route, "method").map(|value| {
            let values = if value.kind() == "array" { children(value) } else { vec![value] };
            values
                .into_iter()
                .filter_map(|value| literal_of(walk, value))
                .map(|method| method.to_uppercase().into())
                .collect()
        });
        let methods: Vec<SmolStr> = methods.unwrap_or_default();
        let methods = if methods.iter().any(|method| method == "*") { Vec::new() } else { methods };
        any = true;
        walk.draft.wiring.routes.push(RouteFact { holder: holder.clone(), methods, pattern, handler, scope });
    }
    any
}

fn method_property<'t>(walk: &Walk<'t>, object: Node<'t>, name: &str) -> Option<Node<'t>> {
    children(object).into_iter().find(|child| {
        child.kind() == "method_definition"
            && child.field("name").is_some_and(|key| property_name(walk, key) == name)
    })
}

/// Fastify's `app.register(plugin, { prefix })`: the plugin's first parameter is the app under that prefix.
pub(super) fn registered<'t>(walk: &mut Walk<'t>, node: Node<'t>, object: Node<'t>) -> bool {
    let list = arguments(node);
    let (Some(plugin), Some(parent)) = (list.first().copied(), path_of(walk, object)) else { return false };
    let plugin = unwrapped(plugin);
    let scope = walk.scope();
    if path_of(walk, plugin).is_some_and(|name| name.to_lowercase().ends_with("autoload")) {
        return loaded_folder(walk, &list, parent);
    }
    let child = match plugin.kind() {
        "arrow_function" | "function_expression" => Holder::Inline(plugin.start_byte() as u32, 0),
        "identifier" | "member_expression" => match reference(walk, plugin) {
            Some(reference) => Holder::Argument(scope, reference, 0),
            None => return false,
        },
        "call_expression" => match required(walk, plugin) {
            Some(module) => Holder::Argument(scope, Reference::of_module(module, ""), 0),
            None => match arguments(plugin).first().copied().map(unwrapped) {
                // `fp(async (app) => …)`.
                Some(inner) if matches!(inner.kind(), "arrow_function" | "function_expression") => {
                    Holder::Inline(inner.start_byte() as u32, 0)
                }
                _ => return false,
            },
        },
        _ => return false,
    };
    let prefix = list
        .get(1)
        .and_then(|options| property(walk, *options, "prefix"))
        .and_then(|prefix| text_of(walk, prefix));
    let parent = Holder::Named(scope, Reference::local(parent));
    walk.draft.wiring.mounts.push(MountFact { parent, child, prefix: prefix.unwrap_or_default(), scope });
    true
}

/// `app.register(autoload, { dir: join(__dirname, 'routes'), options: { prefix } })`.
fn loaded_folder<'t>(walk: &mut Walk<'t>, list: &[Node<'t>], parent: SmolStr) -> bool {
    let Some(options) = list.get(1) else { return false };
    let Some(dir) = property(walk, *options, "dir") else { return false };
    let parts = if dir.kind() == "call_expression" { arguments(dir) } else { vec![dir] };
    let inner = parts.into_iter().filter_map(|part| literal_of(walk, part)).collect::<Vec<_>>().join("/");
    let here = walk.path.rsplit_once('/').map_or("", |(folder, _)| folder);
    let Some(folder) = joined(here, &inner).filter(|_| !inner.is_empty()) else {
        return false;
    };
    let prefix = property(walk, *options, "options").and_then(|inner| property(walk, inner, "prefix"));
    let prefix = prefix.and_then(|prefix| text_of(walk, prefix)).unwrap_or_default();
    let scope = walk.scope();
    let parent = Holder::Named(scope, Reference::local(parent));
    walk.draft.wiring.mounts.push(MountFact { parent, child: Holder::Folder(folder.into()), prefix, scope });
    true
}

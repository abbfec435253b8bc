//! Rails' routes: `config/routes.rb` is a program, run here as far as it says what it does.

use std::collections::HashMap;

use model::SmolStr;
use tree_sitter::Node;

use super::{
    inflection::camelize,
    resources,
    syntax::{arguments, constant_path, method_of, option, path_of, positional, text_of, word, words},
};
use crate::{
    walk::{Walk, children, dotted},
    wiring::{Handler, Holder, MODULE, MountFact, Reference, RouteFact, Text, Value},
};

/// Set while a file of routes is read: its calls make no spans.
pub(super) const IN_ROUTES: &str = "@in routes";
/// What the routes of a file are called that `draw` takes in.
const DRAWN: &str = "@routes";
/// Blocks nest no deeper than this in routes.
const MAX_DEPTH: usize = 24;
/// Declarations that are run at most; concerns multiply them.
const MAX_STEPS: u32 = 50_000;

/// Where in the routes something is declared.
#[derive(Clone, Debug, Default)]
pub(super) struct Place {
    /// What stands before every path.
    pub(super) path: String,
    /// The module of controllers, with dots.
    pub(super) module: String,
    /// The controller, if it is told, as routes write it.
    pub(super) controller: Option<String>,
    /// The action, if a scope tells it for all in it.
    pub(super) action: Option<SmolStr>,
    /// The resource around, and where within it.
    pub(super) resource: Option<resources::Resource>,
    /// Whether members of nested resources leave out what is around them.
    pub(super) is_shallow: bool,
    /// What stands before their paths then.
    pub(super) shallow_path: String,
    /// Actions to which resources are limited.
    pub(super) only: Option<Vec<SmolStr>>,
    pub(super) except: Vec<SmolStr>,
}

/// A run through the routes of a file.
pub(super) struct Run<'w, 't> {
    pub(super) walk: &'w mut Walk<'t>,
    holder: Holder,
    /// Modules in which an engine looks for controllers, the innermost first; none in an application.
    engine: Vec<String>,
    concerns: HashMap<SmolStr, Node<'t>>,
    steps: u32,
}

/// A file below `config/routes/` is run where another one draws it.
pub(super) fn drawn_file<'t>(walk: &mut Walk<'t>, root: Node<'t>) {
    if !walk.path.contains("config/routes/") {
        return;
    }
    let opens =
        children(root).into_iter().any(|node| node.kind() == "call" && is_drawing(walk, node).is_some());
    if opens {
        return;
    }
    walk.draft.marks.insert(IN_ROUTES.into());
    walk.draft.bind(MODULE, DRAWN, Value::Other);
    let holder = Holder::Named(MODULE, Reference::local(DRAWN));
    Run::new(walk, holder, Vec::new()).block(root, &Place::default(), MAX_DEPTH);
}

/// `Rails.application.routes.draw do`, or that of an engine; inside of it every other call is read with it.
pub(super) fn call<'t>(walk: &mut Walk<'t>, node: Node<'t>, method: &str) -> bool {
    if method == "draw"
        && !walk.draft.marks.contains(IN_ROUTES)
        && let Some((app, block)) = is_drawing(walk, node)
    {
        walk.draft.marks.insert(IN_ROUTES.into());
        let (holder, engine) = served_by(&app);
        Run::new(walk, holder, engine).block(block, &Place::default(), MAX_DEPTH);
        return true;
    }
    walk.draft.marks.contains(IN_ROUTES)
}

/// The application, and the block in which its routes stand.
fn is_drawing<'t>(walk: &Walk<'t>, node: Node<'t>) -> Option<(SmolStr, Node<'t>)> {
    let routes = node.child_by_field_name("receiver")?;
    if method_of(walk, node) != "draw" || method_of(walk, routes) != "routes" {
        return None;
    }
    let app = path_of(walk, routes.child_by_field_name("receiver")?)?;
    Some((app, node.child_by_field_name("block")?))
}

/// What the routes of `app` are declared on, and the modules in which its controllers may lie.
fn served_by(app: &str) -> (Holder, Vec<String>) {
    let Some((outer, "Engine")) = app.rsplit_once('.') else { return (Holder::App, Vec::new()) };
    let mut modules = vec![outer.to_owned()];
    while let Some((outer, _)) = modules.last().and_then(|inner| inner.rsplit_once('.')) {
        modules.push(outer.to_owned());
    }
    modules.push(String::new());
    (Holder::Named(MODULE, Reference::local(app)), modules)
}

impl<'w, 't> Run<'w, 't> {
    fn new(walk: &'w mut Walk<'t>, holder: Holder, engine: Vec<String>) -> Run<'w, 't> {
        walk.draft.bind(MODULE, "@framework", Value::Import("rails".into(), None));
        Run { walk, holder, engine, concerns: HashMap::new(), steps: 0 }
    }

    /// Every statement in `node`, conditions looked into.
    pub(super) fn block(&mut self, node: Node<'t>, place: &Place, depth: usize) {
        self.steps += 1;
        if depth == 0 || self.steps > MAX_STEPS {
            return;
        }
        for child in children(node) {
            match child.kind() {
                "call" => self.statement(child, place, depth - 1),
                "body_statement" | "block_body" | "do_block" | "block" | "if" | "unless" | "then"
                | "else" | "elsif" | "if_modifier" | "unless_modifier" | "begin" | "program" => {
                    self.block(child, place, depth - 1)
                }
                _ => {}
            }
        }
    }

    fn statement(&mut self, node: Node<'t>, place: &Place, depth: usize) {
        let inner = node.child_by_field_name("block");
        match method_of(self.walk, node) {
            "get" | "post" | "put" | "patch" | "delete" | "options" | "match" => self.route(node, place),
            "root" => self.root(node, place),
            "resources" | "resource" => self.resources(node, place, depth),
            "namespace" => self.namespace(node, place, depth),
            "scope" => self.scope(node, place, depth),
            "controller" => {
                let controller = positional(node).first().and_then(|name| word(self.walk, *name));
                let place = Place { controller: controller.map(|name| name.to_string()), ..place.clone() };
                self.inside(inner, &place, depth);
            }
            "shallow" => self.inside(inner, &Place { is_shallow: true, ..place.clone() }, depth),
            "member" | "collection" | "new" | "nested" => {
                let place = place.within(method_of(self.walk, node));
                self.inside(inner, &place, depth);
            }
            "concern" => {
                if let (Some(name), Some(inner)) = (self.first_word(node), inner) {
                    self.concerns.insert(name, inner);
                }
            }
            "concerns" => {
                let names: Vec<_> = positional(node)
                    .into_iter()
                    .filter_map(|name| words(self.walk, name))
                    .flatten()
                    .collect();
                self.concerns(&names, place, depth);
            }
            "mount" => self.mount(node, place),
            "draw" => self.draw(node, place),
            "devise_for" => resources::devise(self, node, place),
            // Guards, constraints, defaults, conditions: nothing before the path.
            _ => self.inside(inner, place, depth),
        }
    }

    pub(super) fn inside(&mut self, block: Option<Node<'t>>, place: &Place, depth: usize) {
        if let Some(block) = block {
            self.block(block, place, depth);
        }
    }

    pub(super) fn concerns(&mut self, names: &[SmolStr], place: &Place, depth: usize) {
        for name in names {
            let block = self.concerns.get(name).copied();
            self.inside(block, place, depth.saturating_sub(1));
        }
    }

    pub(super) fn first_word(&self, node: Node<'t>) -> Option<SmolStr> {
        positional(node).first().and_then(|name| word(self.walk, *name))
    }

    /// The word under `key` among the options of `node`.
    pub(super) fn word_of(&self, node: Node<'t>, key: &str) -> Option<SmolStr> {
        option(self.walk, &arguments(node), key).and_then(|value| word(self.walk, value))
    }

    /// The words under `key` among the options of `node`.
    pub(super) fn words_of(&self, node: Node<'t>, key: &str) -> Option<Vec<SmolStr>> {
        option(self.walk, &arguments(node), key).and_then(|value| words(self.walk, value))
    }

    fn namespace(&mut self, node: Node<'t>, place: &Place, depth: usize) {
        let Some(name) = self.first_word(node) else { return };
        let mut inner = place.outside();
        let list = arguments(node);
        let path = match option(self.walk, &list, "path") {
            Some(path) => path_text(self.walk, path).unwrap_or_default(),
            None => name.to_string(),
        };
        let module = match option(self.walk, &list, "module") {
            Some(module) => word(self.walk, module).unwrap_or_default(),
            None => name,
        };
        inner.path = join(&inner.path, &path);
        inner.shallow_path = join(&inner.shallow_path, &path);
        inner.module = dotted(&inner.module, &camelize(&module)).to_string();
        inner.controller = None;
        inner.resource = None;
        self.inside(node.child_by_field_name("block"), &inner, depth);
    }

    fn scope(&mut self, node: Node<'t>, place: &Place, depth: usize) {
        let mut inner = place.outside();
        let list = arguments(node);
        let keyed = option(self.walk, &list, "path").into_iter();
        for path in positional(node).into_iter().chain(keyed) {
            let Some(text) = path_text(self.walk, path) else { return };
            inner.path = join(&inner.path, &text);
        }
        if let Some(path) =
            option(self.walk, &list, "shallow_path").and_then(|path| path_text(self.walk, path))
        {
            inner.shallow_path = join(&inner.shallow_path, &path);
        }
        if let Some(module) = self.word_of(node, "module") {
            inner.module = dotted(&inner.module, &camelize(&module)).to_string();
        }
        if let Some(controller) = self.word_of(node, "controller") {
            inner.controller = Some(controller.to_string());
        }
        inner.action = self.word_of(node, "action").or(inner.action);
        inner.limit(self, node);
        inner.is_shallow |= option(self.walk, &list, "shallow").is_some_and(|value| value.kind() == "true");
        self.inside(node.child_by_field_name("block"), &inner, depth);
        if let Some(names) = self.words_of(node, "concerns") {
            self.concerns(&names, &inner, depth);
        }
    }

    /// Another file's routes.
    fn draw(&mut self, node: Node<'t>, place: &Place) {
        let Some(name) = self.first_word(node) else { return };
        let module = format!("config/routes/{name}");
        let child = Holder::Named(MODULE, Reference::of_module(module, DRAWN));
        self.add_mount(child, &place.path);
    }

    /// `mount App => "/x"`, `mount App, at: "/x"`.
    fn mount(&mut self, node: Node<'t>, place: &Place) {
        let list = arguments(node);
        let Some(first) = list.first().copied() else { return };
        let (app, at) = match first.kind() {
            "pair" => (first.child_by_field_name("key"), first.child_by_field_name("value")),
            _ => (Some(first), option(self.walk, &list, "at")),
        };
        let Some(app) = app.and_then(|app| constant_path(self.walk, app)) else { return };
        let Some(path) = at.and_then(|at| path_text(self.walk, at)) else { return };
        let child = Holder::Named(MODULE, Reference::local(app));
        self.add_mount(child, &join(&place.path, &path));
    }

    fn add_mount(&mut self, child: Holder, path: &str) {
        let prefix = if path.is_empty() { Text::default() } else { Text::literal(path) };
        let parent = self.holder.clone();
        self.walk.draft.wiring.mounts.push(MountFact { parent, child, prefix, scope: MODULE });
    }

    fn root(&mut self, node: Node<'t>, place: &Place) {
        let to = self.word_of(node, "to").or_else(|| self.first_word(node));
        if let Some(to) = to {
            self.add(vec!["GET".into()], &join(&place.path, "/"), place, &to);
        }
    }

    /// `get "x", to: "y#z"` and all its shorter forms.
    fn route(&mut self, node: Node<'t>, place: &Place) {
        let place = match self.word_of(node, "on") {
            Some(on) => place.within(&on),
            None => place.within("nested"),
        };
        let list = arguments(node);
        let Some(methods) = self.methods(node) else { return };
        let mut paths = positional(node);
        // `get "x" => "y#z"`: the first pair with a text as its key.
        let arrow = list.iter().find(|pair| {
            pair.kind() == "pair" && pair.child_by_field_name("key").is_some_and(|key| key.kind() == "string")
        });
        let mut to = option(self.walk, &list, "to");
        if let Some(pair) = arrow.filter(|_| paths.is_empty()) {
            paths.extend(pair.child_by_field_name("key"));
            to = to.or_else(|| pair.child_by_field_name("value"));
        }
        let (action, controller) =
            (self.word_of(node, "action").or_else(|| place.action.clone()), self.word_of(node, "controller"));
        for path in paths {
            let Some(text) = path_text(self.walk, path) else { continue };
            let is_text = path.kind() == "string";
            let target = match to {
                Some(to) if matches!(to.kind(), "lambda" | "call") => {
                    self.inline(&methods, &join(&place.path, &text), to);
                    continue;
                }
                Some(to) => match (word(self.walk, to), constant_path(self.walk, to)) {
                    (Some(to), _) => Some(to),
                    // A Rack application at one path.
                    (None, Some(app)) => {
                        let child = Holder::Named(MODULE, Reference::local(app));
                        self.add_mount(child, &join(&place.path, &text));
                        continue;
                    }
                    _ => continue,
                },
                None => None,
            };
            let Some(to) = target_of(&place, &text, is_text, target, action.clone(), controller.clone())
            else {
                continue;
            };
            let has_path =
                is_text || place.resource.as_ref().is_none_or(|resource| resource.has_own_path(&text));
            let own = self.word_of_path(node).unwrap_or(if has_path { text } else { String::new() });
            self.add(methods.clone(), &join(&place.path, &own), &place, &to);
        }
    }

    /// `get :show, path: "x"`: the path is told apart from the action.
    fn word_of_path(&self, node: Node<'t>) -> Option<String> {
        path_text(self.walk, option(self.walk, &arguments(node), "path")?)
    }

    fn methods(&self, node: Node<'t>) -> Option<Vec<SmolStr>> {
        let method = method_of(self.walk, node);
        if method != "match" {
            return Some(vec![method.to_uppercase().into()]);
        }
        let via = self.words_of(node, "via").unwrap_or_default();
        if via.is_empty() || via.iter().any(|method| method == "all") {
            return Some(Vec::new());
        }
        Some(via.iter().map(|method| method.to_uppercase().into()).collect())
    }

    /// `to: ->(env) { … }`.
    fn inline(&mut self, methods: &[SmolStr], path: &str, to: Node<'t>) {
        let block = if to.kind() == "lambda" { Some(to) } else { to.child_by_field_name("block") };
        let name = if to.kind() == "lambda" { "lambda" } else { method_of(self.walk, to) };
        if let (Some(block), "lambda" | "proc") = (block, name) {
            self.push(methods.to_vec(), path, Handler::At(block.start_byte() as u32));
        }
    }

    /// A route to `controller#action`, as seen from `place`.
    pub(super) fn add(&mut self, methods: Vec<SmolStr>, path: &str, place: &Place, to: &str) {
        let Some((controller, action)) = to.rsplit_once('#') else { return };
        let class = |module: &str, controller: &str| {
            let name = format!("{}Controller.{}", camelize(controller), action.replace('-', "_"));
            dotted(module, &name)
        };
        let handler = |path: SmolStr| Handler::Named(MODULE, Reference::local(path));
        // A controller that begins with a slash is told from the top.
        if controller.starts_with('/') {
            return self.push(methods, path, handler(class("", controller)));
        }
        let inner = class(&place.module, controller);
        let known: Vec<Handler> = self.engine.iter().map(|outer| handler(dotted(outer, &inner))).collect();
        let handler = if known.is_empty() { handler(inner) } else { Handler::First(known) };
        self.push(methods, path, handler);
    }

    fn push(&mut self, methods: Vec<SmolStr>, path: &str, handler: Handler) {
        for pattern in spellings(path) {
            self.walk.draft.wiring.routes.push(RouteFact {
                holder: self.holder.clone(),
                methods: methods.clone(),
                pattern: Text::literal(pattern),
                handler: handler.clone(),
                scope: MODULE,
            });
        }
    }
}

/// `controller#action` for a path, from whatever of it is told.
fn target_of(
    place: &Place,
    path: &str,
    is_text: bool,
    to: Option<SmolStr>,
    action: Option<SmolStr>,
    controller: Option<SmolStr>,
) -> Option<String> {
    if let Some(to) = to.as_ref().filter(|to| to.contains('#')) {
        return Some(to.to_string());
    }
    let plain = path.strip_suffix("(.:format)").unwrap_or(path).trim_matches('/');
    let is_plain = plain.chars().all(|c| c.is_alphanumeric() || matches!(c, '_' | '-' | '/'));
    let action = to.or(action);
    // `get "x/y"` is `x#y`.
    if let Some((controller, action)) =
        plain.rsplit_once('/').filter(|_| is_text && is_plain && action.is_none())
    {
        return Some(format!("{}#{}", controller.replace('-', "_"), action.replace('-', "_")));
    }
    let controller = controller.map(|name| name.to_string()).or_else(|| place.controller_name())?;
    match action {
        Some(action) => Some(format!("{controller}#{action}")),
        None => is_plain.then(|| format!("{controller}#{}", plain.replace('-', "_"))),
    }
}

impl Place {
    /// This place without the resource around: what `namespace` and `scope` begin within one is nested in it.
    fn outside(&self) -> Place {
        self.within("nested")
    }

    fn controller_name(&self) -> Option<String> {
        self.resource.as_ref().map(|resource| resource.controller.clone()).or_else(|| self.controller.clone())
    }

    /// `only:` and `except:` of a scope hold for the resources in it.
    fn limit(&mut self, run: &Run<'_, '_>, node: Node<'_>) {
        let list = arguments(node);
        let words_of = |key: &str| option(run.walk, &list, key).and_then(|value| words(run.walk, value));
        if let Some(only) = words_of("only") {
            self.only = Some(only);
        }
        if let Some(except) = words_of("except") {
            self.except = except;
        }
    }
}

/// A path that is told: text or a symbol.
pub(super) fn path_text(walk: &Walk<'_>, node: Node<'_>) -> Option<String> {
    match node.kind() {
        "string" | "simple_symbol" | "delimited_symbol" | "chained_string" => {
            Some(text_of(walk, node)?.as_literal()?.to_string())
        }
        _ => None,
    }
}

/// Two paths with exactly one slash where they meet.
pub(super) fn join(before: &str, after: &str) -> String {
    let after = after.trim_matches('/');
    if after.is_empty() {
        return if before.is_empty() { "/".into() } else { before.to_owned() };
    }
    format!("{}/{after}", before.trim_end_matches('/'))
}

/// A path as Rails shows it, and with each of its optional parts there or not: `/x(/:page)` is `/x` and `/x/:page` too.
fn spellings(path: &str) -> Vec<String> {
    let shown = path.replace("/(/", "(/").replace("/(", "(/").replace("(/.", "(.");
    let mut all = vec![shown.clone()];
    if !shown.contains('(') {
        return all;
    }
    let mut open = vec![shown];
    for _ in 0..4 {
        open = open.iter().flat_map(|path| without_first_group(path)).collect();
    }
    all.extend(
        open.into_iter()
            .filter(|path| !path.contains('('))
            .map(|path| if path.is_empty() { "/".to_owned() } else { path }),
    );
    all.dedup();
    all
}

fn without_first_group(path: &str) -> Vec<String> {
    // The innermost group that closes first.
    let Some(close) = path.find(')') else { return vec![path.to_owned()] };
    let Some(open) = path[..close].rfind('(') else { return Vec::new() };
    let (before, inner, after) = (&path[..open], &path[open + 1..close], &path[close + 1..]);
    vec![format!("{before}{after}"), format!("{before}{inner}{after}")]
}

//! Rails' routes: `config/routes.rb` is a program, run here as far as it says what it does.

use std::collections::HashMap;

use model::SmolStr;
use tree_sitter::Node;

use super::{
    inflection::camelize,
    paths::{join, path_text, spellings, target_of},
    resources,
    syntax::{arguments, constant_path, method_of, option, path_of, positional, text_of, word, words},
};
use crate::{
    field::Field,
    walk::{Walk, children, dotted},
    wiring::{Handler, Holder, MODULE, MountFact, Piece, Reference, RouteFact, Text, Value},
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
    /// What variables of blocks around stand for.
    known: Vec<(SmolStr, SmolStr)>,
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
    if matches!(method, "draw" | "append" | "prepend" | "add_routes" | "routes")
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
    let block = node.field("block")?;
    let receiver = node.field("receiver");
    let app = match (method_of(walk, node), receiver) {
        ("draw" | "append" | "prepend", Some(routes)) if method_of(walk, routes) == "routes" => {
            path_of(walk, routes.field("receiver")?)?
        }
        // Engines that others add to, and `routes do` in the class itself.
        ("add_routes", Some(engine)) => constant_path(walk, engine)?,
        ("routes", None) => walk.type_path().filter(|_| walk.direct_type().is_some())?,
        _ => return None,
    };
    let is_engine = app.ends_with("Engine") || method_of(walk, node) != "routes";
    is_engine.then_some((app, block))
}

/// What the routes of `app` are declared on, and the modules in which its controllers may lie.
fn served_by(app: &str) -> (Holder, Vec<String>) {
    let Some((outer, _)) = app.rsplit_once('.').filter(|(_, last)| last.ends_with("Engine")) else {
        return (Holder::App, Vec::new());
    };
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
        Run { walk, holder, engine, concerns: HashMap::new(), known: Vec::new(), steps: 0 }
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
        let inner = node.field("block");
        match method_of(self.walk, node) {
            "get" | "post" | "put" | "patch" | "delete" | "options" | "match" => self.route(node, place),
            "root" => self.root(node, place),
            "resources" | "resource" => self.resources(node, place, depth),
            "namespace" => self.namespace(node, place, depth),
            "scope" => self.scope(node, place, depth),
            "controller" => {
                let controller = positional(node).first().and_then(|name| self.word(*name));
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
                let names: Vec<_> =
                    positional(node).into_iter().filter_map(|name| self.words(name)).flatten().collect();
                self.concerns(&names, place, depth);
            }
            "each" => self.each(node, place, depth),
            "mount" => self.mount(node, place),
            "draw" => self.draw(node, place),
            "devise_for" => resources::devise(self, node, place),
            // Guards, constraints, defaults, conditions: nothing before the path.
            "authenticate" | "authenticated" | "unauthenticated" | "devise_scope" | "constraints"
            | "defaults" | "with_options" => self.inside(inner, place, depth),
            // A program's own word with a name may well be a resource of some kind.
            _ if self.first_word(node).is_none() => self.inside(inner, place, depth),
            _ => {}
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

    /// A word that is told, by a block's variable too.
    pub(super) fn word(&self, node: Node<'t>) -> Option<SmolStr> {
        word(self.walk, node).or_else(|| self.told(node))
    }

    /// Words that are told.
    pub(super) fn words(&self, node: Node<'t>) -> Option<Vec<SmolStr>> {
        words(self.walk, node).or_else(|| Some(vec![self.told(node)?]))
    }

    /// A path that is told.
    pub(super) fn path(&self, node: Node<'t>) -> Option<String> {
        path_text(self.walk, node).or_else(|| Some(self.told(node)?.to_string()))
    }

    /// A text in which variables of the blocks around stand.
    fn told(&self, node: Node<'t>) -> Option<SmolStr> {
        if self.known.is_empty() {
            return None;
        }
        let mut text = Text::default();
        for piece in text_of(self.walk, node)?.0 {
            let known = match &piece {
                Piece::Name(name) => self.known.iter().rev().find(|(known, _)| known == name),
                _ => None,
            };
            text.append(
                known.map_or_else(|| Text(vec![piece.clone()]), |(_, value)| Text::literal(value.clone())),
            );
        }
        text.as_literal()
    }

    pub(super) fn first_word(&self, node: Node<'t>) -> Option<SmolStr> {
        positional(node).first().and_then(|name| self.word(*name))
    }

    /// The word under `key` among the options of `node`.
    pub(super) fn word_of(&self, node: Node<'t>, key: &str) -> Option<SmolStr> {
        option(self.walk, &arguments(node), key).and_then(|value| self.word(value))
    }

    /// The words under `key` among the options of `node`.
    pub(super) fn words_of(&self, node: Node<'t>, key: &str) -> Option<Vec<SmolStr>> {
        option(self.walk, &arguments(node), key).and_then(|value| self.words(value))
    }

    fn namespace(&mut self, node: Node<'t>, place: &Place, depth: usize) {
        let Some(name) = self.first_word(node) else { return };
        let mut inner = place.outside();
        let list = arguments(node);
        let path = match option(self.walk, &list, "path") {
            Some(path) => self.path(path).unwrap_or_default(),
            None => name.to_string(),
        };
        let module = match option(self.walk, &list, "module") {
            Some(module) => self.word(module).unwrap_or_default(),
            None => name,
        };
        inner.path = join(&inner.path, &path);
        inner.shallow_path = join(&inner.shallow_path, &path);
        inner.module = dotted(&inner.module, &camelize(&module)).to_string();
        inner.controller = None;
        inner.resource = None;
        self.inside(node.field("block"), &inner, depth);
    }

    fn scope(&mut self, node: Node<'t>, place: &Place, depth: usize) {
        let mut inner = place.outside();
        let list = arguments(node);
        let keyed = option(self.walk, &list, "path").into_iter();
        for path in positional(node).into_iter().chain(keyed) {
            let Some(text) = self.path(path) else { return };
            inner.path = join(&inner.path, &text);
        }
        if let Some(path) = option(self.walk, &list, "shallow_path").and_then(|path| self.path(path)) {
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
        self.inside(node.field("block"), &inner, depth);
        if let Some(names) = self.words_of(node, "concerns") {
            self.concerns(&names, &inner, depth);
        }
    }

    /// `%w[a b].each do |name|`: once for each of them.
    fn each(&mut self, node: Node<'t>, place: &Place, depth: usize) {
        let list = node.field("receiver").and_then(|list| self.words(list));
        let block = node.field("block");
        let names = block.and_then(|block| block.field("parameters")).map(children);
        let (Some(list), Some([name])) = (list, names.as_deref()) else { return };
        let name = SmolStr::from(self.walk.slice(*name));
        for value in list.into_iter().take(64) {
            self.known.push((name.clone(), value));
            self.inside(block, place, depth);
            self.known.pop();
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
            "pair" => (first.field("key"), first.field("value")),
            _ => (Some(first), option(self.walk, &list, "at")),
        };
        let Some(app) = app.and_then(|app| constant_path(self.walk, app)) else { return };
        let Some(path) = at.and_then(|at| self.path(at)) else { return };
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
            pair.kind() == "pair" && pair.field("key").is_some_and(|key| key.kind() == "string")
        });
        let mut to = option(self.walk, &list, "to");
        if let Some(pair) = arrow.filter(|_| paths.is_empty()) {
            paths.extend(pair.field("key"));
            to = to.or_else(|| pair.field("value"));
        }
        let (action, controller) =
            (self.word_of(node, "action").or_else(|| place.action.clone()), self.word_of(node, "controller"));
        for path in paths {
            let Some(text) = self.path(path) else { continue };
            let is_text = path.kind() != "simple_symbol";
            let target = match to {
                Some(to) if matches!(to.kind(), "lambda" | "call") => {
                    self.inline(&methods, &join(&place.path, &text), to);
                    continue;
                }
                Some(to) => match (self.word(to), constant_path(self.walk, to)) {
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
            let Some(to) = target_of(
                place.controller_name(),
                &text,
                is_text,
                target,
                action.clone(),
                controller.clone(),
            ) else {
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
        self.path(option(self.walk, &arguments(node), "path")?)
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
        let block = if to.kind() == "lambda" { Some(to) } else { to.field("block") };
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

impl Place {
    /// This place without the resource around: what `namespace` and `scope` begin within one is nested in it.
    fn outside(&self) -> Place {
        self.within("nested")
    }

    fn controller_name(&self) -> Option<String> {
        let of_resource = self.resource.as_ref().map(|resource| resource.controller.clone());
        // Without any, a namespace is one itself: `namespace :settings { get :account }`.
        let of_module = || (!self.module.is_empty()).then(|| format!("/{}", self.module));
        of_resource.or_else(|| self.controller.clone()).or_else(of_module)
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

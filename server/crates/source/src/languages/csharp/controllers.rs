//! Routes of controllers: attributes with tokens below those of their class, conventional actions, Razor pages.

use model::SmolStr;
use smol_str::format_smolstr;
use tree_sitter::Node;

use super::{
    endpoints::{join, verbs_of},
    names::know_text,
    syntax::{Attribute, attributes, child_of_kind, has_modifier, text_of},
};
use crate::{
    field::Field,
    walk::Walk,
    wiring::{Handler, Holder, MODULE, MountFact, Piece, PrefixFact, Reference, RouteFact, RpcFact, Text},
};

/// Classes of the framework that declare no routes.
const FRAMEWORK: &[&str] = &["Controller", "ControllerBase", "ODataController", "AbpController"];

/// Prefixes of the class `path`, and what it shares with its base.
pub(super) fn on_type<'t>(walk: &mut Walk<'t>, path: &SmolStr, bases: &[SmolStr], node: Node<'t>) {
    if node.kind() != "class_declaration" {
        return;
    }
    let own = templates(walk, node);
    let is_abstract = has_modifier(walk, node, "abstract");
    own.iter().for_each(|template| know_text(walk, template));
    for template in own.iter().filter(|template| is_abstract || !has_action(template)) {
        let holder = holder(path);
        let fact = PrefixFact { holder, prefix: relative(template.clone()), scope: MODULE };
        walk.draft.wiring.prefixes.push(fact);
    }
    let Some(base) = bases.first().filter(|base| is_controller(path, bases) && !is_framework(base)) else {
        return;
    };
    // A class without a route of its own inherits one; one that has it gives it to the actions it inherits.
    let (parent, child) = if own.is_empty() { (base, path) } else { (path, base) };
    let (parent, child) = (holder(parent), holder(child));
    walk.draft.wiring.mounts.push(MountFact { parent, child, prefix: Text::default(), scope: MODULE });
}

/// Routes of the method numbered `index`.
pub(super) fn on_method<'t>(walk: &mut Walk<'t>, index: u32, node: Node<'t>, all: &[Attribute<'t>]) {
    let Some(path) = walk.type_path() else { return };
    if razor_page(walk, index, node) {
        return;
    }
    let verbs: Vec<&Attribute<'t>> = all.iter().filter(|attribute| verb(attribute).is_some()).collect();
    let routes: Vec<Text> =
        all.iter().filter(|own| own.name == "Route").filter_map(|own| own.text(walk, "template")).collect();
    let has_any = !verbs.is_empty() || !routes.is_empty();
    if !has_any && !may_be_action(walk, node, &path) || all.iter().any(|own| own.name == "NonAction") {
        return;
    }
    let Some(action) = Action::new(walk, index, node, all, path) else { return };
    for verb_attribute in &verbs {
        let methods = methods_of(walk, verb_attribute);
        match template(walk, verb_attribute) {
            Some(template) => action.declare(walk, methods, template),
            None if !routes.is_empty() => {
                for template in &routes {
                    action.declare(walk, methods.clone(), template.clone());
                }
            }
            None => action.bare(walk, methods),
        }
    }
    if verbs.is_empty() {
        for template in &routes {
            action.declare(walk, Vec::new(), template.clone());
        }
    }
    if !has_any {
        action.bare(walk, Vec::new());
    }
}

/// A method that requests are routed to.
struct Action<'t> {
    index: u32,
    class: SmolStr,
    /// The class, with its own templates.
    node: Node<'t>,
    templates: Vec<Text>,
    /// What `[action]` stands for.
    name: SmolStr,
    is_abstract: bool,
}

impl<'t> Action<'t> {
    fn new(
        walk: &Walk<'t>,
        index: u32,
        node: Node<'t>,
        all: &[Attribute<'t>],
        class: SmolStr,
    ) -> Option<Action<'t>> {
        let own = node.field("name")?;
        let told = all.iter().find(|attribute| attribute.name == "ActionName");
        let told = told.and_then(|attribute| attribute.text(walk, "name")?.as_literal());
        let plain = walk.slice(own);
        let name = told.unwrap_or_else(|| plain.strip_suffix("Async").unwrap_or(plain).into());
        let around = walk.ancestors.iter().rev();
        let node = around.copied().find(|node| node.kind().ends_with("_declaration"))?;
        let is_abstract = has_modifier(walk, node, "abstract");
        Some(Action { index, class, node, templates: templates(walk, node), name, is_abstract })
    }

    /// A route with a template of its own.
    fn declare(&self, walk: &mut Walk<'t>, methods: Vec<SmolStr>, template: Text) {
        know_text(walk, &template);
        let template = self.with_tokens(walk, template);
        if is_absolute(&template) {
            self.push(walk, Holder::App, methods, relative(template));
            return;
        }
        let with_action = self.templates.iter().filter(|outer| has_action(outer) && !self.is_abstract);
        for outer in with_action.clone() {
            let outer = self.with_tokens(walk, relative(outer.clone()));
            self.push(walk, Holder::App, methods.clone(), join(outer, template.clone()));
        }
        if with_action.clone().count() == 0 || with_action.count() < self.templates.len() {
            self.push(walk, holder(&self.class), methods, template);
        }
    }

    /// A method without a template: at its class's, or reached by convention.
    fn bare(&self, walk: &mut Walk<'t>, methods: Vec<SmolStr>) {
        if !self.templates.is_empty() {
            return self.declare(walk, methods, Text::literal(""));
        }
        if !methods.is_empty() {
            // Only a class above may have a template.
            self.push(walk, holder(&self.class), methods.clone(), Text::default());
        }
        let class = self.class.rsplit('.').next().unwrap_or(&self.class);
        let area = self.area(walk).map(|area| format!("{area}/")).unwrap_or_default();
        let service =
            format_smolstr!("{area}{}Controller", class.strip_suffix("Controller").unwrap_or(class));
        let named = |method: &SmolStr| format_smolstr!("{method} {}", self.name);
        let names =
            if methods.is_empty() { vec![self.name.clone()] } else { methods.iter().map(named).collect() };
        for method in names {
            let (service, handler) = (service.clone(), Handler::Function(self.index));
            let fact = RpcFact { service, method: Some(method), handler, scope: MODULE };
            walk.draft.wiring.rpcs.push(fact);
        }
    }

    fn push(&self, walk: &mut Walk<'t>, holder: Holder, methods: Vec<SmolStr>, pattern: Text) {
        let handler = Handler::Function(self.index);
        walk.draft.wiring.routes.push(RouteFact { holder, methods, pattern, handler, scope: MODULE });
    }

    fn area(&self, walk: &Walk<'t>) -> Option<SmolStr> {
        let all = attributes(walk, self.node);
        all.iter().find(|attribute| attribute.name == "Area")?.text(walk, "areaName")?.as_literal()
    }

    fn with_tokens(&self, walk: &Walk<'t>, template: Text) -> Text {
        let class = (!self.is_abstract).then(|| controller(&self.class));
        let area = if has_token(&template, "area") { self.area(walk) } else { None };
        let tokens = [("controller", class), ("action", Some(self.name.as_str())), ("area", area.as_deref())];
        replaced(template, &tokens)
    }
}

/// The templates of a class, `[controller]` and `[area]` replaced unless classes that inherit them have other names.
fn templates<'t>(walk: &Walk<'t>, class: Node<'t>) -> Vec<Text> {
    let all = attributes(walk, class);
    let area = all.iter().find(|attribute| attribute.name == "Area");
    let area = area.and_then(|attribute| attribute.text(walk, "areaName")?.as_literal());
    let name = class.field("name").map(|name| walk.slice(name)).unwrap_or_default();
    let name = (!has_modifier(walk, class, "abstract")).then(|| controller(name));
    let tokens = [("controller", name), ("area", area.as_deref())];
    let routes = all.iter().filter(|attribute| matches!(attribute.name, "Route" | "RoutePrefix"));
    routes.filter_map(|route| Some(replaced(route.text(walk, "template")?, &tokens))).collect()
}

fn replaced(template: Text, tokens: &[(&str, Option<&str>)]) -> Text {
    let pieces = template.0.into_iter().map(|piece| match piece {
        Piece::Literal(text) if text.contains('[') => {
            let mut plain = text.to_string();
            for (token, value) in tokens {
                if let Some(value) = value {
                    plain = plain.replace(&format!("[{token}]"), value);
                }
            }
            Piece::Literal(plain.into())
        }
        piece => piece,
    });
    Text(pieces.collect())
}

fn has_token(template: &Text, token: &str) -> bool {
    let token = format!("[{token}]");
    template.0.iter().any(|piece| matches!(piece, Piece::Literal(text) if text.contains(&token)))
}

fn has_action(template: &Text) -> bool {
    has_token(template, "action")
}

fn is_absolute(template: &Text) -> bool {
    matches!(template.0.first(), Some(Piece::Literal(text)) if text.starts_with('/') || text.starts_with("~/"))
}

/// A template without what makes it absolute.
fn relative(mut template: Text) -> Text {
    if let Some(Piece::Literal(text)) = template.0.first_mut() {
        *text = text.trim_start_matches('~').trim_start_matches('/').into();
    }
    template
}

/// The name of a controller in routes.
fn controller(class: &str) -> &str {
    let last = class.rsplit('.').next().unwrap_or(class);
    last.strip_suffix("Controller").unwrap_or(last)
}

fn holder(class: &SmolStr) -> Holder {
    Holder::Named(MODULE, Reference::local(class.clone()))
}

fn is_controller(path: &str, bases: &[SmolStr]) -> bool {
    let is_named = |name: &str| name.ends_with("Controller") || name.ends_with("ControllerBase");
    is_named(path) || bases.iter().any(|base| is_named(base))
}

fn is_framework(base: &str) -> bool {
    let last = base.rsplit('.').next().unwrap_or(base);
    FRAMEWORK.contains(&last)
        || (last.starts_with('I') && last.chars().nth(1).is_some_and(char::is_uppercase))
}

/// A public method of a controller: without attributes it is reached by convention.
fn may_be_action(walk: &Walk<'_>, node: Node<'_>, path: &SmolStr) -> bool {
    let bases = walk.draft.wiring.types.iter().rev().find(|fact| fact.path == *path);
    let in_class = walk.ancestor(1).is_some_and(|class| class.kind() == "class_declaration");
    in_class
        && bases.is_some_and(|fact| is_controller(path, &fact.bases))
        && has_modifier(walk, node, "public")
        && !has_modifier(walk, node, "static")
        && !has_modifier(walk, node, "override")
        && !has_modifier(walk, node, "abstract")
        && child_of_kind(node, "explicit_interface_specifier").is_none()
}

fn verb(attribute: &Attribute<'_>) -> Option<&'static str> {
    let name = attribute.name;
    Some(match name.strip_prefix("Http").or_else(|| name.strip_prefix("Wolverine")).unwrap_or_default() {
        "Get" => "GET",
        "Post" => "POST",
        "Put" => "PUT",
        "Patch" => "PATCH",
        "Delete" => "DELETE",
        "Head" => "HEAD",
        "Options" => "OPTIONS",
        _ if name == "AcceptVerbs" => "",
        _ => return None,
    })
}

/// The template of an attribute that names methods.
fn template<'t>(walk: &Walk<'t>, attribute: &Attribute<'t>) -> Option<Text> {
    if verb(attribute) == Some("") {
        return text_of(walk, attribute.named(walk, "Route")?);
    }
    attribute.text(walk, "template")
}

fn methods_of<'t>(walk: &Walk<'t>, attribute: &Attribute<'t>) -> Vec<SmolStr> {
    match verb(attribute) {
        Some("") => attribute.positional(walk).into_iter().flat_map(|verb| verbs_of(walk, verb)).collect(),
        Some(verb) => vec![SmolStr::new_static(verb)],
        None => Vec::new(),
    }
}

/// `OnGetAsync` in `Pages/Cars/Edit.cshtml.cs`: the page's path is the route; a template in the page itself adds what
/// only the page tells, most often one parameter.
fn razor_page<'t>(walk: &mut Walk<'t>, index: u32, node: Node<'t>) -> bool {
    let Some(page) = walk.path.strip_suffix(".cshtml.cs") else { return false };
    let Some(name) = node.field("name").map(|name| walk.slice(name)) else { return true };
    let verbs = ["Get", "Post", "Put", "Delete", "Patch", "Head"];
    let verb = name.strip_prefix("On").and_then(|rest| verbs.iter().find(|verb| rest.starts_with(*verb)));
    let (Some(verb), Some(route)) = (verb, page_route(page)) else { return true };
    let methods = vec![SmolStr::from(verb.to_uppercase())];
    let mut patterns = vec![route.clone(), format!("{route}/{{id}}")];
    if let Some(folder) = route.strip_suffix("Index") {
        patterns.push(folder.trim_end_matches('/').to_owned());
    }
    for pattern in patterns {
        let handler = Handler::Function(index);
        let (holder, pattern) = (Holder::App, Text::literal(pattern));
        walk.draft.wiring.routes.push(RouteFact {
            holder,
            methods: methods.clone(),
            pattern,
            handler,
            scope: MODULE,
        });
    }
    true
}

/// `src/Web/Areas/Shop/Pages/Cars/Edit` as `Shop/Cars/Edit`.
fn page_route(page: &str) -> Option<String> {
    let at = page.rfind("/Pages/").map(|at| at + 1).or_else(|| page.starts_with("Pages/").then_some(0))?;
    let (before, inner) = (&page[..at], &page[at + "Pages/".len()..]);
    let area = before.trim_end_matches('/').rsplit_once("Areas/").map(|(_, area)| area);
    Some(area.map_or_else(|| inner.to_owned(), |area| format!("{area}/{inner}")))
}

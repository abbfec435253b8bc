//! Laravel's resources: one call that declares up to seven routes.

use model::SmolStr;
use tree_sitter::Node;

use super::{
    groups::{around, chain, chained_after, is_facade, join},
    names::by_end,
    routes::{hole_named, named, push},
    syntax::{arguments, elements, keyed, known_class, literal, literals},
};
use crate::{
    field::Field,
    walk::{Walk, dotted},
    wiring::{Handler, MODULE, Text},
};

/// Action, methods, whether it is about one of them, what stands behind it.
type Action = (&'static str, &'static [&'static str], bool, &'static str);

const ACTIONS: &[Action] = &[
    ("index", &["GET"], false, ""),
    ("create", &["GET"], false, "/create"),
    ("store", &["POST"], false, ""),
    ("show", &["GET"], true, ""),
    ("edit", &["GET"], true, "/edit"),
    ("update", &["PUT", "PATCH"], true, ""),
    ("destroy", &["DELETE"], true, ""),
];

/// What is said about a resource besides its name.
#[derive(Default)]
struct Options {
    only: Option<Vec<SmolStr>>,
    except: Vec<SmolStr>,
    is_api: bool,
    is_singleton: bool,
    is_shallow: bool,
    is_creatable: bool,
    is_destroyable: bool,
}

/// `Route::resource('photos.comments', X::class)` and its like.
pub(super) fn declared<'t>(walk: &mut Walk<'t>, node: Node<'t>, name: &str) {
    let links = chain(walk, node);
    let object = node.field("object").map(|object| walk.slice(object)).unwrap_or_default();
    if !is_facade(walk, &links) && !object.to_lowercase().ends_with("router") {
        return;
    }
    let list = arguments(walk, node);
    let Some(first) = list.first() else { return };
    let mut options = Options {
        is_api: name.starts_with("api"),
        is_singleton: name.to_lowercase().ends_with("singleton"),
        ..Options::default()
    };
    let mut groups = around(walk);
    groups.enter_chain(walk, &links);
    if name.ends_with("resources") || name.ends_with("Resources") {
        for (key, class) in elements(first.value) {
            let Some(resource) = key.and_then(|key| literal(walk, key)) else { continue };
            declare(walk, &resource, class, &options, &groups.prefix, &groups.namespace);
        }
        return;
    }
    let (Some(resource), Some(class)) = (literal(walk, first.value), list.get(1)) else { return };
    options.chained(walk, &links);
    options.chained(walk, &chained_after(walk, node));
    if let Some(array) = list.get(2).map(|array| array.value) {
        options.only = keyed(walk, array, "only").map(|only| literals(walk, only)).or(options.only);
        options
            .except
            .extend(keyed(walk, array, "except").map(|all| literals(walk, all)).unwrap_or_default());
        options.is_shallow |= keyed(walk, array, "shallow").is_some();
    }
    declare(walk, &resource, class.value, &options, &groups.prefix, &groups.namespace);
}

impl Options {
    fn chained<'t>(&mut self, walk: &Walk<'t>, links: &[(SmolStr, Node<'t>)]) {
        for (name, call) in links {
            let first = || arguments(walk, *call).first().map(|first| first.value);
            match name.as_str() {
                "only" => self.only = first().map(|only| literals(walk, only)),
                "except" => self.except.extend(first().map(|all| literals(walk, all)).unwrap_or_default()),
                "shallow" => self.is_shallow = true,
                "creatable" => self.is_creatable = true,
                "destroyable" => self.is_destroyable = true,
                _ => {}
            }
        }
    }

    fn has(&self, action: &str) -> bool {
        let by_default = match action {
            "index" => !self.is_singleton,
            "create" if self.is_api => false,
            "edit" if self.is_api => false,
            "create" | "store" if self.is_singleton => self.is_creatable,
            "destroy" if self.is_singleton => self.is_creatable || self.is_destroyable,
            _ => true,
        };
        let is_wanted = self.only.as_ref().is_none_or(|only| only.iter().any(|wanted| wanted == action));
        by_default && is_wanted && !self.except.iter().any(|other| other == action)
    }
}

fn declare<'t>(
    walk: &mut Walk<'t>,
    resource: &str,
    class: Node<'t>,
    options: &Options,
    prefix: &Text,
    namespace: &str,
) {
    let (whole, own) = patterns(resource);
    let known = known_class(walk, class);
    let text = literal(walk, class).filter(|_| known.is_none());
    for (action, methods, is_one, behind) in ACTIONS {
        if !options.has(action) {
            continue;
        }
        let base = if options.is_shallow && *is_one { own } else { whole.as_str() };
        let one = if *is_one && !options.is_singleton { "/{id}" } else { "" };
        let pattern = join(prefix.clone(), Text::literal(format!("{base}{one}{behind}")));
        let handler = match (&known, &text) {
            (Some(class), _) => named(walk, dotted(class, action)),
            (None, Some(class)) if namespace.is_empty() => Handler::Named(MODULE, by_end(class, action)),
            (None, Some(class)) => Handler::Named(MODULE, by_end(&format!("{namespace}\\{class}"), action)),
            (None, None) => return,
        };
        push(walk, methods.iter().map(|method| SmolStr::new_static(method)).collect(), pattern, handler);
    }
}

/// The path of a resource with those that it is nested in, and its own.
fn patterns(resource: &str) -> (String, &str) {
    let own = resource.rsplit('.').next().unwrap_or(resource);
    let mut whole = String::new();
    let mut parts = resource.split('.').peekable();
    while let Some(part) = parts.next() {
        whole.push('/');
        whole.push_str(part.trim_matches('/'));
        if parts.peek().is_some() {
            whole.push('/');
            whole.push_str(&hole_named("outer"));
        }
    }
    (whole, own)
}

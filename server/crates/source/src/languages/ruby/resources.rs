//! What `resources` and `resource` declare, and where within one something stands; Devise's routes.

use model::SmolStr;
use tree_sitter::Node;

use super::{
    inflection::{camelize, pluralize},
    paths::join,
    rails::{Place, Run},
    syntax::{arguments, option, positional},
};
use crate::field::Field;
use crate::walk::{children, dotted};

/// A resource, seen from within.
#[derive(Clone, Debug)]
pub(super) struct Resource {
    /// As routes write it.
    pub(super) controller: String,
    /// The path of the collection.
    collection: String,
    /// The path of one member.
    member: String,
    /// The path of one member as what is nested in it sees it.
    nested: String,
    /// Whether it has one member only.
    is_single: bool,
    /// Where within it.
    level: Level,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Level {
    /// Directly in its block: what stands here is nested in a member.
    Own,
    /// In a member, as other resources are.
    Nested,
    /// Where actions of the resource itself are declared.
    Actions,
}

/// Action, method, whether it is the collection's, and what stands behind the path.
const ACTIONS: &[(&str, &[&str], bool, &str)] = &[
    ("index", &["GET"], true, ""),
    ("create", &["POST"], true, ""),
    ("new", &["GET"], true, "new"),
    ("edit", &["GET"], false, "edit"),
    ("show", &["GET"], false, ""),
    ("update", &["PATCH", "PUT"], false, ""),
    ("destroy", &["DELETE"], false, ""),
];

impl Resource {
    /// Whether an action that every resource has is declared without a path of its own here.
    pub(super) fn has_own_path(&self, action: &str) -> bool {
        let is_usual = matches!(action, "index" | "create" | "new" | "show" | "update" | "destroy");
        !(is_usual && self.level == Level::Actions)
    }
}

impl Place {
    /// The place within the resource around that `level` names: `member`, `collection`, `new`, `nested`.
    pub(super) fn within(&self, level: &str) -> Place {
        let mut place = self.clone();
        let Some(resource) = place.resource.as_mut() else { return place };
        if level == "nested" && resource.level != Level::Own {
            return place;
        }
        place.path = match level {
            "collection" => resource.collection.clone(),
            "new" => join(&resource.collection, "new"),
            "member" => resource.member.clone(),
            _ => resource.nested.clone(),
        };
        let is_action = level != "nested" || resource.is_single;
        resource.level = if is_action { Level::Actions } else { Level::Nested };
        place
    }
}

impl<'t> Run<'_, 't> {
    /// `resources :a, :b, … do`.
    pub(super) fn resources(&mut self, node: Node<'t>, place: &Place, depth: usize) {
        let is_single = super::syntax::method_of(self.walk, node) == "resource";
        let mut place = place.within("nested");
        place.controller = place.controller.filter(|_| place.resource.is_none());
        let names: Vec<SmolStr> = positional(node).into_iter().filter_map(|name| self.word(name)).collect();
        for name in names {
            self.resource(node, &name, is_single, &place, depth);
        }
    }

    fn resource(&mut self, node: Node<'t>, name: &str, is_single: bool, place: &Place, depth: usize) {
        let list = arguments(node);
        let own = match option(self.walk, &list, "path") {
            Some(path) => match self.path(path) {
                Some(path) => path,
                None => return,
            },
            None => name.to_owned(),
        };
        let is_shallow = match option(self.walk, &list, "shallow") {
            Some(value) => value.kind() == "true",
            None => place.is_shallow,
        };
        let param = self.word_of(node, "param").unwrap_or_else(|| "id".into());
        let collection = join(&place.path, &own);
        let short = if is_shallow && place.resource.is_some() {
            join(&place.shallow_path, &own)
        } else {
            collection.clone()
        };
        let (member, nested) = match is_single {
            true => (collection.clone(), collection.clone()),
            false => (join(&short, &format!(":{param}")), join(&short, &format!(":{name}_{param}"))),
        };
        let controller = self.word_of(node, "controller").map(|name| name.to_string());
        let controller = controller.or_else(|| place.controller.clone());
        let last = name.rsplit('/').next().unwrap_or(name);
        let controller = controller.unwrap_or_else(|| match is_single {
            true => pluralize(last),
            false => name.to_owned(),
        });
        let mut inner = Place {
            is_shallow,
            controller: None,
            action: None,
            only: None,
            except: Vec::new(),
            ..place.clone()
        };
        if let Some(module) = self.word_of(node, "module") {
            inner.module = dotted(&inner.module, &camelize(&module)).to_string();
        }
        inner.path = collection.clone();
        inner.resource =
            Some(Resource { controller, collection, member, nested, is_single, level: Level::Own });
        self.actions(node, is_single, place, &inner);
        self.inside(node.field("block"), &inner, depth);
        if let Some(names) = self.words_of(node, "concerns") {
            self.concerns(&names, &inner, depth);
        }
    }

    fn actions(&mut self, node: Node<'t>, is_single: bool, outer: &Place, inner: &Place) {
        let Some(resource) = inner.resource.clone() else { return };
        let only = self.words_of(node, "only").or_else(|| outer.only.clone());
        let except = self.words_of(node, "except").unwrap_or_else(|| outer.except.clone());
        let named = option(self.walk, &arguments(node), "path_names").map(children).unwrap_or_default();
        for (action, methods, of_collection, behind) in ACTIONS {
            let wanted = only.as_ref().is_none_or(|only| only.iter().any(|name| name == action))
                && !except.iter().any(|name| name == action)
                && !(is_single && *action == "index");
            if !wanted {
                continue;
            }
            let behind = option(self.walk, &named, behind).and_then(|name| self.word(name));
            let before = if *of_collection { &resource.collection } else { &resource.member };
            let path = join(before, behind.as_deref().unwrap_or(plain(action)));
            let methods = methods.iter().map(|method| SmolStr::new_static(method)).collect();
            self.add(methods, &path, inner, &format!("{}#{action}", resource.controller));
        }
    }
}

/// What stands behind the path of an action.
fn plain(action: &str) -> &str {
    ACTIONS.iter().find(|(name, ..)| *name == action).map_or("", |(.., behind)| behind)
}

/// Devise's routes to controllers that the program overrides; the others are Devise's own.
pub(super) fn devise<'t>(run: &mut Run<'_, 't>, node: Node<'t>, place: &Place) {
    const ROUTES: &[(&str, &str, &str, &str)] = &[
        ("sessions", "GET", "sign_in", "new"),
        ("sessions", "POST", "sign_in", "create"),
        ("sessions", "DELETE", "sign_out", "destroy"),
        ("passwords", "GET", "password/new", "new"),
        ("passwords", "GET", "password/edit", "edit"),
        ("passwords", "POST", "password", "create"),
        ("passwords", "PUT", "password", "update"),
        ("passwords", "PATCH", "password", "update"),
        ("registrations", "GET", "cancel", "cancel"),
        ("registrations", "GET", "sign_up", "new"),
        ("registrations", "GET", "edit", "edit"),
        ("registrations", "POST", "", "create"),
        ("registrations", "PUT", "", "update"),
        ("registrations", "PATCH", "", "update"),
        ("registrations", "DELETE", "", "destroy"),
        ("confirmations", "GET", "confirmation/new", "new"),
        ("confirmations", "GET", "confirmation", "show"),
        ("confirmations", "POST", "confirmation", "create"),
        ("unlocks", "GET", "unlock/new", "new"),
        ("unlocks", "GET", "unlock", "show"),
        ("unlocks", "POST", "unlock", "create"),
    ];
    let list = arguments(node);
    let Some(name) = run.first_word(node) else { return };
    let path = option(run.walk, &list, "path").and_then(|path| run.path(path));
    let before = join(&place.path, path.as_deref().unwrap_or(&name));
    let Some(overridden) = option(run.walk, &list, "controllers") else { return };
    let overridden = children(overridden);
    let names = option(run.walk, &list, "path_names").map(children).unwrap_or_default();
    for (kind, method, behind, action) in ROUTES {
        let Some(controller) = option(run.walk, &overridden, kind).and_then(|name| run.word(name)) else {
            continue;
        };
        let (first, rest) = behind.split_once('/').map_or((*behind, ""), |(first, rest)| (first, rest));
        let named = option(run.walk, &names, first).and_then(|name| run.word(name));
        let behind = join(named.as_deref().unwrap_or(first), rest);
        let top = format!("/{controller}#{action}");
        run.add(vec![SmolStr::new_static(method)], &join(&before, &behind), place, &top);
    }
}

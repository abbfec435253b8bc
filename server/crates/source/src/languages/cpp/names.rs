//! C++ names: qualified ones without their namespaces, and where what they mean may be declared.

use model::SmolStr;
use smol_str::format_smolstr;
use tree_sitter::Node;

use crate::{
    field::Field,
    resolve::ModulePath,
    walk::{Walk, children},
    wiring::{MODULE, Text, Value},
};

/// What the module of a name begins with that is declared under it somewhere.
const DECLARED: char = '@';
/// What the module of a constant begins with that an included file holds.
const CONSTANT: char = '#';

/// The segments of a name with `::`, template arguments dropped, namespaces too: a class and its member at most.
pub(super) fn segments<'t>(walk: &Walk<'t>, node: Node<'t>) -> Vec<&'t str> {
    let mut names = Vec::new();
    let mut at = Some(node);
    while let Some(node) = at.filter(|_| names.len() < 32) {
        at = None;
        match node.kind() {
            "qualified_identifier" => {
                let scope = node.field("scope").map(|scope| bare(walk, scope));
                names.extend(scope);
                at = node.field("name");
            }
            "template_function" | "template_type" | "template_method" | "dependent_name" => {
                at = node.field("name").or_else(|| node.named_child(0));
            }
            _ => names.push(walk.slice(node)),
        }
    }
    names
}

/// A name with dots: the last segment, and the one before it where that is a class by its spelling.
pub(super) fn path_of_segments(names: &[&str]) -> Option<SmolStr> {
    match names {
        [.., class, name] if is_class(class) => Some(format_smolstr!("{class}.{name}")),
        [.., name] => Some((*name).into()),
        [] => None,
    }
}

/// By custom classes begin with a capital, namespaces do not.
pub(super) fn is_class(name: &str) -> bool {
    name.starts_with(|c: char| c.is_uppercase())
}

/// A template's name.
fn bare<'t>(walk: &Walk<'t>, node: Node<'t>) -> &'t str {
    let name = node.field("name").filter(|_| node.kind() == "template_type");
    walk.slice(name.unwrap_or(node))
}

/// `#include "a.h"`: constants are looked for there.
pub(super) fn include<'t>(walk: &mut Walk<'t>, node: Node<'t>) {
    let Some(path) = node.field("path").filter(|path| path.kind() == "string_literal") else {
        return;
    };
    let path = walk.slice(path).trim_matches('"');
    walk.draft.bind(MODULE, crate::resolve::INCLUDE, Value::Import(path.into(), None));
}

/// Makes a function, method or type known that this file need not declare.
pub(super) fn know(walk: &mut Walk<'_>, path: &str) {
    import(walk, path, DECLARED);
}

/// Makes the constants known that a text takes from included files.
pub(super) fn know_constants(walk: &mut Walk<'_>, text: &Text) {
    for piece in &text.0 {
        let crate::wiring::Piece::Name(path) = piece else { continue };
        match path.split_once('.') {
            Some((class, _)) if is_class(class) => import(walk, class, DECLARED),
            None if is_constant(path) => import(walk, path, CONSTANT),
            _ => {}
        }
    }
}

fn import(walk: &mut Walk<'_>, path: &str, what: char) {
    let root = path.split('.').next().unwrap_or(path);
    if walk.draft.marks.contains(&bound(root)) || !walk.draft.marks.insert(format_smolstr!("import {path}")) {
        return;
    }
    walk.draft.bind(MODULE, path, Value::Import(format_smolstr!("{what}{path}"), Some(path.into())));
}

/// The mark of a name that the file gives to something.
pub(super) fn bound(name: &str) -> SmolStr {
    format_smolstr!("bound {name}")
}

/// `kName` or `NAME`.
pub(super) fn is_constant(name: &str) -> bool {
    let last = name.rsplit('.').next().unwrap_or(name);
    let is_k = last.strip_prefix('k').is_some_and(|rest| rest.starts_with(|c: char| c.is_uppercase()));
    is_k || (last.len() > 1 && !last.contains(|c: char| c.is_lowercase()))
}

/// Where something lies that is declared under a name, or an included file: relative to the file, or anywhere.
pub(super) fn module_paths(from: &str, module: &str) -> Vec<ModulePath> {
    if let Some(name) = module.strip_prefix(DECLARED) {
        return vec![ModulePath::Declares { name: name.into(), space: String::new() }];
    }
    if let Some(name) = module.strip_prefix(CONSTANT) {
        return vec![ModulePath::Included(name.into())];
    }
    let folder = from.rsplit_once('/').map_or("", |(folder, _)| folder);
    let mut parts: Vec<&str> = folder.split('/').filter(|part| !part.is_empty()).collect();
    for part in module.split('/') {
        match part {
            "" | "." => {}
            ".." => {
                parts.pop();
            }
            part => parts.push(part),
        }
    }
    let suffix = module.trim_start_matches("./").trim_start_matches("../");
    vec![ModulePath::File(parts.join("/")), ModulePath::Suffix(suffix.into())]
}

/// The types that a class derives from, as segments with dots, namespaces included.
pub(super) fn bases(walk: &Walk<'_>, node: Node<'_>) -> Vec<SmolStr> {
    let clause = children(node).into_iter().find(|child| child.kind() == "base_class_clause");
    let all = clause.map(children).unwrap_or_default().into_iter();
    let named = all.filter(|base| base.kind() != "access_specifier");
    named.map(|base| segments(walk, base).join(".").into()).collect()
}

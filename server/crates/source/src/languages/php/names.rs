//! PHP's names: namespaces, `use`, and classes that lie wherever their whole name is declared.

use model::SmolStr;
use smol_str::format_smolstr;
use tree_sitter::Node;

use crate::{
    field::Field,
    resolve::{ModulePath, NAMESPACE},
    walk::{Walk, children},
    wiring::{MODULE, Reference, Value},
};

/// Notes the classes that the file declares: they are used before they are declared.
pub(super) fn declared<'t>(walk: &mut Walk<'t>, root: Node<'t>) {
    let mut open = vec![root];
    while let Some(node) = open.pop() {
        for child in children(node) {
            match child.kind() {
                "namespace_definition" => open.extend(child.field("body")),
                "class_declaration" | "interface_declaration" | "trait_declaration" | "enum_declaration" => {
                    let name = child.field("name").map(|name| walk.slice(name));
                    walk.draft.marks.extend(name.map(class));
                }
                _ => {}
            }
        }
    }
}

/// `namespace App\Http;`: noted, so that the file is found by the whole names of what it declares.
pub(super) fn namespace<'t>(walk: &mut Walk<'t>, node: Node<'t>) {
    let Some(name) = node.field("name") else { return };
    let name = format_smolstr!("{NAMESPACE}\\{}", walk.slice(name));
    walk.draft.bind(MODULE, name, Value::Other);
}

/// The namespace around, without a slash at its head; empty for none.
pub(super) fn current(walk: &Walk<'_>) -> SmolStr {
    let mut names = walk.draft.wiring.bindings.iter().rev().map(|binding| &binding.name);
    let found = names.find_map(|name| name.strip_prefix(NAMESPACE)?.strip_prefix('\\'));
    found.unwrap_or_default().into()
}

/// `use A\B;`, `use A\B as C;`, `use A\{B, C as D};`, `use function A\b;`.
pub(super) fn import<'t>(walk: &mut Walk<'t>, node: Node<'t>) {
    let group = node.field("body");
    let before = children(node).into_iter().find(|child| child.kind() == "namespace_name");
    let before = before.filter(|_| group.is_some()).map(|name| walk.slice(name)).unwrap_or_default();
    for clause in children(group.unwrap_or(node)) {
        if clause.kind() != "namespace_use_clause" {
            continue;
        }
        let Some(name) = clause.named_child(0) else { continue };
        let whole = walk.slice(name).trim_start_matches('\\');
        let whole = if before.is_empty() { whole.to_owned() } else { format!("{before}\\{whole}") };
        let last = last_of(&whole);
        let alias = clause.field("alias").map_or(last, |alias| walk.slice(alias));
        walk.draft.marks.insert(known(alias));
        walk.draft.bind(MODULE, alias, Value::Import(format_smolstr!("\\{whole}"), Some(last.into())));
    }
}

/// Makes a class or function known under the name that it is written with.
pub(super) fn know(walk: &mut Walk<'_>, written: &str) {
    if walk.draft.marks.contains(&class(written)) || walk.draft.marks.contains(&known(written)) {
        return;
    }
    let whole = whole_name(walk, written);
    walk.draft.marks.insert(known(written));
    let module = format_smolstr!("\\{whole}");
    walk.draft.bind(MODULE, written, Value::Import(module, Some(last_of(&whole).into())));
}

/// A name as written with its namespace before it, without a slash at its head.
pub(super) fn whole_name(walk: &Walk<'_>, written: &str) -> SmolStr {
    if let Some(whole) = written.strip_prefix('\\') {
        return whole.into();
    }
    let root = written.split('\\').next().unwrap_or(written);
    let mut bindings = walk.draft.wiring.bindings.iter();
    let imported = bindings.find_map(|binding| match &binding.value {
        Value::Import(module, Some(_)) if binding.name == root && binding.scope == MODULE => {
            module.strip_prefix('\\')
        }
        _ => None,
    });
    let namespace = current(walk);
    match imported {
        Some(imported) => format_smolstr!("{imported}{}", &written[root.len()..]),
        None if namespace.is_empty() => written.into(),
        None => format_smolstr!("{namespace}\\{written}"),
    }
}

/// A class named in a string: its namespace may begin anywhere.
pub(super) fn by_end(class: &str, member: &str) -> Reference {
    let class = class.trim_start_matches('\\');
    let last = last_of(class);
    let path = if member.is_empty() { SmolStr::from(last) } else { format_smolstr!("{last}.{member}") };
    Reference::of_module(format_smolstr!("~{class}"), path)
}

/// Where something lies: `\A\B` is declared in the namespace `A`, or, a function, in none; `~A\B` in a namespace that
/// ends so; a file's path is relative to the file or to a folder around it.
pub(super) fn module_paths(from: &str, module: &str) -> Vec<ModulePath> {
    if let Some(whole) = module.strip_prefix('\\') {
        let (space, name) = whole.rsplit_once('\\').unwrap_or(("", whole));
        let declares = |space: &str| ModulePath::Declares { name: name.into(), space: format!("\\{space}") };
        let mut paths = vec![declares(space)];
        if name.starts_with(|c: char| c.is_lowercase()) && !space.is_empty() {
            paths.push(declares(""));
        }
        return paths;
    }
    if let Some(end) = module.strip_prefix('~') {
        let (space, name) = end.rsplit_once('\\').unwrap_or(("", end));
        let declares = |space: String| ModulePath::Declares { name: name.into(), space };
        // Laravel's controllers, where nothing else is said.
        let below = if space.is_empty() { String::new() } else { format!("\\{space}") };
        return vec![declares(format!("Http\\Controllers{below}")), declares(space.into())];
    }
    if !module.ends_with(".php") {
        return Vec::new();
    }
    let folder = from.rsplit_once('/').map_or("", |(folder, _)| folder);
    if module.starts_with("./") {
        return joined(folder, module).into_iter().map(ModulePath::File).collect();
    }
    let mut paths = Vec::new();
    let mut base = Some(folder);
    while let Some(around) = base {
        paths.extend(joined(around, module).map(ModulePath::File));
        base = match around.rsplit_once('/') {
            Some((outer, _)) => Some(outer),
            None if around.is_empty() => None,
            None => Some(""),
        };
    }
    paths
}

/// The last segment of a name.
pub(super) fn last_of(name: &str) -> &str {
    name.rsplit('\\').next().unwrap_or(name)
}

/// `folder` and the path from there; `None` when it leads out of the workspace.
fn joined(folder: &str, path: &str) -> Option<String> {
    let mut parts: Vec<&str> = folder.split('/').filter(|part| !part.is_empty()).collect();
    for part in path.split('/') {
        match part {
            "" | "." => {}
            ".." => {
                parts.pop()?;
            }
            part => parts.push(part),
        }
    }
    Some(parts.join("/"))
}

fn known(name: &str) -> SmolStr {
    format_smolstr!("import {name}")
}

fn class(name: &str) -> SmolStr {
    format_smolstr!("class {name}")
}

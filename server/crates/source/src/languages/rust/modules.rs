//! Rust modules: `use`, and where a module lies.

use model::SmolStr;
use tree_sitter::Node;

use crate::{
    field::Field,
    resolve::ModulePath,
    walk::{Walk, children},
    wiring::{Scope, Value},
};

/// What a module that stands in place is imported as: its names are those of the file.
pub(super) const SAME_FILE: &str = "@here";

/// `use a::{b, c::{d as e}, f::*};`.
pub(super) fn import<'t>(walk: &mut Walk<'t>, node: Node<'t>) {
    let scope = walk.scope();
    if let Some(tree) = node.field("argument") {
        import_tree(walk, scope, tree, "", 8);
    }
}

fn import_tree<'t>(walk: &mut Walk<'t>, scope: Scope, tree: Node<'t>, before: &str, depth: usize) {
    if depth == 0 {
        return;
    }
    match tree.kind() {
        "scoped_use_list" => {
            let path = tree.field("path").map(|path| joined(before, walk.slice(path))).unwrap_or_default();
            for inner in tree.field("list").map(children).unwrap_or_default() {
                import_tree(walk, scope, inner, &path, depth - 1);
            }
        }
        "use_list" => {
            for inner in children(tree) {
                import_tree(walk, scope, inner, before, depth - 1);
            }
        }
        "use_wildcard" => {
            let module = tree
                .named_child(0)
                .map(|path| joined(before, walk.slice(path)))
                .unwrap_or_else(|| before.into());
            walk.draft.bind(scope, "*", Value::Import(module.into(), None));
        }
        "use_as_clause" => {
            let (Some(path), Some(alias)) = (tree.field("path"), tree.field("alias")) else {
                return;
            };
            let alias = SmolStr::from(walk.slice(alias));
            let whole = joined(before, walk.slice(path));
            walk.draft.bind(scope, alias, imported(&whole));
        }
        _ => {
            let whole = joined(before, walk.slice(tree));
            // `use a::{self}` is `a`.
            let whole = whole.strip_suffix("::self").unwrap_or(&whole).to_owned();
            let name = SmolStr::from(whole.rsplit("::").next().unwrap_or(&whole));
            walk.draft.bind(scope, name, imported(&whole));
        }
    }
}

fn imported(whole: &str) -> Value {
    match whole.rsplit_once("::") {
        Some((module, name)) => Value::Import(module.into(), Some(name.into())),
        None => Value::Import(whole.into(), None),
    }
}

fn joined(before: &str, path: &str) -> String {
    let path: String = path.split_whitespace().collect();
    if before.is_empty() { path } else { format!("{before}::{path}") }
}

/// Where `crate::a::b`, `self::a`, `super::a` or `a::b` may lie, seen from the file `from`.
pub(super) fn module_paths(from: &str, module: &str) -> Vec<ModulePath> {
    if module == SAME_FILE {
        return vec![ModulePath::File(from.to_owned())];
    }
    let parts: Vec<&str> = module.split("::").filter(|part| !part.is_empty()).collect();
    let Some((first, rest)) = parts.split_first() else { return Vec::new() };
    let (folder, file) = from.rsplit_once('/').unwrap_or(("", from));
    let stem = file.strip_suffix(".rs").unwrap_or(file);
    let own = if matches!(stem, "mod" | "main" | "lib") { folder.to_owned() } else { under(folder, stem) };
    let mut paths = Vec::new();
    match *first {
        "crate" => {
            let mut bases: Vec<&str> = around(folder);
            // The nearest `src` is the crate's root; test and example crates have theirs elsewhere.
            bases.sort_by_key(|base| !(*base == "src" || base.ends_with("/src")));
            bases.iter().for_each(|base| add(&mut paths, base, rest));
        }
        "self" => add(&mut paths, &own, rest),
        "super" => {
            let climbs = 1 + rest.iter().take_while(|part| **part == "super").count();
            let mut base = own.as_str();
            for _ in 0..climbs {
                base = base.rsplit_once('/').map_or("", |(outer, _)| outer);
            }
            add(&mut paths, base, &rest[climbs - 1..]);
        }
        name => {
            add(&mut paths, &own, &parts);
            // Another crate of the workspace, by its folder.
            for folder in crate_folders(name) {
                if rest.is_empty() {
                    paths.push(ModulePath::Suffix(format!("{folder}/src/lib.rs")));
                } else {
                    let inner = rest.join("/");
                    paths.push(ModulePath::Suffix(format!("{folder}/src/{inner}.rs")));
                    paths.push(ModulePath::Suffix(format!("{folder}/src/{inner}/mod.rs")));
                }
            }
        }
    }
    paths
}

/// Folders that a crate called `shop_api_crud` may lie in: called like it, or without what all crates have in common.
fn crate_folders(name: &str) -> Vec<String> {
    let mut folders = Vec::new();
    let mut rest = name;
    loop {
        folders.push(rest.replace('_', "-"));
        if rest.contains('_') {
            folders.push(rest.to_owned());
        }
        match rest.split_once('_') {
            Some((_, shorter)) if !shorter.is_empty() => rest = shorter,
            _ => return folders,
        }
    }
}

fn add(paths: &mut Vec<ModulePath>, base: &str, inner: &[&str]) {
    if inner.is_empty() {
        // The module itself: the crate's root, or the file beside the folder.
        paths.push(ModulePath::File(under(base, "main.rs")));
        paths.push(ModulePath::File(under(base, "lib.rs")));
        if !base.is_empty() {
            paths.push(ModulePath::File(format!("{base}.rs")));
            paths.push(ModulePath::File(under(base, "mod.rs")));
        }
        return;
    }
    let path = under(base, &inner.join("/"));
    paths.push(ModulePath::File(format!("{path}.rs")));
    paths.push(ModulePath::File(format!("{path}/mod.rs")));
}

/// The folder and those around it, the innermost first.
fn around(folder: &str) -> Vec<&str> {
    let mut all = vec![folder];
    let mut inner = folder;
    while let Some((outer, _)) = inner.rsplit_once('/') {
        all.push(outer);
        inner = outer;
    }
    if !inner.is_empty() {
        all.push("");
    }
    all
}

fn under(folder: &str, name: &str) -> String {
    if folder.is_empty() { name.to_owned() } else { format!("{folder}/{name}") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn modules_lie_where_cargo_looks() {
        let has = |from: &str, module: &str, path: &str| {
            let paths = module_paths(from, module);
            assert!(paths.contains(&ModulePath::File(path.into())), "{from} {module}: {paths:?}");
        };
        has("shop/src/web.rs", "crate::shop::nested", "shop/src/shop/nested.rs");
        has("src/main.rs", "self::web", "src/web.rs");
        has("src/web/mod.rs", "self::routes", "src/web/routes.rs");
        has("src/web.rs", "super::shop", "src/shop.rs");
        has("src/a/b.rs", "super", "src/a.rs");
        has("src/a/b.rs", "super::super::c", "src/c.rs");
        has("src/a.rs", "crate", "src/main.rs");
        assert_eq!(
            module_paths("src/a/b.rs", "crate::c")[0],
            ModulePath::File("src/c.rs".into()),
            "the crate's root before other folders"
        );
    }
}

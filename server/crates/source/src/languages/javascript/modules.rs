//! JavaScript modules: `import`, `export`, `require`, `module.exports`, and where a module lies.

use model::SmolStr;
use tree_sitter::Node;

use super::{
    bind_value, express, next,
    syntax::{path_of, property_name, text_of, unwrapped},
};
use crate::{
    field::Field,
    resolve::ModulePath,
    walk::{Walk, children, dotted},
    wiring::{MODULE, Reference, Scope, Value},
};

/// Extensions in the order in which bundlers and Node try them.
const EXTENSIONS: &[&str] = &["ts", "tsx", "js", "jsx", "mjs", "cjs", "mts", "cts"];

/// `const name = value`, `const { a, b: c } = value`.
pub(super) fn bind_pattern<'t>(walk: &mut Walk<'t>, scope: Scope, name: Node<'t>, value: Node<'t>) {
    if name.kind() == "identifier" {
        let name = walk.slice(name).into();
        return bind_value(walk, scope, name, value);
    }
    if name.kind() != "object_pattern" {
        return;
    }
    let value = unwrapped(value);
    let module = required(walk, value);
    let from = module.is_none().then(|| reference(walk, value)).flatten();
    for part in children(name) {
        let (key, local) = match part.kind() {
            "shorthand_property_identifier_pattern" => (SmolStr::from(walk.slice(part)), part),
            "pair_pattern" => {
                let (Some(key), Some(local)) = (part.field("key"), part.field("value")) else {
                    continue;
                };
                (property_name(walk, key), local)
            }
            "object_assignment_pattern" => match part.field("left") {
                Some(left) => (SmolStr::from(walk.slice(left)), left),
                None => continue,
            },
            _ => continue,
        };
        let bound = match (&module, &from) {
            (Some(module), _) => Value::Import(module.clone(), Some(key)),
            (None, Some(from)) => Value::Alias(Reference { path: dotted(&from.path, &key), ..from.clone() }),
            (None, None) => Value::Other,
        };
        if local.kind() != "object_pattern" {
            let local = SmolStr::from(walk.slice(local));
            walk.draft.bind(scope, local, bound);
        }
    }
}

/// `exports.x = …`, `module.exports = …`, `this.x = …`, `x = …`.
pub(super) fn assigned<'t>(walk: &mut Walk<'t>, left: Node<'t>, right: Node<'t>) {
    let Some(path) = path_of(walk, left) else { return };
    let exported = path.strip_prefix("module.exports").or_else(|| path.strip_prefix("exports"));
    match exported {
        Some("") => export_value(walk, right),
        Some(name) => {
            let name = SmolStr::from(name.trim_start_matches('.'));
            let is_itself = right.kind() == "identifier" && walk.slice(right) == name;
            if !is_itself {
                bind_value(walk, MODULE, name, right);
            }
        }
        None if left.kind() == "identifier" => {
            let scope = walk.scope();
            bind_value(walk, scope, path, right);
        }
        // `this.router = …` in a class, `Thing.prototype.x = …`, `app.locals = …`.
        None => bind_value(walk, MODULE, path, right),
    }
}

/// `export …`: declarations are found by the walk; lists, defaults and re-exports are taken in here.
pub(super) fn export<'t>(walk: &mut Walk<'t>, node: Node<'t>) {
    let source = node.field("source").and_then(|source| text_of(walk, source)?.as_literal());
    let is_default = children_text(walk, node).any(|word| word == "default");
    if let Some(value) = node.field("value") {
        return export_value(walk, value);
    }
    if let Some(declared) = node.field("declaration").filter(|_| is_default) {
        if let Some(name) = declared.field("name") {
            let name = SmolStr::from(walk.slice(name));
            walk.draft.bind(MODULE, "default", Value::Alias(Reference::local(name)));
        }
        return;
    }
    let mut stars = 0;
    for child in children(node) {
        match child.kind() {
            "export_clause" => exported_names(walk, child, source.as_ref()),
            "namespace_export" => {
                if let (Some(name), Some(module)) = (child.named_child(0), &source) {
                    stars += 1;
                    let name = SmolStr::from(walk.slice(name));
                    walk.draft.bind(MODULE, name, Value::Import(module.clone(), None));
                }
            }
            _ => {}
        }
    }
    if let Some(module) = source
        && stars == 0
        && children_text(walk, node).any(|word| word == "*")
    {
        walk.draft.bind(MODULE, "*", Value::Import(module, None));
    }
}

/// `import …`.
pub(super) fn import<'t>(walk: &mut Walk<'t>, node: Node<'t>) {
    let require = children(node).into_iter().find(|child| child.kind() == "import_require_clause");
    let source =
        require.unwrap_or(node).field("source").and_then(|source| text_of(walk, source)?.as_literal());
    let Some(module) = source else { return };
    express::imported(walk, &module);
    if let Some(name) = require.and_then(|clause| clause.named_child(0)) {
        let name = SmolStr::from(walk.slice(name));
        return walk.draft.bind(MODULE, name, Value::Import(module, None));
    }
    let Some(clause) = children(node).into_iter().find(|child| child.kind() == "import_clause") else {
        return;
    };
    for part in children(clause) {
        match part.kind() {
            "identifier" => {
                let name = SmolStr::from(walk.slice(part));
                walk.draft.bind(MODULE, name, Value::Import(module.clone(), Some("default".into())));
            }
            "namespace_import" => {
                if let Some(name) = part.named_child(0) {
                    let name = SmolStr::from(walk.slice(name));
                    walk.draft.bind(MODULE, name, Value::Import(module.clone(), None));
                }
            }
            "named_imports" => {
                for specifier in children(part) {
                    let Some(name) = specifier.field("name") else { continue };
                    let local = specifier.field("alias").unwrap_or(name);
                    let (name, local) = (SmolStr::from(walk.slice(name)), SmolStr::from(walk.slice(local)));
                    walk.draft.bind(MODULE, local, Value::Import(module.clone(), Some(name)));
                }
            }
            _ => {}
        }
    }
}

/// The module that `require('x')` or `await import('x')` gives.
pub(super) fn required(walk: &Walk<'_>, node: Node<'_>) -> Option<SmolStr> {
    let node = unwrapped(node);
    let callee = node.field("function").filter(|_| node.kind() == "call_expression")?;
    if !(callee.kind() == "import" || walk.slice(callee) == "require") {
        return None;
    }
    text_of(walk, node.field("arguments")?.named_child(0)?)?.as_literal()
}

/// A name, or a name within `require('x')`.
pub(super) fn reference(walk: &Walk<'_>, node: Node<'_>) -> Option<Reference> {
    let node = unwrapped(node);
    if let Some(module) = required(walk, node) {
        return Some(Reference::of_module(module, ""));
    }
    if node.kind() == "member_expression" {
        let object = node.field("object")?;
        if let Some(module) = required(walk, object) {
            return Some(Reference::of_module(module, walk.slice(node.field("property")?)));
        }
    }
    Some(Reference::local(path_of(walk, node)?))
}

/// What a module exports by default, or as a whole.
fn export_value<'t>(walk: &mut Walk<'t>, value: Node<'t>) {
    let value = unwrapped(value);
    match value.kind() {
        "object" => exported_object(walk, value),
        "function_expression" | "generator_function" | "class" => {
            if let Some(name) = value.field("name") {
                let name = SmolStr::from(walk.slice(name));
                walk.draft.bind(MODULE, "default", Value::Alias(Reference::local(name)));
            }
        }
        "arrow_function" => {}
        "call_expression" => {
            let callee = path_of(walk, value).unwrap_or_default();
            next::event_handler(walk, &callee);
            bind_value(walk, MODULE, "default".into(), value);
        }
        _ => bind_value(walk, MODULE, "default".into(), value),
    }
}

/// `module.exports = { a, b: c, ...require('./d') }`.
fn exported_object<'t>(walk: &mut Walk<'t>, object: Node<'t>) {
    for part in children(object).into_iter().take(1_024) {
        match part.kind() {
            "pair" => {
                let (Some(key), Some(value)) = (part.field("key"), part.field("value")) else {
                    continue;
                };
                let key = property_name(walk, key);
                let is_itself = value.kind() == "identifier" && walk.slice(value) == key;
                if !is_itself {
                    bind_value(walk, MODULE, key, value);
                }
            }
            "spread_element" => {
                if let Some(module) = part.named_child(0).and_then(|value| required(walk, value)) {
                    walk.draft.bind(MODULE, "*", Value::Import(module, None));
                }
            }
            _ => {}
        }
    }
}

fn exported_names<'t>(walk: &mut Walk<'t>, clause: Node<'t>, source: Option<&SmolStr>) {
    for specifier in children(clause) {
        let Some(name) = specifier.field("name") else { continue };
        let alias = specifier.field("alias");
        let local = SmolStr::from(walk.slice(name));
        let exported = alias.map_or(local.clone(), |alias| SmolStr::from(walk.slice(alias)));
        match source {
            Some(module) => walk.draft.bind(MODULE, exported, Value::Import(module.clone(), Some(local))),
            None if exported != local => {
                walk.draft.bind(MODULE, exported, Value::Alias(Reference::local(local)))
            }
            None => {}
        }
    }
}

/// The keywords among the children of a node.
fn children_text<'a>(walk: &'a Walk<'_>, node: Node<'a>) -> impl Iterator<Item = &'a str> {
    (0..node.child_count().min(64))
        .filter_map(move |at| node.child(at))
        .filter(|child| !child.is_named())
        .map(|child| walk.slice(child))
}

/// Where `module` may lie: relative to the file, or under one of the folders around it for aliases like `@/x`.
pub(super) fn module_paths(from: &str, module: &str) -> Vec<ModulePath> {
    let folder = from.rsplit_once('/').map_or("", |(folder, _)| folder);
    let mut paths = Vec::new();
    if module.starts_with('.') {
        if let Some(path) = joined(folder, module) {
            add_files(&mut paths, &path);
        }
        return paths;
    }
    let alias = ["@/", "~/", "#/", "$lib/", "/"].iter().find_map(|start| module.strip_prefix(start));
    let inner = match (alias, module.split_once('/')) {
        (Some(inner), _) => inner,
        // `@app/users`: an alias of some folder, or a package of the workspace.
        (None, Some((scope, inner))) if scope.starts_with(['@', '#', '~']) => {
            paths.extend(
                ["ts", "tsx", "js"].map(|end| ModulePath::Suffix(format!("{inner}/src/index.{end}"))),
            );
            // A file of a package by its path: `@shop/shared/src/server`.
            if inner.contains('/') {
                for end in ["ts", "tsx", "js"] {
                    paths.push(ModulePath::Suffix(format!("{inner}/index.{end}")));
                    paths.push(ModulePath::Suffix(format!("{inner}.{end}")));
                }
            }
            inner
        }
        (None, Some(_)) => module,
        (None, None) => return paths,
    };
    let mut base = folder;
    loop {
        add_files(&mut paths, &dotted_path(base, inner));
        add_files(&mut paths, &dotted_path(base, &format!("src/{inner}")));
        if base.is_empty() {
            return paths;
        }
        base = base.rsplit_once('/').map_or("", |(outer, _)| outer);
    }
}

fn add_files(paths: &mut Vec<ModulePath>, path: &str) {
    let stem =
        path.strip_suffix(".js").or_else(|| path.strip_suffix(".mjs")).or_else(|| path.strip_suffix(".cjs"));
    let has_extension = path
        .rsplit('/')
        .next()
        .and_then(|file| file.rsplit_once('.'))
        .is_some_and(|(_, end)| EXTENSIONS.contains(&end));
    if has_extension {
        paths.push(ModulePath::File(path.to_owned()));
        let typed =
            stem.into_iter().flat_map(|stem| ["ts", "tsx", "mts", "cts"].map(|end| format!("{stem}.{end}")));
        paths.extend(typed.map(ModulePath::File));
        return;
    }
    paths.extend(EXTENSIONS.iter().map(|end| ModulePath::File(format!("{path}.{end}"))));
    let index = if path.is_empty() { "index".to_owned() } else { format!("{path}/index") };
    paths.extend(EXTENSIONS.iter().map(|end| ModulePath::File(format!("{index}.{end}"))));
}

fn dotted_path(base: &str, inner: &str) -> String {
    if base.is_empty() { inner.to_owned() } else { format!("{base}/{inner}") }
}

/// `../b` from `a/c` is `a/b`; `None` when it leaves the workspace.
pub(super) fn joined(folder: &str, relative: &str) -> Option<String> {
    let mut segments: Vec<&str> = folder.split('/').filter(|part| !part.is_empty()).collect();
    for part in relative.split('/') {
        match part {
            "" | "." => {}
            ".." => drop(segments.pop()?),
            part => segments.push(part),
        }
    }
    Some(segments.join("/"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn modules_lie_where_node_and_bundlers_look() {
        let has = |from: &str, module: &str, path: &str| {
            let paths = module_paths(from, module);
            assert!(paths.contains(&ModulePath::File(path.into())), "{from} {module}: {paths:?}");
        };
        has("src/routes/users.js", "../controllers/user.controller", "src/controllers/user.controller.js");
        has("src/app.ts", "./routes", "src/routes/index.ts");
        has("src/app.ts", "./a.js", "src/a.ts");
        has("web/app/page.tsx", "@/lib/db", "web/src/lib/db.ts");
        has("app.js", "./lib/x.js", "lib/x.js");
        assert!(module_paths("a/b.js", "express").is_empty());
        assert!(module_paths("b.js", "../../x").is_empty());
    }
}

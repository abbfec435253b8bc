//! Java names: what a file declares, known before its methods are read, and what its package lends it.

use model::SmolStr;
use smol_str::format_smolstr;
use tree_sitter::Node;

use crate::{
    field::Field,
    walk::{Walk, children, dotted},
    wiring::{MODULE, Value},
};

/// Notes the types, fields and methods that the file declares: they are used before they are declared.
pub(in crate::languages) fn declared<'t>(walk: &mut Walk<'t>, root: Node<'t>) {
    let mut open = vec![(SmolStr::default(), root)];
    while let Some((path, node)) = open.pop() {
        for child in children(node) {
            let name = child.field("name").map(|name| walk.slice(name));
            match (child.kind(), name) {
                ("method_declaration", Some(name)) => {
                    walk.draft.marks.insert(method(&dotted(&path, name)));
                }
                ("field_declaration" | "constant_declaration", _) => {
                    let declarators = children(child).into_iter();
                    let names = declarators.filter_map(|declarator| declarator.field("name"));
                    let fields: Vec<SmolStr> =
                        names.map(|name| field(&dotted(&path, walk.slice(name)))).collect();
                    walk.draft.marks.extend(fields);
                }
                ("enum_body_declarations", _) => open.push((path.clone(), child)),
                (kind, Some(name)) if kind.ends_with("_declaration") => {
                    let path = dotted(&path, name);
                    walk.draft.marks.insert(class(&path));
                    open.extend(child.field("body").map(|body| (path, body)));
                }
                _ => {}
            }
        }
    }
}

/// The mark of a class name that is bound already.
pub(in crate::languages) fn known(name: &str) -> SmolStr {
    format_smolstr!("import {name}")
}

/// Makes the class that `path` begins with known: what no import names lies beside the file.
pub(in crate::languages) fn know(walk: &mut Walk<'_>, path: &str) {
    let root = path.split('.').next().unwrap_or(path);
    let is_class = root.starts_with(|c: char| c.is_uppercase());
    if !is_class || walk.draft.marks.contains(&class(root)) || !walk.draft.marks.insert(known(root)) {
        return;
    }
    let value = Value::Import(format_smolstr!("./{root}"), Some(root.into()));
    walk.draft.bind(MODULE, root, value);
}

/// A name without dots: a variable as it is, a field with its class before it.
pub(in crate::languages) fn qualified(walk: &Walk<'_>, name: &str) -> SmolStr {
    member(walk, name, field).filter(|_| !is_local(walk, name)).unwrap_or_else(|| name.into())
}

/// A method called without an object: of a class around, else inherited, unless an import names it.
pub(in crate::languages) fn qualified_method(walk: &Walk<'_>, name: &str) -> SmolStr {
    let inherited = || {
        let imported = walk.draft.marks.contains(&known(name));
        walk.type_path().filter(|_| !imported).map(|path| dotted(&path, name))
    };
    member(walk, name, method).or_else(inherited).unwrap_or_else(|| name.into())
}

/// A type as written, with the classes around it before it where it is declared in one of them.
pub(in crate::languages) fn qualified_type(walk: &Walk<'_>, name: &str) -> SmolStr {
    let root = name.split('.').next().unwrap_or(name);
    match member(walk, root, class) {
        Some(path) => dotted(&path, name.get(root.len() + 1..).unwrap_or_default()),
        None => name.into(),
    }
}

/// The innermost class around that has a member of that name.
fn member(walk: &Walk<'_>, name: &str, mark: fn(&str) -> SmolStr) -> Option<SmolStr> {
    let mut around = walk.type_path()?;
    loop {
        let path = dotted(&around, name);
        if walk.draft.marks.contains(&mark(&path)) {
            return Some(path);
        }
        around = around.rsplit_once('.')?.0.into();
    }
}

/// Whether a parameter or a variable of a function around has that name.
fn is_local(walk: &Walk<'_>, name: &str) -> bool {
    let draft = &walk.draft;
    let mut at = walk.function_around();
    while let Some(function) = at.and_then(|at| draft.functions.get(at as usize)) {
        let mut here = draft.wiring.bindings.iter().filter(|binding| Some(binding.scope) == at);
        if function.parameters.iter().any(|parameter| parameter == name)
            || here.any(|binding| binding.name == name)
        {
            return true;
        }
        at = function.parent;
    }
    false
}

pub(in crate::languages) fn class(path: &str) -> SmolStr {
    format_smolstr!("class {path}")
}

pub(in crate::languages) fn field(path: &str) -> SmolStr {
    format_smolstr!("field {path}")
}

pub(in crate::languages) fn method(path: &str) -> SmolStr {
    format_smolstr!("method {path}")
}

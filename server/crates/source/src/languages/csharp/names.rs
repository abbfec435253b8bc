//! C# names: what a file declares, known before its methods are read, and how types and extension methods of other
//! files are spoken of.

use model::SmolStr;
use smol_str::format_smolstr;
use tree_sitter::Node;

use super::syntax::child_of_kind;
use crate::{
    field::Field,
    walk::{Walk, children, dotted},
    wiring::{MODULE, Piece, Reference, Scope, Text, Value},
};

/// How the module that holds the type of that name is written.
const TYPE: &str = "type ";
/// How an extension method is written, as a module and as a name in it.
const EXTENSION: &str = "extension ";

/// Notes the types, fields and methods that the file declares: they are used before they are declared.
pub(super) fn declared<'t>(walk: &mut Walk<'t>, root: Node<'t>) {
    let mut open = vec![(SmolStr::default(), root)];
    while let Some((path, node)) = open.pop() {
        for child in children(node) {
            let name = child.field("name").map(|name| walk.slice(name));
            match (child.kind(), name) {
                ("namespace_declaration", _) => {
                    open.extend(child.field("body").map(|body| (path.clone(), body)));
                }
                ("preproc_if" | "preproc_else" | "preproc_elif", _) => open.push((path.clone(), child)),
                ("method_declaration", Some(name)) => {
                    walk.draft.marks.insert(method(&dotted(&path, name)));
                }
                ("property_declaration", Some(name)) => {
                    walk.draft.marks.insert(field(&dotted(&path, name)));
                }
                ("field_declaration", _) => {
                    let declarators = child_of_kind(child, "variable_declaration").map(children);
                    for declarator in declarators.unwrap_or_default() {
                        if let Some(name) = declarator.field("name") {
                            walk.draft.marks.insert(field(&dotted(&path, walk.slice(name))));
                        }
                    }
                }
                (
                    "class_declaration"
                    | "struct_declaration"
                    | "interface_declaration"
                    | "record_declaration"
                    | "enum_declaration",
                    Some(name),
                ) => {
                    let path = dotted(&path, name);
                    walk.draft.marks.insert(class(&path));
                    open.extend(child.field("body").map(|body| (path, body)));
                }
                _ => {}
            }
        }
    }
}

/// Makes the type that `path` begins with known: namespaces are no folders, so it may lie anywhere.
pub(super) fn know(walk: &mut Walk<'_>, path: &str) {
    let root = path.split('.').next().unwrap_or(path);
    let is_type = root.starts_with(|c: char| c.is_uppercase());
    if !is_type
        || is_framework(root)
        || walk.draft.marks.contains(&class(root))
        || !walk.draft.marks.insert(known(root))
    {
        return;
    }
    let value = Value::Import(format_smolstr!("{TYPE}{root}"), Some(root.into()));
    walk.draft.bind(MODULE, root, value);
}

/// Types of .NET that stand in nearly every file and name nothing of the program.
fn is_framework(root: &str) -> bool {
    matches!(
        root,
        "ActivityKind"
            | "ActivityStatusCode"
            | "Array"
            | "Assert"
            | "CancellationToken"
            | "Console"
            | "Convert"
            | "DateTime"
            | "DateTimeOffset"
            | "Encoding"
            | "Enum"
            | "Enumerable"
            | "Environment"
            | "Guid"
            | "HttpMethod"
            | "HttpStatusCode"
            | "IActionResult"
            | "IEnumerable"
            | "ILogger"
            | "JsonSerializer"
            | "Math"
            | "StatusCodes"
            | "String"
            | "StringComparison"
            | "Task"
            | "TimeSpan"
            | "TypedResults"
            | "ValueTask"
    )
}

/// Makes the types known that a text takes constants from, where the walk does not pass.
pub(super) fn know_text(walk: &mut Walk<'_>, text: &Text) {
    for piece in &text.0 {
        if let Piece::Name(path) = piece {
            know(walk, path);
        }
    }
}

/// The name of the type that a module is written for.
pub(super) fn type_of_module(module: &str) -> Option<&str> {
    module.strip_prefix(TYPE)
}

/// The name of the extension method that a module is written for.
pub(super) fn extension_of_module(module: &str) -> Option<&str> {
    module.strip_prefix(EXTENSION)
}

/// An extension method of that name, wherever it is declared.
pub(super) fn extension(name: &str) -> Reference {
    let name = format_smolstr!("{EXTENSION}{name}");
    Reference::of_module(name.clone(), name)
}

/// Makes the extension method `path` known under its name.
pub(super) fn declare_extension(walk: &mut Walk<'_>, name: &str, path: SmolStr) {
    walk.draft.bind(MODULE, format_smolstr!("{EXTENSION}{name}"), Value::Alias(Reference::local(path)));
}

/// A name without dots: a variable as it is, a field or property with its class before it.
pub(super) fn qualified(walk: &Walk<'_>, name: &str) -> SmolStr {
    let name = name.strip_prefix('@').unwrap_or(name);
    member(walk, name, field).filter(|_| !is_local(walk, name)).unwrap_or_else(|| name.into())
}

/// A method named without an object: of a class around, else of the file, else inherited.
pub(super) fn qualified_method(walk: &Walk<'_>, name: &str) -> SmolStr {
    if is_local(walk, name) {
        return name.into();
    }
    member(walk, name, method)
        .or_else(|| member(walk, name, field))
        .or_else(|| walk.type_path().filter(|_| !is_inner(walk, name)).map(|path| dotted(&path, name)))
        .unwrap_or_else(|| name.into())
}

/// A type as written, with the classes around it before it where it is declared in one of them.
pub(super) fn qualified_type(walk: &Walk<'_>, name: &str) -> SmolStr {
    let root = name.split('.').next().unwrap_or(name);
    match member(walk, root, class) {
        Some(path) => dotted(&path, name.get(root.len() + 1..).unwrap_or_default()),
        None => name.into(),
    }
}

/// Notes a variable of a function, so that it is told from a field of the same name.
pub(super) fn declare_local(walk: &mut Walk<'_>, scope: Scope, name: &str) {
    walk.draft.marks.insert(local(scope, name));
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
    let mut at = walk.function_around();
    while let Some((index, function)) = at.and_then(|at| Some((at, walk.draft.functions.get(at as usize)?))) {
        if function.parameters.iter().any(|parameter| parameter == name)
            || walk.draft.marks.contains(&local(index, name))
        {
            return true;
        }
        at = function.parent;
    }
    false
}

/// Whether a function of the functions around, read before, has that name.
fn is_inner(walk: &Walk<'_>, name: &str) -> bool {
    let Some(outermost) = walk.function_around() else { return false };
    let after = walk.draft.functions.get(outermost as usize..).unwrap_or_default();
    after.iter().any(|function| function.parent.is_some() && function.name == name)
}

pub(super) fn class(path: &str) -> SmolStr {
    format_smolstr!("class {path}")
}

pub(super) fn field(path: &str) -> SmolStr {
    format_smolstr!("field {path}")
}

pub(super) fn method(path: &str) -> SmolStr {
    format_smolstr!("method {path}")
}

fn known(name: &str) -> SmolStr {
    format_smolstr!("import {name}")
}

fn local(scope: Scope, name: &str) -> SmolStr {
    format_smolstr!("{scope} {name}")
}

//! Go: functions, types, imports, names; what frameworks make of them is in the modules beside.

mod calls;
pub(crate) mod packages;
mod registrars;
mod routes;
mod syntax;
mod types;

use tree_sitter::Node;

use super::Reader;
use crate::{
    field::Field,
    resolve::ModulePath,
    walk::{FunctionShape, Role, Walk, children},
    wiring::{MODULE, Reference, Scope, Text, Value},
};
use syntax::{path_of, text_of};

/// The reader of Go.
pub(crate) struct Go;

/// Calls and closures have parentheses; nothing else in an expression is of interest.
const CALLS: &[&str] = &["("];

impl Reader for Go {
    fn roles(&self) -> &'static [(&'static str, Role)] {
        &[
            ("function_declaration", Role::Function),
            ("method_declaration", Role::Function),
            ("func_literal", Role::Function),
            ("type_spec", Role::Other),
            ("call_expression", Role::Call),
            ("short_var_declaration", Role::Bind),
            ("assignment_statement", Role::Bind),
            ("var_spec", Role::Bind),
            ("const_spec", Role::Bind),
            ("range_clause", Role::Bind),
            ("import_spec", Role::Import),
            ("return_statement", Role::Other),
            ("for_statement", Role::Loop),
            ("comment", Role::Prune),
            ("interpreted_string_literal", Role::Prune),
            ("raw_string_literal", Role::Prune),
            ("rune_literal", Role::Prune),
            ("qualified_type", Role::Prune),
            ("pointer_type", Role::Prune),
            ("slice_type", Role::Prune),
            ("map_type", Role::Prune),
            ("type_arguments", Role::Prune),
            ("package_clause", Role::Prune),
            ("parameter_list", Role::Prune),
            ("literal_value", Role::Within(CALLS)),
            ("literal_element", Role::Within(CALLS)),
            ("composite_literal", Role::Within(CALLS)),
            ("keyed_element", Role::Within(CALLS)),
            ("argument_list", Role::Within(CALLS)),
            ("expression_list", Role::Within(CALLS)),
            ("selector_expression", Role::Within(CALLS)),
            ("unary_expression", Role::Within(CALLS)),
            ("binary_expression", Role::Within(CALLS)),
            ("parenthesized_expression", Role::Within(CALLS)),
            ("index_expression", Role::Within(CALLS)),
            ("slice_expression", Role::Within(CALLS)),
        ]
    }

    fn begin<'t>(&self, walk: &mut Walk<'t>, root: Node<'t>) {
        registrars::declared(walk, root);
    }

    fn function<'t>(&self, walk: &Walk<'t>, node: Node<'t>) -> Option<FunctionShape<'t>> {
        syntax::function(walk, node)
    }

    fn function_entered<'t>(&self, walk: &mut Walk<'t>, index: u32, node: Node<'t>, _: &[Node<'t>]) {
        types::parameters(walk, index, node);
        if node.kind() == "func_literal" {
            returned_closure(walk, index);
        }
    }

    fn call<'t>(&self, walk: &mut Walk<'t>, node: Node<'t>) {
        routes::handed_on(walk, node);
        if !routes::call(walk, node) {
            calls::call(walk, node);
        }
    }

    fn bind<'t>(&self, walk: &mut Walk<'t>, node: Node<'t>) {
        let is_spec = matches!(node.kind(), "var_spec" | "const_spec");
        if node.kind() == "assignment_statement"
            && node.field("operator").is_some_and(|operator| walk.slice(operator) != "=")
        {
            return;
        }
        let names = if is_spec {
            node.children_by_field_name("name", &mut node.walk()).filter(Node::is_named).collect()
        } else {
            node.field("left").map(children).unwrap_or_default()
        };
        if node.kind() == "range_clause" {
            return ranged(walk, &names);
        }
        let right = node.field(if is_spec { "value" } else { "right" });
        let values = right.map(children).unwrap_or_default();
        let scope = walk.scope();
        if values.is_empty() {
            let declared = node.field("type");
            for name in names.iter().take(16) {
                types::variable(walk, scope, walk.slice(*name), declared);
            }
            return;
        }
        for (at, name) in names.iter().enumerate().take(16) {
            let Some(path) = path_of(walk, *name).filter(|path| path != "_") else { continue };
            // A call that gives several values tells of the first one only.
            let value = if names.len() == values.len() { values.get(at) } else { values.first() };
            match value {
                Some(value) if node.kind() == "assignment_statement" && !is_local(walk, &path) => {
                    // A variable of the package: its first value, and other texts that it is given.
                    if let Some(text) = text_of(walk, *value).filter(|text| text.as_literal().is_some()) {
                        walk.draft.bind(MODULE, path, Value::Text(text));
                    }
                }
                Some(value) if names.len() == values.len() || at == 0 => {
                    bind_value(walk, scope, &path, *value);
                }
                _ => walk.draft.bind(scope, path, Value::Other),
            }
        }
    }

    fn import<'t>(&self, walk: &mut Walk<'t>, node: Node<'t>) {
        packages::import(walk, node);
    }

    fn other<'t>(&self, walk: &mut Walk<'t>, node: Node<'t>) -> bool {
        if node.kind() == "type_spec" {
            types::declared(walk, node);
            return true;
        }
        let first = children(node).first().and_then(|list| children(*list).first().copied());
        let returned = first.filter(|first| matches!(first.kind(), "identifier" | "unary_expression"));
        let path = returned.and_then(|value| path_of(walk, types::composite(walk, value).unwrap_or(value)));
        if let (Some(function), Some(path)) = (walk.function_around(), path)
            && !matches!(path.as_str(), "nil" | "err" | "true" | "false")
        {
            walk.draft.wiring.returns.push((function, Reference::local(path)));
        }
        true
    }

    fn module_paths(&self, from: &str, module: &str) -> Vec<ModulePath> {
        packages::module_paths(from, module)
    }

    fn shares_folder(&self) -> bool {
        true
    }
}

/// `for _, handler := range handlers`: the names stand for many values.
fn ranged<'t>(walk: &mut Walk<'t>, names: &[Node<'t>]) {
    let scope = walk.scope();
    for name in names.iter().filter(|name| name.kind() == "identifier").take(2) {
        let name = walk.slice(*name);
        if name != "_" && registrars::held(walk, name).is_some() {
            walk.draft.bind(scope, name, Value::Other);
        }
    }
}

/// Whether a function around declares the name, or it is a member; as far back as 512 bindings.
fn is_local(walk: &Walk<'_>, path: &str) -> bool {
    if path.contains('.') || walk.scope() == MODULE {
        return true;
    }
    let recent = walk.draft.wiring.bindings.iter().rev().take(512);
    let known: Vec<Scope> =
        recent.filter(|binding| binding.name == path).map(|binding| binding.scope).collect();
    let mut at = walk.function_around();
    while let Some((index, function)) = at.and_then(|at| Some((at, walk.draft.functions.get(at as usize)?))) {
        if known.contains(&index) || function.parameters.iter().any(|name| name == path) {
            return true;
        }
        at = function.parent;
    }
    false
}

fn bind_value<'t>(walk: &mut Walk<'t>, scope: Scope, name: &str, value: Node<'t>) {
    calls::tracer(walk, scope, name, value);
    routes::bound(walk, scope, name, value);
    registrars::bound(walk, name, value);
    if scope != MODULE
        && let Some(held) = registrars::held_value(walk, value)
    {
        return walk.draft.bind(scope, name, held);
    }
    let bound = if let Some(made) = types::composite(walk, value) {
        match path_of(walk, made) {
            // A type of the package is what its values are known by; one of another package may be unknown.
            Some(path) if !path.contains('.') => Value::Alias(Reference::local(path)),
            Some(path) => Value::Result(Reference::local(path)),
            None => Value::Other,
        }
    } else {
        match value.kind() {
            "identifier" | "selector_expression" => match path_of(walk, value) {
                Some(path) if path != name => Value::Alias(Reference::local(path)),
                _ => return,
            },
            _ => match text_of(walk, value) {
                Some(text) if text.is_telling() => Value::Text(text),
                Some(text) if is_joined(walk, value) => Value::Text(text),
                _ => match path_of(walk, value) {
                    Some(path) if value.kind() == "call_expression" => Value::Result(Reference::local(path)),
                    _ if scope == MODULE => Value::Other,
                    _ => Value::Text(Text::hole()),
                },
            },
        }
    };
    walk.draft.bind(scope, name, bound);
}

/// Whether the value is text that is known at run time only: what it is called on gives no routers and no stubs.
fn is_joined(walk: &Walk<'_>, value: Node<'_>) -> bool {
    value.field("function").is_some_and(|callee| walk.slice(callee) == "path.Join")
}

/// `return func(…) {…}`, `return http.HandlerFunc(func(…) {…})`: the function gives this closure.
fn returned_closure(walk: &mut Walk<'_>, index: u32) {
    let kinds: Vec<&str> = (0..4).filter_map(|level| Some(walk.ancestor(level)?.kind())).collect();
    let is_returned = matches!(
        kinds.as_slice(),
        ["expression_list", "return_statement", ..]
            | ["argument_list", "call_expression", "expression_list", "return_statement"]
    );
    let is_wrapped = kinds.first() == Some(&"argument_list");
    let is_conversion = || {
        let callee = walk.ancestor(1).and_then(|call| call.field("function"));
        callee.is_some_and(|callee| walk.slice(callee).ends_with("HandlerFunc"))
    };
    let Some(closure) = walk.draft.functions.get(index as usize) else { return };
    let Some(outer) = closure.parent.filter(|_| is_returned && (!is_wrapped || is_conversion())) else {
        return;
    };
    if closure.key.nth == 0 {
        let path = closure.key.path.clone();
        walk.draft.wiring.returns.push((outer, Reference::local(path)));
    }
}

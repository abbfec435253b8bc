//! PHP: functions, classes, names; what frameworks make of calls and attributes is in the modules beside.

mod calls;
mod classes;
mod groups;
mod names;
mod resources;
mod routes;
mod symfony;
mod syntax;

use model::SmolStr;
use tree_sitter::Node;

use super::Reader;
use crate::{
    FunctionKind,
    field::Field,
    resolve::ModulePath,
    walk::{FunctionShape, Role, TypeShape, Walk, children},
};

/// The reader of PHP.
pub(crate) struct Php;

/// Only what is put into a string is of interest.
const PUT_IN: &[&str] = &["$"];

impl Reader for Php {
    fn roles(&self) -> &'static [(&'static str, Role)] {
        &[
            ("method_declaration", Role::Function),
            ("function_definition", Role::Function),
            ("anonymous_function", Role::Function),
            ("arrow_function", Role::Function),
            ("class_declaration", Role::Type),
            ("interface_declaration", Role::Type),
            ("trait_declaration", Role::Type),
            ("enum_declaration", Role::Type),
            ("anonymous_class", Role::Type),
            ("function_call_expression", Role::Call),
            ("member_call_expression", Role::Call),
            ("nullsafe_member_call_expression", Role::Call),
            ("scoped_call_expression", Role::Call),
            ("object_creation_expression", Role::Call),
            ("assignment_expression", Role::Bind),
            ("const_element", Role::Bind),
            ("enum_case", Role::Bind),
            ("property_element", Role::Bind),
            ("namespace_use_declaration", Role::Import),
            ("namespace_definition", Role::Other),
            ("comment", Role::Other),
            ("require_expression", Role::Other),
            ("require_once_expression", Role::Other),
            ("include_expression", Role::Other),
            ("include_once_expression", Role::Other),
            ("for_statement", Role::Loop),
            ("foreach_statement", Role::Loop),
            ("while_statement", Role::Loop),
            ("do_statement", Role::Loop),
            ("text", Role::Prune),
            ("string_content", Role::Prune),
            ("union_type", Role::Prune),
            ("named_type", Role::Prune),
            ("primitive_type", Role::Prune),
            ("optional_type", Role::Prune),
            ("variable_name", Role::Prune),
            ("string", Role::Prune),
            ("class_constant_access_expression", Role::Prune),
            ("namespace_name", Role::Prune),
            ("encapsed_string", Role::Within(PUT_IN)),
        ]
    }

    fn begin<'t>(&self, walk: &mut Walk<'t>, root: Node<'t>) {
        names::declared(walk, root);
    }

    fn function<'t>(&self, walk: &Walk<'t>, node: Node<'t>) -> Option<FunctionShape<'t>> {
        let body = node.field("body");
        let parameters = node.field("parameters");
        let parameters = parameters.map(|list| parameters_of(walk, list)).unwrap_or_default();
        let (name, anchor, kind) = match node.field("name") {
            // What is only declared never runs.
            Some(_) if body.is_none() => return None,
            Some(name) if node.kind() == "method_declaration" => (Some(name), name, FunctionKind::Method),
            Some(name) => (Some(name), name, FunctionKind::Function),
            None => (None, node, FunctionKind::Closure),
        };
        let name = name.map(|name| walk.slice(name).into());
        Some(FunctionShape { name, anchor, kind, receiver: None, parameters, body })
    }

    fn function_entered<'t>(&self, walk: &mut Walk<'t>, index: u32, node: Node<'t>, _: &[Node<'t>]) {
        classes::parameters(walk, index, node);
        if node.kind() == "method_declaration" {
            classes::on_method(walk, index, node);
            symfony::on_method(walk, index, node);
        }
    }

    fn type_shape<'t>(&self, walk: &Walk<'t>, node: Node<'t>) -> Option<TypeShape> {
        let bases = classes::bases(walk, node);
        let name = match node.field("name") {
            Some(name) => walk.slice(name).into(),
            None => bases.first().map_or("class".into(), |base| names::last_of(base).into()),
        };
        Some(TypeShape { name, bases })
    }

    fn type_entered<'t>(&self, walk: &mut Walk<'t>, node: Node<'t>, _: &[Node<'t>]) {
        let bases = walk.draft.wiring.types.last().map(|fact| fact.bases.clone()).unwrap_or_default();
        bases.iter().for_each(|base| names::know(walk, base));
        symfony::on_type(walk, node);
    }

    fn call<'t>(&self, walk: &mut Walk<'t>, node: Node<'t>) {
        routes::call(walk, node);
        calls::call(walk, node);
    }

    fn bind<'t>(&self, walk: &mut Walk<'t>, node: Node<'t>) {
        classes::bind(walk, node);
    }

    fn import<'t>(&self, walk: &mut Walk<'t>, node: Node<'t>) {
        names::import(walk, node);
    }

    fn other<'t>(&self, walk: &mut Walk<'t>, node: Node<'t>) -> bool {
        match node.kind() {
            "namespace_definition" => names::namespace(walk, node),
            "comment" => symfony::comment(walk, node),
            _ => routes::included(walk, node),
        }
        true
    }

    fn module_paths(&self, from: &str, module: &str) -> Vec<ModulePath> {
        names::module_paths(from, module)
    }
}

fn parameters_of(walk: &Walk<'_>, list: Node<'_>) -> Vec<SmolStr> {
    let name = |node: Node<'_>| Some(walk.slice(node.field("name")?));
    let all = children(list).into_iter().filter_map(name);
    all.map(|name| name.trim_start_matches(['$', '&', '.']).into()).collect()
}

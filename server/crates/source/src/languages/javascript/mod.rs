//! JavaScript, TypeScript and TSX: functions, imports, names; what frameworks make of them is in the modules beside.

mod syntax;

use tree_sitter::Node;

use super::Reader;
use crate::{
    resolve::ModulePath,
    walk::{FunctionShape, Role, TypeShape, Walk},
};

/// The reader of JavaScript and TypeScript.
pub(crate) struct JavaScript;

impl Reader for JavaScript {
    fn roles(&self) -> &'static [(&'static str, Role)] {
        &[
            ("function_declaration", Role::Function),
            ("function_expression", Role::Function),
            ("generator_function", Role::Function),
            ("generator_function_declaration", Role::Function),
            ("arrow_function", Role::Function),
            ("method_definition", Role::Function),
            ("class_declaration", Role::Type),
            ("class", Role::Type),
            ("abstract_class_declaration", Role::Type),
            ("decorator", Role::Decorator),
            ("for_statement", Role::Loop),
            ("for_in_statement", Role::Loop),
            ("while_statement", Role::Loop),
            ("do_statement", Role::Loop),
            ("comment", Role::Prune),
            ("type_annotation", Role::Prune),
            ("interface_declaration", Role::Prune),
            ("type_alias_declaration", Role::Prune),
            ("regex", Role::Prune),
        ]
    }

    fn function<'t>(&self, walk: &Walk<'t>, node: Node<'t>) -> Option<FunctionShape<'t>> {
        syntax::function(walk, node)
    }

    fn type_shape<'t>(&self, walk: &Walk<'t>, node: Node<'t>) -> Option<TypeShape> {
        syntax::class(walk, node)
    }

    fn call<'t>(&self, _walk: &mut Walk<'t>, _node: Node<'t>) {}

    fn module_paths(&self, _from: &str, _module: &str) -> Vec<ModulePath> {
        Vec::new()
    }
}

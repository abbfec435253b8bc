//! Rust: functions, imports, names; what frameworks make of them is in the modules beside.

mod syntax;

use tree_sitter::Node;

use super::Reader;
use crate::{
    resolve::ModulePath,
    walk::{FunctionShape, Role, TypeShape, Walk},
};

/// The reader of Rust.
pub(crate) struct Rust;

impl Reader for Rust {
    fn roles(&self) -> &'static [(&'static str, Role)] {
        &[
            ("function_item", Role::Function),
            ("function_signature_item", Role::Other),
            ("closure_expression", Role::Function),
            ("impl_item", Role::Type),
            ("trait_item", Role::Type),
            ("struct_item", Role::Prune),
            ("enum_item", Role::Prune),
            ("attribute_item", Role::Decorator),
            ("for_expression", Role::Loop),
            ("while_expression", Role::Loop),
            ("loop_expression", Role::Loop),
            ("line_comment", Role::Prune),
            ("block_comment", Role::Prune),
            ("macro_definition", Role::Prune),
        ]
    }

    fn function<'t>(&self, walk: &Walk<'t>, node: Node<'t>) -> Option<FunctionShape<'t>> {
        syntax::function(walk, node)
    }

    fn type_shape<'t>(&self, walk: &Walk<'t>, node: Node<'t>) -> Option<TypeShape> {
        syntax::type_shape(walk, node)
    }

    fn call<'t>(&self, _walk: &mut Walk<'t>, _node: Node<'t>) {}

    fn module_paths(&self, _from: &str, _module: &str) -> Vec<ModulePath> {
        Vec::new()
    }
}

//! Elixir
use super::Reader;
use crate::{
    resolve::ModulePath,
    walk::{FunctionShape, Role, Walk},
};
use tree_sitter::Node;
pub(crate) struct Elixir;
impl Reader for Elixir {
    fn roles(&self) -> &'static [(&'static str, Role)] {
        &[]
    }
    fn function<'t>(&self, _walk: &Walk<'t>, _node: Node<'t>) -> Option<FunctionShape<'t>> {
        None
    }
    fn call<'t>(&self, _walk: &mut Walk<'t>, _node: Node<'t>) {}
    fn module_paths(&self, _from: &str, _module: &str) -> Vec<ModulePath> {
        Vec::new()
    }
}

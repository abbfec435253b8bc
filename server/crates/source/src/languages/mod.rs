//! What each language must tell about its syntax and its frameworks: one reader a language.

pub(crate) mod cpp;
mod csharp;
mod elixir;
pub(crate) mod go;
mod java;
mod javascript;
mod jvm;
mod kotlin;
mod php;
mod python;
mod ruby;
mod rust;
mod texts;

use std::sync::OnceLock;

use tree_sitter::Node;

use crate::{
    Language,
    resolve::ModulePath,
    walk::{FunctionShape, Role, TypeShape, Walk},
};

/// Kinds that have nothing inside in any grammar that has them: a third of all nodes. Asking the parser costs more.
const LEAVES: &[&str] = &[
    "atom",
    "constant",
    "escape_sequence",
    "false",
    "field_identifier",
    "float",
    "float_literal",
    "identifier",
    "int_literal",
    "integer",
    "integer_literal",
    "namespace_identifier",
    "none",
    "null",
    "number",
    "number_literal",
    "package_identifier",
    "property_identifier",
    "self",
    "shorthand_property_identifier",
    "simple_symbol",
    "string_content",
    "string_fragment",
    "this",
    "true",
    "type_identifier",
    "undefined",
];

/// Reads one language. Stateless: what it finds goes to [`Walk::draft`].
pub(crate) trait Reader: Sync {
    /// Kinds of named nodes that are not plain.
    fn roles(&self) -> &'static [(&'static str, Role)];

    /// What a node of [`Role::Asks`] is.
    fn ask<'t>(&self, _walk: &Walk<'t>, _node: Node<'t>) -> Role {
        Role::Plain
    }

    /// Before the first node.
    fn begin<'t>(&self, _walk: &mut Walk<'t>, _root: Node<'t>) {}

    /// A node of [`Role::Function`]; `None` when it is none after all.
    fn function<'t>(&self, walk: &Walk<'t>, node: Node<'t>) -> Option<FunctionShape<'t>>;

    /// Whether a node of [`Role::Function`] that is none runs its inside many times, as blocks of iterators do.
    fn repeats<'t>(&self, _walk: &Walk<'t>, _node: Node<'t>) -> bool {
        false
    }

    /// The function numbered `index` was entered; `decorators` stand before it.
    fn function_entered<'t>(
        &self,
        _walk: &mut Walk<'t>,
        _index: u32,
        _node: Node<'t>,
        _decorators: &[Node<'t>],
    ) {
    }

    /// A node of [`Role::Type`]; `None` when it lends no name.
    fn type_shape<'t>(&self, _walk: &Walk<'t>, _node: Node<'t>) -> Option<TypeShape> {
        None
    }

    /// The type was entered.
    fn type_entered<'t>(&self, _walk: &mut Walk<'t>, _node: Node<'t>, _decorators: &[Node<'t>]) {}

    /// A node of [`Role::Call`].
    fn call<'t>(&self, walk: &mut Walk<'t>, node: Node<'t>);

    /// A node of [`Role::Bind`].
    fn bind<'t>(&self, _walk: &mut Walk<'t>, _node: Node<'t>) {}

    /// A node of [`Role::Import`].
    fn import<'t>(&self, _walk: &mut Walk<'t>, _node: Node<'t>) {}

    /// A node of [`Role::Other`]; answers whether to go on inside.
    fn other<'t>(&self, _walk: &mut Walk<'t>, _node: Node<'t>) -> bool {
        true
    }

    /// After the last node.
    fn end(&self, _walk: &mut Walk<'_>) {}

    /// Where the module written as `module` in the file `from` may lie, the best first.
    fn module_paths(&self, from: &str, module: &str) -> Vec<ModulePath>;

    /// Packages whose import says which web framework a file's routes are declared with.
    fn frameworks(&self) -> &'static [&'static str] {
        &[]
    }

    /// Whether the files of one folder see each other's names without an import.
    fn shares_folder(&self) -> bool {
        false
    }

    /// Whether types are known everywhere by their whole names, without an import: constants of Ruby, modules of Elixir.
    fn shares_all(&self) -> bool {
        false
    }
}

impl Language {
    /// The reader of this language.
    pub(crate) fn reader(self) -> &'static dyn Reader {
        match self {
            Language::Python => &python::Python,
            Language::JavaScript | Language::TypeScript | Language::Tsx => &javascript::JavaScript,
            Language::Rust => &rust::Rust,
            Language::Go => &go::Go,
            Language::Java => &java::Java,
            Language::Kotlin => &kotlin::Kotlin,
            Language::CSharp => &csharp::CSharp,
            Language::Php => &php::Php,
            Language::Cpp => &cpp::Cpp,
            Language::Ruby => &ruby::Ruby,
            Language::Elixir => &elixir::Elixir,
        }
    }

    /// Roles by kind of node; made once.
    pub(crate) fn roles(self) -> &'static [Role] {
        static TABLES: [OnceLock<Vec<Role>>; Language::ALL.len()] =
            [const { OnceLock::new() }; Language::ALL.len()];
        TABLES[self as usize].get_or_init(|| {
            let grammar = self.grammar();
            let mut roles = vec![Role::Plain; grammar.node_kind_count()];
            // A kind may have several ids: aliases.
            for (id, role) in roles.iter_mut().enumerate() {
                let id = id as u16;
                let kind = grammar.node_kind_for_id(id).unwrap_or_default();
                if !grammar.node_kind_is_named(id) {
                    *role = Role::Prune;
                    continue;
                }
                let known = self.reader().roles().iter().find(|(name, _)| *name == kind);
                *role = match known {
                    Some((_, known)) => *known,
                    None if LEAVES.contains(&kind) => Role::Prune,
                    None => Role::Plain,
                };
            }
            roles
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_kind_that_a_reader_names_is_in_its_grammar() {
        // One reader may serve several grammars: one of them must know the kind.
        for language in Language::ALL {
            let same = |other: &Language| std::ptr::eq(other.reader().roles(), language.reader().roles());
            let grammars: Vec<_> = Language::ALL.into_iter().filter(same).map(Language::grammar).collect();
            for (kind, _) in language.reader().roles() {
                let known = grammars.iter().any(|grammar| grammar.id_for_node_kind(kind, true) != 0);
                assert!(known, "{language:?} has no {kind}");
            }
        }
    }
}

//! Rust: functions, imports, names; what frameworks make of them is in the modules beside.

mod attributes;
mod calls;
mod graphql;
mod macros;
mod modules;
mod rocket;
mod routes;
mod syntax;
mod warp;

use tree_sitter::Node;

use super::Reader;
use crate::{
    field::Field,
    resolve::ModulePath,
    walk::{FunctionShape, Role, TypeShape, Walk, children},
    wiring::{Handler, MODULE, Reference, RpcFact, Scope, Text, Value},
};
use syntax::{path_of, text_of};

/// The reader of Rust.
pub(crate) struct Rust;

/// Calls have parentheses, closures bars, macros a bang; all else of interest stands in a block.
const CALLS: &[&str] = &["(", "|", "!", "{"];

impl Reader for Rust {
    fn roles(&self) -> &'static [(&'static str, Role)] {
        &[
            ("function_item", Role::Function),
            ("closure_expression", Role::Function),
            ("impl_item", Role::Type),
            ("trait_item", Role::Type),
            ("struct_item", Role::Other),
            ("enum_item", Role::Other),
            ("attribute_item", Role::Decorator),
            ("call_expression", Role::Call),
            ("macro_invocation", Role::Other),
            ("let_declaration", Role::Bind),
            ("const_item", Role::Bind),
            ("static_item", Role::Bind),
            ("use_declaration", Role::Import),
            ("mod_item", Role::Other),
            ("return_expression", Role::Other),
            ("for_expression", Role::Loop),
            ("while_expression", Role::Loop),
            ("loop_expression", Role::Loop),
            ("line_comment", Role::Prune),
            ("string_literal", Role::Prune),
            ("raw_string_literal", Role::Prune),
            ("char_literal", Role::Prune),
            ("type_arguments", Role::Prune),
            ("type_parameters", Role::Prune),
            ("generic_type", Role::Prune),
            ("where_clause", Role::Prune),
            ("reference_type", Role::Prune),
            ("scoped_type_identifier", Role::Prune),
            ("visibility_modifier", Role::Prune),
            ("block_comment", Role::Prune),
            ("macro_definition", Role::Prune),
            ("token_tree", Role::Prune),
            ("scoped_identifier", Role::Prune),
            ("tuple_struct_pattern", Role::Prune),
            ("struct_pattern", Role::Prune),
            ("or_pattern", Role::Prune),
            ("tuple_pattern", Role::Prune),
            ("arguments", Role::Within(CALLS)),
            ("field_expression", Role::Within(CALLS)),
            ("reference_expression", Role::Within(CALLS)),
            ("binary_expression", Role::Within(CALLS)),
            ("unary_expression", Role::Within(CALLS)),
            ("index_expression", Role::Within(CALLS)),
            ("tuple_expression", Role::Within(CALLS)),
            ("array_expression", Role::Within(CALLS)),
            ("parenthesized_expression", Role::Within(CALLS)),
        ]
    }

    fn begin<'t>(&self, walk: &mut Walk<'t>, _root: Node<'t>) {
        for root in ["crate", "super"] {
            walk.draft.bind(MODULE, root, Value::Import(root.into(), None));
        }
    }

    fn function<'t>(&self, walk: &Walk<'t>, node: Node<'t>) -> Option<FunctionShape<'t>> {
        syntax::function(walk, node)
    }

    fn function_entered<'t>(&self, walk: &mut Walk<'t>, index: u32, node: Node<'t>, decorators: &[Node<'t>]) {
        for decorator in decorators {
            attributes::on_function(walk, index, *decorator);
        }
        // The last expression is what the function returns.
        let last = node.field("body").and_then(|body| children(body).last().copied());
        if let Some(last) = last.filter(|last| matches!(last.kind(), "identifier" | "scoped_identifier"))
            && let Some(path) = path_of(walk, last)
        {
            walk.draft.wiring.returns.push((index, Reference::local(path)));
        }
    }

    fn type_shape<'t>(&self, walk: &Walk<'t>, node: Node<'t>) -> Option<TypeShape> {
        syntax::type_shape(walk, node)
    }

    fn type_entered<'t>(&self, walk: &mut Walk<'t>, node: Node<'t>, decorators: &[Node<'t>]) {
        // tonic: `impl greeter_server::Greeter for MyGreeter`.
        let Some(path) = walk.type_path() else { return };
        for decorator in decorators {
            graphql::on_type(walk, &path, *decorator);
        }
        let implemented = node.field("trait").and_then(|base| path_of(walk, base));
        let Some(implemented) = implemented else { return };
        let says_tonic = decorators.iter().any(|decorator| walk.slice(*decorator).contains("tonic"));
        if says_tonic || implemented.contains("_server.") {
            let service = implemented.rsplit('.').next().unwrap_or_default().into();
            let handler = Handler::Named(MODULE, Reference::local(path));
            walk.draft.wiring.rpcs.push(RpcFact { service, method: None, handler, scope: MODULE });
        }
    }

    fn call<'t>(&self, walk: &mut Walk<'t>, node: Node<'t>) {
        if !routes::call(walk, node) && !warp::call(walk, node) {
            calls::call(walk, node);
        }
    }

    fn bind<'t>(&self, walk: &mut Walk<'t>, node: Node<'t>) {
        let name = node.field("pattern").or_else(|| node.field("name"));
        let (Some(name), Some(value)) = (name, node.field("value")) else { return };
        let name = if name.kind() == "mut_pattern" { name.named_child(1).unwrap_or(name) } else { name };
        if name.kind() != "identifier" {
            return;
        }
        let scope = walk.scope();
        let name = walk.slice(name);
        let in_type = walk.direct_type().and(walk.type_path());
        match in_type {
            Some(class) => bind_value(walk, MODULE, &format!("{class}.{name}"), value),
            None => bind_value(walk, scope, name, value),
        }
    }

    fn import<'t>(&self, walk: &mut Walk<'t>, node: Node<'t>) {
        modules::import(walk, node);
    }

    fn other<'t>(&self, walk: &mut Walk<'t>, node: Node<'t>) -> bool {
        match node.kind() {
            "struct_item" | "enum_item" => {
                if let Some(name) = node.field("name") {
                    let path = walk.path_of(walk.slice(name));
                    walk.draft.add_type(path, Vec::new());
                }
                false
            }
            "macro_invocation" => {
                macros::invoked(walk, node);
                true
            }
            "mod_item" => {
                if let Some(name) = node.field("name") {
                    let name = walk.slice(name);
                    let is_inline = node.field("body").is_some();
                    let module =
                        if is_inline { modules::SAME_FILE.into() } else { format!("self::{name}").into() };
                    walk.draft.bind(MODULE, name, Value::Import(module, None));
                }
                true
            }
            _ => {
                // A chain on a router is followed where its links are read.
                let value = node.named_child(0).filter(|value| {
                    let callee = value.field("function").filter(|_| value.kind() == "call_expression");
                    callee.is_none_or(|callee| callee.kind() != "field_expression")
                });
                let returned = value.and_then(|value| path_of(walk, value));
                if let (Some(function), Some(path)) = (walk.function_around(), returned) {
                    walk.draft.wiring.returns.push((function, Reference::local(path)));
                }
                true
            }
        }
    }

    fn module_paths(&self, from: &str, module: &str) -> Vec<ModulePath> {
        modules::module_paths(from, module)
    }
}

fn bind_value<'t>(walk: &mut Walk<'t>, scope: Scope, name: &str, value: Node<'t>) {
    calls::tracer(walk, scope, name, value);
    let bound = match value.kind() {
        "identifier" | "scoped_identifier" | "field_expression" => match path_of(walk, value) {
            Some(path) if path != name => Value::Alias(Reference::local(path)),
            _ => return,
        },
        _ => match text_of(walk, value) {
            Some(text) if text.is_telling() => Value::Text(text),
            _ => match path_of(walk, value) {
                Some(path) if value.kind() != "macro_invocation" => Value::Result(Reference::local(path)),
                _ if scope == MODULE => Value::Other,
                _ => Value::Text(Text::hole()),
            },
        },
    };
    walk.draft.bind(scope, name, bound);
}

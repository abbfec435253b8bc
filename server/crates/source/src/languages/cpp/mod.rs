//! C++: functions and classes; what frameworks make of calls and bases is in the modules beside.

mod calls;
mod mask;
mod names;
mod routes;
mod syntax;
mod types;

use tree_sitter::Node;

use super::Reader;
use crate::{
    FunctionKind,
    field::Field,
    resolve::ModulePath,
    walk::{FunctionShape, Role, TypeShape, Walk},
};
pub(crate) use mask::mask;
use names::segments;
use syntax::{declarator_of, parameters_of};

/// The reader of C++, and of C.
pub(crate) struct Cpp;

/// Calls have parentheses, and what declares something has braces.
const CALLS: &[&str] = &["(", "{"];

impl Reader for Cpp {
    fn roles(&self) -> &'static [(&'static str, Role)] {
        &[
            ("function_definition", Role::Function),
            ("lambda_expression", Role::Function),
            ("class_specifier", Role::Type),
            ("struct_specifier", Role::Type),
            ("call_expression", Role::Call),
            ("new_expression", Role::Other),
            ("declaration", Role::Bind),
            ("field_declaration", Role::Bind),
            ("assignment_expression", Role::Bind),
            ("preproc_def", Role::Bind),
            ("preproc_include", Role::Import),
            ("for_statement", Role::Loop),
            ("for_range_loop", Role::Loop),
            ("while_statement", Role::Loop),
            ("do_statement", Role::Loop),
            ("comment", Role::Prune),
            ("string_literal", Role::Prune),
            ("raw_string_literal", Role::Prune),
            ("char_literal", Role::Prune),
            ("primitive_type", Role::Prune),
            ("system_lib_string", Role::Prune),
            ("preproc_function_def", Role::Prune),
            ("type_qualifier", Role::Prune),
            ("qualified_identifier", Role::Within(CALLS)),
            ("argument_list", Role::Within(CALLS)),
            ("parameter_list", Role::Within(CALLS)),
            ("template_argument_list", Role::Within(CALLS)),
            ("template_type", Role::Within(CALLS)),
            ("template_function", Role::Within(CALLS)),
            ("type_descriptor", Role::Within(CALLS)),
            ("field_expression", Role::Within(CALLS)),
            ("reference_declarator", Role::Within(CALLS)),
            ("pointer_declarator", Role::Within(CALLS)),
            ("subscript_expression", Role::Within(CALLS)),
            ("pointer_expression", Role::Within(CALLS)),
        ]
    }

    fn begin<'t>(&self, walk: &mut Walk<'t>, _: Node<'t>) {
        routes::drogon(walk);
    }

    fn function<'t>(&self, walk: &Walk<'t>, node: Node<'t>) -> Option<FunctionShape<'t>> {
        // What is only declared, defaulted or deleted has no body.
        let body = node.field("body")?;
        let declarator = declarator_of(node);
        let parameters = declarator.map(|declarator| parameters_of(walk, declarator)).unwrap_or_default();
        if node.kind() == "lambda_expression" {
            let kind = FunctionKind::Closure;
            return Some(FunctionShape {
                name: None,
                anchor: node,
                kind,
                receiver: None,
                parameters,
                body: Some(body),
            });
        }
        let named = declarator.filter(|declarator| declarator.kind() == "function_declarator")?;
        let named = named.field("declarator")?;
        let names = segments(walk, named);
        let (name, outer) = names.split_last()?;
        // A macro before it may make a statement look like a function.
        if matches!(*name, "if" | "for" | "while" | "switch" | "catch" | "return" | "else" | "do" | "") {
            return None;
        }
        // In a function only a broken parse finds another one; without a type it is a macro before a block.
        let is_nested = walk.function_around().is_some() && walk.direct_type().is_none();
        if node.field("type").is_none() && is_nested {
            return None;
        }
        let receiver = outer.last().map(|class| (*class).into());
        let is_method = receiver.is_some() || walk.direct_type().is_some();
        let kind = if is_method { FunctionKind::Method } else { FunctionKind::Function };
        let anchor = last_name(named);
        Some(FunctionShape {
            name: Some((*name).into()),
            anchor,
            kind,
            receiver,
            parameters,
            body: Some(body),
        })
    }

    fn function_entered<'t>(&self, walk: &mut Walk<'t>, index: u32, node: Node<'t>, _: &[Node<'t>]) {
        types::parameters(walk, index, node);
        routes::endpoint(walk, index, node);
    }

    fn type_shape<'t>(&self, walk: &Walk<'t>, node: Node<'t>) -> Option<TypeShape> {
        // Without a body it is a mention.
        node.field("body")?;
        let name = node.field("name").and_then(|name| segments(walk, name).last().copied());
        Some(TypeShape { name: name.unwrap_or("struct").into(), bases: names::bases(walk, node) })
    }

    fn type_entered<'t>(&self, walk: &mut Walk<'t>, node: Node<'t>, _: &[Node<'t>]) {
        types::entered(walk);
        routes::endpoint_class(walk, node);
    }

    fn call<'t>(&self, walk: &mut Walk<'t>, node: Node<'t>) {
        routes::call(walk, node);
        calls::call(walk, node);
    }

    fn bind<'t>(&self, walk: &mut Walk<'t>, node: Node<'t>) {
        types::bind(walk, node);
    }

    fn import<'t>(&self, walk: &mut Walk<'t>, node: Node<'t>) {
        names::include(walk, node);
    }

    fn other<'t>(&self, walk: &mut Walk<'t>, node: Node<'t>) -> bool {
        calls::created(walk, node);
        true
    }

    fn end(&self, walk: &mut Walk<'_>) {
        calls::answers(walk);
    }

    fn module_paths(&self, from: &str, module: &str) -> Vec<ModulePath> {
        names::module_paths(from, module)
    }
}

/// The node of the last segment.
fn last_name(node: Node<'_>) -> Node<'_> {
    let mut at = node;
    for _ in 0..32 {
        let inner = match at.kind() {
            "qualified_identifier" | "template_function" => at.field("name"),
            _ => None,
        };
        match inner {
            Some(inner) => at = inner,
            None => break,
        }
    }
    at
}

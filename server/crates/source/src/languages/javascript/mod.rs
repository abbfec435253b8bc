//! JavaScript, TypeScript and TSX: functions, names; what frameworks make of them is in the modules beside.

mod calls;
mod express;
mod fastify;
mod graphql;
mod hono;
mod modules;
mod nest;
mod next;
mod queues;
mod syntax;

use model::SmolStr;
use smol_str::format_smolstr;
use tree_sitter::Node;

use super::Reader;
use crate::{
    field::Field,
    resolve::ModulePath,
    walk::{FunctionShape, Role, TypeShape, Walk, children, dotted},
    wiring::{MODULE, Reference, Scope, Text, Value},
};
use syntax::{path_of, property_name, text_of};

/// The reader of JavaScript and TypeScript.
pub(crate) struct JavaScript;

/// What is of interest in an expression: calls, closures, templates that are calls, assignments, and what is made or
/// declared without parentheses.
const CALLS: &[&str] = &["(", "=", "`", "new", "class"];
/// Attributes and children of elements are of interest where they are expressions.
const PUT_IN: &[&str] = &["{"];
/// The same, where quotes of the kind stand at both ends.
const TEMPLATES: &[&str] = &["${"];

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
            ("call_expression", Role::Call),
            ("new_expression", Role::Call),
            ("variable_declarator", Role::Bind),
            ("assignment_expression", Role::Bind),
            ("public_field_definition", Role::Bind),
            ("field_definition", Role::Bind),
            ("import_statement", Role::Import),
            ("export_statement", Role::Other),
            ("enum_declaration", Role::Other),
            ("return_statement", Role::Other),
            ("for_statement", Role::Loop),
            ("for_in_statement", Role::Loop),
            ("while_statement", Role::Loop),
            ("do_statement", Role::Loop),
            ("comment", Role::Prune),
            ("string", Role::Prune),
            ("type_arguments", Role::Prune),
            ("type_parameters", Role::Prune),
            ("type_annotation", Role::Prune),
            ("interface_declaration", Role::Prune),
            ("type_alias_declaration", Role::Prune),
            ("regex", Role::Prune),
            ("arguments", Role::Within(CALLS)),
            ("object", Role::Within(CALLS)),
            ("pair", Role::Within(CALLS)),
            ("array", Role::Within(CALLS)),
            ("member_expression", Role::Within(CALLS)),
            ("subscript_expression", Role::Within(CALLS)),
            ("binary_expression", Role::Within(CALLS)),
            ("unary_expression", Role::Within(CALLS)),
            ("ternary_expression", Role::Within(CALLS)),
            ("parenthesized_expression", Role::Within(CALLS)),
            ("spread_element", Role::Within(CALLS)),
            ("update_expression", Role::Within(CALLS)),
            ("as_expression", Role::Within(CALLS)),
            ("non_null_expression", Role::Within(CALLS)),
            ("jsx_attribute", Role::Within(PUT_IN)),
            ("jsx_opening_element", Role::Within(PUT_IN)),
            ("jsx_self_closing_element", Role::Within(PUT_IN)),
            ("jsx_closing_element", Role::Within(PUT_IN)),
            ("template_string", Role::Within(TEMPLATES)),
        ]
    }

    fn begin<'t>(&self, walk: &mut Walk<'t>, _root: Node<'t>) {
        next::begin(walk);
    }

    fn function<'t>(&self, walk: &Walk<'t>, node: Node<'t>) -> Option<FunctionShape<'t>> {
        syntax::function(walk, node)
    }

    fn function_entered<'t>(&self, walk: &mut Walk<'t>, index: u32, node: Node<'t>, decorators: &[Node<'t>]) {
        let own: Vec<Node<'t>> =
            children(node).into_iter().filter(|child| child.kind() == "decorator").collect();
        for decorator in decorators.iter().chain(&own) {
            nest::on_method(walk, index, *decorator);
        }
        let is_constructor =
            walk.draft.functions.get(index as usize).is_some_and(|function| function.name == "constructor");
        if is_constructor {
            injected(walk, node);
        }
        destructured(walk, index, node);
    }

    fn type_shape<'t>(&self, walk: &Walk<'t>, node: Node<'t>) -> Option<TypeShape> {
        syntax::class(walk, node)
    }

    fn type_entered<'t>(&self, walk: &mut Walk<'t>, node: Node<'t>, decorators: &[Node<'t>]) {
        let own: Vec<Node<'t>> =
            children(node).into_iter().filter(|child| child.kind() == "decorator").collect();
        let Some(path) = walk.type_path() else { return };
        for decorator in decorators.iter().chain(&own) {
            if let Some(expression) = decorator.named_child(0) {
                nest::on_class(walk, &path, expression);
            }
        }
    }

    fn call<'t>(&self, walk: &mut Walk<'t>, node: Node<'t>) {
        if !express::call(walk, node) && !nest::call(walk, node) {
            calls::call(walk, node, None);
        }
    }

    fn bind<'t>(&self, walk: &mut Walk<'t>, node: Node<'t>) {
        match node.kind() {
            "variable_declarator" => {
                let (name, value) = (node.field("name"), node.field("value"));
                if let (Some(name), Some(value)) = (name, value) {
                    let scope = walk.scope();
                    modules::bind_pattern(walk, scope, name, value);
                }
            }
            "assignment_expression" => {
                let (left, right) = (node.field("left"), node.field("right"));
                if let (Some(left), Some(right)) = (left, right) {
                    modules::assigned(walk, left, right);
                }
            }
            _ => {
                let name = node.field("name").or_else(|| node.field("property"));
                let (Some(name), Some(class)) = (name, walk.type_path()) else { return };
                let name = dotted(&class, &property_name(walk, name));
                if let Some(value) = node.field("value") {
                    bind_value(walk, MODULE, name, value);
                }
            }
        }
    }

    fn import<'t>(&self, walk: &mut Walk<'t>, node: Node<'t>) {
        modules::import(walk, node);
    }

    fn other<'t>(&self, walk: &mut Walk<'t>, node: Node<'t>) -> bool {
        if node.kind() == "export_statement" {
            modules::export(walk, node);
        } else if node.kind() == "enum_declaration" {
            members(walk, node);
            return false;
        } else if let (Some(function), Some(value)) = (walk.function_around(), node.named_child(0))
            && matches!(value.kind(), "identifier" | "member_expression")
            && let Some(path) = path_of(walk, value)
        {
            walk.draft.wiring.returns.push((function, Reference::local(path)));
        }
        true
    }

    fn module_paths(&self, from: &str, module: &str) -> Vec<ModulePath> {
        modules::module_paths(from, module)
    }

    fn frameworks(&self) -> &'static [&'static str] {
        &[
            "express",
            "koa",
            "@koa/router",
            "koa-router",
            "@nestjs/common",
            "@hapi/hapi",
            "restify",
            "fastify",
            "hono",
            "next",
        ]
    }
}

/// `name` stands for `value`; functions are found by their own name.
fn bind_value<'t>(walk: &mut Walk<'t>, scope: Scope, name: SmolStr, value: Node<'t>) {
    let value = syntax::unwrapped(value);
    let bound = match value.kind() {
        "arrow_function" | "function_expression" | "generator_function" | "class" => return,
        "call_expression" | "new_expression" => {
            if let Some(module) = modules::required(walk, value) {
                express::imported(walk, &module);
                Value::Import(module, None)
            } else {
                express::constructed(walk, scope, &name, value);
                hono::described(walk, &name, value);
                queues::bound(walk, &name, value);
                calls::tracer(walk, scope, &name, value);
                wrapped(walk, scope, &name, value);
                match (text_of(walk, value), path_of(walk, value)) {
                    (Some(text), _) if text.is_telling() => Value::Text(text),
                    (_, Some(path)) => Value::Result(Reference::local(path)),
                    _ => Value::Other,
                }
            }
        }
        "identifier" | "member_expression" => match modules::reference(walk, value) {
            Some(Reference { module: Some(module), path }) => Value::Import(module, Some(path)),
            Some(reference) => Value::Alias(reference),
            None => Value::Other,
        },
        "object" => {
            bind_members(walk, scope, &name, value, 3);
            Value::Other
        }
        "array" => {
            // Lists of routes: `[{ path: '/users', router: users }, …]`, known by their numbers.
            for (at, item) in
                children(value).into_iter().enumerate().take(64).filter(|(_, item)| item.kind() == "object")
            {
                bind_members(walk, scope, &format_smolstr!("{name}.{at}"), item, 0);
            }
            Value::Other
        }
        "binary_expression" | "ternary_expression"
            if scope != MODULE && syntax::alternatives(walk, value).len() > 1 =>
        {
            let parts = syntax::alternatives(walk, value).into_iter();
            let texts: Vec<Text> = parts.map(|part| text_of(walk, part).unwrap_or_else(Text::hole)).collect();
            return walk.draft.bind_alternatives(scope, &name, texts);
        }
        _ => match text_of(walk, value) {
            Some(text) => Value::Text(text),
            None if scope == MODULE => Value::Other,
            None => Value::Text(Text::hole()),
        },
    };
    walk.draft.bind(scope, name, bound);
}

/// `enum Names { Load = 'load user' }` makes `Names.Load` known.
fn members<'t>(walk: &mut Walk<'t>, node: Node<'t>) {
    let Some((name, body)) = node.field("name").zip(node.field("body")) else {
        return;
    };
    let name = SmolStr::from(walk.slice(name));
    for member in children(body).into_iter().filter(|member| member.kind() == "enum_assignment").take(1_024) {
        let (key, value) = (member.field("name"), member.field("value"));
        let (Some(key), Some(value)) = (key, value) else { continue };
        if let Some(text) = text_of(walk, value) {
            let path = dotted(&name, &property_name(walk, key));
            walk.draft.bind(MODULE, path, Value::Text(text));
        }
    }
}

/// `const handler = withAuth(inner)`: the name may also stand for what is wrapped, if that is a function.
fn wrapped<'t>(walk: &mut Walk<'t>, scope: Scope, name: &SmolStr, value: Node<'t>) {
    let given = syntax::arguments(value);
    let is_wrapper = value.kind() == "call_expression" && (given.len() == 1 || name == "default");
    let inner = given
        .first()
        .copied()
        .map(syntax::unwrapped)
        .filter(|inner| is_wrapper && inner.kind() == "identifier");
    if let Some(inner) = inner.and_then(|inner| modules::reference(walk, inner))
        && inner.path != *name
    {
        walk.draft.bind(scope, name.clone(), Value::Alias(inner));
    }
}

/// `const NAMES = { LOAD: 'load user' }` makes `NAMES.LOAD` known.
fn bind_members<'t>(walk: &mut Walk<'t>, scope: Scope, name: &SmolStr, object: Node<'t>, depth: usize) {
    for pair in children(object).into_iter().filter(|child| child.kind() == "pair").take(512) {
        let (Some(key), Some(value)) = (pair.field("key"), pair.field("value")) else {
            continue;
        };
        let key = property_name(walk, key);
        let path = format_smolstr!("{name}.{key}");
        match value.kind() {
            "string" | "template_string" => {
                if let Some(text) = text_of(walk, value) {
                    walk.draft.bind(scope, path, Value::Text(text));
                }
            }
            "identifier" | "member_expression" => {
                if let Some(target) = modules::reference(walk, value) {
                    walk.draft.bind(scope, path, Value::Alias(target));
                }
            }
            "call_expression" => {
                if let Some(module) = modules::required(walk, value) {
                    walk.draft.bind(scope, path, Value::Import(module, None));
                } else if let Some(callee) = path_of(walk, value) {
                    walk.draft.bind(scope, path, Value::Result(Reference::local(callee)));
                }
            }
            "object" if depth > 0 => bind_members(walk, scope, &path, value, depth - 1),
            _ => {}
        }
    }
}

/// `function traced({ name, run })`: the name is that of the object which is passed. Parameters without a name are
/// known by an empty one, the first of them here.
fn destructured<'t>(walk: &mut Walk<'t>, index: u32, node: Node<'t>) {
    let Some(list) = node.field("parameters") else { return };
    let text = walk.slice(list);
    if !(text.contains('{') && text.contains("name")) {
        return;
    }
    let pattern = |parameter: Node<'t>| match parameter.kind() {
        "required_parameter" | "optional_parameter" => parameter.field("pattern"),
        "assignment_pattern" => parameter.field("left"),
        _ => Some(parameter),
    };
    let first =
        children(list).into_iter().filter_map(pattern).find(|pattern| pattern.kind() == "object_pattern");
    for part in first.map(children).unwrap_or_default() {
        let local = match part.kind() {
            "shorthand_property_identifier_pattern" if walk.slice(part) == "name" => Some(part),
            "pair_pattern" => {
                let key = part.field("key").filter(|key| walk.slice(*key) == "name");
                key.and_then(|_| part.field("value")).filter(|local| local.kind() == "identifier")
            }
            _ => None,
        };
        if let Some(local) = local {
            let local = SmolStr::from(walk.slice(local));
            walk.draft.bind(index, local, Value::Alias(Reference::local(".name")));
        }
    }
}

/// `constructor(private readonly users: UsersService)`: `this.users` is one of those.
fn injected<'t>(walk: &mut Walk<'t>, node: Node<'t>) {
    let Some(class) = walk.type_path() else { return };
    let list = node.field("parameters").map(children).unwrap_or_default();
    for parameter in list {
        let is_member = children(parameter).iter().any(|child| child.kind() == "accessibility_modifier");
        let named = parameter.field("pattern").filter(|_| is_member);
        let typed = parameter.field("type").and_then(|annotation| annotation.named_child(0));
        if let (Some(name), Some(Some(path))) = (named, typed.map(|typed| path_of(walk, typed))) {
            let name = dotted(&class, walk.slice(name));
            walk.draft.bind(MODULE, name, Value::Result(Reference::local(path)));
        }
    }
}

//! C#: types, methods, properties, usings, variables; what frameworks make of them is in the modules beside.

mod calls;
mod controllers;
mod endpoints;
mod main;
mod names;
mod services;
mod spans;
mod syntax;

use model::SmolStr;
use tree_sitter::Node;

use super::Reader;
use crate::{
    FunctionKind,
    field::Field,
    resolve::ModulePath,
    walk::{FunctionShape, Role, TypeShape, Walk, children, dotted},
    wiring::{CALLER, MODULE, Reference, Scope, Text, Value},
};
use names::{know, qualified_type};
use syntax::{arguments, attributes, child_of_kind, has_modifier, path_of, text_of, type_name};

/// The reader of C#.
pub(crate) struct CSharp;

/// What is of interest in an expression: calls, members, closures, assignments and what is made.
const CALLS: &[&str] = &["(", ".", "=", "{", "new"];

impl Reader for CSharp {
    fn roles(&self) -> &'static [(&'static str, Role)] {
        &[
            ("method_declaration", Role::Function),
            ("constructor_declaration", Role::Function),
            ("destructor_declaration", Role::Function),
            ("operator_declaration", Role::Function),
            ("conversion_operator_declaration", Role::Function),
            ("local_function_statement", Role::Function),
            ("lambda_expression", Role::Function),
            ("anonymous_method_expression", Role::Function),
            ("accessor_declaration", Role::Function),
            ("arrow_expression_clause", Role::Function),
            ("class_declaration", Role::Type),
            ("struct_declaration", Role::Type),
            ("interface_declaration", Role::Type),
            ("record_declaration", Role::Type),
            ("enum_declaration", Role::Type),
            ("invocation_expression", Role::Call),
            ("object_creation_expression", Role::Call),
            ("implicit_object_creation_expression", Role::Call),
            ("variable_declarator", Role::Bind),
            ("assignment_expression", Role::Bind),
            ("property_declaration", Role::Bind),
            ("using_directive", Role::Import),
            ("return_statement", Role::Other),
            ("member_access_expression", Role::Other),
            ("for_statement", Role::Loop),
            ("foreach_statement", Role::Loop),
            ("while_statement", Role::Loop),
            ("do_statement", Role::Loop),
            ("attribute_list", Role::Prune),
            ("base_list", Role::Prune),
            ("comment", Role::Prune),
            ("string_literal", Role::Prune),
            ("verbatim_string_literal", Role::Prune),
            ("character_literal", Role::Prune),
            ("type_argument_list", Role::Prune),
            ("type_parameter_list", Role::Prune),
            ("nullable_type", Role::Prune),
            ("predefined_type", Role::Prune),
            ("modifier", Role::Prune),
            ("qualified_name", Role::Prune),
            ("generic_name", Role::Prune),
            ("implicit_type", Role::Prune),
            ("typeof_expression", Role::Prune),
            ("boolean_literal", Role::Prune),
            ("identifier", Role::Prune),
            ("argument_list", Role::Within(CALLS)),
            ("argument", Role::Within(CALLS)),
            ("binary_expression", Role::Within(CALLS)),
            ("element_access_expression", Role::Within(CALLS)),
            ("parenthesized_expression", Role::Within(CALLS)),
            ("prefix_unary_expression", Role::Within(CALLS)),
        ]
    }

    fn begin<'t>(&self, walk: &mut Walk<'t>, root: Node<'t>) {
        names::declared(walk, root);
        main::declare(walk, root);
    }

    fn function<'t>(&self, walk: &Walk<'t>, node: Node<'t>) -> Option<FunctionShape<'t>> {
        match node.kind() {
            "accessor_declaration" | "arrow_expression_clause" => accessor(walk, node),
            _ => Some(function(walk, node)),
        }
    }

    fn function_entered<'t>(&self, walk: &mut Walk<'t>, index: u32, node: Node<'t>, _: &[Node<'t>]) {
        parameter_types(walk, index, node);
        match node.kind() {
            "method_declaration" => {
                extension(walk, node);
                endpoints::on_method(walk, index, node);
                let all = attributes(walk, node);
                controllers::on_method(walk, index, node, &all);
                services::on_method(walk, index, node, &all);
                // `=> expression` is what the method returns.
                let body = node.field("body").filter(|body| body.kind() != "block");
                let body = body.filter(|_| endpoints::gives_routes(walk, node));
                if let Some(value) = body.and_then(|body| body.named_child(0)) {
                    endpoints::returned(walk, index, value);
                }
            }
            "arrow_expression_clause" => {
                if let Some(text) = node.named_child(0).and_then(|value| text_of(walk, value)) {
                    let path = walk.draft.functions.get(index as usize).map(|own| own.key.path.clone());
                    walk.draft.bind(MODULE, path.unwrap_or_default(), Value::Text(text));
                }
            }
            _ => {}
        }
    }

    fn type_shape<'t>(&self, walk: &Walk<'t>, node: Node<'t>) -> Option<TypeShape> {
        let name = walk.slice(node.field("name")?).into();
        let bases = base_nodes(node).into_iter().filter_map(|base| type_name(walk, base));
        let bases = bases.map(|base| qualified_type(walk, &base)).collect();
        Some(TypeShape { name, bases })
    }

    fn type_entered<'t>(&self, walk: &mut Walk<'t>, node: Node<'t>, _: &[Node<'t>]) {
        let Some(path) = walk.type_path() else { return };
        let bases = walk.draft.wiring.types.last().map(|fact| fact.bases.clone()).unwrap_or_default();
        for base in &bases {
            know(walk, base);
        }
        // Parameters of a primary constructor are known like fields.
        if let Some(list) = child_of_kind(node, "parameter_list") {
            for (name, class) in typed_parameters(walk, list) {
                let name = dotted(&path, name);
                walk.draft.marks.insert(names::field(&name));
                bind_type(walk, MODULE, name, class);
            }
        }
        controllers::on_type(walk, &path, &bases, node);
        services::on_type(walk, &path, &bases, node);
    }

    fn call<'t>(&self, walk: &mut Walk<'t>, node: Node<'t>) {
        let called = syntax::callee(node).filter(|_| node.kind() == "invocation_expression");
        if let Some((object, name)) = called {
            endpoints::call(walk, node, object, name);
        }
        calls::call(walk, node, called);
    }

    fn bind<'t>(&self, walk: &mut Walk<'t>, node: Node<'t>) {
        match node.kind() {
            "variable_declarator" => variable(walk, node),
            "property_declaration" => property(walk, node),
            _ => assigned(walk, node),
        }
    }

    fn import<'t>(&self, walk: &mut Walk<'t>, node: Node<'t>) {
        // `using Cart = Shop.Cart;`
        let target = children(node).last().copied();
        let (Some(name), Some(target)) = (node.field("name"), target) else { return };
        let Some(last) = type_name(walk, target).and_then(|path| path.rsplit('.').next().map(SmolStr::new))
        else {
            return;
        };
        let name = walk.slice(name);
        if name != last {
            know(walk, &last);
            walk.draft.bind(MODULE, name, Value::Alias(Reference::local(last)));
        }
    }

    fn other<'t>(&self, walk: &mut Walk<'t>, node: Node<'t>) -> bool {
        if node.kind() == "member_access_expression" {
            // `Names.Checkout`: a constant of another file, perhaps.
            if let Some(object) = node.child(0).filter(|object| object.kind() == "identifier") {
                know(walk, walk.slice(object));
            }
            return true;
        }
        let mut around = walk.ancestors.iter().rev().take(16);
        let method = around.find(|node| node.kind() == "method_declaration");
        if method.is_some_and(|method| endpoints::gives_routes(walk, *method))
            && let (Some(function), Some(value)) = (walk.function_around(), node.named_child(0))
        {
            endpoints::returned(walk, function, value);
        }
        true
    }

    fn module_paths(&self, _: &str, module: &str) -> Vec<ModulePath> {
        let of_type = names::type_of_module(module).map(|name| ModulePath::Type(name.into()));
        let of_extension =
            names::extension_of_module(module).map(|name| ModulePath::Member(name.into(), module.into()));
        of_type.or(of_extension).into_iter().collect()
    }

    /// Parts of a class lie in one folder.
    fn shares_folder(&self) -> bool {
        true
    }
}

/// A method, constructor, local function or closure.
fn function<'t>(walk: &Walk<'t>, node: Node<'t>) -> FunctionShape<'t> {
    let parameters = node.field("parameters");
    let parameters = parameters.map(|list| parameters_of(walk, list)).unwrap_or_default();
    let body = node.field("body");
    let anchor = node.field("name").or_else(|| node.field("operator"));
    let Some(anchor) =
        anchor.or_else(|| node.field("type").filter(|_| node.kind() == "conversion_operator_declaration"))
    else {
        let kind = FunctionKind::Closure;
        // It stands where its attributes end.
        let first = children(node).into_iter().find(|child| child.kind() != "attribute_list");
        let has_attributes = node.named_child(0).is_some_and(|child| child.kind() == "attribute_list");
        let anchor = first.filter(|_| has_attributes).unwrap_or(node);
        return FunctionShape { name: None, anchor, kind, receiver: None, parameters, body };
    };
    let kind =
        if node.kind() == "local_function_statement" { FunctionKind::Function } else { FunctionKind::Method };
    let name = match node.kind() {
        "operator_declaration" | "conversion_operator_declaration" => {
            format!("operator {}", walk.slice(anchor)).into()
        }
        "destructor_declaration" => format!("~{}", walk.slice(anchor)).into(),
        _ => walk.slice(anchor).into(),
    };
    FunctionShape { name: Some(name), anchor, kind, receiver: None, parameters, body }
}

/// What a property computes: `=> …`, or an accessor with a body. The first one stands at the property's name.
fn accessor<'t>(walk: &Walk<'t>, node: Node<'t>) -> Option<FunctionShape<'t>> {
    let kind = FunctionKind::Method;
    let is_arrow = node.kind() == "arrow_expression_clause";
    let list = walk.ancestor(0)?;
    let owner = if is_arrow { list } else { walk.ancestor(1)? };
    if !matches!(owner.kind(), "property_declaration" | "indexer_declaration" | "event_declaration") {
        return None;
    }
    let body = if is_arrow { Some(node) } else { Some(node.field("body")?) };
    let name = owner.field("name");
    let is_first =
        is_arrow || children(list).into_iter().find(|other| other.field("body").is_some()) == Some(node);
    let anchor = name.filter(|_| is_first).unwrap_or(node);
    let name = name.map_or("this[]", |name| walk.slice(name)).into();
    Some(FunctionShape { name: Some(name), anchor, kind, receiver: None, parameters: Vec::new(), body })
}

fn parameters_of(walk: &Walk<'_>, list: Node<'_>) -> Vec<SmolStr> {
    if list.kind() == "implicit_parameter" {
        return vec![walk.slice(list).into()];
    }
    let plain =
        children(list).into_iter().filter(|child| matches!(child.kind(), "parameter" | "implicit_parameter"));
    let names = plain.map(|parameter| parameter.field("name").unwrap_or(parameter));
    // Of `params int[] rest` the list itself has the name.
    names.chain(list.field("name")).map(|name| walk.slice(name).into()).collect()
}

/// The parameters of a list with their types.
fn typed_parameters<'t>(walk: &Walk<'t>, list: Node<'t>) -> Vec<(&'t str, SmolStr)> {
    let typed = children(list).into_iter().filter_map(|parameter| {
        let class = type_name(walk, parameter.field("type")?)?;
        Some((walk.slice(parameter.field("name")?), class))
    });
    typed.collect()
}

/// A parameter whose type the program declares knows its methods.
fn parameter_types<'t>(walk: &mut Walk<'t>, index: u32, node: Node<'t>) {
    let list = node.field("parameters").filter(|list| list.kind() == "parameter_list");
    for (name, class) in list.map(|list| typed_parameters(walk, list)).unwrap_or_default() {
        bind_type(walk, index, name.into(), class);
    }
    // A default value that the compiler fills in with the caller's name.
    for parameter in list.map(children).unwrap_or_default() {
        let takes_caller = || attributes(walk, parameter).iter().any(|own| own.name == "CallerMemberName");
        let name = parameter.field("name").filter(|_| takes_caller());
        if let Some(name) = name.map(|name| walk.slice(name)) {
            walk.draft.bind(index, CALLER, Value::Alias(Reference::local(name)));
        }
    }
}

/// `name` holds a `class`.
fn bind_type(walk: &mut Walk<'_>, scope: Scope, name: SmolStr, class: SmolStr) {
    let class = qualified_type(walk, &class);
    know(walk, &class);
    walk.draft.bind(scope, name, Value::Result(Reference::local(class)));
}

/// `static void Map(this IEndpointRouteBuilder app)` is called as `app.Map()` from anywhere.
fn extension<'t>(walk: &mut Walk<'t>, node: Node<'t>) {
    let first = node.field("parameters").and_then(|list| list.named_child(0));
    if !first.is_some_and(|first| has_modifier(walk, first, "this")) {
        return;
    }
    if let (Some(path), Some(name)) = (walk.type_path(), node.field("name")) {
        let name = walk.slice(name);
        names::declare_extension(walk, name, dotted(&path, name));
    }
}

/// The types behind the colon.
fn base_nodes(node: Node<'_>) -> Vec<Node<'_>> {
    let list = child_of_kind(node, "base_list").map(children).unwrap_or_default();
    list.into_iter().filter(|child| child.kind() != "argument_list").collect()
}

/// A field, a constant or a local variable with its first value.
fn variable<'t>(walk: &mut Walk<'t>, node: Node<'t>) {
    let (Some(name), Some(declaration)) = (node.field("name"), walk.ancestor(0)) else {
        return;
    };
    let name = walk.slice(name);
    let owner = walk.ancestor(1).filter(|owner| owner.kind().ends_with("field_declaration"));
    let (scope, name) = match (walk.type_path(), owner) {
        (Some(path), Some(_)) => (MODULE, dotted(&path, name)),
        _ => {
            let scope = walk.scope();
            names::declare_local(walk, scope, name);
            (scope, name.into())
        }
    };
    // A field that is neither constant nor read-only may hold anything later.
    let is_fixed =
        owner.is_none_or(|owner| has_modifier(walk, owner, "const") || has_modifier(walk, owner, "readonly"));
    let class = declaration.field("type").and_then(|class| type_name(walk, class));
    let value = children(node)
        .into_iter()
        .find(|child| child.kind() != "bracketed_argument_list" && child.start_byte() > node.start_byte());
    bind_value(walk, scope, name, class, value, is_fixed);
}

/// A property with a first value, or none.
fn property<'t>(walk: &mut Walk<'t>, node: Node<'t>) {
    let (Some(path), Some(name)) = (walk.type_path(), node.field("name")) else { return };
    let value = node.field("value");
    if value.is_some_and(|value| value.kind() == "arrow_expression_clause") {
        return;
    }
    let name = dotted(&path, walk.slice(name));
    let class = node.field("type").and_then(|class| type_name(walk, class));
    let accessors = node.field("accessors").map(children).unwrap_or_default();
    let is_fixed = !accessors.iter().any(|accessor| walk.slice(*accessor).contains("set"));
    bind_value(walk, MODULE, name, class, value, is_fixed);
}

fn bind_value<'t>(
    walk: &mut Walk<'t>,
    scope: Scope,
    name: SmolStr,
    class: Option<SmolStr>,
    value: Option<Node<'t>>,
    is_fixed: bool,
) {
    if let Some(value) = value {
        spans::source(walk, scope, &name, class.as_deref(), value);
        if endpoints::declared(walk, scope, &name, value) {
            return;
        }
    }
    let created = value.filter(|value| value.kind() == "object_creation_expression");
    let created = created.and_then(|created| type_name(walk, created.field("type")?));
    let class = created.or(class.filter(|class| class != "var" && class != "String"));
    let text = value.and_then(|value| text_of(walk, value));
    match (text, class) {
        (Some(text), None) if is_fixed => walk.draft.bind(scope, name, Value::Text(text)),
        (_, Some(class)) => bind_type(walk, scope, name, class),
        (None, None) if scope != MODULE && value.is_some() => {
            walk.draft.bind(scope, name, Value::Text(Text::hole()));
        }
        _ => walk.draft.bind(scope, name, Value::Other),
    }
}

/// A later value of a variable: one more that its name may stand for.
fn assigned<'t>(walk: &mut Walk<'t>, node: Node<'t>) {
    let (Some(left), Some(right)) = (node.field("left"), node.field("right")) else {
        return;
    };
    calls::assigned(walk, node, left, right);
    spans::renamed(walk, left, right);
    let Some(path) = path_of(walk, left) else { return };
    let is_local = left.kind() == "identifier" && !path.contains('.');
    let scope = if is_local { walk.scope() } else { MODULE };
    spans::source(walk, scope, &path, None, right);
    if !is_local {
        return;
    }
    let is_plain = node.field("operator").is_some_and(|operator| walk.slice(operator) == "=");
    let text = Some(right).filter(|_| is_plain).and_then(|right| text_of(walk, right));
    walk.draft.bind(scope, path, Value::Text(text.unwrap_or_else(Text::hole)));
}

/// Whether an object is made of the class, with or without its name.
fn is_created(walk: &Walk<'_>, node: Node<'_>, declared: Option<&str>, class: &str) -> bool {
    match node.kind() {
        "implicit_object_creation_expression" => declared == Some(class),
        "object_creation_expression" => {
            let made = node.field("type").and_then(|made| type_name(walk, made));
            made.is_some_and(|made| made.rsplit('.').next() == Some(class))
        }
        _ => false,
    }
}

/// The first argument of a call as text.
fn first_text<'t>(walk: &Walk<'t>, call: Node<'t>, key: &str) -> Option<Text> {
    text_of(walk, syntax::argument(&arguments(walk, call), key, 0)?)
}

//! Kotlin: classes, objects, functions, properties, imports; Ktor's routes and the calls are in the modules beside.

mod calls;
mod clients;
mod ktor;
mod misread;
mod routers;
mod syntax;

use model::SmolStr;
use tree_sitter::Node;

use super::{
    Reader,
    java::names::{class, field, known, method, qualified_type},
    jvm::{ROUTERS, is_of, methods, routes},
};
use crate::{
    FunctionKind,
    field::Field,
    resolve::ModulePath,
    walk::{FunctionShape, Role, TypeShape, Walk, children, dotted},
    wiring::{Handler, MODULE, Reference, RpcFact, Scope, Value},
};
use syntax::{child_of_kind, text_of, type_name};

/// The reader of Kotlin.
pub(crate) struct Kotlin;

impl Reader for Kotlin {
    fn roles(&self) -> &'static [(&'static str, Role)] {
        &[
            ("function_declaration", Role::Function),
            ("anonymous_function", Role::Function),
            ("lambda_literal", Role::Function),
            ("class_declaration", Role::Type),
            ("object_declaration", Role::Type),
            ("infix_expression", Role::Type),
            ("binary_expression", Role::Other),
            ("call_expression", Role::Call),
            ("property_declaration", Role::Bind),
            ("class_parameter", Role::Bind),
            ("import", Role::Import),
            ("for_statement", Role::Loop),
            ("while_statement", Role::Loop),
            ("do_while_statement", Role::Loop),
            ("package_header", Role::Prune),
            ("line_comment", Role::Prune),
            ("type_arguments", Role::Prune),
            ("user_type", Role::Prune),
            ("nullable_type", Role::Prune),
            ("block_comment", Role::Prune),
        ]
    }

    fn begin<'t>(&self, walk: &mut Walk<'t>, root: Node<'t>) {
        declared(walk, root);
    }

    fn function<'t>(&self, walk: &Walk<'t>, node: Node<'t>) -> Option<FunctionShape<'t>> {
        if node.kind() == "lambda_literal" && misread::is_body(walk, node) {
            return None;
        }
        let parameters = ["function_value_parameters", "lambda_parameters"];
        let parameters = parameters.iter().find_map(|kind| child_of_kind(node, kind));
        let parameters = parameters.map(|list| parameters_of(walk, list)).unwrap_or_default();
        let body = child_of_kind(node, "function_body");
        let Some(name) = node.field("name") else {
            let kind = FunctionKind::Closure;
            return Some(FunctionShape { name: None, anchor: node, kind, receiver: None, parameters, body });
        };
        let kind = if walk.direct_type().is_some() { FunctionKind::Method } else { FunctionKind::Function };
        let text = Some(walk.slice(name).trim_matches('`').into());
        Some(FunctionShape { name: text, anchor: name, kind, receiver: None, parameters, body })
    }

    fn function_entered<'t>(&self, walk: &mut Walk<'t>, index: u32, node: Node<'t>, _: &[Node<'t>]) {
        let Some(name) = node.field("name") else { return };
        if walk.draft.marks.contains(ROUTERS) {
            typed_parameters(walk, index, node);
        }
        let all = syntax::annotations(walk, node);
        methods::on_method(walk, index, name, &all);
    }

    fn type_shape<'t>(&self, walk: &Walk<'t>, node: Node<'t>) -> Option<TypeShape> {
        if let Some((name, _)) = misread::class_of(walk, node) {
            return Some(TypeShape { name: walk.slice(name).into(), bases: Vec::new() });
        }
        let name = walk.slice(node.field("name")?).into();
        let bases = child_of_kind(node, "delegation_specifiers").map(children).unwrap_or_default();
        let bases = bases.into_iter().filter_map(|base| type_name(walk, base.named_child(0)?));
        let bases = bases.map(|base| qualified_type(walk, &base)).collect();
        Some(TypeShape { name, bases })
    }

    fn type_entered<'t>(&self, walk: &mut Walk<'t>, node: Node<'t>, _: &[Node<'t>]) {
        let Some(path) = walk.type_path() else { return };
        let bases = walk.draft.wiring.types.last().map(|fact| fact.bases.clone()).unwrap_or_default();
        let service = bases.iter().find_map(|base| {
            let last = base.rsplit('.').next()?;
            last.strip_suffix("CoroutineImplBase").or_else(|| last.strip_suffix("ImplBase"))
        });
        if let Some(service) = service.filter(|service| !service.is_empty()) {
            let handler = Handler::Named(MODULE, Reference::local(path.clone()));
            let fact = RpcFact { service: service.into(), method: None, handler, scope: MODULE };
            walk.draft.wiring.rpcs.push(fact);
        }
        let all = syntax::annotations(walk, node);
        let header = node.field("name").and_then(|name| walk.text.get(node.start_byte()..name.start_byte()));
        let is_annotation = header.is_some_and(|header| header.contains("annotation class"));
        routes::on_type(walk, &path, &bases, &all, is_annotation);
        ktor::resource(walk, node, &path, &all);
    }

    fn call<'t>(&self, walk: &mut Walk<'t>, node: Node<'t>) {
        if let Some((call, lambda)) = ktor::with_lambda(walk, node) {
            ktor::call(walk, call, lambda);
            routers::call(walk, call, lambda);
        }
        calls::call(walk, node);
    }

    fn bind<'t>(&self, walk: &mut Walk<'t>, node: Node<'t>) {
        bind(walk, node);
    }

    fn import<'t>(&self, walk: &mut Walk<'t>, node: Node<'t>) {
        let Some(path) = node.named_child(0).map(|path| walk.slice(path)) else { return };
        if is_of(path, routers::PACKAGES) {
            walk.draft.marks.insert(ROUTERS.into());
        }
        if walk.slice(node).trim_end().ends_with('*') {
            walk.draft.bind(MODULE, "*", Value::Import(path.into(), None));
            return;
        }
        let Some((module, last)) = path.rsplit_once('.') else { return };
        let alias = node.named_child(1).map_or(last, |alias| walk.slice(alias));
        walk.draft.marks.insert(known(alias));
        walk.draft.bind(MODULE, alias, Value::Import(module.into(), Some(last.into())));
    }

    fn other<'t>(&self, walk: &mut Walk<'t>, node: Node<'t>) -> bool {
        ktor::typed_route(walk, node);
        true
    }

    fn module_paths(&self, from: &str, module: &str) -> Vec<ModulePath> {
        module_paths(from, module)
    }

    fn shares_folder(&self) -> bool {
        true
    }
}

/// Notes the types, properties and functions that the file declares: they are used before they are declared.
fn declared<'t>(walk: &mut Walk<'t>, root: Node<'t>) {
    let mut open = vec![(SmolStr::default(), root)];
    while let Some((path, node)) = open.pop() {
        for child in children(node) {
            let name = child.field("name").map(|name| walk.slice(name));
            match (child.kind(), name) {
                ("function_declaration", Some(name)) => {
                    walk.draft.marks.insert(method(&dotted(&path, name)));
                    if path.is_empty() && syntax::receiver(walk, child).is_some() {
                        walk.draft.marks.insert(calls::extension(name));
                    }
                }
                ("property_declaration", _) => {
                    let name = property_name(walk, child);
                    walk.draft.marks.extend(name.map(|name| field(&dotted(&path, name))));
                }
                ("annotated_expression", _) => {
                    let Some((name, body)) = misread::annotated_class(walk, child) else { continue };
                    let path = dotted(&path, walk.slice(name));
                    walk.draft.marks.insert(class(&path));
                    open.push((path, body));
                }
                ("companion_object", _) => {
                    open.extend(child_of_kind(child, "class_body").map(|body| (path.clone(), body)));
                }
                ("class_declaration" | "object_declaration", Some(name)) => {
                    let path = dotted(&path, name);
                    walk.draft.marks.insert(class(&path));
                    let constructor = child_of_kind(child, "primary_constructor");
                    let list = constructor.and_then(|node| child_of_kind(node, "class_parameters"));
                    for parameter in list.map(children).unwrap_or_default() {
                        let name = child_of_kind(parameter, "identifier").map(|name| walk.slice(name));
                        walk.draft.marks.extend(name.map(|name| field(&dotted(&path, name))));
                    }
                    open.extend(child_of_kind(child, "class_body").map(|body| (path, body)));
                }
                _ => {}
            }
        }
    }
}

fn property_name<'t>(walk: &Walk<'t>, node: Node<'t>) -> Option<&'t str> {
    Some(walk.slice(child_of_kind(child_of_kind(node, "variable_declaration")?, "identifier")?))
}

/// `val x = …`: what may change later is not known, but for its type.
fn bind<'t>(walk: &mut Walk<'t>, node: Node<'t>) {
    if node.kind() == "class_parameter" {
        return constructor_property(walk, node);
    }
    let Some(name) = property_name(walk, node) else { return };
    let (scope, name) = match walk.type_path().filter(|_| walk.direct_type().is_some()) {
        Some(path) => (MODULE, dotted(&path, name)),
        None => (walk.scope(), name.into()),
    };
    let is_fixed = node.children(&mut node.walk()).any(|word| word.kind() == "val");
    let value = children(node).into_iter().next_back().filter(|last| last.kind() != "variable_declaration");
    if let Some(value) = value {
        calls::tracer(walk, scope, &name, value);
    }
    let bound = match value.and_then(|value| text_of(walk, value)) {
        Some(text) if is_fixed => Value::Text(text),
        _ => declared_class(walk, node, value).unwrap_or(Value::Other),
    };
    walk.draft.bind(scope, name, bound);
}

/// The class of a property: the one declared, else the one that is made.
fn declared_class<'t>(walk: &Walk<'t>, node: Node<'t>, value: Option<Node<'t>>) -> Option<Value> {
    let declared =
        child_of_kind(node, "variable_declaration").and_then(|node| child_of_kind(node, "user_type"));
    let made = || {
        let (object, name) = syntax::callee(value.filter(|value| value.kind() == "call_expression")?)?;
        let name = walk.slice(name);
        (object.is_none() && name.starts_with(|c: char| c.is_uppercase())).then(|| name.into())
    };
    let class = declared.and_then(|class| type_name(walk, class)).or_else(made)?;
    Some(Value::Result(Reference::local(qualified_type(walk, &class))))
}

/// `class Desk(private val carts: Carts)`: a member of that class.
fn constructor_property<'t>(walk: &mut Walk<'t>, node: Node<'t>) {
    let (Some(around), Some(name)) = (walk.type_path(), child_of_kind(node, "identifier")) else { return };
    let class = child_of_kind(node, "user_type").and_then(|class| type_name(walk, class));
    let bound = match class.filter(|class| class != "String") {
        Some(class) => Value::Result(Reference::local(qualified_type(walk, &class))),
        None => Value::Other,
    };
    walk.draft.bind(MODULE, dotted(&around, walk.slice(name)), bound);
}

/// Parameters know the methods of their types.
fn typed_parameters<'t>(walk: &mut Walk<'t>, index: Scope, node: Node<'t>) {
    let list = child_of_kind(node, "function_value_parameters").map(children).unwrap_or_default();
    for parameter in list.into_iter().filter(|node| node.kind() == "parameter").take(32) {
        let class = child_of_kind(parameter, "user_type").and_then(|class| type_name(walk, class));
        let name = child_of_kind(parameter, "identifier").map(|name| walk.slice(name));
        if let (Some(name), Some(class)) = (name, class)
            && !matches!(class.as_str(), "String" | "Int" | "Long" | "Boolean" | "Any")
        {
            let class = qualified_type(walk, &class);
            walk.draft.bind(index, name, Value::Result(Reference::local(class)));
        }
    }
}

fn parameters_of(walk: &Walk<'_>, list: Node<'_>) -> Vec<SmolStr> {
    let plain = children(list).into_iter().filter(|child| {
        matches!(child.kind(), "parameter" | "variable_declaration" | "multi_variable_declaration")
    });
    let name = |node: Node<'_>| child_of_kind(node, "identifier").map(|name| walk.slice(name).into());
    plain.map(|node| name(node).unwrap_or_default()).collect()
}

/// Where a package or an object lies: any file of the package's folder, or one called like the class.
fn module_paths(from: &str, module: &str) -> Vec<ModulePath> {
    let inner = module.replace('.', "/");
    let mut base = from;
    let mut paths = Vec::new();
    while let Some((outer, _)) = base.rsplit_once('/') {
        paths.push(ModulePath::Folder(format!("{outer}/{inner}")));
        base = outer;
    }
    paths.push(ModulePath::Folder(inner));
    paths
}

//! Java: classes, methods, imports, fields; what frameworks make of annotations and calls is in the modules beside.

mod calls;
pub(super) mod names;
mod routers;
mod syntax;

use model::SmolStr;
use tree_sitter::Node;

use super::{
    Reader,
    jvm::{ROUTERS, is_of, methods, routes},
};
use crate::{
    FunctionKind,
    field::Field,
    resolve::ModulePath,
    walk::{FunctionShape, Role, TypeShape, Walk, children, dotted},
    wiring::{Handler, MODULE, Reference, RpcFact, Scope, Text, Value},
};
use names::{know, qualified_type};
use syntax::{path_of, text_of, type_name};

/// The reader of Java.
pub(crate) struct Java;

/// What is of interest in an expression: calls, closures, fields and assignments.
const CALLS: &[&str] = &["(", ".", "->", "="];

impl Reader for Java {
    fn roles(&self) -> &'static [(&'static str, Role)] {
        &[
            ("method_declaration", Role::Function),
            ("constructor_declaration", Role::Function),
            ("compact_constructor_declaration", Role::Function),
            ("lambda_expression", Role::Function),
            ("class_declaration", Role::Type),
            ("interface_declaration", Role::Type),
            ("annotation_type_declaration", Role::Type),
            ("enum_declaration", Role::Type),
            ("record_declaration", Role::Type),
            ("class_body", Role::Type),
            ("method_invocation", Role::Call),
            ("object_creation_expression", Role::Call),
            ("variable_declarator", Role::Bind),
            ("assignment_expression", Role::Bind),
            ("import_declaration", Role::Import),
            ("field_access", Role::Other),
            ("for_statement", Role::Loop),
            ("enhanced_for_statement", Role::Loop),
            ("while_statement", Role::Loop),
            ("do_statement", Role::Loop),
            ("package_declaration", Role::Prune),
            ("line_comment", Role::Prune),
            ("string_literal", Role::Prune),
            ("character_literal", Role::Prune),
            ("scoped_type_identifier", Role::Prune),
            ("generic_type", Role::Prune),
            ("type_arguments", Role::Prune),
            ("array_type", Role::Prune),
            ("throws", Role::Prune),
            ("block_comment", Role::Prune),
            ("argument_list", Role::Within(CALLS)),
            ("binary_expression", Role::Within(CALLS)),
            ("unary_expression", Role::Within(CALLS)),
            ("parenthesized_expression", Role::Within(CALLS)),
            ("array_access", Role::Within(CALLS)),
            ("cast_expression", Role::Within(CALLS)),
            ("ternary_expression", Role::Within(CALLS)),
            ("array_initializer", Role::Within(CALLS)),
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
            Some(name) => (Some(walk.slice(name).into()), name, FunctionKind::Method),
            None => (None, node, FunctionKind::Closure),
        };
        Some(FunctionShape { name, anchor, kind, receiver: None, parameters, body })
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
        if node.kind() == "class_body" {
            return anonymous(walk);
        }
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
        let service = bases.iter().find_map(|base| base.rsplit('.').next()?.strip_suffix("ImplBase"));
        if let Some(service) = service.filter(|service| !service.is_empty()) {
            let handler = Handler::Named(MODULE, Reference::local(path.clone()));
            let fact = RpcFact { service: service.into(), method: None, handler, scope: MODULE };
            walk.draft.wiring.rpcs.push(fact);
        }
        if node.kind() != "class_body" {
            let all = syntax::annotations(walk, node);
            let is_annotation = node.kind() == "annotation_type_declaration";
            routes::on_type(walk, &path, &bases, &all, is_annotation);
        }
    }

    fn call<'t>(&self, walk: &mut Walk<'t>, node: Node<'t>) {
        calls::call(walk, node);
    }

    fn bind<'t>(&self, walk: &mut Walk<'t>, node: Node<'t>) {
        if node.kind() == "assignment_expression" {
            assigned(walk, node);
        } else {
            declared(walk, node);
        }
    }

    fn import<'t>(&self, walk: &mut Walk<'t>, node: Node<'t>) {
        import(walk, node);
    }

    fn other<'t>(&self, walk: &mut Walk<'t>, node: Node<'t>) -> bool {
        if let Some(path) = path_of(walk, node) {
            know(walk, &path);
        }
        true
    }

    fn module_paths(&self, from: &str, module: &str) -> Vec<ModulePath> {
        module_paths(from, module)
    }
}

/// `new Greeter() { … }`: the methods belong to a type called like what it extends.
fn anonymous(walk: &Walk<'_>) -> Option<TypeShape> {
    let created = walk.ancestor(0).filter(|parent| parent.kind() == "object_creation_expression")?;
    let base = type_name(walk, created.field("type")?)?;
    let name = base.rsplit('.').next()?.into();
    Some(TypeShape { name, bases: vec![qualified_type(walk, &base)] })
}

/// The types behind `extends` and `implements`.
fn base_nodes(node: Node<'_>) -> Vec<Node<'_>> {
    let lists = children(node)
        .into_iter()
        .filter(|child| matches!(child.kind(), "superclass" | "super_interfaces" | "extends_interfaces"));
    let inner = lists.flat_map(children).flat_map(|child| match child.kind() {
        "type_list" => children(child),
        _ => vec![child],
    });
    inner.collect()
}

fn parameters_of(walk: &Walk<'_>, list: Node<'_>) -> Vec<SmolStr> {
    if list.kind() == "identifier" {
        return vec![walk.slice(list).into()];
    }
    let name = |node: Node<'_>| -> Option<SmolStr> {
        let named = match node.kind() {
            "identifier" => node,
            "formal_parameter" => node.field("name")?,
            "spread_parameter" => {
                let declarator =
                    children(node).into_iter().find(|child| child.kind() == "variable_declarator");
                declarator?.field("name")?
            }
            _ => return None,
        };
        Some(walk.slice(named).into())
    };
    children(list).into_iter().filter_map(name).collect()
}

/// Parameters know the methods of their types.
fn typed_parameters<'t>(walk: &mut Walk<'t>, index: Scope, node: Node<'t>) {
    let list = node.field("parameters").map(children).unwrap_or_default();
    for parameter in list.into_iter().take(32) {
        let (class, name) = (parameter.field("type"), parameter.field("name"));
        let Some((class, name)) = class.and_then(|class| type_name(walk, class)).zip(name) else { continue };
        if class != "String" {
            let class = qualified_type(walk, &class);
            know(walk, &class);
            walk.draft.bind(index, walk.slice(name), Value::Result(Reference::local(class)));
        }
    }
}

/// A field, a constant or a local variable with its first value.
fn declared<'t>(walk: &mut Walk<'t>, node: Node<'t>) {
    let (Some(name), Some(declaration)) = (node.field("name"), walk.ancestor(0)) else {
        return;
    };
    let name = walk.slice(name);
    let is_member = matches!(declaration.kind(), "field_declaration" | "constant_declaration");
    let (scope, name) = match walk.type_path().filter(|_| is_member) {
        Some(path) => (MODULE, dotted(&path, name)),
        None => (walk.scope(), name.into()),
    };
    let class = declaration.field("type").and_then(|class| type_name(walk, class));
    let value = node.field("value");
    // A field that is not final may hold anything later.
    let is_fixed = !is_member || declaration.kind() == "constant_declaration" || is_final(walk, declaration);
    bind_value(walk, scope, name, class, value, is_fixed);
}

fn is_final(walk: &Walk<'_>, declaration: Node<'_>) -> bool {
    let in_interface = walk.ancestor(1).is_some_and(|body| body.kind() == "interface_body");
    let modifiers = declaration.child(0).filter(|child| child.kind() == "modifiers");
    in_interface
        || modifiers.is_some_and(|list| list.children(&mut list.walk()).any(|word| word.kind() == "final"))
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
        calls::tracer(walk, scope, &name, value);
    }
    let created = value.filter(|value| value.kind() == "object_creation_expression");
    let created = created.and_then(|created| type_name(walk, created.field("type")?));
    let class = created.or(class.filter(|class| class != "var" && class != "String"));
    let text = value.and_then(|value| text_of(walk, value));
    let bound = match (text, class) {
        (Some(text), None) if is_fixed => Value::Text(text),
        (_, Some(class)) => {
            let class = qualified_type(walk, &class);
            know(walk, &class);
            Value::Result(Reference::local(class))
        }
        (None, None) if scope != MODULE && value.is_some() => Value::Text(Text::hole()),
        _ => Value::Other,
    };
    walk.draft.bind(scope, name, bound);
}

/// A later value of a variable: one more that its name may stand for.
fn assigned<'t>(walk: &mut Walk<'t>, node: Node<'t>) {
    let (Some(left), Some(right)) = (node.field("left"), node.field("right")) else {
        return;
    };
    let Some(path) = path_of(walk, left) else { return };
    let is_local = left.kind() == "identifier" && !path.contains('.');
    let scope = if is_local { walk.scope() } else { MODULE };
    calls::tracer(walk, scope, &path, right);
    if is_local {
        let is_plain = node.field("operator").is_some_and(|operator| walk.slice(operator) == "=");
        let text = Some(right).filter(|_| is_plain).and_then(|right| text_of(walk, right));
        walk.draft.bind(scope, path, Value::Text(text.unwrap_or_else(Text::hole)));
    }
}

/// `import a.b.C`, `import static a.b.C.NAME`, `import a.b.*`: the file is called like its outermost class.
fn import(walk: &mut Walk<'_>, node: Node<'_>) {
    let Some(path) = node.named_child(0).map(|path| walk.slice(path)) else { return };
    if is_of(path, routers::PACKAGES) {
        walk.draft.marks.insert(ROUTERS.into());
    }
    let is_all = children(node).iter().any(|child| child.kind() == "asterisk");
    let segments: Vec<&str> = path.split('.').map(str::trim).collect();
    let class = segments.iter().position(|part| part.starts_with(|c: char| c.is_uppercase()));
    match (is_all, class) {
        // Its members are not looked up; that it is imported tells the framework.
        (true, Some(class)) => {
            let module = segments[..=class].join(".");
            walk.draft.bind(MODULE, "*", Value::Import(module.into(), None));
        }
        (true, None) => walk.draft.bind(MODULE, "*", Value::Import(segments.join(".").into(), None)),
        (false, Some(class)) => {
            let module = segments[..=class].join(".");
            let inner = segments[class..].join(".");
            let Some(last) = segments.last() else { return };
            walk.draft.marks.insert(names::known(last));
            walk.draft.bind(MODULE, *last, Value::Import(module.into(), Some(inner.into())));
        }
        _ => {}
    }
}

/// Where a class lies: `./C` beside the file, `a.b.C` below the same source folder, else anywhere; `a.b` is a folder.
fn module_paths(from: &str, module: &str) -> Vec<ModulePath> {
    let folder = from.rsplit_once('/').map_or("", |(folder, _)| folder);
    let join =
        |base: &str, inner: &str| if base.is_empty() { inner.to_owned() } else { format!("{base}/{inner}") };
    if let Some(beside) = module.strip_prefix("./") {
        return vec![ModulePath::File(join(folder, &format!("{beside}.java")))];
    }
    let inner = module.replace('.', "/");
    let last = module.rsplit('.').next().unwrap_or(module);
    let is_class = last.starts_with(|c: char| c.is_uppercase());
    let mut paths = Vec::new();
    let mut base = folder;
    loop {
        paths.push(if is_class {
            ModulePath::File(join(base, &format!("{inner}.java")))
        } else {
            ModulePath::Folder(join(base, &inner))
        });
        let Some((outer, _)) = base.rsplit_once('/') else { break };
        base = outer;
    }
    if is_class && inner.contains('/') {
        paths.push(ModulePath::Suffix(format!("{inner}.java")));
    }
    paths
}

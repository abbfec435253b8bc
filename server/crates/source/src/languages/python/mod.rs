//! Python: functions, imports, names; what frameworks make of them is in the modules beside.

mod calls;
mod decorators;
mod django;
mod drf;
mod graphql;
mod litestar;
mod queues;
mod routes;
mod syntax;
mod tornado;

use model::SmolStr;
use tree_sitter::Node;

use super::Reader;
use crate::{
    FunctionKind,
    field::Field,
    resolve::ModulePath,
    walk::{FunctionShape, Role, TypeShape, Walk, children, dotted},
    wiring::{Handler, MODULE, Reference, RpcFact, Scope, Text, Value},
};
use syntax::{keyword, path_of, text_of};

/// The reader of Python.
pub(crate) struct Python;

/// Calls and tuples have parentheses, splats a star, lambdas a colon; nothing else in an expression is of interest.
const CALLS: &[&str] = &["(", "*", ":"];
/// Only what is put into a string is of interest.
const PUT_IN: &[&str] = &["{"];

impl Reader for Python {
    fn roles(&self) -> &'static [(&'static str, Role)] {
        &[
            ("function_definition", Role::Function),
            ("lambda", Role::Function),
            ("class_definition", Role::Type),
            ("decorator", Role::Decorator),
            ("call", Role::Call),
            ("assignment", Role::Bind),
            ("augmented_assignment", Role::Bind),
            ("import_statement", Role::Import),
            ("import_from_statement", Role::Import),
            ("future_import_statement", Role::Prune),
            ("return_statement", Role::Other),
            ("list_splat", Role::Other),
            ("tuple", Role::Other),
            ("for_statement", Role::Loop),
            ("while_statement", Role::Loop),
            ("list_comprehension", Role::Loop),
            ("set_comprehension", Role::Loop),
            ("dictionary_comprehension", Role::Loop),
            ("generator_expression", Role::Loop),
            ("type", Role::Prune),
            ("comment", Role::Prune),
            ("argument_list", Role::Within(CALLS)),
            ("attribute", Role::Within(CALLS)),
            ("keyword_argument", Role::Within(CALLS)),
            ("subscript", Role::Within(CALLS)),
            ("list", Role::Within(CALLS)),
            ("comparison_operator", Role::Within(CALLS)),
            ("boolean_operator", Role::Within(CALLS)),
            ("binary_operator", Role::Within(CALLS)),
            ("not_operator", Role::Within(CALLS)),
            ("parenthesized_expression", Role::Within(CALLS)),
            ("string", Role::Within(PUT_IN)),
        ]
    }

    fn function<'t>(&self, walk: &Walk<'t>, node: Node<'t>) -> Option<FunctionShape<'t>> {
        let body = node.field("body");
        let parameters = node.field("parameters").map(|list| parameters(walk, list)).unwrap_or_default();
        let Some(name) = node.field("name") else {
            let kind = FunctionKind::Closure;
            return Some(FunctionShape { name: None, anchor: node, kind, receiver: None, parameters, body });
        };
        let kind = if walk.direct_type().is_some() { FunctionKind::Method } else { FunctionKind::Function };
        let text = Some(walk.slice(name).into());
        Some(FunctionShape { name: text, anchor: name, kind, receiver: None, parameters, body })
    }

    fn function_entered<'t>(
        &self,
        walk: &mut Walk<'t>,
        index: u32,
        _node: Node<'t>,
        decorators: &[Node<'t>],
    ) {
        for decorator in decorators {
            decorators::on_function(walk, index, *decorator);
        }
        graphql::method(walk, index);
    }

    fn type_shape<'t>(&self, walk: &Walk<'t>, node: Node<'t>) -> Option<TypeShape> {
        let name = walk.slice(node.field("name")?).into();
        let list = node.field("superclasses").map(children).unwrap_or_default();
        let bases = list.into_iter().filter_map(|base| path_of(walk, base)).collect();
        Some(TypeShape { name, bases })
    }

    fn type_entered<'t>(&self, walk: &mut Walk<'t>, _node: Node<'t>, decorators: &[Node<'t>]) {
        let Some(path) = walk.type_path() else { return };
        let bases = walk.draft.wiring.types.last().map(|fact| fact.bases.clone()).unwrap_or_default();
        let service = bases.iter().find_map(|base| base.rsplit('.').next()?.strip_suffix("Servicer"));
        if let Some(service) = service {
            let handler = Handler::Named(MODULE, Reference::local(path.clone()));
            let fact = RpcFact { service: service.into(), method: None, handler, scope: MODULE };
            walk.draft.wiring.rpcs.push(fact);
        }
        for decorator in decorators {
            decorators::on_class(walk, &path, *decorator);
        }
    }

    fn call<'t>(&self, walk: &mut Walk<'t>, node: Node<'t>) {
        if !routes::call(walk, node) {
            calls::call(walk, node, None);
        }
    }

    fn bind<'t>(&self, walk: &mut Walk<'t>, node: Node<'t>) {
        let (Some(left), Some(right)) = (node.field("left"), node.field("right")) else {
            return;
        };
        let Some((scope, name)) = target(walk, left) else { return };
        django::summed(walk, scope, &name, right);
        if node.kind() == "augmented_assignment" {
            return added(walk, node, scope, &name, right);
        }
        queues::declared(walk, &name, right);
        bind_value(walk, scope, name, right);
    }

    fn import<'t>(&self, walk: &mut Walk<'t>, node: Node<'t>) {
        import(walk, node);
    }

    fn other<'t>(&self, walk: &mut Walk<'t>, node: Node<'t>) -> bool {
        match node.kind() {
            "list_splat" => {
                django::spread(walk, node);
                return true;
            }
            "tuple" => {
                tornado::pair(walk, node);
                return true;
            }
            _ => {}
        }
        let returned = children(node).first().copied().filter(|value| value.kind() != "call");
        if let (Some(function), Some(value)) = (walk.function_around(), returned)
            && let Some(path) = path_of(walk, value)
        {
            walk.draft.wiring.returns.push((function, Reference::local(path)));
        }
        true
    }

    fn module_paths(&self, from: &str, module: &str) -> Vec<ModulePath> {
        module_paths(from, module)
    }
}

/// What `left` names: attributes of `self` and names in a class body belong to the class.
fn target(walk: &Walk<'_>, left: Node<'_>) -> Option<(Scope, SmolStr)> {
    let path = path_of(walk, left)?;
    if left.kind() == "attribute" {
        return Some((MODULE, path));
    }
    match walk.direct_type() {
        Some(_) => Some((MODULE, dotted(&walk.type_path()?, &path))),
        None => Some((walk.scope(), path)),
    }
}

/// `name += "…"`: a longer text; in a branch it may stay as it was, in a loop nothing is sure of its end.
fn added<'t>(walk: &mut Walk<'t>, node: Node<'t>, scope: Scope, name: &SmolStr, right: Node<'t>) {
    let is_sum = node.field("operator").is_some_and(|operator| walk.slice(operator) == "+=");
    if scope == MODULE || !is_sum {
        return;
    }
    let text = text_of(walk, right).filter(|_| !walk.in_loop()).unwrap_or_else(Text::hole);
    let block = walk.ancestor(2).map(|around| around.kind());
    let is_certain = matches!(block, Some("function_definition"));
    walk.draft.lengthen(scope, name, &text, is_certain);
}

fn bind_value<'t>(walk: &mut Walk<'t>, scope: Scope, name: SmolStr, right: Node<'t>) {
    let value = match right.kind() {
        "call" => {
            routes::constructed(walk, scope, &name, right);
            graphql::bound(walk, &name, right);
            calls::tracer(walk, scope, &name, right);
            let callee = right.field("function").and_then(|callee| path_of(walk, callee));
            match (text_of(walk, right), callee) {
                (Some(text), _) if text.is_telling() => Value::Text(text),
                // A view made of a class stands for the class.
                (_, Some(callee)) if callee.ends_with(".as_view") => {
                    Value::Alias(Reference::local(callee.trim_end_matches(".as_view")))
                }
                (_, Some(callee)) => Value::Result(Reference::local(callee)),
                _ => Value::Other,
            }
        }
        "identifier" | "attribute" => match path_of(walk, right) {
            Some(path) => Value::Alias(Reference::local(path)),
            None => Value::Other,
        },
        "dictionary" => {
            members(walk, scope, &name, right);
            Value::Other
        }
        "list" => Value::Other,
        "boolean_operator" | "conditional_expression" if scope != MODULE => {
            let parts = syntax::alternatives(right).into_iter();
            let texts: Vec<Text> = parts.map(|part| text_of(walk, part).unwrap_or_else(Text::hole)).collect();
            return walk.draft.bind_alternatives(scope, &name, texts);
        }
        _ => match text_of(walk, right) {
            Some(text) => {
                litestar::controller_path(walk, &name, right);
                queues::task_class(walk, &name, right);
                Value::Text(text)
            }
            None if scope == MODULE => Value::Other,
            None => Value::Text(Text::hole()),
        },
    };
    walk.draft.bind(scope, name, value);
}

fn import<'t>(walk: &mut Walk<'t>, node: Node<'t>) {
    let scope = walk.scope();
    let from = node.field("module_name").map(|module| SmolStr::from(walk.slice(module)));
    let mut cursor = node.walk();
    let names: Vec<Node<'_>> = node.children_by_field_name("name", &mut cursor).collect();
    for name in names {
        let (path, alias) = match name.kind() {
            "aliased_import" => (name.field("name"), name.field("alias")),
            _ => (Some(name), None),
        };
        let Some(path) = path.map(|path| walk.slice(path)) else { continue };
        let alias = alias.map(|alias| walk.slice(alias));
        match &from {
            Some(module) => {
                litestar::imported(walk, module, path, alias.unwrap_or(path));
                remember(walk, module);
                let value = Value::Import(module.clone(), Some(path.into()));
                walk.draft.bind(scope, alias.unwrap_or(path), value);
            }
            None => {
                remember(walk, path);
                // `import a.b` makes `a` known, `import a.b as c` the inner module.
                let root = path.split('.').next().unwrap_or(path);
                let module = if alias.is_some() { path } else { root };
                walk.draft.bind(scope, alias.unwrap_or(root), Value::Import(module.into(), None));
            }
        }
    }
    if let Some(module) = from
        && children(node).iter().any(|child| child.kind() == "wildcard_import")
    {
        walk.draft.bind(scope, "*", Value::Import(module, None));
    }
}

/// `NAMES = {"load": "load user"}` makes `NAMES.load` known.
fn members<'t>(walk: &mut Walk<'t>, scope: Scope, name: &SmolStr, dictionary: Node<'t>) {
    for pair in children(dictionary).into_iter().filter(|pair| pair.kind() == "pair").take(256) {
        let (key, value) = (pair.field("key"), pair.field("value"));
        let (Some(key), Some(value)) = (key, value) else { continue };
        if key.kind() == "string"
            && value.kind() == "string"
            && let (Some(key), Some(text)) =
                (text_of(walk, key).and_then(|key| key.as_literal()), text_of(walk, value))
        {
            walk.draft.bind(scope, dotted(name, &key), Value::Text(text));
        }
    }
}

/// Some declarations look like others' but for the package.
fn remember(walk: &mut Walk<'_>, module: &str) {
    if module == "tornado" || module.starts_with("tornado.") {
        walk.draft.marks.insert("tornado".into());
    }
}

fn parameters(walk: &Walk<'_>, list: Node<'_>) -> Vec<SmolStr> {
    let name = |node: Node<'_>| -> Option<SmolStr> {
        let named = match node.kind() {
            "identifier" => node,
            "default_parameter" | "typed_default_parameter" => node.field("name")?,
            "typed_parameter" | "list_splat_pattern" | "dictionary_splat_pattern" => node.named_child(0)?,
            _ => return None,
        };
        let named = if named.kind() == "identifier" { named } else { named.named_child(0)? };
        Some(walk.slice(named).into())
    };
    children(list).into_iter().filter_map(name).collect()
}

/// Where `module` may lie: relative to the file, else below one of the folders around it, else anywhere.
fn module_paths(from: &str, module: &str) -> Vec<ModulePath> {
    let folder = from.rsplit_once('/').map_or("", |(folder, _)| folder);
    let dots = module.bytes().take_while(|byte| *byte == b'.').count();
    let inner = module[dots..].replace('.', "/");
    let mut paths = Vec::new();
    let mut add = |base: &str| {
        let path = match (base.is_empty(), inner.is_empty()) {
            (true, _) => inner.clone(),
            (false, true) => base.to_owned(),
            _ => format!("{base}/{inner}"),
        };
        if !inner.is_empty() {
            paths.push(ModulePath::File(format!("{path}.py")));
        }
        paths.push(ModulePath::File(format!("{path}/__init__.py")));
    };
    if dots > 0 {
        let mut base = Some(folder);
        for _ in 1..dots {
            base = base
                .filter(|base| !base.is_empty())
                .map(|base| base.rsplit_once('/').map_or("", |(outer, _)| outer));
        }
        base.into_iter().for_each(add);
        return paths;
    }
    if inner.is_empty() {
        return paths;
    }
    let mut base = folder;
    loop {
        add(base);
        if base.is_empty() {
            break;
        }
        base = base.rsplit_once('/').map_or("", |(outer, _)| outer);
    }
    if inner.contains('/') {
        paths.push(ModulePath::Suffix(format!("{inner}.py")));
        paths.push(ModulePath::Suffix(format!("{inner}/__init__.py")));
    }
    paths
}

/// The text of a keyword argument of `call`, if it is there.
fn keyword_text<'t>(walk: &Walk<'t>, call: Node<'t>, name: &str) -> Option<Text> {
    text_of(walk, keyword(walk, call, name)?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn modules_lie_where_python_looks() {
        let first = |from: &str, module: &str| match module_paths(from, module).swap_remove(0) {
            ModulePath::File(path) => path,
            other => format!("{other:?}"),
        };
        assert_eq!(first("shop/api/a.py", ".b"), "shop/api/b.py");
        assert_eq!(first("shop/api/a.py", "."), "shop/api/__init__.py");
        assert_eq!(first("shop/api/a.py", "..b.c"), "shop/b/c.py");
        assert_eq!(first("shop/api/a.py", "...b"), "b.py");
        assert_eq!(first("shop/api/a.py", "x.y"), "shop/api/x/y.py");
        assert!(module_paths("a.py", "....b").is_empty());
    }
}

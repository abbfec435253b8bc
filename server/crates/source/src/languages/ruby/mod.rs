//! Ruby: methods, modules, constants; what frameworks make of them is in the modules beside.

mod calls;
mod classes;
mod inflection;
mod paths;
mod rails;
mod resources;
mod sinatra;
mod syntax;

use model::SmolStr;
use tree_sitter::Node;

use super::Reader;
use crate::{
    FunctionKind,
    field::Field,
    resolve::ModulePath,
    walk::{FunctionShape, Role, TypeShape, Walk, children, dotted},
    wiring::{MODULE, Reference, Scope, Text, Value},
};
use syntax::{constant_path, method_of, path_of, positional, text_of, word};

/// The reader of Ruby.
pub(crate) struct Ruby;

/// Only what is put into a string is of interest.
const PUT_IN: &[&str] = &["#{"];
/// Calls have a dot or parentheses where constants are taken from them.
const CALLS: &[&str] = &["(", ".", "[", " "];

impl Reader for Ruby {
    fn roles(&self) -> &'static [(&'static str, Role)] {
        &[
            ("method", Role::Function),
            ("singleton_method", Role::Function),
            ("block", Role::Function),
            ("do_block", Role::Function),
            ("lambda", Role::Function),
            ("class", Role::Type),
            ("module", Role::Type),
            ("call", Role::Call),
            ("assignment", Role::Bind),
            ("operator_assignment", Role::Bind),
            ("alias", Role::Other),
            ("while", Role::Loop),
            ("until", Role::Loop),
            ("for", Role::Loop),
            ("comment", Role::Prune),
            ("string_array", Role::Prune),
            ("symbol_array", Role::Prune),
            ("string", Role::Within(PUT_IN)),
            ("regex", Role::Within(PUT_IN)),
            ("scope_resolution", Role::Within(CALLS)),
        ]
    }

    fn begin<'t>(&self, walk: &mut Walk<'t>, root: Node<'t>) {
        rails::drawn_file(walk, root);
    }

    fn function<'t>(&self, walk: &Walk<'t>, node: Node<'t>) -> Option<FunctionShape<'t>> {
        match node.kind() {
            "method" | "singleton_method" => method(walk, node),
            _ => closure(walk, node),
        }
    }

    fn repeats<'t>(&self, walk: &Walk<'t>, node: Node<'t>) -> bool {
        const ITERATORS: &[&str] = &[
            "map",
            "flat_map",
            "filter_map",
            "select",
            "reject",
            "filter",
            "collect",
            "times",
            "loop",
            "upto",
            "downto",
            "step",
            "inject",
            "reduce",
            "sum",
            "sort_by",
            "group_by",
            "any?",
            "all?",
            "find_each",
            "in_batches",
            "find_in_batches",
            "index_by",
            "to_h",
        ];
        let call = walk.ancestor(0).filter(|call| node.kind() != "lambda" && call.kind() == "call");
        call.is_some_and(|call| {
            let name = method_of(walk, call);
            name.starts_with("each") || ITERATORS.contains(&name)
        })
    }

    fn function_entered<'t>(
        &self,
        walk: &mut Walk<'t>,
        index: u32,
        _node: Node<'t>,
        _decorators: &[Node<'t>],
    ) {
        classes::method_entered(walk, index);
    }

    fn type_shape<'t>(&self, walk: &Walk<'t>, node: Node<'t>) -> Option<TypeShape> {
        let name = constant_path(walk, node.field("name")?)?;
        let base = node.field("superclass").and_then(|base| base.named_child(0));
        let bases = base.and_then(|base| constant_path(walk, base)).into_iter().collect();
        Some(TypeShape { name, bases })
    }

    fn type_entered<'t>(&self, walk: &mut Walk<'t>, _node: Node<'t>, _decorators: &[Node<'t>]) {
        classes::entered(walk);
    }

    fn call<'t>(&self, walk: &mut Walk<'t>, node: Node<'t>) {
        let method = method_of(walk, node);
        if rails::call(walk, node, method)
            || sinatra::call(walk, node, method)
            || classes::call(walk, node, method)
        {
            return;
        }
        calls::call(walk, node, method);
    }

    fn bind<'t>(&self, walk: &mut Walk<'t>, node: Node<'t>) {
        let (Some(left), Some(right)) = (node.field("left"), node.field("right")) else {
            return;
        };
        let is_memo = node.kind() == "operator_assignment";
        if is_memo && node.field("operator").is_none_or(|operator| walk.slice(operator) != "||=") {
            return;
        }
        let Some((scope, name)) = target(walk, left) else { return };
        bind_value(walk, scope, name, right);
    }

    fn other<'t>(&self, walk: &mut Walk<'t>, node: Node<'t>) -> bool {
        let names: Vec<&str> = children(node).into_iter().map(|name| walk.slice(name)).collect();
        if let ([new, old], Some(owner)) = (names.as_slice(), walk.type_path()) {
            let value = Value::Alias(Reference::local(dotted(&owner, old.trim_start_matches(':'))));
            walk.draft.bind(MODULE, dotted(&owner, new.trim_start_matches(':')), value);
        }
        false
    }

    fn module_paths(&self, _from: &str, module: &str) -> Vec<ModulePath> {
        if module.is_empty() { Vec::new() } else { vec![ModulePath::Suffix(format!("{module}.rb"))] }
    }

    fn frameworks(&self) -> &'static [&'static str] {
        &["rails", "sinatra"]
    }

    fn shares_all(&self) -> bool {
        true
    }
}

fn method<'t>(walk: &Walk<'t>, node: Node<'t>) -> Option<FunctionShape<'t>> {
    let anchor = node.field("name")?;
    let name = Some(walk.slice(anchor).into());
    let receiver = walk.direct_type().map(|name| last_of(name));
    let kind = if receiver.is_some() { FunctionKind::Method } else { FunctionKind::Function };
    let parameters = node.field("parameters").map(|list| parameters(walk, list)).unwrap_or_default();
    Some(FunctionShape { name, anchor, kind, receiver, parameters, body: node.field("body") })
}

/// Blocks and lambdas outside of methods; within one they belong to it. Blocks that only open a class are none.
fn closure<'t>(walk: &Walk<'t>, node: Node<'t>) -> Option<FunctionShape<'t>> {
    let outer = walk.function_around().and_then(|index| walk.draft.functions.get(index as usize));
    if outer.is_some_and(|outer| outer.kind != FunctionKind::Closure) {
        return None;
    }
    let parent = walk.ancestor(0)?;
    let parameters = node.field("parameters").map(|list| parameters(walk, list)).unwrap_or_default();
    let body = node.field("body");
    let closure = FunctionShape {
        name: None,
        anchor: node,
        kind: FunctionKind::Closure,
        receiver: None,
        parameters,
        body,
    };
    if parent.kind() == "lambda" {
        return None;
    }
    if parent.kind() != "call" {
        return Some(closure);
    }
    match method_of(walk, parent) {
        "class_methods" | "included" | "prepended" | "class_eval" | "class_exec"
            if walk.direct_type().is_some() =>
        {
            None
        }
        "define_method" | "define_singleton_method" if walk.direct_type().is_some() => {
            let anchor = positional(parent).first().copied().filter(|name| word(walk, *name).is_some());
            let Some(anchor) = anchor else { return Some(closure) };
            let receiver = walk.direct_type().map(|name| last_of(name));
            let name = word(walk, anchor);
            Some(FunctionShape { name, anchor, kind: FunctionKind::Method, receiver, ..closure })
        }
        _ => Some(closure),
    }
}

fn last_of(name: &str) -> SmolStr {
    name.rsplit('.').next().unwrap_or(name).into()
}

fn parameters(walk: &Walk<'_>, list: Node<'_>) -> Vec<SmolStr> {
    let name = |node: Node<'_>| -> Option<SmolStr> {
        match node.kind() {
            "identifier" => Some(walk.slice(node).into()),
            "destructured_parameter" => Some(SmolStr::default()),
            _ => Some(walk.slice(node.field("name")?).into()),
        }
    };
    children(list).into_iter().filter_map(name).collect()
}

/// What `left` names: constants and instance variables belong to the class.
fn target(walk: &Walk<'_>, left: Node<'_>) -> Option<(Scope, SmolStr)> {
    match left.kind() {
        "identifier" => Some((walk.scope(), walk.slice(left).into())),
        "constant" | "instance_variable" | "class_variable" => {
            Some((MODULE, dotted(&walk.type_path().unwrap_or_default(), walk.slice(left))))
        }
        _ => None,
    }
}

fn bind_value<'t>(walk: &mut Walk<'t>, scope: Scope, name: SmolStr, right: Node<'t>) {
    calls::tracer(walk, scope, &name, right);
    let value = match right.kind() {
        "call" => match (text_of(walk, right), path_of(walk, right)) {
            (Some(text), _) if text.is_telling() => Value::Text(text),
            (_, Some(path)) => Value::Result(Reference::local(path)),
            _ => Value::Other,
        },
        "constant" | "scope_resolution" => match path_of(walk, right) {
            Some(path) => Value::Alias(Reference::local(path)),
            None => Value::Other,
        },
        _ => match text_of(walk, right) {
            Some(text) => Value::Text(text),
            None if scope == MODULE => Value::Other,
            None => Value::Text(Text::hole()),
        },
    };
    if scope == MODULE {
        walk.draft.marks.insert(name.clone());
    }
    walk.draft.bind(scope, name, value);
}

//! Elixir: modules, functions, attributes. All of it is written as calls; what frameworks make of them is beside.

mod absinthe;
mod calls;
mod router;
mod syntax;

use model::SmolStr;
use smol_str::format_smolstr;
use tree_sitter::Node;

use super::Reader;
use crate::{
    FunctionKind,
    field::Field,
    resolve::ModulePath,
    walk::{FunctionShape, Role, TypeShape, Walk, children, dotted},
    wiring::{ConsumerFact, Handler, MODULE, Piece, Reference, RpcFact, Text, Value},
};
use syntax::{arguments, block, keyword, path_of, text_of, word_of};

/// The reader of Elixir.
pub(crate) struct Elixir;

/// Only what is put into a string is of interest.
const PUT_IN: &[&str] = &["#{"];

impl Reader for Elixir {
    fn roles(&self) -> &'static [(&'static str, Role)] {
        &[
            ("call", Role::Asks),
            ("unary_operator", Role::Asks),
            ("anonymous_function", Role::Function),
            ("do_block", Role::Function),
            ("comment", Role::Prune),
            ("boolean", Role::Prune),
            ("nil", Role::Prune),
            ("string", Role::Within(PUT_IN)),
        ]
    }

    fn ask<'t>(&self, walk: &Walk<'t>, node: Node<'t>) -> Role {
        if node.kind() == "unary_operator" {
            return attribute_role(walk, node);
        }
        match word_of(walk, node) {
            Some("defmodule" | "defimpl" | "defprotocol") => Role::Type,
            Some("def" | "defp" | "defmacro" | "defmacrop") => Role::Function,
            Some("alias" | "import" | "use" | "require" | "defdelegate") => Role::Import,
            Some("for") => Role::Loop,
            Some("quote") => Role::Prune,
            _ if is_head(walk) => Role::Plain,
            _ => Role::Call,
        }
    }

    fn function<'t>(&self, walk: &Walk<'t>, node: Node<'t>) -> Option<FunctionShape<'t>> {
        match node.kind() {
            "call" => function(walk, node),
            _ => closure(walk, node),
        }
    }

    fn repeats<'t>(&self, walk: &Walk<'t>, node: Node<'t>) -> bool {
        let call =
            walk.ancestor(1).filter(|call| node.kind() == "anonymous_function" && call.kind() == "call");
        let target = call.and_then(|call| call.field("target"));
        target.is_some_and(|target| {
            let name = walk.slice(target);
            name.starts_with("Enum.") || name.starts_with("Stream.") || name == "Task.async_stream"
        })
    }

    fn function_entered<'t>(&self, walk: &mut Walk<'t>, index: u32, node: Node<'t>, decorators: &[Node<'t>]) {
        for decorator in decorators {
            calls::decorated(walk, index, *decorator);
        }
        if node.kind() == "call" {
            live_event(walk, index, node);
            broadway(walk, index);
        }
    }

    fn type_shape<'t>(&self, walk: &Walk<'t>, node: Node<'t>) -> Option<TypeShape> {
        let name = path_of(walk, *arguments(node).first()?)?;
        let name = match (word_of(walk, node), keyword(walk, node, "for")) {
            (Some("defimpl"), Some(of)) => dotted(&name, &path_of(walk, of)?),
            (Some("defimpl"), None) => return None,
            _ => name,
        };
        Some(TypeShape { name, bases: Vec::new() })
    }

    fn type_entered<'t>(&self, walk: &mut Walk<'t>, node: Node<'t>, _decorators: &[Node<'t>]) {
        if let Some(block) = block(node) {
            router::module(walk, block);
        }
    }

    fn call<'t>(&self, walk: &mut Walk<'t>, node: Node<'t>) {
        absinthe::call(walk, node);
        if !router::call(walk, node) {
            calls::call(walk, node);
        }
    }

    fn bind<'t>(&self, walk: &mut Walk<'t>, node: Node<'t>) {
        let Some(call) = node.field("operand") else { return };
        let (Some(name), Some(value)) = (word_of(walk, call), arguments(call).first().copied()) else {
            return;
        };
        let name = dotted(&walk.type_path().unwrap_or_default(), &format!("@{name}"));
        let value = match text_of(walk, value) {
            Some(text) if text.is_telling() => Value::Text(text),
            _ => Value::Other,
        };
        walk.draft.bind(MODULE, name, value);
    }

    fn import<'t>(&self, walk: &mut Walk<'t>, node: Node<'t>) {
        match word_of(walk, node) {
            Some("use") => uses(walk, node),
            Some("import") => {
                if let Some(module) = arguments(node).first().and_then(|module| path_of(walk, *module)) {
                    walk.draft.bind(MODULE, "*", Value::Import(module, None));
                }
            }
            Some("defdelegate") => delegate(walk, node),
            _ => alias(walk, node),
        }
    }

    fn module_paths(&self, _from: &str, module: &str) -> Vec<ModulePath> {
        let parts: Vec<String> = module.split('.').map(underscored).collect();
        if module.is_empty() {
            Vec::new()
        } else {
            vec![ModulePath::Suffix(format!("{}.ex", parts.join("/")))]
        }
    }

    fn frameworks(&self) -> &'static [&'static str] {
        &["phoenix"]
    }

    fn shares_all(&self) -> bool {
        true
    }
}

/// `@doc`, `@spec` and decorators stand before a function; other attributes are names.
fn attribute_role(walk: &Walk<'_>, node: Node<'_>) -> Role {
    let Some(call) = node.field("operand").filter(|call| call.kind() == "call") else {
        return Role::Plain;
    };
    if !walk.slice(node).starts_with('@') {
        return Role::Plain;
    }
    match word_of(walk, call) {
        Some("doc" | "spec" | "impl" | "decorate" | "trace" | "deprecated" | "since" | "dialyzer") => {
            Role::Decorator
        }
        Some("moduledoc" | "typedoc" | "type" | "typep" | "opaque" | "callback" | "behaviour") => Role::Prune,
        Some(_) => Role::Bind,
        None => Role::Plain,
    }
}

/// Whether the current call is the head of a definition: `def name(a) when …`.
fn is_head(walk: &Walk<'_>) -> bool {
    let mut level = 0;
    while walk.ancestor(level).is_some_and(|node| node.kind() == "binary_operator") && level < 2 {
        level += 1;
    }
    let Some(definition) = walk
        .ancestor(level + 1)
        .filter(|_| walk.ancestor(level).is_some_and(|node| node.kind() == "arguments"))
    else {
        return false;
    };
    matches!(word_of(walk, definition), Some("def" | "defp" | "defmacro" | "defmacrop"))
}

fn function<'t>(walk: &Walk<'t>, node: Node<'t>) -> Option<FunctionShape<'t>> {
    let mut head = *arguments(node).first()?;
    if head.kind() == "binary_operator" && walk.slice(head.field("operator")?) == "when" {
        head = head.field("left")?;
    }
    let (anchor, list) = match head.kind() {
        "identifier" => (head, Vec::new()),
        "call" => (head.field("target")?, arguments(head)),
        _ => return None,
    };
    if anchor.kind() != "identifier" || walk.slice(anchor) == "unquote" {
        return None;
    }
    let receiver = walk.direct_type().map(|name| SmolStr::from(name.rsplit('.').next().unwrap_or(name)));
    let kind = if receiver.is_some() { FunctionKind::Method } else { FunctionKind::Function };
    let parameters = list.into_iter().map(|parameter| parameter_name(walk, parameter)).collect();
    Some(FunctionShape {
        name: Some(walk.slice(anchor).into()),
        anchor,
        kind,
        receiver,
        parameters,
        body: block(node),
    })
}

/// The name in `name`, `%{…} = name` and `name \\ default`; empty for a pattern.
fn parameter_name(walk: &Walk<'_>, node: Node<'_>) -> SmolStr {
    match node.kind() {
        "identifier" => walk.slice(node).into(),
        "binary_operator" => {
            let sides = ["left", "right"].into_iter().filter_map(|side| node.field(side));
            sides
                .filter(|side| side.kind() == "identifier")
                .map(|side| walk.slice(side).into())
                .next()
                .unwrap_or_default()
        }
        _ => SmolStr::default(),
    }
}

/// Functions without a name outside of others, and the blocks of a plug's routes.
fn closure<'t>(walk: &Walk<'t>, node: Node<'t>) -> Option<FunctionShape<'t>> {
    if walk.function_around().is_some() {
        return None;
    }
    if node.kind() == "do_block"
        && !walk.ancestor(0).is_some_and(|call| router::has_block_as_handler(walk, call))
    {
        return None;
    }
    let kind = FunctionKind::Closure;
    let (name, receiver, parameters, body) = (None, None, Vec::new(), None);
    Some(FunctionShape { name, anchor: node, kind, receiver, parameters, body })
}

/// A live view's clause of `handle_event` for one event: the instrumentation's span is called after both.
fn live_event<'t>(walk: &mut Walk<'t>, index: u32, node: Node<'t>) {
    let Some(function) = walk.draft.functions.get(index as usize) else { return };
    if function.name != "handle_event" || function.parameters.len() != 3 {
        return;
    }
    let (path, place) = (function.key.path.clone(), function.name_position);
    let mut head = arguments(node).first().copied();
    if let Some(guarded) = head.filter(|head| head.kind() == "binary_operator") {
        head = guarded.field("left");
    }
    let event = head.and_then(|head| arguments(head).first().copied());
    let event = event.filter(|event| event.kind() == "string").and_then(|event| text_of(walk, event));
    let mut text = Text(vec![Piece::Literal(format_smolstr!("{path}#"))]);
    text.append(event.unwrap_or_else(Text::hole));
    walk.draft.span(text, index, Some(index), place, Some("opentelemetry_phoenix".into()));
    walk.draft.tracer(MODULE, "opentelemetry_phoenix", Text::literal("opentelemetry_phoenix"));
}

/// `alias A.B`, `alias A.{B, C}`, `alias A.B, as: X`; `require` with `as:` too.
fn alias(walk: &mut Walk<'_>, node: Node<'_>) {
    let Some(first) = arguments(node).first().copied() else { return };
    let renamed = keyword(walk, node, "as").and_then(|name| path_of(walk, name));
    if word_of(walk, node) == Some("require") && renamed.is_none() {
        return;
    }
    let many = first.field("right").filter(|right| first.kind() == "dot" && right.kind() == "tuple");
    let Some(many) = many else {
        let Some(path) = path_of(walk, first) else { return };
        let name = renamed.unwrap_or_else(|| path.rsplit('.').next().unwrap_or(&path).into());
        return bind_alias(walk, name, path);
    };
    let Some(outer) = first.field("left").and_then(|outer| path_of(walk, outer)) else {
        return;
    };
    for inner in children(many).into_iter().filter_map(|inner| path_of(walk, inner)).collect::<Vec<_>>() {
        let name = inner.rsplit('.').next().unwrap_or(&inner).into();
        bind_alias(walk, name, dotted(&outer, &inner));
    }
}

fn bind_alias(walk: &mut Walk<'_>, name: SmolStr, path: SmolStr) {
    if name != path {
        walk.draft.bind(MODULE, name, Value::Alias(Reference::local(path)));
    }
}

/// `defdelegate total(cart), to: Pricing, as: :sum`.
fn delegate(walk: &mut Walk<'_>, node: Node<'_>) {
    let Some(head) = arguments(node).first().copied() else { return };
    let name = if head.kind() == "call" { word_of(walk, head) } else { Some(walk.slice(head)) };
    let to = keyword(walk, node, "to").and_then(|module| path_of(walk, module));
    let (Some(name), Some(to), Some(owner)) = (name, to, walk.type_path()) else { return };
    let renamed = keyword(walk, node, "as").and_then(|name| syntax::atom(walk, name));
    let target = dotted(&to, renamed.as_deref().unwrap_or(name));
    walk.draft.bind(MODULE, dotted(&owner, name), Value::Alias(Reference::local(target)));
}

/// What a module becomes by `use`: a job, a remote service.
fn uses(walk: &mut Walk<'_>, node: Node<'_>) {
    let (Some(used), Some(owner)) =
        (arguments(node).first().and_then(|module| path_of(walk, *module)), walk.type_path())
    else {
        return;
    };
    let named = |name: &str| Handler::Named(MODULE, Reference::local(dotted(&owner, name)));
    match used.as_str() {
        name if name.starts_with("Oban.") && name.ends_with("Worker") => {
            let handler = Handler::First(vec![named("perform"), named("process")]);
            let name = Some(Text::literal(owner.clone()));
            walk.draft.wiring.consumers.push(ConsumerFact { name, handler, scope: MODULE });
        }
        "Broadway" => drop(walk.draft.marks.insert(pipeline(&owner))),
        "GRPC.Server" => {
            let service = keyword(walk, node, "service").and_then(|service| path_of(walk, service));
            let Some(service) = service else { return };
            let service = service.strip_suffix(".Service").unwrap_or(&service);
            let service = service.rsplit('.').next().unwrap_or(service).into();
            let handler = Handler::Named(MODULE, Reference::local(owner));
            walk.draft.wiring.rpcs.push(RpcFact { service, method: None, handler, scope: MODULE });
        }
        _ => {}
    }
}

/// A pipeline takes each message: the instrumentation's span is called after the pipeline, which is most often called
/// like its module, and the processor.
fn broadway(walk: &mut Walk<'_>, index: u32) {
    let Some(function) = walk.draft.functions.get(index as usize) else { return };
    let Some(owner) = walk.type_path().filter(|_| function.name == "handle_message") else { return };
    if function.parameters.len() != 3 || !walk.draft.marks.contains(&pipeline(&owner)) {
        return;
    }
    let place = function.name_position;
    let mut text = Text(vec![Piece::Literal(format_smolstr!("{owner}/")), Piece::Hole]);
    text.append(Text::literal(" process"));
    walk.draft.span(text, index, Some(index), place, None);
}

/// The mark of a module that is a pipeline.
fn pipeline(owner: &str) -> SmolStr {
    format_smolstr!("pipeline {owner}")
}

/// `LiveView` as `live_view`.
fn underscored(name: &str) -> String {
    let mut text = String::with_capacity(name.len() + 4);
    let characters: Vec<char> = name.chars().collect();
    for (at, character) in characters.iter().enumerate() {
        let before = at.checked_sub(1).and_then(|before| characters.get(before));
        let next = characters.get(at + 1);
        let begins = character.is_uppercase()
            && before
                .is_some_and(|before| !before.is_uppercase() || next.is_some_and(|next| next.is_lowercase()));
        if begins {
            text.push('_');
        }
        text.extend(character.to_lowercase());
    }
    text
}

//! Calls in Kotlin that become spans: span starts, HTTP clients, SQL, and functions of the program.

use model::SmolStr;
use smol_str::format_smolstr;
use tree_sitter::Node;

use super::clients;
use super::syntax::{arguments, callee, path_of, text_of};
use crate::{
    CallKind,
    languages::{
        java::names::{known, qualified_method},
        jvm::{self, methods::hyphenated},
    },
    walk::{Walk, dotted, position},
    wiring::{Argument, Piece, Reference, Scope, Text},
};

/// The mark of a function that the file declares on a type of others.
pub(super) fn extension(name: &str) -> SmolStr {
    format_smolstr!("extension {name}")
}

/// A call; of `f(x) { … }` the part in front of the lambda.
pub(super) fn call<'t>(walk: &mut Walk<'t>, node: Node<'t>) {
    let Some((object, name)) = callee(node) else { return };
    let last = walk.slice(name);
    if span(walk, node, object, last) {
        return;
    }
    let found = clients::call(walk, node, object, last);
    if found.is_none()
        && let Some(callee) = called(walk, object, last)
    {
        passes(walk, node, &callee);
    }
    walk.call_site(node, name, last, found.unwrap_or((CallKind::Function, None, None)));
}

/// `val tracer = openTelemetry.getTracer("name")`: later span starts know their scope.
pub(super) fn tracer<'t>(walk: &mut Walk<'t>, scope: Scope, name: &SmolStr, value: Node<'t>) {
    let Some((_, callee)) = callee(value).filter(|_| value.kind() == "call_expression") else { return };
    if walk.slice(callee) == "getTracer"
        && let Some(text) = arguments(value).first().and_then(|first| text_of(walk, *first))
    {
        walk.draft.tracer(scope, name.clone(), text);
    }
}

/// Whether the call names a span that it starts; if so, it is taken in.
fn span<'t>(walk: &mut Walk<'t>, node: Node<'t>, object: Option<Node<'t>>, last: &str) -> bool {
    let class = || object.map(|object| walk.slice(object)).unwrap_or_default();
    let is_micrometer = match last {
        // OpenTelemetry, and OpenTracing before it.
        "spanBuilder" | "buildSpan" => false,
        "startScopedSpan" => true,
        "name" if class().ends_with("nextSpan()") || class().ends_with("spanBuilder()") => true,
        "createNotStarted" | "start" if class() == "Observation" => true,
        "contextualName" if class().contains("Observation") => true,
        _ => return false,
    };
    let Some(text) = arguments(node).first().and_then(|first| text_of(walk, *first)) else { return false };
    let text = match &text.0[..] {
        [Piece::Literal(_), ..] if is_micrometer => hyphenated(text),
        _ => text,
    };
    let tracer = object.filter(|_| !is_micrometer).and_then(|object| path_of(walk, object));
    let scope = walk.scope();
    walk.draft.span(text, scope, None, position(node), tracer);
    true
}

/// The called function as it is looked up: an extension by its name alone.
fn called(walk: &Walk<'_>, object: Option<Node<'_>>, last: &str) -> Option<SmolStr> {
    let marks = &walk.draft.marks;
    let Some(object) = object else {
        return Some(match walk.type_path() {
            Some(_) => qualified_method_or_bare(walk, last),
            None => last.into(),
        });
    };
    if marks.contains(&extension(last)) || marks.contains(&known(last)) {
        return Some(last.into());
    }
    Some(dotted(&path_of(walk, object)?, last))
}

/// A method of a class around, else a function of the file or its package.
fn qualified_method_or_bare(walk: &Walk<'_>, last: &str) -> SmolStr {
    let path = qualified_method(walk, last);
    let is_declared = walk.draft.marks.contains(&crate::languages::java::names::method(&path));
    if is_declared { path } else { last.into() }
}

/// Texts among the arguments: names of spans, if the callee is a helper.
fn passes<'t>(walk: &mut Walk<'t>, node: Node<'t>, callee: &SmolStr) {
    let (scope, place) = (walk.scope(), position(node));
    for (at, value) in arguments(node).into_iter().enumerate().take(6) {
        if let Some(text) = passed_text(walk, value, callee) {
            let callee = Reference::local(callee.clone());
            walk.draft.pass(callee, Argument::At(at as u8), text, scope, None, place);
        }
    }
}

/// An argument that may be a name: text, a constant, or a parameter that is handed on.
fn passed_text(walk: &Walk<'_>, value: Node<'_>, callee: &str) -> Option<Text> {
    match value.kind() {
        "identifier" | "navigation_expression" => {
            let path = path_of(walk, value)?;
            let last = path.rsplit('.').next().unwrap_or_default();
            let is_constant = last.len() > 1 && !last.contains(|c: char| c.is_lowercase());
            let around = walk.draft.functions.get(walk.scope() as usize);
            let is_parameter = around.is_some_and(|function| function.parameters.contains(&path));
            (is_constant || is_parameter || jvm::traces(callee)).then(|| Text::name(path))
        }
        "string_literal" | "binary_expression" => text_of(walk, value),
        _ => None,
    }
}

//! Spans that C# starts: activities, with or without a name, and those of OpenTelemetry's own tracer.

use model::SmolStr;
use smol_str::format_smolstr;
use tree_sitter::Node;

use super::{
    first_text, is_created,
    syntax::{argument, arguments, path_of, text_of},
};
use crate::{
    field::Field,
    walk::{Walk, position},
    wiring::{Scope, Text},
};

/// `Source = new ActivitySource("name")`: later span starts know their scope.
pub(super) fn source<'t>(
    walk: &mut Walk<'t>,
    scope: Scope,
    name: &SmolStr,
    declared: Option<&str>,
    value: Node<'t>,
) {
    let is_source = is_created(walk, value, declared, "ActivitySource");
    let is_tracer = || {
        value.kind() == "invocation_expression"
            && super::syntax::callee(value).is_some_and(|(_, name)| walk.slice(name) == "GetTracer")
    };
    if (is_source || is_tracer())
        && let Some(text) = first_text(walk, value, "name")
    {
        walk.draft.tracer(scope, name.clone(), text);
    }
}

/// Whether the call names a span that it starts; if so, it is taken in.
pub(super) fn started<'t>(walk: &mut Walk<'t>, node: Node<'t>, object: Option<Node<'t>>, last: &str) -> bool {
    let text = match last {
        "StartActivity" | "CreateActivity" => {
            if object.is_none() {
                return false;
            }
            match activity_name(walk, node, last) {
                Some(text) => text,
                None => return true,
            }
        }
        "StartActiveSpan" | "StartRootSpan" | "StartSpan" if object.is_some() => {
            match first_text(walk, node, "name") {
                Some(text) => text,
                None => return false,
            }
        }
        "Activity" if node.kind() == "object_creation_expression" => {
            match first_text(walk, node, "operationName") {
                Some(text) => text,
                None => return true,
            }
        }
        _ => return false,
    };
    let tracer = object.and_then(|object| path_of(walk, object));
    let scope = walk.scope();
    walk.draft.span(text, scope, None, position(node), tracer);
    true
}

/// The name of an activity: that of the method around where the call gives none. `None` when it is not known.
fn activity_name<'t>(walk: &Walk<'t>, node: Node<'t>, last: &str) -> Option<Text> {
    let list = arguments(walk, node);
    let is_kind = |node: Node<'t>| walk.slice(node).contains("ActivityKind.");
    let name = argument(&list, "name", 0).filter(|first| !is_kind(*first));
    match name {
        Some(name) => text_of(walk, name),
        None if last == "StartActivity" => Some(Text::literal(caller_name(walk))),
        None => None,
    }
}

/// `activity.DisplayName = "name"`: what the span is called in the end.
pub(super) fn renamed<'t>(walk: &mut Walk<'t>, left: Node<'t>, right: Node<'t>) {
    let is_member = matches!(left.kind(), "member_access_expression" | "conditional_access_expression");
    let Some(path) = path_of(walk, left).filter(|_| is_member) else { return };
    let Some(object) = path.strip_suffix(".DisplayName") else { return };
    let last = object.rsplit('.').next().unwrap_or(object);
    let is_activity = ["activity", "span"].iter().any(|word| last.to_lowercase().contains(word))
        || object.ends_with("Activity.Current");
    if let Some(text) = text_of(walk, right).filter(|_| is_activity) {
        let scope = walk.scope();
        walk.draft.span(text, scope, None, position(left), None);
    }
}

/// What `[CallerMemberName]` gives: the member around, whatever lambdas and local functions are between.
pub(super) fn caller_name(walk: &Walk<'_>) -> SmolStr {
    for node in walk.ancestors.iter().rev() {
        match node.kind() {
            "method_declaration" | "property_declaration" | "event_declaration" => {
                return node.field("name").map(|name| walk.slice(name)).unwrap_or_default().into();
            }
            "constructor_declaration" => return SmolStr::new_static(".ctor"),
            "indexer_declaration" => return SmolStr::new_static("Item"),
            "destructor_declaration" => return SmolStr::new_static("Finalize"),
            _ => {}
        }
    }
    format_smolstr!("<Main>$")
}

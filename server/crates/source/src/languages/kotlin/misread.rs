//! Annotated declarations that the grammar takes for expressions: `@A class B { … }` reads as `class.B({ … })` when the
//! class has neither a constructor nor a visibility, and `@A("x")` before a function as an expression of its own.

use tree_sitter::Node;

use super::syntax::child_of_kind;
use crate::walk::{Walk, children};

/// How many annotations one declaration may have.
const MAX_ANNOTATIONS: usize = 16;

/// A class that was read as an infix expression: the node of its name, and its body.
pub(super) fn class_of<'t>(walk: &Walk<'t>, node: Node<'t>) -> Option<(Node<'t>, Node<'t>)> {
    let parts = if node.kind() == "infix_expression" { children(node) } else { return None };
    let is_class = |node: &Node<'t>| matches!(walk.slice(*node), "class" | "interface" | "object");
    match parts.as_slice() {
        [word, name, body]
            if is_class(word) && name.kind() == "identifier" && body.kind() == "lambda_literal" =>
        {
            Some((*name, *body))
        }
        [_, word, call] if is_class(word) && call.kind() == "call_expression" => {
            let name = call.named_child(0).filter(|name| name.kind() == "identifier")?;
            Some((name, child_of_kind(child_of_kind(*call, "annotated_lambda")?, "lambda_literal")?))
        }
        _ => None,
    }
}

/// Whether a lambda is the body of such a class.
pub(super) fn is_body<'t>(walk: &Walk<'t>, lambda: Node<'t>) -> bool {
    let around =
        (0..3).map_while(|level| walk.ancestor(level)).find(|node| node.kind() == "infix_expression");
    around.and_then(|infix| class_of(walk, infix)).is_some_and(|(_, body)| body == lambda)
}

/// The class inside of expressions that are annotated, and what holds it.
pub(super) fn annotated_class<'t>(walk: &Walk<'t>, node: Node<'t>) -> Option<(Node<'t>, Node<'t>)> {
    let mut node = node;
    for _ in 0..MAX_ANNOTATIONS {
        if node.kind() != "annotated_expression" {
            return class_of(walk, node);
        }
        node = *children(node).last()?;
    }
    None
}

/// Annotations of a declaration that stand around it or before it as expressions, with the value that each of them
/// has in parentheses of its own.
pub(super) fn annotations<'t>(walk: &Walk<'t>, declaration: Node<'t>) -> Vec<(Node<'t>, Option<Node<'t>>)> {
    let mut found = Vec::new();
    let around = walk.ancestors.iter().rev().take(MAX_ANNOTATIONS);
    for outer in around.take_while(|outer| outer.kind() == "annotated_expression") {
        found.extend(child_of_kind(*outer, "annotation").map(|annotation| (annotation, None)));
    }
    // Looking for the sibling costs more than looking at what stands before.
    let text =
        walk.text.get(..declaration.start_byte()).map(str::trim_end).filter(|text| text.ends_with(')'));
    let before =
        text.and_then(|text| declaration.prev_named_sibling().filter(|node| node.end_byte() == text.len()));
    let mut next = before;
    for _ in 0..MAX_ANNOTATIONS {
        let Some(node) = next.filter(|node| node.kind() == "annotated_expression") else { break };
        let last = children(node).last().copied();
        let value = last.filter(|last| last.kind() == "parenthesized_expression");
        let value = value.and_then(|value| value.named_child(0));
        found.extend(child_of_kind(node, "annotation").map(|annotation| (annotation, value)));
        next = last;
    }
    found
}

//! Rocket: lists of routes that functions return and others append to.

use model::SmolStr;
use tree_sitter::Node;

use super::{
    macros,
    routes::tail_holder,
    syntax::{arguments, path_of},
};
use crate::{
    field::Field,
    walk::{Walk, children},
    wiring::{Holder, MountFact, Reference, Text},
};

/// `routes![list, sub::show]` as the value of a variable or of a function.
pub(super) fn listed<'t>(walk: &mut Walk<'t>, node: Node<'t>) {
    let Some(tokens) = children(node).into_iter().find(|child| child.kind() == "token_tree") else { return };
    let Some(parent) = tail_holder(walk, node) else { return };
    let scope = walk.scope();
    for path in macros::arguments(walk.slice(tokens)) {
        let child = Holder::Named(scope, Reference::local(path.replace("::", ".")));
        let (parent, prefix) = (parent.clone(), Text::default());
        walk.draft.wiring.mounts.push(MountFact { parent, child, prefix, scope });
    }
    if let Holder::Named(_, reference) = parent {
        walk.draft.marks.insert(SmolStr::from(format!("{}![]", reference.path)));
    }
}

/// `routes.append(&mut sub::routes())`, `routes.extend(sub::routes())` on such a list.
pub(super) fn appended<'t>(walk: &mut Walk<'t>, object: Node<'t>, child: Node<'t>) -> bool {
    let Some(list) = path_of(walk, object) else { return false };
    // `let mut routes = Vec::new()` says so by its name only.
    if !list.ends_with("routes") && !walk.draft.marks.contains(format!("{list}![]").as_str()) {
        return false;
    }
    let scope = walk.scope();
    let parent = Holder::Named(scope, Reference::local(list));
    let mut child = child;
    while child.kind() == "reference_expression" {
        let Some(inner) = child.field("value") else { return false };
        child = inner;
    }
    let Some(path) = path_of(walk, child) else { return false };
    let is_call = child.kind() == "call_expression" && arguments(child).len() < 8;
    let reference = Reference::local(path);
    let child = if is_call { Holder::Result(scope, reference) } else { Holder::Named(scope, reference) };
    walk.draft.wiring.mounts.push(MountFact { parent, child, prefix: Text::default(), scope });
    true
}

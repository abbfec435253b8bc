//! Absinthe: resolvers of fields, as a schema names them.

use model::SmolStr;
use smol_str::format_smolstr;
use tree_sitter::Node;

use super::syntax::{arguments, atom, keyword, path_of, word_of};
use crate::{
    field::Field,
    walk::{Walk, dotted},
    wiring::{Handler, MODULE, Reference, RpcFact},
};

/// `resolve &Ships.find/3` in a field's block, and `field :ship, :ship, resolve: &Ships.find/3`.
pub(super) fn call<'t>(walk: &mut Walk<'t>, node: Node<'t>) {
    let found = match word_of(walk, node) {
        Some("resolve") => arguments(node).first().copied().zip(field_around(walk)),
        Some("field") => keyword(walk, node, "resolve").zip(Some(node)),
        _ => return,
    };
    let Some((resolver, field)) = found else { return };
    let name = arguments(field).first().and_then(|name| atom(walk, *name));
    let (Some(name), Some(of_type)) = (name, type_around(walk)) else { return };
    let Some(handler) = handler_of(walk, resolver) else { return };
    let service = format_smolstr!("graphql {of_type}");
    walk.draft.wiring.rpcs.push(RpcFact { service, method: Some(name), handler, scope: MODULE });
}

/// The field whose block the current call stands in.
fn field_around<'t>(walk: &Walk<'t>) -> Option<Node<'t>> {
    walk.ancestor(1).filter(|call| call.kind() == "call" && word_of(walk, *call) == Some("field"))
}

/// The type whose fields are declared around: the root ones by their operation, others by their name. Fields of an
/// operation are often collected in objects of their own.
fn type_around(walk: &Walk<'_>) -> Option<SmolStr> {
    let calls = walk.ancestors.iter().rev().filter(|node| node.kind() == "call");
    calls.take(8).find_map(|call| match word_of(walk, *call)? {
        "query" => Some("Query".into()),
        "mutation" => Some("Mutation".into()),
        "subscription" => Some("Subscription".into()),
        "object" => {
            let name = atom(walk, *arguments(*call).first()?)?;
            let root = [("quer", "Query"), ("mutation", "Mutation"), ("subscription", "Subscription")];
            let last = name.rsplit('_').next().unwrap_or(&name);
            let root = root.iter().find(|(start, _)| last.starts_with(start));
            Some(root.map_or(name.clone(), |(_, operation)| (*operation).into()))
        }
        _ => None,
    })
}

/// `&Ships.find/3`, `&find/2`, `&Ships.find(&1, &2, &3)`, `fn … end`.
fn handler_of(walk: &Walk<'_>, node: Node<'_>) -> Option<Handler> {
    if node.kind() == "anonymous_function" {
        return Some(Handler::At(node.start_byte() as u32));
    }
    let operand = node.field("operand").filter(|_| walk.slice(node).starts_with('&'))?;
    let named = if operand.kind() == "binary_operator" { operand.field("left")? } else { operand };
    let path = path_of(walk, named)?;
    let is_own = !path.contains('.');
    let path = if is_own { dotted(&walk.type_path()?, &path) } else { path };
    Some(Handler::Named(MODULE, Reference::local(path)))
}

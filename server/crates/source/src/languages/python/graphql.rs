//! GraphQL in Python: resolvers of Strawberry, Graphene and Ariadne, as methods of the types whose fields they are.

use model::SmolStr;
use smol_str::format_smolstr;
use tree_sitter::Node;

use super::{
    calls::keyword_literal,
    syntax::{keyword, path_of, positional, text_of},
};
use crate::{
    field::Field,
    walk::Walk,
    wiring::{Handler, MODULE, Reference, RpcFact},
};

/// A decorated function: Strawberry's `@strawberry.field`, Ariadne's `@query.field("books")`.
pub(super) fn decorated<'t>(walk: &mut Walk<'t>, index: u32, call: Option<Node<'t>>, path: &str) -> bool {
    let Some(function) = walk.draft.functions.get(index as usize) else { return false };
    let (name, receiver) = (function.name.clone(), function.receiver.clone());
    let (object, last) = path.rsplit_once('.').unwrap_or(("", path));
    let handler = Handler::Function(index);
    if object == "strawberry" || object == "strawberry_django" || object == "gql" {
        let is_field = matches!(last, "field" | "mutation" | "subscription");
        let Some(class) = receiver.filter(|_| is_field) else { return false };
        let field = call.and_then(|call| keyword_literal(walk, call, "name")).unwrap_or(name);
        return field_of(walk, class, field, handler);
    }
    let given = call.filter(|_| matches!(last, "field" | "source")).and_then(|call| {
        let first = positional(call).first().copied()?;
        text_of(walk, first)?.as_literal()
    });
    match (ariadne_type(walk, object), given) {
        (Some(class), Some(field)) => field_of(walk, class, field, handler),
        _ => false,
    }
}

/// A method of a class: Graphene's `resolve_books`.
pub(super) fn method(walk: &mut Walk<'_>, index: u32) {
    let Some(function) = walk.draft.functions.get(index as usize) else { return };
    let Some(field) = function.name.strip_prefix("resolve_").map(SmolStr::from) else { return };
    if let Some(class) = function.receiver.clone() {
        field_of(walk, class, field, Handler::Function(index));
    }
}

/// `query = QueryType()`, `user = ObjectType("User")`: fields are declared on the name. In a class:
/// `author = strawberry.field(resolver=author_of)` and Graphene's `create_book = CreateBook.Field()`.
pub(super) fn bound<'t>(walk: &mut Walk<'t>, name: &str, right: Node<'t>) {
    let Some(callee) = right.field("function").and_then(|callee| path_of(walk, callee)) else {
        return;
    };
    let last = callee.rsplit('.').next().unwrap_or(&callee);
    let class = match last {
        "QueryType" => Some(SmolStr::new_static("Query")),
        "MutationType" => Some(SmolStr::new_static("Mutation")),
        "SubscriptionType" => Some(SmolStr::new_static("Subscription")),
        "ObjectType" | "InterfaceType" => {
            positional(right).first().and_then(|first| text_of(walk, *first)?.as_literal())
        }
        _ => None,
    };
    if let Some(class) = class {
        walk.draft.marks.insert(format_smolstr!("{name}={class}"));
        return;
    }
    let Some(class) = walk.direct_type().cloned() else { return };
    let field = SmolStr::from(name.rsplit('.').next().unwrap_or(name));
    if let Some(resolver) = keyword(walk, right, "resolver").and_then(|resolver| path_of(walk, resolver)) {
        field_of(walk, class, field, Handler::Named(MODULE, Reference::local(resolver)));
    } else if let Some(mutation) = callee.strip_suffix(".Field") {
        let handler = Handler::Named(MODULE, Reference::local(format!("{mutation}.mutate")));
        field_of(walk, class, field, handler);
    }
}

/// Ariadne's `query.set_field("books", resolve_books)`.
pub(super) fn set_field<'t>(walk: &mut Walk<'t>, node: Node<'t>, object: &str) -> bool {
    let Some(class) = ariadne_type(walk, object) else { return false };
    let list = positional(node);
    let field = list.first().and_then(|first| text_of(walk, *first)?.as_literal());
    let resolver = list.get(1).and_then(|resolver| path_of(walk, *resolver));
    match (field, resolver) {
        (Some(field), Some(resolver)) => {
            field_of(walk, class, field, Handler::Named(walk.scope(), Reference::local(resolver)))
        }
        _ => false,
    }
}

fn ariadne_type(walk: &Walk<'_>, name: &str) -> Option<SmolStr> {
    if name.is_empty() {
        return None;
    }
    let mut marks = walk.draft.marks.iter();
    marks.find_map(|mark| mark.strip_prefix(name)?.strip_prefix('=').map(SmolStr::from))
}

fn field_of(walk: &mut Walk<'_>, class: SmolStr, field: SmolStr, handler: Handler) -> bool {
    let service = class.rsplit('.').next().map(SmolStr::from).unwrap_or_default();
    walk.draft.wiring.rpcs.push(RpcFact { service, method: Some(field), handler, scope: MODULE });
    true
}

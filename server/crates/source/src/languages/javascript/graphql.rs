//! GraphQL in JavaScript: resolvers as decorated methods (NestJS, TypeGraphQL) and as fields of a builder (Pothos).

use model::SmolStr;
use smol_str::format_smolstr;
use tree_sitter::Node;

use super::{
    express::handler,
    syntax::{arguments, literal_of, path_of, property, unwrapped},
};
use crate::{
    field::Field,
    walk::{Walk, children},
    wiring::{Handler, RpcFact},
};

/// `@Resolver(() => Author)`, `@Resolver("Author")`: whose fields the class resolves.
pub(super) fn resolver_class<'t>(walk: &mut Walk<'t>, class: &str, first: Option<Node<'t>>) {
    let named = first.and_then(|first| match first.kind() {
        "string" => literal_of(walk, first),
        "arrow_function" => path_of(walk, first.field("body")?),
        "identifier" => path_of(walk, first),
        _ => None,
    });
    if let Some(named) = named {
        walk.draft.marks.insert(format_smolstr!("{class}=>{named}"));
    }
}

/// `@Query(() => [Author], { name: "authors" })`, `@ResolveField("posts")`: a field is resolved by the method.
pub(super) fn resolver_method<'t>(
    walk: &mut Walk<'t>,
    class: &str,
    kind: &str,
    expression: Node<'t>,
    handler: Handler,
    own: Option<SmolStr>,
) {
    let service = match kind {
        "Query" | "Mutation" | "Subscription" => Some(SmolStr::from(kind)),
        _ => walk
            .draft
            .marks
            .iter()
            .find_map(|mark| Some(mark.strip_prefix(class)?.strip_prefix("=>")?.into())),
    };
    let options = arguments(expression);
    let first = options.first().copied().map(unwrapped);
    let text = first.filter(|first| first.kind() == "string").and_then(|first| literal_of(walk, first));
    let named = options.iter().find_map(|option| literal_of(walk, property(walk, *option, "name")?));
    if let (Some(service), Some(field)) = (service, text.or(named).or(own)) {
        let scope = walk.scope();
        walk.draft.wiring.rpcs.push(RpcFact { service, method: Some(field), handler, scope });
    }
}

/// Pothos: `builder.queryField("posts", (t) => t.field({ resolve: … }))`. The call is walked on.
pub(super) fn builder_field<'t>(walk: &mut Walk<'t>, node: Node<'t>, verb: &str) {
    let service = match verb {
        "queryField" => "Query",
        "mutationField" => "Mutation",
        _ => "Subscription",
    };
    let list = arguments(node);
    let [field, made, ..] = list.as_slice() else { return };
    let made = if made.kind() == "arrow_function" { made.field("body") } else { None };
    let call = made.map(unwrapped).filter(|made| made.kind() == "call_expression");
    let resolve = call.and_then(|call| resolver_of(walk, arguments(call).last().copied()?));
    if let (Some(field), Some(handler)) = (literal_of(walk, *field), resolve) {
        let (service, scope) = (SmolStr::new_static(service), walk.scope());
        walk.draft.wiring.rpcs.push(RpcFact { service, method: Some(field), handler, scope });
    }
}

fn resolver_of<'t>(walk: &Walk<'t>, options: Node<'t>) -> Option<Handler> {
    if let Some(resolve) = property(walk, options, "resolve") {
        return handler(walk, resolve);
    }
    let method = children(unwrapped(options)).into_iter().find(|part| {
        part.kind() == "method_definition"
            && part.field("name").is_some_and(|name| walk.slice(name) == "resolve")
    });
    method.map(|method| Handler::At(method.start_byte() as u32))
}

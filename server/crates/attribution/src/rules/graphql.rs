//! GraphQL: the resolver of a field, by the type that has it and its name.

use model::SmolStr;
use smol_str::{ToSmolStr, format_smolstr};

use crate::{
    Confidence, Rule,
    clues::{Answer, Candidate, Clues, candidate},
    rules::rpc::plain,
};

/// The resolver of a GraphQL field.
pub(crate) fn graphql(clues: &Clues<'_>) -> Answer {
    let keys = ["graphql.parent.name", "graphql.parentType", "graphql.resolver.object"];
    let gqlgen = clues.shape.name.split_once('/').filter(|_| clues.shape.scope.contains("gqlgen"));
    let parent = keys.iter().find_map(|key| clues.get(key)).or(gqlgen.map(|(parent, _)| parent));
    let field = match (clues.get("graphql.field.name"), parent) {
        (Some(field), _) => field,
        (None, Some(_)) if gqlgen.is_some() => gqlgen.map_or("", |(_, field)| field),
        // Servers in Python and Rust name the span after the field or its path: `GraphQL Resolving: a`, `a.0.b`.
        (None, Some(_)) => clues.shape.name.rsplit([' ', '.']).next().unwrap_or_default(),
        (None, None) => return Answer::Silent,
    };
    let declared = declared(clues, parent, field);
    if !declared.is_empty() {
        let confidence = if parent.is_some() { Confidence::Certain } else { Confidence::Likely };
        return clues.found(Rule::Framework, confidence, declared);
    }
    let mut found = by_name(clues, field, parent);
    if let Some(parent) = parent {
        let of_parent = |found: &Candidate| {
            let receiver = clues.index.function(&found.function).and_then(|found| found.receiver.clone());
            receiver.is_some_and(|receiver| receiver.split('.').any(|part| part == parent))
        };
        if found.iter().any(of_parent) {
            found.retain(of_parent);
        }
    }
    clues.found(Rule::Framework, Confidence::Likely, found)
}

/// Resolvers that the code declares for this field of this type.
fn declared(clues: &Clues<'_>, parent: Option<&str>, field: &str) -> Vec<Candidate> {
    clues.ask_resolved();
    let (wanted_type, wanted) = (plain(parent.unwrap_or_default()), plain(field));
    // Types are often implemented by a class with a word more: `QueryRoot`, `AuthorResolver`.
    // Schemas of the JVM say `graphql Type`, or leave the type out: then any will do.
    let of_type = |service: &str| plain(service.strip_prefix("graphql ").unwrap_or(service));
    let is_type = |service: &str| {
        let is_declared = service.starts_with("graphql ");
        let service = of_type(service);
        (is_declared && (parent.is_none() || service.is_empty()))
            || service == wanted_type
            || ["root", "resolver", "type", "object"].iter().any(|end| {
                service.strip_suffix(end).is_some_and(|service| service == wanted_type)
                    || wanted_type.strip_suffix(end).is_some_and(|wanted| service == wanted)
            })
    };
    let resolvers = clues.index.rpc_methods().iter();
    let of_field = resolvers.filter(|resolver| plain(&resolver.method) == wanted);
    let (exact, close): (Vec<_>, Vec<_>) = of_field
        .filter(|resolver| is_type(&resolver.service))
        .partition(|resolver| parent.is_some() && of_type(&resolver.service) == wanted_type);
    let chosen = if exact.is_empty() { close } else { exact };
    let detail = match parent {
        Some(parent) => format_smolstr!("resolves {parent}.{field}"),
        None => format_smolstr!("resolves the field {field}"),
    };
    chosen.into_iter().map(|resolver| candidate(&resolver.handler, detail.clone())).collect()
}

/// Functions called like the field in something that is called like a resolver, or like the type that has the field;
/// also the `resolve` of an object that is called like the field.
fn by_name(clues: &Clues<'_>, field: &str, parent: Option<&str>) -> Vec<Candidate> {
    let snake = snake_case(field);
    let mut found = Vec::new();
    for name in [field.to_smolstr(), format_smolstr!("resolve_{snake}"), snake.into(), capitalised(field)] {
        let functions = clues.functions_named(&name).filter(|function| {
            function.receiver.as_deref().is_some_and(|receiver| {
                let words = ["Query", "Mutation", "Subscription", "Resolver", "resolver"];
                (words.iter().any(|word| receiver.contains(word))
                    && parent.is_none_or(|parent| resolves(receiver, parent)))
                    || (parent.is_some() && receiver.rsplit('.').next() == parent)
            })
        });
        found.extend(
            functions.map(|function| candidate(&function.key, format_smolstr!("resolves the field {field}"))),
        );
    }
    let inner = clues.functions_named("resolve").filter(|function| {
        function.receiver.as_deref().is_some_and(|receiver| receiver.rsplit('.').next() == Some(field))
    });
    found.extend(
        inner.map(|function| candidate(&function.key, format_smolstr!("resolves the field {field}"))),
    );
    found
}

/// Whether a receiver is one that gqlgen makes for the type: `queryResolver`. Others are called as their authors like.
fn resolves(receiver: &str, parent: &str) -> bool {
    let generated =
        receiver.strip_suffix("Resolver").filter(|_| receiver.starts_with(|c: char| c.is_lowercase()));
    generated.is_none_or(|of_type| of_type.eq_ignore_ascii_case(parent))
}

/// Go exports what is called with a capital.
fn capitalised(name: &str) -> SmolStr {
    let mut characters = name.chars();
    let first = characters.next().map(|first| first.to_uppercase().collect::<String>()).unwrap_or_default();
    format_smolstr!("{first}{}", characters.as_str())
}

fn snake_case(name: &str) -> String {
    let mut snake = String::new();
    for character in name.chars() {
        if character.is_uppercase() && !snake.is_empty() {
            snake.push('_');
        }
        snake.extend(character.to_lowercase());
    }
    snake
}

//! Annotations on methods: spans, listeners, queries, resolvers, routes.

use model::SmolStr;
use smol_str::format_smolstr;
use tree_sitter::Node;

use super::{
    annotation::Annotation,
    routes::{self, is_told},
};
use crate::{
    CallKind, CallSite,
    walk::{Walk, position},
    wiring::{ConsumerFact, Handler, MODULE, Piece, RpcFact, Text, Value},
};

/// What the annotations of the method numbered `index`, whose name is `name`, say.
pub(in crate::languages) fn on_method<'t>(
    walk: &mut Walk<'t>,
    index: u32,
    name: Node<'t>,
    all: &[Annotation<'t>],
) {
    for annotation in all {
        match annotation.name {
            "WithSpan" => with_span(walk, index, name, annotation),
            "NewSpan" => new_span(walk, index, name, annotation),
            "Observed" => observed(walk, index, name, annotation),
            "Query" | "NativeQuery" => query(walk, index, name, annotation),
            _ => {
                listener(walk, index, annotation);
                resolver(walk, index, name, annotation);
            }
        }
    }
    routes::on_method(walk, index, name, all);
}

/// OpenTelemetry's: without a name the span is called `Class.method`.
fn with_span<'t>(walk: &mut Walk<'t>, index: u32, name: Node<'t>, annotation: &Annotation<'t>) {
    let text = annotation.text(&["value"]);
    let Some(text) = text.or_else(|| default_name(walk, name, ".", annotation, "value")) else { return };
    walk.draft.span(text, MODULE, Some(index), position(name), None);
}

/// Spring's spells every name in lower case with hyphens, and takes the method's for none; Micronaut's does not.
fn new_span<'t>(walk: &mut Walk<'t>, index: u32, name: Node<'t>, annotation: &Annotation<'t>) {
    let is_micronaut = walk.draft.wiring.bindings.iter().any(|binding| {
        binding.name == "NewSpan"
            && matches!(&binding.value, Value::Import(module, _) if module.contains("micronaut"))
    });
    let text = annotation.text(&["value", "name"]);
    let text = match text {
        Some(text) if is_micronaut => text,
        Some(text) => hyphenated(text),
        None if annotation.is_bare() && !is_micronaut => hyphenated(Text::literal(walk.slice(name))),
        None => return,
    };
    walk.draft.span(text, MODULE, Some(index), position(name), None);
}

/// Micrometer's: the contextual name, else `class#method`, in lower case with hyphens.
fn observed<'t>(walk: &mut Walk<'t>, index: u32, name: Node<'t>, annotation: &Annotation<'t>) {
    let text = annotation.text(&["contextualName"]);
    let text = text.or_else(|| default_name(walk, name, "#", annotation, "contextualName")).map(hyphenated);
    let Some(text) = text else { return };
    walk.draft.span(text, MODULE, Some(index), position(name), None);
}

/// The class and the method, where the annotation does not have the element `key`.
fn default_name<'t>(
    walk: &Walk<'t>,
    name: Node<'t>,
    separator: &str,
    annotation: &Annotation<'t>,
    key: &str,
) -> Option<Text> {
    if annotation.values(&[key]).is_some() {
        return None;
    }
    let path = walk.type_path()?;
    let class = path.rsplit('.').next()?;
    Some(Text::literal(format!("{class}{separator}{}", walk.slice(name))))
}

/// Names as Micrometer's tracing spells them: a hyphen before every capital but the first character.
pub(in crate::languages) fn hyphenated(text: Text) -> Text {
    let mut is_first = true;
    let pieces = text.0.into_iter().map(|piece| {
        let Piece::Literal(literal) = piece else {
            is_first = false;
            // What it stands for is spelled so, too; only its end and start are sure.
            return Piece::Hole;
        };
        let mut spelled = String::with_capacity(literal.len() + 4);
        for character in literal.chars() {
            if character.is_uppercase() && !is_first {
                spelled.push('-');
            }
            spelled.extend(character.to_lowercase());
            is_first = false;
        }
        Piece::Literal(spelled.into())
    });
    Text(pieces.collect())
}

/// `@Query("SELECT …")` on a method of a repository: calling it runs the statement.
fn query<'t>(walk: &mut Walk<'t>, index: u32, name: Node<'t>, annotation: &Annotation<'t>) {
    let Some(text) = annotation.text(&["value"]) else { return };
    let is_sql =
        matches!(text.0.first(), Some(Piece::Literal(literal)) if crate::sql::looks_like_sql(literal));
    if !is_sql {
        return;
    }
    let site = CallSite {
        kind: CallKind::Sql,
        callee: walk.slice(name).into(),
        method: None,
        target: None,
        function: Some(index),
        position: position(name),
        end: name.end_byte() as u32,
        in_loop: false,
    };
    walk.draft.call(site, Some(text));
}

/// Listeners of queues and topics.
fn listener<'t>(walk: &mut Walk<'t>, index: u32, annotation: &Annotation<'t>) {
    let keys: &[&str] = match annotation.name {
        "KafkaListener" => &["topics", "value"],
        "RabbitListener" => &["queues"],
        "JmsListener" => &["destination"],
        "SqsListener" => &["value", "queueNames"],
        "PulsarListener" => &["topics", "value"],
        "Topic" | "Incoming" | "Queue" => &["value"],
        _ => return,
    };
    for given in annotation.values(keys).unwrap_or_default() {
        let Some(text) = given.text.clone().map(with_default).filter(is_told) else { continue };
        let handler = Handler::Function(index);
        walk.draft.wiring.consumers.push(ConsumerFact { name: Some(text), handler, scope: MODULE });
    }
}

/// A placeholder that tells what it is without configuration: `${topic:orders}`.
fn with_default(text: Text) -> Text {
    let literal = text.as_literal();
    let inner = literal.as_ref().and_then(|text| text.strip_prefix("${")?.strip_suffix('}'));
    match inner.and_then(|inner| inner.split_once(':')) {
        Some((_, default)) if !default.is_empty() && !default.contains("${") => Text::literal(default),
        _ => text,
    }
}

/// Resolvers of GraphQL fields: remote methods of the type that has the field.
fn resolver<'t>(walk: &mut Walk<'t>, index: u32, name: Node<'t>, annotation: &Annotation<'t>) {
    let (parent, keys): (&str, &[&str]) = match annotation.name {
        "QueryMapping" => ("Query", &["value", "name"]),
        "MutationMapping" => ("Mutation", &["value", "name"]),
        "SubscriptionMapping" => ("Subscription", &["value", "name"]),
        "SchemaMapping" | "DgsData" => ("", &["value", "field"]),
        "DgsQuery" => ("Query", &["field"]),
        "DgsMutation" => ("Mutation", &["field"]),
        "DgsSubscription" => ("Subscription", &["field"]),
        _ => return,
    };
    let field = match annotation.values(keys) {
        Some(_) => annotation.text(keys).and_then(|text| field_name(&text)),
        None => Some(walk.slice(name).into()),
    };
    let Some(field) = field else { return };
    let of_type = annotation.text(&["typeName", "parentType"]).and_then(|text| text.as_literal());
    let service: SmolStr = format_smolstr!("graphql {}", of_type.as_deref().unwrap_or(parent));
    let handler = Handler::Function(index);
    walk.draft.wiring.rpcs.push(RpcFact { service, method: Some(field), handler, scope: MODULE });
}

/// A field as told; constants that are generated for fields are called like them, with a capital.
fn field_name(text: &Text) -> Option<SmolStr> {
    let [Piece::Name(path)] = text.0.as_slice() else { return text.as_literal() };
    let last = path.rsplit('.').next().filter(|_| path.contains('.'))?;
    let mut characters = last.chars();
    let first = characters.next()?.to_lowercase();
    let is_generated = !last.contains('_') && last.contains(|c: char| c.is_lowercase());
    is_generated.then(|| first.chain(characters).collect())
}

//! One rule a file, each with its counter-examples in its tests; the order in which they are asked.

mod code;
mod conventional;
mod framework;
mod graphql;
mod messaging;
mod next;
mod noise;
mod outgoing;
mod php;
mod route;
mod rpc;
mod span_name;
mod url_path;

pub(crate) use outgoing::same_target;

use model::SpanKind;

use crate::clues::{Answer, Clues};

/// Looks at the clues and answers.
pub(crate) type Rule = fn(&Clues<'_>) -> Answer;

/// The rules for spans of a kind, the one that names the function most directly first.
pub(crate) fn rules(kind: SpanKind) -> &'static [Rule] {
    match kind {
        SpanKind::Server => &[
            noise::noise,
            framework::framework,
            rpc::rpc,
            conventional::conventional,
            route::route,
            code::code_attributes,
            url_path::url_path,
            rpc::operation,
            span_name::span_name,
        ],
        SpanKind::Consumer => &[
            noise::noise,
            framework::framework,
            messaging::messaging,
            code::code_attributes,
            span_name::span_name,
            rpc::rpc,
        ],
        SpanKind::Client | SpanKind::Producer => {
            &[noise::noise, code::code_attributes, span_name::span_name, outgoing::outgoing]
        }
        SpanKind::Internal | SpanKind::Unspecified => &[
            noise::noise,
            framework::framework,
            code::code_attributes,
            span_name::span_name,
            route::route,
            messaging::messaging,
            outgoing::outgoing,
        ],
    }
}

//! The URL's path against declared routes, where no route was sent or only a mount's.

use source::{Pattern, Route, Segment};

use crate::{
    Confidence, Rule,
    clues::{Answer, Candidate, Clues},
    paths::is_test,
    rules::route::{candidates, method_of, of_method},
};

/// Frameworks whose instrumentation adds the route to the server's span.
const ROUTE_SENDERS: &[&str] = &[
    "express",
    "koa",
    "@koa/router",
    "koa-router",
    "@nestjs/common",
    "@hapi/hapi",
    "restify",
    "rails",
    "phoenix",
];

/// The handler whose pattern fits the path most closely.
pub(crate) fn url_path(clues: &Clues<'_>) -> Answer {
    let Some(path) = clues.get("url.path") else { return Answer::Silent };
    let route =
        clues.shape.deciding.iter().find(|(key, _)| key == "http.route").map(|(_, route)| route.as_str());
    let may_be_handled = match route {
        // An empty route says that nothing matched.
        Some("") => false,
        // A route that is less than the path is that of a mount: ASGI applications do not see inside of one. Elsewhere
        // it says that the request ended before any handler.
        Some(_) => sees_no_mounts(&clues.shape.scope),
        None => !always_sends_routes(&clues.shape.scope),
    };
    if !may_be_handled {
        return Answer::Silent;
    }
    clues.ask_resolved();
    let mut fitting: Vec<(&Route, &Pattern)> = clues
        .index
        .routes_fitting(path)
        .into_iter()
        .filter(|(route, _)| clues.fits(&route.handler))
        .filter(|(route, _)| of_method(vec![*route], method_of(clues)).len() == 1)
        .filter(|(_, pattern)| pattern.literals() > 0 || pattern.segments.is_empty())
        .collect();
    // However close a pattern of a test is.
    if fitting.iter().any(|(route, _)| !is_test(&route.handler.file)) {
        fitting.retain(|(route, _)| !is_test(&route.handler.file));
    }
    let Some(best) = fitting.iter().map(|(_, pattern)| closeness(pattern)).max() else {
        return Answer::Silent;
    };
    let closest =
        fitting.into_iter().filter(|(_, pattern)| closeness(pattern) == best).map(|(route, _)| route);
    let mut found = of_method(closest.collect(), method_of(clues));
    // Patterns are compared without the slash at their end; where only that differs, it decides.
    let agrees = |route: &&Route| route.pattern.ends_with('/') == path.ends_with('/');
    if found.iter().any(agrees) {
        found.retain(agrees);
    }
    let is_open = found.iter().all(|route| route.is_open);
    // Who is refused does not always get to the handler; without a route nothing says that this request did.
    let is_refused = matches!(clues.get("http.response.status_code"), Some("401" | "403"));
    let confidence = if is_open || is_refused { Confidence::Possible } else { Confidence::Likely };
    // A request whose handler the framework named was handled, route or not.
    let is_told = clues.get("code.function.name").is_some();
    let sends_route = |route: &Route| {
        !is_told && route.framework.as_deref().is_some_and(|name| ROUTE_SENDERS.contains(&name))
    };
    let senders: Vec<bool> = found.iter().map(|route| sends_route(route)).collect();
    let candidates = candidates(found).into_iter().zip(senders);
    let candidates =
        candidates.map(|(candidate, sends_route)| Candidate { sends_route, ..candidate }).collect();
    clues.found(Rule::UrlPath, confidence, candidates)
}

/// Instrumentations that know the route of every request that reaches a handler.
fn always_sends_routes(scope: &str) -> bool {
    const SCOPES: &[&str] = &[
        "opentelemetry.instrumentation.flask",
        "opentelemetry.instrumentation.django",
        "opentelemetry.instrumentation.fastapi",
        "opentelemetry.instrumentation.starlette",
        "opentelemetry.instrumentation.falcon",
        "opentelemetry.instrumentation.pyramid",
        "fastapi",
        "next.js",
        "Microsoft.AspNetCore",
        "opentelemetry_phoenix",
        "opentelemetry-instrumentation-actix-web",
        "io.opentelemetry.contrib.php.laravel",
        "io.opentelemetry.contrib.php.slim",
        "io.opentelemetry.contrib.php.symfony",
    ];
    const GO: &[&str] = &["otelgin", "otelecho", "otelmux", "otelfiber", "otelchi"];
    // The agent's instrumentation of Ktor hangs on its routing.
    SCOPES.contains(&scope)
        || scope.starts_with("io.opentelemetry.ktor-")
        || GO.iter().any(|end| scope.ends_with(end))
}

/// Instrumentations whose route ends at the mount of an inner application.
fn sees_no_mounts(scope: &str) -> bool {
    matches!(
        scope,
        "opentelemetry.instrumentation.fastapi"
            | "opentelemetry.instrumentation.starlette"
            | "opentelemetry.instrumentation.asgi"
            | "fastapi"
    )
}

/// Segment by segment from the left, literal before varying before the rest: the order in which routers choose.
fn closeness(pattern: &Pattern) -> Vec<u8> {
    let rank = |segment: &Segment| match segment {
        Segment::Literal(_) => 3,
        Segment::Mixed(_) => 2,
        Segment::Any => 1,
        Segment::Rest => 0,
    };
    // One that ends with the path is closer than one that would take more.
    let ends = !matches!(pattern.segments.last(), Some(Segment::Rest));
    pattern.segments.iter().map(rank).chain(ends.then_some(1)).collect()
}

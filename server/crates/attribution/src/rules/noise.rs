//! Spans that look like handlers and are not: work of servers, instrumentations and middlewares.

use crate::clues::{Answer, Clues};

/// Says "nowhere" for spans that an instrumentation makes of its own work.
pub(crate) fn noise(clues: &Clues<'_>) -> Answer {
    let (shape, name) = (clues.shape, clues.shape.name.as_str());
    if clues.get("asgi.event.type").is_some() {
        return nowhere("the server's own work on one ASGI message");
    }
    let ends = [" http send", " http receive", " websocket send", " websocket receive"];
    if shape.scope.contains("instrumentation") && ends.iter().any(|end| name.ends_with(end)) {
        return nowhere("the server's own work on one ASGI message");
    }
    if clues.get("express.type") == Some("router") || clues.get("router.type") == Some("router") {
        return nowhere("a router passing the request on");
    }
    let routers = ["@opentelemetry/instrumentation-net", "@opentelemetry/instrumentation-dns"];
    if routers.contains(&shape.scope.as_str()) || shape.scope.starts_with("@opentelemetry/instrumentation-fs")
    {
        return nowhere("work of the runtime, not of a function");
    }
    if shape.scope.starts_with("Experimental.System.Net.") {
        return nowhere("work of the runtime, not of a function");
    }
    let route = shape.deciding.iter().find(|(key, _)| key == "http.route");
    let is_redirect = matches!(clues.get("http.response.status_code"), Some("301" | "307" | "308"));
    if is_redirect && route.is_none() {
        return nowhere("a redirect that the framework answers by itself");
    }
    Answer::Silent
}

fn nowhere(detail: &str) -> Answer {
    Answer::Nowhere(detail.into())
}

//! Method and route: the handler under its whole pattern, or under an end of it where a prefix is not known.

use std::borrow::Cow;

use model::SpanKind;
use smol_str::format_smolstr;
use source::{Language, Pattern, Route, Segment, path_segments};

use crate::{
    Confidence, Rule,
    clues::{Answer, Candidate, Clues, candidate},
    family::Family,
};

/// The handler of the span's route.
pub(crate) fn route(clues: &Clues<'_>) -> Answer {
    let Some(route) = route_of(clues) else { return Answer::Silent };
    let route = &*without_selectors(clues, route);
    let pattern = Pattern::parse(route);
    let method = method_of(clues);
    let mut equal = of_method(clues.routes_equal(&pattern), method);
    if is_name(clues, route) {
        equal.retain(|known| known.pattern == route);
        return clues.found(Rule::Route, Confidence::Certain, candidates(equal));
    }
    let of_sinatra = of_sinatra(clues, &pattern, method);
    if !of_sinatra.is_empty() {
        return clues.found(Rule::Route, Confidence::Likely, candidates(of_sinatra));
    }
    let inner = inside_a_mount(clues, &pattern, method);
    if !inner.is_empty() {
        return clues.found(Rule::Route, Confidence::Likely, candidates(inner));
    }
    if !equal.is_empty() {
        let confidence = if pattern.literals() > 0 || pattern.segments.is_empty() {
            Confidence::Certain
        } else {
            Confidence::Likely
        };
        return clues.found(Rule::Route, confidence, candidates(equal));
    }
    let unversioned = without_version(clues, &pattern, method);
    if !unversioned.is_empty() {
        return clues.found(Rule::Route, Confidence::Likely, candidates(unversioned));
    }
    // A catch-all or a bare mount says where the request went, not who handled it.
    if pattern.literals() == 0 || clues.shape.kind != SpanKind::Server && clues.get("nestjs.type").is_none() {
        return Answer::Silent;
    }
    partial(clues, &pattern, method)
}

/// Ktor tells what else it looked at beside the path, each as a segment: `/plays/[sort?]`, `/(authenticate staff)/x`.
fn without_selectors<'r>(clues: &Clues<'_>, route: &'r str) -> Cow<'r, str> {
    if !clues.shape.scope.starts_with("io.opentelemetry.ktor-") || !route.contains(['[', '(']) {
        return route.into();
    }
    let is_selector = |part: &&str| {
        (part.starts_with('[') && part.ends_with(']')) || (part.starts_with('(') && part.ends_with(')'))
    };
    route.split('/').filter(|part| !is_selector(part)).collect::<Vec<_>>().join("/").into()
}

/// NestJS puts a version into the URL that a setting of the application or a decorator tells, not the route: the routes
/// without it.
fn without_version<'a>(clues: &Clues<'a>, pattern: &Pattern, method: Option<&str>) -> Vec<&'a Route> {
    let is_version = |segment: &Segment| match segment {
        Segment::Literal(text) => text
            .strip_prefix('v')
            .is_some_and(|rest| !rest.is_empty() && rest.bytes().all(|byte| byte.is_ascii_digit())),
        _ => false,
    };
    let Some(at) = pattern.segments.iter().position(is_version) else { return Vec::new() };
    let mut inner = pattern.clone();
    inner.segments.remove(at);
    if inner.literals() == 0 {
        return Vec::new();
    }
    let mut routes = clues.routes_equal(&inner);
    routes.retain(|route| route.framework.as_deref() == Some("@nestjs/common"));
    of_method(routes, method)
}

/// Whether a name was sent in place of the pattern: Symfony's instrumentation always does it.
fn is_name(clues: &Clues<'_>, route: &str) -> bool {
    clues.shape.scope == "io.opentelemetry.contrib.php.symfony" && !route.starts_with('/')
}

/// Routes that end with the span's and fit its path, where the path is longer than the route: an application inside of
/// another one sends its own part only.
fn inside_a_mount<'a>(clues: &Clues<'a>, pattern: &Pattern, method: Option<&str>) -> Vec<&'a Route> {
    // The shape keeps the path only where the route does not tell all of it.
    let Some(path) = clues.get("url.path").filter(|_| pattern.literals() > 0) else { return Vec::new() };
    if clues.shape.kind != SpanKind::Server || path_segments(path).count() <= pattern.segments.len() {
        return Vec::new();
    }
    clues.ask_resolved();
    let fitting = clues.index.routes_fitting(path).into_iter();
    let ending = fitting.filter(|(_, whole)| whole.segments.ends_with(&pattern.segments));
    of_method(ending.map(|(route, _)| route).collect(), method)
}

/// Routes of Sinatra, whose instrumentation knows nothing of what the application is mounted on, nor does the path. That
/// of Rails, in which it may be mounted, always names the controller too.
fn of_sinatra<'a>(clues: &Clues<'a>, pattern: &Pattern, method: Option<&str>) -> Vec<&'a Route> {
    if Family::of_shape(clues.shape) != Some(Family::Ruby) || clues.get("code.namespace").is_some() {
        return Vec::new();
    }
    clues.ask_resolved();
    let key = pattern.key();
    let declared = clues.index.routing().iter().filter(|route| {
        route.framework.as_deref() == Some("sinatra") && Pattern::parse(&route.declared).key() == key
    });
    of_method(declared.collect(), method)
}

/// The route of a span: its attribute, else what stands behind the method in its name.
fn route_of<'a>(clues: &Clues<'a>) -> Option<&'a str> {
    let sent = clues.shape.deciding.iter().find(|(key, _)| key == "http.route");
    if let Some((_, route)) = sent {
        return Some(route.as_str()).filter(|route| !route.is_empty() || clues.get("url.path") == Some("/"));
    }
    if clues.shape.kind != SpanKind::Server {
        return None;
    }
    let name = clues.shape.name.as_str();
    let rest = name.split_once(' ').map_or(name, |(_, rest)| rest);
    Some(rest).filter(|rest| rest.starts_with('/'))
}

/// Upper case; `None` when the span does not say, or says that it does not know.
pub(crate) fn method_of<'a>(clues: &Clues<'a>) -> Option<&'a str> {
    let sent = clues.get("http.request.method").filter(|method| *method != "_OTHER" && *method != "HTTP");
    let first = || clues.shape.name.split(' ').next().filter(|word| is_method(word));
    sent.or_else(first)
}

/// Those of `routes` that take `method`: those that name it, else those that take any; HEAD falls back to GET.
pub(crate) fn of_method<'r>(routes: Vec<&'r Route>, method: Option<&str>) -> Vec<&'r Route> {
    let Some(method) = method else { return routes };
    let named = |method: &str| -> Vec<&'r Route> {
        routes.iter().copied().filter(|route| route.method.as_deref() == Some(method)).collect()
    };
    let mut found = named(method);
    if found.is_empty() {
        found = routes.iter().copied().filter(|route| route.method.is_none()).collect();
    }
    if found.is_empty() && method == "HEAD" {
        found = named("GET");
    }
    found
}

/// The handlers of `routes` with what they declare.
pub(crate) fn candidates(routes: Vec<&Route>) -> Vec<Candidate> {
    let detail = |route: &Route| {
        let method = route.method.as_deref().unwrap_or("any method of");
        format_smolstr!("handles {method} {}", route.pattern)
    };
    routes.into_iter().map(|route| candidate(&route.handler, detail(route))).collect()
}

/// Routes of which the span's is the end (a mount that the framework did not see), or that are the end of the span's
/// (a prefix that the code does not show).
fn partial(clues: &Clues<'_>, pattern: &Pattern, method: Option<&str>) -> Answer {
    clues.ask_resolved();
    let wanted = pattern.segments.len();
    let path = clues.get("url.path");
    let mut found: Vec<(&Route, usize)> = clues.index.routes_ending(pattern).collect();
    found.retain(|(route, shared)| {
        let whole = Pattern::parse(&route.pattern);
        let has_literal =
            whole.segments.iter().rev().take(*shared).any(|segment| matches!(segment, Segment::Literal(_)));
        has_literal
            && !(*shared < wanted && knows_whole_routes(route))
            && if *shared == wanted && whole.segments.len() > wanted {
                // The span knows only the inner part: the path must agree with the whole.
                // Instrumentations of what runs inside of an application do not know where that is put.
                whole.segments.len() == wanted + route.context
                    || path.is_some_and(|path| {
                        clues
                            .index
                            .routes_fitting(path)
                            .iter()
                            .any(|(other, _)| other.handler == route.handler)
                    })
            } else {
                true
            }
    });
    let longest = found.iter().map(|(_, shared)| *shared).max().unwrap_or(0);
    let is_inner = longest == wanted;
    let found: Vec<&Route> =
        found.into_iter().filter(|(_, shared)| *shared == longest).map(|(route, _)| route).collect();
    let found = of_method(found, method);
    // A route may be known twice: as it stands, and below whatever a helper puts before it.
    let open = |route: &Route| {
        found.iter().any(|other| other.handler == route.handler && (other.is_open || has_context_path(other)))
    };
    let is_open = !found.is_empty() && found.iter().all(|route| open(route));
    let literals =
        pattern.segments.iter().rev().take(longest).filter(|segment| matches!(segment, Segment::Literal(_)));
    let confidence =
        if is_inner || is_open || literals.count() > 1 { Confidence::Likely } else { Confidence::Possible };
    clues.found(Rule::Route, confidence, candidates(found))
}

/// Whether configuration may put the whole application below a path, as `server.servlet.context-path` and
/// `ktor.deployment.rootPath` do: the code does not tell it.
fn has_context_path(route: &Route) -> bool {
    matches!(Language::of_path(&route.handler.file), Some(Language::Java | Language::Kotlin))
}

/// Whether the code shows everything that stands before a route: nothing comes before what Rails' and Phoenix' routers
/// declare, but for what an application is mounted on.
fn knows_whole_routes(route: &Route) -> bool {
    !route.is_open && route.framework.as_deref().is_some_and(|name| matches!(name, "rails" | "phoenix"))
}

fn is_method(word: &str) -> bool {
    matches!(word, "GET" | "POST" | "PUT" | "PATCH" | "DELETE" | "HEAD" | "OPTIONS" | "TRACE" | "CONNECT")
}

//! Next.js: of the many spans of one request only some are work of the program's functions.

use model::SmolStr;
use smol_str::format_smolstr;
use source::{FunctionKey, Pattern};

use crate::{
    Confidence, Rule,
    clues::{Answer, Candidate, Clues, candidate},
};

/// The page, handler or data function that a span of Next.js runs; everything else is the framework's own work.
pub(crate) fn next(clues: &Clues<'_>) -> Answer {
    let Some(kind) = clues.get("next.span_type") else { return Answer::Silent };
    let name = clues.shape.name.as_str();
    // `render route (app) /x`: the route stands behind the last closing parenthesis or space.
    let named = name.rsplit(' ').next().filter(|route| route.starts_with('/'));
    let route = clues.get("http.route").or(named);
    match (kind, route) {
        ("BaseServer.handleRequest", _) => Answer::Silent,
        (
            "AppRender.getBodyResult"
            | "Render.renderDocument"
            | "AppRouteRouteHandlers.runHandler"
            | "Node.runHandler",
            Some(route),
        ) => found(clues, handlers(clues, route).into_iter(), route),
        ("Render.getServerSideProps" | "Render.getStaticProps", Some(route)) => {
            let function = kind.trim_start_matches("Render.");
            beside(clues, route, function)
        }
        ("ResolveMetadata.generateMetadata" | "ResolveMetadata.generateViewport", Some(page)) => {
            let page = page.rsplit_once('/').map_or(page, |(folder, _)| folder);
            beside(
                clues,
                if page.is_empty() { "/" } else { page },
                kind.trim_start_matches("ResolveMetadata."),
            )
        }
        ("Middleware.execute", _) => middleware(clues),
        _ => Answer::Nowhere(format_smolstr!("Next.js's own work: {kind}")),
    }
}

/// The function that the file `middleware`, lately `proxy`, exports under its name or by default.
fn middleware(clues: &Clues<'_>) -> Answer {
    let mut found = Vec::new();
    for name in ["middleware", "proxy", "default"] {
        let exported = clues.functions_named(name).filter(|function| {
            let file = function.key.file.rsplit('/').next().unwrap_or_default();
            function.key.path == name && matches!(file.split('.').next(), Some("middleware" | "proxy"))
        });
        found.extend(
            exported.map(|function| candidate(&function.key, "the file is the program's middleware")),
        );
    }
    clues.found(Rule::Framework, Confidence::Likely, found)
}

/// Handlers of a route that files declare; the method decides where one file has several.
fn handlers(clues: &Clues<'_>, route: &str) -> Vec<FunctionKey> {
    let routes = clues.routes_equal(&Pattern::parse(route)).into_iter();
    let is_page =
        matches!(clues.get("next.span_type"), Some("AppRender.getBodyResult" | "Render.renderDocument"));
    let method = clues.get("http.request.method").filter(|_| !is_page);
    let fitting = routes.filter(|route| {
        method.is_none_or(|method| route.method.as_deref().is_none_or(|declared| declared == method))
    });
    fitting.map(|route| route.handler.clone()).collect()
}

/// The function called `name` in the file of the route's handler.
fn beside(clues: &Clues<'_>, route: &str, name: &str) -> Answer {
    let files = handlers(clues, route).into_iter().filter_map(|key| clues.index.file(&key.file));
    let same = files.filter_map(|file| file.functions.iter().find(|function| function.key.path == name));
    found(clues, same.map(|function| function.key.clone()), route)
}

fn found(clues: &Clues<'_>, functions: impl Iterator<Item = FunctionKey>, route: &str) -> Answer {
    let detail: SmolStr = format_smolstr!("the file's path says the route {route}");
    let candidates: Vec<Candidate> = functions.map(|key| candidate(&key, detail.clone())).collect();
    clues.found(Rule::Framework, Confidence::Certain, candidates)
}

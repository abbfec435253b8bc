//! Remote methods: the class or object that implements the service, in either spelling of `rpc.method`.

use smol_str::format_smolstr;

use crate::{
    Confidence, Rule,
    clues::{Answer, Candidate, Clues, candidate},
};

/// The method that answers `package.Service/Method`.
pub(crate) fn rpc(clues: &Clues<'_>) -> Answer {
    let Some((service, method)) = service_and_method(clues) else { return Answer::Silent };
    clues.ask_resolved();
    let wanted = plain(&method);
    let handlers = clues
        .index
        .rpc_methods()
        .iter()
        .filter(|handler| plain(&handler.method) == wanted && plain(&handler.service) == plain(&service));
    let detail = format_smolstr!("implements {service}/{method}");
    let mut found: Vec<_> = handlers.map(|handler| candidate(&handler.handler, detail.clone())).collect();
    if found.len() > 1 {
        // One service in several packages, versions for the most part: a folder may be called like one.
        let package = package(clues);
        let agree = |candidate: &Candidate| {
            let folders = candidate.function.file.rsplit('/').skip(1);
            folders.filter(|folder| package.contains(&plain(folder))).count()
        };
        let most = found.iter().map(&agree).max().unwrap_or(0);
        found.retain(|candidate| agree(candidate) == most);
    }
    clues.found(Rule::Rpc, Confidence::Certain, found)
}

/// The segments of the service's package.
fn package(clues: &Clues<'_>) -> Vec<String> {
    let sent = clues.get("rpc.service").or(clues.get("rpc.method"));
    let whole = sent.filter(|sent| sent.contains('.')).unwrap_or(&clues.shape.name).trim_start_matches('/');
    let service = whole.split('/').next().unwrap_or(whole);
    let mut segments: Vec<String> = service.split('.').map(plain).collect();
    segments.pop();
    segments
}

/// The handler that the code gives to an instrumentation together with the name of its requests' spans.
pub(crate) fn operation(clues: &Clues<'_>) -> Answer {
    if !clues.shape.scope.ends_with("otelhttp") {
        return Answer::Silent;
    }
    clues.ask_resolved();
    let name = &clues.shape.name;
    let named = clues.index.rpc_methods().iter();
    let named = named.filter(|method| method.service == "http operation" && method.method == *name);
    let detail = format_smolstr!("requests that it handles are called {name}");
    let found = named.map(|method| candidate(&method.handler, detail.clone())).collect();
    clues.found(Rule::Rpc, Confidence::Likely, found)
}

/// Service (last segment) and method, from `rpc.*`, or from a gRPC path as HTTP route or span name.
pub(crate) fn service_and_method(clues: &Clues<'_>) -> Option<(String, String)> {
    let method = clues.get("rpc.method");
    let whole = match (clues.get("rpc.service"), method) {
        (_, Some(method)) if method.contains('/') => method.to_owned(),
        (Some(service), Some(method)) => format!("{service}/{method}"),
        (None, Some(_)) => clues.shape.name.to_string(),
        (_, None) => {
            // Spans of gRPC are called `package.Service/Method`.
            // With a slash before it the name is the path of the call, whoever made the span.
            let name = Some(clues.shape.name.as_str())
                .filter(|name| clues.shape.scope.contains("grpc") || name.starts_with('/'));
            let route = clues.get("http.route").filter(|route| is_grpc_path(route));
            route.or(name.filter(|name| is_grpc_path(name)))?.to_owned()
        }
    };
    let whole = whole.trim_start_matches('/').trim_start_matches("grpc.");
    let (service, method) = whole.split_once('/')?;
    let service = service.rsplit('.').next().unwrap_or(service);
    Some((service.to_owned(), method.to_owned()))
}

/// `/package.Service/Method`: two segments, the first with a dot and a capital.
fn is_grpc_path(route: &str) -> bool {
    let mut parts = route.trim_start_matches('/').split('/');
    let (Some(service), Some(method), None) = (parts.next(), parts.next(), parts.next()) else {
        return false;
    };
    let is_name =
        |text: &str| !text.is_empty() && text.chars().all(|c| c.is_alphanumeric() || c == '_' || c == '.');
    service.contains('.')
        && is_name(service)
        && is_name(method)
        && method.starts_with(|c: char| c.is_uppercase())
}

/// Case and underscores differ between languages: `SayHello`, `sayHello`, `say_hello`.
pub(crate) fn plain(name: &str) -> String {
    name.chars().filter(|c| *c != '_').flat_map(char::to_lowercase).collect()
}

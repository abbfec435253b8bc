//! ASP.NET Core's conventional routes: the template has controller and action as parameters, the path tells them.

use smol_str::format_smolstr;
use source::path_segments;

use crate::{
    Confidence, Rule,
    clues::{Answer, Candidate, Clues, candidate},
    rules::{route::method_of, rpc::plain},
    shape::is_conventional,
};

/// What a template and a path name.
#[derive(Default)]
struct Named<'a> {
    area: Option<&'a str>,
    controller: Option<&'a str>,
    action: Option<&'a str>,
}

/// The action that template and path name together.
pub(crate) fn conventional(clues: &Clues<'_>) -> Answer {
    let Some(template) = clues.get("http.route").filter(|route| is_conventional(route)) else {
        return Answer::Silent;
    };
    let Some(path) = clues.get("url.path") else { return Answer::Silent };
    let Some(named) = named(template, path) else { return Answer::Silent };
    let (Some(controller), Some(action)) = (named.controller, named.action) else { return Answer::Silent };
    clues.ask_resolved();
    let wanted = plain(&format!("{controller}Controller"));
    let in_area = |service: &str| service.rsplit_once('/').map(|(area, _)| area.to_lowercase());
    let area = named.area.map(str::to_lowercase);
    let of_area = |service: &str| match (in_area(service), &area) {
        (Some(declared), Some(area)) => declared == *area,
        // An area may stand in the template as it is.
        (Some(declared), None) => template.to_lowercase().split('/').any(|part| part == declared),
        (None, area) => area.is_none(),
    };
    let known: Vec<_> = clues
        .index
        .rpc_methods()
        .iter()
        .filter(|known| {
            let class = known.service.rsplit('/').next().unwrap_or_default();
            plain(class) == wanted && of_area(&known.service)
        })
        .collect();
    let detail = format_smolstr!("the route's controller is {controller}, its action {action}");
    let called = |name: &str| -> Vec<Candidate> {
        let same = known.iter().filter(|known| plain(&known.method) == plain(name));
        same.map(|known| candidate(&known.handler, detail.clone())).collect()
    };
    let method = method_of(clues).map_or("GET", |method| if method == "HEAD" { "GET" } else { method });
    let mut found = called(&format!("{method} {action}"));
    if found.is_empty() {
        found = called(action);
    }
    clues.found(Rule::Route, Confidence::Certain, found)
}

/// `{controller=Home}/{action=Index}/{id?}` and `/Cars/Edit/7`; `None` where the path does not fit.
fn named<'a>(template: &'a str, path: &'a str) -> Option<Named<'a>> {
    let mut named = Named::default();
    let mut parts = path_segments(path);
    for segment in template.split('/').filter(|segment| !segment.is_empty()) {
        let part = parts.next();
        let Some(inner) = segment.strip_prefix('{').and_then(|inner| inner.strip_suffix('}')) else {
            if !part.is_some_and(|part| part.eq_ignore_ascii_case(segment)) {
                return None;
            }
            continue;
        };
        let (name, default) =
            inner.split_once('=').map_or((inner, None), |(name, value)| (name, Some(value)));
        let name = name.split(':').next().unwrap_or(name).trim_end_matches('?');
        let value = part.or(default);
        match name {
            "area" => named.area = value,
            "controller" => named.controller = value,
            "action" => named.action = value,
            _ => {}
        }
    }
    Some(named)
}

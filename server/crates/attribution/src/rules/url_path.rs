//! The URL's path against declared routes, where no route was sent or only a mount's.

use source::{Pattern, Route, Segment};

use crate::{
    Confidence, Rule,
    clues::{Answer, Clues},
    rules::route::{candidates, method_of, of_method},
};

/// The handler whose pattern fits the path most closely.
pub(crate) fn url_path(clues: &Clues<'_>) -> Answer {
    let Some(path) = clues.get("url.path") else { return Answer::Silent };
    // An empty route says that nothing matched.
    if clues.shape.deciding.iter().any(|(key, route)| key == "http.route" && route.is_empty()) {
        return Answer::Silent;
    }
    clues.ask_resolved();
    let fitting: Vec<(&Route, &Pattern)> = clues
        .index
        .routes_fitting(path)
        .into_iter()
        .filter(|(route, _)| clues.fits(&route.handler))
        .filter(|(route, _)| of_method(vec![*route], method_of(clues)).len() == 1)
        .filter(|(_, pattern)| pattern.literals() > 0 || pattern.segments.is_empty())
        .collect();
    let Some(best) = fitting.iter().map(|(_, pattern)| closeness(pattern)).max() else {
        return Answer::Silent;
    };
    let closest =
        fitting.into_iter().filter(|(_, pattern)| closeness(pattern) == best).map(|(route, _)| route);
    let found = of_method(closest.collect(), method_of(clues));
    let is_open = found.iter().any(|route| route.is_open);
    let confidence = if is_open { Confidence::Possible } else { Confidence::Likely };
    clues.found(Rule::UrlPath, confidence, candidates(found))
}

/// Segment by segment from the left, literal before varying before the rest: the order in which routers choose.
fn closeness(pattern: &Pattern) -> Vec<u8> {
    let rank = |segment: &Segment| match segment {
        Segment::Literal(_) => 3,
        Segment::Mixed(_) => 2,
        Segment::Any => 1,
        Segment::Rest => 0,
    };
    pattern.segments.iter().map(rank).collect()
}

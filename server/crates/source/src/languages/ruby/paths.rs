//! Paths of Rails' routes: how they are joined, spelled, and what they say of who handles them.

use model::SmolStr;
use tree_sitter::Node;

use super::syntax::text_of;
use crate::walk::Walk;

/// `controller#action` for a path, from whatever of it is told.
pub(super) fn target_of(
    place_controller: Option<String>,
    path: &str,
    is_text: bool,
    to: Option<SmolStr>,
    action: Option<SmolStr>,
    controller: Option<SmolStr>,
) -> Option<String> {
    if let Some(to) = to.as_ref().filter(|to| to.contains('#')) {
        return Some(to.to_string());
    }
    let plain = path.strip_suffix("(.:format)").unwrap_or(path).trim_matches('/');
    let is_plain = plain.chars().all(|c| c.is_alphanumeric() || matches!(c, '_' | '-' | '/'));
    let action = to.or(action);
    // `get "x/y"` is `x#y`.
    if let Some((controller, action)) =
        plain.rsplit_once('/').filter(|_| is_text && is_plain && action.is_none())
    {
        return Some(format!("{}#{}", controller.replace('-', "_"), action.replace('-', "_")));
    }
    let controller = controller.map(|name| name.to_string()).or(place_controller)?;
    match action {
        Some(action) => Some(format!("{controller}#{action}")),
        None => is_plain.then(|| format!("{controller}#{}", plain.replace('-', "_"))),
    }
}

/// A path that is told: text or a symbol.
pub(super) fn path_text(walk: &Walk<'_>, node: Node<'_>) -> Option<String> {
    match node.kind() {
        "string" | "simple_symbol" | "delimited_symbol" | "chained_string" => {
            Some(text_of(walk, node)?.as_literal()?.to_string())
        }
        _ => None,
    }
}

/// Two paths with exactly one slash where they meet.
pub(super) fn join(before: &str, after: &str) -> String {
    let after = after.trim_matches('/');
    if after.is_empty() {
        return if before.is_empty() { "/".into() } else { before.to_owned() };
    }
    format!("{}/{after}", before.trim_end_matches('/'))
}

/// A path as Rails shows it, and with each of its optional parts there or not: `/x(/:page)` is `/x` and `/x/:page` too.
pub(super) fn spellings(path: &str) -> Vec<String> {
    let shown = path.replace("/(/", "(/").replace("/(", "(/").replace("(/.", "(.");
    let mut all = vec![shown.clone()];
    if !shown.contains('(') {
        return all;
    }
    let mut open = vec![shown];
    for _ in 0..4 {
        open = open.iter().flat_map(|path| without_first_group(path)).collect();
    }
    all.extend(
        open.into_iter()
            .filter(|path| !path.contains('('))
            .map(|path| if path.is_empty() { "/".to_owned() } else { path }),
    );
    all.dedup();
    all
}

fn without_first_group(path: &str) -> Vec<String> {
    // The innermost group that closes first.
    let Some(close) = path.find(')') else { return vec![path.to_owned()] };
    let Some(open) = path[..close].rfind('(') else { return Vec::new() };
    let (before, inner, after) = (&path[..open], &path[open + 1..close], &path[close + 1..]);
    vec![format!("{before}{after}"), format!("{before}{inner}{after}")]
}

//! Outgoing calls: SQL text and URLs that stand at a call in the source.

use std::sync::Arc;

use smol_str::format_smolstr;
use source::{CallSite, Key, NamePattern, SourceFile, normal_sql};

use crate::{
    CallPlace, Confidence, Rule,
    clues::{Answer, Candidate, Clues, candidate},
    paths::is_test,
    shape::plain_part,
};

/// Literals shorter than this stand anywhere: `/`, `select 1`.
const MIN_LITERAL: usize = 5;

/// The function that makes the call.
pub(crate) fn outgoing(clues: &Clues<'_>) -> Answer {
    if let Some(sql) = clues.get("db.query.text") {
        return by_sql(clues, sql);
    }
    match clues.get("url.full") {
        Some(url) => by_url(clues, url),
        None => Answer::Silent,
    }
}

fn by_sql(clues: &Clues<'_>, sql: &str) -> Answer {
    let mut found: Vec<Candidate> =
        clues.sql_calls(sql).filter_map(|(file, call)| at_call(file, call, "runs this SQL")).collect();
    if found.is_empty() {
        let patterns = clues.calls_of(Key::SqlPatterns).filter(|(_, call)| {
            call.target.as_ref().is_some_and(|target| target.literal_len() >= 12 && sql_fits(target, sql))
        });
        let mut closest: Vec<_> = patterns.collect();
        let length = |call: &CallSite| call.target.as_ref().map_or(0, NamePattern::literal_len);
        let most = closest.iter().map(|(_, call)| length(call)).max().unwrap_or(0);
        closest.retain(|(_, call)| length(call) == most);
        found = closest
            .into_iter()
            .filter_map(|(file, call)| at_call(file, call, "runs SQL of this form"))
            .collect();
    }
    clues.found(Rule::Outgoing, Confidence::Likely, found)
}

fn by_url(clues: &Clues<'_>, url: &str) -> Answer {
    let method = clues.get("http.request.method");
    let mut fitting: Vec<(&Arc<SourceFile>, &CallSite, usize)> = clues
        .calls_of(Key::Http)
        .filter(|(_, call)| method_fits(call, method))
        .filter_map(|(file, call)| Some((file, call, url_fits(call.target.as_ref()?, url)?)))
        .collect();
    if fitting.iter().any(|(file, ..)| !is_test(&file.path)) {
        fitting.retain(|(file, ..)| !is_test(&file.path));
    }
    let most = fitting.iter().map(|(_, _, closeness)| *closeness).max().unwrap_or(0);
    fitting.retain(|(_, _, closeness)| *closeness == most && most >= MIN_LITERAL);
    let found =
        fitting.into_iter().filter_map(|(file, call, _)| at_call(file, call, "requests this URL")).collect();
    clues.found(Rule::Outgoing, Confidence::Likely, found)
}

fn at_call(file: &SourceFile, call: &CallSite, what: &str) -> Option<Candidate> {
    let function = file.named_function(call.function?)?;
    let line = call.position.line;
    let call_place = Some(CallPlace { file: file.path.clone(), line });
    let detail = format_smolstr!("{what} at {}:{}", file.path, line + 1);
    Some(Candidate { call_place, ..candidate(&function.key, detail) })
}

/// Whether a call's target is what a client span of the given URL, SQL or destination asked for.
pub(crate) fn same_target(call: &CallSite, url: Option<&str>, sql: Option<&str>) -> bool {
    let Some(target) = &call.target else { return false };
    match call.kind {
        source::CallKind::Http => url.is_some_and(|url| url_fits(target, url).is_some()),
        source::CallKind::Sql => sql.is_some_and(|sql| match target {
            NamePattern::Literal(text) => normal_sql(text) == sql,
            pattern => sql_fits(pattern, sql),
        }),
        _ => false,
    }
}

fn method_fits(call: &CallSite, method: Option<&str>) -> bool {
    match (&call.method, method) {
        (Some(declared), Some(method)) => declared == method,
        _ => true,
    }
}

/// How closely `target` fits `url` (both of them may lack scheme and host), in literal bytes; `None` when it does not.
pub(crate) fn url_fits(target: &NamePattern, url: &str) -> Option<usize> {
    let (host, path) = split(url);
    let pieces: Vec<&str> = match target {
        NamePattern::Literal(text) => vec![text.as_str()],
        NamePattern::Pattern(pieces) => pieces.iter().map(|piece| piece.as_str()).collect(),
    };
    let (first, rest) = pieces.split_first()?;
    let (target_host, first) = split(first);
    // A host that the code names must be the span's; a host that it does not name may be any.
    let opens_host = first.is_empty() && !target_host.is_empty() && !rest.is_empty();
    if !target_host.is_empty()
        && !host.is_empty()
        && if opens_host { !host.starts_with(target_host) } else { host != target_host }
    {
        return None;
    }
    // `api/carts` stands below a base address that is told elsewhere.
    let is_relative = target_host.is_empty() && !first.is_empty() && !first.starts_with('/');
    let starts_open = first.is_empty() || is_relative;
    let plain =
        if rest.is_empty() && has_identifiers(first) { with_plain_parts(first) } else { first.to_owned() };
    let mut whole: Vec<String> =
        if is_relative { vec![String::new(), format!("/{plain}")] } else { vec![plain] };
    whole.extend(rest.iter().map(|piece| (*piece).to_owned()));
    let queried = whole.iter().enumerate().find_map(|(at, piece)| Some((at, piece.find(['?', '#'])?)));
    if let Some((at, query)) = queried {
        whole.truncate(at + 1);
        whole[at].truncate(query);
    }
    let literal =
        whole.iter().map(String::len).sum::<usize>() + if host.is_empty() { 0 } else { target_host.len() };
    fits_path(&whole, path, starts_open && whole.len() > 1).then_some(literal)
}

/// Whether a path has segments that paths of spans have made equal.
fn has_identifiers(path: &str) -> bool {
    path.split('/').any(|part| !part.is_empty() && plain_part(part) != part)
}

/// A path as those of spans are kept.
fn with_plain_parts(path: &str) -> String {
    let parts = path.split('/').map(|part| if part.is_empty() { part } else { plain_part(part) });
    parts.collect::<Vec<_>>().join("/")
}

/// Pieces in order with whole or partial segments in between. An open start may hide a part of the path.
fn fits_path(pieces: &[String], path: &str, is_open: bool) -> bool {
    let Some((first, rest)) = pieces.split_first() else { return false };
    let trimmed = path.trim_end_matches('/');
    let whole = first.trim_end_matches('/').trim_end();
    // A slash at the end is no hole's: it is there, or the path ends before it.
    let mut left = match trimmed.strip_prefix(first.as_str()).or_else(|| path.strip_prefix(first.as_str())) {
        Some(left) => left,
        None if trimmed == whole => "",
        None => return false,
    };
    let Some((last, middle)) = rest.split_last() else { return left.is_empty() };
    for (at, piece) in middle.iter().enumerate() {
        let Some(found) = left.find(piece.as_str()) else { return false };
        // What a hole stands for holds no slash, but for what an open start hides.
        if left[..found].trim_start_matches('/').contains('/') && !(is_open && at == 0) {
            return false;
        }
        left = &left[found + piece.len()..];
    }
    let last = last.trim_end_matches('/');
    match left.strip_suffix(last) {
        Some(hole) => !hole.trim_start_matches('/').contains('/') || (is_open && middle.is_empty()),
        None => false,
    }
}

fn split(url: &str) -> (&str, &str) {
    match url.find("://") {
        Some(at) => {
            let host_end = url[at + 3..].find('/').map_or(url.len(), |slash| at + 3 + slash);
            (&url[..host_end], &url[host_end..])
        }
        None => ("", url),
    }
}

/// Whether a normalised statement fits one with holes: the words around the holes stand in order.
fn sql_fits(target: &NamePattern, sql: &str) -> bool {
    let NamePattern::Pattern(pieces) = target else { return false };
    let mut left = sql;
    for (at, piece) in pieces.iter().enumerate() {
        let piece = normal_sql(piece);
        let piece = piece.trim();
        if piece.is_empty() {
            continue;
        }
        let Some(found) = left.find(piece) else { return false };
        if at == 0 && found > 0 {
            return false;
        }
        left = &left[found + piece.len()..];
    }
    true
}

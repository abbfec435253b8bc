//! The span's name as a literal or a pattern in the source.

use smol_str::format_smolstr;
use source::{NamePattern, SpanSite};

use crate::{
    CallPlace, Confidence, Rule,
    clues::{Answer, Candidate, Clues, candidate},
    family::is_library_scope,
};

/// The function that starts spans of this name.
pub(crate) fn span_name(clues: &Clues<'_>) -> Answer {
    if is_library_scope(&clues.shape.scope) || clues.shape.name.is_empty() {
        return Answer::Silent;
    }
    let literal: Vec<&SpanSite> = clues.span_sites(&clues.shape.name).collect();
    if !literal.is_empty() {
        return clues.found(Rule::SpanName, Confidence::Certain, of_scope(clues, literal));
    }
    let patterns: Vec<&SpanSite> = clues.span_patterns(&clues.shape.name).collect();
    let most = patterns.iter().map(|site| site.name.literal_len()).max().unwrap_or(0);
    let closest: Vec<&SpanSite> =
        patterns.into_iter().filter(|site| site.name.literal_len() == most).collect();
    let confidence = if most >= 3 { Confidence::Likely } else { Confidence::Possible };
    let mut found = of_scope(clues, closest);
    // Where what varies is the name of the class (`type(self).__name__`), the class that the span names is meant.
    let of_class = |found: &Candidate| {
        let function = clues.index.function(&found.function);
        let class = function.and_then(|function| function.receiver.as_deref()?.rsplit('.').next());
        class.is_some_and(|class| {
            clues.shape.name.split(|c: char| !c.is_alphanumeric() && c != '_').any(|part| part == class)
        })
    };
    if found.len() > 1 && found.iter().any(of_class) {
        found.retain(of_class);
    }
    clues.found(Rule::SpanName, confidence, found)
}

/// Sites as candidates. Where several functions start spans of one name, the tracer's name or the package path that
/// it is by custom decides between them, if it does.
fn of_scope(clues: &Clues<'_>, sites: Vec<&SpanSite>) -> Vec<Candidate> {
    let scope = clues.shape.scope.as_str();
    let named = |site: &&SpanSite| !scope.is_empty() && site.scope.as_deref() == Some(scope);
    let in_package = |site: &&SpanSite| !scope.is_empty() && is_package_of(scope, &site.function.file);
    let other =
        |site: &&SpanSite| !scope.is_empty() && site.scope.as_deref().is_some_and(|other| other != scope);
    let chosen: Vec<&SpanSite> = if sites.iter().any(&named) {
        sites.into_iter().filter(named).collect()
    } else if sites.iter().any(&in_package) {
        sites.into_iter().filter(in_package).collect()
    } else if sites.iter().any(|site| !other(site)) {
        sites.into_iter().filter(|site| !other(site)).collect()
    } else {
        sites
    };
    chosen.into_iter().map(|site| as_candidate(clues, site)).collect()
}

fn as_candidate(clues: &Clues<'_>, site: &SpanSite) -> Candidate {
    let file = &site.function.file;
    let function = clues.index.function(&site.function);
    let inside = function.is_some_and(|function| site.position.line > function.name_position.line);
    let call_place = inside.then(|| CallPlace { file: file.clone(), line: site.position.line });
    let is_literal = matches!(site.name, NamePattern::Literal(_));
    let what =
        if is_literal { "this name is given to a span" } else { "names of this form are given to spans" };
    let detail = format_smolstr!("{what} at {file}:{}", site.position.line + 1);
    Candidate { call_place, ..candidate(&site.function, detail) }
}

/// Whether a scope like `github.com/shop/cart/store`, `modules/querier` or `shop.pricing` is the folder or the module
/// of `file`.
fn is_package_of(scope: &str, file: &str) -> bool {
    let module = file.rsplit_once('.').map_or(file, |(module, _)| module);
    let folder = file.rsplit_once('/').map_or("", |(folder, _)| folder);
    let scope =
        if scope.contains('/') { scope.to_owned() } else { scope.replace("::", "/").replace('.', "/") };
    let is_end = |long: &str, short: &str| {
        !short.is_empty()
            && long.strip_suffix(short).is_some_and(|before| before.is_empty() || before.ends_with('/'))
    };
    // Tracers of the JVM are called like a class of the package.
    let class = scope.rsplit_once('/').filter(|(_, class)| class.starts_with(|c: char| c.is_uppercase()));
    let is_beside = class.is_some_and(|(package, _)| package.contains('/') && is_end(folder, package));
    is_beside
        || is_end(folder, &scope)
        || is_end(module, &scope)
        || (is_end(&scope, folder) && folder.contains('/'))
}

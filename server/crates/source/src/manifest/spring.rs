//! Settings of applications on the JVM: their name, and the path below which all of their routes lie.

use model::SmolStr;

use super::{call, unquoted, yaml};
use crate::wiring::{BaseFact, Wiring};

/// Keys that name the application.
const NAMES: &[&str] = &[
    "spring.application.name",
    "micronaut.application.name",
    "quarkus.application.name",
    "otel.service.name",
];

/// Keys of paths below which the application lies, and what must be imported by code that is there.
const PATHS: &[(&str, &str)] = &[
    ("server.servlet.context-path", "springframework"),
    ("server.servlet.contextPath", "springframework"),
    ("server.context-path", "springframework"),
    ("spring.webflux.base-path", "springframework"),
    ("micronaut.server.context-path", "io.micronaut"),
    ("quarkus.http.root-path", ""),
    ("ktor.deployment.rootPath", "io.ktor"),
];

/// Keys of what stands between that path and the routes.
const INNER_PATHS: &[(&str, &str)] = &[
    ("spring.mvc.servlet.path", "springframework"),
    ("server.servlet.path", "springframework"),
    ("quarkus.rest.path", "ws.rs"),
    ("quarkus.resteasy.path", "ws.rs"),
    ("quarkus.resteasy-reactive.path", "ws.rs"),
];

/// What an application's settings say.
pub(super) fn settings(path: &str, text: &str, wiring: &mut Wiring) {
    if is_of_tests(path) {
        return;
    }
    let folder = program_folder(path);
    let all = pairs(path, text);
    for (_, value) in all.iter().filter(|(key, _)| NAMES.contains(&key.as_str())) {
        if let Some(name) = told(value) {
            call(wiring, folder, name);
        }
    }
    for (is_inner, keys) in [(false, PATHS), (true, INNER_PATHS)] {
        for (key, value) in &all {
            let known = keys.iter().find(|(known, _)| known == key);
            let Some(((_, imported), prefix)) = known.zip(told(value)) else { continue };
            let fact = BaseFact {
                folder: folder.into(),
                prefix: prefix.into(),
                names: SmolStr::default(),
                imported: (*imported).into(),
                is_inner,
            };
            if wiring.bases.len() < 16
                && !prefix.trim_matches('/').is_empty()
                && !wiring.bases.contains(&fact)
            {
                wiring.bases.push(fact);
            }
        }
    }
}

/// Keys with dots, and their values.
fn pairs(path: &str, text: &str) -> Vec<(String, SmolStr)> {
    if path.ends_with(".yml") || path.ends_with(".yaml") {
        return yaml::entries(text).into_iter().map(|entry| (entry.path(), entry.value)).collect();
    }
    if path.ends_with(".conf") {
        return hocon(text);
    }
    let lines = text.lines().map(str::trim).filter(|line| !line.starts_with(['#', '!']));
    let pair = |line: &str| {
        let (key, value) = line.split_once(['=', ':'])?;
        Some((key.trim().to_owned(), value.trim().into()))
    };
    lines.filter_map(pair).collect()
}

/// Ktor's settings: blocks in braces, a pair a line.
fn hocon(text: &str) -> Vec<(String, SmolStr)> {
    let (mut above, mut found): (Vec<&str>, Vec<_>) = (Vec::new(), Vec::new());
    for line in text.lines().map(str::trim).filter(|line| !line.starts_with(['#', '/'])) {
        if let Some(block) = line.strip_suffix('{') {
            above.push(block.trim().trim_end_matches([':', '=']).trim());
        } else if line.starts_with('}') {
            above.pop();
        } else if let Some((key, value)) = line.split_once(['=', ':']).filter(|_| above.len() < 16) {
            let key: Vec<&str> = above.iter().copied().chain([key.trim()]).collect();
            found.push((key.join("."), unquoted(value).into()));
        }
    }
    found
}

/// The value, or what a placeholder is without configuration: `${NAME:orders}`. `None` when nothing tells it.
fn told(value: &str) -> Option<&str> {
    let value = unquoted(value);
    let value = match value.strip_prefix("${").and_then(|inner| inner.strip_suffix('}')) {
        Some(inner) => inner.split_once(':')?.1,
        None => value,
    };
    (!value.is_empty() && !value.contains(['$', '@', ' '])).then_some(value)
}

fn is_of_tests(path: &str) -> bool {
    path.split('/').any(|folder| matches!(folder, "test" | "tests" | "testFixtures" | "integrationTest"))
}

/// The folder of the program that the settings at `path` belong to.
pub(crate) fn program_folder(path: &str) -> &str {
    if path.starts_with("src/main/") {
        return "";
    }
    if let Some(at) = path.find("/src/main/") {
        return &path[..at];
    }
    let folder = path.rsplit_once('/').map_or("", |(folder, _)| folder);
    let inner = ["resources", "config", "src"].iter().find_map(|last| folder.strip_suffix(last));
    match inner {
        Some(outer) if outer.is_empty() || outer.ends_with('/') => outer.trim_end_matches('/'),
        _ => folder,
    }
}

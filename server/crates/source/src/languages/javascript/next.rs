//! Routes that are files: Next.js (`app/` and `pages/`), SvelteKit, Remix (`app/routes/`), Nitro (`server/api/`).

use model::SmolStr;
use smol_str::format_smolstr;

use crate::{
    walk::Walk,
    wiring::{Handler, Holder, MODULE, Reference, RouteFact, Text},
};

/// Methods that a route file exports.
const METHODS: &[&str] = &["GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS"];

/// Declares the routes that the path of the file says, if it says any. Handlers that the file does not export come
/// to nothing.
pub(super) fn begin(walk: &mut Walk<'_>) {
    for (methods, pattern, handler) in loaders(walk.path) {
        let handler = Handler::Named(MODULE, Reference::local(handler));
        let methods = methods.iter().map(|method| SmolStr::new_static(method)).collect();
        let pattern = Text::literal(pattern);
        let fact = RouteFact { holder: Holder::App, methods, pattern, handler, scope: MODULE };
        walk.draft.wiring.routes.push(fact);
    }
    let Some(route) = file_route(walk.path) else { return };
    let mut declare = |methods: Vec<SmolStr>, handler: &str| {
        let handler = Handler::Named(MODULE, Reference::local(handler));
        let pattern = Text::literal(route.pattern.clone());
        let fact = RouteFact { holder: Holder::App, methods, pattern, handler, scope: MODULE };
        walk.draft.wiring.routes.push(fact);
    };
    match route.kind {
        Kind::Handlers => {
            METHODS.iter().for_each(|method| declare(vec![SmolStr::new_static(method)], method))
        }
        Kind::Page => declare(vec!["GET".into()], "default"),
        Kind::Api => declare(Vec::new(), "default"),
    }
}

/// Methods, route and exported name of functions that files of other frameworks serve a route with.
fn loaders(path: &str) -> Vec<(&'static [&'static str], SmolStr, &'static str)> {
    const CHANGING: &[&str] = &["POST", "PUT", "PATCH", "DELETE"];
    let Some((folders, file)) = path.rsplit_once('/') else { return Vec::new() };
    let Some((stem, extension)) = file.rsplit_once('.') else { return Vec::new() };
    if !matches!(extension, "ts" | "tsx" | "js" | "jsx" | "mjs") {
        return Vec::new();
    }
    let folders: Vec<&str> = folders.split('/').collect();
    let below = |outer: &str, inner: &str| {
        let at = folders.windows(2).position(|two| two == [outer, inner])?;
        folders.get(at + 2..)
    };
    if stem == "+page.server"
        && let Some(at) = folders.iter().position(|folder| *folder == "routes")
    {
        let route = pattern(&folders[at + 1..], None);
        return vec![(&["GET"], route.clone(), "load"), (&["POST"], route, "actions.default")];
    }
    if let Some(inner) = below("app", "routes").filter(|_| !stem.starts_with('+')) {
        let Some(route) = remix_pattern(inner, stem) else { return Vec::new() };
        return vec![(&["GET"], route.clone(), "loader"), (CHANGING, route, "action")];
    }
    Vec::new()
}

/// Remix and React Router: dots are slashes, `$id` varies, `_auth` groups, `_index` is the folder itself.
fn remix_pattern(folders: &[&str], stem: &str) -> Option<SmolStr> {
    if [".test", ".spec", ".server", ".client", ".d"].iter().any(|end| stem.ends_with(end)) {
        return None;
    }
    let last = (!matches!(stem, "route" | "index")).then_some(stem);
    let mut route = String::new();
    for name in folders.iter().copied().chain(last) {
        // `sitemap[.]xml`: what stands in brackets is meant as it is.
        let escaped = name.replace("[.]", "\u{0}");
        for segment in escaped.split('.') {
            let segment = segment.trim_start_matches('(').trim_end_matches(')').trim_end_matches('_');
            if segment.is_empty() || (segment.starts_with('_') && !segment.contains('\u{0}')) {
                continue;
            }
            route.push('/');
            match segment.strip_prefix('$') {
                Some("") => route.push('*'),
                Some(name) => route.extend([":", name]),
                None => route.push_str(&segment.replace('\u{0}', ".")),
            }
        }
    }
    Some(if route.is_empty() { "/".into() } else { route.into() })
}

/// `export default defineEventHandler(…)` in a file below `server/api` or `server/routes`: Nitro, as Nuxt has it.
pub(super) fn event_handler(walk: &mut Walk<'_>, callee: &str) {
    if !matches!(callee, "defineEventHandler" | "eventHandler" | "defineCachedEventHandler") {
        return;
    }
    let Some((methods, pattern)) = nitro(walk.path) else { return };
    let methods = methods.iter().map(|method| SmolStr::new_static(method)).collect();
    let handler = Handler::Named(MODULE, Reference::local("default"));
    let (holder, pattern) = (Holder::App, Text::literal(pattern));
    walk.draft.wiring.routes.push(RouteFact { holder, methods, pattern, handler, scope: MODULE });
}

/// The method is an ending of the file's name: `server/api/users/[id].get.ts`.
fn nitro(path: &str) -> Option<(&'static [&'static str], SmolStr)> {
    const ENDINGS: &[(&str, &[&str])] = &[
        (".get", &["GET"]),
        (".post", &["POST"]),
        (".put", &["PUT"]),
        (".patch", &["PATCH"]),
        (".delete", &["DELETE"]),
        (".head", &["HEAD"]),
    ];
    let (folders, file) = path.rsplit_once('/')?;
    let stem = file.rsplit_once('.')?.0;
    let folders: Vec<&str> = folders.split('/').collect();
    let at = folders.windows(2).position(|two| matches!(two, ["server", "api" | "routes"]))?;
    let before = if folders.get(at + 1) == Some(&"api") { "/api" } else { "" };
    let told = ENDINGS.iter().find_map(|(ending, methods)| Some((stem.strip_suffix(ending)?, *methods)));
    let (stem, methods) = told.unwrap_or((stem, &[]));
    let route = pattern(folders.get(at + 2..)?, (stem != "index").then_some(stem));
    Some((methods, format_smolstr!("{before}{}", route.trim_end_matches('/'))))
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    Handlers,
    Page,
    Api,
}

#[derive(Debug, PartialEq, Eq)]
struct FileRoute {
    pattern: SmolStr,
    kind: Kind,
}

fn file_route(path: &str) -> Option<FileRoute> {
    let (folders, file) = path.rsplit_once('/')?;
    let (stem, extension) = file.rsplit_once('.')?;
    if !matches!(extension, "ts" | "tsx" | "js" | "jsx") {
        return None;
    }
    let segments: Vec<&str> = folders.split('/').collect();
    let root = |name: &str| segments.iter().position(|segment| *segment == name);
    if matches!(stem, "route" | "page" | "+server" | "+page")
        && let Some(at) = root("app").or_else(|| root("routes"))
    {
        let kind = if matches!(stem, "route" | "+server") { Kind::Handlers } else { Kind::Page };
        return Some(FileRoute { pattern: pattern(&segments[at + 1..], None), kind });
    }
    let at = root("pages")?;
    if stem.starts_with('_') || [".test", ".spec", ".stories", ".d"].iter().any(|end| stem.ends_with(end)) {
        return None;
    }
    let inner = &segments[at + 1..];
    let kind = if inner.first() == Some(&"api") { Kind::Api } else { Kind::Page };
    let is_page = kind == Kind::Api || matches!(extension, "tsx" | "jsx" | "js");
    is_page.then(|| FileRoute { pattern: pattern(inner, (stem != "index").then_some(stem)), kind })
}

/// Folders as a route: groups in parentheses and slots do not show.
fn pattern(folders: &[&str], last: Option<&str>) -> SmolStr {
    let visible =
        folders.iter().copied().filter(|folder| !folder.starts_with('(') && !folder.starts_with('@'));
    let mut pattern = String::new();
    for segment in visible.chain(last) {
        pattern.push('/');
        pattern.push_str(segment);
    }
    if pattern.is_empty() { "/".into() } else { pattern.into() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_of_other_frameworks_say_theirs() {
        let check = |path: &str, expected: &[(&str, &str, &str)]| {
            let found = loaders(path);
            let found: Vec<_> = found
                .iter()
                .map(|(methods, route, name)| (methods.join(" "), route.as_str(), *name))
                .collect();
            let expected: Vec<_> = expected
                .iter()
                .map(|(methods, route, name)| ((*methods).to_owned(), *route, *name))
                .collect();
            assert_eq!(found, expected, "{path}");
        };
        let both = |path: &str, route: &str| {
            check(path, &[("GET", route, "loader"), ("POST PUT PATCH DELETE", route, "action")]);
        };
        both("app/routes/concerts.$city.tsx", "/concerts/:city");
        both("web/app/routes/_auth.login.tsx", "/login");
        both("app/routes/_index.tsx", "/");
        both("app/routes/api.v1.$.ts", "/api/v1/*");
        both("app/routes/users_.$id/route.tsx", "/users/:id");
        both("app/routes/sitemap[.]xml.ts", "/sitemap.xml");
        check("app/routes/login.test.tsx", &[]);
        check("app/lib/login.tsx", &[]);
        check(
            "src/routes/(app)/blog/+page.server.ts",
            &[("GET", "/blog", "load"), ("POST", "/blog", "actions.default")],
        );
        assert_eq!(nitro("server/api/users/[id].get.ts"), Some((&["GET"][..], "/api/users/[id]".into())));
        assert_eq!(nitro("web/server/routes/x.ts"), Some((&[][..], "/x".into())));
        assert_eq!(nitro("api/x.ts"), None);
    }

    #[test]
    fn files_say_their_routes() {
        let check = |path: &str, expected: Option<(&str, Kind)>| {
            let expected = expected.map(|(pattern, kind)| FileRoute { pattern: pattern.into(), kind });
            assert_eq!(file_route(path), expected, "{path}");
        };
        check("src/app/(shop)/cart/[id]/page.tsx", Some(("/cart/[id]", Kind::Page)));
        check("web/app/api/users/route.ts", Some(("/api/users", Kind::Handlers)));
        check("pages/api/users/[id].ts", Some(("/api/users/[id]", Kind::Api)));
        check("pages/blog/[...slug].tsx", Some(("/blog/[...slug]", Kind::Page)));
        check("pages/blog/post.test.tsx", None);
        check("pages/index.tsx", Some(("/", Kind::Page)));
        check("pages/_app.tsx", None);
        check("src/app/users/list.tsx", None);
        check("app.ts", None);
    }
}

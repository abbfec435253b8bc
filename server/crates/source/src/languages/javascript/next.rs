//! Routes that are files: Next.js (`app/` and `pages/`), SvelteKit, Remix-like folders are not read.

use model::SmolStr;

use crate::{
    walk::Walk,
    wiring::{Handler, Holder, MODULE, Reference, RouteFact, Text},
};

/// Methods that a route file exports.
const METHODS: &[&str] = &["GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS"];

/// Declares the routes that the path of the file says, if it says any. Handlers that the file does not export come
/// to nothing.
pub(super) fn begin(walk: &mut Walk<'_>) {
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

//! Go packages: imports, and the folders in which they may lie.

use tree_sitter::Node;

use crate::{
    field::Field,
    resolve::ModulePath,
    walk::Walk,
    wiring::{MODULE, Value},
};

/// In the marks of a file: it uses echo, whose middleware stands behind the handler.
pub(super) const ECHO: &str = "@echo";

/// In the marks of a file: it uses routers that take a pattern for nothing but itself.
pub(super) const EXACT: &str = "@exact";

/// Routers beside the standard library's mux, for which a slash at the end of a pattern means nothing more.
const ROUTERS: &[&str] = &[
    "gorilla/mux",
    "go-chi/chi",
    "gin-gonic/gin",
    "labstack/echo",
    "gofiber/fiber",
    "julienschmidt/httprouter",
    "prometheus/common/route",
    "kataras/iris",
    "beego",
];

/// `import "a/b"`, `import c "a/b"`, `import . "a/b"`.
pub(super) fn import<'t>(walk: &mut Walk<'t>, node: Node<'t>) {
    let Some(path) = node.field("path") else { return };
    let path = walk.slice(path).trim_matches(['"', '`']);
    if path.contains("labstack/echo") {
        walk.draft.marks.insert(ECHO.into());
    }
    if ROUTERS.iter().any(|router| path.contains(router)) {
        walk.draft.marks.insert(EXACT.into());
    }
    let alias = node.field("name").map(|alias| walk.slice(alias));
    let name = match alias {
        Some("_") => return,
        Some(".") => "*",
        Some(alias) => alias,
        None => package_name(path),
    };
    walk.draft.bind(MODULE, name, Value::Import(path.into(), None));
}

/// Folders in which the package may lie: an end of its path below a folder around `from`. Nothing tells the name of
/// the program's own module, so the longest end that is there wins.
pub(super) fn module_paths(from: &str, module: &str) -> Vec<ModulePath> {
    let parts: Vec<&str> = module.split('/').filter(|part| !part.is_empty()).collect();
    let Some(first) = parts.first().filter(|first| !is_standard(first)) else { return Vec::new() };
    // The host and the owner of a module are no folders of its repository.
    let shortest = if first.contains('.') { 1 } else { 0 };
    let folder = from.rsplit_once('/').map_or("", |(folder, _)| folder);
    let mut around = vec![folder];
    let mut inner = folder;
    while let Some((outer, _)) = inner.rsplit_once('/') {
        around.push(outer);
        inner = outer;
    }
    if !folder.is_empty() {
        around.push("");
    }
    let mut paths = Vec::new();
    for from in shortest..parts.len().min(shortest + 8) {
        let end = parts[from..].join("/");
        for base in &around {
            let path = if base.is_empty() { end.clone() } else { format!("{base}/{end}") };
            paths.push(ModulePath::Folder(path));
        }
    }
    paths
}

/// The name that a package is known by: the last segment, versions left out.
fn package_name(path: &str) -> &str {
    let mut parts = path.rsplit('/');
    let last = parts.next().unwrap_or(path);
    let is_version = last
        .strip_prefix('v')
        .is_some_and(|rest| !rest.is_empty() && rest.bytes().all(|byte| byte.is_ascii_digit()));
    let name = if is_version { parts.next().unwrap_or(last) } else { last };
    let name = name.split_once(".v").map_or(name, |(name, _)| name);
    name.strip_prefix("go-").unwrap_or(name)
}

/// Whether a path that begins with the segment `first` is one of the standard library.
pub(crate) fn is_standard(first: &str) -> bool {
    const FIRST: &[&str] = &[
        "archive",
        "bufio",
        "bytes",
        "cmp",
        "compress",
        "container",
        "context",
        "crypto",
        "database",
        "debug",
        "embed",
        "encoding",
        "errors",
        "expvar",
        "flag",
        "fmt",
        "go",
        "hash",
        "html",
        "image",
        "io",
        "iter",
        "log",
        "maps",
        "math",
        "mime",
        "net",
        "os",
        "path",
        "plugin",
        "reflect",
        "regexp",
        "runtime",
        "slices",
        "sort",
        "strconv",
        "strings",
        "sync",
        "syscall",
        "testing",
        "text",
        "time",
        "unicode",
        "unique",
        "unsafe",
    ];
    FIRST.contains(&first)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn packages_lie_below_the_module_whatever_it_is_called() {
        let has = |from: &str, module: &str, path: &str| {
            let paths = module_paths(from, module);
            assert!(paths.contains(&ModulePath::Folder(path.into())), "{from} {module}: {paths:?}");
        };
        has("cmd/main.go", "github.com/shop/cart/store/sql", "store/sql");
        has("services/cart/main.go", "example.com/cart/store", "services/cart/store");
        has("main.go", "shop/store", "store");
        assert_eq!(module_paths("main.go", "net/http"), Vec::new());
        assert_eq!(package_name("github.com/go-chi/chi/v5"), "chi");
        assert_eq!(package_name("gopkg.in/yaml.v3"), "yaml");
    }
}

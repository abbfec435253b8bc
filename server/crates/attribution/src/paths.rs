//! Paths as telemetry spells them, and what folders mean.

use model::SmolStr;

/// A path from elsewhere in the form of the index: `/` between segments, no scheme, drive or leading dots. `None` for
/// one that climbs out of its folder, which no compiler writes.
pub fn home(path: &str) -> Option<String> {
    let path = path.trim();
    let path = path.strip_prefix("file://").unwrap_or(path);
    let path = path.replace('\\', "/");
    let path = path.strip_prefix("//?/").unwrap_or(&path);
    let path = match path.as_bytes() {
        [letter, b':', ..] if letter.is_ascii_alphabetic() => &path[2..],
        _ => path,
    };
    let segments: Vec<&str> = path.split('/').filter(|part| !part.is_empty() && *part != ".").collect();
    let inner = segments.iter().skip_while(|part| **part == "..").copied().collect::<Vec<_>>();
    if inner.is_empty() || inner.contains(&"..") || path.contains('\0') {
        return None;
    }
    Some(inner.join("/"))
}

/// Whether a path lies where package managers and compilers put other people's code.
pub fn is_library(path: &str) -> bool {
    const FOLDERS: &[&str] = &[
        "node_modules",
        "site-packages",
        "dist-packages",
        ".cargo",
        ".rustup",
        "rustc",
        "vendor",
        "gems",
        ".bundle",
        "bower_components",
        ".venv",
        "venv",
        ".m2",
        ".gradle",
        ".nuget",
        "deps",
        "__pypackages__",
    ];
    let path = path.replace('\\', "/");
    let mut folders = path.split('/').rev().skip(1);
    path.starts_with('<')
        || path.starts_with("node:")
        || path.starts_with("internal/")
        || path.contains("/go/pkg/mod/")
        || path.contains("/lib/python")
        || path.contains("/usr/lib/")
        || folders.any(|folder| FOLDERS.contains(&folder))
}

/// Whether a file of the workspace holds tests or examples rather than what runs.
pub(crate) fn is_test(path: &str) -> bool {
    const FOLDERS: &[&str] = &[
        "test",
        "tests",
        "__tests__",
        "spec",
        "specs",
        "mocks",
        "__mocks__",
        "testdata",
        "fixtures",
        "e2e",
        "examples",
        "benches",
    ];
    let (folder, file) = path.rsplit_once('/').unwrap_or(("", path));
    let stem = file.split('.').next().unwrap_or(file);
    folder.split('/').any(|part| FOLDERS.contains(&part))
        || stem.starts_with("test_")
        || stem.ends_with("_test")
        || stem.ends_with("_spec")
        || (stem.len() > 4 && stem.ends_with("Test"))
        || file.contains(".test.")
        || file.contains(".spec.")
        || file == "conftest.py"
}

/// The segments of a qualified name as any language writes it: `a.b::C#d`, `<locals>` and type arguments dropped.
pub(crate) fn name_segments(name: &str) -> Vec<SmolStr> {
    // Elixir: how many parameters it takes.
    let name = match name.rsplit_once('/') {
        Some((before, arity)) if arity.parse::<u8>().is_ok() => before,
        _ => name,
    };
    let mut plain = String::with_capacity(name.len());
    let mut depth = 0_u32;
    for character in name.replace("<locals>.", "").chars() {
        match character {
            '<' => depth += 1,
            '>' if depth > 0 => depth -= 1,
            '(' if depth == 0 && !plain.is_empty() && !plain.ends_with(['.', '/']) => break,
            '(' | ')' | '*' | '&' => {}
            ':' | '#' | '/' | '\\' | '$' if depth == 0 => plain.push('.'),
            other if depth == 0 => plain.push(other),
            _ => {}
        }
    }
    plain.split('.').map(str::trim).filter(|part| !part.is_empty()).map(SmolStr::new).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_from_elsewhere_come_home_or_are_refused() {
        assert_eq!(home("C:\\app\\src\\a.py").as_deref(), Some("app/src/a.py"));
        assert_eq!(home("file:///app/./a.js").as_deref(), Some("app/a.js"));
        assert_eq!(home("../shop/a.py").as_deref(), Some("shop/a.py"));
        for hostile in ["", "/", "a/../../etc/passwd", "\\\\?\\", "a\0b", "../.."] {
            assert_eq!(home(hostile), None, "{hostile:?}");
        }
    }

    #[test]
    fn names_of_every_language_fall_into_segments() {
        let check = |name: &str, segments: &[&str]| assert_eq!(name_segments(name), segments, "{name}");
        check("shop.app.create.<locals>.health", &["shop", "app", "create", "health"]);
        check("App\\Http\\Users::show", &["App", "Http", "Users", "show"]);
        check("com.shop.Cart$Item.total", &["com", "shop", "Cart", "Item", "total"]);
        check("alloc::vec::Vec<T>::push", &["alloc", "vec", "Vec", "push"]);
        check("shop/cart.(*Cart).Add", &["shop", "cart", "Cart", "Add"]);
        check("UserService#find", &["UserService", "find"]);
        check("Elixir.Shop.Cart.add/2", &["Elixir", "Shop", "Cart", "add"]);
    }
}

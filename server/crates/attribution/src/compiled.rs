//! Names as the compilers of Go and of the JVM make them, brought back to those in the source.

use std::borrow::Cow;

use smol_str::SmolStr;

use crate::{family::Family, paths::name_segments};

/// The segments of a namespace and a function of Go or the JVM, marks of compilers and proxies dropped: closures are
/// known by the function around them. `None` where nothing in the source is called so.
pub(crate) fn source_segments(
    family: Family,
    namespace: Option<&str>,
    function: &str,
) -> Option<Vec<SmolStr>> {
    match family {
        Family::Go => Some(name_segments(&join(namespace, &go(function)))),
        Family::Jvm => jvm(&join(namespace, function)),
        _ => None,
    }
}

fn join<'a>(namespace: Option<&str>, function: &'a str) -> Cow<'a, str> {
    match namespace {
        // The newer name is whole; the older namespace may be sent beside it.
        Some(namespace) if function.starts_with(namespace) => Cow::Borrowed(function),
        Some(namespace) => Cow::Owned(format!("{namespace}.{function}")),
        None => Cow::Borrowed(function),
    }
}

/// `shop/cart.(*Cart[...]).Add.func1.2`, `shop.Run.gowrap1`, `shop.(*Cart).Add-fm`: without what follows the name.
pub(crate) fn go(function: &str) -> String {
    let mut name = String::with_capacity(function.len());
    let mut depth = 0_u32;
    for character in function.trim_end_matches("-fm").chars() {
        match character {
            '[' => depth += 1,
            ']' => depth = depth.saturating_sub(1),
            other if depth == 0 => name.push(other),
            _ => {}
        }
    }
    // Dots in the last folder of a package's path are written so.
    let mut name = name.replace("%2e", ".");
    while let Some((before, last)) = name.rsplit_once('.') {
        let is_package = before.is_empty() || before.ends_with('/');
        if is_package || !is_go_mark(last) {
            break;
        }
        name.truncate(before.len());
    }
    name
}

/// `func1`, `gowrap2`, `deferwrap1`, `3`, `func1-range2`.
fn is_go_mark(part: &str) -> bool {
    let part = part.split('-').next().unwrap_or(part);
    let number =
        ["func", "gowrap", "deferwrap"].iter().find_map(|mark| part.strip_prefix(mark)).unwrap_or(part);
    !number.is_empty() && number.bytes().all(|byte| byte.is_ascii_digit())
}

fn jvm(name: &str) -> Option<Vec<SmolStr>> {
    let name = without_module(name);
    let (class, method) = name.rsplit_once('.').unwrap_or(("", name));
    // `lambda$add$0`, and what Kotlin makes for arguments left out.
    let lambda =
        method.strip_prefix("lambda$").and_then(|rest| rest.rsplit_once('$')).map(|(method, _)| method);
    let method = lambda.unwrap_or(method).trim_end_matches("$default");
    let method = match method.split_once('-') {
        Some((plain, _)) if !plain.is_empty() => plain,
        _ => method,
    };
    // `Cart$$SpringCGLIB$$0`, `Cart$$Lambda/0x1`, `Cart_Subclass`, `Cart_ClientProxy`.
    let is_lambda_class = class.contains("$$Lambda") || class.contains("$$ExternalSynthetic");
    let class = class.split_once("$$").map_or(class, |(class, _)| class);
    let class =
        class.strip_suffix("_Subclass").or_else(|| class.strip_suffix("_ClientProxy")).unwrap_or(class);
    if is_lambda_class {
        return None;
    }
    let mut segments = name_segments(class);
    segments.retain(|segment| segment != "Companion");
    // `Cart$add$1.invokeSuspend`: a lambda in `Cart.add`.
    let is_number = |segment: &SmolStr| segment.bytes().all(|byte| byte.is_ascii_digit());
    if segments.last().is_some_and(is_number) {
        while segments.last().is_some_and(is_number) {
            segments.pop();
        }
        let is_run =
            matches!(method, "invoke" | "invokeSuspend" | "run" | "call" | "apply" | "accept" | "get");
        let is_method = segments.last().is_some_and(|last| last.starts_with(|c: char| c.is_lowercase()));
        return (is_run && is_method && class.contains('$')).then(|| without_kt(segments));
    }
    segments.push(method.into());
    Some(without_kt(segments))
}

/// Functions outside of classes are in a class called like their file, with `Kt` behind it.
fn without_kt(mut segments: Vec<SmolStr>) -> Vec<SmolStr> {
    let at = segments.len().saturating_sub(2);
    if let Some(class) = segments.get_mut(at)
        && let Some(file) = class.strip_suffix("Kt").filter(|file| !file.is_empty())
    {
        *class = file.into();
    }
    segments
}

/// Kotlin's compiler puts the module behind the name of an internal function: `shop.Cart.add$shop`. A `$` before the
/// last dot stands between classes.
fn without_module(function: &str) -> &str {
    match function.rsplit_once('$') {
        Some((before, module)) if before.contains('.') && !before.ends_with('.') && !module.contains('.') => {
            let name = before.rsplit('.').next().unwrap_or(before);
            let is_name = name.starts_with(|c: char| c.is_lowercase()) && !name.contains('$');
            if is_name && name != "lambda" { before } else { function }
        }
        _ => function,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn marks_of_compilers_are_dropped() {
        let check = |family, name: &str, expected: Option<&[&str]>| {
            let found = source_segments(family, None, name);
            let found = found.as_ref().map(|all| all.iter().map(SmolStr::as_str).collect::<Vec<_>>());
            assert_eq!(found.as_deref(), expected, "{name}");
        };
        check(
            Family::Go,
            "example.com/shop/cart.(*Cart[...]).Add.func1.2",
            Some(&["example", "com", "shop", "cart", "Cart", "Add"]),
        );
        check(Family::Go, "main.run.gowrap1", Some(&["main", "run"]));
        check(Family::Go, "main.(*Cart).Add-fm", Some(&["main", "Cart", "Add"]));
        check(Family::Go, "main.func1", Some(&["main"]));
        check(Family::Go, "shop.Each[int].func1-range2", Some(&["shop", "Each"]));
        check(Family::Jvm, "shop.Cart.add$shop_main", Some(&["shop", "Cart", "add"]));
        check(Family::Jvm, "shop.Cart$Item.add", Some(&["shop", "Cart", "Item", "add"]));
        check(Family::Jvm, "shop.Cart.lambda$add$0", Some(&["shop", "Cart", "add"]));
        check(Family::Jvm, "shop.Cart$add$1$2.invokeSuspend", Some(&["shop", "Cart", "add"]));
        check(Family::Jvm, "shop.Cart$1.run", None);
        check(Family::Jvm, "shop.CartKt.total", Some(&["shop", "Cart", "total"]));
        check(Family::Jvm, "shop.Cart$Companion.make-x1yz", Some(&["shop", "Cart", "make"]));
        check(Family::Jvm, "shop.Cart$$SpringCGLIB$$0.add", Some(&["shop", "Cart", "add"]));
        check(Family::Jvm, "shop.Cart_Subclass.add", Some(&["shop", "Cart", "add"]));
        check(Family::Jvm, "shop.Cart$$Lambda/0x0007.handle", None);
        for hostile in ["", "$", ".", "[", "lambda$", "-fm", "$$", "a.$1.b"] {
            let _ = source_segments(Family::Jvm, None, hostile);
            let _ = source_segments(Family::Go, None, hostile);
        }
    }
}

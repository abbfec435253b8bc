//! Names of packages, each as its language's manifest has it; names that the environment gives to services.

use super::{call, unquoted};
use crate::wiring::Wiring;

/// The top-level `name`: `@shop/cart` and `shop/cart` are `cart`, too.
pub(super) fn json(folder: &str, text: &str, wiring: &mut Wiring) {
    let Some(name) = top_level_name(text) else { return };
    call(wiring, folder, name.trim_start_matches('@'));
    if let Some((_, last)) = name.rsplit_once('/') {
        call(wiring, folder, last);
    }
}

/// The text behind the key `name` of the outermost object.
fn top_level_name(text: &str) -> Option<&str> {
    let (mut depth, mut key, mut rest) = (0_u32, "", text);
    while let Some(at) = rest.find(['{', '}', '[', ']', '"']) {
        let inside = &rest[at + 1..];
        rest = match rest.as_bytes()[at] {
            b'"' => {
                let end = string_end(inside)?;
                let (string, after) = (&inside[..end], &inside[end + 1..]);
                if depth == 1 && key == "name" {
                    return Some(string);
                }
                key = if depth == 1 && after.trim_start().starts_with(':') { string } else { "" };
                after
            }
            b'{' | b'[' => {
                depth += 1;
                key = "";
                inside
            }
            _ => {
                depth = depth.saturating_sub(1);
                inside
            }
        };
    }
    None
}

/// Where the string that `inside` begins with ends.
fn string_end(inside: &str) -> Option<usize> {
    let mut escaped = false;
    inside.bytes().position(|byte| {
        let ends = byte == b'"' && !escaped;
        escaped = byte == b'\\' && !escaped;
        ends
    })
}

/// `name = "…"` in one of these tables.
pub(super) fn toml(folder: &str, text: &str, tables: &[&str], wiring: &mut Wiring) {
    let mut is_inside = false;
    for line in text.lines().map(str::trim) {
        if line.starts_with('[') {
            is_inside = tables.contains(&line);
        } else if is_inside
            && let Some((key, value)) = line.split_once('=')
            && key.trim() == "name"
        {
            let value = value.split(" #").next().unwrap_or(value);
            call(wiring, folder, unquoted(value));
        }
    }
}

/// `module example.com/shop/cart/v2` is `cart`.
pub(super) fn go(folder: &str, text: &str, wiring: &mut Wiring) {
    let module = text.lines().find_map(|line| line.trim().strip_prefix("module "));
    let Some(module) = module.map(unquoted) else { return };
    call(wiring, folder, module);
    let is_version = |part: &&str| {
        !part.strip_prefix('v').is_some_and(|rest| rest.bytes().all(|byte| byte.is_ascii_digit()))
    };
    if let Some(last) = module.rsplit('/').find(is_version) {
        call(wiring, folder, last);
    }
}

/// The project's own `artifactId`: not its parent's, nor that of what it needs.
pub(super) fn maven(folder: &str, text: &str, wiring: &mut Wiring) {
    const INNER: &[&str] =
        &["parent", "dependencies", "dependencyManagement", "build", "profiles", "reporting"];
    let (mut within, mut rest) = (None, text);
    while let Some((_, behind)) = rest.split_once('<') {
        let Some((tag, after)) = behind.split_once('>') else { return };
        rest = after;
        match within {
            None if tag == "artifactId" => {
                let name = after.split('<').next().unwrap_or_default();
                return call(wiring, folder, name);
            }
            None if INNER.contains(&tag) => within = Some(tag),
            Some(outer) if tag.strip_prefix('/') == Some(outer) => within = None,
            _ => {}
        }
    }
}

/// `rootProject.name = 'cart'`.
pub(super) fn gradle(folder: &str, text: &str, wiring: &mut Wiring) {
    let named = text.lines().filter_map(|line| line.trim().strip_prefix("rootProject.name"));
    for value in named.filter_map(|rest| rest.trim_start().strip_prefix('=')) {
        call(wiring, folder, unquoted(value));
    }
}

/// `app: :cart`.
pub(super) fn mix(folder: &str, text: &str, wiring: &mut Wiring) {
    let Some((_, app)) = text.split_once("app: :") else { return };
    call(wiring, folder, app.split(|c: char| !c.is_alphanumeric() && c != '_').next().unwrap_or_default());
}

/// `AssemblyName`, else the file's name; `Shop.Cart.Api` is `Cart.Api`, too.
pub(super) fn csproj(folder: &str, file: &str, text: &str, wiring: &mut Wiring) {
    let told = text.split_once("<AssemblyName>").and_then(|(_, rest)| rest.split('<').next());
    let name = told.filter(|name| !name.contains('$')).unwrap_or_else(|| file.trim_end_matches(".csproj"));
    call(wiring, folder, name);
    if let Some((_, inner)) = name.split_once('.').filter(|(_, inner)| inner.contains('.')) {
        call(wiring, folder, inner);
    }
}

/// What the environment calls a service: `OTEL_SERVICE_NAME`, or the resource's attribute.
pub(super) fn environment(folder: &str, text: &str, wiring: &mut Wiring) {
    for line in text.lines().filter(|line| !line.trim_start().starts_with('#')) {
        if let Some(name) = service_name(line) {
            call(wiring, folder, name);
        }
    }
}

/// The service's name that a line sets.
fn service_name(line: &str) -> Option<&str> {
    if let Some((_, rest)) = line.split_once("OTEL_SERVICE_NAME") {
        return rest.strip_prefix(['=', ' ']).and_then(first_word);
    }
    let (_, rest) = line.split_once("OTEL_RESOURCE_ATTRIBUTES")?;
    first_word(rest.split_once("service.name=")?.1)
}

/// What stands before the next space, comma or quote.
pub(super) fn first_word(text: &str) -> Option<&str> {
    let text = text.trim_start_matches(['"', '\'', ' ']);
    text.split([' ', ',', '"', '\'', '\t', '\\']).next().filter(|word| !word.is_empty())
}

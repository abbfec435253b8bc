//! Symfony's routes in YAML: routes with their controllers, and imports that put a prefix before what they import.

use model::SmolStr;
use smol_str::format_smolstr;

use super::{
    joined,
    yaml::{Entry, entries},
};
use crate::wiring::{BaseFact, Handler, Holder, MODULE, Reference, RouteFact, Text, Wiring};

/// Whether the file declares routes by its place: `config/routes.yaml`, `config/routes/*.yaml`, a bundle's
/// `Resources/config/routing.yml`.
pub(super) fn is_routes(path: &str) -> bool {
    let Some((folder, file)) = path.rsplit_once('/') else { return false };
    let Some(stem) = file.strip_suffix(".yaml").or_else(|| file.strip_suffix(".yml")) else { return false };
    let mut folders = folder.rsplit('/');
    let is_config = folder.split('/').any(|folder| folder == "config");
    let is_below = folders.any(|folder| matches!(folder, "routes" | "routing"));
    is_config && (is_below || stem.starts_with("routes") || stem.starts_with("routing"))
}

/// What is said of one route or import.
#[derive(Default)]
struct Said<'t> {
    paths: Vec<&'t str>,
    controller: Option<&'t str>,
    methods: Vec<SmolStr>,
    resource: Option<&'t str>,
    prefixes: Vec<&'t str>,
    names: &'t str,
}

/// The routes and imports of the file at `path`.
pub(super) fn routes(path: &str, text: &str, wiring: &mut Wiring) {
    let folder = path.rsplit_once('/').map_or("", |(folder, _)| folder);
    let all = entries(text);
    let mut names: Vec<(&str, Said<'_>)> = Vec::new();
    for entry in &all {
        // `when@dev` holds the routes of one environment.
        let skip = usize::from(entry.key(0).starts_with("when@"));
        let name = entry.key(skip);
        if names.last().is_none_or(|(last, _)| *last != name) {
            names.push((name, Said::default()));
        }
        if let Some((_, said)) = names.last_mut() {
            add(said, entry, skip + 1);
        }
    }
    for (name, said) in names {
        declare(name, &said, wiring);
        import(folder, &said, wiring);
    }
}

fn add<'t>(said: &mut Said<'t>, entry: &'t Entry, at: usize) {
    let value = entry.value.as_str();
    match (entry.key(at), entry.key(at + 1)) {
        // Several are translations.
        ("path" | "pattern", _) => said.paths.push(value),
        ("controller", "") | ("defaults", "_controller") => said.controller = Some(value),
        ("methods", _) => {
            let methods = value.split(['|', ',', ' ']).filter(|method| !method.is_empty());
            said.methods.extend(methods.map(|method| SmolStr::from(method.to_uppercase())));
        }
        ("resource", "" | "path") => said.resource = Some(value),
        ("prefix", _) => said.prefixes.push(value),
        ("name_prefix", "") => said.names = value,
        _ => {}
    }
}

/// A route: known under its path and, as the instrumentation sends it, under its name.
fn declare(name: &str, said: &Said<'_>, wiring: &mut Wiring) {
    let Some(controller) = said.controller else { return };
    let (class, method) = controller.split_once("::").unwrap_or((controller, "__invoke"));
    let class = class.trim_start_matches('\\');
    let Some(last) = class.rsplit('\\').next().filter(|last| is_name(last) && is_name(method)) else {
        return;
    };
    let reference = Reference::of_module(format_smolstr!("\\{class}"), format_smolstr!("{last}.{method}"));
    let handler = Handler::Named(MODULE, reference);
    for pattern in said.paths.iter().chain([&name]) {
        wiring.routes.push(RouteFact {
            holder: Holder::App,
            methods: said.methods.clone(),
            pattern: Text::literal(*pattern),
            handler: handler.clone(),
            scope: MODULE,
        });
    }
}

/// What an import puts before the routes of other files.
fn import(folder: &str, said: &Said<'_>, wiring: &mut Wiring) {
    let Some(resource) = said.resource.filter(|resource| !resource.contains('%')) else { return };
    // Of a bundle it is not known where it lies; its folder is called as it is.
    let resource = resource.split('*').next().unwrap_or_default().trim_end_matches('/');
    let Some(target) = joined(folder, resource).filter(|_| !resource.starts_with(['@', '/'])) else { return };
    let prefixes = if said.prefixes.is_empty() { vec![""] } else { said.prefixes.clone() };
    for prefix in prefixes {
        wiring.bases.push(BaseFact {
            folder: target.clone(),
            prefix: prefix.into(),
            names: said.names.into(),
            imported: SmolStr::default(),
            is_inner: false,
        });
    }
}

fn is_name(text: &str) -> bool {
    !text.is_empty() && text.chars().all(|c| c.is_alphanumeric() || c == '_')
}

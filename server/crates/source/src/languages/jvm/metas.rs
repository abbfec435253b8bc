//! Annotations that a program declares itself, of others that frameworks know: `@interface ApiController` with
//! `@RequestMapping("/api")` before it.

use model::SmolStr;
use smol_str::format_smolstr;

use super::{annotation::Annotation, routes};
use crate::{
    languages::java::names::know,
    walk::Walk,
    wiring::{Handler, META, MODULE, MountFact, RouteFact, Text, Value},
};

/// Packages whose annotations are known by their names.
const KNOWN: &[&str] = &[
    "com.fasterxml.",
    "io.micrometer.",
    "io.micronaut.",
    "io.opentelemetry.",
    "io.quarkus.",
    "io.swagger.",
    "jakarta.",
    "java.",
    "javax.",
    "kotlin.",
    "kotlinx.",
    "lombok.",
    "org.eclipse.",
    "org.hibernate.",
    "org.junit.",
    "org.springframework.",
];

/// Common ones that need no import, or come with all of their package.
const COMMON: &[&str] = &[
    "AllArgsConstructor",
    "Autowired",
    "Bean",
    "Builder",
    "Component",
    "Configuration",
    "CrossOrigin",
    "Data",
    "Deprecated",
    "Entity",
    "Getter",
    "NoArgsConstructor",
    "Override",
    "Repository",
    "RequiredArgsConstructor",
    "ResponseBody",
    "ResponseStatus",
    "RestController",
    "Service",
    "Setter",
    "Slf4j",
    "SuppressWarnings",
    "Table",
    "Test",
    "Transactional",
];

/// What a declared annotation is given: methods and path of what it will stand on.
pub(super) fn declared(walk: &mut Walk<'_>, path: &SmolStr, all: &[Annotation<'_>]) {
    for annotation in all {
        let Some(methods) = routes::spring_methods(annotation) else { continue };
        let methods = if methods.is_empty() { META.to_owned() } else { methods.join(",") };
        walk.draft.bind(MODULE, format_smolstr!("{path}.{META}"), Value::Text(Text::literal(methods)));
        let own = annotation.text(&["value", "path"]).unwrap_or_else(|| Text::literal(""));
        walk.draft.bind(MODULE, format_smolstr!("{path}.{META}path"), Value::Text(own));
    }
}

/// The class `path` has the prefix of each annotation of the program before it.
pub(super) fn on_type(walk: &mut Walk<'_>, path: &SmolStr, all: &[Annotation<'_>]) {
    let own: Vec<&str> = all.iter().map(|one| one.name).filter(|name| may_be_own(walk, name)).collect();
    for name in own.into_iter().take(8) {
        found(walk, name);
        let (parent, child) = (routes::holder(&name.into()), routes::holder(path));
        walk.draft.wiring.mounts.push(MountFact { parent, child, prefix: Text::default(), scope: MODULE });
    }
}

/// The method numbered `index` under annotations of the program that are routes, if they turn out to be ones.
pub(super) fn on_method(walk: &mut Walk<'_>, class: &SmolStr, index: u32, annotation: &Annotation<'_>) {
    if !annotation.is_like_route() || !may_be_own(walk, annotation.name) {
        return;
    }
    found(walk, annotation.name);
    let own = annotation.text(&["value", "path"]).filter(routes::is_told);
    let pattern = own.unwrap_or_else(|| Text::name(format_smolstr!("{}.{META}path", annotation.name)));
    walk.draft.wiring.routes.push(RouteFact {
        holder: routes::holder(class),
        methods: vec![format_smolstr!("{META}{}", annotation.name)],
        pattern,
        handler: Handler::Function(index),
        scope: MODULE,
    });
}

/// What no import names lies beside the file; Kotlin sees it anyway.
fn found(walk: &mut Walk<'_>, name: &str) {
    if walk.path.ends_with(".java") {
        know(walk, name);
    }
}

/// Whether an annotation may be declared by the program.
fn may_be_own(walk: &Walk<'_>, name: &str) -> bool {
    if Annotation::is_known(name) || COMMON.binary_search(&name).is_ok() {
        return false;
    }
    let mut bindings = walk.draft.wiring.bindings.iter();
    let imported = bindings.find_map(|binding| match &binding.value {
        Value::Import(module, _) if binding.name == name => Some(module),
        _ => None,
    });
    imported.is_none_or(|module| !KNOWN.iter().any(|start| module.starts_with(start)))
}

#[cfg(test)]
mod tests {
    use super::COMMON;

    #[test]
    fn names_can_be_searched() {
        assert!(COMMON.is_sorted());
    }
}

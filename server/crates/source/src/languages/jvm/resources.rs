//! JAX-RS beyond classes with a path: what locators return, and the path of the whole application.

use model::SmolStr;
use smol_str::format_smolstr;
use tree_sitter::Node;

use super::{
    annotation::Annotation,
    routes::{JAX_METHODS, holder, is_told},
};
use crate::{
    field::Field,
    languages::java::names::know,
    manifest,
    walk::{Walk, children},
    wiring::{BaseFact, Holder, LOCATED, MODULE, MountFact, Reference, Value},
};

/// `@ApplicationPath("/api")`: before every resource of the program.
pub(super) fn application_path(walk: &mut Walk<'_>, annotation: &Annotation<'_>) {
    let prefix = annotation.text(&["value"]).and_then(|text| text.as_literal()).unwrap_or_default();
    if !prefix.trim_matches('/').is_empty() {
        walk.draft.wiring.bases.push(BaseFact {
            folder: manifest::program_folder(walk.path).into(),
            prefix,
            names: SmolStr::default(),
            imported: "ws.rs".into(),
            is_inner: true,
        });
    }
}

/// `@Path("{id}/items") ItemsResource items()`: what has no method of its own leads to what it returns.
pub(super) fn locator(
    walk: &mut Walk<'_>,
    class: &SmolStr,
    has_path: bool,
    name: Node<'_>,
    all: &[Annotation<'_>],
) {
    let Some(path) = all.iter().find(|annotation| annotation.name == "Path") else { return };
    if all.iter().any(|annotation| JAX_METHODS.contains(&annotation.name)) {
        return;
    }
    let Some(prefix) = path.text(&["value"]).filter(is_told) else { return };
    let Some(returned) = name.parent().and_then(|method| returned(walk, method, name)) else { return };
    if walk.path.ends_with(".java") {
        know(walk, &returned);
    }
    let parent = if has_path { holder(class) } else { located(walk, class) };
    let child = Holder::Named(MODULE, Reference::local(format_smolstr!("{returned}.{LOCATED}")));
    walk.draft.wiring.mounts.push(MountFact { parent, child, prefix, scope: MODULE });
}

/// What the routes of a class without a path are declared on: nothing, unless a locator leads there.
pub(super) fn located(walk: &mut Walk<'_>, class: &SmolStr) -> Holder {
    let name = format_smolstr!("{class}.{LOCATED}");
    if walk.draft.marks.insert(name.clone()) {
        walk.draft.bind(MODULE, name.clone(), Value::Other);
    }
    Holder::Named(MODULE, Reference::local(name))
}

/// The class that a method returns, or whose `Class` it returns.
fn returned(walk: &Walk<'_>, method: Node<'_>, name: Node<'_>) -> Option<SmolStr> {
    let behind = || {
        let mut types = children(method).into_iter().filter(|child| child.kind() == "user_type");
        types.next_back().filter(|last| last.start_byte() > name.end_byte())
    };
    let text = walk.slice(method.field("type").or_else(behind)?);
    let inner = text.strip_prefix("Class<").map_or(text, |inner| inner.trim_start_matches("? extends "));
    let class = inner.split(['<', '>']).next()?.trim();
    class.starts_with(|c: char| c.is_uppercase()).then(|| class.into())
}

//! PHP classes: what they derive from, what their properties and constants hold, and the methods that queues and
//! consoles run.

use model::SmolStr;
use smol_str::format_smolstr;
use tree_sitter::Node;

use super::{
    calls,
    names::{self, whole_name},
    syntax::{class_of, known_class, literal, path_of, text_of},
};
use crate::{
    field::Field,
    walk::{Walk, children, dotted},
    wiring::{ConsumerFact, Handler, MODULE, Reference, Scope, Text, Value},
};

/// What a class extends, implements and uses, as written.
pub(super) fn bases(walk: &Walk<'_>, node: Node<'_>) -> Vec<SmolStr> {
    let mut bases = Vec::new();
    for child in children(node) {
        match child.kind() {
            "base_clause" | "class_interface_clause" => {
                bases.extend(children(child).into_iter().filter_map(|base| class_of(walk, base)));
            }
            "declaration_list" | "enum_declaration_list" => {
                let used = children(child).into_iter().filter(|member| member.kind() == "use_declaration");
                bases.extend(used.flat_map(children).filter_map(|used| class_of(walk, used)));
            }
            _ => {}
        }
    }
    bases
}

/// Parameters know the methods of their types; those that the constructor promotes are properties.
pub(super) fn parameters<'t>(walk: &mut Walk<'t>, index: u32, node: Node<'t>) {
    let list = node.field("parameters").map(children).unwrap_or_default();
    for parameter in list.into_iter().take(64) {
        let (Some(name), Some(declared)) = (parameter.field("name"), parameter.field("type")) else {
            continue;
        };
        let name = walk.slice(name).trim_start_matches(['$', '&']);
        let Some(class) = known_class(walk, declared) else { continue };
        let value = Value::Result(Reference::local(class));
        if let Some(around) = walk.type_path().filter(|_| parameter.kind() == "property_promotion_parameter")
        {
            walk.draft.bind(MODULE, dotted(&around, name), value.clone());
        }
        walk.draft.bind(index, name, value);
    }
}

/// Jobs and listeners (`handle`) and commands, under the names that their instrumentations send.
pub(super) fn on_method<'t>(walk: &mut Walk<'t>, index: u32, node: Node<'t>) {
    let Some(name) = node.field("name").map(|name| walk.slice(name)) else { return };
    if !matches!(name, "handle" | "__invoke" | "execute") {
        return;
    }
    let Some(path) = walk.type_path() else { return };
    let derives =
        walk.draft.wiring.types.last().is_some_and(|fact| fact.path == path && !fact.bases.is_empty());
    let consumer =
        |name: Text| ConsumerFact { name: Some(name), handler: Handler::Function(index), scope: MODULE };
    if name == "handle" && derives {
        let class = Text::literal(declared_name(walk, &path));
        walk.draft.wiring.consumers.push(consumer(class));
    }
    if let Some(command) = command_name(walk) {
        walk.draft.wiring.consumers.push(consumer(command));
    }
}

/// The name of a console command: its signature up to the first space, else its name.
fn command_name(walk: &Walk<'_>) -> Option<Text> {
    let class = walk.ancestor(1)?;
    let body = class.field("body")?;
    let properties = children(body).into_iter().filter(|member| member.kind() == "property_declaration");
    let elements = properties.flat_map(children).filter(|child| child.kind() == "property_element");
    let named = elements.take(16).find_map(|element| {
        let name = walk.slice(element.field("name")?);
        let value = element
            .field("default_value")
            .filter(|_| matches!(name, "$signature" | "$name" | "$defaultName"))?;
        literal(walk, value)
    });
    let first = named.as_deref().and_then(|named| named.split_whitespace().next()).map(Text::literal);
    first.or_else(|| super::symfony::command_name(walk, class))
}

/// The whole name of a class of this file.
pub(super) fn declared_name(walk: &Walk<'_>, path: &str) -> SmolStr {
    let namespace = names::current(walk);
    let class = path.rsplit('.').next().unwrap_or(path);
    if namespace.is_empty() { class.into() } else { format_smolstr!("{namespace}\\{class}") }
}

/// The whole name of the type of the first parameter: the message that a handler takes.
pub(super) fn message_of(walk: &Walk<'_>, node: Node<'_>) -> Option<SmolStr> {
    let list = node.field("parameters").map(children)?;
    let class = class_of(walk, list.first()?.field("type")?)?;
    Some(whole_name(walk, &class))
}

/// Constants, properties and variables with their values.
pub(super) fn bind<'t>(walk: &mut Walk<'t>, node: Node<'t>) {
    match node.kind() {
        "assignment_expression" => assigned(walk, node),
        "property_element" => property(walk, node),
        _ => constant(walk, node),
    }
}

fn constant<'t>(walk: &mut Walk<'t>, node: Node<'t>) {
    let parts = children(node);
    let [name, value] = parts.as_slice() else { return };
    let Some(text) = text_of(walk, *value) else { return };
    let name = walk.slice(*name);
    let path = walk.type_path().map_or(name.into(), |around| dotted(&around, name));
    walk.draft.bind(MODULE, path, Value::Text(text));
}

/// `private Dough $dough;`, `private string $name = 'a';`: what is not readonly may hold anything later.
fn property<'t>(walk: &mut Walk<'t>, node: Node<'t>) {
    let (Some(name), Some(around)) = (node.field("name"), walk.type_path()) else { return };
    let path = dotted(&around, walk.slice(name).trim_start_matches('$'));
    let declared = walk.ancestor(0).and_then(|declaration| declaration.field("type"));
    let class = declared.and_then(|declared| known_class(walk, declared));
    match (class, node.field("default_value")) {
        (Some(class), _) => walk.draft.bind(MODULE, path, Value::Result(Reference::local(class))),
        (None, Some(value)) => {
            if let Some(text) = text_of(walk, value) {
                walk.draft.bind(MODULE, path, Value::Text(text));
            }
        }
        (None, None) => {}
    }
}

/// `$x = …`, `$this->x = …`, `self::$x = …`.
fn assigned<'t>(walk: &mut Walk<'t>, node: Node<'t>) {
    let (Some(left), Some(right)) = (node.field("left"), node.field("right")) else {
        return;
    };
    let Some(path) = path_of(walk, left) else { return };
    let is_local = left.kind() == "variable_name";
    let scope: Scope = if is_local { walk.scope() } else { MODULE };
    calls::tracer(walk, scope, &path, right);
    let value = match right.kind() {
        "object_creation_expression" => {
            known_class(walk, right).map(|class| Value::Result(Reference::local(class)))
        }
        // A property takes the type of the parameter that it is given.
        "variable_name" if !is_local => typed(walk, right),
        _ if is_local => Some(Value::Text(text_of(walk, right).unwrap_or_else(Text::hole))),
        _ => None,
    };
    if let Some(value) = value {
        walk.draft.bind(scope, path, value);
    }
}

/// What the parameter `node` is known as.
fn typed(walk: &Walk<'_>, node: Node<'_>) -> Option<Value> {
    let name = path_of(walk, node)?;
    let scope = walk.scope();
    let mut bindings = walk.draft.wiring.bindings.iter().rev();
    let bound = bindings.find(|binding| binding.scope == scope && binding.name == name)?;
    matches!(bound.value, Value::Result(_)).then(|| bound.value.clone())
}

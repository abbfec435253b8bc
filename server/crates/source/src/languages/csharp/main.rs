//! Programs whose file is their main function.

use model::TextRange;
use tree_sitter::Node;

use crate::{
    Function, FunctionKind,
    function::fingerprint,
    walk::{Walk, position},
};

/// Statements outside of every class are the body of a function that the compiler calls `Program.<Main>$`.
pub(super) fn declare<'t>(walk: &mut Walk<'t>, root: Node<'t>) {
    let mut cursor = root.walk();
    let all = root.named_children(&mut cursor).filter(|child| child.kind() == "global_statement");
    let is_work =
        |node: &Node<'t>| node.named_child(0).is_none_or(|inner| inner.kind() != "local_function_statement");
    let all: Vec<Node<'t>> = all.filter(is_work).collect();
    let (Some(first), Some(last)) = (all.first(), all.last()) else { return };
    let range = TextRange::new(first.start_byte() as u32, last.end_byte() as u32);
    let key = walk.draft.key(walk.path, "Program.Main".into());
    let text = walk.text.get(first.start_byte()..last.end_byte()).unwrap_or_default();
    let index = walk.draft.add_function(
        Function {
            key,
            name: "Main".into(),
            receiver: Some("Program".into()),
            kind: FunctionKind::Function,
            range,
            body: range,
            name_range: TextRange::new(range.start, range.start + 1),
            name_position: position(*first),
            first_line: first.start_position().row as u32,
            last_line: last.end_position().row as u32,
            parameters: vec!["args".into()],
            parent: None,
            fingerprint: fingerprint(text),
        },
        // No handler begins where the file's own statements do.
        u32::MAX,
    );
    walk.draft.main = Some(index);
}

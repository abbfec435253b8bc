//! One pass over a tree with a cursor: scopes, loops and decorators are kept here, meaning is the reader's.
//!
//! No queries and no recursion: a query costs three times as much, and deep trees would end the stack.

use model::{LinePosition, SmolStr, TextRange};
use smol_str::format_smolstr;
use tree_sitter::{Node, Tree};

use crate::{
    CallKind, CallSite, Function, FunctionKind, Language, SourceFile,
    draft::Draft,
    function::fingerprint,
    languages::Reader,
    wiring::{MODULE, Scope, Text},
};

/// How deep functions, types and loops may nest.
const MAX_FRAMES: usize = 128;
/// So many children are asked for by number.
const FEW: usize = 6;

/// What the walk does at a kind of node.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Role {
    /// Goes on inside.
    #[default]
    Plain,
    /// Nothing of interest is inside.
    Prune,
    /// Something of interest is inside only where one of these stands in its text, behind the first byte: expressions
    /// without a call, an assignment or a closure are told by a search over their bytes, which is far cheaper than
    /// going through their nodes.
    Within(&'static [&'static str]),
    /// A function, method or closure.
    Function,
    /// Something that lends its name to the functions in it.
    Type,
    /// Runs its inside many times.
    Loop,
    /// Stands before a function or type and belongs to it; the reader gets it with that.
    Decorator,
    /// A call.
    Call,
    /// Gives a name to a value.
    Bind,
    /// Makes names of other modules known.
    Import,
    /// Handed to [`Reader::other`].
    Other,
    /// [`Reader::ask`] tells it of each node: languages that write all of this as calls.
    Asks,
}

/// A function as a reader sees it.
pub(crate) struct FunctionShape<'t> {
    /// Its own name; `None` for one without.
    pub(crate) name: Option<SmolStr>,
    /// Where the name stands; the function itself when there is none.
    pub(crate) anchor: Node<'t>,
    pub(crate) kind: FunctionKind,
    /// Where the type that it belongs to is not one around it.
    pub(crate) receiver: Option<SmolStr>,
    pub(crate) parameters: Vec<SmolStr>,
    pub(crate) body: Option<Node<'t>>,
}

/// A type as a reader sees it.
pub(crate) struct TypeShape {
    pub(crate) name: SmolStr,
    /// Names with dots of what it extends or implements.
    pub(crate) bases: Vec<SmolStr>,
}

/// The walk: where it is, and what it has found.
pub(crate) struct Walk<'t> {
    pub(crate) text: &'t str,
    pub(crate) path: &'t str,
    pub(crate) draft: Draft,
    /// The nodes around the current one, outermost first.
    pub(crate) ancestors: Vec<Node<'t>>,
    /// A comment that the reader keeps for the declaration behind it.
    pub(crate) note: Option<Node<'t>>,
    frames: Vec<Frame>,
    pending: Vec<(usize, Node<'t>)>,
}

struct Frame {
    depth: usize,
    kind: FrameKind,
}

enum FrameKind {
    Function(u32),
    Type(SmolStr),
    Loop,
}

/// Reads a whole tree.
pub(crate) fn walk(path: &str, language: Language, text: &str, tree: &Tree) -> SourceFile {
    let reader = language.reader();
    let roles = language.roles();
    let mut walk = Walk {
        text,
        path,
        draft: Draft::default(),
        ancestors: Vec::with_capacity(64),
        note: None,
        frames: Vec::with_capacity(16),
        pending: Vec::new(),
    };
    let mut cursor = tree.walk();
    reader.begin(&mut walk, tree.root_node());
    'all: loop {
        let node = cursor.node();
        let role = roles.get(node.kind_id() as usize).copied().unwrap_or_default();
        if walk.visit(reader, node, role) && cursor.goto_first_child() {
            walk.ancestors.push(node);
            continue;
        }
        while !cursor.goto_next_sibling() {
            if !cursor.goto_parent() {
                break 'all;
            }
            walk.ancestors.pop();
        }
    }
    reader.end(&mut walk);
    let broken = tree.root_node().has_error();
    walk.draft.finish(path, language, text, broken)
}

impl<'t> Walk<'t> {
    fn visit(&mut self, reader: &dyn Reader, node: Node<'t>, role: Role) -> bool {
        let depth = self.ancestors.len();
        while self.frames.last().is_some_and(|frame| frame.depth >= depth) {
            self.frames.pop();
        }
        let role = match role {
            Role::Asks => reader.ask(self, node),
            Role::Within(marks) if self.holds(node, marks) => Role::Plain,
            Role::Within(_) => Role::Prune,
            role => role,
        };
        if self.pending.is_empty() && matches!(role, Role::Plain | Role::Prune) {
            return role == Role::Plain;
        }
        let decorators = self.take_decorators(depth, node, role);
        match role {
            Role::Plain | Role::Asks | Role::Within(_) => true,
            Role::Prune => false,
            Role::Loop => {
                self.frames.push(Frame { depth, kind: FrameKind::Loop });
                true
            }
            Role::Decorator => {
                self.pending.push((depth, node));
                false
            }
            Role::Function => {
                if !self.function(reader, node, &decorators) && reader.repeats(self, node) {
                    self.frames.push(Frame { depth, kind: FrameKind::Loop });
                }
                true
            }
            Role::Type => {
                if let Some(shape) = reader.type_shape(self, node) {
                    let path = self.path_of(&shape.name);
                    self.draft.add_type(path, shape.bases);
                    self.frames.push(Frame { depth, kind: FrameKind::Type(shape.name) });
                    reader.type_entered(self, node, &decorators);
                }
                true
            }
            Role::Call => {
                reader.call(self, node);
                true
            }
            Role::Bind => {
                reader.bind(self, node);
                true
            }
            Role::Import => {
                reader.import(self, node);
                false
            }
            Role::Other => reader.other(self, node),
        }
    }

    /// Whether one of `marks` stands in the text of `node`, behind its first byte.
    fn holds(&self, node: Node<'t>, marks: &[&str]) -> bool {
        let inside = node.start_byte() + 1..node.end_byte();
        let bytes = self.text.as_bytes().get(inside).unwrap_or_default();
        marks.iter().any(|mark| match mark.as_bytes() {
            [byte] => memchr::memchr(*byte, bytes).is_some(),
            word => memchr::memmem::find(bytes, word).is_some(),
        })
    }

    /// Decorators wait for the first node after them that is neither another one nor a comment.
    fn take_decorators(&mut self, depth: usize, node: Node<'t>, role: Role) -> Vec<Node<'t>> {
        if self.pending.is_empty() {
            return Vec::new();
        }
        let waits = role == Role::Decorator || !node.is_named() || node.is_extra();
        match self.pending.last() {
            Some((at, _)) if *at >= depth && !(waits && *at == depth) => {
                let taken = std::mem::take(&mut self.pending);
                taken.into_iter().filter(|(at, _)| *at == depth).map(|(_, node)| node).collect()
            }
            _ => Vec::new(),
        }
    }

    /// Takes in a function; answers whether it is one.
    fn function(&mut self, reader: &dyn Reader, node: Node<'t>, decorators: &[Node<'t>]) -> bool {
        // Every function is named with all that is around it: what nests deeper is not written by hand.
        if self.frames.len() >= MAX_FRAMES {
            return false;
        }
        let Some(shape) = reader.function(self, node) else { return false };
        let first = decorators.first().map_or(node, |first| *first);
        let start = first.start_byte().min(shape.anchor.start_byte()).min(node.start_byte()) as u32;
        let range = TextRange::new(start, node.end_byte() as u32);
        let first_line = first.start_position().row.min(shape.anchor.start_position().row) as u32;
        let name = shape.name.unwrap_or_else(|| "<anonymous>".into());
        let receiver = shape.receiver.or_else(|| self.direct_type().cloned());
        let path = match (&receiver, self.direct_type()) {
            (Some(receiver), None) if shape.kind == FunctionKind::Method => {
                self.path_of(&format!("{receiver}.{name}"))
            }
            _ => self.path_of(&name),
        };
        let key = self.draft.key(self.path, path);
        let index = self.draft.add_function(
            Function {
                key,
                name,
                receiver,
                kind: shape.kind,
                range,
                body: shape.body.map_or(range, text_range),
                name_range: anchor_range(shape.anchor, shape.kind),
                name_position: position(shape.anchor),
                first_line,
                last_line: node.end_position().row as u32,
                parameters: shape.parameters,
                parent: self.function_around(),
                fingerprint: fingerprint(self.text.get(start as usize..node.end_byte()).unwrap_or_default()),
            },
            node.start_byte() as u32,
        );
        self.frames.push(Frame { depth: self.ancestors.len(), kind: FrameKind::Function(index) });
        reader.function_entered(self, index, node, decorators);
        true
    }

    /// States the call `node` of what is called `callee`, whose name stands at `name`: what it speaks, with which method,
    /// where to.
    pub(crate) fn call_site(
        &mut self,
        node: Node<'t>,
        name: Node<'t>,
        callee: impl Into<SmolStr>,
        (kind, method, target): (CallKind, Option<SmolStr>, Option<Text>),
    ) {
        let site = CallSite {
            kind,
            callee: callee.into(),
            method,
            target: None,
            function: self.function_around(),
            position: position(name),
            end: node.end_byte() as u32,
            in_loop: self.in_loop(),
        };
        self.draft.call(site, target);
    }

    /// The innermost function around the current node; [`MODULE`] when there is none.
    pub(crate) fn scope(&self) -> Scope {
        self.function_around().unwrap_or(MODULE)
    }

    /// The innermost function around the current node.
    pub(crate) fn function_around(&self) -> Option<u32> {
        self.frames.iter().rev().find_map(|frame| match frame.kind {
            FrameKind::Function(index) => Some(index),
            _ => None,
        })
    }

    /// Whether the current node stands in a loop of its function.
    pub(crate) fn in_loop(&self) -> bool {
        let frames = self.frames.iter().rev();
        frames
            .take_while(|frame| !matches!(frame.kind, FrameKind::Function(_)))
            .any(|frame| matches!(frame.kind, FrameKind::Loop))
    }

    /// The innermost type around the current node, with the names around it: what `self` and `this` are.
    pub(crate) fn type_path(&self) -> Option<SmolStr> {
        let at = self.frames.iter().rposition(|frame| matches!(frame.kind, FrameKind::Type(_)))?;
        Some(self.join(&self.frames[..=at], None))
    }

    /// The type whose direct member the current node is.
    pub(crate) fn direct_type(&self) -> Option<&SmolStr> {
        match &self.frames.iter().rfind(|frame| !matches!(frame.kind, FrameKind::Loop))?.kind {
            FrameKind::Type(name) => Some(name),
            _ => None,
        }
    }

    /// `name` with the names around it before it.
    pub(crate) fn path_of(&self, name: &str) -> SmolStr {
        self.join(&self.frames, Some(name))
    }

    /// The text of `node`.
    pub(crate) fn slice(&self, node: Node<'_>) -> &'t str {
        self.text.get(node.byte_range()).unwrap_or_default()
    }

    /// The node `level` above the current one; 0 is its parent.
    pub(crate) fn ancestor(&self, level: usize) -> Option<Node<'t>> {
        self.ancestors.iter().rev().nth(level).copied()
    }

    fn join(&self, frames: &[Frame], last: Option<&str>) -> SmolStr {
        let mut path = String::new();
        let mut add = |name: &str| {
            if !path.is_empty() {
                path.push('.');
            }
            path.push_str(name);
        };
        // The innermost function's path holds everything around it, its receiver's name too.
        let inner = frames.iter().rposition(|frame| matches!(frame.kind, FrameKind::Function(_)));
        for frame in &frames[inner.unwrap_or(0)..] {
            match &frame.kind {
                FrameKind::Function(index) => add(&self.draft.functions[*index as usize].key.path),
                FrameKind::Type(name) => add(name),
                FrameKind::Loop => {}
            }
        }
        if let Some(last) = last {
            add(last);
        }
        path.into()
    }
}

/// Where `node` begins: 0-based line, column in bytes.
pub(crate) fn position(node: Node<'_>) -> LinePosition {
    let start = node.start_position();
    LinePosition { line: start.row as u32, column: start.column as u32 }
}

/// The bytes of `node`.
pub(crate) fn text_range(node: Node<'_>) -> TextRange {
    TextRange::new(node.start_byte() as u32, node.end_byte() as u32)
}

/// The named children of `node`, comments left out; at most 4,096 of them.
pub(crate) fn children<'t>(node: Node<'t>) -> Vec<Node<'t>> {
    // A cursor costs an allocation and more for each node; asking by number costs a pass over those before.
    let count = node.named_child_count();
    if count <= FEW {
        let few = (0..count as u32).filter_map(|at| node.named_child(at));
        return few.filter(|child| !child.is_extra()).collect();
    }
    node.named_children(&mut node.walk()).filter(|child| !child.is_extra()).take(4_096).collect()
}

/// `a` and `b` joined by a dot; one of them may be empty.
pub(crate) fn dotted(a: &str, b: &str) -> SmolStr {
    match (a.is_empty(), b.is_empty()) {
        (true, _) => b.into(),
        (_, true) => a.into(),
        _ => format_smolstr!("{a}.{b}"),
    }
}

/// A closure's name is its first token; taken as one byte where it is the closure itself.
fn anchor_range(anchor: Node<'_>, kind: FunctionKind) -> TextRange {
    let range = text_range(anchor);
    if kind == FunctionKind::Closure && anchor.child_count() > 0 {
        return anchor.child(0).map_or(range, text_range);
    }
    range
}

//! Facts that one file states and only the sum of all files completes: routes before their prefixes, mounts,
//! imports, constants, helpers that names are passed through.
//!
//! Everything here speaks of names as written. The `resolve` modules follow them across files.

use std::hash::{Hash, Hasher};

use model::{LinePosition, SmolStr};

/// Text as an expression: some of it stands there, some is known under a name, some only at run time.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub(crate) struct Text(pub(crate) Vec<Piece>);

/// A part of a [`Text`].
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Piece {
    /// Stands there.
    Literal(SmolStr),
    /// A name with dots: a constant, a parameter, an import.
    Name(SmolStr),
    /// Known at run time only.
    Hole,
}

/// The function in whose body something stands, by its index; [`MODULE`] at the top level of the file.
pub(crate) type Scope = u32;
/// The scope of the file's top level.
pub(crate) const MODULE: Scope = u32::MAX;

/// A name with dots as written, looked up in the file or, with `module`, in another one. An empty path is the
/// module itself (its default export, where the language has one).
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Reference {
    /// The module as imported in place, for example by `require('./users')` or `include("blog.urls")`.
    pub(crate) module: Option<SmolStr>,
    /// Segments joined by `.`.
    pub(crate) path: SmolStr,
}

/// What routes are declared on, or mounted on: an app, a router, a blueprint, a controller, a list of routes.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Holder {
    /// A variable, a class, a list.
    Named(Scope, Reference),
    /// What calling a function gives.
    Result(Scope, Reference),
    /// The parameter that a function receives as its argument number.
    Argument(Scope, Reference, u8),
    /// A parameter of the function that begins at this byte (resolved to [`Holder::Parameter`] when the file ends).
    Inline(u32, u8),
    /// A parameter of the function numbered so.
    Parameter(u32, u8),
    /// The value that the function numbered so returns.
    Returned(u32),
    /// The first parameter of what every file below this folder exports by default; the folders in between are part of
    /// the prefix.
    Folder(SmolStr),
    /// Whatever serves the file: no prefix.
    App,
}

/// Who handles a route, a task or a remote call.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Handler {
    /// The function that begins at this byte (resolved to [`Handler::Function`] when the file ends).
    At(u32),
    /// The function numbered so in this file.
    Function(u32),
    /// A function or method by name; a class stands for its methods named like HTTP methods.
    Named(Scope, Reference),
    /// What calling the first gives: the one handler among the others, which are its arguments, else the function
    /// that it returns.
    Wrapped(Box<Handler>, Vec<Handler>),
    /// The first of these that is a function.
    First(Vec<Handler>),
}

/// A position that does not count when two versions of a file are compared: lines move with every edit.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Spot(pub(crate) LinePosition);

impl Hash for Spot {
    fn hash<H: Hasher>(&self, _state: &mut H) {}
}

/// A route as declared.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) struct RouteFact {
    /// What it is declared on.
    pub(crate) holder: Holder,
    /// Upper-case methods; empty for any.
    pub(crate) methods: Vec<SmolStr>,
    /// The pattern in the framework's spelling.
    pub(crate) pattern: Text,
    /// Who handles it.
    pub(crate) handler: Handler,
    /// Where names in the pattern are looked up.
    pub(crate) scope: Scope,
}

/// One holder put under another.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) struct MountFact {
    /// The outer one.
    pub(crate) parent: Holder,
    /// The inner one.
    pub(crate) child: Holder,
    /// What stands before the inner one's routes.
    pub(crate) prefix: Text,
    /// Where names in the prefix are looked up.
    pub(crate) scope: Scope,
}

/// A prefix that a holder has by itself. Several of one holder are alternatives.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) struct PrefixFact {
    /// Whose.
    pub(crate) holder: Holder,
    /// The prefix.
    pub(crate) prefix: Text,
    /// Where names in it are looked up.
    pub(crate) scope: Scope,
}

/// A name given to a value.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Binding {
    /// Where it is known.
    pub(crate) scope: Scope,
    /// The name; `default` for what a module exports by default, `*` for everything of another module.
    pub(crate) name: SmolStr,
    /// What it stands for.
    pub(crate) value: Value,
}

/// What a name stands for.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Value {
    /// Something of another module; without a name the module itself.
    Import(SmolStr, Option<SmolStr>),
    /// Another name.
    Alias(Reference),
    /// What calling (or constructing) something gives.
    Result(Reference),
    /// Text.
    Text(Text),
    /// Something that no rule asks about; the name is taken all the same.
    Other,
}

/// A class, struct or trait with what it derives from.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) struct TypeFact {
    /// Its name with the names around it.
    pub(crate) path: SmolStr,
    /// Names with dots of what it extends or implements.
    pub(crate) bases: Vec<SmolStr>,
}

/// A function that takes messages from a queue, or a task that is run by name.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) struct ConsumerFact {
    /// The task's or queue's name; `None` when it is the function's module and name.
    pub(crate) name: Option<Text>,
    /// Who runs.
    pub(crate) handler: Handler,
    /// Where names are looked up.
    pub(crate) scope: Scope,
}

/// An implementation of a remote service.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) struct RpcFact {
    /// The service's name, last segment.
    pub(crate) service: SmolStr,
    /// The method; `None` when the handler is a class that implements all of them under their names.
    pub(crate) method: Option<SmolStr>,
    /// The function or the class.
    pub(crate) handler: Handler,
    /// Where names are looked up.
    pub(crate) scope: Scope,
}

/// JVM: what a program's own annotation stands for, or a class that is a path, as a member of it; before an annotation's
/// name, the methods of a route under it.
pub(crate) const META: &str = "@meta";
/// JVM: as a member of a class, what its routes are declared on where only another class leads to it.
pub(crate) const LOCATED: &str = "@located";

/// In place of a service: the method is the name that an instrumentation gives to requests that the handler answers.
pub(crate) const OPERATION: &str = "http operation";

/// What a text is the name of.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Purpose {
    /// A span that is started there.
    Span,
    /// The URL of an outgoing request, with its upper-case method where it is known.
    Http(Option<SmolStr>),
    /// An SQL statement.
    Sql,
    /// A queue, topic or task.
    Messaging,
}

/// A span's name or a call's target that the file alone does not tell.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) struct DeferredFact {
    /// What it names.
    pub(crate) purpose: Purpose,
    /// Names in it are imported.
    pub(crate) text: Text,
    /// Where they are looked up.
    pub(crate) scope: Scope,
    /// The function it is credited to.
    pub(crate) function: u32,
    /// Where it stands.
    pub(crate) position: Spot,
}

/// A function that passes one of its parameters on as the name of a span or the target of a call.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) struct HelperFact {
    /// What the parameter becomes.
    pub(crate) purpose: Purpose,
    /// The function.
    pub(crate) function: u32,
    /// Which parameter, `self` not counted.
    pub(crate) parameter: u8,
    /// What stands around it: the parameter is [`Piece::Name`] of [`ARGUMENT`], or of one of [`QUALIFIED_NAME`]
    /// and [`BARE_NAME`] when it is a function whose name is taken.
    pub(crate) template: Text,
}

/// In a helper's template: the qualified name of the function that is passed.
pub(crate) const QUALIFIED_NAME: &str = "@qualified";
/// In a helper's template: the bare name of the function that is passed.
pub(crate) const BARE_NAME: &str = "@bare";
/// In a helper's template: the name of the class of the method that is decorated.
pub(crate) const CLASS_NAME: &str = "@class";
/// In a helper's template: the argument itself.
pub(crate) const ARGUMENT: &str = "@argument";

/// C#: as the keyword of an argument, that the callee takes its caller's name; in a function, the parameter that does.
pub(crate) const CALLER: &str = "@caller";

/// Text passed to some function of the program: a span's name, if that function is a helper.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) struct PassFact {
    /// The called function as written.
    pub(crate) callee: Reference,
    /// Where names are looked up.
    pub(crate) scope: Scope,
    /// Which argument: its number, or its keyword.
    pub(crate) argument: Argument,
    /// The text; [`ARGUMENT`] in it stands for the parameter told by `forwards`.
    pub(crate) text: Text,
    /// The function and its parameter that the text holds: if the callee is a helper, that function is one too.
    pub(crate) forwards: Option<(u32, u8)>,
    /// The function it is credited to: the caller, or the one that the call decorates.
    pub(crate) function: u32,
    /// Where the call stands.
    pub(crate) position: Spot,
}

/// Which argument of a call.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Argument {
    /// By its number from 0.
    At(u8),
    /// By its keyword.
    Key(SmolStr),
    /// The text is the `name` of the object that is passed as this argument.
    NameOf(u8),
}

/// A function under a decorator of the program: the decorator may name spans after it.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) struct DecorationFact {
    /// The decorator, or the function that makes it.
    pub(crate) decorator: Reference,
    /// The decorated function.
    pub(crate) function: u32,
}

/// A folder in which a program lies, with a name of it that a manifest or the environment gives.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) struct ProgramFact {
    /// Relative to the workspace's root.
    pub(crate) folder: SmolStr,
    /// As written.
    pub(crate) name: SmolStr,
}

/// What settings put before every route that files below a folder declare. Several of one folder are alternatives.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) struct BaseFact {
    /// The folder, or one file, relative to the workspace's root.
    pub(crate) folder: SmolStr,
    /// Before paths.
    pub(crate) prefix: SmolStr,
    /// Before names of routes.
    pub(crate) names: SmolStr,
    /// Part of a module that the file must import for it to hold; empty for every file.
    pub(crate) imported: SmolStr,
    /// Whether it stands behind one that is not.
    pub(crate) is_inner: bool,
}

/// All of that, of one file.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub(crate) struct Wiring {
    pub(crate) routes: Vec<RouteFact>,
    pub(crate) mounts: Vec<MountFact>,
    pub(crate) prefixes: Vec<PrefixFact>,
    pub(crate) bindings: Vec<Binding>,
    /// What functions return, where it is a plain name.
    pub(crate) returns: Vec<(u32, Reference)>,
    pub(crate) types: Vec<TypeFact>,
    pub(crate) consumers: Vec<ConsumerFact>,
    pub(crate) rpcs: Vec<RpcFact>,
    pub(crate) deferred: Vec<DeferredFact>,
    pub(crate) helpers: Vec<HelperFact>,
    pub(crate) passes: Vec<PassFact>,
    pub(crate) decorations: Vec<DecorationFact>,
    pub(crate) programs: Vec<ProgramFact>,
    pub(crate) bases: Vec<BaseFact>,
}

impl Text {
    /// Text that stands there as it is.
    pub(crate) fn literal(text: impl Into<SmolStr>) -> Text {
        Text(vec![Piece::Literal(text.into())])
    }

    /// Text known under a name.
    pub(crate) fn name(path: impl Into<SmolStr>) -> Text {
        Text(vec![Piece::Name(path.into())])
    }

    /// Text of which nothing is known.
    pub(crate) fn hole() -> Text {
        Text(vec![Piece::Hole])
    }

    /// The text, if all of it stands there.
    pub(crate) fn as_literal(&self) -> Option<SmolStr> {
        match self.0.as_slice() {
            [] => Some(SmolStr::default()),
            [Piece::Literal(text)] => Some(text.clone()),
            _ => None,
        }
    }

    /// Whether some of it stands there or is known under a name.
    pub(crate) fn is_telling(&self) -> bool {
        self.0.iter().any(|piece| *piece != Piece::Hole)
    }

    /// Appends `more`, joining literals and holes that meet.
    pub(crate) fn append(&mut self, more: Text) {
        for piece in more.0 {
            match (self.0.last_mut(), piece) {
                (Some(Piece::Literal(before)), Piece::Literal(after)) => {
                    *before = SmolStr::from(format!("{before}{after}"));
                }
                (Some(Piece::Hole), Piece::Hole) => {}
                (_, piece) => self.0.push(piece),
            }
        }
    }
}

impl Reference {
    /// A name looked up in the file.
    pub(crate) fn local(path: impl Into<SmolStr>) -> Reference {
        Reference { module: None, path: path.into() }
    }

    /// A name of another module.
    pub(crate) fn of_module(module: impl Into<SmolStr>, path: impl Into<SmolStr>) -> Reference {
        Reference { module: Some(module.into()), path: path.into() }
    }

    /// The last segment of the path.
    pub(crate) fn last(&self) -> &str {
        self.path.rsplit('.').next().unwrap_or_default()
    }
}

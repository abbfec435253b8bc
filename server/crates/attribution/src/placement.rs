//! The answer for one span: where it belongs, how sure that is, and the evidence.

use std::fmt;

use model::SmolStr;
use source::FunctionKey;

/// How sure a placement is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Confidence {
    /// No place is known, or the span has none in this workspace.
    #[default]
    None,
    /// One of several functions, or weak evidence: shown as unsure or not at all.
    Possible,
    /// One function, by evidence that is rarely wrong.
    Likely,
    /// One function, by evidence that names it.
    Certain,
}

/// The kinds of evidence; each is a file in `rules/` and a section of docs/attribution.md.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Rule {
    /// The instrumentation of a framework names the handler.
    Framework,
    /// `code.*` attributes name the function or the line.
    CodeAttributes,
    /// The remote method is implemented in the source.
    Rpc,
    /// The span's name is a literal (or a pattern) in the source.
    SpanName,
    /// Method and route are declared in the source.
    Route,
    /// The URL's path fits one declared route.
    UrlPath,
    /// The task, queue or topic is consumed by a function.
    Messaging,
    /// The SQL text or the URL stands at a call in the source.
    Outgoing,
    /// Nothing of its own: the call site inside the parent's function.
    Parent,
    /// Known to have no function: work of a library, a proxy, a middleware.
    Noise,
    /// Somebody said that it belongs there.
    Pinned,
    /// Somebody said that it does not belong where rules would have it.
    Rejected,
    /// Somebody said in which folders the service's code lies.
    Service,
}

/// One reason for a placement, or against it.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Evidence {
    /// Which rule spoke.
    pub rule: Rule,
    /// What it saw, in words for a person: `route GET /users/{id} is declared at app.py:12`.
    pub detail: SmolStr,
}

/// A line inside the parent's function where a child was called.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct CallPlace {
    /// The file's key in the index.
    pub file: SmolStr,
    /// 0-based line.
    pub line: u32,
}

/// Where a span belongs. Shared as `Arc` by all spans of one shape.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Placement {
    /// The function; `None` exactly when `confidence` is [`Confidence::None`] or several functions are possible.
    pub function: Option<FunctionKey>,
    /// How sure.
    pub confidence: Confidence,
    /// Why; never empty unless nothing at all was tried.
    pub evidence: Vec<Evidence>,
    /// Where in the function the span is started or called, when that is known.
    pub call_place: Option<CallPlace>,
    /// The functions between which nothing decides; empty unless `confidence` is [`Confidence::Possible`].
    pub candidates: Vec<FunctionKey>,
    /// The functions of which somebody said that such spans do not belong to them.
    pub rejected: Vec<FunctionKey>,
}

impl Placement {
    /// Whether it is sure enough to be shown as a fact.
    pub fn is_shown(&self) -> bool {
        self.confidence >= Confidence::Likely && self.function.is_some()
    }
}

impl Placement {
    /// Whether the span stands for a call that the function made, not for a run of the function itself: such spans
    /// belong to the function's line, not to its figures.
    pub fn is_call(&self) -> bool {
        self.evidence.first().is_some_and(|first| matches!(first.rule, Rule::Outgoing | Rule::Parent))
    }
}

impl Rule {
    /// The stable name used in JSON, settings and documentation.
    pub fn name(self) -> &'static str {
        match self {
            Rule::Framework => "framework",
            Rule::CodeAttributes => "code-attributes",
            Rule::Rpc => "rpc",
            Rule::SpanName => "span-name",
            Rule::Route => "route",
            Rule::UrlPath => "url-path",
            Rule::Messaging => "messaging",
            Rule::Outgoing => "outgoing",
            Rule::Parent => "parent",
            Rule::Noise => "noise",
            Rule::Pinned => "pinned",
            Rule::Rejected => "rejected",
            Rule::Service => "service",
        }
    }
}

impl Confidence {
    /// The stable name used in JSON and in text.
    pub fn name(self) -> &'static str {
        match self {
            Confidence::None => "none",
            Confidence::Possible => "possible",
            Confidence::Likely => "likely",
            Confidence::Certain => "certain",
        }
    }
}

impl fmt::Display for Confidence {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl fmt::Display for Rule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

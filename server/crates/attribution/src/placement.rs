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
    /// `code.*` attributes name the function or the line.
    CodeAttributes,
    /// The span's name is a literal (or a pattern) in the source.
    SpanName,
    /// Method and route are declared in the source.
    Route,
    /// The URL's path fits one declared route.
    UrlPath,
    /// Nothing of its own: the call site inside the parent's function.
    Parent,
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
}

impl Placement {
    /// Whether it is sure enough to be shown as a fact.
    pub fn is_shown(&self) -> bool {
        self.confidence >= Confidence::Likely && self.function.is_some()
    }
}

impl Rule {
    /// The stable name used in JSON, settings and documentation.
    pub fn name(self) -> &'static str {
        match self {
            Rule::CodeAttributes => "code-attributes",
            Rule::SpanName => "span-name",
            Rule::Route => "route",
            Rule::UrlPath => "url-path",
            Rule::Parent => "parent",
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

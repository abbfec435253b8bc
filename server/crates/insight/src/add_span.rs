//! Starts a span in a function, in its file's own style: the text edits that do it.
//!
//! What is written must compile and behave as before, so a function that cannot be changed for sure (a generator, a
//! body with text over several lines that would be indented anew) is left alone. A tracer of the file is used where
//! there is one; else one is made, with the import that it takes.

mod annotation;
mod lines;
mod statement;
mod wrap;

use model::TextRange;
use source::{Function, FunctionKind, Language, NamePattern, SourceFile};
use world::Snapshot;

use crate::{hover::is_head, visible::visible};
use lines::Lines;

/// Edits of one file that start a span in a function.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AddSpan {
    /// In words.
    pub title: String,
    /// In the order of the text, none overlapping another.
    pub edits: Vec<TextEdit>,
}

/// The replacement of a range of bytes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TextEdit {
    /// What is replaced; empty to insert.
    pub range: TextRange,
    /// What stands there afterwards.
    pub text: String,
}

/// How to start a span in the function whose name or signature stands at byte `offset` of the open file known by
/// `path`; `None` where there is none, or it starts one already, or it cannot be done for sure.
pub fn add_span(snapshot: &Snapshot, path: &str, offset: u32) -> Option<AddSpan> {
    let (_, document) = snapshot.documents.get(path)?;
    let file = &document.file;
    let function = file.function_at(offset).filter(|function| is_head(function, offset))?;
    let starts_one = file.span_sites.iter().any(|site| site.function == function.key);
    if starts_one || file.broken || function.kind == FunctionKind::Closure {
        return None;
    }
    let lines = Lines::new(&document.text);
    let name = span_name(file, function);
    let mut edits = match file.language {
        Language::Python => annotation::python(&lines, function, &name),
        Language::Rust => annotation::rust(&lines, function),
        Language::Java => annotation::jvm(&lines, function, ";"),
        Language::Kotlin => annotation::jvm(&lines, function, ""),
        Language::Go => statement::go(&lines, function, &name),
        Language::CSharp => statement::csharp(&lines, function, &name),
        Language::Cpp => statement::cpp(&lines, function, &name),
        Language::Elixir => wrap::elixir(&lines, function, &name),
        Language::Php => wrap::php(&lines, function, &name),
        Language::Ruby => wrap::ruby(&lines, function, &name),
        _ => wrap::javascript(&lines, function, &name),
    }?;
    edits.sort_by_key(|edit| edit.range.start);
    Some(AddSpan { title: format!("Spanglass: start a span in `{}`", visible(&function.name, 60)), edits })
}

/// As the file names its spans: by words where it does, else by the function's name with its type's before it.
fn span_name(file: &SourceFile, function: &Function) -> String {
    let literal = |name: &NamePattern| match name {
        NamePattern::Literal(name) => Some(name.clone()),
        NamePattern::Pattern(_) => None,
    };
    let names: Vec<_> = file.span_sites.iter().filter_map(|site| literal(&site.name)).collect();
    let with_words = names.iter().filter(|name| name.contains(' ')).count();
    if with_words * 2 > names.len() {
        return words(&function.name);
    }
    let name: String = function.name.chars().filter(|letter| is_plain(*letter)).collect();
    match &function.receiver {
        Some(receiver) if receiver.chars().all(is_plain) => format!("{receiver}.{name}"),
        _ => name,
    }
}

/// `charge_card` and `chargeCard` as `charge card`.
fn words(name: &str) -> String {
    let mut words = String::new();
    for letter in name.chars().filter(|letter| is_plain(*letter)) {
        let is_border = letter == '_' || letter.is_uppercase();
        if is_border && !words.is_empty() && !words.ends_with(' ') {
            words.push(' ');
        }
        words.extend(letter.to_lowercase().filter(|letter| *letter != '_'));
    }
    words.trim_end().to_owned()
}

/// What needs no quoting in any of the languages.
fn is_plain(letter: char) -> bool {
    letter.is_alphanumeric() || letter == '_'
}

/// An insertion.
fn insert(at: usize, text: String) -> TextEdit {
    TextEdit { range: TextRange::new(at as u32, at as u32), text }
}

#[cfg(test)]
mod tests {
    use super::words;

    #[test]
    fn names_become_words() {
        for (name, expected) in
            [("charge_card", "charge card"), ("chargeCard", "charge card"), ("_run", "run"), ("a", "a")]
        {
            assert_eq!(words(name), expected);
        }
    }
}

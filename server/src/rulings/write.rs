//! Writes a pin or a rejection into `spanglass.toml`: comments and formatting stay, and whoever reads meanwhile sees
//! the file before or after, never between.

use std::{fs, io, path::Path};

use attribution::Subject;
use source::FunctionKey;
use toml_edit::{Array, ArrayOfTables, DocumentMut, InlineTable, Item, Table, TableLike, Value, value};

use super::{FILE, Verb, function_text, read::kind_of};

/// Says `verb` of spans of `subject` and `function`, whose file is relative to `folder`. What was said before of the
/// same spans gives way: a pin to the new pin, a rejection of the same function to its pin, and the other way round.
///
/// # Errors
/// One sentence, when the file is no TOML or cannot be written.
pub(crate) fn write(
    folder: &Path,
    verb: Verb,
    subject: &Subject,
    function: &FunctionKey,
) -> Result<(), String> {
    // A link stays a link: what it leads to is written.
    let file = folder.join(FILE);
    let file = file.canonicalize().unwrap_or(file);
    let text = match fs::read_to_string(&file) {
        Ok(text) => text,
        Err(error) if error.kind() == io::ErrorKind::NotFound => String::new(),
        Err(error) => return Err(format!("{} cannot be read: {error}", file.display())),
    };
    let text = with_ruling(&text, verb, subject, function)
        .map_err(|problem| format!("{}{problem}", file.display()))?;
    replace(&file, &text).map_err(|error| format!("{} cannot be written: {error}", file.display()))
}

/// The text of the file with one more ruling.
fn with_ruling(text: &str, verb: Verb, subject: &Subject, function: &FunctionKey) -> Result<String, String> {
    let mut document: DocumentMut = text.parse().map_err(|error: toml_edit::TomlError| {
        let line = error.span().and_then(|span| text.get(..span.start)).unwrap_or_default();
        let line = line.matches('\n').count() + 1;
        format!(":{line} is not TOML: {}; correct it first", error.message())
    })?;
    let same_function = |entry: &dyn TableLike| {
        str_of(entry, "file") == function.file && str_of(entry, "function") == function_text(function)
    };
    // What people wrote above an entry that gives way stands above the one that takes its place.
    let mut before =
        remove(&mut document, verb.other(), |entry| is_of(entry, subject) && same_function(entry));
    before += &remove(&mut document, verb, |entry| {
        is_of(entry, subject) && (verb == Verb::Pin || same_function(entry))
    });
    let has_given_way = !before.trim().is_empty();
    // The first entry stands at the end, below whatever comments stand there.
    if document.get(verb.key()).is_none() {
        before.insert_str(0, document.trailing().as_str().unwrap_or_default());
        document.set_trailing("");
    }
    let entries = document.entry(verb.key()).or_insert_with(|| Item::ArrayOfTables(ArrayOfTables::new()));
    match entries {
        Item::ArrayOfTables(tables) => {
            let mut table = Table::new();
            let is_own = before.ends_with('\n') && !before.trim().is_empty() && has_given_way;
            let gap = if text.is_empty() || is_own { "" } else { "\n" };
            table.decor_mut().set_prefix(format!("{before}{gap}"));
            fill(&mut table, subject, function);
            tables.push(table);
        }
        Item::Value(Value::Array(array)) => push_inline(array, subject, function),
        _ => return Err(format!(": `{}` is no list of tables; correct it first", verb.key())),
    }
    let written = document.to_string();
    let is_first = !text.starts_with('\n');
    Ok(if is_first { written.trim_start_matches('\n').to_owned() } else { written })
}

fn fill(table: &mut dyn TableLike, subject: &Subject, function: &FunctionKey) {
    table.insert("service", value(subject.service.as_str()));
    table.insert("span", value(subject.name.as_str()));
    if let Some(kind) = subject.kind {
        table.insert("kind", value(kind.to_string().to_lowercase()));
    }
    if let Some(scope) = &subject.scope {
        table.insert("scope", value(scope.as_str()));
    }
    if !subject.attributes.is_empty() {
        let attributes = subject.attributes.iter();
        let attributes: InlineTable =
            attributes.map(|(key, it)| (key.to_string(), Value::from(it.as_str()))).collect();
        table.insert("attributes", value(attributes));
    }
    table.insert("file", value(function.file.as_str()));
    table.insert("function", value(function_text(function)));
}

fn push_inline(array: &mut Array, subject: &Subject, function: &FunctionKey) {
    let mut table = InlineTable::new();
    fill(&mut table, subject, function);
    let prefix = array.get(0).and_then(|first| first.decor().prefix()?.as_str().map(str::to_owned));
    let mut entry = Value::from(table);
    if let Some(prefix) = prefix {
        entry.decor_mut().set_prefix(prefix);
    }
    array.push_formatted(entry);
}

/// Takes entries out; answers with what people wrote above them.
fn remove(document: &mut DocumentMut, verb: Verb, is_it: impl Fn(&dyn TableLike) -> bool) -> String {
    let mut above = String::new();
    match document.get_mut(verb.key()) {
        Some(Item::ArrayOfTables(tables)) => tables.retain(|table| {
            let goes = is_it(table);
            let prefix = table.decor().prefix().and_then(|prefix| prefix.as_str()).unwrap_or_default();
            if goes && prefix.contains('#') {
                above += prefix;
            }
            !goes
        }),
        Some(Item::Value(Value::Array(array))) => {
            array.retain(|value| !value.as_inline_table().is_some_and(|table| is_it(table)));
        }
        _ => return above,
    }
    let is_empty = |item: &Item| match item {
        Item::ArrayOfTables(tables) => tables.is_empty(),
        _ => false,
    };
    if document.get(verb.key()).is_some_and(is_empty) {
        document.remove(verb.key());
    }
    above
}

/// Whether an entry speaks of exactly these spans.
fn is_of(entry: &dyn TableLike, subject: &Subject) -> bool {
    let attributes = || {
        let Some(told) = entry.get("attributes").and_then(Item::as_table_like) else {
            return subject.attributes.is_empty();
        };
        let same = |(key, item): (&str, &Item)| {
            subject.attributes.get(key).is_some_and(|value| item.as_str() == Some(value))
        };
        told.len() == subject.attributes.len() && told.iter().all(same)
    };
    let kind = entry.get("kind").and_then(Item::as_str).and_then(|kind| kind_of(kind).ok());
    str_of(entry, "service") == subject.service
        && str_of(entry, "span") == subject.name
        && kind == subject.kind
        && entry.get("scope").and_then(Item::as_str) == subject.scope.as_deref()
        && attributes()
}

fn str_of<'a>(entry: &'a dyn TableLike, key: &str) -> &'a str {
    entry.get(key).and_then(Item::as_str).unwrap_or_default()
}

/// Puts `text` in the place of `file` at one stroke.
fn replace(file: &Path, text: &str) -> io::Result<()> {
    let beside = file.with_file_name(format!(".{FILE}.{}", std::process::id()));
    let written = fs::write(&beside, text).and_then(|()| {
        if let Ok(metadata) = fs::metadata(file) {
            fs::set_permissions(&beside, metadata.permissions())?;
        }
        fs::rename(&beside, file)
    });
    if written.is_err() {
        drop(fs::remove_file(&beside));
    }
    written
}

#[cfg(test)]
mod tests {
    use expect_test::{Expect, expect};
    use model::SpanKind;

    use super::*;

    fn subject(span: &str) -> Subject {
        Subject {
            service: "checkout".into(),
            name: span.into(),
            kind: Some(SpanKind::Internal),
            scope: None,
            attributes: [("http.route".into(), "/orders".into())].into(),
        }
    }

    fn key(path: &str) -> FunctionKey {
        FunctionKey { file: "pay.py".into(), path: path.into(), nth: 1 }
    }

    fn check(text: &str, verb: Verb, expected: Expect) -> String {
        let text = with_ruling(text, verb, &subject("charge"), &key("Payments.charge")).unwrap();
        expected.assert_eq(&text);
        text
    }

    #[test]
    fn comments_and_formatting_stay() {
        let before = "# Ours, together.\nwindow   = \"1h\"  # long\n\n[receiver]\nhttp = \"127.0.0.1:1\"\n";
        let pinned = check(
            before,
            Verb::Pin,
            expect![[r#"
                # Ours, together.
                window   = "1h"  # long

                [receiver]
                http = "127.0.0.1:1"

                [[pin]]
                service = "checkout"
                span = "charge"
                kind = "internal"
                attributes = { "http.route" = "/orders" }
                file = "pay.py"
                function = "Payments.charge#2"
            "#]],
        );
        let twice = with_ruling(&pinned, Verb::Pin, &subject("charge"), &key("other")).unwrap();
        assert_eq!(twice.matches("[[pin]]").count(), 1, "{twice}");
        let noted = pinned.replace("[[pin]]", "# see the wiki\n[[pin]]");
        let rejected =
            with_ruling(&noted, Verb::Reject, &subject("charge"), &key("Payments.charge")).unwrap();
        assert!(
            rejected.contains("\n\n# see the wiki\n[[reject]]") && !rejected.contains("[[pin]]"),
            "{rejected}"
        );
    }

    #[test]
    fn a_first_ruling_makes_the_file() {
        check(
            "",
            Verb::Reject,
            expect![[r#"
                [[reject]]
                service = "checkout"
                span = "charge"
                kind = "internal"
                attributes = { "http.route" = "/orders" }
                file = "pay.py"
                function = "Payments.charge#2"
            "#]],
        );
    }

    #[test]
    fn comments_at_the_end_stay_above_what_is_added() {
        let after = with_ruling("# Ours.\n", Verb::Pin, &subject("charge"), &key("charge")).unwrap();
        assert!(after.starts_with("# Ours.\n\n[[pin]]\n"), "{after}");
        let before = "window = \"1h\"\n# the end\n";
        let after = with_ruling(before, Verb::Pin, &subject("charge"), &key("charge")).unwrap();
        assert!(after.starts_with("window = \"1h\"\n# the end\n\n[[pin]]\n"), "{after}");
    }

    #[test]
    fn a_list_grows_as_a_list() {
        let before =
            "pin = [\n    { service = \"a\", span = \"b\", file = \"c.py\", function = \"d\" }, # why\n]\n";
        let after = with_ruling(before, Verb::Pin, &subject("charge"), &key("charge")).unwrap();
        assert!(after.contains("# why") && after.matches("service").count() == 2, "{after}");
        assert!(after.parse::<DocumentMut>().is_ok(), "{after}");
    }

    #[test]
    fn what_is_no_toml_is_left_alone() {
        let refused = with_ruling("a = \nb = 1\n", Verb::Pin, &subject("charge"), &key("charge"));
        assert!(refused.unwrap_err().starts_with(":1 is not TOML"), "the line is named");
        assert!(with_ruling("pin = 1\n", Verb::Pin, &subject("charge"), &key("charge")).is_err());
    }
}

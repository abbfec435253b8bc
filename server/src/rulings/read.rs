//! From `spanglass.toml` to rulings. A bad entry is a warning and costs nothing else.

use std::{collections::BTreeMap, fs, io, ops::Range, path::Path};

use attribution::{Ruling, Subject};
use model::{SmolStr, SpanKind};
use source::FunctionKey;
use toml_edit::{Document, Item, TableLike, Value};

use super::{FILE, Spoken, Verb, files};
use crate::workspace::Roots;

/// Keys of a pin or a rejection: name, whether it must be there, what it is.
pub(crate) const KEYS: &[(&str, bool, &str)] = &[
    ("service", true, "The spans' `service.name`."),
    ("span", true, "Their name."),
    ("kind", false, "Their kind: internal, server, client, producer or consumer. Left out, all are meant."),
    ("scope", false, "The name of their instrumentation scope. Left out, all are meant."),
    (
        "attributes",
        false,
        "Attributes that they have, for example `http.route`, by name and value. Left out, all are meant.",
    ),
    ("file", true, "The function's file, relative to the folder of spanglass.toml."),
    (
        "function",
        true,
        "Its name, with the classes and functions around it: `Payments.charge`; `charge#2` is the second of that name.",
    ),
];

/// Reads the settings files of all folders; one that is not there says nothing.
pub(crate) fn read(roots: &Roots) -> Spoken {
    let mut spoken = Spoken::default();
    for file in files(roots.folders()) {
        match fs::read_to_string(&file) {
            Ok(text) => read_text(&mut spoken, roots, &file, &text),
            Err(error) if error.kind() == io::ErrorKind::NotFound => {}
            Err(error) => spoken.warnings.push(format!("{} cannot be read: {error}", file.display())),
        }
    }
    spoken
}

/// One file under way.
struct Reader<'a> {
    roots: &'a Roots,
    file: &'a Path,
    text: &'a str,
    spoken: &'a mut Spoken,
}

fn read_text(spoken: &mut Spoken, roots: &Roots, file: &Path, text: &str) {
    // That it is no TOML is told where settings are read.
    let Ok(document) = Document::parse(text.to_owned()) else { return };
    let mut reader = Reader { roots, file, text, spoken };
    for verb in [Verb::Pin, Verb::Reject] {
        let Some(item) = document.get(verb.key()) else { continue };
        reader.entries(verb, item);
    }
    match document.get("services") {
        None => {}
        Some(item) => match item.as_table_like() {
            Some(services) => services.iter().for_each(|(service, item)| reader.service(service, item)),
            None => reader
                .warn(item, "`services` takes names with their folders: `checkout = \"services/checkout\"`"),
        },
    }
}

impl Reader<'_> {
    fn entries(&mut self, verb: Verb, item: &Item) {
        let key = verb.key();
        match item {
            Item::ArrayOfTables(tables) => {
                tables.iter().for_each(|table| self.entry(verb, table.span(), table));
            }
            Item::Value(Value::Array(array)) => {
                for value in array {
                    match value.as_inline_table() {
                        Some(table) => self.entry(verb, table.span(), table),
                        None => self.warn(item, &format!("`{key}` takes tables: write [[{key}]] above each")),
                    }
                }
            }
            Item::Table(_) | Item::Value(_) => {
                self.warn(item, &format!("`{key}` takes several tables: write [[{key}]], with two brackets"));
            }
            Item::None => {}
        }
    }

    fn entry(&mut self, verb: Verb, span: Option<Range<usize>>, table: &dyn TableLike) {
        let said_in = self.place(span);
        match self.ruling(verb, table, said_in.clone()) {
            Ok(ruling) if verb == Verb::Pin => self.spoken.rulings.pins.push(ruling),
            Ok(ruling) => self.spoken.rulings.rejections.push(ruling),
            Err(problem) => self.spoken.warnings.push(format!("{said_in}: {problem}; it is passed over")),
        }
    }

    fn ruling(&self, verb: Verb, table: &dyn TableLike, said_in: SmolStr) -> Result<Ruling, String> {
        let entry = format!("[[{}]]", verb.key());
        for (key, _) in table.iter() {
            if !KEYS.iter().any(|(known, ..)| *known == key) {
                let known: Vec<&str> = KEYS.iter().map(|(known, ..)| *known).collect();
                return Err(format!("{entry} has no key `{key}`, only {}", known.join(", ")));
            }
        }
        let text = |key: &str| match table.get(key) {
            None => Ok(None),
            Some(item) => match item.as_str() {
                Some(text) => Ok(Some(text)),
                None => Err(format!("`{key}` of {entry} takes text in quotes")),
            },
        };
        let needed =
            |key: &str| text(key)?.filter(|it| !it.is_empty()).ok_or(format!("{entry} needs `{key}`"));
        let subject = Subject {
            service: needed("service")?.into(),
            name: needed("span")?.into(),
            kind: text("kind")?.map(kind_of).transpose()?,
            scope: text("scope")?.map(SmolStr::from),
            attributes: attributes(table)?,
        };
        let (path, nth) = function_of(needed("function")?);
        let function = FunctionKey { file: self.key(needed("file")?)?, path, nth };
        Ok(Ruling { subject, function, said_in })
    }

    fn service(&mut self, service: &str, item: &Item) {
        let texts: Option<Vec<&str>> = match item {
            Item::Value(Value::Array(array)) => array.iter().map(Value::as_str).collect(),
            item => item.as_str().map(|text| vec![text]),
        };
        let said_in = self.place(item.span());
        let Some(texts) = texts else {
            return self.warn(item, &format!("`services.{service}` takes a folder, or a list of folders"));
        };
        let mut folders = Vec::new();
        for text in texts {
            match self.key(text) {
                Ok(folder) => folders.push(folder),
                Err(problem) => self.warn(item, &problem),
            }
        }
        if !folders.is_empty() {
            let set = self.spoken.rulings.services.entry(service.into()).or_default();
            set.folders.extend(folders);
            set.said_in = said_in;
        }
    }

    /// The index's key of a path relative to the settings file.
    fn key(&self, path: &str) -> Result<SmolStr, String> {
        let path = path.replace('\\', "/");
        let parts: Vec<&str> = path.split('/').filter(|part| !part.is_empty() && *part != ".").collect();
        if path.starts_with('/') || parts.contains(&"..") {
            return Err(format!("`{path}` leads out of the workspace; write it relative to {FILE}"));
        }
        let folder = self.file.parent().unwrap_or(Path::new(""));
        let key = self.roots.key(&folder.join(parts.join("/")));
        Ok(key.trim_end_matches('/').into())
    }

    fn warn(&mut self, item: &Item, problem: &str) {
        let place = self.place(item.span());
        self.spoken.warnings.push(format!("{place}: {problem}"));
    }

    /// `spanglass.toml:12`
    fn place(&self, span: Option<Range<usize>>) -> SmolStr {
        let file = self.roots.key(self.file);
        let before = span.and_then(|span| self.text.get(..span.start)).unwrap_or_default();
        smol_str::format_smolstr!("{file}:{}", before.matches('\n').count() + 1)
    }
}

fn attributes(table: &dyn TableLike) -> Result<BTreeMap<SmolStr, SmolStr>, String> {
    let Some(item) = table.get("attributes") else { return Ok(BTreeMap::new()) };
    let told =
        item.as_table_like().ok_or("`attributes` takes names with values: { \"http.route\" = \"/\" }")?;
    let mut flat = Vec::new();
    flatten(told, "", &mut flat);
    let mut attributes = BTreeMap::new();
    for (key, value) in flat {
        let newest =
            Subject::key(&key).ok_or_else(|| format!("placement does not read the attribute `{key}`"))?;
        attributes.insert(SmolStr::new_static(newest), value);
    }
    Ok(attributes)
}

/// `http.route` without quotes around it is a table in a table to TOML, and means the same to people.
fn flatten(table: &dyn TableLike, above: &str, flat: &mut Vec<(String, SmolStr)>) {
    for (key, item) in table.iter() {
        let key = if above.is_empty() { key.to_owned() } else { format!("{above}.{key}") };
        match (item.as_table_like(), item.as_value()) {
            (Some(inner), _) => flatten(inner, &key, flat),
            (None, Some(Value::String(text))) => flat.push((key, text.value().into())),
            (None, Some(value)) => flat.push((key, value.to_string().trim().into())),
            (None, None) => {}
        }
    }
}

/// `internal`, in any case.
pub(crate) fn kind_of(text: &str) -> Result<SpanKind, String> {
    const KINDS: [SpanKind; 5] =
        [SpanKind::Internal, SpanKind::Server, SpanKind::Client, SpanKind::Producer, SpanKind::Consumer];
    let found = KINDS.into_iter().find(|kind| kind.to_string().eq_ignore_ascii_case(text));
    found.ok_or_else(|| {
        format!("`{text}` is no kind of span; there are internal, server, client, producer and consumer")
    })
}

/// `Payments.charge#2` is the second function of that name.
pub(crate) fn function_of(text: &str) -> (SmolStr, u16) {
    let nth = text.rsplit_once('#').and_then(|(path, nth)| Some((path, nth.parse::<u16>().ok()?)));
    match nth {
        Some((path, nth)) if nth > 0 => (path.into(), nth - 1),
        _ => (text.into(), 0),
    }
}

#[cfg(test)]
mod tests {
    use std::path::PathBuf;

    use super::*;

    fn spoken(text: &str) -> Spoken {
        let roots = Roots::new([PathBuf::from("/w/shop")]);
        let mut spoken = Spoken::default();
        read_text(&mut spoken, &roots, Path::new("/w/shop/spanglass.toml"), text);
        spoken
    }

    #[test]
    fn a_pin_reads_as_it_is_written() {
        let text = "# ours\n\n[[pin]]\nservice = \"checkout\"\nspan = \"POST\"\nkind = \"server\"\n\
                    attributes = { http.route = \"/orders/{id}\", \"http.method\" = \"POST\" }\n\
                    file = \"./checkout/pay.py\"\nfunction = \"Payments.charge#2\"\n";
        let Spoken { rulings, warnings } = spoken(text);
        assert_eq!(warnings, Vec::<String>::new());
        let [pin] = &rulings.pins[..] else { panic!("{rulings:?}") };
        assert_eq!(pin.function.to_string(), "checkout/pay.py:Payments.charge#2");
        assert_eq!(pin.said_in, "spanglass.toml:3");
        assert_eq!(pin.subject.kind, Some(SpanKind::Server));
        let attributes: Vec<_> =
            pin.subject.attributes.iter().map(|(key, it)| format!("{key}={it}")).collect();
        assert_eq!(attributes, ["http.request.method=POST", "http.route=/orders/{id}"]);
    }

    #[test]
    fn entries_may_stand_in_one_list() {
        let text = "reject = [\n  { service = \"a\", span = \"b\", file = \"c.py\", function = \"d\" },\n]\n";
        let Spoken { rulings, warnings } = spoken(text);
        assert_eq!((rulings.rejections.len(), warnings), (1, Vec::new()));
    }

    #[test]
    fn what_is_wrong_is_told_once_and_costs_nothing_else() {
        let text = "[[pin]]\nservice = \"a\"\nspan = \"b\"\nfile = \"c.py\"\n\n\
                    [[pin]]\nservice = \"a\"\nspam = \"b\"\n\n\
                    [[pin]]\nservice = \"a\"\nspan = \"b\"\nkind = \"sever\"\nfile = \"c.py\"\nfunction = \"d\"\n\n\
                    [[pin]]\nservice = \"a\"\nspan = \"b\"\nfile = \"../c.py\"\nfunction = \"d\"\n\n\
                    [[pin]]\nservice = \"a\"\nspan = \"b\"\nfile = \"c.py\"\nfunction = \"d\"\nattributes = { user = \"x\" }\n\n\
                    [[reject]]\nservice = \"a\"\nspan = \"b\"\nfile = \"c.py\"\nfunction = \"d\"\n\n\
                    [services]\na = 7\nb = [\"x\", \"../y\"]\n";
        let Spoken { rulings, warnings } = spoken(text);
        let expected = [
            "spanglass.toml:1: [[pin]] needs `function`; it is passed over",
            "spanglass.toml:6: [[pin]] has no key `spam`, only service, span, kind, scope, attributes, file, function; it is passed over",
            "spanglass.toml:10: `sever` is no kind of span; there are internal, server, client, producer and consumer; it is passed over",
            "spanglass.toml:17: `../c.py` leads out of the workspace; write it relative to spanglass.toml; it is passed over",
            "spanglass.toml:23: placement does not read the attribute `user`; it is passed over",
            "spanglass.toml:37: `services.a` takes a folder, or a list of folders",
            "spanglass.toml:38: `../y` leads out of the workspace; write it relative to spanglass.toml",
        ];
        assert_eq!(warnings, expected);
        assert_eq!((rulings.pins.len(), rulings.rejections.len()), (0, 1));
        assert_eq!(rulings.services["b"].folders, ["x"]);
    }

    #[test]
    fn with_several_folders_each_file_speaks_of_its_own() {
        let folder = tempfile::tempdir().unwrap();
        for name in ["api", "web"] {
            let root = folder.path().join(name);
            fs::create_dir(&root).unwrap();
            fs::write(root.join(FILE), format!("[services]\n{name} = \".\"\n")).unwrap();
        }
        let roots = Roots::new([folder.path().join("api"), folder.path().join("web")]);
        let Spoken { rulings, warnings } = read(&roots);
        assert_eq!(warnings, Vec::<String>::new());
        assert_eq!(rulings.services["api"].folders, ["api"]);
        assert_eq!(rulings.services["web"].folders, ["web"]);
    }
}

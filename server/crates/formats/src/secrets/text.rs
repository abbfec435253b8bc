//! Secrets within texts: addresses, statements, header lines, messages, command lines.

mod judge;

use std::sync::LazyLock;

use regex::{Captures, Regex, RegexBuilder};

use super::{
    BadRule, MASKED, cards,
    names::{JOINTS, Names, PAIRS, PARTS, Verdict, WHOLE},
};
pub(super) use judge::is_harmless;
use judge::{is_prose, is_reference, looks_random, unquoted};

/// Memory that a compiled expression of the user's may take.
const OWN_RULE_BYTES: usize = 1 << 20;

/// What begins a secret of known form (in lower case, for the scan), and the form from there on.
pub(super) const FORMS: &[(&[&str], &str)] = &[
    // JSON Web Tokens: RFC 7519 and RFC 7516.
    (&["eyj"], r"eyJ[A-Za-z0-9_-]{5,}\.[A-Za-z0-9_-]{5,}(?:\.[A-Za-z0-9_-]*)*"),
    (&["akia", "asia", "abia", "acca"], r"A(?:KIA|SIA|BIA|CCA)[A-Z0-9]{16}"),
    (&["ghp_", "gho_", "ghu_", "ghs_", "ghr_"], r"gh[pousr]_[A-Za-z0-9]{20,}"),
    (&["github_pat_"], r"github_pat_[A-Za-z0-9_]{20,}"),
    (&["glpat-"], r"glpat-[A-Za-z0-9_-]{16,}"),
    (&["xoxa-", "xoxb-", "xoxe-", "xoxo-", "xoxp-", "xoxr-", "xoxs-"], r"xox[abeoprs]-[A-Za-z0-9-]{10,}"),
    (&["xapp-"], r"xapp-[A-Za-z0-9-]{10,}"),
    (&["sk_live_", "sk_test_", "rk_live_", "rk_test_"], r"[sr]k_(?:live|test)_[A-Za-z0-9]{8,}"),
    (&["whsec_"], r"whsec_[A-Za-z0-9+/=]{16,}"),
    (&["aiza"], r"AIza[A-Za-z0-9_-]{30,}"),
    (&["ya29."], r"ya29\.[A-Za-z0-9_-]{16,}"),
    (&["gocspx-"], r"GOCSPX-[A-Za-z0-9_-]{16,}"),
    (&["npm_"], r"npm_[A-Za-z0-9]{30,}"),
    (&["pypi-"], r"pypi-[A-Za-z0-9_-]{30,}"),
    (&["sk-proj-", "sk-ant-", "sk-svcacct-", "sk-or-"], r"sk-(?:proj|ant|svcacct|or)-[A-Za-z0-9_-]{16,}"),
    (&["hf_"], r"hf_[A-Za-z0-9]{30,}"),
    (&["shpat_"], r"shpat_[A-Fa-f0-9]{32}"),
    (&["dop_v1_"], r"dop_v1_[a-f0-9]{32,}"),
];

/// What begins other secrets in texts, and what must follow for the scan to look closer.
pub(super) const SIGNS: &[(&[&str], &str)] = &[
    (&["private key"], r"(?i)private key(?: block)?-----"),
    (&["bearer", "basic"], r"(?i)(?:bearer|basic)[ \t]+[A-Za-z0-9._~+/=-]{8}"),
    (&["hooks.slack.com/services/"], r"."),
    (&["identified"], r"(?i)identified\s+by"),
    (
        &["signature=", "sig=", "code=", "key=", "auth=", "jwt=", "hmac="],
        r#"(?i)[a-z]+=[^&\s"'#<>\x00-\x1f]{8}"#,
    ),
    (&["digest ", "aws4-hmac-sha256", "hawk ", "negotiate ", "ntlm "], r"."),
];

/// Column lists of statements that bring values for them.
pub(super) const INSERTS: &[&str] = &["insert", "replace"];

/// What becomes of one match: the text to stand there, or `None` to leave it.
type Change = fn(&Names, &Captures<'_>) -> Option<String>;

/// The built-in rules, in the order in which they are applied.
static RULES: LazyLock<Vec<(Regex, Change)>> = LazyLock::new(|| {
    let forms: Vec<&str> = FORMS.iter().map(|(_, form)| *form).collect();
    let rules: [(String, Change); 11] = [
        (PEM.to_owned(), whole),
        (r"(hooks\.slack\.com/services/)([A-Za-z0-9/_-]{8,})".to_owned(), second),
        (r#"(://)([^\s/?#"'<>\x00-\x1f]*)(@)"#.to_owned(), user_info),
        (r"([A-Za-z0-9_.-]+:)([^\s@]+)(@(?:tcp|unix)\()".to_owned(), second),
        (HEADER_LINE.to_owned(), header_line),
        (INSERT.to_owned(), insert),
        (LITERAL.to_owned(), literal),
        (assignment(&[]), assigned),
        (FLAG.to_owned(), flag),
        (SCHEME.to_owned(), scheme),
        (PARAMETER.to_owned(), parameter),
    ];
    let mut compiled: Vec<(Regex, Change)> = rules
        .into_iter()
        .filter_map(|(pattern, change)| Some((Regex::new(&pattern).ok()?, change)))
        .collect();
    let known = Regex::new(&format!(r"(?-u:\b)(?:{})", forms.join("|")));
    compiled.extend(known.ok().map(|regex| (regex, whole as Change)));
    compiled
});

/// How many built-in rules there are: all of them compile, or a test fails.
#[cfg(test)]
pub(super) const RULE_COUNT: usize = 12;

const PEM: &str = r"(?i)-----BEGIN [A-Z0-9 ]*PRIVATE KEY(?: BLOCK)?-----(?s:.*?)(?:-----END [A-Z0-9 ]*PRIVATE KEY(?: BLOCK)?-----|\z)";
/// Header lines that are secret to their end.
const HEADER_LINE: &str = r#"(?i)((?:set-)?cookie2?\\?["']?[ \t]*[:=][ \t]*\\?["']?|authorization\\?["']?[ \t]*[:=][ \t]*\\?["']?(?:digest|aws4-hmac-sha256|hawk|signature|negotiate|ntlm)[ \t]+)([^\r\n"']+)"#;
/// `IDENTIFIED BY 'x'`, `PASSWORD 'x'`, `PASSWORD('x')`.
const LITERAL: &str =
    r#"(?i)\b(identified\s+by(?:\s+password)?\s+|password(?:\s+|\s*\(\s*))('(?:[^']|'')*'|"[^"]*")"#;
/// `INSERT INTO users (name, password) VALUES ('a', 'b')`.
const INSERT: &str = r"(?is)\b((?:insert|replace)\s+into\s+[^\s(]+\s*\(([^)]*)\)\s*values\s*)(.+)";
/// `--token abc`, as people type it.
const FLAG: &str = r#"((?:^|[\s"'])--?[A-Za-z0-9_.-]+)([ \t]+)([^\s-]\S*)"#;
const SCHEME: &str = r"(?i)\b((?:bearer|basic)[ \t]+)([A-Za-z0-9._~+/=-]{8,})";
/// Signatures and keys of addresses whose parameters have harmless names.
const PARAMETER: &str =
    r#"(?i)((?:^|[?&;])(?:[a-z]+-)*(?:signature|sig|code|key|auth|jwt|hmac)=)(\[masked\]|[^&\s"'#<>]{8,})"#;
const SQL_LITERAL: &str = r"'(?:[^']|'')*'";

static SQL_LITERALS: LazyLock<Option<Regex>> = LazyLock::new(|| Regex::new(SQL_LITERAL).ok());

/// The built-in rules and the user's.
#[derive(Clone, Debug)]
pub(super) struct Texts {
    own: Vec<Regex>,
}

/// A rule of the user's.
pub(super) fn own_rule(pattern: &str) -> Result<Regex, BadRule> {
    let compiled = RegexBuilder::new(pattern).size_limit(OWN_RULE_BYTES).build();
    compiled.map_err(|error| BadRule::Value {
        pattern: pattern.to_owned(),
        reason: error.to_string().lines().last().unwrap_or_default().trim().to_owned(),
    })
}

impl Texts {
    pub(super) fn new(own: Vec<Regex>) -> Texts {
        Texts { own }
    }

    /// The text without its secrets; `None` when it holds none.
    pub(super) fn masked(&self, names: &Names, text: &str) -> Option<String> {
        let mut now: Option<String> = None;
        for (regex, change) in RULES.iter() {
            let before = now.as_deref().unwrap_or(text);
            now = replaced(regex, before, |captures| change(names, captures)).or(now);
        }
        for regex in &self.own {
            let before = now.as_deref().unwrap_or(text);
            let change = |captures: &Captures<'_>| {
                let found = captures.get(0).map_or("", |found| found.as_str());
                (!found.is_empty() && !MASKED.contains(found)).then(|| MASKED.to_owned())
            };
            now = replaced(regex, before, change).or(now);
        }
        if let Some(assignments) = names.own_assignments() {
            let before = now.as_deref().unwrap_or(text);
            now = replaced(assignments, before, |captures| assigned(names, captures)).or(now);
        }
        let before = now.as_deref().unwrap_or(text);
        without_cards(before).or(now)
    }

    /// How many built-in rules compiled.
    #[cfg(test)]
    pub(super) fn count() -> usize {
        RULES.len()
    }
}

/// An expression for `name = value` in its many forms, for the built-in names or for `own` ones.
pub(super) fn assignment(own: &[String]) -> String {
    let names: Vec<String> = if own.is_empty() {
        let pairs = PAIRS.iter().flat_map(|(a, b)| JOINTS.iter().map(move |joint| format!("{a}{joint}{b}")));
        PARTS.iter().chain(WHOLE).map(|name| (*name).to_owned()).chain(pairs).collect()
    } else {
        own.to_vec()
    };
    let names: Vec<String> = names.iter().map(|name| regex::escape(name)).collect();
    let name = format!(r"[A-Za-z0-9_.\-]*(?:{})[A-Za-z0-9_.\-]*", names.join("|"));
    let joint = r#"\\?["'`]?\]?[ \t]*(?:=>|={1,3}|:)[ \t]*(?:(?:bearer|basic|token|apikey)[ \t]+)?"#;
    let value = r#"\[masked\]|\\"(?:[^"\\]|\\[^"])*(?:\\"|\z)|"(?:[^"\\]|\\.)*(?:"|\z)|'(?:[^'\\]|\\.|'')*(?:'|\z)|(?:[^\s"'&;,)\]}<>\\]|\\[^"'])+"#;
    format!("(?i)({name})({joint})({value})")
}

/// The text with every match that `change` wants changed; `None` when it wants none.
fn replaced(regex: &Regex, text: &str, change: impl Fn(&Captures<'_>) -> Option<String>) -> Option<String> {
    let mut out = String::new();
    let mut done = 0;
    for captures in regex.captures_iter(text) {
        let (Some(found), Some(new)) = (captures.get(0), change(&captures)) else {
            continue;
        };
        out.push_str(text.get(done..found.start()).unwrap_or_default());
        out.push_str(&new);
        done = found.end();
    }
    if done == 0 {
        return None;
    }
    out.push_str(text.get(done..).unwrap_or_default());
    Some(out)
}

fn without_cards(text: &str) -> Option<String> {
    let found = cards::find(text);
    let last = found.last()?.1;
    let mut out = String::new();
    let mut done = 0;
    for (start, end) in found {
        out.push_str(text.get(done..start).unwrap_or_default());
        out.push_str(MASKED);
        done = end;
    }
    out.push_str(text.get(last..).unwrap_or_default());
    Some(out)
}

fn group<'a>(captures: &'a Captures<'_>, at: usize) -> &'a str {
    captures.get(at).map_or("", |found| found.as_str())
}

fn whole(_: &Names, _: &Captures<'_>) -> Option<String> {
    Some(MASKED.to_owned())
}

/// The second group is the secret, what is around it stays.
fn second(_: &Names, captures: &Captures<'_>) -> Option<String> {
    let is_new = group(captures, 2) != MASKED;
    is_new.then(|| format!("{}{MASKED}{}", group(captures, 1), group(captures, 3)))
}

/// A name alone is no secret; a long one is a token.
fn user_info(names: &Names, captures: &Captures<'_>) -> Option<String> {
    let said = group(captures, 2);
    let is_secret = said.split_once(':').map_or(said.len() >= 16, |(_, password)| !password.is_empty());
    if is_secret { second(names, captures) } else { None }
}

fn header_line(names: &Names, captures: &Captures<'_>) -> Option<String> {
    if group(captures, 2).contains('=') || group(captures, 1).len() > "set-cookie2: ".len() + 4 {
        return second(names, captures);
    }
    None
}

fn insert(names: &Names, captures: &Captures<'_>) -> Option<String> {
    let mut columns = group(captures, 2).split(',');
    if !columns.any(|column| names.verdict(column.trim()) != Verdict::Innocent) {
        return None;
    }
    let literals = SQL_LITERALS.as_ref()?;
    let quoted = format!("'{MASKED}'");
    let values = replaced(literals, group(captures, 3), |literal| {
        (group(literal, 0) != quoted && group(literal, 0) != "''").then(|| quoted.clone())
    })?;
    Some(format!("{}{values}", group(captures, 1)))
}

fn literal(_: &Names, captures: &Captures<'_>) -> Option<String> {
    let (quote, said) = unquoted(group(captures, 2));
    (!is_harmless("password", said)).then(|| format!("{}{quote}{MASKED}{quote}", group(captures, 1)))
}

fn assigned(names: &Names, captures: &Captures<'_>) -> Option<String> {
    let (name, joint, value) = (group(captures, 1), group(captures, 2), group(captures, 3));
    let verdict = names.verdict(name.trim_start_matches('-'));
    let (quote, said) = unquoted(value);
    if verdict == Verdict::Innocent || is_harmless(name, said) {
        return None;
    }
    let is_bare = quote.is_empty() && !joint.contains(['"', '\'', '`']);
    if is_bare && joint.contains(':') {
        // A sentence, perhaps: "invalid token: expired".
        let is_sentence = match verdict {
            Verdict::Any => is_prose(said),
            _ => !looks_random(said) || said.len() < 6,
        };
        if is_sentence {
            return None;
        }
    }
    if is_bare && is_reference(names, said) {
        return None;
    }
    Some(format!("{name}{joint}{quote}{MASKED}{quote}"))
}

fn flag(names: &Names, captures: &Captures<'_>) -> Option<String> {
    let (flag, space, value) = (group(captures, 1), group(captures, 2), group(captures, 3));
    let (quote, said) = unquoted(value);
    let name = flag.trim_start_matches(|letter: char| !letter.is_alphanumeric());
    let is_secret = names.verdict(name) != Verdict::Innocent && !is_harmless(name, said);
    is_secret.then(|| format!("{flag}{space}{quote}{MASKED}{quote}"))
}

fn scheme(names: &Names, captures: &Captures<'_>) -> Option<String> {
    if looks_random(group(captures, 2)) { second(names, captures) } else { None }
}

fn parameter(names: &Names, captures: &Captures<'_>) -> Option<String> {
    if looks_random(group(captures, 2)) { second(names, captures) } else { None }
}

//! Under which names secrets stand: attribute keys, header names, parameters, columns.

use regex::Regex;

use super::text;

/// A word that contains one of these names a secret.
pub(super) const PARTS: &[&str] = &[
    "accesskey",
    "accountkey",
    "apikey",
    "authorization",
    "cookie",
    "credential",
    "passcode",
    "passphrase",
    "passwd",
    "password",
    "privatekey",
    "secret",
    "session",
    "sessid",
    "signingkey",
    "token",
];

/// A word that is one of these names a secret.
pub(super) const WHOLE: &[&str] = &["cvc", "cvv", "pwd", "ssn"];

/// Two neighbouring words that name a secret together.
pub(super) const PAIRS: &[(&str, &str)] = &[
    ("access", "key"),
    ("account", "key"),
    ("api", "key"),
    ("auth", "key"),
    ("card", "number"),
    ("encryption", "key"),
    ("functions", "key"),
    ("master", "key"),
    ("pass", "phrase"),
    ("private", "key"),
    ("shared", "key"),
    ("signing", "key"),
    ("ssh", "key"),
    ("subscription", "key"),
];

/// What may stand between the words of a pair.
pub(super) const JOINTS: &[&str] = &["", "-", "_", ".", " "];

/// Words that contain a part and name something else.
const OTHERS: &[&str] = &["passwordless", "secretar", "cookiecutter", "tokeniz", "tokenis", "sessionless"];

/// Last words of names that tell about a secret and do not hold it.
const ABOUT: &[&str] = &[
    "age",
    "algorithm",
    "attempts",
    "banner",
    "class",
    "consent",
    "cost",
    "count",
    "counts",
    "created",
    "decision",
    "details",
    "domain",
    "duration",
    "enabled",
    "endpoint",
    "error",
    "expired",
    "expires",
    "expiration",
    "expiry",
    "exists",
    "file",
    "format",
    "issuer",
    "kind",
    "length",
    "limit",
    "max",
    "method",
    "min",
    "mode",
    "name",
    "namespace",
    "path",
    "policy",
    "present",
    "price",
    "provider",
    "required",
    "result",
    "scheme",
    "scope",
    "size",
    "source",
    "state",
    "status",
    "total",
    "ttl",
    "type",
    "uri",
    "url",
    "usage",
    "used",
    "valid",
    "version",
];

/// Names that OpenTelemetry's semantic conventions define, and that hold no secret.
const CONVENTIONAL: &[&str] = &["session.id", "session.previous_id"];

/// What a name says of the value under it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Verdict {
    /// Nothing.
    Innocent,
    /// It is a secret if it is text: numbers under such names are counts.
    Text,
    /// It is a secret, also as a number.
    Any,
}

/// The built-in names and the user's.
#[derive(Clone, Debug)]
pub(super) struct Names {
    own: Vec<String>,
    allow: Vec<String>,
    own_assignments: Option<Regex>,
}

impl Names {
    pub(super) fn new(own: &[String], allow: &[String]) -> Names {
        let lower = |words: &[String]| -> Vec<String> {
            words.iter().map(|word| word.trim().to_ascii_lowercase()).collect()
        };
        let own = lower(own);
        let own_assignments = (!own.is_empty()).then(|| Regex::new(&text::assignment(&own)).ok()).flatten();
        Names { own, allow: lower(allow), own_assignments }
    }

    /// The expression that finds assignments to the user's names.
    pub(super) fn own_assignments(&self) -> Option<&Regex> {
        self.own_assignments.as_ref()
    }

    /// Whether the user said that values under `name` are to be left alone.
    pub(super) fn allows(&self, name: &str) -> bool {
        self.allow.iter().any(|allowed| match allowed.strip_suffix('*') {
            Some(start) => name.get(..start.len()).is_some_and(|begin| begin.eq_ignore_ascii_case(start)),
            None => name.eq_ignore_ascii_case(allowed),
        })
    }

    pub(super) fn verdict(&self, name: &str) -> Verdict {
        if self.allows(name) {
            return Verdict::Innocent;
        }
        if self.own.iter().any(|word| contains(name, word)) {
            return Verdict::Any;
        }
        if CONVENTIONAL.contains(&name) {
            return Verdict::Innocent;
        }
        let words = words(name);
        let Some(last) = words.last() else {
            return Verdict::Innocent;
        };
        let is_about = words.len() > 1 && ABOUT.contains(&last.as_str());
        if is_about {
            return Verdict::Innocent;
        }
        if names_key(name, &words) || words.iter().any(|word| is_number_too(word)) {
            return Verdict::Any;
        }
        if words.iter().any(|word| is_secret(word)) { Verdict::Text } else { Verdict::Innocent }
    }
}

/// Whether text under a name in the plural of a token is a count: `input_tokens` = `118`, from senders that know only
/// text.
pub(super) fn is_count(name: &str, value: &str) -> bool {
    let is_number = !value.is_empty() && value.len() <= 10 && value.bytes().all(|byte| byte.is_ascii_digit());
    is_number && name.to_ascii_lowercase().ends_with("tokens")
}

fn is_secret(word: &str) -> bool {
    let is_other = OTHERS.iter().any(|other| word.starts_with(other));
    !is_other && PARTS.iter().any(|part| word.contains(part))
}

/// Words under which a number is a secret as well.
fn is_number_too(word: &str) -> bool {
    let is_password = word.contains("passw") || word.contains("passcode");
    WHOLE.contains(&word) || (is_password && is_secret(word)) || word == "secret"
}

/// Two words that name a secret, unless a third says that it is only the secret's name: `access_key_id`.
fn names_key(name: &str, words: &[String]) -> bool {
    let is_pair = |a: &str, b: &str| PAIRS.contains(&(a, b)) && is_joined(name, a, b);
    let pairs = words.windows(2).enumerate();
    let mut found = pairs.filter_map(|(at, pair)| match pair {
        [a, b] => is_pair(a, b).then_some(at + 2),
        _ => None,
    });
    found.any(|after| !words.get(after).is_some_and(|word| word == "id" || word == "ids"))
}

/// Whether the two stand beside each other with one of the usual joints.
fn is_joined(name: &str, a: &str, b: &str) -> bool {
    JOINTS.iter().any(|joint| contains(name, &format!("{a}{joint}{b}")))
}

/// The words of a name in lower case: split where it is not letters and digits, and before capitals; digits at the end
/// of a word do not count.
fn words(name: &str) -> Vec<String> {
    let mut words: Vec<String> = Vec::new();
    let mut word = String::new();
    let mut before = ' ';
    for letter in name.chars() {
        let splits =
            !letter.is_alphanumeric() || (letter.is_ascii_uppercase() && before.is_ascii_lowercase());
        if splits {
            finish(&mut word, &mut words);
        }
        if letter.is_alphanumeric() {
            word.push(letter.to_ascii_lowercase());
        }
        before = letter;
    }
    finish(&mut word, &mut words);
    words
}

fn finish(word: &mut String, words: &mut Vec<String>) {
    let bare = word.trim_end_matches(|letter: char| letter.is_ascii_digit());
    if !bare.is_empty() {
        words.push(bare.to_owned());
    }
    word.clear();
}

fn contains(name: &str, word: &str) -> bool {
    name.as_bytes().windows(word.len().max(1)).any(|part| part.eq_ignore_ascii_case(word.as_bytes()))
}

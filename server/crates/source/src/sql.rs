//! SQL statements as code writes them and as spans carry them, brought to one form.

/// `sql` in lower case, white space folded, comments dropped, and every value, bind marker and list of them as `?`:
/// instrumentations rewrite `:id` and `%s` to `?`, some replace literals, some append a comment.
///
/// `SELECT * FROM t WHERE id = :id -- x` and `select *  from t where id=$1` read the same.
pub fn normal_sql(sql: &str) -> String {
    let mut normal = String::with_capacity(sql.len());
    let mut rest = sql;
    while let Some(first) = rest.chars().next() {
        let (length, token) = token(rest, first);
        match token {
            Token::Space => {}
            Token::Value => push(&mut normal, "?"),
            Token::Word => push(&mut normal, &rest[..length].to_lowercase()),
            Token::Mark => push(&mut normal, &rest[..length]),
        }
        rest = &rest[length..];
    }
    while let Some(shorter) = normal.strip_suffix(" ;") {
        normal.truncate(shorter.len());
    }
    fold_lists(normal)
}

/// Whether a text begins as SQL statements do.
pub(crate) fn looks_like_sql(text: &str) -> bool {
    const FIRST: &[&str] = &[
        "select", "insert", "update", "delete", "with", "create", "drop", "alter", "pragma", "begin",
        "commit", "merge", "replace", "truncate", "call", "explain", "set", "show", "values", "copy",
        "vacuum", "analyze", "lock", "listen",
    ];
    let word: String = text
        .trim_start_matches(|c: char| !c.is_alphabetic())
        .chars()
        .take_while(|c| c.is_alphabetic())
        .collect();
    FIRST.contains(&word.to_lowercase().as_str())
}

enum Token {
    Space,
    Value,
    Word,
    Mark,
}

fn token(rest: &str, first: char) -> (usize, Token) {
    let bytes = rest.as_bytes();
    let second = bytes.get(1).copied().unwrap_or(0);
    let run = |from: usize, keep: fn(char) -> bool| {
        from + rest[from..].find(|c: char| !keep(c)).unwrap_or(rest.len() - from)
    };
    let word = |c: char| c.is_alphanumeric() || c == '_';
    let starts_word = second.is_ascii_alphanumeric() || second == b'_';
    match first {
        c if c.is_whitespace() => (run(0, char::is_whitespace), Token::Space),
        '-' if second == b'-' => (rest.find('\n').unwrap_or(rest.len()), Token::Space),
        '/' if second == b'*' => (rest.find("*/").map_or(rest.len(), |at| at + 2), Token::Space),
        '\'' => (quoted(rest), Token::Value),
        '"' | '`' | '[' | ']' => (1, Token::Space),
        '?' => (run(1, |c| c.is_ascii_digit()), Token::Value),
        ':' if second == b':' => (2, Token::Mark),
        ':' | '$' | '@' if starts_word => (run(1, word), Token::Value),
        '%' if second == b's' || second == b'd' => (2, Token::Value),
        '%' if second == b'(' => (rest.find(")s").map_or(1, |at| at + 2), Token::Value),
        c if c.is_ascii_digit() => (run(0, |c| c.is_ascii_digit() || c == '.'), Token::Value),
        c if word(c) => (run(0, word), Token::Word),
        c => (c.len_utf8(), Token::Mark),
    }
}

/// The length of a quoted value; a doubled quote is one in it.
fn quoted(rest: &str) -> usize {
    let bytes = rest.as_bytes();
    let mut at = 1;
    while at < bytes.len() {
        match (bytes[at], bytes.get(at + 1)) {
            (b'\'', Some(b'\'')) => at += 2,
            (b'\'', _) => return at + 1,
            _ => at += 1,
        }
    }
    rest.len()
}

fn push(normal: &mut String, token: &str) {
    if !normal.is_empty() {
        normal.push(' ');
    }
    normal.push_str(token);
}

/// `( ? , ? , ? )` is `( ? )`, and many of those are one: batches differ in length only.
fn fold_lists(mut normal: String) -> String {
    for (many, one) in [("? , ?", "?"), ("( ? ) , ( ? )", "( ? )")] {
        while normal.contains(many) {
            normal = normal.replace(many, one);
        }
    }
    normal
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_statement_has_one_form() {
        let form = normal_sql("select id, name from item where id = ? and kind in (?, ?)");
        for other in [
            "SELECT id, name\n  FROM item\n WHERE id = :id AND kind IN (:a, :b)",
            "select id, name from item where id=$1 and kind in ($2,$3,$4)",
            "select id, name from item where id = %s and kind in (%s, %s); -- controller=x",
            "select id, name from item where id = 42 and kind in ('it''s', 'b') /* traceparent */",
            "select \"id\", `name` from [item] where id = @p0 and kind in (%(a)s)",
        ] {
            assert_eq!(normal_sql(other), form);
        }
        assert_eq!(form, "select id , name from item where id = ? and kind in ( ? )");
    }

    #[test]
    fn different_statements_stay_different() {
        assert_ne!(normal_sql("select a from t"), normal_sql("select b from t"));
        assert_ne!(normal_sql("select a::int from t"), normal_sql("select a from t"));
        assert_eq!(normal_sql("select 'open"), "select ?");
        assert_eq!(normal_sql(""), "");
    }
}

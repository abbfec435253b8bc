//! Dotted keys as a tree: `http.request.method` stands under `http`, unless nothing else does.

use std::collections::HashMap;

/// One line of a level.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Entry {
    /// A key, by its number.
    Leaf { name: String, number: u32 },
    /// Keys that begin alike.
    Group { name: String, prefix: String },
}

/// The entries below `prefix` (empty, or ending in a dot), in the order of first appearance.
pub(crate) fn level<'a>(keys: impl Iterator<Item = &'a str>, prefix: &str) -> Vec<Entry> {
    let mut order: Vec<Vec<(u32, &str)>> = Vec::new();
    let mut places: HashMap<&str, usize> = HashMap::new();
    for (number, key) in keys.enumerate() {
        let Some(rest) = key.strip_prefix(prefix).filter(|rest| !rest.is_empty()) else { continue };
        match rest.split_once('.').filter(|(head, tail)| !head.is_empty() && !tail.is_empty()) {
            Some((head, _)) => {
                let place = *places.entry(head).or_insert_with(|| {
                    order.push(Vec::new());
                    order.len() - 1
                });
                order[place].push((number as u32, rest));
            }
            None => order.push(vec![(number as u32, rest)]),
        }
    }
    let leaves: Vec<&str> = order.iter().filter(|keys| keys.len() == 1).map(|keys| keys[0].1).collect();
    let entry = |keys: &Vec<(u32, &str)>| match keys[..] {
        [(number, rest)] => Entry::Leaf { name: rest.to_owned(), number },
        _ => {
            let common = common_groups(keys);
            let name = if leaves.contains(&common) { format!("{common}.*") } else { common.to_owned() };
            Entry::Group { name, prefix: format!("{prefix}{common}.") }
        }
    };
    order.iter().map(entry).collect()
}

/// The longest run of whole segments, the last of any key left out, that all keys begin with.
fn common_groups<'a>(keys: &[(u32, &'a str)]) -> &'a str {
    let Some((_, first)) = keys.first() else { return "" };
    let ends = first.match_indices('.').map(|(end, _)| end);
    let shared = |end: &usize| {
        let head = first.get(..*end + 1).unwrap_or_default();
        keys.iter().all(|(_, key)| key.starts_with(head) && key.len() > head.len())
    };
    let end = ends.take_while(shared).last().unwrap_or(0);
    first.get(..end).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use expect_test::{Expect, expect};

    use super::*;

    fn check(keys: &[&str], prefix: &str, expected: Expect) {
        let write = |entry: Entry| match entry {
            Entry::Leaf { name, number } => format!("{name} = #{number}\n"),
            Entry::Group { name, prefix } => format!("{name} > {prefix}\n"),
        };
        expected.assert_eq(&level(keys.iter().copied(), prefix).into_iter().map(write).collect::<String>());
    }

    #[test]
    fn keys_that_begin_alike_stand_together() {
        let keys = [
            "http.route",
            "db.system",
            "http.request.method",
            "http.request.size",
            "user",
            "user.id",
            "user.name",
        ];
        check(
            &keys,
            "",
            expect![[r#"
                http > http.
                db.system = #1
                user = #4
                user.* > user.
            "#]],
        );
        check(
            &keys,
            "http.",
            expect![[r#"
                route = #0
                request > http.request.
            "#]],
        );
        check(
            &["a.b.c", "a.b.d"],
            "",
            expect![[r#"
                a.b > a.b.
            "#]],
        );
    }

    #[test]
    fn odd_keys_are_leaves() {
        check(
            &["", ".", "a.", ".b", "a..b", "x.y", "x.y"],
            "",
            expect![[r#"
                . = #1
                a. = #2
                .b = #3
                a..b = #4
                x > x.
            "#]],
        );
    }
}

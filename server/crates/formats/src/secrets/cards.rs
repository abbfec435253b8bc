//! Card numbers: the lengths and first digits that issuers use, grouped as people write them, with the check digit of
//! ISO/IEC 7812-1 (Luhn).

/// Digits of the shortest card number.
const SHORTEST: usize = 13;
/// How card numbers are written in groups.
const GROUPS: &[&[usize]] = &[&[4, 4, 4, 4], &[4, 6, 5], &[4, 6, 4], &[4, 4, 4, 4, 3]];
/// Bytes of framing that may look like digits before and after a text.
const MOST_JUNK: usize = 2;

/// The byte ranges of the card numbers in `text`, in order.
pub(super) fn find(text: &str) -> Vec<(usize, usize)> {
    let bytes = text.as_bytes();
    let mut found = Vec::new();
    for (start, end) in runs(bytes) {
        let is_word = |at: Option<&u8>| at.is_some_and(|byte| byte.is_ascii_alphanumeric() || *byte == b'_');
        let (from, to) = trimmed(bytes, start, end);
        let joined_before = from == start && is_word(start.checked_sub(1).and_then(|at| bytes.get(at)));
        let joined_after = to == end && is_word(bytes.get(end));
        find_in(bytes, from, to, joined_before, joined_after, &mut found);
    }
    found
}

/// Whether there may be a card number in an encoded message, where bytes beside a text can look like its digits.
pub(super) fn may_hold(bytes: &[u8]) -> bool {
    let mut found = Vec::new();
    for (start, end) in runs(bytes) {
        for (front, back) in (0..=MOST_JUNK).flat_map(|front| (0..=MOST_JUNK).map(move |back| (front, back)))
        {
            find_in(bytes, start + front, end.saturating_sub(back), false, false, &mut found);
            if !found.is_empty() {
                return true;
            }
        }
    }
    false
}

/// Ranges of digits, spaces and dashes that are long enough. Looks at every thirteenth byte only.
fn runs(bytes: &[u8]) -> impl Iterator<Item = (usize, usize)> + '_ {
    let mut at = SHORTEST - 1;
    let mut done = 0;
    std::iter::from_fn(move || {
        while let Some(byte) = bytes.get(at) {
            if !is_part(*byte) {
                at += SHORTEST;
                continue;
            }
            let before = bytes.get(done..at).unwrap_or_default();
            let start = at - before.iter().rev().take_while(|byte| is_part(**byte)).count();
            let after = bytes.get(at..).unwrap_or_default();
            let end = at + after.iter().take_while(|byte| is_part(**byte)).count();
            done = end;
            at = end + SHORTEST;
            if end - start >= SHORTEST {
                return Some((start, end));
            }
        }
        None
    })
}

fn is_part(byte: u8) -> bool {
    byte.is_ascii_digit() || byte == b' ' || byte == b'-'
}

fn trimmed(bytes: &[u8], start: usize, end: usize) -> (usize, usize) {
    let run = bytes.get(start..end).unwrap_or_default();
    let front = run.iter().take_while(|byte| !byte.is_ascii_digit()).count();
    let back = run.iter().rev().take_while(|byte| !byte.is_ascii_digit()).count();
    (start + front, end.saturating_sub(back))
}

/// Looks at the groups of digits of one run; the first and the last may belong to a longer word.
fn find_in(
    bytes: &[u8],
    start: usize,
    end: usize,
    joined_before: bool,
    joined_after: bool,
    found: &mut Vec<(usize, usize)>,
) {
    let groups = groups(bytes, start, end);
    let mut at = 0;
    while let Some(rest) = groups.get(at..).filter(|rest| !rest.is_empty()) {
        let taken = length_of_card(bytes, rest).filter(|taken| {
            let is_joined = (at == 0 && joined_before) || (at + taken == groups.len() && joined_after);
            !is_joined
        });
        if let (Some(taken), Some(first)) = (taken, rest.first())
            && let Some(last) = rest.get(taken - 1)
        {
            found.push((first.0, last.1));
        }
        at += taken.unwrap_or(1);
    }
}

/// How many of the groups that `groups` begins with make up a card number.
fn length_of_card(bytes: &[u8], groups: &[(usize, usize)]) -> Option<usize> {
    let alone = groups.get(..1)?;
    let is_alone = alone.iter().all(|(start, end)| (SHORTEST..=19).contains(&(end - start)));
    if is_alone && is_card(digits(bytes, alone)) {
        return Some(1);
    }
    let lengths = |groups: &[(usize, usize)], shape: &[usize]| {
        groups.iter().zip(shape).all(|((start, end), length)| end - start == *length)
    };
    let fits = |shape: &&&[usize]| {
        groups.get(..shape.len()).is_some_and(|groups| {
            lengths(groups, shape) && same_joints(bytes, groups) && is_card(digits(bytes, groups))
        })
    };
    // The longest first: the shorter may be its beginning.
    GROUPS.iter().rev().find(fits).map(|shape| shape.len())
}

fn groups(bytes: &[u8], start: usize, end: usize) -> Vec<(usize, usize)> {
    let mut groups: Vec<(usize, usize)> = Vec::new();
    for at in start..end.min(bytes.len()) {
        if !bytes.get(at).is_some_and(u8::is_ascii_digit) {
            continue;
        }
        match groups.last_mut() {
            Some(last) if last.1 == at => last.1 = at + 1,
            _ => groups.push((at, at + 1)),
        }
    }
    groups
}

/// One space or dash between groups, the same everywhere.
fn same_joints(bytes: &[u8], groups: &[(usize, usize)]) -> bool {
    let mut joints = groups.windows(2).map(|pair| match pair {
        [before, after] if after.0 == before.1 + 1 => bytes.get(before.1),
        _ => None,
    });
    let first = joints.next().flatten();
    first.is_some() && joints.all(|joint| joint == first)
}

fn digits(bytes: &[u8], groups: &[(usize, usize)]) -> Vec<u8> {
    let text = groups.iter().filter_map(|(start, end)| bytes.get(*start..*end)).flatten();
    text.map(|byte| byte - b'0').collect()
}

/// Whether an issuer gives out such numbers, and the check digit is right.
fn is_card(digits: Vec<u8>) -> bool {
    let first =
        |count: usize| digits.iter().take(count).fold(0_u32, |sum, digit| sum * 10 + u32::from(*digit));
    let length = digits.len();
    let is_issued = match first(4) {
        4000..=4999 => matches!(length, 13 | 16 | 19),
        5100..=5599 | 2221..=2720 => length == 16,
        3400..=3499 | 3700..=3799 => length == 15,
        3000..=3059 | 3600..=3699 | 3800..=3999 => length == 14,
        3528..=3589 | 6011 | 6440..=6599 => length == 16,
        6200..=6299 => (16..=19).contains(&length),
        _ => false,
    };
    let is_varied = digits.iter().any(|digit| Some(digit) != digits.first());
    is_issued && is_varied && luhn(&digits)
}

fn luhn(digits: &[u8]) -> bool {
    let doubled = |digit: u8| if digit > 4 { digit * 2 - 9 } else { digit * 2 };
    let weigh = |(at, digit): (usize, &u8)| u32::from(if at % 2 == 1 { doubled(*digit) } else { *digit });
    digits.iter().rev().enumerate().map(weigh).sum::<u32>().is_multiple_of(10)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(text: &str) -> Vec<&str> {
        find(text).into_iter().map(|(start, end)| &text[start..end]).collect()
    }

    #[test]
    fn cards_are_found_as_people_write_them() {
        assert_eq!(found("4111111111111111"), ["4111111111111111"]);
        assert_eq!(found("paid with 4111 1111 1111 1111, thanks"), ["4111 1111 1111 1111"]);
        assert_eq!(found("2024-01-02 5500-0000-0000-0004 ok"), ["5500-0000-0000-0004"]);
        assert_eq!(found("378282246310005 and 3782 822463 10005"), ["378282246310005", "3782 822463 10005"]);
    }

    #[test]
    fn other_numbers_are_left() {
        for text in [
            "4111111111111112",
            "1732312345678901234",
            "4111-1111 1111 1111",
            "x4111111111111111",
            "41111111111111110",
            "0000000000000000",
            "1234 5678 9012 3456",
            "a7f34111111111111111",
            "2026-11-22 21:14:31 1732312345",
        ] {
            assert_eq!(found(text), [""; 0], "{text}");
        }
    }
}

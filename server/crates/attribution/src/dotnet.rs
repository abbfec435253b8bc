//! Names as .NET's compilers make them, back to those of the source: async methods, lambdas, local functions, properties.

use model::SmolStr;

/// `Shop.Carts.<AddAsync>d__3.MoveNext` as `Shop.Carts.AddAsync`, parameters and type arguments dropped; `None` where
/// nothing of the name stands in the source.
pub(crate) fn source_name(name: &str) -> Option<String> {
    let mut names: Vec<SmolStr> = Vec::new();
    for segment in segments(name) {
        match plain_segment(segment) {
            Segment::Names(found) => names.extend(found),
            Segment::Constructor => names.push(names.last()?.clone()),
            Segment::None => {}
        }
    }
    // Top-level statements are methods of a class that is not written.
    if is_top_level(name) {
        names.retain(|name| name != "Program");
    }
    (!names.is_empty()).then(|| names.join("."))
}

/// Whether a name bears marks that only .NET's compilers leave.
pub(crate) fn is_compiled_name(name: &str) -> bool {
    [">d__", ">b__", ">g__", "<>c", ">d.MoveNext", "..ctor", "..cctor", "`1", "`2"]
        .iter()
        .any(|mark| name.contains(mark))
}

enum Segment {
    Names(Vec<SmolStr>),
    Constructor,
    None,
}

fn is_top_level(name: &str) -> bool {
    name.contains("<Main>$")
}

/// What stands between dots and plus signs, those in angle brackets left out; parameters are dropped.
fn segments(name: &str) -> impl Iterator<Item = &str> {
    let mut depth = 0_i32;
    let mut end = name.len();
    for (at, character) in name.char_indices() {
        match character {
            '<' => depth += 1,
            '>' => depth -= 1,
            '(' if depth <= 0 => {
                end = at;
                break;
            }
            _ => {}
        }
    }
    let mut depth = 0_i32;
    name[..end].split(move |character| {
        match character {
            '<' => depth += 1,
            '>' => depth -= 1,
            _ => {}
        }
        depth <= 0 && matches!(character, '.' | '+' | '/')
    })
}

fn plain_segment(segment: &str) -> Segment {
    if matches!(segment, "ctor" | "cctor") {
        return Segment::Constructor;
    }
    if segment.is_empty() || segment == "MoveNext" || segment.starts_with("<>") {
        return Segment::None;
    }
    let Some(marked) = segment.strip_prefix('<') else {
        let plain = segment.split(['`', '[', '<']).next().unwrap_or(segment);
        let plain = ["get_", "set_"].iter().find_map(|mark| plain.strip_prefix(mark)).unwrap_or(plain);
        return Segment::Names(vec![plain.into()]);
    };
    let Some((outer, rest)) = marked.rsplit_once('>') else { return Segment::None };
    // Of `<Outer>g__Inner|0_1` both are names, of `<Outer>b__0` and `<Outer>d__0` the outer one.
    let mut names = match plain_segment(outer) {
        Segment::Names(names) if outer != "Main" => names,
        _ => Vec::new(),
    };
    let inner = rest.strip_prefix("g__").and_then(|inner| inner.split('|').next());
    names.extend(inner.map(SmolStr::new));
    if names.is_empty() { Segment::None } else { Segment::Names(names) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_the_compiler_adds_is_dropped() {
        let check = |name: &str, expected: &str| {
            assert_eq!(source_name(name).as_deref(), Some(expected), "{name}");
        };
        check("Shop.Carts.Add", "Shop.Carts.Add");
        check("Shop.Carts.Add(Int32 id, List`1 items)", "Shop.Carts.Add");
        check("Shop.Carts.<AddAsync>d__3.MoveNext()", "Shop.Carts.AddAsync");
        check("Shop.Carts+<AddAsync>d__3.MoveNext", "Shop.Carts.AddAsync");
        check("Shop.Carts+<>c__DisplayClass4_0.<Add>b__1", "Shop.Carts.Add");
        check("Shop.Carts.<>c.<<Add>b__1_0>d.MoveNext()", "Shop.Carts.Add");
        check("Shop.Carts.<Add>g__Check|5_0(Int32)", "Shop.Carts.Add.Check");
        check("Program.<<Main>$>g__ShowPart|0_3(Int32 number)", "ShowPart");
        check("Shop.Cart..ctor(Int32 id)", "Shop.Cart.Cart");
        check("Shop.Store`1.get_Count()", "Shop.Store.Count");
        check("Shop.Store`1[T].Find[TKey](TKey key)", "Shop.Store.Find");
        check("Shop.Outer+Inner.Run", "Shop.Outer.Inner.Run");
    }

    #[test]
    fn what_has_no_name_in_the_source_has_none() {
        for name in
            ["Program.<Main>$(String[] args)", "Program.<>c.<<Main>$>b__0_1()", "", "<", "..ctor", "<>c"]
        {
            assert_eq!(source_name(name), None, "{name}");
        }
        for name in ["<<<<", ">>>>", "a<b", "+.+", "<a>", "é<é>b__"] {
            let _ = source_name(name);
        }
    }
}

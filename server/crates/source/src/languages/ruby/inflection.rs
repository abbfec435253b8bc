//! How Rails makes the names of classes from those of routes.

/// `user_sessions` as `UserSessions`, `admin/users` as `Admin.Users`.
pub(super) fn camelize(name: &str) -> String {
    let mut text = String::with_capacity(name.len());
    let mut upper = true;
    for character in name.trim_matches('/').chars() {
        match character {
            '_' | '-' => upper = true,
            '/' => {
                text.push('.');
                upper = true;
            }
            other if upper => {
                text.extend(other.to_uppercase());
                upper = false;
            }
            other => text.push(other),
        }
    }
    text
}

/// `profile` as `profiles`, as far as the usual rules go.
pub(super) fn pluralize(word: &str) -> String {
    const SAME: &[&str] = &[
        "equipment",
        "information",
        "rice",
        "money",
        "species",
        "series",
        "fish",
        "sheep",
        "jeans",
        "police",
        "news",
    ];
    const IRREGULAR: &[(&str, &str)] = &[
        ("person", "people"),
        ("man", "men"),
        ("child", "children"),
        ("sex", "sexes"),
        ("move", "moves"),
        ("quiz", "quizzes"),
        ("ox", "oxen"),
        ("mouse", "mice"),
        ("matrix", "matrices"),
        ("vertex", "vertices"),
        ("index", "indices"),
        ("datum", "data"),
        ("medium", "media"),
    ];
    let (before, last) =
        word.rsplit_once('_').map_or(("", word), |(before, last)| (&word[..=before.len()], last));
    if SAME.contains(&last) {
        return word.to_owned();
    }
    if let Some((_, plural)) = IRREGULAR.iter().find(|(singular, _)| *singular == last) {
        return format!("{before}{plural}");
    }
    let plural = if last.ends_with("status") || last.ends_with("alias") || last.ends_with("bus") {
        format!("{last}es")
    } else if let Some(stem) = last.strip_suffix("sis") {
        format!("{stem}ses")
    } else if last.ends_with("ss") || last.ends_with('x') || last.ends_with("ch") || last.ends_with("sh") {
        format!("{last}es")
    } else if last.ends_with('s') {
        last.to_owned()
    } else if let Some(stem) =
        last.strip_suffix('y').filter(|stem| !stem.ends_with(['a', 'e', 'i', 'o', 'u', 'y']))
    {
        format!("{stem}ies")
    } else {
        format!("{last}s")
    };
    format!("{before}{plural}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_routes_become_names_of_classes() {
        assert_eq!(camelize("admin/user_sessions"), "Admin.UserSessions");
        assert_eq!(camelize("v1"), "V1");
        for (one, many) in [
            ("profile", "profiles"),
            ("category", "categories"),
            ("address", "addresses"),
            ("settings", "settings"),
            ("user_status", "user_statuses"),
            ("day", "days"),
            ("admin_person", "admin_people"),
            ("analysis", "analyses"),
            ("news", "news"),
            ("box", "boxes"),
        ] {
            assert_eq!(pluralize(one), many);
        }
    }
}

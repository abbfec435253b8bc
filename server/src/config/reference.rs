//! Every setting there is: its path, what it takes, its default, and what it does.
//!
//! The file reader, the environment, the JSON Schema and docs/configuration.md are all made from this one table.

/// What a setting takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    /// A path on this machine.
    Path,
    /// `true` or `false`.
    Bool,
    /// A duration such as `15m`.
    Duration,
    /// A number of bytes such as `256MB`.
    Bytes,
    /// An address with a port, or `off`.
    Address,
    /// An http or https address.
    Url,
    /// Any text.
    Text,
    /// One of these words.
    OneOf(&'static [&'static str]),
    /// A list of words.
    Words,
    /// A text that others must not know, and cannot guess.
    Token,
    /// A list of regular expressions.
    Patterns,
}

/// One setting.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Setting {
    /// Its path, parts joined by `.`; a part `*` stands for any name.
    pub(crate) path: &'static str,
    /// What it takes.
    pub(crate) kind: Kind,
    /// Its default as text; empty means unset.
    pub(crate) default: &'static str,
    /// Whether a file in a workspace may say it: what names folders or programs may not, for the workspace may be
    /// somebody else's.
    pub(crate) in_workspace: bool,
    /// What it does, one or two sentences.
    pub(crate) help: &'static str,
}

/// All settings, in the order in which they are documented.
pub(crate) const SETTINGS: &[Setting] = &[
    Setting {
        path: "receiver.http",
        kind: Kind::Address,
        default: "127.0.0.1:4318",
        in_workspace: true,
        help: "Where OTLP over HTTP is received. Port 0 takes any free port; off receives nothing.",
    },
    Setting {
        path: "receiver.grpc",
        kind: Kind::Address,
        default: "127.0.0.1:4317",
        in_workspace: true,
        help: "Where OTLP over gRPC is received, by the process that receives it over HTTP. Port 0 takes any free port; off receives none.",
    },
    Setting {
        path: "receiver.expose",
        kind: Kind::Bool,
        default: "false",
        in_workspace: false,
        help: "Whether `receiver.http` and `receiver.grpc` may name addresses that others on the network can reach. Needs `receiver.token`.",
    },
    Setting {
        path: "receiver.token",
        kind: Kind::Token,
        default: "",
        in_workspace: false,
        help: "What senders must carry as `Authorization: Bearer`. Unset, nothing is asked for.",
    },
    Setting {
        path: "receiver.hosts",
        kind: Kind::Words,
        default: "",
        in_workspace: false,
        help: "Further names by which senders may call the receiver, such as `host.docker.internal`.",
    },
    Setting {
        path: "receiver.origins",
        kind: Kind::Words,
        default: "",
        in_workspace: false,
        help: "Origins of pages that may send from a browser, such as `http://localhost:3000`.",
    },
    Setting {
        path: "forward.endpoint",
        kind: Kind::Url,
        default: "",
        in_workspace: false,
        help: "Base address of a collector or backend, for example http://collector:4318. Everything that is received is passed on to it, unchanged.",
    },
    Setting {
        path: "forward.protocol",
        kind: Kind::OneOf(&["http/protobuf", "grpc"]),
        default: "http/protobuf",
        in_workspace: false,
        help: "What it is passed on as. Bodies that came as JSON stay JSON, which gRPC cannot carry.",
    },
    Setting {
        path: "forward.headers.*",
        kind: Kind::Text,
        default: "",
        in_workspace: false,
        help: "A header of that name for everything that is passed on. ${NAME} stands for the environment variable NAME.",
    },
    Setting {
        path: "forward.queue_bytes",
        kind: Kind::Bytes,
        default: "64MB",
        in_workspace: false,
        help: "How much may wait to be passed on, in memory. What does not fit is dropped and counted.",
    },
    Setting {
        path: "data_dir",
        kind: Kind::Path,
        default: "",
        in_workspace: false,
        help: "The folder for everything that is kept. Unset, it is the platform's data folder for users.",
    },
    Setting {
        path: "window",
        kind: Kind::Duration,
        default: "15m",
        in_workspace: true,
        help: "Over which time figures are shown, counted back from now.",
    },
    Setting {
        path: "store.max_bytes",
        kind: Kind::Bytes,
        default: "256MB",
        in_workspace: true,
        help: "Memory for spans. Whole traces leave, oldest first.",
    },
    Setting {
        path: "archive.enabled",
        kind: Kind::Bool,
        default: "true",
        in_workspace: true,
        help: "Whether received spans are kept on disk, so that they survive a restart.",
    },
    Setting {
        path: "archive.max_bytes",
        kind: Kind::Bytes,
        default: "512MB",
        in_workspace: true,
        help: "Disk space for spans; the oldest leave first.",
    },
    Setting {
        path: "archive.max_age",
        kind: Kind::Duration,
        default: "24h",
        in_workspace: true,
        help: "How long spans are kept on disk.",
    },
    Setting {
        path: "mask.enabled",
        kind: Kind::Bool,
        default: "true",
        in_workspace: false,
        help: "Whether secrets in telemetry are masked before anything is kept or shown.",
    },
    Setting {
        path: "mask.keys",
        kind: Kind::Words,
        default: "",
        in_workspace: true,
        help: "Further words: values of attributes, parameters and columns whose name contains one of them are masked.",
    },
    Setting {
        path: "mask.allow",
        kind: Kind::Words,
        default: "",
        in_workspace: false,
        help: "Attribute keys whose values are never masked; a `*` at the end stands for anything.",
    },
    Setting {
        path: "mask.values",
        kind: Kind::Patterns,
        default: "",
        in_workspace: false,
        help: "Further secrets by their form: what these regular expressions match in any text is masked.",
    },
    Setting {
        path: "editor.code_lens",
        kind: Kind::Bool,
        default: "true",
        in_workspace: true,
        help: "Whether functions with data get a lens with their figures.",
    },
    Setting {
        path: "editor.inlay_hints",
        kind: Kind::Bool,
        default: "true",
        in_workspace: true,
        help: "Whether call sites get a hint with the cost of what they call.",
    },
    Setting {
        path: "diagnostics.exception",
        kind: Kind::Bool,
        default: "true",
        in_workspace: true,
        help: "Whether lines that threw an exception get a remark.",
    },
    Setting {
        path: "diagnostics.n_plus_one",
        kind: Kind::Bool,
        default: "true",
        in_workspace: true,
        help: "Whether queries and requests that one call makes for each of many things get a remark.",
    },
    Setting {
        path: "diagnostics.retries",
        kind: Kind::Bool,
        default: "true",
        in_workspace: true,
        help: "Whether requests that fail and are made again within one call get a remark.",
    },
    Setting {
        path: "backend.*.kind",
        kind: Kind::OneOf(&["zipkin", "jaeger"]),
        default: "zipkin",
        in_workspace: true,
        help: "What the backend of that name speaks.",
    },
    Setting {
        path: "backend.*.url",
        kind: Kind::Url,
        default: "",
        in_workspace: true,
        help: "Base address of the backend, for example http://localhost:9411. Recent spans are pulled from it.",
    },
    Setting {
        path: "backend.*.interval",
        kind: Kind::Duration,
        default: "10s",
        in_workspace: true,
        help: "How often the backend is asked while an editor looks.",
    },
    Setting {
        path: "log.level",
        kind: Kind::OneOf(&["off", "error", "warn", "info", "debug", "trace"]),
        default: "info",
        in_workspace: false,
        help: "How much is logged.",
    },
    Setting {
        path: "log.file",
        kind: Kind::Path,
        default: "",
        in_workspace: false,
        help: "A file for the log. Unset, it goes to stderr, which editors show as the server's output.",
    },
];

/// Keys of a workspace's file that are no settings, but what people say of placements.
pub(crate) const RULINGS: &[&str] = &["pin", "reject", "services"];

/// The setting at `path`; a part `*` of the table fits any name.
pub(crate) fn find(path: &str) -> Option<&'static Setting> {
    SETTINGS.iter().find(|setting| fits(setting.path, path))
}

/// The default at `path`; empty for what is no setting.
pub(crate) fn default_of(path: &str) -> &'static str {
    find(path).map_or("", |setting| setting.default)
}

/// The path that an environment variable names: `SPANGLASS_RECEIVER__HTTP` is `receiver.http`. `None` for variables
/// that are none of ours, among them `SPANGLASS_BIN` and its like, which belong to tests and tools.
pub(crate) fn path_of_variable(name: &str) -> Option<String> {
    let rest = name.strip_prefix("SPANGLASS_")?;
    let path = rest.to_ascii_lowercase().replace("__", ".");
    let ours = path.contains('.') || find(&path).is_some();
    ours.then_some(path)
}

/// The known path nearest to a misspelled one.
pub(crate) fn nearest(path: &str) -> String {
    let known = SETTINGS.iter().map(|setting| with_names_of(setting.path, path));
    known.min_by_key(|candidate| distance(candidate, path)).unwrap_or_default()
}

fn fits(pattern: &str, path: &str) -> bool {
    let mut parts = path.split('.');
    pattern.split('.').all(|want| parts.next().is_some_and(|part| want == "*" || want == part))
        && parts.next().is_none()
}

/// `backend.*.url` beside `backend.team.ulr` is `backend.team.url`.
fn with_names_of(pattern: &str, path: &str) -> String {
    let names: Vec<&str> = path.split('.').collect();
    let parts = pattern.split('.').enumerate();
    let filled: Vec<&str> = parts
        .map(|(at, part)| if part == "*" { names.get(at).copied().unwrap_or("NAME") } else { part })
        .collect();
    filled.join(".")
}

/// Levenshtein distance in bytes; keys are short.
fn distance(a: &str, b: &str) -> usize {
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (i, x) in a.bytes().enumerate() {
        let mut diagonal = row[0];
        row[0] = i + 1;
        for (j, y) in b.bytes().enumerate() {
            let substituted = diagonal + usize::from(x != y);
            diagonal = row[j + 1];
            row[j + 1] = substituted.min(diagonal + 1).min(row[j] + 1);
        }
    }
    row[b.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_diagnostic_has_its_switch_and_its_place_in_the_documentation() {
        let page = include_str!("../../../docs/diagnostics.md");
        for code in insight::findings::Code::ALL {
            let path = format!("diagnostics.{}", code.name().replace('-', "_"));
            assert!(find(&path).is_some(), "no setting {path}");
            assert!(page.contains(&format!("\n## {code}\n")), "docs/diagnostics.md does not tell of {code}");
        }
    }

    #[test]
    fn every_default_is_a_value_that_its_setting_takes() {
        for setting in SETTINGS.iter().filter(|setting| !setting.default.is_empty()) {
            assert_eq!(
                crate::config::parse::check(setting.kind, setting.default),
                Ok(()),
                "{}",
                setting.path
            );
        }
    }

    #[test]
    fn variables_name_paths() {
        assert_eq!(path_of_variable("SPANGLASS_RECEIVER__HTTP").as_deref(), Some("receiver.http"));
        assert_eq!(path_of_variable("SPANGLASS_DATA_DIR").as_deref(), Some("data_dir"));
        assert_eq!(path_of_variable("SPANGLASS_BACKEND__TEAM__URL").as_deref(), Some("backend.team.url"));
        assert_eq!(path_of_variable("SPANGLASS_BIN"), None);
    }

    #[test]
    fn the_nearest_key_is_named() {
        assert_eq!(nearest("reciever.htp"), "receiver.http");
        assert_eq!(nearest("backend.team.ulr"), "backend.team.url");
    }
}

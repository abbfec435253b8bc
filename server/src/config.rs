//! Settings: built-in < user file < workspace file < editor < environment < flags, one flat map from path to text.
//!
//! Only this module knows TOML and JSON; every crate below gets the plain struct that it defines.

mod files;
#[cfg(test)]
mod generated;
pub(crate) mod parse;
pub(crate) mod reference;

use std::{
    collections::BTreeMap,
    fmt,
    path::{Path, PathBuf},
    time::Duration,
};

use formats::secrets::{self, Mask};

use reference::Kind;

pub(crate) use files::user_file;

/// Where a setting was said; later ones win.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Origin {
    /// Nowhere: the default.
    Default,
    /// A file, user's or workspace's.
    File(PathBuf),
    /// The editor's settings.
    Editor,
    /// An environment variable.
    Environment,
    /// A command-line flag.
    Flag,
}

/// All settings as text with their origin.
#[derive(Clone, Debug, Default)]
pub(crate) struct Config {
    /// What each layer said of a path, weakest first, so that a layer can be taken back.
    values: BTreeMap<String, Vec<(Origin, String)>>,
    /// What could not be used, each a sentence: shown by `doctor`, on stderr and in the editor's log.
    pub(crate) warnings: Vec<String>,
}

/// One configured backend.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct BackendConfig {
    /// The name it has in the file.
    pub(crate) name: String,
    /// `zipkin` or `jaeger`.
    pub(crate) kind: String,
    /// Base address.
    pub(crate) url: String,
    /// How often it is asked.
    pub(crate) interval: Duration,
}

impl Config {
    /// Reads the user's file, the workspace's, and the environment. Unreadable files and unknown keys become
    /// warnings, never failures: an editor must start all the same.
    pub(crate) fn load(
        workspace: Option<&Path>,
        environment: impl Iterator<Item = (String, String)>,
    ) -> Config {
        let mut config = Config::default();
        if let Some(file) = user_file() {
            files::read_into(&mut config, &file, false);
        }
        if let Some(workspace) = workspace {
            files::read_into(&mut config, &workspace.join("spanglass.toml"), true);
        }
        for (name, value) in environment {
            if let Some(path) = reference::path_of_variable(&name) {
                config.set(&path, value, Origin::Environment, &name);
            }
        }
        config
    }

    /// Takes in the editor's settings: the tree of spanglass.toml as JSON. They win over files, not over the
    /// environment.
    pub(crate) fn set_editor(&mut self, settings: &serde_json::Value) {
        for said in self.values.values_mut() {
            said.retain(|(origin, _)| *origin != Origin::Editor);
        }
        let mut leaves = Vec::new();
        files::json_leaves(settings, "", &mut leaves);
        for (path, value) in leaves {
            let spelled = path.clone();
            self.set(&path, value, Origin::Editor, &spelled);
        }
    }

    /// Takes over what the command line said of another run of layers.
    pub(crate) fn keep_flags_of(&mut self, other: &Config) {
        for (path, said) in &other.values {
            for (origin, value) in said.iter().filter(|(origin, _)| *origin == Origin::Flag) {
                self.set(path, value.clone(), origin.clone(), path);
            }
        }
    }

    /// Sets `path` by a flag.
    pub(crate) fn set_flag(&mut self, path: &str, value: String) {
        self.set(path, value, Origin::Flag, path);
    }

    /// The text of a setting, its default where nothing was said.
    pub(crate) fn text(&self, path: &str) -> &str {
        match self.values.get(path).and_then(|said| said.last()) {
            Some((_, value)) => value,
            None => reference::default_of(path),
        }
    }

    /// Where a setting was said.
    pub(crate) fn origin(&self, path: &str) -> Origin {
        self.values
            .get(path)
            .and_then(|said| said.last())
            .map_or(Origin::Default, |(origin, _)| origin.clone())
    }

    /// A duration; values were checked when they were set.
    pub(crate) fn duration(&self, path: &str) -> Duration {
        parse::duration(self.text(path)).unwrap_or_default()
    }

    /// A number of bytes.
    pub(crate) fn bytes(&self, path: &str) -> usize {
        parse::bytes(self.text(path)).unwrap_or_default()
    }

    /// A list of texts.
    pub(crate) fn words(&self, path: &str) -> Vec<String> {
        parse::words(self.text(path)).unwrap_or_default()
    }

    /// A truth value.
    pub(crate) fn is_on(&self, path: &str) -> bool {
        self.text(path) == "true"
    }

    /// The rules by which secrets are masked; values were checked when they were set.
    pub(crate) fn mask(&self) -> Mask {
        let settings = secrets::Settings {
            is_on: self.is_on("mask.enabled"),
            keys: self.words("mask.keys"),
            allow: self.words("mask.allow"),
            values: self.words("mask.values"),
        };
        Mask::new(&settings).unwrap_or_else(|problem| {
            tracing::warn!(%problem, "only the built-in rules mask secrets");
            Mask::default()
        })
    }

    /// The folder of what is remembered of the sources.
    pub(crate) fn index_dir(&self) -> PathBuf {
        self.data_dir().join("index")
    }

    /// The folder of everything that is kept: `data_dir`, else the platform's data folder for users.
    pub(crate) fn data_dir(&self) -> PathBuf {
        match self.text("data_dir") {
            "" => files::default_data_dir(),
            path => PathBuf::from(path),
        }
    }

    /// Every backend that has a `url`.
    pub(crate) fn backends(&self) -> Vec<BackendConfig> {
        let said = self.values.iter().filter(|(_, said)| !said.is_empty());
        let names = said.filter_map(|(path, _)| path.strip_prefix("backend.")?.strip_suffix(".url"));
        names
            .map(|name| BackendConfig {
                name: name.to_owned(),
                kind: self.text(&format!("backend.{name}.kind")).to_owned(),
                url: self.text(&format!("backend.{name}.url")).to_owned(),
                interval: self.duration(&format!("backend.{name}.interval")),
            })
            .collect()
    }

    /// What is said of the paths that begin with `prefix`, by the rest of the path; empty texts count as unsaid.
    pub(crate) fn named(&self, prefix: &str) -> Vec<(&str, &str)> {
        let said = self.values.iter().filter_map(|(path, said)| {
            Some((path.strip_prefix(prefix)?, said.last().map(|(_, value)| value.as_str())?))
        });
        said.filter(|(_, value)| !value.is_empty()).collect()
    }

    fn set(&mut self, path: &str, value: String, origin: Origin, spelled: &str) {
        let Some(setting) = reference::find(path) else {
            let nearest = reference::nearest(path);
            self.warnings
                .push(format!("{origin}: there is no setting `{spelled}`; did you mean `{nearest}`?"));
            return;
        };
        if let Err(expected) = parse::check(setting.kind, &value) {
            let is =
                if setting.kind == Kind::Token { "something else".to_owned() } else { format!("{value:?}") };
            self.warnings.push(format!("{origin}: `{spelled}` is {is}, but takes {expected}"));
            return;
        }
        let said = self.values.entry(path.to_owned()).or_default();
        said.retain(|(before, _)| rank(before) != rank(&origin));
        said.push((origin, value));
        said.sort_by_key(|(origin, _)| rank(origin));
    }
}

fn rank(origin: &Origin) -> u8 {
    match origin {
        Origin::Default => 0,
        Origin::File(_) => 1,
        Origin::Editor => 2,
        Origin::Environment => 3,
        Origin::Flag => 4,
    }
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Origin::Default => f.write_str("built in"),
            Origin::File(path) => write!(f, "{}", path.display()),
            Origin::Editor => f.write_str("the editor's settings"),
            Origin::Environment => f.write_str("the environment"),
            Origin::Flag => f.write_str("the command line"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn config(toml: &str, environment: &[(&str, &str)]) -> Config {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("spanglass.toml"), toml).unwrap();
        let environment = environment.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
        let mut config = Config::default();
        files::read_into(&mut config, &folder.path().join("spanglass.toml"), true);
        let warnings = std::mem::take(&mut config.warnings);
        for (name, value) in environment {
            let path = reference::path_of_variable(&name).unwrap();
            config.set(&path, value, Origin::Environment, &name);
        }
        let root = format!("{}/", folder.path().display());
        config.warnings.extend(warnings.into_iter().map(|warning| warning.replace(&root, "")));
        config
    }

    #[test]
    fn later_layers_win() {
        let mut config = config(
            "window = \"5m\"\n[receiver]\nhttp = \"127.0.0.1:1\"",
            &[("SPANGLASS_RECEIVER__HTTP", "127.0.0.1:2")],
        );
        config.set_editor(&serde_json::json!({"receiver": {"http": "127.0.0.1:3"}, "window": "1h"}));
        assert_eq!(config.text("receiver.http"), "127.0.0.1:2");
        assert_eq!(config.duration("window"), Duration::from_secs(3600));
        config.set_flag("receiver.http", "127.0.0.1:4".to_owned());
        assert_eq!(config.text("receiver.http"), "127.0.0.1:4");
        assert_eq!(config.warnings, Vec::<String>::new());
    }

    #[test]
    fn an_editor_can_take_back_what_it_said() {
        let mut config = config("window = \"5m\"", &[]);
        config.set_editor(&serde_json::json!({"window": "1h"}));
        config.set_editor(&serde_json::json!({}));
        assert_eq!(config.text("window"), "5m");
    }

    #[test]
    fn unknown_keys_and_wrong_values_are_named() {
        let config = config("[reciever]\nhttp = \"127.0.0.1:1\"\n[store]\nmax_bytes = \"much\"", &[]);
        assert_eq!(
            config.warnings,
            [
                "spanglass.toml: there is no setting `reciever.http`; did you mean `receiver.http`?",
                "spanglass.toml: `store.max_bytes` is \"much\", but takes a number of bytes such as 256MB",
            ]
        );
        assert_eq!(config.text("store.max_bytes"), "256MB");
    }

    #[test]
    fn backends_are_named_tables() {
        let config = config("[backend.team]\nkind = \"zipkin\"\nurl = \"http://zipkin:9411\"", &[]);
        let team = BackendConfig {
            name: "team".to_owned(),
            kind: "zipkin".to_owned(),
            url: "http://zipkin:9411".to_owned(),
            interval: Duration::from_secs(10),
        };
        assert_eq!(config.backends(), [team]);
    }
}

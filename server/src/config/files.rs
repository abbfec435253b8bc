//! Settings files and where they lie.

use std::{
    env, fs, io,
    path::{Path, PathBuf},
};

use super::{Config, Origin, reference};

/// The user's own settings file, which need not exist.
pub(crate) fn user_file() -> Option<PathBuf> {
    let folder = match env::var_os("XDG_CONFIG_HOME").filter(|it| !it.is_empty()) {
        Some(folder) => PathBuf::from(folder),
        None if cfg!(windows) => PathBuf::from(env::var_os("APPDATA")?),
        None => PathBuf::from(env::var_os("HOME")?).join(".config"),
    };
    Some(folder.join("spanglass").join("spanglass.toml"))
}

/// The platform's data folder for users, and ours in it.
pub(crate) fn default_data_dir() -> PathBuf {
    let home = || PathBuf::from(env::var_os("HOME").unwrap_or_else(|| ".".into()));
    let folder = match env::var_os("XDG_DATA_HOME").filter(|it| !it.is_empty()) {
        Some(folder) => PathBuf::from(folder),
        None if cfg!(windows) => env::var_os("LOCALAPPDATA").map_or_else(home, PathBuf::from),
        None if cfg!(target_os = "macos") => home().join("Library").join("Application Support"),
        None => home().join(".local").join("share"),
    };
    folder.join("spanglass")
}

/// Reads one file into `config`; a file that is not there is no file, one that cannot be read is a warning.
pub(super) fn read_into(config: &mut Config, file: &Path, is_workspace: bool) {
    let text = match fs::read_to_string(file) {
        Ok(text) => text,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return,
        Err(error) => return config.warnings.push(format!("{} cannot be read: {error}", file.display())),
    };
    let table: toml::Table = match text.parse() {
        Ok(table) => table,
        Err(error) => {
            let line = error.span().map_or(1, |span| text[..span.start].matches('\n').count() + 1);
            let message = error.message();
            return config.warnings.push(format!("{}:{line} is not TOML: {message}", file.display()));
        }
    };
    let mut table = table;
    for key in reference::RULINGS {
        // What is said of placements is read elsewhere, and only at the root of a workspace.
        if table.remove(*key).is_some() && !is_workspace {
            let file = file.display();
            config
                .warnings
                .push(format!("{file}: `{key}` is a workspace's to say, not the user's; it is ignored"));
        }
    }
    let mut leaves = Vec::new();
    toml_leaves(&toml::Value::Table(table), "", &mut leaves);
    for (path, value) in leaves {
        if is_workspace && reference::find(&path).is_some_and(|setting| !setting.in_workspace) {
            let file = file.display();
            config
                .warnings
                .push(format!("{file}: `{path}` is the user's to say, not a workspace's; it is ignored"));
            continue;
        }
        config.set(&path, value, Origin::File(file.to_owned()), &path);
    }
}

fn toml_leaves(value: &toml::Value, path: &str, leaves: &mut Vec<(String, String)>) {
    match value {
        toml::Value::Table(table) => {
            table.iter().for_each(|(key, value)| toml_leaves(value, &join(path, key), leaves))
        }
        toml::Value::String(text) => leaves.push((path.to_owned(), text.clone())),
        other => leaves.push((path.to_owned(), other.to_string())),
    }
}

/// The leaves of a JSON tree, as path and text.
pub(super) fn json_leaves(value: &serde_json::Value, path: &str, leaves: &mut Vec<(String, String)>) {
    match value {
        serde_json::Value::Object(map) => {
            map.iter().for_each(|(key, value)| json_leaves(value, &join(path, key), leaves));
        }
        serde_json::Value::Null => {}
        serde_json::Value::String(text) => leaves.push((path.to_owned(), text.clone())),
        other => leaves.push((path.to_owned(), other.to_string())),
    }
}

fn join(path: &str, key: &str) -> String {
    if path.is_empty() { key.to_owned() } else { format!("{path}.{key}") }
}

//! What a request may know besides the snapshot: fixed once it begins.

use std::{collections::HashMap, sync::Arc};

use model::SmolStr;
use source::FunctionKey;
use tower_lsp::lsp_types::Url;
use world::Snapshot;

use crate::{
    capabilities::Features,
    ext::FunctionTarget,
    from_proto,
    hooks::{Hooks, Settings},
};

/// The session as it was when a request came.
#[derive(Clone)]
pub(crate) struct Session {
    pub(crate) features: Arc<Features>,
    pub(crate) settings: Settings,
    pub(crate) hooks: Arc<dyn Hooks>,
    pub(crate) uris: Arc<HashMap<SmolStr, Url>>,
}

impl Session {
    /// The index's key of a document; `None` for what has no file.
    pub(crate) fn key(&self, uri: &Url) -> Option<SmolStr> {
        from_proto::key(uri, &*self.hooks)
    }

    /// The address of a file: as the editor spells it if it is open.
    pub(crate) fn uri(&self, key: &str) -> Option<Url> {
        let open = self.uris.get(key).cloned();
        open.or_else(|| Url::from_file_path(self.hooks.path_of_key(key)?).ok())
    }

    /// Where a function stands now; `None` when it or its file is gone.
    pub(crate) fn target(&self, snapshot: &Snapshot, key: &FunctionKey) -> Option<FunctionTarget> {
        let function = snapshot.index.function(key)?;
        let uri = self.uri(&key.file)?;
        Some(FunctionTarget { uri, line: function.name_position.line, function: key.path.to_string() })
    }
}

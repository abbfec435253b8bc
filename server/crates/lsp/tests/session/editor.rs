//! An editor in a test: a client, a server in this process, a fixture open in it.

use std::{path::Path, sync::Arc};

use model::{Batch, LineIndex, PositionEncoding};
use serde_json::{Value, json};
use world::Handle;

use crate::{
    fixture::{NOW, parse},
    support::{
        client::Client,
        server::{TestHooks, start_world},
    },
};

/// The folder that is open.
pub(crate) const ROOT: &str = "/shop";

/// A session under way.
pub(crate) struct Editor {
    pub(crate) client: Client,
    pub(crate) world: Handle,
    pub(crate) hooks: Arc<TestHooks>,
    /// What the server said to `initialize`.
    pub(crate) announced: Value,
    /// Paths and texts of the fixture.
    pub(crate) files: Vec<(String, String)>,
    cursor: Option<(String, u32)>,
    spans: Option<Batch>,
}

/// What clients of ours send.
pub(crate) fn ours() -> Value {
    json!({"clientCommands": ["spanglass.replay", "spanglass.showTraces"], "trusted": true})
}

impl Editor {
    /// A client with `capabilities` and `options` starts a server and opens the files of the fixture `text`; its spans
    /// have not arrived.
    pub(crate) async fn start(text: &str, capabilities: Value, options: Value) -> Editor {
        let parsed = parse(text);
        let (near, far) = tokio::io::duplex(1 << 20);
        let (world, effects) = start_world(Arc::new(|| NOW));
        let hooks = Arc::new(TestHooks::default());
        let (reader, writer) = tokio::io::split(far);
        tokio::spawn(lsp::serve(reader, writer, world.clone(), effects, hooks.clone()));
        let (reader, writer) = tokio::io::split(near);
        let mut client = Client::new(reader, writer);
        let folders = json!([{"uri": format!("file://{ROOT}"), "name": "shop"}]);
        let params = json!({
            "processId": std::process::id(),
            "clientInfo": {"name": "a test"},
            "capabilities": capabilities,
            "workspaceFolders": folders,
            "initializationOptions": options,
        });
        let announced = client.initialize(params).await;
        let (files, cursor) = (parsed.files, parsed.cursor);
        let mut editor = Editor { client, world, hooks, announced, files, cursor, spans: Some(parsed.spans) };
        for (path, text) in editor.files.clone() {
            editor.open(&uri(&path), &text).await;
        }
        editor
    }

    /// As [`Editor::start`], and the spans have arrived.
    pub(crate) async fn with_spans(text: &str, capabilities: Value, options: Value) -> Editor {
        let mut editor = Editor::start(text, capabilities, options).await;
        editor.receive_spans().await;
        editor
    }

    /// The spans of the fixture arrive, and are placed when this returns.
    pub(crate) async fn receive_spans(&mut self) {
        self.world.offer(self.spans.take().expect("spans arrive once")).expect("the queue has room");
        self.world.snapshot_of_all().await.expect("the world goes on");
    }

    pub(crate) async fn open(&mut self, uri: &str, text: &str) {
        let document = json!({"uri": uri, "languageId": "any", "version": 1, "text": text});
        self.client.notify("textDocument/didOpen", json!({"textDocument": document})).await;
    }

    pub(crate) async fn request(&mut self, method: &str, params: Value) -> Value {
        self.client.request(method, params).await.unwrap_or_else(|error| panic!("{method}: {error}"))
    }

    pub(crate) async fn lenses(&mut self, path: &str) -> Value {
        self.request("textDocument/codeLens", json!({"textDocument": {"uri": uri(path)}})).await
    }

    pub(crate) async fn hints(&mut self, path: &str) -> Value {
        let range = json!({"start": {"line": 0, "character": 0}, "end": {"line": 9999, "character": 0}});
        self.request("textDocument/inlayHint", json!({"textDocument": {"uri": uri(path)}, "range": range}))
            .await
    }

    /// The hover at the cursor of the fixture.
    pub(crate) async fn hover(&mut self) -> Value {
        let (path, offset) = self.cursor.clone().expect("the fixture has a cursor");
        let (_, text) = self.files.iter().find(|(known, _)| *known == path).expect("the file is here");
        let at = LineIndex::new(text).position(text, offset, PositionEncoding::Utf16);
        let position = json!({"line": at.line, "character": at.column});
        self.request("textDocument/hover", json!({"textDocument": {"uri": uri(&path)}, "position": position}))
            .await
    }

    /// Runs a command of the server.
    pub(crate) async fn command(&mut self, command: &str, arguments: Value) -> Result<Value, Value> {
        let params = json!({"command": command, "arguments": arguments});
        self.client.request("workspace/executeCommand", params).await
    }

    /// What hooks were told.
    pub(crate) fn told(&self) -> Vec<String> {
        self.hooks.told.lock().unwrap().clone()
    }
}

/// The address of a file of the fixture.
pub(crate) fn uri(path: &str) -> String {
    format!("file://{}", Path::new(ROOT).join(path).display())
}

//! A small language client: enough LSP to see what an editor sees.

use std::{path::Path, process::Command};

use serde_json::{Value, json};

use crate::{framed::Framed, spanglass};

/// A session with `spanglass lsp`.
#[derive(Debug)]
pub struct LspClient {
    /// The wire.
    pub wire: Framed,
    /// Methods of the server's own requests that were answered.
    pub answered: Vec<String>,
    next_id: u64,
}

impl LspClient {
    /// Starts the server with a data folder and a receiver address of its own, and initializes it for `workspace`.
    pub fn start(workspace: &Path, data_dir: &Path, receiver: &str) -> LspClient {
        LspClient::start_with(workspace, data_dir, receiver, &[])
    }

    /// The same, with further variables.
    pub fn start_with(
        workspace: &Path,
        data_dir: &Path,
        receiver: &str,
        environment: &[(&str, &str)],
    ) -> LspClient {
        let mut command = Command::new(spanglass());
        command.arg("lsp").env("SPANGLASS_DATA_DIR", data_dir).env("SPANGLASS_RECEIVER__HTTP", receiver);
        command.env("SPANGLASS_RECEIVER__GRPC", "off").envs(environment.iter().copied());
        LspClient::initialize(Framed::spawn(&mut command), workspace)
    }

    /// Initializes a server that was started elsewhere, as an editor does that has everything.
    pub fn initialize(wire: Framed, workspace: &Path) -> LspClient {
        let mut client = LspClient { wire, answered: Vec::new(), next_id: 1 };
        let root = uri(workspace);
        let capabilities = json!({
            "general": { "positionEncodings": ["utf-16"] },
            "workspace": {
                "codeLens": { "refreshSupport": true }, "inlayHint": { "refreshSupport": true },
                "workspaceFolders": true, "configuration": false,
            },
            "textDocument": { "hover": { "contentFormat": ["markdown", "plaintext"] } },
            "window": { "showDocument": { "support": true } },
        });
        let result = client.request(
            "initialize",
            json!({
                "processId": std::process::id(),
                "rootUri": root,
                "workspaceFolders": [{ "uri": root, "name": "workspace" }],
                "capabilities": capabilities,
                "initializationOptions": { "clientCommands": ["spanglass.replay", "spanglass.showTraces"] },
            }),
        );
        assert!(result["capabilities"]["codeLensProvider"].is_object(), "{result}");
        client.notify("initialized", json!({}));
        client
    }

    /// Sends a notification.
    pub fn notify(&mut self, method: &str, params: Value) {
        self.wire.send(&json!({ "jsonrpc": "2.0", "method": method, "params": params }));
    }

    /// Sends a request and waits for its result.
    ///
    /// # Panics
    /// When it is answered with an error, or not at all.
    pub fn request(&mut self, method: &str, params: Value) -> Value {
        self.try_request(method, params).unwrap_or_else(|error| panic!("{method} failed: {error}"))
    }

    /// Sends a request and waits for its result or error.
    ///
    /// # Errors
    /// With the error object of the answer.
    ///
    /// # Panics
    /// When it is not answered at all.
    pub fn try_request(&mut self, method: &str, params: Value) -> Result<Value, Value> {
        let id = self.next_id;
        self.next_id += 1;
        self.wire.send(&json!({ "jsonrpc": "2.0", "id": id, "method": method, "params": params }));
        let answer =
            self.wire.expect(method, |message| message["id"] == id && message.get("method").is_none());
        match answer.get("error") {
            Some(error) => Err(error.clone()),
            None => Ok(answer["result"].clone()),
        }
    }

    /// Opens a file as it is on disk, and answers with its URI.
    ///
    /// # Panics
    /// When the file cannot be read.
    pub fn open(&mut self, path: &Path, language: &str) -> String {
        let text = std::fs::read_to_string(path).expect("the file can be read");
        let uri = uri(path);
        let document = json!({ "uri": uri, "languageId": language, "version": 1, "text": text });
        self.notify("textDocument/didOpen", json!({ "textDocument": document }));
        uri
    }

    /// The lenses of a file, as `line: title`, lines 0-based.
    pub fn lenses(&mut self, uri: &str) -> Vec<String> {
        let lenses = self.request("textDocument/codeLens", json!({ "textDocument": { "uri": uri } }));
        let lenses = lenses.as_array().cloned().unwrap_or_default();
        lenses
            .iter()
            .map(|lens| {
                let title = lens["command"]["title"].as_str().unwrap_or("unresolved");
                format!("{}: {title}", lens["range"]["start"]["line"])
            })
            .collect()
    }

    /// The hints of a whole file, as `line: text`, lines 0-based.
    pub fn hints(&mut self, uri: &str) -> Vec<String> {
        let range =
            json!({ "start": { "line": 0, "character": 0 }, "end": { "line": 100_000, "character": 0 } });
        let hints =
            self.request("textDocument/inlayHint", json!({ "textDocument": { "uri": uri }, "range": range }));
        let hints = hints.as_array().cloned().unwrap_or_default();
        hints.iter().map(|hint| format!("{}: {}", hint["position"]["line"], label(&hint["label"]))).collect()
    }

    /// Asks again until `wanted` holds of the answer, whenever the server says that something changed.
    ///
    /// # Panics
    /// When it does not come to hold in time.
    pub fn until<T: std::fmt::Debug>(
        &mut self,
        what: &str,
        mut ask: impl FnMut(&mut LspClient) -> T,
        wanted: impl Fn(&T) -> bool,
    ) -> T {
        let deadline = std::time::Instant::now() + crate::PATIENCE;
        loop {
            let answer = ask(self);
            if wanted(&answer) {
                return answer;
            }
            assert!(
                std::time::Instant::now() < deadline,
                "{what} never came; last: {answer:#?}\n{}",
                self.wire.stderr_so_far()
            );
            self.answer_refreshes(std::time::Duration::from_millis(200));
        }
    }

    /// Answers the server's own requests that come within `patience`, as editors do.
    pub fn answer_refreshes(&mut self, patience: std::time::Duration) {
        let is_request = |message: &Value| message.get("id").is_some() && message.get("method").is_some();
        while let Some(request) = self.wire.receive(patience, is_request) {
            self.wire.send(&json!({ "jsonrpc": "2.0", "id": request["id"], "result": null }));
            self.answered.push(request["method"].as_str().unwrap_or_default().to_owned());
        }
    }

    /// Ends the session as the specification has it, and answers with the exit code.
    pub fn shut_down(mut self) -> Option<i32> {
        self.request("shutdown", Value::Null);
        self.notify("exit", Value::Null);
        self.wire.wait(crate::PATIENCE).and_then(|status| status.code())
    }
}

/// The `file:` URI of an absolute path.
pub fn uri(path: &Path) -> String {
    let path = path.canonicalize().unwrap_or_else(|_| path.to_owned());
    format!("file://{}", path.display())
}

fn label(label: &Value) -> String {
    match label.as_array() {
        Some(parts) => parts.iter().filter_map(|part| part["value"].as_str()).collect(),
        None => label.as_str().unwrap_or_default().to_owned(),
    }
}

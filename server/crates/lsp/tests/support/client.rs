//! An LSP client that frames its messages itself and believes nothing: whatever is not a message on the server's stdout
//! fails the test.

use std::{collections::VecDeque, time::Duration};

use futures::FutureExt;
use serde_json::{Value, json};
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};

/// Nothing that is waited for takes longer, even on a busy machine.
pub const PATIENCE: Duration = Duration::from_secs(20);

/// How the client answers a request of the server: `None` for not at all.
type Answerer = Box<dyn FnMut(&str, &Value) -> Option<Result<Value, Value>> + Send>;

/// One connection. It reads only while something is waited for.
pub struct Client {
    writer: Option<Box<dyn AsyncWrite + Unpin + Send>>,
    reader: Option<Box<dyn AsyncRead + Unpin + Send>>,
    /// Read and not yet understood.
    buffer: Vec<u8>,
    next_id: i64,
    answerer: Answerer,
    /// Answers to our requests that nobody asked for yet.
    answers: VecDeque<Value>,
    /// What the server sent unasked, requests and notifications, in order.
    pub unasked: Vec<Value>,
}

impl Client {
    /// Talks over two streams. Requests of the server are answered with `null`.
    pub fn new(
        reader: impl AsyncRead + Unpin + Send + 'static,
        writer: impl AsyncWrite + Unpin + Send + 'static,
    ) -> Client {
        Client {
            writer: Some(Box::new(writer)),
            reader: Some(Box::new(reader)),
            buffer: Vec::new(),
            next_id: 0,
            answerer: Box::new(|_, _| Some(Ok(Value::Null))),
            answers: VecDeque::new(),
            unasked: Vec::new(),
        }
    }

    /// Answers requests of the server so from now on.
    pub fn answer_with(
        &mut self,
        answerer: impl FnMut(&str, &Value) -> Option<Result<Value, Value>> + Send + 'static,
    ) {
        self.answerer = Box::new(answerer);
    }

    /// `initialize` with `params` (capabilities at least) and `initialized`; answers with the result.
    pub async fn initialize(&mut self, params: Value) -> Value {
        let result = self.request("initialize", params).await.expect("initialize is answered");
        self.notify("initialized", json!({})).await;
        result
    }

    /// Sends a request and waits for its answer.
    pub async fn request(&mut self, method: &str, params: Value) -> Result<Value, Value> {
        let id = self.send(method, params).await;
        self.answer(id).await
    }

    /// Sends a request; answers with its id.
    pub async fn send(&mut self, method: &str, params: Value) -> i64 {
        self.next_id += 1;
        let id = self.next_id;
        self.write(json!({"jsonrpc": "2.0", "id": id, "method": method, "params": params})).await;
        id
    }

    /// Sends a notification.
    pub async fn notify(&mut self, method: &str, params: Value) {
        self.write(json!({"jsonrpc": "2.0", "method": method, "params": params})).await;
    }

    /// Sends one message.
    pub async fn write(&mut self, message: Value) {
        let body = message.to_string();
        self.write_raw(format!("Content-Length: {}\r\n\r\n{body}", body.len()).as_bytes()).await;
    }

    /// Sends bytes as they are. A closed pipe is no failure here: what follows from it is what is looked at.
    pub async fn write_raw(&mut self, bytes: &[u8]) {
        if let Some(writer) = &mut self.writer {
            drop(writer.write_all(bytes).await);
            drop(writer.flush().await);
        }
    }

    /// Closes the server's stdin.
    pub fn close_stdin(&mut self) {
        self.writer = None;
    }

    /// Closes the server's stdout.
    pub fn close_stdout(&mut self) {
        self.reader = None;
    }

    /// Waits for the answer to the request `id`.
    pub async fn answer(&mut self, id: i64) -> Result<Value, Value> {
        let is_it = |message: &Value| message["id"] == id;
        let kept = self.answers.iter().position(is_it);
        let message = match kept.and_then(|at| self.answers.remove(at)) {
            Some(message) => message,
            None => loop {
                let message = self.next().await.unwrap_or_else(|| panic!("no answer to request {id}"));
                match message.get("method") {
                    None if is_it(&message) => break message,
                    None => self.answers.push_back(message),
                    Some(_) => (),
                }
            },
        };
        match message.get("error") {
            Some(error) => Err(error.clone()),
            None => Ok(message["result"].clone()),
        }
    }

    /// Waits until the server has sent a request or notification `method` unasked, and takes it and all before it out of
    /// [`Client::unasked`].
    pub async fn unasked(&mut self, method: &str) -> Value {
        loop {
            if let Some(at) = self.unasked.iter().position(|message| message["method"] == method) {
                let mut before: Vec<Value> = self.unasked.drain(..=at).collect();
                return before.pop().unwrap_or_default();
            }
            let message = self.next().await.unwrap_or_else(|| panic!("the server sent no {method}"));
            if message.get("method").is_none() {
                self.answers.push_back(message);
            }
        }
    }

    /// Waits for the next message of any kind; `None` at the end of the stream. Requests of the server are answered, and
    /// kept with its notifications.
    pub async fn next(&mut self) -> Option<Value> {
        loop {
            if let Some(message) = take_message(&mut self.buffer) {
                self.noted(&message).await;
                return Some(message);
            }
            let read = tokio::time::timeout(PATIENCE, self.read()).await.expect("the server is silent");
            if read == 0 {
                return None;
            }
        }
    }

    /// Takes what has arrived, without waiting.
    pub async fn drain(&mut self) {
        while self.read().now_or_never().is_some_and(|read| read > 0) {}
        while let Some(message) = take_message(&mut self.buffer) {
            self.noted(&message).await;
            if message.get("method").is_none() {
                self.answers.push_back(message);
            }
        }
    }

    /// Reads some bytes; answers with how many, 0 at the end.
    async fn read(&mut self) -> usize {
        let Some(reader) = &mut self.reader else { return 0 };
        reader.read_buf(&mut self.buffer).await.unwrap_or_default()
    }

    async fn noted(&mut self, message: &Value) {
        let Some(method) = message.get("method").and_then(Value::as_str) else { return };
        self.unasked.push(message.clone());
        if let Some(id) = message.get("id") {
            match (self.answerer)(method, &message["params"]) {
                Some(Ok(result)) => self.write(json!({"jsonrpc": "2.0", "id": id, "result": result})).await,
                Some(Err(error)) => self.write(json!({"jsonrpc": "2.0", "id": id, "error": error})).await,
                None => (),
            }
        }
    }
}

/// Takes the first message out of `buffer`, if all of it is there.
fn take_message(buffer: &mut Vec<u8>) -> Option<Value> {
    let end = buffer.windows(4).position(|window| window == b"\r\n\r\n")?;
    let header = String::from_utf8_lossy(&buffer[..end]).into_owned();
    let length = header.strip_prefix("Content-Length: ").and_then(|length| length.parse::<usize>().ok());
    let length = length.unwrap_or_else(|| panic!("this is no header on stdout: {header:?}"));
    let start = end + 4;
    if buffer.len() < start + length {
        return None;
    }
    let message = serde_json::from_slice(&buffer[start..start + length]).expect("a body is JSON");
    buffer.drain(..start + length);
    Some(message)
}

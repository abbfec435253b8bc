//! Lets only whole, well-formed messages through to tower-lsp, whose transport ends the session at the first that is not.
//!
//! A malformed message is answered with an error here, and what follows it is read on.

use std::{
    io,
    pin::Pin,
    task::{Context, Poll, ready},
};

use serde_json::{Value, json};
use tokio::{
    io::{AsyncBufReadExt, AsyncRead, AsyncReadExt, BufReader, ReadBuf},
    sync::mpsc::{Receiver, Sender, channel},
    task::AbortHandle,
};
use tower_lsp::jsonrpc::{ErrorCode, Request};

use crate::stdout::QueuedWriter;

/// A message larger than this is skipped: no source file is.
const MAX_MESSAGE: usize = 256 << 20;
/// A header line longer than this is garbage.
const MAX_HEADER_LINE: usize = 8 << 10;
/// Messages read ahead of the loop; then the client has to wait.
const READ_AHEAD: usize = 64;

/// What tower-lsp reads: the good messages, one after the other, in the plainest framing.
#[derive(Debug)]
pub(crate) struct GoodMessages {
    messages: Receiver<Vec<u8>>,
    current: io::Cursor<Vec<u8>>,
}

/// Starts the task that reads `stdin` and answers malformed messages through `out`. The stream ends with `stdin`; until
/// then the task holds on to `out`, unless it is aborted by the second answer.
pub(crate) fn good_messages<R>(stdin: R, out: QueuedWriter) -> (GoodMessages, AbortHandle)
where
    R: AsyncRead + Unpin + Send + 'static,
{
    let (sender, messages) = channel(READ_AHEAD);
    let reading = tokio::spawn(async move {
        if let Err(error) = read(BufReader::with_capacity(64 << 10, stdin), &sender, &out).await {
            tracing::warn!(%error, "cannot read from the client");
        }
    });
    (GoodMessages { messages, current: io::Cursor::default() }, reading.abort_handle())
}

async fn read<R>(mut stdin: BufReader<R>, messages: &Sender<Vec<u8>>, out: &QueuedWriter) -> io::Result<()>
where
    R: AsyncRead + Unpin,
{
    while let Some(frame) = next_frame(&mut stdin).await? {
        match checked(frame) {
            Ok(body) => {
                let mut framed = format!("Content-Length: {}\r\n\r\n", body.len()).into_bytes();
                framed.extend(body);
                if messages.send(framed).await.is_err() {
                    return Ok(());
                }
            }
            Err(Malformed { id, code, reason }) => {
                tracing::warn!(reason, "a malformed message");
                let error = json!({"code": code.code(), "message": reason});
                out.send_message(&json!({"jsonrpc": "2.0", "id": id, "error": error}).to_string());
            }
        }
    }
    Ok(())
}

/// What stood where a message was expected.
#[derive(Debug, PartialEq)]
enum Frame {
    Body(Vec<u8>),
    TooLarge(usize),
    NoLength,
}

/// Why a message was not let through, for the sender.
#[derive(Debug, PartialEq)]
struct Malformed {
    id: Value,
    code: ErrorCode,
    reason: String,
}

/// The next frame; `None` at the end of the stream. Lines that are no header are passed over, so that the next good
/// header is found whatever stands before it.
async fn next_frame<R: AsyncRead + Unpin>(stdin: &mut BufReader<R>) -> io::Result<Option<Frame>> {
    let mut length: Option<usize> = None;
    let mut is_blank = true;
    while let Some(line) = header_line(stdin).await? {
        if let Some(value) = content_length(&line) {
            length = value.parse().ok();
        }
        if !line.is_empty() {
            is_blank = false;
            continue;
        }
        match length {
            Some(length) if length > MAX_MESSAGE => {
                let skipped = tokio::io::copy(&mut stdin.take(length as u64), &mut tokio::io::sink()).await?;
                return Ok((skipped == length as u64).then_some(Frame::TooLarge(length)));
            }
            Some(length) => return body(stdin, length).await,
            None if !is_blank => return Ok(Some(Frame::NoLength)),
            None => (), // blank lines between messages harm nobody
        }
    }
    Ok(None)
}

/// One line without its end; `None` at the end of the stream. Of an overlong line only the end is kept.
async fn header_line<R: AsyncRead + Unpin>(stdin: &mut BufReader<R>) -> io::Result<Option<Vec<u8>>> {
    let mut line = Vec::new();
    loop {
        let available = stdin.fill_buf().await?;
        if available.is_empty() {
            return Ok(None);
        }
        let end = available.iter().position(|byte| *byte == b'\n');
        let taken = end.map_or(available.len(), |at| at + 1);
        line.extend_from_slice(available.get(..taken).unwrap_or_default());
        stdin.consume(taken);
        if end.is_some() {
            while line.last().is_some_and(|byte| matches!(byte, b'\n' | b'\r')) {
                line.pop();
            }
            return Ok(Some(line));
        }
        if line.len() > MAX_HEADER_LINE {
            line.drain(..line.len() - 64);
        }
    }
}

/// What stands behind the last `Content-Length:` of a line, whatever stands before it: after a message whose length
/// was given too short, its rest does.
fn content_length(line: &[u8]) -> Option<String> {
    let line = String::from_utf8_lossy(line).to_ascii_lowercase();
    let (_, value) = line.rsplit_once("content-length:")?;
    Some(value.trim().to_owned())
}

async fn body<R: AsyncRead + Unpin>(stdin: &mut BufReader<R>, length: usize) -> io::Result<Option<Frame>> {
    // Grows with what really comes, not with what the header claims.
    let mut body = Vec::new();
    let read = stdin.take(length as u64).read_to_end(&mut body).await?;
    Ok((read == length).then_some(Frame::Body(body)))
}

/// The body, if tower-lsp will read it as a message.
fn checked(frame: Frame) -> Result<Vec<u8>, Malformed> {
    let malformed = |id, code, reason: String| Err(Malformed { id, code, reason });
    let body = match frame {
        Frame::Body(body) => body,
        Frame::NoLength => {
            let reason = "a message needs a header `Content-Length: N`".to_owned();
            return malformed(Value::Null, ErrorCode::ParseError, reason);
        }
        Frame::TooLarge(length) => {
            let reason = format!("a message of {length} bytes is larger than {MAX_MESSAGE} bytes");
            return malformed(Value::Null, ErrorCode::InvalidRequest, reason);
        }
    };
    // Every response reads as a request too: its parts are optional.
    let Err(error) = serde_json::from_slice::<Request>(&body) else { return Ok(body) };
    match serde_json::from_slice::<Value>(&body) {
        Ok(value) => {
            let id = value.get("id").filter(|id| id.is_string() || id.is_i64()).cloned().unwrap_or_default();
            malformed(id, ErrorCode::InvalidRequest, format!("this is no JSON-RPC 2.0 message: {error}"))
        }
        Err(error) => malformed(Value::Null, ErrorCode::ParseError, format!("this is no JSON: {error}")),
    }
}

impl AsyncRead for GoodMessages {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let is_read = self.current.position() >= self.current.get_ref().len() as u64;
        if is_read {
            match ready!(self.messages.poll_recv(context)) {
                Some(message) => self.current = io::Cursor::new(message),
                None => return Poll::Ready(Ok(())),
            }
        }
        Pin::new(&mut self.current).poll_read(context, buffer)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Frames of `input`, good ones as text, malformed ones as `code reason`.
    fn check(input: &[u8], expected: &[&str]) {
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        runtime.block_on(async {
            let mut stdin = BufReader::with_capacity(7, input);
            let mut found = Vec::new();
            while let Some(frame) = next_frame(&mut stdin).await.unwrap() {
                found.push(match checked(frame) {
                    Ok(body) => String::from_utf8(body).unwrap(),
                    Err(Malformed { id, code, reason }) => {
                        let reason: Vec<&str> = reason.split(' ').take(4).collect();
                        format!("{} {id} {}", code.code(), reason.join(" "))
                    }
                });
            }
            assert_eq!(found, expected);
        });
    }

    fn framed(body: &str) -> String {
        format!("Content-Length: {}\r\n\r\n{body}", body.len())
    }

    const GOOD: &str = r#"{"jsonrpc":"2.0","method":"initialized","params":{}}"#;

    #[test]
    fn good_messages_pass_whatever_their_header() {
        let header = format!(
            "content-length:{}\r\nContent-Type: application/vscode-jsonrpc\r\nX: y\r\n\r\n",
            GOOD.len()
        );
        check(format!("{header}{GOOD}\n\n{}", framed(GOOD)).as_bytes(), &[GOOD, GOOD]);
        let answer = r#"{"jsonrpc":"2.0","id":0,"result":null}"#;
        check(framed(answer).as_bytes(), &[answer]);
    }

    #[test]
    fn the_session_outlives_malformed_messages() {
        for (bad, error) in [
            ("Content-Length: 5\r\n\r\n{nope".to_owned(), "-32700 null this is no JSON:"),
            (framed(r#"{"id":7,"method":"hover"}"#), "-32600 7 this is no JSON-RPC"),
            (framed(r#"{"jsonrpc":"2.0","id":1.5,"method":"x"}"#), "-32600 null this is no JSON-RPC"),
            (framed("[]"), "-32600 null this is no JSON-RPC"),
            (framed(&"[".repeat(100_000)), "-32700 null this is no JSON:"),
            ("Content-Length: many\r\n\r\n".into(), "-32700 null a message needs a"),
            ("Content-Length: -5\r\n\r\n".into(), "-32700 null a message needs a"),
            ("hello\r\n\r\n".into(), "-32700 null a message needs a"),
        ] {
            check(format!("{bad}{}", framed(GOOD)).as_bytes(), &[error, GOOD]);
        }
        check(b"Content-Length: 3\r\n\r\n\xff\xfe\xfd", &["-32700 null this is no JSON:"]);
    }

    #[test]
    fn a_length_too_short_costs_that_message_only() {
        let short = format!("Content-Length: 10\r\n\r\n{GOOD}");
        check(format!("{short}{}", framed(GOOD)).as_bytes(), &["-32700 null this is no JSON:", GOOD]);
    }

    #[test]
    fn an_endless_line_costs_no_memory() {
        let line = "x".repeat(100_000);
        check(format!("{line}\r\n{}", framed(GOOD)).as_bytes(), &[GOOD]);
    }

    #[test]
    fn a_cut_message_is_the_end() {
        check(b"Content-Length: 100\r\n\r\n{", &[]);
        check(b"Content-Le", &[]);
    }
}

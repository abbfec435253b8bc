//! A client of `Content-Length` framed JSON, as LSP and DAP both have it, over a process's stdio.

use std::{
    collections::VecDeque,
    io::{BufRead, BufReader, Write},
    process::{Child, ChildStdin, Command, ExitStatus, Stdio},
    sync::mpsc::{Receiver, RecvTimeoutError, channel},
    thread,
    time::{Duration, Instant},
};

use serde_json::Value;

use crate::PATIENCE;

/// A running server and everything that it said.
#[derive(Debug)]
pub struct Framed {
    child: Child,
    stdin: Option<ChildStdin>,
    messages: Receiver<Value>,
    stderr: Receiver<String>,
    /// Received and not yet asked for.
    waiting: VecDeque<Value>,
}

impl Framed {
    /// Starts `command` and reads what it says on threads of its own.
    ///
    /// # Panics
    /// When the process cannot be started.
    pub fn spawn(command: &mut Command) -> Framed {
        let child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn();
        let mut child = child.unwrap_or_else(|error| panic!("{command:?} cannot be started: {error}"));
        let stdout = child.stdout.take().expect("stdout is piped");
        let stderr = child.stderr.take().expect("stderr is piped");
        let (send, messages) = channel();
        thread::spawn(move || {
            read_messages(BufReader::new(stdout), &mut |message| send.send(message).is_ok())
        });
        let (send_line, lines) = channel();
        thread::spawn(move || {
            BufReader::new(stderr).lines().map_while(Result::ok).all(|line| send_line.send(line).is_ok())
        });
        let stdin = child.stdin.take();
        Framed { child, stdin, messages, stderr: lines, waiting: VecDeque::new() }
    }

    /// Sends one message.
    ///
    /// # Panics
    /// When stdin was closed.
    pub fn send(&mut self, message: &Value) {
        self.send_raw(&frame(&message.to_string()));
    }

    /// Sends bytes as they are, framed or not.
    ///
    /// # Panics
    /// When stdin was closed.
    pub fn send_raw(&mut self, bytes: &[u8]) {
        let stdin = self.stdin.as_mut().expect("stdin is open");
        stdin.write_all(bytes).and_then(|()| stdin.flush()).expect("the server reads");
    }

    /// Closes the server's stdin.
    pub fn close_stdin(&mut self) {
        self.stdin = None;
    }

    /// The first message that fits, waiting for it; others stay for later.
    ///
    /// # Panics
    /// When none comes in time: with what came instead, and what the server said on stderr.
    pub fn expect(&mut self, what: &str, fits: impl Fn(&Value) -> bool) -> Value {
        self.receive(PATIENCE, fits).unwrap_or_else(|| {
            let others: Vec<String> =
                self.waiting.iter().map(|it| it.to_string().chars().take(300).collect()).collect();
            panic!("no {what}\nmessages: {}\nstderr: {}", others.join("\n  "), self.stderr_so_far());
        })
    }

    /// The first message that fits, if it comes within `patience`.
    pub fn receive(&mut self, patience: Duration, fits: impl Fn(&Value) -> bool) -> Option<Value> {
        let deadline = Instant::now() + patience;
        if let Some(at) = self.waiting.iter().position(&fits) {
            return self.waiting.remove(at);
        }
        loop {
            let left = deadline.saturating_duration_since(Instant::now());
            match self.messages.recv_timeout(left) {
                Ok(message) if fits(&message) => return Some(message),
                Ok(message) => self.waiting.push_back(message),
                Err(RecvTimeoutError::Timeout | RecvTimeoutError::Disconnected) => return None,
            }
        }
    }

    /// Lines that the server wrote to stderr so far.
    pub fn stderr_so_far(&mut self) -> String {
        self.stderr.try_iter().collect::<Vec<_>>().join("\n")
    }

    /// Waits for the process to end; `None` when it does not in `patience`.
    pub fn wait(&mut self, patience: Duration) -> Option<ExitStatus> {
        let deadline = Instant::now() + patience;
        loop {
            match self.child.try_wait() {
                Ok(Some(status)) => return Some(status),
                Ok(None) if Instant::now() < deadline => thread::park_timeout(Duration::from_millis(10)),
                _ => return None,
            }
        }
    }

    /// The process's id.
    pub fn pid(&self) -> u32 {
        self.child.id()
    }

    /// Ends the process at once, as a crash would.
    pub fn kill(&mut self) {
        drop(self.child.kill());
        drop(self.child.wait());
    }
}

impl Drop for Framed {
    fn drop(&mut self) {
        self.kill();
    }
}

/// A body with its header.
pub fn frame(body: &str) -> Vec<u8> {
    format!("Content-Length: {}\r\n\r\n{body}", body.len()).into_bytes()
}

fn read_messages(mut stdout: impl BufRead, send: &mut dyn FnMut(Value) -> bool) {
    loop {
        let mut length = None;
        loop {
            let mut line = String::new();
            if stdout.read_line(&mut line).unwrap_or(0) == 0 {
                return;
            }
            let line = line.trim_end();
            if line.is_empty() {
                break;
            }
            if let Some(value) = line.strip_prefix("Content-Length: ") {
                length = value.parse::<usize>().ok();
            }
        }
        let Some(length) = length else { return };
        let mut body = vec![0; length];
        if stdout.read_exact(&mut body).is_err() {
            return;
        }
        let Ok(message) = serde_json::from_slice(&body) else { return };
        if !send(message) {
            return;
        }
    }
}

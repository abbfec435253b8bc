//! HTTP/1.1 by hand: tests must be able to send what no well-behaved library would.

use std::{
    io::{Read, Write},
    net::TcpStream,
};

use crate::PATIENCE;

/// Posts `body` to `http://authority/path` and answers with the status and the body.
///
/// # Panics
/// When the server cannot be reached or answers with something else than HTTP.
pub fn post(authority: &str, path: &str, headers: &[(&str, &str)], body: &[u8]) -> (u16, String) {
    request(authority, "POST", path, headers, body)
}

/// Gets `http://authority/path` and answers with the status and the body.
///
/// # Panics
/// As [`post`].
pub fn get(authority: &str, path: &str, headers: &[(&str, &str)]) -> (u16, String) {
    request(authority, "GET", path, headers, &[])
}

/// Sends one request on a connection of its own. `Host` is the authority unless `headers` has one.
///
/// # Panics
/// As [`post`].
pub fn request(
    authority: &str,
    method: &str,
    path: &str,
    headers: &[(&str, &str)],
    body: &[u8],
) -> (u16, String) {
    let mut head =
        format!("{method} {path} HTTP/1.1\r\nconnection: close\r\ncontent-length: {}\r\n", body.len());
    if !headers.iter().any(|(name, _)| name.eq_ignore_ascii_case("host")) {
        head.push_str(&format!("host: {authority}\r\n"));
    }
    for (name, value) in headers {
        head.push_str(&format!("{name}: {value}\r\n"));
    }
    head.push_str("\r\n");
    let (status, body) = raw(authority, &[head.as_bytes(), body].concat());
    (status, String::from_utf8_lossy(&body).into_owned())
}

/// As [`post`], for a server that may be gone: `None` when there is no whole answer.
pub fn try_post(authority: &str, path: &str, headers: &[(&str, &str)], body: &[u8]) -> Option<u16> {
    let mut stream = TcpStream::connect(authority).ok()?;
    stream.set_read_timeout(Some(PATIENCE)).ok()?;
    let mut head = format!("POST {path} HTTP/1.1\r\nhost: {authority}\r\nconnection: close\r\n");
    head.push_str(&format!("content-length: {}\r\n", body.len()));
    headers.iter().for_each(|(name, value)| head.push_str(&format!("{name}: {value}\r\n")));
    head.push_str("\r\n");
    stream.write_all(&[head.as_bytes(), body].concat()).ok()?;
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer).ok()?;
    let answer = String::from_utf8_lossy(&answer);
    answer.contains("\r\n\r\n").then(|| answer.split(' ').nth(1)?.parse().ok()).flatten()
}

/// Sends bytes as they are and reads one answer to its end.
///
/// # Panics
/// As [`post`].
pub fn raw(authority: &str, bytes: &[u8]) -> (u16, Vec<u8>) {
    let mut stream = TcpStream::connect(authority).unwrap_or_else(|error| panic!("{authority}: {error}"));
    stream.set_read_timeout(Some(PATIENCE)).expect("a timeout can be set");
    // A server may answer and close before it has read everything: that is an answer, not a failure.
    drop(stream.write_all(bytes));
    let mut answer = Vec::new();
    drop(stream.read_to_end(&mut answer));
    let end = answer.windows(4).position(|window| window == b"\r\n\r\n").unwrap_or(answer.len());
    let head = String::from_utf8_lossy(&answer[..end]).into_owned();
    let status = head.split(' ').nth(1).and_then(|it| it.parse().ok());
    let status = status.unwrap_or_else(|| panic!("{authority} answered without a status: {head:?}"));
    let body = answer.get(end + 4..).unwrap_or_default().to_vec();
    if head.to_ascii_lowercase().contains("transfer-encoding: chunked") {
        (status, unchunk(&body))
    } else {
        (status, body)
    }
}

fn unchunk(mut body: &[u8]) -> Vec<u8> {
    let mut whole = Vec::new();
    while let Some(end) = body.windows(2).position(|window| window == b"\r\n") {
        let size = usize::from_str_radix(String::from_utf8_lossy(&body[..end]).trim(), 16).unwrap_or(0);
        let chunk = body.get(end + 2..end + 2 + size).unwrap_or_default();
        whole.extend_from_slice(chunk);
        body = body.get(end + 4 + size..).unwrap_or_default();
        if size == 0 {
            break;
        }
    }
    whole
}

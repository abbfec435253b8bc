//! Who may come in: requests that name this machine and carry the token.

use std::fmt;

use axum::{
    extract::{Request, State},
    http::{HeaderMap, StatusCode, header},
    middleware::Next,
    response::{IntoResponse, Response},
};

/// A secret that only this user's processes can read. Compared in constant time, never printed.
#[derive(Clone, PartialEq, Eq)]
pub struct Token(String);

impl Token {
    /// From text that was made unguessable elsewhere.
    pub fn new(secret: impl Into<String>) -> Token {
        Token(secret.into())
    }

    /// The secret itself, for whoever has a right to it.
    pub fn secret(&self) -> &str {
        &self.0
    }

    fn is(&self, offered: &str) -> bool {
        let (own, offered) = (self.0.as_bytes(), offered.as_bytes());
        let differing = own.iter().zip(offered).fold(0_u8, |acc, (a, b)| acc | (a ^ b));
        own.len() == offered.len() && std::hint::black_box(differing) == 0
    }
}

impl fmt::Debug for Token {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Token(…)")
    }
}

/// Lets a request pass or answers it: 400 for a `Host` that is not this machine's, 403 for a page of another origin,
/// 401 without the token.
pub(crate) async fn guard(State(token): State<Token>, request: Request, next: Next) -> Response {
    match check(&token, request.headers(), request.uri().query()) {
        Ok(()) => next.run(request).await,
        Err((status, reason)) => (status, reason).into_response(),
    }
}

fn check(token: &Token, headers: &HeaderMap, query: Option<&str>) -> Result<(), (StatusCode, &'static str)> {
    let mut hosts = headers.get_all(header::HOST).iter();
    // Two names are one too many: who checks the first may serve the second.
    let host = match (hosts.next(), hosts.next()) {
        (Some(host), None) => host.to_str().ok(),
        _ => None,
    };
    if !host.is_some_and(is_loopback) {
        return Err((
            StatusCode::BAD_REQUEST,
            "this address answers to 127.0.0.1, [::1] and localhost only\n",
        ));
    }
    let mut origins = headers.get_all(header::ORIGIN).iter().map(|origin| origin.to_str().unwrap_or("?"));
    let same = |origin: &str| origin.split_once("://").is_some_and(|(_, rest)| Some(rest) == host);
    if origins.any(|origin| !same(origin)) {
        return Err((StatusCode::FORBIDDEN, "pages of other origins may not read this\n"));
    }
    let bearer = headers.get(header::AUTHORIZATION).and_then(|it| it.to_str().ok()?.strip_prefix("Bearer "));
    let asked = query.and_then(|query| query.split('&').find_map(|pair| pair.strip_prefix("token=")));
    match bearer.or(asked) {
        Some(offered) if token.is(offered) => Ok(()),
        _ => Err((
            StatusCode::UNAUTHORIZED,
            "the token is missing or wrong; `spanglass trace ID --web` prints the address with it\n",
        )),
    }
}

/// Whether a `Host` header names the loopback interface by address or as `localhost`.
fn is_loopback(host: &str) -> bool {
    let (name, port) = match host.strip_prefix('[') {
        Some(rest) => rest.split_once(']').unwrap_or_default(),
        None => host.split_at(host.find(':').unwrap_or(host.len())),
    };
    let is_port = |port: &str| port.strip_prefix(':').is_some_and(|digits| digits.parse::<u16>().is_ok());
    let names_us = name.eq_ignore_ascii_case("localhost") || matches!(name, "127.0.0.1" | "::1");
    names_us && (port.is_empty() || is_port(port))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn status(host: &str, origin: Option<&str>, query: Option<&str>) -> u16 {
        let mut headers = HeaderMap::new();
        if let Ok(host) = host.parse() {
            headers.insert(header::HOST, host);
        }
        if let Some(origin) = origin {
            headers.insert(header::ORIGIN, origin.parse().unwrap());
        }
        check(&Token::new("s3cret"), &headers, query).map_or_else(|(status, _)| status.as_u16(), |()| 200)
    }

    #[test]
    fn only_this_machines_own_names_are_answered() {
        let token = Some("x=1&token=s3cret");
        for host in ["127.0.0.1:4000", "localhost:4000", "LOCALHOST", "[::1]:4000"] {
            assert_eq!(status(host, None, token), 200, "{host}");
        }
        for host in [
            "evil.example",
            "localhost.evil.example",
            "127.1",
            "0.0.0.0:4000",
            "[::1",
            "",
            "127.0.0.1.nip.io",
            "localhost:x",
            "localhost:1:2",
            "[::1]evil.example",
        ] {
            assert_eq!(status(host, None, token), 400, "{host}");
        }
    }

    #[test]
    fn other_origins_and_wrong_tokens_are_refused() {
        let token = Some("token=s3cret");
        assert_eq!(status("127.0.0.1:4000", Some("http://127.0.0.1:4000"), token), 200);
        assert_eq!(status("127.0.0.1:4000", Some("http://127.0.0.1:5000"), token), 403);
        assert_eq!(status("127.0.0.1:4000", Some("null"), token), 403);
        assert_eq!(status("127.0.0.1:4000", None, Some("token=s3cre")), 401);
        assert_eq!(status("127.0.0.1:4000", None, None), 401);
    }

    #[test]
    fn the_token_is_never_printed() {
        assert_eq!(format!("{:?}", Token::new("s3cret")), "Token(…)");
    }
}

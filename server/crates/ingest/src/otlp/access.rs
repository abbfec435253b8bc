//! Who may send: loopback is no wall, any web page the user visits can reach it (DNS rebinding, cross-site requests).

use std::net::{Ipv4Addr, Ipv6Addr};

use axum::{
    http::{HeaderMap, StatusCode, Uri, header},
    response::{IntoResponse, Response},
};

/// Who may send. The default takes requests that name a loopback address or `localhost` and come from no browser.
#[derive(Clone, Default)]
pub struct Access {
    /// Further names that the `Host` header may have, without port, for example `host.docker.internal`. `*` stands for
    /// any, and only counts when there is a token.
    pub hosts: Vec<String>,
    /// Origins of browsers that may send, for example `http://localhost:3000`; compared whole, case ignored.
    pub origins: Vec<String>,
    /// When set, requests must carry it as `Authorization: Bearer`.
    pub token: Option<String>,
}

/// Why a request is not let in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Denied {
    MalformedHost,
    Host,
    Origin,
    Token,
}

impl Access {
    /// Checks target, `Host`, `Origin` and `Authorization`.
    pub(super) fn check(&self, uri: &Uri, headers: &HeaderMap) -> Result<(), Denied> {
        self.check_source(uri, headers)?;
        self.check_token(headers)
    }

    /// Checks target, `Host` and `Origin` only: a preflight never carries a token.
    pub(super) fn check_source(&self, uri: &Uri, headers: &HeaderMap) -> Result<(), Denied> {
        // HTTP/2 has `:authority`, which is the target's, instead of `Host` or beside it (RFC 9113, section 8.3.1).
        let mut hosts = headers.get_all(header::HOST).iter();
        match (hosts.next(), hosts.next(), uri.authority()) {
            (Some(host), None, _) => self.check_host(host.to_str().map_err(|_| Denied::MalformedHost)?)?,
            (None, None, Some(_)) => {}
            _ => return Err(Denied::MalformedHost),
        }
        if let Some(authority) = uri.authority() {
            self.check_host(authority.as_str())?;
        }
        for origin in headers.get_all(header::ORIGIN) {
            let origin = origin.to_str().map_err(|_| Denied::Origin)?;
            if !self.origins.iter().any(|allowed| allowed.eq_ignore_ascii_case(origin)) {
                return Err(Denied::Origin);
            }
        }
        Ok(())
    }

    fn check_host(&self, host: &str) -> Result<(), Denied> {
        let name = host_name(host).ok_or(Denied::MalformedHost)?;
        let loopback = match name.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')) {
            Some(address) => address.parse().is_ok_and(|address: Ipv6Addr| address.is_loopback()),
            None => {
                name.eq_ignore_ascii_case("localhost")
                    || name.parse().is_ok_and(|address: Ipv4Addr| address.is_loopback())
            }
        };
        let is_named =
            |allowed: &String| allowed.eq_ignore_ascii_case(name) || (allowed == "*" && self.token.is_some());
        let allowed = loopback || self.hosts.iter().any(is_named);
        if allowed { Ok(()) } else { Err(Denied::Host) }
    }

    fn check_token(&self, headers: &HeaderMap) -> Result<(), Denied> {
        let Some(token) = &self.token else {
            return Ok(());
        };
        let sent = headers.get(header::AUTHORIZATION).map_or(&b""[..], |value| value.as_bytes());
        let sent = match sent.split_at_checked(7) {
            Some((scheme, sent)) if scheme.eq_ignore_ascii_case(b"bearer ") => sent,
            _ => b"",
        };
        if same(sent, token.as_bytes()) { Ok(()) } else { Err(Denied::Token) }
    }
}

impl std::fmt::Debug for Access {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let token = self.token.as_ref().map(|_| "…");
        f.debug_struct("Access")
            .field("hosts", &self.hosts)
            .field("origins", &self.origins)
            .field("token", &token)
            .finish()
    }
}

impl Denied {
    /// Why, in words.
    pub(super) fn reason(self) -> &'static str {
        match self {
            Denied::MalformedHost => "the Host header is missing or malformed",
            Denied::Host => {
                "the Host header must be localhost or a loopback address; allow further names in the settings"
            }
            Denied::Origin => "this origin may not send; allow it in the settings if it should",
            Denied::Token => "the token is missing or wrong",
        }
    }
}

impl IntoResponse for Denied {
    fn into_response(self) -> Response {
        let status = match self {
            Denied::MalformedHost => StatusCode::BAD_REQUEST,
            Denied::Host | Denied::Origin => StatusCode::FORBIDDEN,
            Denied::Token => StatusCode::UNAUTHORIZED,
        };
        let text = format!("{}\n", self.reason());
        if self == Denied::Token {
            return (status, [(header::WWW_AUTHENTICATE, "Bearer")], text).into_response();
        }
        (status, text).into_response()
    }
}

/// The name of `name[:port]`, with the brackets of an IPv6 address.
fn host_name(host: &str) -> Option<&str> {
    let end = match host.strip_prefix('[') {
        Some(rest) => rest.find(']')? + 2,
        None => host.find(':').unwrap_or(host.len()),
    };
    let (name, port) = host.split_at_checked(end)?;
    let port_is_good = match port.strip_prefix(':') {
        Some(digits) => digits.is_empty() || digits.parse::<u16>().is_ok(),
        None => port.is_empty(),
    };
    (port_is_good && !name.is_empty()).then_some(name)
}

/// Whether two texts are the same, in a time that tells nothing of where they differ.
fn same(left: &[u8], right: &[u8]) -> bool {
    let differences = left.iter().zip(right).fold(0_u8, |seen, (a, b)| seen | (a ^ b));
    left.len() == right.len() && std::hint::black_box(differences) == 0
}

#[cfg(test)]
mod tests {
    use expect_test::expect;

    use super::*;

    fn verdict(access: &Access, host: Option<&[u8]>, origin: Option<&str>) -> String {
        let mut headers = HeaderMap::new();
        if let Some(host) = host {
            headers.insert(header::HOST, axum::http::HeaderValue::from_bytes(host).unwrap());
        }
        if let Some(origin) = origin {
            headers.insert(header::ORIGIN, origin.parse().unwrap());
        }
        match access.check(&Uri::from_static("/v1/traces"), &headers) {
            Ok(()) => "ok".to_owned(),
            Err(denied) => format!("{denied:?}"),
        }
    }

    #[test]
    fn only_loopback_names_are_let_in() {
        let access = Access { hosts: vec!["host.docker.internal".to_owned()], ..Access::default() };
        let hosts: [&[u8]; 22] = [
            b"localhost",
            b"LOCALHOST:4318",
            b"127.0.0.1:4318",
            b"127.9.9.9",
            b"[::1]:4318",
            b"host.docker.internal:4318",
            b"evil.com",
            b"localhost.evil.com",
            b"localhost@evil.com",
            b"127.1",
            b"0.0.0.0:4318",
            b"0x7f000001",
            b"2130706433",
            b"[::ffff:127.0.0.1]",
            b"[::]",
            b"[fe80::1%25lo]",
            b"[::1",
            b"localhost:99999",
            b"localhost:4318:1",
            b"",
            b":4318",
            b"localhost\xff",
        ];
        let mut report: String = hosts
            .iter()
            .map(|host| format!("{} {}\n", String::from_utf8_lossy(host), verdict(&access, Some(host), None)))
            .collect();
        report.push_str(&format!("(absent) {}\n", verdict(&access, None, None)));
        expect![[r#"
            localhost ok
            LOCALHOST:4318 ok
            127.0.0.1:4318 ok
            127.9.9.9 ok
            [::1]:4318 ok
            host.docker.internal:4318 ok
            evil.com Host
            localhost.evil.com Host
            localhost@evil.com Host
            127.1 Host
            0.0.0.0:4318 Host
            0x7f000001 Host
            2130706433 Host
            [::ffff:127.0.0.1] Host
            [::] Host
            [fe80::1%25lo] Host
            [::1 MalformedHost
            localhost:99999 MalformedHost
            localhost:4318:1 MalformedHost
             MalformedHost
            :4318 MalformedHost
            localhost� MalformedHost
            (absent) MalformedHost
        "#]]
        .assert_eq(&report);
    }

    #[test]
    fn any_name_is_let_in_only_with_a_token() {
        let any = Access { hosts: vec!["*".to_owned()], ..Access::default() };
        assert_eq!(verdict(&any, Some(b"build-box"), None), "Host");
        let any = Access { token: Some("s3cret".to_owned()), ..any };
        assert_eq!(verdict(&any, Some(b"build-box"), None), "Token");
        assert_eq!(verdict(&any, Some(b"build-box:x"), None), "MalformedHost");
    }

    /// The check never fails otherwise than by saying no, whatever bytes a header may hold.
    #[test]
    fn every_byte_in_every_place_is_judged() {
        let access = Access { origins: vec!["http://localhost:3000".to_owned()], ..Access::default() };
        for golden in [&b"localhost:4318"[..], b"[::1]:4318", b"127.0.0.1", b"", b"["] {
            for at in 0..=golden.len() {
                for byte in (0..=u8::MAX).filter(|byte| *byte == b'\t' || (*byte >= 32 && *byte != 127)) {
                    let mut host = golden.to_vec();
                    host.insert(at, byte);
                    let let_in = verdict(&access, Some(&host), None) == "ok";
                    let name = String::from_utf8_lossy(&host).to_ascii_lowercase();
                    let inside = name.strip_prefix('[').and_then(|rest| Some(rest.split_once(']')?.0));
                    let is_v6 =
                        inside.is_some_and(|it| it.parse().is_ok_and(|it: Ipv6Addr| it.is_loopback()));
                    let is_ours = is_v6 || ["localhost", "127."].iter().any(|ours| name.starts_with(ours));
                    assert!(!let_in || is_ours, "{name:?} came in");
                }
            }
        }
    }

    #[test]
    fn browsers_are_let_in_only_by_name() {
        let open = Access { origins: vec!["http://localhost:3000".to_owned()], ..Access::default() };
        let origins = [
            "http://localhost:3000",
            "http://LOCALHOST:3000",
            "http://localhost:3001",
            "null",
            "https://evil.com",
        ];
        let report: String = origins
            .iter()
            .map(|origin| {
                let (shut, open) = (Access::default(), &open);
                let verdicts = [&shut, open].map(|access| verdict(access, Some(b"localhost"), Some(origin)));
                format!("{origin} {}\n", verdicts.join(" "))
            })
            .collect();
        expect![[r#"
            http://localhost:3000 Origin ok
            http://LOCALHOST:3000 Origin ok
            http://localhost:3001 Origin Origin
            null Origin Origin
            https://evil.com Origin Origin
        "#]]
        .assert_eq(&report);
    }

    #[test]
    fn a_token_is_compared_whole() {
        let access = Access { token: Some("secret".to_owned()), ..Access::default() };
        for (sent, good) in [
            ("Bearer secret", true),
            ("bearer secret", true),
            ("Bearer secre", false),
            ("Basic secret", false),
            ("", false),
        ] {
            let mut headers = HeaderMap::new();
            headers.insert(header::HOST, "localhost".parse().unwrap());
            headers.insert(header::AUTHORIZATION, sent.parse().unwrap());
            assert_eq!(access.check(&Uri::from_static("/"), &headers).is_ok(), good, "{sent}");
        }
        assert!(!format!("{access:?}").contains("secret"));
    }

    #[test]
    fn the_target_counts_as_a_host_too() {
        let mut headers = HeaderMap::new();
        headers.insert(header::HOST, "localhost".parse().unwrap());
        let target = Uri::from_static("http://evil.com/v1/traces");
        assert_eq!(Access::default().check(&target, &headers), Err(Denied::Host));
    }
}

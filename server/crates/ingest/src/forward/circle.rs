//! Whether an address leads back to the receiver.

use std::net::{IpAddr, SocketAddr, UdpSocket};

use reqwest::Url;
use tokio::net::lookup_host;

/// Whether `url` names one of the addresses that are listened on. A name that cannot be resolved now does not.
pub(super) async fn leads_back(url: &Url, own: &[SocketAddr]) -> bool {
    let (Some(host), Some(port)) = (url.host_str(), url.port_or_known_default()) else {
        return false;
    };
    if !own.iter().any(|own| own.port() == port) {
        return false;
    }
    let host = host.trim_start_matches('[').trim_end_matches(']');
    let Ok(named) = lookup_host((host, port)).await else {
        return false;
    };
    named.into_iter().any(|named| own.iter().any(|own| reaches(named, *own)))
}

fn reaches(named: SocketAddr, own: SocketAddr) -> bool {
    if named.port() != own.port() {
        return false;
    }
    let (named, own) = (named.ip().to_canonical(), own.ip().to_canonical());
    // An unspecified address leads to loopback, and the receiver has both loopback addresses where it can.
    let is_loopback = |ip: IpAddr| ip.is_loopback() || ip.is_unspecified();
    named == own || (is_loopback(named) && is_loopback(own)) || (own.is_unspecified() && is_here(named))
}

/// Whether `ip` is an address of this machine: only those can be bound.
fn is_here(ip: IpAddr) -> bool {
    UdpSocket::bind((ip, 0)).is_ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn every_name_of_the_receiver_is_recognised() {
        let own = ["127.0.0.1:4318".parse().unwrap(), "127.0.0.1:4317".parse().unwrap()];
        for (url, expected) in [
            ("http://127.0.0.1:4318", true),
            ("http://localhost:4318/v1/traces", true),
            ("http://[::1]:4318", true),
            ("http://127.0.0.2:4317", true),
            ("http://0.0.0.0:4317", true),
            ("http://[::ffff:127.0.0.1]:4317", true),
            ("http://127.0.0.1:4319", false),
            ("http://192.0.2.1:4318", false),
            ("http://127.0.0.1", false),
        ] {
            assert_eq!(leads_back(&Url::parse(url).unwrap(), &own).await, expected, "{url}");
        }
        let everywhere = ["0.0.0.0:80".parse().unwrap()];
        assert!(leads_back(&Url::parse("http://127.0.0.1").unwrap(), &everywhere).await);
        assert!(!leads_back(&Url::parse("http://192.0.2.1").unwrap(), &everywhere).await);
    }
}

//! Roles among real processes, real ports and real locks.

use std::{
    fs,
    io::{BufRead as _, BufReader},
    path::Path,
    process::{Command, Stdio},
    sync::Arc,
    time::Duration,
};

use axum::{Json, Router, extract::State, http::HeaderMap, routing::get};
use tempfile::TempDir;
use tokio::time::timeout;

use super::*;

/// Serves what a host serves for probes, for this process and `token`.
async fn api(token: &str) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let status = |State(token): State<Arc<str>>, headers: HeaderMap| async move {
        let sent = headers.get("authorization").and_then(|value| value.to_str().ok());
        match sent == Some(&format!("Bearer {token}")) {
            true => Ok(Json(serde_json::json!({ "pid": std::process::id() }))),
            false => Err(axum::http::StatusCode::UNAUTHORIZED),
        }
    };
    let router = Router::new().route("/api/status", get(status)).with_state(Arc::from(token));
    tokio::spawn(async move { axum::serve(listener, router).await });
    format!("http://{address}")
}

async fn settings(folder: &Path) -> Settings {
    let token = new_token().unwrap();
    Settings {
        address: "127.0.0.1:0".to_owned(),
        data_dir: folder.to_owned(),
        api: api(&token).await,
        token,
        any_port_instead: false,
        beyond_loopback: false,
    }
}

fn hosting(role: Role) -> Hosting {
    match role {
        Role::Hosting(hosting) => hosting,
        other => panic!("should host: {other:?}"),
    }
}

fn off(role: Role) -> String {
    match role {
        Role::Off { reason } => reason,
        other => panic!("should be off: {other:?}"),
    }
}

#[tokio::test]
async fn the_first_hosts_and_the_second_follows_until_it_goes() {
    let folder = TempDir::new().unwrap();
    let (first, second) = (settings(folder.path()).await, settings(folder.path()).await);
    let host = hosting(take(&first).await);
    assert_eq!(host.notice, None);
    match take(&second).await {
        Role::Following(info) => {
            assert_eq!((info.pid, &info.token, &info.api), (std::process::id(), &first.token, &first.api));
            assert_eq!(info.otlp, host.address.to_string());
            assert!(!format!("{info:?}").contains(&first.token));
        }
        other => panic!("should follow: {other:?}"),
    }
    drop(host);
    assert!(!folder.path().join("run/host.json").exists());
    assert_eq!(find_host(folder.path()).await, None);
    hosting(take(&second).await);
}

#[cfg(unix)]
#[tokio::test]
async fn only_the_user_can_read_the_token() {
    use std::os::unix::fs::PermissionsExt as _;
    let folder = TempDir::new().unwrap();
    let _host = hosting(take(&settings(folder.path()).await).await);
    let mode = |path: &str| fs::metadata(folder.path().join(path)).unwrap().permissions().mode() & 0o777;
    assert_eq!((mode("run"), mode("run/host.json"), mode("run/host.lock")), (0o700, 0o600, 0o600));
}

#[tokio::test]
async fn what_a_dead_host_left_is_replaced() {
    let folder = TempDir::new().unwrap();
    let settings = settings(folder.path()).await;
    fs::create_dir(folder.path().join("run")).unwrap();
    let stale = HostInfo {
        pid: 1,
        otlp: "127.0.0.1:4318".to_owned(),
        // Another program has the port by now: it answers, but not as that process.
        api: settings.api.clone(),
        token: settings.token.clone(),
        version: "0".to_owned(),
    };
    host::write(&folder.path().join("run"), &stale).unwrap();
    assert_eq!(find_host(folder.path()).await, None);
    let _host = hosting(take(&settings).await);
    assert_eq!(find_host(folder.path()).await.unwrap().pid, std::process::id());
}

#[tokio::test]
async fn a_token_is_sent_to_this_machine_only() {
    let folder = TempDir::new().unwrap();
    for api in ["http://192.0.2.1:80", "http://evil.example:80", "nonsense", "http://127.0.0.1.evil.example"]
    {
        let host = HostInfo {
            pid: 1,
            otlp: String::new(),
            api: api.to_owned(),
            token: "secret".to_owned(),
            version: String::new(),
        };
        host::write(folder.path(), &host).unwrap();
        assert_eq!(host::read(folder.path()), None, "{api}");
    }
}

#[tokio::test]
async fn a_port_in_use_is_explained() {
    let folder = TempDir::new().unwrap();
    let taken = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = taken.local_addr().unwrap().to_string();
    let wanted = Settings { address: address.clone(), ..settings(folder.path()).await };
    let reason = off(take(&wanted).await);
    assert!(reason.starts_with(&format!("{address} is in use by ")), "{reason}");
    assert!(reason.contains("SPANGLASS_RECEIVER__HTTP"), "{reason}");
    if cfg!(target_os = "linux") {
        assert!(reason.contains(&format!("(process {})", std::process::id())), "{reason}");
    }
    let host = hosting(take(&Settings { any_port_instead: true, ..wanted }).await);
    assert_ne!(host.address.to_string(), address);
    assert!(host.notice.unwrap().contains("another port was taken instead"));
}

#[tokio::test]
async fn both_loopback_addresses_are_listened_on() {
    let folder = TempDir::new().unwrap();
    let host = hosting(take(&settings(folder.path()).await).await);
    assert!(tokio::net::TcpStream::connect(host.address).await.is_ok());
    let twin = SocketAddr::from((Ipv6Addr::LOCALHOST, host.address.port()));
    if TcpListener::bind((Ipv6Addr::LOCALHOST, 0)).await.is_err() {
        let text = "SKIPPED: this machine has no ::1\n";
        return drop(std::io::Write::write_all(&mut std::io::stderr(), text.as_bytes()));
    }
    assert!(tokio::net::TcpStream::connect(twin).await.is_ok());
}

#[tokio::test]
async fn addresses_that_cannot_be_used_say_why() {
    let folder = TempDir::new().unwrap();
    let base = settings(folder.path()).await;
    for (address, expected) in [
        ("0.0.0.0:0", "which others on the network can reach"),
        ("[::]:0", "which others on the network can reach"),
        ("4318", "is not address:port"),
        ("127.0.0.1:99999", "is not address:port"),
        ("", "is not address:port"),
    ] {
        let reason = off(take(&Settings { address: address.to_owned(), ..base.clone() }).await);
        assert!(reason.contains(expected), "{address}: {reason}");
    }
    hosting(take(&Settings { address: "localhost:0".to_owned(), ..base.clone() }).await);
    hosting(take(&Settings { address: "0.0.0.0:0".to_owned(), beyond_loopback: true, ..base }).await);
}

#[tokio::test]
async fn without_a_folder_it_hosts_alone_and_says_so() {
    let folder = TempDir::new().unwrap();
    let file = folder.path().join("file");
    fs::write(&file, "in the way").unwrap();
    let host = hosting(take(&settings(&file).await).await);
    assert!(host.notice.unwrap().contains("other windows cannot read through this one"));
}

#[tokio::test(start_paused = true)]
async fn a_silent_holder_of_the_lock_is_named() {
    let folder = TempDir::new().unwrap();
    let settings = settings(folder.path()).await;
    let lease = lease::take(&folder.path().join("run"));
    let reason = off(take(&settings).await);
    assert!(reason.contains(&format!("process {} of Spanglass", std::process::id())), "{reason}");
    drop(lease);
}

#[tokio::test]
async fn a_host_killed_with_9_is_followed_by_the_next_within_a_second() {
    let folder = TempDir::new().unwrap();
    let settings = settings(folder.path()).await;
    let mut child = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "lead::tests::child_that_hosts", "--nocapture"])
        .env("SPANGLASS_HOST_FOLDER", folder.path())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut lines = BufReader::new(child.stdout.take().unwrap()).lines().map_while(Result::ok);
    let port = lines.find_map(|line| line.strip_prefix("hosting ").map(String::from)).unwrap();
    match take(&settings).await {
        Role::Following(info) => assert_eq!(info.pid, child.id()),
        other => panic!("should follow: {other:?}"),
    }
    child.kill().unwrap();
    child.wait().unwrap();
    let same_port = Settings { address: port.clone(), ..settings };
    let next = timeout(Duration::from_secs(1), take(&same_port)).await.unwrap();
    assert_eq!(hosting(next).address.to_string(), port);
}

/// The child's part: hosts until it is killed.
#[tokio::test]
async fn child_that_hosts() {
    let Some(folder) = std::env::var_os("SPANGLASS_HOST_FOLDER") else { return };
    let host = hosting(take(&settings(Path::new(&folder)).await).await);
    std::io::Write::write_all(&mut std::io::stdout(), format!("\nhosting {}\n", host.address).as_bytes())
        .unwrap();
    std::future::pending::<()>().await;
}

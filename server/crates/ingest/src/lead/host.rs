//! `host.json`: where the host is, for processes of the same user.

use std::{
    fs, io,
    io::Write as _,
    path::{Path, PathBuf},
};

use serde::{Deserialize, Serialize};

use crate::limits;

/// A process that hosts the receiver, as `host.json` describes it.
#[derive(Clone, Serialize, Deserialize, PartialEq, Eq)]
pub struct HostInfo {
    /// The process.
    pub pid: u32,
    /// Where apps send OTLP over HTTP, as `address:port`.
    pub otlp: String,
    /// Base address of its interface for others, for example `http://127.0.0.1:40123`.
    pub api: String,
    /// What that interface asks for.
    pub token: String,
    /// Version of the program.
    pub version: String,
}

impl std::fmt::Debug for HostInfo {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("HostInfo")
            .field("pid", &self.pid)
            .field("otlp", &self.otlp)
            .field("api", &self.api)
            .field("version", &self.version)
            .finish_non_exhaustive()
    }
}

/// The host of a data folder, if one runs and answers.
pub async fn find_host(data_dir: &Path) -> Option<HostInfo> {
    let host = read(&data_dir.join("run"))?;
    answers(&host).await.then_some(host)
}

pub(super) fn path(folder: &Path) -> PathBuf {
    folder.join("host.json")
}

/// What the file says; `None` when there is none or it makes no sense.
pub(super) fn read(folder: &Path) -> Option<HostInfo> {
    let text = fs::read_to_string(path(folder)).ok()?;
    let host: HostInfo = serde_json::from_str(&text).ok()?;
    // The token is for this machine only, whatever the file says.
    is_loopback(&host.api).then_some(host)
}

/// Writes the file for this user alone, whole or not at all.
pub(super) fn write(folder: &Path, host: &HostInfo) -> io::Result<()> {
    let text = serde_json::to_string_pretty(host).map_err(io::Error::other)?;
    let draft = folder.join(format!("host.{}.tmp", std::process::id()));
    let mut options = fs::OpenOptions::new();
    options.write(true).create(true).truncate(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let written = options.open(&draft).and_then(|mut file| file.write_all(text.as_bytes()));
    written.and_then(|()| fs::rename(&draft, path(folder))).inspect_err(|_| {
        let _ = fs::remove_file(&draft);
    })
}

/// Whether the process behind `host` is there and is the one that wrote the file: a port may belong to another
/// program by now.
async fn answers(host: &HostInfo) -> bool {
    let Ok(client) = crate::send::local_client() else {
        return false;
    };
    let request = client.get(format!("{}/api/status", host.api)).bearer_auth(&host.token);
    let Ok(answer) = request.timeout(limits::PROBE_TIMEOUT).send().await else {
        return false;
    };
    if !answer.status().is_success() {
        return false;
    }
    let status: Option<serde_json::Value> = answer.json().await.ok();
    status.and_then(|status| status.get("pid")?.as_u64()) == Some(u64::from(host.pid))
}

fn is_loopback(address: &str) -> bool {
    let Ok(url) = reqwest::Url::parse(address) else {
        return false;
    };
    let name = url.host_str().unwrap_or("").trim_start_matches('[').trim_end_matches(']');
    name == "localhost" || name.parse().is_ok_and(|ip: std::net::IpAddr| ip.is_loopback())
}

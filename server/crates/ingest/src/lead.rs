//! Who hosts the receiver: the first process of a data folder does, the others read through it.
//!
//! A lock on `run/host.lock` elects: the kernel frees it when its holder dies, however it dies, so a successor never
//! waits for a dead host. `run/host.json`, which only this user can read, tells the others where the host is and
//! which token it asks for.

mod host;
mod lease;
mod port;
#[cfg(test)]
mod tests;

use std::{
    io,
    net::{IpAddr, Ipv6Addr, SocketAddr},
    path::{Path, PathBuf},
};

use tokio::{
    net::{TcpListener, lookup_host},
    time::{Instant, sleep},
};

use crate::{limits, otlp::Listeners};

pub use host::{HostInfo, find_host};
pub use lease::Lease;
use lease::Taken;

/// What must be known to take a role.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Settings {
    /// Where to receive OTLP over HTTP, as `address:port`; port 0 is any free one.
    pub address: String,
    /// The folder that all processes of one user share; the files lie in `run` below it.
    pub data_dir: PathBuf,
    /// Base address of this process's own interface for others, for example `http://127.0.0.1:40123`.
    pub api: String,
    /// What that interface asks for, see [`new_token`].
    pub token: String,
    /// Whether to take any free port when the wanted one is taken. Apps must then be told where to send.
    pub any_port_instead: bool,
    /// Whether an address that others on the network can reach is wanted.
    pub beyond_loopback: bool,
}

/// What this process is to the others.
#[derive(Debug)]
pub enum Role {
    /// It hosts: serve [`Hosting::listener`], and keep [`Hosting::lease`] for as long.
    Hosting(Hosting),
    /// Another process does, and answers.
    Following(HostInfo),
    /// Nobody does, or somebody who does not share.
    Off {
        /// One sentence: what is in the way, and what to do.
        reason: String,
    },
}

/// A port held, and the right to it.
#[derive(Debug)]
pub struct Hosting {
    /// Where apps send, with the real port.
    pub address: SocketAddr,
    /// What to serve; on loopback both `127.0.0.1` and `::1`, where that can be had.
    pub listener: Listeners,
    /// What the user should know, for example that another port was taken; one sentence.
    pub notice: Option<String>,
    /// Held while hosting; dropping it takes `host.json` away and lets the next process host.
    pub lease: Lease,
}

/// Decides what this process is: follows a host that answers, else hosts, else says why it can do neither. Takes
/// milliseconds; up to three seconds when another process is just starting or dying.
///
/// To take over when a host goes, call it again.
pub async fn take(settings: &Settings) -> Role {
    let folder = settings.data_dir.join("run");
    let deadline = Instant::now() + limits::ELECTION_TIMEOUT;
    loop {
        match lease::take(&folder) {
            Taken::Ours(lease) => return host(settings, lease).await,
            Taken::Theirs { pid } => {
                if let Some(host) = find_host(&settings.data_dir).await {
                    return Role::Following(host);
                }
                if Instant::now() >= deadline {
                    return Role::Off { reason: silent_holder(&folder, pid) };
                }
            }
        }
        // The holder has not written host.json yet, or is about to end.
        sleep(limits::ELECTION_PAUSE).await;
    }
}

/// A new secret: 256 bits from the operating system, in hexadecimal digits.
///
/// # Errors
/// When the operating system has no randomness to give.
pub fn new_token() -> io::Result<String> {
    let mut bytes = [0_u8; 32];
    getrandom::fill(&mut bytes).map_err(io::Error::other)?;
    Ok(bytes.iter().map(|byte| format!("{byte:02x}")).collect())
}

async fn host(settings: &Settings, mut lease: Lease) -> Role {
    let problem = lease.problem().map(|problem| {
        format!("other windows cannot read through this one, because {problem}; set data_dir to a folder that can be written")
    });
    let wanted = Wanted {
        setting: "receiver.http",
        address: &settings.address,
        any_port_instead: settings.any_port_instead,
        beyond_loopback: settings.beyond_loopback,
    };
    let Listening { address, listener, notice } = match listen(&wanted).await {
        Ok(listening) => listening,
        Err(reason) => return Role::Off { reason },
    };
    let mut notice = notice.or(problem);
    if let Err(error) = lease.announce(&settings.api, &settings.token, address) {
        notice = Some(format!("other windows cannot read through this one: {error}"));
    }
    Role::Hosting(Hosting { address, listener, notice, lease })
}

/// An address that is to be listened on.
#[derive(Clone, Copy, Debug)]
pub struct Wanted<'a> {
    /// The setting that names it.
    pub setting: &'static str,
    /// What it says, `address:port`; port 0 is any free one.
    pub address: &'a str,
    /// Whether to take any free port when the wanted one is taken.
    pub any_port_instead: bool,
    /// Whether an address that others on the network can reach is wanted.
    pub beyond_loopback: bool,
}

/// A port held.
#[derive(Debug)]
pub struct Listening {
    /// With the real port.
    pub address: SocketAddr,
    /// What to serve; on loopback both `127.0.0.1` and `::1`, where that can be had.
    pub listener: Listeners,
    /// That another port was taken, and why; one clause.
    pub notice: Option<String>,
}

/// Listens where it is wanted, or on any free port instead.
///
/// # Errors
/// One sentence: what is in the way, and what to do.
pub async fn listen(wanted: &Wanted<'_>) -> Result<Listening, String> {
    let address = resolve(wanted).await?;
    let mut notice = None;
    let listener = match TcpListener::bind(address).await {
        Ok(listener) => listener,
        Err(error) => {
            let reason = port::why_not(address, &error).await;
            let any = SocketAddr::new(address.ip(), 0);
            match TcpListener::bind(any).await {
                Ok(listener) if wanted.any_port_instead && address.port() != 0 => {
                    notice = Some(format!("{reason}; another port was taken instead"));
                    listener
                }
                _ => return Err(format!("{reason}; {}", remedy(wanted.setting))),
            }
        }
    };
    let address = listener.local_addr().unwrap_or(address);
    Ok(Listening { address, listener: with_twin(listener, address).await, notice })
}

fn remedy(setting: &str) -> String {
    let variable = setting.replace('.', "__").to_ascii_uppercase();
    format!(
        "end that program, or choose another port with {setting} (SPANGLASS_{variable}) and have apps send there \
         (OTEL_EXPORTER_OTLP_ENDPOINT)"
    )
}

/// The address to bind, or why it cannot be used.
async fn resolve(wanted: &Wanted<'_>) -> Result<SocketAddr, String> {
    let Wanted { setting, address: said, beyond_loopback, .. } = *wanted;
    let wanted = said.trim();
    let bad = || format!("{setting} is not address:port ({wanted}), such as 127.0.0.1:4318");
    let mut found = lookup_host(wanted).await.map_err(|_| bad())?;
    let address = match wanted.rsplit_once(':') {
        // Both families may answer; the twin gets the other.
        Some(("localhost", _)) => found.find(SocketAddr::is_ipv4).or_else(|| found.next()),
        _ => found.next(),
    };
    let address = address.ok_or_else(bad)?;
    if !address.ip().is_loopback() && !beyond_loopback {
        return Err(format!(
            "{setting} names {}, which others on the network can reach; name 127.0.0.1, or set receiver.expose = true and a receiver.token",
            address.ip()
        ));
    }
    Ok(address)
}

/// Some SDKs resolve `localhost` to `::1` first. Another program that has it already keeps it.
async fn with_twin(listener: TcpListener, address: SocketAddr) -> Listeners {
    let listeners = Listeners::from(listener);
    if address.ip() != IpAddr::from([127, 0, 0, 1]) {
        return listeners;
    }
    match TcpListener::bind((Ipv6Addr::LOCALHOST, address.port())).await {
        Ok(twin) => listeners.and(twin),
        Err(error) => {
            tracing::debug!(%error, port = address.port(), "::1 is not listened on");
            listeners
        }
    }
}

fn silent_holder(folder: &Path, pid: Option<u32>) -> String {
    let who = pid.map_or_else(|| "another process".to_owned(), |pid| format!("process {pid}"));
    format!(
        "{who} of Spanglass hosts the receiver ({}) and does not answer; end it, and this one takes over",
        folder.display()
    )
}

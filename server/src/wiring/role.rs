//! Who hosts the receiver: this process, another one through which spans are then read, or nobody.

use std::{sync::Arc, time::Duration};

use futures::FutureExt as _;
use ingest::{
    follow,
    lead::{self, HostInfo, Hosting, Role},
    otlp::Access,
};
use tokio::sync::{mpsc, watch};
use world::{Effects, Handle};

use super::{
    Page,
    backends::Polling,
    keep::Keeper,
    receiver::{self, Receiving, Rules},
};
use crate::config::{Config, Origin};

/// Between two tries to get hold of a port that somebody else has.
const RETRY: Duration = Duration::from_secs(5);

/// What this process is to the others.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum RoleState {
    /// Nothing is decided yet.
    Undecided,
    /// It hosts the receiver.
    Hosting {
        /// `address:port`.
        address: String,
        /// `address:port` of gRPC, where it is received.
        grpc: Option<String>,
        /// What the user should know, in one sentence.
        notice: Option<String>,
    },
    /// It reads through the process that does.
    Following {
        /// That process.
        pid: u32,
        /// Where that one receives.
        address: String,
    },
    /// Nobody does, or somebody who does not share.
    Off {
        /// Why, and what to do.
        reason: String,
        /// Whether that is how it was set.
        is_wanted: bool,
    },
}

/// Where spans come from, for people.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Source {
    /// `hosting 127.0.0.1:4318` and the like.
    pub(crate) label: String,
    /// What is wrong and what to do.
    pub(crate) problem: Option<String>,
}

/// What the task needs.
#[derive(Debug)]
pub(super) struct Surroundings {
    pub(super) world: Handle,
    pub(super) nudge: mpsc::UnboundedSender<Effects>,
    pub(super) config: Config,
    pub(super) journal: web::Journal,
    pub(super) page: Page,
    pub(super) receiving: Receiving,
    pub(super) role: watch::Sender<RoleState>,
    pub(super) stop: watch::Receiver<bool>,
}

impl RoleState {
    /// In words.
    pub(crate) fn source(&self) -> Source {
        let (label, problem) = match self {
            RoleState::Undecided => ("starting".to_owned(), None),
            RoleState::Hosting { address, grpc, notice } => {
                let grpc = grpc.as_ref().map(|grpc| format!(" and {grpc} (gRPC)")).unwrap_or_default();
                (format!("hosting {address}{grpc}"), notice.clone())
            }
            RoleState::Following { pid, address } => {
                (format!("reading through process {pid}, which hosts {address}"), None)
            }
            RoleState::Off { reason, is_wanted } => {
                (format!("off: {reason}"), (!is_wanted).then(|| reason.clone()))
            }
        };
        Source { label, problem }
    }
}

impl Source {
    /// The label alone.
    pub(crate) fn label(self) -> String {
        self.label
    }
}

/// Takes a role, keeps it while it lasts, and takes the next, until told to stop.
pub(super) async fn keep(around: Surroundings) {
    let address = around.config.text("receiver.http").to_owned();
    if address == "off" {
        return poll_only(&around).await;
    }
    let settings = lead::Settings {
        address,
        data_dir: around.config.data_dir(),
        api: around.page.api.clone(),
        token: around.page.token.clone(),
        // Whoever chose a port wants that one.
        any_port_instead: around.config.origin("receiver.http") == Origin::Default,
        beyond_loopback: may_expose(&around.config),
    };
    let keeper = Arc::new(around.keeper());
    let mut stop = around.stop.clone();
    while !*stop.borrow() {
        let role = tokio::select! {
            role = lead::take(&settings) => role,
            _ = stop.wait_for(|stop| *stop) => return,
        };
        match role {
            Role::Hosting(hosting) => return host(&around, hosting, &keeper).await,
            Role::Following(host) => follow(&around, &host, &keeper).await,
            Role::Off { reason } => {
                around.enter(RoleState::Off { reason, is_wanted: false });
                let mut polling = Polling::start(&around.config, &keeper);
                tokio::select! {
                    () = tokio::time::sleep(RETRY) => {}
                    _ = stop.wait_for(|stop| *stop) => {}
                }
                polling.stop();
            }
        }
    }
}

/// Nothing is received, and nothing read through others; backends are asked all the same.
async fn poll_only(around: &Surroundings) {
    let reason = "the setting receiver.http says so".to_owned();
    around.enter(RoleState::Off { reason, is_wanted: true });
    let mut polling = Polling::start(&around.config, &Arc::new(around.keeper()));
    // An error means that whoever could stop it is gone: the same.
    drop(around.stop.clone().wait_for(|stop| *stop).await);
    polling.stop();
}

/// Receives until told to stop. What earlier hosts kept on disk is read in the background.
async fn host(around: &Surroundings, hosting: Hosting, keeper: &Arc<Keeper>) {
    keeper.open_archive(&around.config).await;
    let Hosting { address, listener, notice, lease } = hosting;
    let rules = Rules { access: access(&around.config), beyond_loopback: may_expose(&around.config) };
    let doors = receiver::open(&around.config, rules, address, keeper.clone(), &around.receiving).await;
    for address in [Some(address), doors.grpc].into_iter().flatten().filter(|it| !it.ip().is_loopback()) {
        tracing::warn!(%address, "others on the network can reach the receiver; they need receiver.token");
    }
    let notice = notice.map(|notice| {
        format!("{notice}; have apps send there, OTEL_EXPORTER_OTLP_ENDPOINT=http://{address}")
    });
    let notices: Vec<String> = notice.into_iter().chain(doors.notices.iter().cloned()).collect();
    around.enter(RoleState::Hosting {
        address: address.to_string(),
        grpc: doors.grpc.map(|address| address.to_string()),
        notice: (!notices.is_empty()).then(|| notices.join(". ")),
    });
    let mut polling = Polling::start(&around.config, keeper);
    let stop = around.stop.clone();
    let stopped = move || {
        let mut stop = stop.clone();
        // An error means that whoever could stop it is gone: the same.
        async move { drop(stop.wait_for(|stop| *stop).await) }.boxed()
    };
    tokio::select! {
        () = doors.serve(listener, stopped) => {}
        () = keeper.clone().tend(&around.config) => {}
    }
    polling.stop();
    keeper.close().await;
    drop(lease);
}

/// Whether addresses that others on the network can reach may be listened on: only with a token.
fn may_expose(config: &Config) -> bool {
    config.is_on("receiver.expose") && !config.text("receiver.token").is_empty()
}

/// Who may send. Where others on the network may, the token decides and not the name that they call.
fn access(config: &Config) -> Access {
    let mut hosts = config.words("receiver.hosts");
    if may_expose(config) {
        hosts.push("*".to_owned());
    }
    let token = Some(config.text("receiver.token").to_owned()).filter(|token| !token.is_empty());
    Access { hosts, origins: config.words("receiver.origins"), token }
}

/// Reads through another process until it ends.
async fn follow(around: &Surroundings, host: &HostInfo, keeper: &Arc<Keeper>) {
    around.enter(RoleState::Following { pid: host.pid, address: host.otlp.clone() });
    let mut stop = around.stop.clone();
    tokio::select! {
        ended = follow::run(host, 0, keeper.clone()) => tracing::info!(pid = host.pid, %ended, "the host is gone"),
        _ = stop.wait_for(|stop| *stop) => {}
    }
}

impl Surroundings {
    fn keeper(&self) -> Keeper {
        Keeper::new(self.world.clone(), self.config.mask(), self.journal.clone())
    }

    fn enter(&self, role: RoleState) {
        tracing::info!(source = role.source().label, "spans");
        self.role.send_replace(role);
        // Whoever shows the status looks again.
        drop(self.nudge.send(Effects::default()));
    }
}

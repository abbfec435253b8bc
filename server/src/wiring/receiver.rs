//! The receiver's two doors, HTTP and gRPC, what is passed on from them, and what all of it says of itself.

use std::{
    net::SocketAddr,
    sync::{Arc, OnceLock},
};

use futures::{FutureExt as _, future::BoxFuture};
use ingest::{
    Counters, Sink, Transport,
    forward::{self, Courier, Protocol},
    lead::{self, Listening, Wanted},
    otlp::{self, Access, Listeners, Receiver},
};
use serde_json::{Value, json};

use crate::config::{Config, Origin};

/// What the receiver says of itself; nothing until this process hosts.
#[derive(Clone, Debug, Default)]
pub(crate) struct Receiving(Arc<OnceLock<Hosted>>);

#[derive(Debug)]
struct Hosted {
    http: SocketAddr,
    grpc: Option<SocketAddr>,
    counters: Arc<Counters>,
    forward: Option<(String, forward::Queue)>,
}

/// Everything that telemetry comes in by, ready to be served.
pub(super) struct Doors {
    receiver: Arc<Receiver>,
    /// Where gRPC is received.
    pub(super) grpc: Option<SocketAddr>,
    grpc_listener: Option<Listeners>,
    courier: Option<Courier>,
    /// What the user should know, each a sentence.
    pub(super) notices: Vec<String>,
}

/// What holds for every door.
pub(super) struct Rules {
    /// Who may send.
    pub(super) access: Access,
    /// Whether addresses that others on the network can reach may be listened on.
    pub(super) beyond_loopback: bool,
}

/// Opens what the settings ask for beside HTTP, which is received at `http`. What cannot be had is told of; HTTP
/// serves all the same.
pub(super) async fn open(
    config: &Config,
    rules: Rules,
    http: SocketAddr,
    sink: Arc<dyn Sink>,
    receiving: &Receiving,
) -> Doors {
    let mut notices = Vec::new();
    let grpc = listen_grpc(config, rules.beyond_loopback, &mut notices).await;
    let grpc_address = grpc.as_ref().map(|listening| listening.address);
    let own: Vec<SocketAddr> = [Some(http), grpc_address].into_iter().flatten().collect();
    let (queue, courier) = match open_forward(config, &own).await {
        Ok(None) => (None, None),
        Ok(Some((queue, courier))) => (Some(queue), Some(courier)),
        Err(problem) => {
            notices.push(problem);
            (None, None)
        }
    };
    let settings =
        otlp::Settings { access: rules.access, forward: queue.clone(), ..otlp::Settings::default() };
    let destination = courier.as_ref().map(|courier| courier.destination().to_owned());
    let hosted = Hosted {
        http,
        grpc: grpc_address,
        counters: settings.counters.clone(),
        forward: destination.zip(queue),
    };
    // A process hosts once: afterwards it ends.
    drop(receiving.0.set(hosted));
    Doors {
        receiver: Arc::new(Receiver::new(sink, settings)),
        grpc: grpc_address,
        grpc_listener: grpc.map(|listening| listening.listener),
        courier,
        notices,
    }
}

impl Doors {
    /// Serves until `stopped`; what was taken by then is passed on, if that takes no longer than a moment.
    pub(super) async fn serve(self, http: Listeners, stopped: impl Fn() -> BoxFuture<'static, ()>) {
        let over_http = otlp::http::serve(http, otlp::http::router(self.receiver.clone()), stopped());
        let over_grpc = match self.grpc_listener {
            Some(listener) => otlp::grpc::serve(listener, self.receiver, stopped()).boxed(),
            None => futures::future::ready(()).boxed(),
        };
        let passing_on = match self.courier {
            Some(courier) => courier.run(stopped()).boxed(),
            None => futures::future::ready(()).boxed(),
        };
        futures::join!(over_http, over_grpc, passing_on);
    }
}

impl Receiving {
    /// Addresses, counts by transport and what is passed on; null while this process does not host.
    pub(crate) fn as_json(&self) -> Value {
        let Some(hosted) = self.0.get() else {
            return Value::Null;
        };
        let transports = Transport::ALL.into_iter().map(|transport| {
            let counts = hosted.counters.of(transport);
            let counts = json!({
                "requests": counts.requests, "failed": counts.failed_requests,
                "overloaded": counts.overloaded_requests, "metrics": counts.metrics_requests,
                "bytes": counts.bytes, "spans": counts.spans, "logs": counts.logs,
                "refused": counts.refused, "trimmed": counts.trimmed,
            });
            (transport.name().to_owned(), counts)
        });
        let forward = hosted.forward.as_ref().map(|(to, queue)| {
            let counts = queue.counts();
            json!({
                "to": to, "offered": counts.offered, "delivered": counts.delivered,
                "deliveredBytes": counts.delivered_bytes, "waiting": counts.waiting(),
                "full": counts.full, "refused": counts.refused, "givenUp": counts.given_up,
                "problem": counts.problem,
            })
        });
        json!({
            "http": hosted.http.to_string(),
            "grpc": hosted.grpc.map(|address| address.to_string()),
            "transports": transports.collect::<serde_json::Map<_, _>>(),
            "forward": forward,
        })
    }
}

async fn listen_grpc(config: &Config, beyond_loopback: bool, notices: &mut Vec<String>) -> Option<Listening> {
    let address = config.text("receiver.grpc");
    if address == "off" {
        return None;
    }
    let wanted = Wanted {
        setting: "receiver.grpc",
        address,
        // Whoever chose a port wants that one.
        any_port_instead: config.origin("receiver.grpc") == Origin::Default,
        beyond_loopback,
    };
    match lead::listen(&wanted).await {
        Ok(listening) => {
            let at = listening.address;
            notices.extend(listening.notice.iter().map(|notice| {
                format!(
                    "{notice}; have apps that speak gRPC send there, OTEL_EXPORTER_OTLP_ENDPOINT=http://{at}"
                )
            }));
            Some(listening)
        }
        Err(reason) => {
            notices.push(format!(
                "nothing is received over gRPC: {reason}; or switch it off, receiver.grpc = \"off\""
            ));
            None
        }
    }
}

async fn open_forward(
    config: &Config,
    own: &[SocketAddr],
) -> Result<Option<(forward::Queue, Courier)>, String> {
    let endpoint = config.text("forward.endpoint");
    if endpoint.is_empty() {
        return Ok(None);
    }
    let protocol = if config.text("forward.protocol") == "grpc" { Protocol::Grpc } else { Protocol::Http };
    let headers = config.named("forward.headers.").into_iter().map(|(name, value)| {
        let value = expanded(value, |variable| std::env::var(variable).ok())
            .map_err(|variable| format!("forward.headers.{name} names the environment variable {variable}, which is not set; nothing is passed on"));
        value.map(|value| (name.to_owned(), value))
    });
    let settings = forward::Settings {
        endpoint: endpoint.to_owned(),
        protocol,
        headers: headers.collect::<Result<_, String>>()?,
        queue_bytes: config.bytes("forward.queue_bytes"),
    };
    forward::open(settings, own).await.map(Some)
}

/// `text` with each `${NAME}` replaced by what `variable` says of it.
///
/// # Errors
/// The first name that it knows nothing of.
fn expanded(text: &str, variable: impl Fn(&str) -> Option<String>) -> Result<String, String> {
    let mut whole = String::new();
    let mut rest = text;
    while let Some((before, after)) = rest.split_once("${") {
        let Some((name, after)) = after.split_once('}') else { break };
        whole.push_str(before);
        whole.push_str(&variable(name).ok_or_else(|| name.to_owned())?);
        rest = after;
    }
    whole.push_str(rest);
    Ok(whole)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn variables_stand_for_their_values() {
        let variable = |name: &str| (name == "KEY").then(|| "secret".to_owned());
        for (text, expected) in [
            ("plain", Ok("plain")),
            ("Bearer ${KEY}", Ok("Bearer secret")),
            ("${KEY}-${KEY}", Ok("secret-secret")),
            ("$KEY and ${KEY", Ok("$KEY and ${KEY")),
            ("${OTHER}", Err("OTHER")),
        ] {
            assert_eq!(
                expanded(text, variable),
                expected.map(str::to_owned).map_err(str::to_owned),
                "{text}"
            );
        }
    }
}

//! The listener, its routes and its headers.

use std::{fmt, sync::Arc, time::Duration};

use axum::{
    Router,
    http::{HeaderName, HeaderValue},
    middleware,
    response::Response,
    routing::get,
};
use serde_json::Value;
use tokio::{net::TcpListener, sync::watch};
use world::Handle;

use crate::{Journal, Token, api, guard, page};

/// What the door opens to.
#[derive(Clone, Debug)]
pub struct Door {
    /// The state.
    pub world: Handle,
    /// Counts spans received; changes wake readers that wait for more.
    pub received: watch::Receiver<u64>,
    /// Log records, for readers of spans.
    pub logs: Journal,
    /// What the receiver says of itself.
    pub receiver: Receiver,
    /// Settings.
    pub settings: Arc<Settings>,
}

/// Asks the receiver for its addresses and counts, as JSON; null where there is none.
#[derive(Clone)]
pub struct Receiver(Arc<dyn Fn() -> Value + Send + Sync>);

impl Receiver {
    /// With what answers.
    pub fn new(ask: impl Fn() -> Value + Send + Sync + 'static) -> Receiver {
        Receiver(Arc::new(ask))
    }

    pub(crate) fn ask(&self) -> Value {
        (self.0)()
    }
}

impl fmt::Debug for Receiver {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Receiver").finish_non_exhaustive()
    }
}

/// Settings of the door.
#[derive(Clone, Debug)]
pub struct Settings {
    /// The secret that every request carries.
    pub token: Token,
    /// The longest that a reader may wait for more spans.
    pub longest_wait: Duration,
    /// Most spans in one answer.
    pub page_size: usize,
}

/// Content policy of every answer: styles of our own and nothing else, no scripts, no frames but our own.
const CONTENT_POLICY: &str = "default-src 'none'; style-src 'self'; img-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'self'";

/// All routes, guarded.
pub fn router(door: Door) -> Router {
    let token = door.settings.token.clone();
    let guarded = Router::new()
        .route("/", get(page::traces))
        .route("/trace/{id}", get(page::trace))
        .route("/api/status", get(api::status))
        .route("/api/spans", get(api::spans))
        .route("/api/traces", get(api::traces))
        .route("/api/trace/{id}", get(api::trace))
        .route_layer(middleware::from_fn_with_state(token, guard::guard));
    Router::new()
        .route("/style.css", get(page::style))
        .merge(guarded)
        .layer(middleware::map_response(add_headers))
        .with_state(door)
}

/// Serves until `stop` resolves.
///
/// # Errors
/// When the listener fails.
pub async fn serve(
    listener: TcpListener,
    door: Door,
    stop: impl Future<Output = ()> + Send + 'static,
) -> std::io::Result<()> {
    axum::serve(listener, router(door)).with_graceful_shutdown(stop).await
}

async fn add_headers(mut response: Response) -> Response {
    for (name, value) in [
        ("content-security-policy", CONTENT_POLICY),
        ("x-content-type-options", "nosniff"),
        ("referrer-policy", "no-referrer"),
        ("cache-control", "no-store"),
    ] {
        response.headers_mut().insert(HeaderName::from_static(name), HeaderValue::from_static(value));
    }
    response
}

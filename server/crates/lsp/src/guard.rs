//! Middleware around tower-lsp's service that repairs what its transport leaves open: order, panics, `exit`.

use std::{
    any::Any,
    panic::AssertUnwindSafe,
    task::{Context, Poll},
};

use futures::{
    FutureExt,
    future::{BoxFuture, ready},
};
use tower::Service;
use tower_lsp::jsonrpc::{Error, Id, Request, Response};

use crate::stop::Stop;

/// Wraps the service.
///
/// * Every handler is polled once as soon as its message is read, so handlers begin in the order of arrival, and
///   `$/cancelRequest` takes effect at once instead of behind the handlers in flight.
/// * A panic in a handler becomes an internal error of that request.
/// * `exit` stops the session even if the client keeps stdin open.
/// * `params` that clients send as `null`, or leave out, become what tower-lsp accepts, and so does a capability that
///   lsp-types reads under another name than the specification's.
pub(crate) struct Guard<S> {
    inner: S,
    stop: Stop,
}

impl<S> Guard<S> {
    /// Guards `inner`.
    pub(crate) fn new(inner: S, stop: Stop) -> Guard<S> {
        Guard { inner, stop }
    }
}

impl<S> Service<Request> for Guard<S>
where
    S: Service<Request, Response = Option<Response>>,
    S::Future: Send + 'static,
    S::Error: Send + 'static,
{
    type Response = Option<Response>;
    type Error = S::Error;
    type Future = BoxFuture<'static, Result<Option<Response>, S::Error>>;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), S::Error>> {
        self.inner.poll_ready(context)
    }

    fn call(&mut self, request: Request) -> Self::Future {
        let request = with_usual_params(request);
        let method = request.method().to_owned();
        let id = request.id().cloned();
        let is_exit = method == "exit";
        let handler = std::panic::catch_unwind(AssertUnwindSafe(|| self.inner.call(request)));
        let mut contained = match handler {
            Ok(handler) => AssertUnwindSafe(handler)
                .catch_unwind()
                .map(move |outcome| outcome.unwrap_or_else(|panic| Ok(panicked(&method, id, &*panic))))
                .boxed(),
            Err(panic) => ready(Ok(panicked(&method, id, &*panic))).boxed(),
        };
        let first_poll = (&mut contained).now_or_never();
        if is_exit {
            self.stop.ask("the client sent exit");
        }
        match first_poll {
            Some(outcome) => ready(outcome).boxed(),
            None => contained,
        }
    }
}

/// The words of a panic, for the log.
pub(crate) fn panic_words(panic: &(dyn Any + Send)) -> &str {
    let text = panic.downcast_ref::<&str>().copied();
    text.or_else(|| panic.downcast_ref::<String>().map(String::as_str)).unwrap_or("no words")
}

fn panicked(method: &str, id: Option<Id>, panic: &(dyn Any + Send)) -> Option<Response> {
    tracing::error!(method, panic = panic_words(panic), "a handler panicked");
    id.map(|id| Response::from_error(id, Error::internal_error()))
}

/// `shutdown` and `exit` have no parameters, but some clients send `null` or `{}`; everything else has an object, but
/// some leave an empty one out. tower-lsp refuses both.
fn with_usual_params(request: Request) -> Request {
    let (method, id, params) = request.into_parts();
    let takes_none = matches!(method.as_ref(), "shutdown" | "exit");
    let params = match params {
        _ if takes_none => None,
        None | Some(serde_json::Value::Null) => Some(serde_json::json!({})),
        sent => sent,
    };
    let params = match method.as_ref() {
        "initialize" => params.map(with_names_as_read),
        _ => params,
    };
    let mut rebuilt = Request::build(method);
    if let Some(params) = params {
        rebuilt = rebuilt.params(params);
    }
    if let Some(id) = id {
        rebuilt = rebuilt.id(id);
    }
    rebuilt.finish()
}

/// LSP 3.17 calls it `workspace.diagnostics`; lsp-types 0.94 reads `workspace.diagnostic`.
fn with_names_as_read(mut params: serde_json::Value) -> serde_json::Value {
    if let Some(workspace) = params.pointer_mut("/capabilities/workspace").and_then(|it| it.as_object_mut())
        && let Some(diagnostics) = workspace.get("diagnostics").cloned()
    {
        workspace.entry("diagnostic").or_insert(diagnostics);
    }
    params
}

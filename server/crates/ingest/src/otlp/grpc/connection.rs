//! Connections that speak HTTP/2, each within limits on streams, headers, resets and silence.

use std::{
    future::Future,
    pin::pin,
    sync::{
        Arc,
        atomic::{AtomicU64, AtomicUsize, Ordering::Relaxed},
    },
};

use axum::serve::Listener as _;
use hyper::{server::conn::http2, service::service_fn};
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use tokio::{
    sync::watch,
    task::JoinSet,
    time::{Instant, interval_at, timeout},
};

use crate::{
    limits,
    otlp::{
        Listeners, Receiver,
        connection::{Gate, Guarded},
    },
};

/// Serves gRPC on `listeners` until `shutdown`; calls under way then have two seconds to end. Failing connections and
/// failing accepts are logged and survived.
pub async fn serve(
    listeners: impl Into<Listeners>,
    receiver: Arc<Receiver>,
    shutdown: impl Future<Output = ()> + Send + 'static,
) {
    let mut gate = Gate::new(listeners);
    let (stop, stopping) = watch::channel(false);
    let mut connections = JoinSet::new();
    let mut shutdown = pin!(shutdown);
    loop {
        tokio::select! {
            (stream, _) = gate.accept() => {
                connections.spawn(keep(stream.for_http2(), receiver.clone(), stopping.clone()));
            }
            Some(_) = connections.join_next() => {}
            () = &mut shutdown => break,
        }
    }
    drop(gate);
    stop.send_replace(true);
    let all = async { while connections.join_next().await.is_some() {} };
    if timeout(limits::SHUTDOWN_GRACE, all).await.is_err() {
        tracing::debug!("some gRPC connections were cut off");
    }
}

/// What a connection does at the moment.
#[derive(Default)]
struct Pulse {
    begun: AtomicU64,
    under_way: AtomicUsize,
}

/// Serves one connection to its end.
async fn keep(stream: Guarded, receiver: Arc<Receiver>, mut stopping: watch::Receiver<bool>) {
    let pulse = Arc::new(Pulse::default());
    let heart = pulse.clone();
    let service = service_fn(move |request| {
        let (receiver, beat) = (receiver.clone(), Beat::of(&heart));
        async move {
            let response = super::answer(receiver, request).await;
            drop(beat);
            Ok::<_, std::convert::Infallible>(response)
        }
    });
    let mut connection = pin!(builder().serve_connection(TokioIo::new(stream), service));
    let mut idle = interval_at(Instant::now() + limits::HTTP2_IDLE, limits::HTTP2_IDLE);
    let mut seen = 0;
    loop {
        tokio::select! {
            ended = connection.as_mut() => {
                if let Err(error) = ended {
                    tracing::debug!(%error, "a gRPC connection broke off");
                }
                return;
            }
            _ = stopping.wait_for(|stop| *stop) => break,
            _ = idle.tick() => {
                let begun = pulse.begun.load(Relaxed);
                if begun == seen && pulse.under_way.load(Relaxed) == 0 {
                    break;
                }
                seen = begun;
            }
        }
    }
    connection.as_mut().graceful_shutdown();
    if let Ok(Err(error)) = timeout(limits::BODY_TIMEOUT, connection).await {
        tracing::debug!(%error, "a gRPC connection broke off");
    }
}

/// One call, from its head to its answer or its cancellation.
struct Beat(Arc<Pulse>);

impl Beat {
    fn of(pulse: &Arc<Pulse>) -> Beat {
        pulse.begun.fetch_add(1, Relaxed);
        pulse.under_way.fetch_add(1, Relaxed);
        Beat(pulse.clone())
    }
}

impl Drop for Beat {
    fn drop(&mut self) {
        self.0.under_way.fetch_sub(1, Relaxed);
    }
}

fn builder() -> http2::Builder<TokioExecutor> {
    let mut builder = http2::Builder::new(TokioExecutor::new());
    builder
        .timer(TokioTimer::new())
        .max_concurrent_streams(limits::HTTP2_STREAMS)
        .max_header_list_size(limits::HTTP2_HEADER_BYTES)
        .max_pending_accept_reset_streams(limits::HTTP2_EARLY_RESETS)
        .max_local_error_reset_streams(limits::HTTP2_ERROR_RESETS)
        .initial_stream_window_size(limits::HTTP2_STREAM_WINDOW)
        .initial_connection_window_size(limits::HTTP2_CONNECTION_WINDOW)
        .keep_alive_interval(limits::HTTP2_PING_INTERVAL)
        .keep_alive_timeout(limits::HTTP2_PING_TIMEOUT);
    builder
}

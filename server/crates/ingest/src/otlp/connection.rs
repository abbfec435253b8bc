//! Accepts connections with a limit on their number and deadlines on each: half-open ones must not keep others out.

use std::{
    future::{Future, pending},
    io,
    net::SocketAddr,
    pin::{Pin, pin},
    sync::{
        Arc,
        atomic::{AtomicU8, Ordering},
    },
    task::{Context, Poll, ready},
    time::Duration,
};

use axum::{
    Router,
    extract::{ConnectInfo, Request, connect_info::Connected},
    middleware::{self, Next},
    response::Response,
    serve::{IncomingStream, Listener},
};
use futures::future::select_all;
use tokio::{
    io::{AsyncRead, AsyncWrite, ReadBuf},
    net::{TcpListener, TcpStream},
    sync::{OwnedSemaphorePermit, Semaphore, oneshot},
    time::{Instant, Sleep, sleep},
};

use crate::limits;

/// Sockets that are listened on together: `127.0.0.1` and `::1` are two, and apps try either.
#[derive(Debug)]
pub struct Listeners(Vec<TcpListener>);

impl From<TcpListener> for Listeners {
    fn from(listener: TcpListener) -> Listeners {
        Listeners(vec![listener])
    }
}

impl Listeners {
    /// With a further socket.
    #[must_use]
    pub fn and(mut self, listener: TcpListener) -> Listeners {
        self.0.push(listener);
        self
    }
}

/// Serves `router` on `listeners` until `shutdown`; requests under way then have two seconds to end. Failing
/// connections and failing accepts are logged and survived.
pub async fn serve(
    listeners: impl Into<Listeners>,
    router: Router,
    shutdown: impl Future<Output = ()> + Send + 'static,
) {
    let gate = Gate::new(listeners);
    let service =
        router.layer(middleware::from_fn(in_request)).into_make_service_with_connect_info::<Progress>();
    let (stopping, stopped) = oneshot::channel();
    let signal = async move {
        shutdown.await;
        let _ = stopping.send(());
    };
    let grace = async move {
        match stopped.await {
            Ok(()) => sleep(limits::SHUTDOWN_GRACE).await,
            Err(_) => pending().await,
        }
    };
    tokio::select! {
        ended = axum::serve(gate, service).with_graceful_shutdown(signal).into_future() => {
            if let Err(error) = ended {
                tracing::error!(%error, "the receiver ended");
            }
        }
        () = grace => {}
    }
}

/// Where a connection is between two requests; shared by its stream and its requests.
#[derive(Clone)]
struct Progress(Arc<AtomicU8>);

/// Waiting for a head: bytes of it came, or none ever came.
const HEAD: u8 = 0;
/// A request is being answered; its body has a deadline of its own.
const REQUEST: u8 = 1;
/// Waiting for the next request.
const IDLE: u8 = 2;

/// HTTP/2 opens with a preface of 24 bytes and the head of a SETTINGS frame (RFC 9113, section 3.4).
const HTTP2_OPENING: usize = 24 + 9;

async fn in_request(ConnectInfo(progress): ConnectInfo<Progress>, request: Request, next: Next) -> Response {
    progress.0.store(REQUEST, Ordering::Relaxed);
    let response = next.run(request).await;
    progress.0.store(IDLE, Ordering::Relaxed);
    response
}

impl Connected<IncomingStream<'_, Gate>> for Progress {
    fn connect_info(stream: IncomingStream<'_, Gate>) -> Progress {
        stream.io().progress.clone()
    }
}

/// Accepts connections, so many at a time.
pub(super) struct Gate {
    listeners: Vec<TcpListener>,
    room: Arc<Semaphore>,
}

impl Gate {
    pub(super) fn new(listeners: impl Into<Listeners>) -> Gate {
        Gate { listeners: listeners.into().0, room: Arc::new(Semaphore::new(limits::CONNECTIONS)) }
    }
}

impl Listener for Gate {
    type Io = Guarded;
    type Addr = SocketAddr;

    async fn accept(&mut self) -> (Guarded, SocketAddr) {
        let permit = match Arc::clone(&self.room).acquire_owned().await {
            Ok(permit) => permit,
            Err(_) => pending().await,
        };
        loop {
            let accepts = self.listeners.iter().map(|listener| Box::pin(listener.accept()));
            match select_all(accepts).await.0 {
                Ok((stream, address)) => {
                    if let Err(error) = stream.set_nodelay(true) {
                        tracing::debug!(%error, "could not switch delays off");
                    }
                    return (Guarded::new(stream, permit), address);
                }
                Err(error) => {
                    // Either the peer is gone already, or descriptors ran out: a pause keeps the loop from spinning.
                    tracing::warn!(%error, "could not accept a connection");
                    sleep(Duration::from_millis(50)).await;
                }
            }
        }
    }

    fn local_addr(&self) -> io::Result<SocketAddr> {
        match self.listeners.first() {
            Some(listener) => listener.local_addr(),
            None => Err(io::ErrorKind::NotConnected.into()),
        }
    }
}

/// A connection that ends itself when its peer is too slow.
pub(super) struct Guarded {
    stream: TcpStream,
    progress: Progress,
    read_deadline: Pin<Box<Sleep>>,
    /// The progress that `read_deadline` was set for.
    armed: u8,
    /// Bytes of HTTP/2's opening that are still to come; 0 in HTTP/1.
    opening: usize,
    write_deadline: Option<Pin<Box<Sleep>>>,
    _permit: OwnedSemaphorePermit,
}

impl Guarded {
    fn new(stream: TcpStream, permit: OwnedSemaphorePermit) -> Guarded {
        Guarded {
            stream,
            progress: Progress(Arc::new(AtomicU8::new(HEAD))),
            read_deadline: Box::pin(sleep(limits::HEAD_TIMEOUT)),
            armed: HEAD,
            opening: 0,
            write_deadline: None,
            _permit: permit,
        }
    }

    /// For HTTP/2: the deadline of a head holds for the opening, after which pings find out who is there.
    pub(super) fn for_http2(mut self) -> Guarded {
        self.opening = HTTP2_OPENING;
        self
    }

    /// Looks at `bytes` more bytes that came.
    fn note_read(&mut self, bytes: usize) {
        let progress = self.progress.0.load(Ordering::Relaxed);
        if self.opening > 0 {
            self.opening = self.opening.saturating_sub(bytes);
            if self.opening == 0 {
                self.progress.0.store(REQUEST, Ordering::Relaxed);
            }
        } else if bytes > 0 && progress == IDLE {
            self.progress.0.store(HEAD, Ordering::Relaxed);
            self.arm(HEAD);
        }
    }

    fn arm(&mut self, progress: u8) {
        if self.armed != progress {
            let wait = if progress == IDLE { limits::IDLE_TIMEOUT } else { limits::HEAD_TIMEOUT };
            self.read_deadline.as_mut().reset(Instant::now() + wait);
            self.armed = progress;
        }
    }

    /// What a pending write means: time runs from the first one.
    fn write_pending<T>(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<T>> {
        let deadline = self.write_deadline.get_or_insert_with(|| Box::pin(sleep(limits::WRITE_TIMEOUT)));
        ready!(deadline.as_mut().poll(cx));
        Poll::Ready(Err(io::ErrorKind::TimedOut.into()))
    }
}

impl AsyncRead for Guarded {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let before = buf.filled().len();
        if pin!(&mut self.stream).poll_read(cx, buf)?.is_ready() {
            let bytes = buf.filled().len() - before;
            self.note_read(bytes);
            return Poll::Ready(Ok(()));
        }
        let progress = self.progress.0.load(Ordering::Relaxed);
        if progress == REQUEST {
            self.armed = REQUEST;
            return Poll::Pending;
        }
        self.arm(progress);
        ready!(self.read_deadline.as_mut().poll(cx));
        Poll::Ready(Err(io::ErrorKind::TimedOut.into()))
    }
}

impl AsyncWrite for Guarded {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<usize>> {
        match pin!(&mut self.stream).poll_write(cx, buf) {
            Poll::Pending => self.write_pending(cx),
            done => {
                self.write_deadline = None;
                done
            }
        }
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        pin!(&mut self.stream).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        pin!(&mut self.stream).poll_shutdown(cx)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bufs: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        match pin!(&mut self.stream).poll_write_vectored(cx, bufs) {
            Poll::Pending => self.write_pending(cx),
            done => {
                self.write_deadline = None;
                done
            }
        }
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }
}

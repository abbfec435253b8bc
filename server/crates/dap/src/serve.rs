//! Connections: one session each, over any stream, a TCP listener or a Unix socket.

use std::{io, sync::Arc};

use futures::{FutureExt, SinkExt, StreamExt, future::BoxFuture};
use serde_json::Value;
use tokio::{
    io::{AsyncRead, AsyncWrite},
    net::TcpListener,
    task::JoinSet,
};
use tokio_util::codec::{FramedRead, FramedWrite};

use crate::{
    library::{Library, Loaded},
    session::Session,
    wire::{Codec, Received},
};

/// Sessions of one listener at a time; connections past that wait to be accepted.
const MAX_SESSIONS: usize = 64;

/// Serves one session until the client disconnects, closes the stream, or sends what is no message.
///
/// On stdio the caller has to end the process afterwards: a read from standard input cannot be cancelled.
///
/// # Errors
/// When the stream breaks in the middle of an answer. A client that goes away or breaks the framing is no error.
pub async fn serve<R, W>(read: R, write: W, library: Arc<dyn Library>) -> io::Result<()>
where
    R: AsyncRead + Unpin + Send,
    W: AsyncWrite + Unpin + Send,
{
    let mut frames = FramedRead::new(read, Codec::default());
    let mut output = FramedWrite::new(write, Codec::default());
    let mut session = Session::new(library);
    let mut loading: Option<BoxFuture<'static, Result<Loaded, String>>> = None;
    loop {
        let messages = tokio::select! {
            // A trace that is there is taken before a goodbye that was sent behind its launch.
            biased;
            loaded = finished(&mut loading) => {
                loading = None;
                session.loaded(loaded)
            }
            frame = frames.next() => match frame {
                Some(Ok(body)) => session.receive(Received::read(&body)),
                Some(Err(error)) => {
                    tracing::warn!(%error, "closing a debug session whose stream lost its frames");
                    return Ok(());
                }
                None => return Ok(()),
            },
        };
        write_all(&mut output, messages).await?;
        match session.take_load() {
            Some(Some(load)) => loading = Some(load),
            Some(None) => loading = None,
            None => {}
        }
        if session.is_over() {
            return Ok(());
        }
    }
}

/// Serves every connection of `listener` as a session of its own, for as long as it is polled; dropping it ends them.
///
/// # Errors
/// When no more connections can be accepted.
pub async fn serve_tcp(listener: TcpListener, library: Arc<dyn Library>) -> io::Result<()> {
    let mut sessions = JoinSet::new();
    loop {
        tokio::select! {
            Some(ended) = sessions.join_next() => report(ended),
            accepted = listener.accept(), if sessions.len() < MAX_SESSIONS => {
                let (stream, _) = accepted?;
                // Messages are small and each waits for an answer.
                drop(stream.set_nodelay(true));
                let (read, write) = stream.into_split();
                sessions.spawn(serve(read, write, library.clone()));
            }
        }
    }
}

/// As [`serve_tcp`], on a Unix socket. Who may connect is decided by the permissions of the socket's folder.
///
/// # Errors
/// When no more connections can be accepted.
#[cfg(unix)]
pub async fn serve_pipe(listener: tokio::net::UnixListener, library: Arc<dyn Library>) -> io::Result<()> {
    let mut sessions = JoinSet::new();
    loop {
        tokio::select! {
            Some(ended) = sessions.join_next() => report(ended),
            accepted = listener.accept(), if sessions.len() < MAX_SESSIONS => {
                let (stream, _) = accepted?;
                let (read, write) = stream.into_split();
                sessions.spawn(serve(read, write, library.clone()));
            }
        }
    }
}

/// What is being loaded, once it is there; never, while nothing is.
async fn finished(
    loading: &mut Option<BoxFuture<'static, Result<Loaded, String>>>,
) -> Result<Loaded, String> {
    match loading {
        Some(load) => match std::panic::AssertUnwindSafe(load).catch_unwind().await {
            Ok(loaded) => loaded,
            Err(_) => Err("the trace could not be made ready; the log says more".to_owned()),
        },
        None => std::future::pending().await,
    }
}

async fn write_all<W>(output: &mut FramedWrite<W, Codec>, messages: Vec<Value>) -> io::Result<()>
where
    W: AsyncWrite + Unpin,
{
    for message in messages {
        let body = serde_json::to_vec(&message)?;
        output.feed(body.as_slice()).await.map_err(io::Error::other)?;
    }
    SinkExt::<&[u8]>::flush(output).await.map_err(io::Error::other)
}

fn report(ended: Result<io::Result<()>, tokio::task::JoinError>) {
    match ended {
        Ok(Ok(())) => {}
        Ok(Err(error)) => tracing::warn!(%error, "a debug session ended early"),
        Err(error) => tracing::error!(%error, "a debug session failed"),
    }
}

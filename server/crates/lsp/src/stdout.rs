//! A queue in front of stdout: writing never waits, so a client that does not read cannot stop the server from reading.

use std::{
    io,
    pin::Pin,
    task::{Context, Poll},
};

use tokio::{
    io::{AsyncWrite, AsyncWriteExt},
    sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel},
    task::JoinHandle,
};

use crate::stop::Stop;

/// Takes everything at once and passes it to the task that owns the real stdout.
///
/// Unbounded on purpose: what the protocol owes a client must go out, and a client that never reads is given up by its
/// own editor.
#[derive(Clone, Debug)]
pub(crate) struct QueuedWriter {
    queue: UnboundedSender<Vec<u8>>,
}

/// Starts the task that writes to `stdout`. It ends when every clone of the writer is gone and all is written, or when
/// the client is gone, which stops the session.
pub(crate) fn queued<W>(stdout: W, stop: Stop) -> (QueuedWriter, JoinHandle<()>)
where
    W: AsyncWrite + Unpin + Send + 'static,
{
    let (queue, chunks) = unbounded_channel();
    let drained = tokio::spawn(async move {
        if let Err(error) = drain(stdout, chunks).await {
            tracing::warn!(%error, "cannot write to the client");
            stop.ask("the client does not read any more");
        }
    });
    (QueuedWriter { queue }, drained)
}

impl QueuedWriter {
    /// Queues one message with its header.
    pub(crate) fn send_message(&self, body: &str) {
        // A closed queue means that the session is ending.
        drop(self.queue.send(format!("Content-Length: {}\r\n\r\n{body}", body.len()).into_bytes()));
    }
}

async fn drain(
    mut stdout: impl AsyncWrite + Unpin,
    mut chunks: UnboundedReceiver<Vec<u8>>,
) -> io::Result<()> {
    let mut batch = Vec::new();
    while chunks.recv_many(&mut batch, 64).await > 0 {
        for chunk in batch.drain(..) {
            stdout.write_all(&chunk).await?;
        }
        stdout.flush().await?;
    }
    Ok(())
}

impl AsyncWrite for QueuedWriter {
    fn poll_write(self: Pin<&mut Self>, _: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        // Also when the client is gone: tower-lsp's writer would panic on an error, and the session ends anyway.
        drop(self.queue.send(bytes.to_vec()));
        Poll::Ready(Ok(bytes.len()))
    }

    fn poll_flush(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }

    fn poll_shutdown(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }
}

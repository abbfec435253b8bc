//! Puts a session together, runs it, and says with which code the process should end.

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use tokio::{
    io::{AsyncRead, AsyncWrite},
    sync::mpsc::{UnboundedReceiver, unbounded_channel},
};
use tower_lsp::{LspService, Server};
use world::{Effects, Handle};

use crate::{
    backend::Backend, guard::Guard, hooks::Hooks, main_loop::MainLoop, outbox::Outbox, stdin::good_messages,
    stdout::queued, stop::Stop,
};

/// Requests in flight. They wait in the loop's queue and cost little; tower-lsp's own 4 would let four slow ones stop
/// everything else.
const IN_FLIGHT: usize = 1_024;
/// After `exit` or the end: for answers that tower-lsp has not passed on yet.
const LAST_WORDS: Duration = Duration::from_millis(50);
/// After that: for a client that reads slowly.
const LAST_WRITES: Duration = Duration::from_secs(1);

/// Serves one editor over `stdin` and `stdout` until it says `exit`, closes either of them, or its process is gone.
/// Answers with the exit code: 0 if the editor said `shutdown` before, else 1.
///
/// `effects` is what the world's `on_effects` sends on; an empty one is a nudge to compare the status again. Nothing
/// else may write to `stdout`. The caller should end the process at once (`std::process::exit`) with the runtime still
/// alive: a read from the real stdin cannot be interrupted, and dropping the runtime would wait for it.
pub async fn serve<R, W>(
    stdin: R,
    stdout: W,
    world: Handle,
    effects: UnboundedReceiver<Effects>,
    hooks: Arc<dyn Hooks>,
) -> i32
where
    R: AsyncRead + Unpin + Send + 'static,
    W: AsyncWrite + Unpin + Send + 'static,
{
    let stop = Stop::default();
    let is_shut_down = Arc::new(AtomicBool::new(false));
    let (out, drained) = queued(stdout, stop.clone());
    let (input, reading) = good_messages(stdin, out.clone());
    let (events, queue) = unbounded_channel();
    let mut main_loop = None;
    let backend = |client| {
        let outbox = Outbox::start(client, events.clone());
        let state = MainLoop::new(world, hooks, outbox, events.clone(), stop.clone());
        main_loop = Some(tokio::spawn(state.run(queue, effects)));
        Backend { events, is_shut_down: is_shut_down.clone() }
    };
    let (service, socket) = LspService::build(backend)
        .custom_method("spanglass/traces", Backend::traces)
        .custom_method("spanglass/trace", Backend::trace)
        .custom_method("spanglass/status", Backend::status)
        .finish();
    let server = Server::new(input, out, socket).concurrency_level(IN_FLIGHT);
    let stopped = async {
        stop.asked().await;
        tokio::time::sleep(LAST_WORDS).await;
    };
    tokio::select! {
        () = server.serve(Guard::new(service, stop.clone())) => {}
        () = stopped => {}
    }
    // Without those who hold an end of its queue, the writer's task sees that nothing more will come.
    reading.abort();
    if let Some(main_loop) = main_loop {
        main_loop.abort();
    }
    if tokio::time::timeout(LAST_WRITES, drained).await.is_err() {
        tracing::warn!("the client did not read everything");
    }
    i32::from(!is_shut_down.load(Ordering::Relaxed))
}

//! `spanglass serve`: receiver, store and trace page without an editor, until it is told to stop.

use crate::{
    cli,
    commands::{Outcome, PROBLEM, SUCCESS},
    config::Config,
    output::{self, Paint, paint},
    wiring::{self, Running},
    workspace::{Roots, Scan},
};

/// Runs the command.
pub(crate) async fn run(config: Config, flags: &cli::Serve) -> Outcome {
    let workspace = flags.workspace.canonicalize();
    let workspace = workspace
        .map_err(|error| format!("the workspace {} cannot be opened: {error}", flags.workspace.display()))?;
    let running = wiring::start(&config).await?;
    let _scan = Scan::start(Roots::new([workspace]), config.index_dir(), running.world.clone());
    output::line(running.label());
    if let Some(page) = running.page() {
        output::line(format!(
            "traces at {}",
            paint(&format!("{}/?token={}", page.api, page.token), Paint::Cyan)
        ));
    }
    if running.receiver_address().is_none() && !running.is_following() {
        running.stop().await;
        return Ok(PROBLEM);
    }
    until_stopped(running).await
}

/// Serves until Ctrl-C or a request to terminate, then ends cleanly.
pub(crate) async fn until_stopped(running: Running) -> Outcome {
    stop_signal().await;
    running.stop().await;
    Ok(SUCCESS)
}

#[cfg(unix)]
async fn stop_signal() {
    use tokio::signal::unix::{SignalKind, signal};
    let interrupt = tokio::signal::ctrl_c();
    match signal(SignalKind::terminate()) {
        Ok(mut terminate) => {
            tokio::select! { _ = interrupt => {}, _ = terminate.recv() => {} }
        }
        Err(_) => drop(interrupt.await),
    }
}

#[cfg(not(unix))]
async fn stop_signal() {
    drop(tokio::signal::ctrl_c().await);
}

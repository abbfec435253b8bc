//! `spanglass serve`: receiver, store and trace page without an editor, until it is told to stop.

use std::{path::Path, sync::Arc};

use world::{Change, Handle};

use crate::{
    cli,
    commands::{Outcome, PROBLEM, SUCCESS},
    config::Config,
    output::{self, Paint, paint},
    rulings,
    wiring::{self, Following, Running},
    workspace::{Roots, Scan},
};

/// Runs the command.
pub(crate) async fn run(config: Config, flags: &cli::Serve) -> Outcome {
    let workspace = flags.workspace.canonicalize();
    let workspace = workspace
        .map_err(|error| format!("the workspace {} cannot be opened: {error}", flags.workspace.display()))?;
    let running = wiring::start(&config).await?;
    let roots = Roots::new([workspace]);
    speak(&roots, &running.world);
    let _scan = Scan::start(roots.clone(), config.index_dir(), running.world.clone());
    let _following = Following::start(&roots, running.world.clone(), running.bell.clone());
    let (folders, world) = (roots.folders().map(Path::to_owned).collect::<Vec<_>>(), running.world.clone());
    let watch = rulings::watch(move || folders.clone(), move || speak(&roots, &world));
    let watch = AbortOnDrop(tokio::spawn(watch));
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
    let outcome = until_stopped(running).await;
    drop(watch);
    outcome
}

/// Tells the state what the workspace's settings say of placements, as they stand.
fn speak(roots: &Roots, world: &Handle) {
    let spoken = rulings::read(roots);
    spoken.warnings.iter().for_each(|warning| tracing::warn!("{warning}"));
    world.send(Change::Rulings(Arc::new(spoken.rulings)));
}

/// Ends the task when it is dropped.
struct AbortOnDrop(tokio::task::JoinHandle<()>);

impl Drop for AbortOnDrop {
    fn drop(&mut self) {
        self.0.abort();
    }
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

//! `spanglass dap`: the debug adapter on stdio, on a port of the loopback interface, or on a Unix socket.

use std::{io, path::Path, sync::Arc};

use tokio::net::TcpListener;

use crate::{
    cli,
    commands::{Outcome, SUCCESS},
    config::Config,
    library::LocalLibrary,
    output,
};

/// Runs the command.
pub(crate) async fn run(config: Config, flags: &cli::Dap) -> Outcome {
    let library = Arc::new(LocalLibrary::new(config));
    if let Some(port) = flags.port {
        let listener = TcpListener::bind(("127.0.0.1", port)).await.map_err(|error| {
            format!("port {port} cannot be listened on: {error}; another one, or --port 0 for any free one, may do")
        })?;
        let address = listener.local_addr().map_err(|error| error.to_string())?;
        output::note(format!("spanglass: debug adapter at {address}"));
        dap::serve_tcp(listener, library).await.map_err(|error| format!("{address} is gone: {error}"))?;
    } else if let Some(path) = &flags.pipe {
        serve_pipe(path, library)
            .await
            .map_err(|error| format!("{} cannot be listened on: {error}", path.display()))?;
    } else {
        // An error here means that the client went away in the middle of something, which is its right.
        drop(dap::serve(tokio::io::stdin(), tokio::io::stdout(), library).await);
    }
    Ok(SUCCESS)
}

#[cfg(unix)]
async fn serve_pipe(path: &Path, library: Arc<LocalLibrary>) -> io::Result<()> {
    let listener = tokio::net::UnixListener::bind(path)?;
    let served = dap::serve_pipe(listener, library).await;
    drop(std::fs::remove_file(path));
    served
}

#[cfg(not(unix))]
async fn serve_pipe(_path: &Path, _library: Arc<LocalLibrary>) -> io::Result<()> {
    Err(io::Error::new(io::ErrorKind::Unsupported, "--pipe needs Unix sockets; use --port"))
}

//! Helpers that the tests of the whole product share: the binary under test, the shop, and clients that frame
//! messages themselves.

pub mod dap;
pub mod framed;
pub mod http;
pub mod lsp;
pub mod server;
pub mod shop;

use std::{
    io::Write as _,
    net::TcpListener,
    path::{Path, PathBuf},
    time::Duration,
};

/// How long anything may take before a test gives up on it. Generous: the machine may be busy.
pub const PATIENCE: Duration = Duration::from_secs(60);

/// The root of the repository.
pub fn repository() -> &'static Path {
    Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/.."))
}

/// The binary under test: `SPANGLASS_BIN` where set, else the debug build beside this test.
///
/// # Panics
/// When there is none: building it is the caller's first step.
pub fn spanglass() -> PathBuf {
    if let Some(path) = std::env::var_os("SPANGLASS_BIN") {
        return path.into();
    }
    let test = std::env::current_exe().expect("a test knows its own path");
    let folder = test.parent().and_then(Path::parent).expect("tests lie in target/debug/deps");
    let binary = folder.join(format!("spanglass{}", std::env::consts::EXE_SUFFIX));
    assert!(
        binary.is_file(),
        "{} is missing: run `cargo build` first, or set SPANGLASS_BIN",
        binary.display()
    );
    binary
}

/// A loopback port that nobody used a moment ago.
///
/// # Panics
/// When the machine has none left.
pub fn free_port() -> u16 {
    TcpListener::bind("127.0.0.1:0").and_then(|listener| listener.local_addr()).expect("a free port").port()
}

/// Says that a test is skipped, past the capture of the test runner, so that nobody can miss it.
pub fn skipped(test: &str, reason: &str) {
    drop(writeln!(std::io::stderr(), "\nSKIPPED {test}: {reason}\n"));
}

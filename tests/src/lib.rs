//! Helpers that the tests of the whole product share.

use std::path::{Path, PathBuf};

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
    assert!(binary.is_file(), "{} is missing: run `cargo build` first, or set SPANGLASS_BIN", binary.display());
    binary
}

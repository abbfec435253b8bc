//! The lock that elects the host. It belongs to an open file, so the kernel frees it with the process.

use std::{
    fs::{self, File, TryLockError},
    io::{self, Read as _, Seek as _, Write as _},
    net::SocketAddr,
    path::{Path, PathBuf},
};

use super::host::{self, HostInfo};

/// The right to host for a data folder. Dropping it takes `host.json` away and frees the lock.
#[derive(Debug)]
pub struct Lease {
    folder: PathBuf,
    /// `None` where no lock can be had; then only the port elects.
    lock: Option<File>,
    problem: Option<String>,
    announced: Option<HostInfo>,
}

/// What came of trying.
pub(super) enum Taken {
    Ours(Lease),
    /// Another process has it, and its number if it could be read.
    Theirs {
        pid: Option<u32>,
    },
}

/// Tries to get the lock in `folder`, which is made if need be.
pub(super) fn take(folder: &Path) -> Taken {
    let without = |problem: String| {
        tracing::warn!(problem, "no lock for hosting");
        Taken::Ours(Lease { folder: folder.to_owned(), lock: None, problem: Some(problem), announced: None })
    };
    let mut file = match make_folder(folder).and_then(|()| open(&folder.join("host.lock"))) {
        Ok(file) => file,
        Err(error) => return without(format!("{} cannot be written ({error})", folder.display())),
    };
    match file.try_lock() {
        Ok(()) => {
            let pid = std::process::id().to_string();
            if file.set_len(0).and_then(|()| file.write_all(pid.as_bytes())).is_err() {
                tracing::debug!("the lock file does not take the process number");
            }
            Taken::Ours(Lease { folder: folder.to_owned(), lock: Some(file), problem: None, announced: None })
        }
        Err(TryLockError::WouldBlock) => {
            let mut text = String::new();
            let read = file.rewind().and_then(|()| file.read_to_string(&mut text));
            Taken::Theirs { pid: read.ok().and_then(|_| text.trim().parse().ok()) }
        }
        Err(TryLockError::Error(error)) => {
            without(format!("files in {} cannot be locked ({error})", folder.display()))
        }
    }
}

impl Lease {
    /// Why others will not find this host, if so.
    pub(super) fn problem(&self) -> Option<&str> {
        self.problem.as_deref()
    }

    /// Tells the others where this host is.
    pub(super) fn announce(&mut self, api: &str, token: &str, otlp: SocketAddr) -> io::Result<()> {
        if self.lock.is_none() {
            return Ok(());
        }
        let host = HostInfo {
            pid: std::process::id(),
            otlp: otlp.to_string(),
            api: api.to_owned(),
            token: token.to_owned(),
            version: env!("CARGO_PKG_VERSION").to_owned(),
        };
        host::write(&self.folder, &host)?;
        self.announced = Some(host);
        Ok(())
    }
}

impl Drop for Lease {
    fn drop(&mut self) {
        // Only what this process wrote: without the lock another one may be the host.
        if self.announced.is_some() && host::read(&self.folder) == self.announced {
            let _ = fs::remove_file(host::path(&self.folder));
        }
    }
}

/// Makes the folder for this user alone, and narrows one that is open to others.
fn make_folder(folder: &Path) -> io::Result<()> {
    let mut builder = fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(folder)?;
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        let mode = fs::metadata(folder)?.permissions().mode();
        if mode & 0o077 != 0 {
            fs::set_permissions(folder, fs::Permissions::from_mode(0o700))?;
        }
    }
    Ok(())
}

fn open(path: &Path) -> io::Result<File> {
    let mut options = fs::OpenOptions::new();
    options.read(true).write(true).create(true).truncate(false);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(path)
}

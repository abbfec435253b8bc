//! One writer at a time: a lock on a file, which the kernel frees when its holder dies.

use std::{
    fs::{self, File, TryLockError},
    io,
    path::Path,
};

use crate::Error;

/// Makes the folder for this user alone and locks it.
pub(crate) fn take(folder: &Path) -> Result<File, Error> {
    let unusable = |source: io::Error| Error::from_io(folder, folder, source);
    make_private(folder).map_err(unusable)?;
    let path = folder.join("lock");
    let file = open_private(&path, fs::OpenOptions::new().create(true)).map_err(unusable)?;
    match file.try_lock() {
        Ok(()) => Ok(file),
        Err(TryLockError::WouldBlock) => Err(Error::InUse { folder: folder.to_owned() }),
        Err(TryLockError::Error(source)) => Err(Error::Unusable { path, source }),
    }
}

/// Makes a folder with mode 0700, and narrows one that is open to others.
pub(crate) fn make_private(folder: &Path) -> io::Result<()> {
    let mut builder = fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(folder)?;
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        if fs::metadata(folder)?.permissions().mode() & 0o077 != 0 {
            fs::set_permissions(folder, fs::Permissions::from_mode(0o700))?;
        }
    }
    Ok(())
}

/// Opens a file for writing, new ones with mode 0600.
pub(crate) fn open_private(path: &Path, options: &mut fs::OpenOptions) -> io::Result<File> {
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(options, 0o600);
    options.write(true).open(path)
}

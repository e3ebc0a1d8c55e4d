//! The owner-only file in the data folder with the set-up link, which exists while there is no admin.
//!
//! The process that holds the file's lock owns it. A later start takes over the free lock and replaces the link; a
//! second server on the same folder leaves the link alone.

use std::{
    fs::{self, File, OpenOptions, Permissions, TryLockError},
    io::{self, Read as _, Seek as _, Write as _},
    os::unix::fs::{OpenOptionsExt as _, PermissionsExt as _},
    path::{Path, PathBuf},
};

use app::domain::secret::Secret;

/// File name in the data folder.
const FILE_NAME: &str = "setup-link";
/// A link is one line; a longer file holds none.
const FILE_BYTES: u64 = 4_096;

/// The file; locked while this value lives.
pub(super) struct LinkFile {
    file: File,
    path: PathBuf,
}

impl LinkFile {
    /// Opens or creates the file and locks it; `None` while another process holds it.
    ///
    /// # Errors
    /// If it cannot be opened, or its permissions cannot be set.
    pub(super) fn claim(data_dir: &Path) -> io::Result<Option<Self>> {
        let path = data_dir.join(FILE_NAME);
        let mut options = OpenOptions::new();
        let file = options.read(true).write(true).create(true).truncate(false).mode(0o600).open(&path)?;
        match file.try_lock() {
            Err(TryLockError::WouldBlock) => return Ok(None),
            // Not every file system supports locks; there the last start owns the file.
            Ok(()) | Err(TryLockError::Error(_)) => {}
        }
        file.set_permissions(Permissions::from_mode(0o600))?;
        Ok(Some(Self { file, path }))
    }

    /// Path of the file.
    pub(super) fn path(&self) -> &Path {
        &self.path
    }

    /// The token of the link that an earlier start wrote.
    pub(super) fn token(&self) -> Option<Secret> {
        let mut text = String::new();
        (&self.file).take(FILE_BYTES).read_to_string(&mut text).ok()?;
        let (_, token) = text.trim().split_once("/setup?token=")?;
        Some(Secret::new(token))
    }

    /// Replaces the link.
    ///
    /// # Errors
    /// If it cannot be written.
    pub(super) fn write(&mut self, link: &str) -> io::Result<()> {
        self.file.set_len(0)?;
        self.file.rewind()?;
        writeln!(self.file, "{link}")
    }

    /// Deletes the file, whoever holds it: once there is an admin, no link is valid.
    pub(super) fn remove(data_dir: &Path) {
        let _ = fs::remove_file(data_dir.join(FILE_NAME));
    }
}

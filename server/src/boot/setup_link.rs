//! The owner-only file in the data folder that holds the set-up link while there is no admin.
//!
//! The process that holds its lock owns it. A later start finds the lock free and replaces the link of the former one; a
//! server that starts beside another one in the same folder leaves that one's link alone.

use std::{
    fs::{self, File, OpenOptions, Permissions, TryLockError},
    io::{self, Read as _, Seek as _, Write as _},
    os::unix::fs::{OpenOptionsExt as _, PermissionsExt as _},
    path::{Path, PathBuf},
};

use app::domain::secret::Secret;

/// Its name in the data folder.
const FILE_NAME: &str = "setup-link";
/// A link is one line; whatever is longer is none.
const FILE_BYTES: u64 = 4_096;

/// The file, locked as long as this lives.
pub(super) struct LinkFile {
    file: File,
    path: PathBuf,
}

impl LinkFile {
    /// Takes the file of a data folder, made where there is none; `None` while another process holds it.
    ///
    /// # Errors
    /// Where it cannot be opened or closed to others.
    pub(super) fn claim(data_dir: &Path) -> io::Result<Option<Self>> {
        let path = data_dir.join(FILE_NAME);
        let mut options = OpenOptions::new();
        let file = options.read(true).write(true).create(true).truncate(false).mode(0o600).open(&path)?;
        match file.try_lock() {
            Err(TryLockError::WouldBlock) => return Ok(None),
            // Not every file system can lock; there the last start has the file.
            Ok(()) | Err(TryLockError::Error(_)) => {}
        }
        file.set_permissions(Permissions::from_mode(0o600))?;
        Ok(Some(Self { file, path }))
    }

    /// Where it is.
    pub(super) fn path(&self) -> &Path {
        &self.path
    }

    /// The token of the link in it, which an earlier start wrote.
    pub(super) fn token(&self) -> Option<Secret> {
        let mut text = String::new();
        (&self.file).take(FILE_BYTES).read_to_string(&mut text).ok()?;
        let (_, token) = text.trim().split_once("/setup?token=")?;
        Some(Secret::new(token))
    }

    /// Writes a link in the place of what it held.
    ///
    /// # Errors
    /// Where it cannot be written.
    pub(super) fn write(&mut self, link: &str) -> io::Result<()> {
        self.file.set_len(0)?;
        self.file.rewind()?;
        writeln!(self.file, "{link}")
    }

    /// Deletes the file of a data folder, whoever holds it: once there is an admin, no link opens anything.
    pub(super) fn remove(data_dir: &Path) {
        let _ = fs::remove_file(data_dir.join(FILE_NAME));
    }
}

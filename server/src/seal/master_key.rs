//! Sources of the master key: the environment, a file that the operator names, or a generated owner-only file in the
//! data folder. It is never in the database.

use std::{
    fs::{self, File},
    io::{self, ErrorKind, Write as _},
    os::unix::fs::MetadataExt as _,
    path::{Path, PathBuf},
};

use app::domain::secret::Secret;
use base64::{Engine as _, prelude::BASE64_STANDARD};
use tempfile::NamedTempFile;
use zeroize::Zeroizing;

const KEY_BYTES: usize = 32;
/// A key file is one line; a longer file holds no key.
const FILE_BYTES: u64 = 1_024;
/// Name of the generated file in the data folder.
const FILE_NAME: &str = "master.key";
/// Name of the new key's file during a rotation.
const NEXT_FILE_NAME: &str = "master.key.new";

/// 256 random bits that all secrets are sealed under. Has no `Debug` and is wiped when dropped.
pub struct MasterKey(Zeroizing<[u8; KEY_BYTES]>);

/// Reasons why there is no master key. The texts name the place and what to do, never a key.
#[derive(Debug, thiserror::Error)]
pub enum KeyError {
    /// The value is not a key.
    #[error(
        "the master key in {0} is not 32 bytes in base64 or hex; create one with: openssl rand -base64 32"
    )]
    NotAKey(String),
    /// Others may read the generated file, or write the named one.
    #[error(
        "the master key file {} is open to others (mode {mode:o}): check who could read it, then chmod 600 it",
        path.display()
    )]
    OpenToOthers {
        /// The file.
        path: PathBuf,
        /// Its permissions.
        mode: u32,
    },
    /// The file cannot be read or created.
    #[error("the master key file {} cannot be read or created: {source}", path.display())]
    File {
        /// The file.
        path: PathBuf,
        /// The cause.
        source: io::Error,
    },
}

impl MasterKey {
    /// Finds the key: `given` (from `SMART_BALANCER_MASTER_KEY`), else the file that the operator named, else
    /// `master.key` in the data folder, which is generated if absent. The folder must exist.
    ///
    /// The generated file must be accessible to its owner only. A named file may be readable for others, as mounted
    /// secrets commonly are, but not writable.
    ///
    /// # Errors
    /// [`KeyError`], with a text for the operator. Start-up must stop then: another key would seal what this one cannot
    /// open.
    pub fn find(given: Option<&Secret>, file: Option<&Path>, data_dir: &Path) -> Result<Self, KeyError> {
        if let Some(given) = given {
            return Self::parse(given.reveal())
                .ok_or_else(|| KeyError::NotAKey("SMART_BALANCER_MASTER_KEY".to_owned()));
        }
        if let Some(path) = file {
            return Self::read(path, 0o022);
        }
        let path = data_dir.join(FILE_NAME);
        match Self::read(&path, 0o077) {
            Err(KeyError::File { source, .. }) if source.kind() == ErrorKind::NotFound => {
                generate(&path).map_err(|source| KeyError::File { path: path.clone(), source })?;
                Self::read(&path, 0o077)
            }
            found => found,
        }
    }

    /// Reads the key from a file that the operator named.
    ///
    /// # Errors
    /// [`KeyError`].
    pub fn in_file(path: &Path) -> Result<Self, KeyError> {
        Self::read(path, 0o022)
    }

    /// Generates the next key in a file beside the current one; a file from an earlier attempt is deleted.
    ///
    /// # Errors
    /// [`KeyError::File`].
    pub fn make_next(data_dir: &Path) -> Result<Self, KeyError> {
        let path = data_dir.join(NEXT_FILE_NAME);
        let failed = |source| KeyError::File { path: path.clone(), source };
        match fs::remove_file(&path) {
            Err(error) if error.kind() != ErrorKind::NotFound => return Err(failed(error)),
            _ => generate(&path).map_err(failed)?,
        }
        Self::read(&path, 0o077)
    }

    /// The next key, if a rotation is running or was interrupted.
    ///
    /// # Errors
    /// [`KeyError`].
    pub fn next(data_dir: &Path) -> Result<Option<Self>, KeyError> {
        match Self::read(&data_dir.join(NEXT_FILE_NAME), 0o077) {
            Err(KeyError::File { source, .. }) if source.kind() == ErrorKind::NotFound => Ok(None),
            found => found.map(Some),
        }
    }

    /// Replaces the generated key with the next one. If another process has done so, that is fine.
    ///
    /// # Errors
    /// [`KeyError::File`].
    pub fn promote_next(data_dir: &Path) -> Result<(), KeyError> {
        let path = data_dir.join(NEXT_FILE_NAME);
        let renamed = match fs::rename(&path, data_dir.join(FILE_NAME)) {
            Err(error) if error.kind() == ErrorKind::NotFound => Ok(()),
            renamed => renamed,
        };
        renamed
            .and_then(|()| File::open(data_dir)?.sync_all())
            .map_err(|source| KeyError::File { path, source })
    }

    /// The key that [`Self::find`] would find; `None` if it would generate one.
    ///
    /// # Errors
    /// As [`Self::find`].
    pub fn present(
        given: Option<&Secret>,
        file: Option<&Path>,
        data_dir: &Path,
    ) -> Result<Option<Self>, KeyError> {
        if given.is_none() && file.is_none() && !data_dir.join(FILE_NAME).exists() {
            return Ok(None);
        }
        Self::find(given, file, data_dir).map(Some)
    }

    #[cfg(test)]
    pub(super) fn from_bytes(bytes: Zeroizing<[u8; KEY_BYTES]>) -> Self {
        Self(bytes)
    }

    pub(super) fn bytes(&self) -> &[u8; KEY_BYTES] {
        &self.0
    }

    fn read(path: &Path, closed_to: u32) -> Result<Self, KeyError> {
        let failed = |source| KeyError::File { path: path.to_owned(), source };
        let file = File::open(path).map_err(failed)?;
        let facts = file.metadata().map_err(failed)?;
        if facts.mode() & closed_to != 0 {
            return Err(KeyError::OpenToOthers { path: path.to_owned(), mode: facts.mode() & 0o7777 });
        }
        let not_a_key = || KeyError::NotAKey(path.display().to_string());
        if facts.len() > FILE_BYTES {
            return Err(not_a_key());
        }
        let text = Zeroizing::new(io::read_to_string(file).map_err(failed)?);
        Self::parse(&text).ok_or_else(not_a_key)
    }

    /// Parses 32 bytes as 64 hex digits or base64, surrounded by optional whitespace.
    fn parse(text: &str) -> Option<Self> {
        let text = text.trim();
        let mut key = Zeroizing::new([0; KEY_BYTES]);
        if hex::decode_to_slice(text, key.as_mut_slice()).is_err() {
            let decoded = Zeroizing::new(BASE64_STANDARD.decode(text).ok()?);
            *key = decoded.as_slice().try_into().ok()?;
        }
        Some(Self(key))
    }
}

/// Creates the file atomically and never over an existing one: of two processes that start together, the second reads
/// the first's key.
fn generate(path: &Path) -> io::Result<()> {
    let folder = path.parent().unwrap_or(Path::new("."));
    let mut key = Zeroizing::new([0; KEY_BYTES]);
    getrandom::fill(key.as_mut_slice())?;
    let text = Zeroizing::new(format!("{}\n", BASE64_STANDARD.encode(key.as_slice())));

    // Owner-only from the start.
    let mut file = NamedTempFile::new_in(folder)?;
    file.write_all(text.as_bytes())?;
    file.as_file().sync_all()?;
    match file.persist_noclobber(path) {
        Err(failed) if failed.error.kind() != ErrorKind::AlreadyExists => return Err(failed.error),
        _ => {}
    }
    // The file name must be on disk before anything is sealed under the key.
    File::open(folder)?.sync_all()
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "tests")]

    use std::os::unix::fs::PermissionsExt as _;

    use super::*;

    fn folder() -> tempfile::TempDir {
        tempfile::tempdir().unwrap()
    }

    fn write(path: &Path, text: &str, mode: u32) {
        fs::write(path, text).unwrap();
        fs::set_permissions(path, fs::Permissions::from_mode(mode)).unwrap();
    }

    const HEX: &str = "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f";
    const BASE64: &str = "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=";

    #[test]
    fn the_generated_key_is_owner_only_and_found_again() {
        let folder = folder();
        let first = MasterKey::find(None, None, folder.path()).ok().unwrap();
        let again = MasterKey::find(None, None, folder.path()).ok().unwrap();
        assert_eq!(first.bytes(), again.bytes());
        assert_ne!(first.bytes(), &[0; KEY_BYTES]);
        assert_eq!(folder.path().join(FILE_NAME).metadata().unwrap().mode() & 0o777, 0o600);
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
    }

    #[test]
    fn processes_that_start_together_find_one_key() {
        let folder = folder();
        let keys: Vec<_> = std::thread::scope(|scope| {
            let starts: Vec<_> = (0..8)
                .map(|_| scope.spawn(|| *MasterKey::find(None, None, folder.path()).ok().unwrap().0))
                .collect();
            starts.into_iter().map(|start| start.join().unwrap()).collect()
        });
        assert!(keys.windows(2).all(|pair| pair[0] == pair[1]));
    }

    #[test]
    fn a_generated_file_that_others_may_read_is_refused() {
        let folder = folder();
        write(&folder.path().join(FILE_NAME), BASE64, 0o640);
        let refused = MasterKey::find(None, None, folder.path()).err().unwrap();
        assert!(matches!(refused, KeyError::OpenToOthers { mode: 0o640, .. }));
        assert!(refused.to_string().contains("chmod 600"));
    }

    #[test]
    fn a_named_file_may_be_readable_but_not_writable_for_others() {
        let folder = folder();
        let path = folder.path().join("secret");
        write(&path, BASE64, 0o444);
        assert!(MasterKey::find(None, Some(&path), folder.path()).is_ok());
        write(&path, BASE64, 0o666);
        let refused = MasterKey::find(None, Some(&path), folder.path()).err().unwrap();
        assert!(matches!(refused, KeyError::OpenToOthers { .. }));
        let missing = MasterKey::find(None, Some(&folder.path().join("none")), folder.path()).err().unwrap();
        assert!(matches!(missing, KeyError::File { .. }), "a named file is never generated");
    }

    #[test]
    fn hex_and_base64_are_the_same_key_and_the_environment_comes_first() {
        let folder = folder();
        let key = |text: &str| MasterKey::find(Some(&Secret::new(text)), None, folder.path());
        assert_eq!(key(HEX).ok().unwrap().bytes(), key(BASE64).ok().unwrap().bytes());
        for bad in ["", "short", &HEX[1..], &format!("+{}", &HEX[1..]), "AAECAw=="] {
            let refused = key(bad).err().unwrap();
            assert!(matches!(refused, KeyError::NotAKey(_)), "{bad}");
            assert!(bad.is_empty() || !refused.to_string().contains(bad));
        }
    }
}

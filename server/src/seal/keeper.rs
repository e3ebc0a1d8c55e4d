//! Keeps the current sealer: finds the master key at start, and again after another process has rotated it.

use std::{path::PathBuf, sync::Arc};

use app::domain::secret::Secret;
use arc_swap::ArcSwap;

use super::{KeyError, MasterKey, Sealer};

/// Sources of the master key. Has no `Debug`, because the key itself may be in it.
#[derive(Clone)]
pub struct KeySource {
    /// The key itself, from `SMART_BALANCER_MASTER_KEY`; takes precedence.
    pub given: Option<Secret>,
    /// The file that the operator named; second.
    pub file: Option<PathBuf>,
    /// The folder of the generated file; last.
    pub data_dir: PathBuf,
}

impl KeySource {
    /// Whether the key is the generated file's, which the server may replace.
    pub fn is_generated(&self) -> bool {
        self.given.is_none() && self.file.is_none()
    }

    /// The sealer of this source. Completes a rotation that was interrupted after the store had the new key and before
    /// the file had it.
    ///
    /// # Errors
    /// As [`MasterKey::find`].
    pub fn sealer(&self, key_check: Option<&[u8]>) -> Result<Sealer, KeyError> {
        let found = Sealer::new(&MasterKey::find(self.given.as_ref(), self.file.as_deref(), &self.data_dir)?);
        let Some(check) = key_check.filter(|it| self.is_generated() && !found.recognises(it)) else {
            return Ok(found);
        };
        match MasterKey::next(&self.data_dir)?.map(|key| Sealer::new(&key)) {
            Some(next) if next.recognises(check) => {
                MasterKey::promote_next(&self.data_dir)?;
                Ok(next)
            }
            _ => Ok(found),
        }
    }
}

/// The sealer of a running server.
pub struct Keeper {
    source: KeySource,
    sealer: ArcSwap<Sealer>,
}

impl Keeper {
    /// Opens the source; `key_check` is the store's.
    ///
    /// # Errors
    /// As [`MasterKey::find`].
    pub fn open(source: KeySource, key_check: Option<&[u8]>) -> Result<Self, KeyError> {
        let sealer = ArcSwap::from_pointee(source.sealer(key_check)?);
        Ok(Self { source, sealer })
    }

    /// The current sealer.
    pub fn sealer(&self) -> Arc<Sealer> {
        self.sealer.load_full()
    }

    /// The sealer that matches the store's key check. If the current one does not, the source is read again; if that
    /// does not help, the current one stays, and secrets that were sealed under the other key do not open.
    pub fn follow(&self, key_check: Option<&[u8]>) -> Arc<Sealer> {
        let present = self.sealer();
        let Some(check) = key_check.filter(|it| !present.recognises(it)) else { return present };
        match self.source.sealer(Some(check)) {
            Ok(found) if found.recognises(check) => {
                tracing::info!("the master key was rotated; switched to the new one");
                self.sealer.store(Arc::new(found));
                self.sealer()
            }
            _ => {
                tracing::error!(
                    "the store is sealed under a different master key; restart the server with that key"
                );
                present
            }
        }
    }
}

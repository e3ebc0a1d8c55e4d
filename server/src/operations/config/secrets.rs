//! Secrets of instances in a change: comparison with the stored ones, and sealing.

use std::{collections::BTreeMap, sync::Arc};

use app::{
    domain::{
        config::instance::{
            Instance, KeyChange,
            secrets::{HeaderChange, HeaderValues, header_path},
        },
        ids::InstanceId,
        secret::Secret,
    },
    refusal::{Refusal, Reply},
};
use subtle::ConstantTimeEq as _;

use crate::{
    operations::Operations,
    seal::{Place, SealError, Sealer},
    store::{StoredState, Write},
};

/// The sealed secrets of all instances, as they were before a change.
#[derive(Default)]
pub struct StoredSecrets {
    sealer: Option<Arc<Sealer>>,
    keys: BTreeMap<InstanceId, Vec<u8>>,
    headers: BTreeMap<InstanceId, Vec<u8>>,
}

impl StoredSecrets {
    /// The sealed secrets; without a sealer, or under another master key, none can be opened.
    pub fn new(
        sealer: Option<Arc<Sealer>>,
        keys: Vec<(InstanceId, Vec<u8>)>,
        headers: Vec<(InstanceId, Vec<u8>)>,
    ) -> Self {
        Self { sealer, keys: keys.into_iter().collect(), headers: headers.into_iter().collect() }
    }

    /// The key of an instance; `None` if it has none, or if it does not open.
    fn key(&self, id: &str) -> Option<Secret> {
        let sealed = self.keys.get(&InstanceId::from(id))?;
        self.sealer.as_ref()?.open(Place::instance_key(id), sealed).ok()
    }

    /// The header values of an instance; none if they do not open.
    fn headers(&self, id: &str) -> HeaderValues {
        let sealed = self.headers.get(&InstanceId::from(id));
        let opened = sealed.and_then(|it| self.sealer.as_ref()?.open_headers(id, it).ok());
        opened.unwrap_or_default()
    }

    /// Whether this is the stored key of an instance or, if `header` is given, the stored value of that header.
    pub(super) fn holds(&self, id: &str, header: Option<&str>, secret: &Secret) -> bool {
        let stored = match header {
            None => self.key(id),
            Some(name) => self.headers(id).remove(name),
        };
        stored.is_some_and(|it| it.reveal().as_bytes().ct_eq(secret.reveal().as_bytes()).into())
    }

    /// Whether a change brings another key or another value of a header.
    pub(super) fn differ(&self, id: &str, key: &KeyChange, values: &HeaderValues) -> bool {
        let is_another_key = match key {
            KeyChange::Keep => false,
            KeyChange::Remove => self.keys.contains_key(&InstanceId::from(id)),
            KeyChange::Set(key) => !self.holds(id, None, key),
        };
        is_another_key || values.iter().any(|(name, value)| !self.holds(id, Some(name), value))
    }

    /// The header values of an instance after a change; `None` if nothing is to be stored. Values that did not open are
    /// lost with it, so they are listed as needing re-entry.
    pub(super) fn changed_headers(
        &self,
        id: &str,
        change: &HeaderChange,
        instance: &mut Instance,
    ) -> Option<HeaderValues> {
        if change.is_empty() {
            return None;
        }
        let values = change.apply(self.headers(id));
        instance.set_needs_reentry(instance.lacks_dropped_key(), |name| values.contains_key(name));
        Some(values)
    }
}

/// The paths of headers that get a new value.
pub(super) fn replaced_paths(instance: &Instance, change: &HeaderChange) -> Vec<String> {
    let names = instance.headers.iter().filter(|it| change.set.contains_key(&it.to_ascii_lowercase()));
    names.map(header_path).collect()
}

impl Operations {
    /// The secrets of a loaded store.
    pub(super) fn stored_secrets(&self, loaded: &StoredState) -> StoredSecrets {
        let sealer = self.keeper.follow(loaded.key_check.as_deref());
        StoredSecrets::new(Some(sealer), loaded.sealed_keys.clone(), loaded.sealed_headers.clone())
    }

    /// Seals and stores the change of an instance's key.
    pub(in crate::operations) async fn seal_key(
        &self,
        write: &mut Write,
        id: &str,
        key: &KeyChange,
    ) -> Reply<()> {
        match key {
            KeyChange::Keep => {}
            KeyChange::Remove => write.set_sealed_key(&InstanceId::from(id), None, None).await?,
            KeyChange::Set(secret) => {
                let sealer = self.current_sealer(write).await?;
                let sealed = sealer.seal(Place::instance_key(id), secret).map_err(not_sealed)?;
                write.set_sealed_key(&InstanceId::from(id), Some(&sealed), secret.last4().as_deref()).await?;
            }
        }
        Ok(())
    }

    /// Seals and stores the header values of an instance; `None` leaves what is stored.
    pub(super) async fn seal_headers(
        &self,
        write: &mut Write,
        id: &str,
        values: Option<&HeaderValues>,
    ) -> Reply<()> {
        let Some(values) = values else { return Ok(()) };
        if values.is_empty() {
            return Ok(write.set_sealed_headers(&InstanceId::from(id), None).await?);
        }
        let sealer = self.current_sealer(write).await?;
        let sealed = sealer.seal_headers(id, values).map_err(not_sealed)?;
        Ok(write.set_sealed_headers(&InstanceId::from(id), Some(&sealed)).await?)
    }

    /// The sealer of the master key that the store is under. Another process may have rotated it, and nothing may be
    /// sealed under the old one anymore.
    async fn current_sealer(&self, write: &mut Write) -> Reply<Arc<Sealer>> {
        let check = write.key_check().await?;
        let sealer = self.keeper.follow(check.as_deref());
        if check.is_some_and(|it| !sealer.recognises(&it)) {
            return Err(Refusal::StoreUnavailable);
        }
        Ok(sealer)
    }
}

fn not_sealed(error: SealError) -> Refusal {
    tracing::error!(%error, "a secret of an instance could not be sealed");
    Refusal::StoreUnavailable
}

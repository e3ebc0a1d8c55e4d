//! Commits changes and publishes the configuration to the data plane, with its upstream keys unsealed.

use std::{
    collections::HashMap,
    sync::{Arc, PoisonError},
};

use app::{
    domain::{config::configuration::Configuration, ids::ObjectKind},
    refusal::Reply,
};

use super::audit_trail::{self, Change};
use crate::operations::Operations;
use crate::{
    gateway::{ApiKeyRecord, UpstreamKey, UpstreamSecrets},
    seal::Place,
    store::{StoredApiKey, StoredState, Write},
};

impl Operations {
    /// Loads the committed configuration and publishes it.
    ///
    /// # Errors
    /// If the store cannot be read; the live configuration then stays.
    pub async fn reload(&self) -> Reply<()> {
        self.publish(self.store.load().await?);
        Ok(())
    }

    /// Ends a change: increments the version, records revisions and audit rows, commits, and publishes. `before` is the
    /// configuration that the change began with; returns the one that it led to.
    ///
    /// # Errors
    /// If the store cannot write. What is live is then what the store holds, if it can be read.
    pub(in crate::operations) async fn commit_and_publish(
        &self,
        mut write: Write,
        before: &Configuration,
        changes: &[Change<'_>],
    ) -> Reply<Arc<Configuration>> {
        write.bump_version().await?;
        // Read inside the transaction, so nothing can fail after the commit.
        let balancers = changes.iter().filter(|it| it.kind == ObjectKind::SmartBalancer);
        let balancers: Vec<_> = balancers.map(|it| it.id).collect();
        let after = write.load_changed(before, &balancers).await?;
        for change in changes {
            audit_trail::record(&mut write, change, before, &after.configuration).await?;
        }
        if let Err(error) = write.commit().await {
            // If the answer to the commit was lost, only the store knows whether it succeeded.
            let _ = self.reload().await;
            return Err(error.into());
        }
        Ok(self.publish(after))
    }

    /// Publishes a configuration unless a newer one is live. Running calls keep the one that they began with.
    fn publish(&self, loaded: StoredState) -> Arc<Configuration> {
        let configuration = Arc::new(self.with_demo_addresses(loaded.configuration));
        let sealer = self.keeper.follow(loaded.key_check.as_deref());
        let mut unsealed = HashMap::<_, UpstreamSecrets>::new();
        for (id, sealed) in loaded.sealed_keys {
            let key = match sealer.open(Place::instance_key(id.as_str()), &sealed) {
                Ok(secret) => UpstreamKey::Known(secret),
                Err(_) => UpstreamKey::NeedsReentry,
            };
            unsealed.entry(id).or_default().key = Some(key);
        }
        for (id, sealed) in loaded.sealed_headers {
            // Without their values, the instance is not called.
            let values = sealer.open_headers(id.as_str(), &sealed).unwrap_or_default();
            unsealed.entry(id).or_default().headers = values;
        }
        for it in configuration.instances.iter().filter(|it| it.spec.lacks_dropped_key()) {
            unsealed.entry(it.id.clone()).or_default().key = Some(UpstreamKey::NeedsReentry);
        }
        let api_keys = loaded.api_keys.into_iter().map(api_key_record).collect();
        // Changes are committed one after the other, but may arrive here in another order.
        let _guard = self.publishing.lock().unwrap_or_else(PoisonError::into_inner);
        if configuration.version >= self.published.load().version {
            self.gateway.publish(&configuration, unsealed, api_keys);
            self.published.store(Arc::clone(&configuration));
        }
        configuration
    }

    /// Fills in the address of demo instances, which the store does not hold.
    fn with_demo_addresses(&self, mut configuration: Configuration) -> Configuration {
        for instance in configuration.instances.iter_mut().filter(|it| it.spec.demo) {
            instance.spec.base_url.clone_from(&self.settings.demo_base_url);
        }
        configuration
    }
}

fn api_key_record(key: StoredApiKey) -> ApiKeyRecord {
    ApiKeyRecord { id: key.id, sha256: key.sha256, scope: key.scope }
}

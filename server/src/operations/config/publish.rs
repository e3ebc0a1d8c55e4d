//! Ends every change, and makes what is committed live: unseals the upstream keys and hands everything to the data
//! plane.

use std::sync::{Arc, PoisonError};

use app::{domain::config::configuration::Configuration, refusal::Reply};

use super::trace::{self, Change};
use crate::operations::Operations;
use crate::{
    gateway::{ApiKeyRecord, UpstreamKey},
    seal::Place,
    store::{Loaded, StoredApiKey, Write},
};

impl Operations {
    /// Reads what is committed and makes it live.
    ///
    /// # Errors
    /// Where the store cannot be read; the old configuration then stays.
    pub async fn reload(&self) -> Reply<()> {
        self.publish(self.store.load().await?);
        Ok(())
    }

    /// Ends a change: counts it, leaves its traces, commits it and makes it live. `before` is the configuration that
    /// it began with; answers with the one that it led to.
    ///
    /// # Errors
    /// Where the store cannot write; what is live is then what the store holds, as far as it can be read.
    pub(in crate::operations) async fn finish(
        &self,
        mut write: Write,
        before: &Configuration,
        changes: &[Change<'_>],
    ) -> Reply<Arc<Configuration>> {
        write.bump_version().await?;
        // Read inside of the change, so that nothing that can fail is left once it is committed.
        let after = write.load().await?;
        for change in changes {
            trace::leave(&mut write, change, before, &after.configuration).await?;
        }
        if let Err(error) = write.commit().await {
            // Where the answer to a commit was lost, only the store knows whether it was done.
            let _ = self.reload().await;
            return Err(error.into());
        }
        Ok(self.publish(after))
    }

    /// Makes a configuration live, unless a newer one is. Calls that run keep the one that they began with.
    fn publish(&self, loaded: Loaded) -> Arc<Configuration> {
        let configuration = Arc::new(self.at_home(loaded.configuration));
        let sealer = self.keeper.follow(loaded.key_check.as_deref());
        let unsealed = loaded.sealed_keys.into_iter().map(|(id, sealed)| {
            let key = match sealer.open(Place::instance_key(id.as_str()), &sealed) {
                Ok(secret) => UpstreamKey::Known(secret),
                Err(_) => UpstreamKey::NeedsReentry,
            };
            (id, key)
        });
        let (unsealed, api_keys) = (unsealed.collect(), loaded.api_keys.into_iter().map(record).collect());
        // Changes are committed one after the other, but may come here in another order.
        let _turn = self.publishing.lock().unwrap_or_else(PoisonError::into_inner);
        if configuration.version >= self.published.load().version {
            self.gateway.publish(&configuration, unsealed, api_keys);
            self.published.store(Arc::clone(&configuration));
        }
        configuration
    }

    /// Fills in where this server answers for its demo instances.
    fn at_home(&self, mut configuration: Configuration) -> Configuration {
        for instance in configuration.instances.iter_mut().filter(|it| it.spec.demo) {
            instance.spec.base_url.clone_from(&self.settings.demo_base_url);
        }
        configuration
    }
}

fn record(key: StoredApiKey) -> ApiKeyRecord {
    ApiKeyRecord { id: key.id, sha256: key.sha256, scope: key.scope }
}

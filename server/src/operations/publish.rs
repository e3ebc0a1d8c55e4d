//! Makes a committed configuration live: reads it back, unseals the upstream keys, hands both to the data plane.

use app::{api::refusal::Reply, domain::configuration::Configuration};

use super::Operations;
use crate::{
    gateway::{ApiKeyRecord, UpstreamKey},
    seal::Place,
    store::StoredApiKey,
};

impl Operations {
    /// Publishes what is committed now. Calls that run keep the configuration that they began with.
    ///
    /// # Errors
    /// Where the store cannot be read; the old configuration then stays.
    pub async fn publish(&self) -> Reply<()> {
        let _turn = self.publishing.lock().await;
        let loaded = self.store.load().await?;
        let configuration = std::sync::Arc::new(self.at_home(loaded.configuration));
        let keys = loaded
            .sealed_keys
            .into_iter()
            .map(|(id, sealed)| {
                let key = match self.sealer.open(Place::instance_key(id.as_str()), &sealed) {
                    Ok(secret) => UpstreamKey::Known(secret),
                    Err(_) => UpstreamKey::NeedsReentry,
                };
                (id, key)
            })
            .collect();
        let api_keys = loaded.api_keys.into_iter().map(record).collect();
        self.gateway.publish(&configuration, keys, api_keys);
        self.published.store(configuration);
        Ok(())
    }

    /// Fills in where this server answers for its demo instances.
    pub(super) fn at_home(&self, mut configuration: Configuration) -> Configuration {
        for instance in configuration.instances.iter_mut().filter(|it| it.spec.demo) {
            instance.spec.base_url.clone_from(&self.surroundings.demo_base_url);
        }
        configuration
    }
}

fn record(key: StoredApiKey) -> ApiKeyRecord {
    ApiKeyRecord { id: key.id, sha256: key.sha256, scope: key.scope }
}

//! Which instance made which response or conversation, so that later calls on it go there. Bounded, least used first
//! out, in this process only. It holds hashes, ids of our own and route names.

use std::{
    hash::{BuildHasher as _, RandomState},
    sync::Arc,
};

use app::domain::ids::{BalancerId, InstanceId};

use super::evictions::{CountedCache, Evictions};

/// Responses and conversations remembered.
const MAX_RESPONSES: usize = 100_000;

/// Who made a response, and for whom.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct StoredResponse {
    /// Id of the API key.
    pub(crate) caller: Arc<str>,
    pub(crate) balancer: BalancerId,
    pub(crate) route: Arc<str>,
    pub(crate) instance_id: InstanceId,
}

/// The responses and conversations of all instances.
#[derive(Debug)]
pub(crate) struct StoredResponses {
    entries: CountedCache<u128, Arc<StoredResponse>>,
    evictions: Evictions,
    salts: [RandomState; 2],
}

impl Default for StoredResponses {
    fn default() -> Self {
        let evictions = Evictions::default();
        Self {
            entries: evictions.cache(MAX_RESPONSES),
            evictions,
            salts: [RandomState::new(), RandomState::new()],
        }
    }
}

impl StoredResponses {
    /// Who made the response or conversation with that id; `None` if this process has not seen it.
    pub(crate) fn find(&self, id: &str) -> Option<Arc<StoredResponse>> {
        self.entries.get(&self.key(id))
    }

    /// Remembers a response or conversation. The first to know an id keeps it: nobody takes over another key's. An
    /// empty id, as clients send that have nothing to continue, is none.
    pub(crate) fn remember(&self, id: &str, response: StoredResponse) {
        if id.trim().is_empty() {
            return;
        }
        let key = self.key(id);
        if self.entries.get(&key).is_none_or(|it| it.caller == response.caller) {
            self.entries.insert(key, Arc::new(response));
        }
    }

    /// Number of entries and of evictions.
    pub(crate) fn stats(&self) -> [u64; 2] {
        [self.entries.len() as u64, self.evictions.count()]
    }

    fn key(&self, id: &str) -> u128 {
        self.salts.iter().fold(0, |key, salt| (key << 64) | u128::from(salt.hash_one(id)))
    }
}

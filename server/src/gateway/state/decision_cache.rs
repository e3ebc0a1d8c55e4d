//! Recent verdicts of router models. Bounded, in memory, never stored. It holds hashes and route names; the
//! hashes are salted per process, so collisions can't be constructed.

use std::{
    hash::{BuildHasher as _, Hash as _, Hasher as _, RandomState},
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering::Relaxed},
    },
};

use app::domain::{
    confidence::Confidence,
    config::configuration::StoredBalancer,
    routing::{classify::PROMPT_VERSION, decision::RouterMessage},
};

use super::evictions::{CountedCache, Evictions};

/// Decisions remembered.
const MAX_DECISIONS: usize = 50_000;

/// Id, address and model of an instance of a router model. Another model may answer otherwise.
pub(crate) type RouterIdentity<'a> = (&'a str, &'a str, &'a str);

/// A cached verdict.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct CachedVerdict {
    /// Name of the chosen route; `None` if none matched.
    pub(crate) route: Option<Arc<str>>,
    /// How sure the router model was.
    pub(crate) confidence: Option<Confidence>,
}

/// The cached verdicts of all balancers.
#[derive(Debug)]
pub(crate) struct DecisionCache {
    entries: CountedCache<u128, (CachedVerdict, u64)>,
    evictions: Evictions,
    hits: AtomicU64,
    misses: AtomicU64,
    salts: [RandomState; 2],
}

impl Default for DecisionCache {
    fn default() -> Self {
        let evictions = Evictions::default();
        Self {
            entries: evictions.cache(MAX_DECISIONS),
            evictions,
            hits: AtomicU64::new(0),
            misses: AtomicU64::new(0),
            salts: [RandomState::new(), RandomState::new()],
        }
    }
}

impl DecisionCache {
    /// The key of a question under one revision of a balancer. `router` tells the models that may be asked.
    pub(crate) fn key<'a>(
        &self,
        balancer: &StoredBalancer,
        router: impl Iterator<Item = RouterIdentity<'a>> + Clone,
        messages: &[RouterMessage],
    ) -> u128 {
        self.salts.iter().fold(0, |key, salt| {
            let mut hasher = salt.build_hasher();
            (PROMPT_VERSION, &balancer.id, balancer.revision).hash(&mut hasher);
            router.clone().for_each(|it| it.hash(&mut hasher));
            messages.iter().for_each(|it| (&it.role, &it.content).hash(&mut hasher));
            (key << 64) | u128::from(hasher.finish())
        })
    }

    /// The verdict for a question, if it is younger than `ttl_s`.
    pub(crate) fn get(&self, key: u128, ttl_s: u64, now_ms: u64) -> Option<CachedVerdict> {
        let fresh = |at_ms: u64| now_ms.saturating_sub(at_ms) < ttl_s.saturating_mul(1_000);
        let found = self.entries.get(&key).filter(|(_, at_ms)| fresh(*at_ms));
        let counter = if found.is_some() { &self.hits } else { &self.misses };
        counter.fetch_add(1, Relaxed);
        found.map(|(verdict, _)| verdict)
    }

    /// Number of entries, hits, misses and evictions.
    pub(crate) fn stats(&self) -> [u64; 4] {
        let [hits, misses] = [&self.hits, &self.misses].map(|it| it.load(Relaxed));
        [self.entries.len() as u64, hits, misses, self.evictions.count()]
    }

    /// Caches a verdict.
    pub(crate) fn insert(&self, key: u128, verdict: CachedVerdict, now_ms: u64) {
        self.entries.insert(key, (verdict, now_ms));
    }
}

#[cfg(test)]
mod tests {
    use app::domain::{config::balancer::Balancer, ids::BalancerId, timestamp::Timestamp};

    use super::*;

    fn balancer(revision: u64) -> StoredBalancer {
        StoredBalancer {
            id: BalancerId::from("sb_a"),
            spec: Balancer::default(),
            revision,
            created_at: Timestamp(0),
            updated_at: Timestamp(0),
        }
    }

    const ROUTER: RouterIdentity<'static> = ("inst_r", "http://127.0.0.1:9/v1", "m");

    fn key(cache: &DecisionCache, revision: u64, router: RouterIdentity<'_>, text: &str) -> u128 {
        cache.key(&balancer(revision), std::iter::once(router), &messages(text))
    }

    fn messages(text: &str) -> Vec<RouterMessage> {
        vec![RouterMessage { role: "user".to_owned(), content: text.to_owned() }]
    }

    #[test]
    fn the_same_text_of_the_same_revision_is_remembered_for_its_time() {
        let cache = DecisionCache::default();
        let key = key(&cache, 1, ROUTER, "hello");
        let verdict = CachedVerdict { route: Some("code".into()), confidence: Confidence::of(0.4) };
        cache.insert(key, verdict.clone(), 0);
        assert_eq!(cache.get(key, 300, 299_999), Some(verdict));
        assert_eq!(cache.get(key, 300, 300_000), None);
        assert_eq!(cache.get(key, 0, 0), None);
        let others = [
            self::key(&cache, 2, ROUTER, "hello"),
            self::key(&cache, 1, ROUTER, "hullo"),
            self::key(&cache, 1, ("inst_r", ROUTER.1, "another"), "hello"),
            self::key(&cache, 1, ("inst_r", "http://127.0.0.1:8/v1", "m"), "hello"),
        ];
        for other in others {
            assert_eq!(cache.get(other, 300, 0), None);
        }
    }

    #[test]
    fn that_nothing_matched_is_remembered_too() {
        let cache = DecisionCache::default();
        let verdict = CachedVerdict { route: None, confidence: None };
        cache.insert(1, verdict.clone(), 0);
        assert_eq!(cache.get(1, 300, 1), Some(verdict));
    }
}

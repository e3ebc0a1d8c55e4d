//! Counting of evictions from bounded caches.

use std::sync::{
    Arc,
    atomic::{AtomicU64, Ordering::Relaxed},
};

use quick_cache::{DefaultHashBuilder, Lifecycle, UnitWeighter, sync::Cache};

/// A bounded cache that counts its evictions.
pub(crate) type CountedCache<Key, Val> = Cache<Key, Val, UnitWeighter, DefaultHashBuilder, Evictions>;

/// Evicted entries since the start; clones share the count.
#[derive(Clone, Debug, Default)]
pub(crate) struct Evictions(Arc<AtomicU64>);

impl Evictions {
    /// A cache for that many entries, whose evictions are counted here.
    pub(crate) fn cache<Key: Eq + std::hash::Hash, Val: Clone>(
        &self,
        entries: usize,
    ) -> CountedCache<Key, Val> {
        Cache::with(entries, entries as u64, UnitWeighter, DefaultHashBuilder::default(), self.clone())
    }

    pub(crate) fn count(&self) -> u64 {
        self.0.load(Relaxed)
    }
}

impl<Key, Val> Lifecycle<Key, Val> for Evictions {
    type RequestState = ();

    fn on_evict(&self, (): &mut (), _: Key, _: Val) {
        self.0.fetch_add(1, Relaxed);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn evictions_are_counted() {
        let evictions = Evictions::default();
        let cache = evictions.cache(64);
        for key in 0..1_000 {
            cache.insert(key, ());
        }
        assert!(cache.len() <= 64);
        assert_eq!(evictions.count() + cache.len() as u64, 1_000);
    }
}

//! The learners of all balancers, within one bound of memory.

use std::{collections::HashMap, hash::Hash};

use super::{bank::TOTAL_BYTES, learner::Learner};

/// Learners by their keys. Beyond [`TOTAL_BYTES`] the least recently used ones are dropped.
#[derive(Debug)]
pub struct Collection<K> {
    learners: HashMap<K, Kept>,
    bytes: usize,
    limit: usize,
    evicted: u64,
}

#[derive(Debug)]
struct Kept {
    learner: Learner,
    bytes: usize,
    used_ms: u64,
}

impl<K: Clone + Eq + Hash> Default for Collection<K> {
    fn default() -> Self {
        Self::with_limit(TOTAL_BYTES)
    }
}

impl<K: Clone + Eq + Hash> Collection<K> {
    /// An empty collection with another bound, in bytes.
    pub fn with_limit(limit: usize) -> Self {
        Self { learners: HashMap::new(), bytes: 0, limit, evicted: 0 }
    }

    /// The learner of a key, which counts as used now.
    pub fn get(&mut self, key: &K, now_ms: u64) -> Option<&Learner> {
        let kept = self.learners.get_mut(key)?;
        kept.used_ms = kept.used_ms.max(now_ms);
        Some(&kept.learner)
    }

    /// Changes the learner of a key, a `new` one if there is none. Other learners may be dropped to make room. Returns
    /// what the change returns.
    pub fn update<T>(
        &mut self,
        key: &K,
        now_ms: u64,
        new: impl FnOnce() -> Learner,
        change: impl FnOnce(&mut Learner) -> T,
    ) -> T {
        let kept =
            self.learners.entry(key.clone()).or_insert_with(|| Kept { learner: new(), bytes: 0, used_ms: 0 });
        let changed = change(&mut kept.learner);
        kept.used_ms = kept.used_ms.max(now_ms);
        let bytes = kept.learner.bytes();
        self.bytes = self.bytes + bytes - std::mem::replace(&mut kept.bytes, bytes);
        self.evict(key);
        changed
    }

    /// Drops the learners whose keys match, such as those of a deleted balancer.
    pub fn remove_if(&mut self, matches: impl Fn(&K) -> bool) {
        self.learners.retain(|key, _| !matches(key));
        self.bytes = self.learners.values().map(|it| it.bytes).sum();
    }

    /// The memory of all learners, in bytes.
    pub fn bytes(&self) -> usize {
        self.bytes
    }

    /// Number of learners dropped to make room.
    pub fn evicted(&self) -> u64 {
        self.evicted
    }

    fn evict(&mut self, keep: &K) {
        while self.bytes > self.limit {
            let others = self.learners.iter().filter(|(key, _)| *key != keep);
            let Some(oldest) = others.min_by_key(|(_, it)| it.used_ms).map(|(key, _)| key.clone()) else {
                return;
            };
            if let Some(dropped) = self.learners.remove(&oldest) {
                self.bytes -= dropped.bytes;
                self.evicted += 1;
            }
        }
    }
}

//! The last and the pinned route of each conversation and of its turns. Bounded, least used first out, never
//! stored.
//!
//! It holds hashes and route names, no text.

use std::{
    hash::{BuildHasher as _, RandomState},
    sync::Arc,
};

use super::evictions::{CountedCache, Evictions};

/// Conversations and turns remembered.
const MAX_CONVERSATIONS: usize = 100_000;
/// How long a conversation may be idle, in milliseconds.
const IDLE_MS: u64 = 10 * 60 * 1_000;

/// The routes of a conversation or turn.
#[derive(Clone, Debug, PartialEq, Eq)]
struct ConversationRoutes {
    /// The route that answered last, the default included.
    last: Arc<str>,
    /// The route that the conversation is pinned to. A default that was only fallen back to is never pinned.
    pinned: Option<Arc<str>>,
    seen_ms: u64,
}

/// The conversations and turns of all balancers. Their keys include the balancer and the caller.
#[derive(Debug)]
pub(crate) struct Conversations {
    /// Random key of the hashes of turns, so collisions can't be constructed.
    hash_key: u64,
    entries: CountedCache<u64, ConversationRoutes>,
    evictions: Evictions,
}

impl Default for Conversations {
    fn default() -> Self {
        let evictions = Evictions::default();
        Self {
            hash_key: RandomState::new().hash_one(()),
            entries: evictions.cache(MAX_CONVERSATIONS),
            evictions,
        }
    }
}

impl Conversations {
    /// The key for hashing turns.
    pub(crate) fn hash_key(&self) -> u64 {
        self.hash_key
    }

    /// The route that answered last.
    pub(crate) fn last_route(&self, key: u64, now_ms: u64) -> Option<Arc<str>> {
        self.get_fresh(key, now_ms).map(|it| it.last)
    }

    /// The route that the conversation is pinned to.
    pub(crate) fn pinned_route(&self, key: u64, now_ms: u64) -> Option<Arc<str>> {
        self.get_fresh(key, now_ms)?.pinned
    }

    /// Records the route that answered a call, and pins it if `may_pin`. A pinned route stays, because it is
    /// looked up before another one is chosen.
    pub(crate) fn record_route(&self, key: u64, route: &str, may_pin: bool, now_ms: u64) {
        let before = self.get_fresh(key, now_ms);
        let name = |known: Option<&Arc<str>>| match known {
            Some(known) if &**known == route => Arc::clone(known),
            _ => Arc::from(route),
        };
        let last = name(before.as_ref().map(|it| &it.last));
        let pinned = if may_pin { Some(Arc::clone(&last)) } else { before.and_then(|it| it.pinned) };
        self.entries.insert(key, ConversationRoutes { last, pinned, seen_ms: now_ms });
    }

    /// Number of entries and of evictions.
    pub(crate) fn stats(&self) -> [u64; 2] {
        [self.entries.len() as u64, self.evictions.count()]
    }

    fn get_fresh(&self, key: u64, now_ms: u64) -> Option<ConversationRoutes> {
        self.entries.get(&key).filter(|it| now_ms.saturating_sub(it.seen_ms) < IDLE_MS)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_chosen_route_holds_and_the_last_one_is_known() {
        let conversations = Conversations::default();
        conversations.record_route(1, "general", false, 0);
        assert_eq!(conversations.pinned_route(1, 1), None);
        conversations.record_route(1, "code", true, 1);
        conversations.record_route(1, "legal", false, 2);
        assert_eq!(conversations.pinned_route(1, 3).as_deref(), Some("code"));
        assert_eq!(conversations.last_route(1, 3).as_deref(), Some("legal"));
        assert_eq!(conversations.last_route(2, 3), None);
    }

    #[test]
    fn ten_idle_minutes_end_it_and_each_call_begins_them_anew() {
        let conversations = Conversations::default();
        conversations.record_route(1, "code", true, 0);
        conversations.record_route(1, "code", true, IDLE_MS - 1);
        assert_eq!(conversations.pinned_route(1, 2 * IDLE_MS - 2).as_deref(), Some("code"));
        assert_eq!(conversations.pinned_route(1, 2 * IDLE_MS - 1), None);
    }
}

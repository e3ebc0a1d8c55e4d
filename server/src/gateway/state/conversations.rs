//! Which route a conversation, and each turn of it, had last. Bounded: the least used conversations leave first; nothing is ever stored.
//!
//! It holds hashes and route names, no text of any conversation.

use std::{
    hash::{BuildHasher as _, RandomState},
    sync::Arc,
};

use super::evictions::{CountedCache, Evictions};

/// Conversations remembered at once.
const MAX_CONVERSATIONS: usize = 100_000;
/// How long a conversation may be idle, in milliseconds.
const IDLE_MS: u64 = 10 * 60 * 1_000;

/// What is known of a conversation.
#[derive(Clone, Debug, PartialEq, Eq)]
struct ConversationRoutes {
    /// The route of its last turn, the default included.
    last: Arc<str>,
    /// The route that was chosen for it and holds; a default that was only fallen back to does not.
    pinned: Option<Arc<str>>,
    seen_ms: u64,
}

/// The conversations and turns of all balancers, by keys that hold balancer and caller.
#[derive(Debug)]
pub(crate) struct Conversations {
    /// Keys the hashes of turns, so that nobody can prepare a collision.
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
    /// The key of the hashes of turns.
    pub(crate) fn hash_key(&self) -> u64 {
        self.hash_key
    }

    /// The route of the last turn.
    pub(crate) fn last_route(&self, key: u64, now_ms: u64) -> Option<Arc<str>> {
        self.get_fresh(key, now_ms).map(|it| it.last)
    }

    /// The route that the conversation is bound to.
    pub(crate) fn pinned_route(&self, key: u64, now_ms: u64) -> Option<Arc<str>> {
        self.get_fresh(key, now_ms)?.pinned
    }

    /// Notes the route of a call; `chosen` where it was chosen for what was said rather than kept or fallen back to.
    /// Who asks for the pinned route first only chooses where none holds, so that the first chosen one stays.
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

    /// Conversations held and conversations that had to leave.
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

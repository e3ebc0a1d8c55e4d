//! Which route a conversation, and each turn of it, had last. Bounded: the least used conversations leave first; nothing is ever stored.
//!
//! It holds hashes and route names, no text of any conversation.

use std::{
    hash::{BuildHasher as _, RandomState},
    sync::Arc,
};

use super::evictions::{CountedCache, Evictions};

/// Conversations remembered at once.
const CONVERSATIONS: usize = 100_000;
/// How long a conversation may be idle, in milliseconds.
const IDLE_MS: u64 = 10 * 60 * 1_000;

/// What is known of a conversation.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Kept {
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
    key: u64,
    kept: CountedCache<u64, Kept>,
    evictions: Evictions,
}

impl Default for Conversations {
    fn default() -> Self {
        let evictions = Evictions::default();
        Self { key: RandomState::new().hash_one(()), kept: evictions.cache(CONVERSATIONS), evictions }
    }
}

impl Conversations {
    /// The key of the hashes of turns.
    pub(crate) fn key(&self) -> u64 {
        self.key
    }

    /// The route of the last turn.
    pub(crate) fn last(&self, key: u64, now_ms: u64) -> Option<Arc<str>> {
        self.fresh(key, now_ms).map(|it| it.last)
    }

    /// The route that the conversation is bound to.
    pub(crate) fn pinned(&self, key: u64, now_ms: u64) -> Option<Arc<str>> {
        self.fresh(key, now_ms)?.pinned
    }

    /// Notes the route of a call; `chosen` where it was chosen for what was said rather than kept or fallen back to.
    /// Who asks for the pinned route first only chooses where none holds, so that the first chosen one stays.
    pub(crate) fn note(&self, key: u64, route: &str, chosen: bool, now_ms: u64) {
        let before = self.fresh(key, now_ms);
        let name = |known: Option<&Arc<str>>| match known {
            Some(known) if &**known == route => Arc::clone(known),
            _ => Arc::from(route),
        };
        let last = name(before.as_ref().map(|it| &it.last));
        let pinned = if chosen { Some(Arc::clone(&last)) } else { before.and_then(|it| it.pinned) };
        self.kept.insert(key, Kept { last, pinned, seen_ms: now_ms });
    }

    /// Conversations held and conversations that had to leave.
    pub(crate) fn stats(&self) -> [u64; 2] {
        [self.kept.len() as u64, self.evictions.count()]
    }

    fn fresh(&self, key: u64, now_ms: u64) -> Option<Kept> {
        self.kept.get(&key).filter(|it| now_ms.saturating_sub(it.seen_ms) < IDLE_MS)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_chosen_route_holds_and_the_last_one_is_known() {
        let kept = Conversations::default();
        kept.note(1, "general", false, 0);
        assert_eq!(kept.pinned(1, 1), None);
        kept.note(1, "code", true, 1);
        kept.note(1, "legal", false, 2);
        assert_eq!(kept.pinned(1, 3).as_deref(), Some("code"));
        assert_eq!(kept.last(1, 3).as_deref(), Some("legal"));
        assert_eq!(kept.last(2, 3), None);
    }

    #[test]
    fn ten_idle_minutes_end_it_and_each_call_begins_them_anew() {
        let kept = Conversations::default();
        kept.note(1, "code", true, 0);
        kept.note(1, "code", true, IDLE_MS - 1);
        assert_eq!(kept.pinned(1, 2 * IDLE_MS - 2).as_deref(), Some("code"));
        assert_eq!(kept.pinned(1, 2 * IDLE_MS - 1), None);
    }
}

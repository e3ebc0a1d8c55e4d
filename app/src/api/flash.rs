//! Results that must live through a redirect: a smoke report, a playground answer, a key shown once. They are kept in
//! memory for the user that made them, for ten minutes at most, and named in the address (`?result=ID`).
//!
//! Bounded by count and by bytes: the oldest go first. Nothing here is written down or shared between replicas.

use std::{
    collections::VecDeque,
    sync::{
        Mutex, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
    time::{Duration, Instant, SystemTime, UNIX_EPOCH},
};

use serde::{Serialize, de::DeserializeOwned};

/// How long a result can be fetched.
const LIFE: Duration = Duration::from_secs(600);
/// Results kept at once, of all users.
const ENTRIES: usize = 256;
/// Bytes kept at once, of all users.
const BYTES: usize = 8 * 1024 * 1024;

struct Entry {
    id: String,
    user: String,
    body: String,
    kept_at: Instant,
}

/// The results that wait to be fetched.
pub struct Flash {
    entries: Mutex<VecDeque<Entry>>,
    next: AtomicU64,
    evicted: AtomicU64,
}

impl Default for Flash {
    fn default() -> Self {
        // Ids go on from the clock, so that an address from before a restart names nothing.
        let start = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_micros() as u64);
        Self { entries: Mutex::default(), next: AtomicU64::new(start), evicted: AtomicU64::new(0) }
    }
}

impl Flash {
    /// Keeps a result for `user` and answers with its id. A result that cannot be written as JSON, or that is larger
    /// than all of the room, is not kept: its id then names nothing.
    pub fn put(&self, user: &str, value: &impl Serialize) -> String {
        let id = format!("{:x}", self.next.fetch_add(1, Ordering::Relaxed));
        let Ok(body) = serde_json::to_string(value) else { return id };
        let mut entries = self.entries.lock().unwrap_or_else(PoisonError::into_inner);
        forget_old(&mut entries);
        entries.push_back(Entry { id: id.clone(), user: user.to_owned(), body, kept_at: Instant::now() });
        while entries.len() > ENTRIES || entries.iter().map(|it| it.body.len()).sum::<usize>() > BYTES {
            entries.pop_front();
            self.evicted.fetch_add(1, Ordering::Relaxed);
        }
        id
    }

    /// The result of that id, if it is this user's; it stays, so that a refresh shows it again.
    pub fn peek<T: DeserializeOwned>(&self, user: &str, id: &str) -> Option<T> {
        let mut entries = self.entries.lock().unwrap_or_else(PoisonError::into_inner);
        forget_old(&mut entries);
        let entry = entries.iter().find(|it| it.id == id && it.user == user)?;
        serde_json::from_str(&entry.body).ok()
    }

    /// The result of that id, if it is this user's; it is gone afterwards.
    pub fn take<T: DeserializeOwned>(&self, user: &str, id: &str) -> Option<T> {
        let mut entries = self.entries.lock().unwrap_or_else(PoisonError::into_inner);
        forget_old(&mut entries);
        let place = entries.iter().position(|it| it.id == id && it.user == user)?;
        serde_json::from_str(&entries.remove(place)?.body).ok()
    }

    /// How many results were pushed out before their time.
    pub fn evicted(&self) -> u64 {
        self.evicted.load(Ordering::Relaxed)
    }
}

fn forget_old(entries: &mut VecDeque<Entry>) {
    while entries.front().is_some_and(|it| it.kept_at.elapsed() > LIFE) {
        entries.pop_front();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_result_belongs_to_the_user_that_made_it() {
        let flash = Flash::default();
        let id = flash.put("ada", &"hello");
        assert_eq!(flash.peek::<String>("eve", &id), None);
        assert_eq!(flash.peek::<String>("ada", &id).as_deref(), Some("hello"));
        assert_eq!(flash.take::<String>("ada", &id).as_deref(), Some("hello"));
        assert_eq!(flash.take::<String>("ada", &id), None);
    }

    #[test]
    fn the_oldest_go_when_there_is_no_room() {
        let flash = Flash::default();
        let first = flash.put("ada", &1);
        for n in 0..ENTRIES {
            flash.put("ada", &n);
        }
        assert_eq!(flash.take::<i32>("ada", &first), None);
        assert_eq!(flash.evicted(), 1);
        let giant = flash.put("ada", &"x".repeat(BYTES));
        assert_eq!(flash.take::<String>("ada", &giant), None);
    }
}

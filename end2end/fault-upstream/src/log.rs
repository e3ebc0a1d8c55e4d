//! What the server saw and did: one record for each accepted call, updated as it goes on, and counters.
//! Bounded: the oldest records leave first. Holds no credential, only fingerprints of them.

mod entry;
mod record;

use std::{
    collections::{BTreeMap, VecDeque},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::{Instant, SystemTime, UNIX_EPOCH},
};

use serde::Serialize;
use tokio::sync::watch;

pub(crate) use entry::Entry;
pub use record::{Ended, Record, fingerprint};
pub(crate) use record::{hexadecimal, without_credentials};

/// The most records kept.
const MAX_RECORDS: usize = 20_000;
/// The most bytes of request bodies kept over all records.
const MAX_BODY_BYTES: usize = 256 * 1024 * 1024;
/// The most model names that are counted apart; further ones share [`OTHERS`].
const MAX_MODELS: usize = 10_000;
const OTHERS: &str = "(others)";

/// Totals since the start of the server, or since its log was cleared.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Counters {
    /// Connections accepted.
    pub connections: u64,
    /// Connections open now; clearing leaves it as it is.
    pub open_connections: u64,
    /// Calls accepted; control calls are not counted.
    pub requests: u64,
    /// Records that left the log because it was full.
    pub dropped_records: u64,
    /// Calls by the model name they asked for.
    pub by_model: BTreeMap<String, u64>,
}

/// The log of one server.
#[derive(Debug)]
pub(crate) struct Log {
    kept: Mutex<Kept>,
    changed: watch::Sender<()>,
    since: Instant,
    since_unix_ms: u64,
}

#[derive(Debug, Default)]
struct Kept {
    records: VecDeque<Record>,
    last_number: u64,
    body_bytes: usize,
    counters: Counters,
}

impl Log {
    pub(crate) fn new() -> Arc<Self> {
        let unix = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        Arc::new(Self {
            kept: Mutex::default(),
            changed: watch::Sender::new(()),
            since: Instant::now(),
            since_unix_ms: record::ms(unix),
        })
    }

    /// The records still kept, oldest first.
    pub(crate) fn records(&self) -> Vec<Record> {
        self.find(|_| true)
    }

    /// Those of them that are wanted.
    pub(crate) fn find(&self, mut wanted: impl FnMut(&Record) -> bool) -> Vec<Record> {
        self.lock().records.iter().filter(|record| wanted(record)).cloned().collect()
    }

    pub(crate) fn counters(&self) -> Counters {
        self.lock().counters.clone()
    }

    /// Forgets records and counters. Numbers go on, and calls that still run are no longer recorded.
    pub(crate) fn clear(&self) {
        self.change(|kept| {
            let open_connections = kept.counters.open_connections;
            kept.records.clear();
            kept.body_bytes = 0;
            kept.counters = Counters { open_connections, ..Counters::default() };
        });
    }

    /// Sees each change from now on.
    pub(crate) fn watch(&self) -> watch::Receiver<()> {
        self.changed.subscribe()
    }

    /// Counts a connection as open until the guard is dropped.
    pub(crate) fn connection(self: &Arc<Self>) -> OpenConnection {
        let number = self.change(|kept| {
            kept.counters.open_connections += 1;
            kept.counters.connections += 1;
            kept.counters.connections
        });
        OpenConnection { log: Arc::clone(self), number }
    }

    /// Opens the record of a call whose head has been read.
    pub(crate) fn call(self: &Arc<Self>, mut record: Record) -> Entry {
        record.started_ms = record::ms(record.started - self.since);
        record.started_unix_ms = self.unix_ms(record.started);
        let number = self.change(|kept| {
            kept.last_number += 1;
            kept.counters.requests += 1;
            record.seq = kept.last_number;
            kept.records.push_back(record);
            kept.last_number
        });
        Entry::new(Arc::clone(self), number)
    }

    /// Counts a call of `model` and says which one of that name it is, from 1.
    pub(crate) fn count_model(&self, model: &str) -> u64 {
        self.change(|kept| {
            let counts = &mut kept.counters.by_model;
            let full = counts.len() >= MAX_MODELS && !counts.contains_key(model);
            let count = counts.entry(if full { OTHERS } else { model }.to_owned()).or_default();
            *count += 1;
            *count
        })
    }

    /// A moment in ms since 1970, however the system's clock was set meanwhile.
    fn unix_ms(&self, at: Instant) -> u64 {
        self.since_unix_ms.saturating_add(record::ms(at.saturating_duration_since(self.since)))
    }

    fn change<T>(&self, change: impl FnOnce(&mut Kept) -> T) -> T {
        let changed = {
            let mut kept = self.lock();
            let changed = change(&mut kept);
            kept.make_room();
            changed
        };
        self.changed.send_replace(());
        changed
    }

    fn lock(&self) -> MutexGuard<'_, Kept> {
        self.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Kept {
    fn record(&mut self, number: u64) -> Option<&mut Record> {
        let first = self.records.front()?.seq;
        let index = usize::try_from(number.checked_sub(first)?).ok()?;
        self.records.get_mut(index)
    }

    fn make_room(&mut self) {
        while self.records.len() > MAX_RECORDS || self.body_bytes > MAX_BODY_BYTES {
            let Some(oldest) = self.records.pop_front() else {
                return;
            };
            self.body_bytes -= oldest.body.len();
            self.counters.dropped_records += 1;
        }
    }
}

/// One open connection; dropping it counts it as closed.
#[derive(Debug)]
pub(crate) struct OpenConnection {
    log: Arc<Log>,
    /// From 1, in the order of accepting.
    pub(crate) number: u64,
}

impl Drop for OpenConnection {
    fn drop(&mut self) {
        self.log.change(|kept| kept.counters.open_connections -= 1);
    }
}

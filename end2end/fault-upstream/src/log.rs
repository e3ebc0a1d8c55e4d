//! The log of calls: one record per accepted call, updated while the call runs, and counters. It is bounded and drops
//! the oldest records first. It contains fingerprints in place of credentials.

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
pub(crate) use record::{hexadecimal, redact_credentials};

/// The maximum number of records.
const MAX_RECORDS: usize = 20_000;
/// The maximum size of all request bodies together, in bytes.
const MAX_BODY_BYTES: usize = 256 * 1024 * 1024;
/// The maximum number of model names with a counter of their own; the others share [`OTHERS`].
const MAX_MODELS: usize = 10_000;
const OTHERS: &str = "(others)";

/// Totals since the server started or its log was cleared.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Counters {
    /// Connections accepted.
    pub connections: u64,
    /// Connections open now; clearing the log does not change it.
    pub open_connections: u64,
    /// Calls accepted, without control calls.
    pub requests: u64,
    /// Records dropped because the log was full.
    pub dropped_records: u64,
    /// Calls by requested model name.
    pub by_model: BTreeMap<String, u64>,
}

/// The log of one server.
#[derive(Debug)]
pub(crate) struct Log {
    state: Mutex<LogState>,
    changed: watch::Sender<()>,
    since: Instant,
    since_unix_ms: u64,
}

#[derive(Debug, Default)]
struct LogState {
    records: VecDeque<Record>,
    last_number: u64,
    body_bytes: usize,
    counters: Counters,
}

impl Log {
    pub(crate) fn new() -> Arc<Self> {
        let unix = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        Arc::new(Self {
            state: Mutex::default(),
            changed: watch::Sender::new(()),
            since: Instant::now(),
            since_unix_ms: record::ms(unix),
        })
    }

    /// The records in the log, oldest first.
    pub(crate) fn records(&self) -> Vec<Record> {
        self.find(|_| true)
    }

    /// The records that match, oldest first.
    pub(crate) fn find(&self, mut matches: impl FnMut(&Record) -> bool) -> Vec<Record> {
        self.lock().records.iter().filter(|record| matches(record)).cloned().collect()
    }

    pub(crate) fn counters(&self) -> Counters {
        self.lock().counters.clone()
    }

    /// Clears records and counters. Numbering continues, and running calls are no longer recorded.
    pub(crate) fn clear(&self) {
        self.change(|state| {
            let open_connections = state.counters.open_connections;
            state.records.clear();
            state.body_bytes = 0;
            state.counters = Counters { open_connections, ..Counters::default() };
        });
    }

    /// Subscribes to changes.
    pub(crate) fn watch(&self) -> watch::Receiver<()> {
        self.changed.subscribe()
    }

    /// Counts a connection as open until the guard is dropped.
    pub(crate) fn connection(self: &Arc<Self>) -> OpenConnection {
        let number = self.change(|state| {
            state.counters.open_connections += 1;
            state.counters.connections += 1;
            state.counters.connections
        });
        OpenConnection { log: Arc::clone(self), number }
    }

    /// Adds the record of a call whose head has been read.
    pub(crate) fn call(self: &Arc<Self>, mut record: Record) -> Entry {
        record.started_ms = record::ms(record.started - self.since);
        record.started_unix_ms = self.unix_ms(record.started);
        let number = self.change(|state| {
            state.last_number += 1;
            state.counters.requests += 1;
            record.seq = state.last_number;
            state.records.push_back(record);
            state.last_number
        });
        Entry::new(Arc::clone(self), number)
    }

    /// Counts a call of `model` and returns its number among the calls of that model, from 1.
    pub(crate) fn count_model(&self, model: &str) -> u64 {
        self.change(|state| {
            let counts = &mut state.counters.by_model;
            let full = counts.len() >= MAX_MODELS && !counts.contains_key(model);
            let count = counts.entry(if full { OTHERS } else { model }.to_owned()).or_default();
            *count += 1;
            *count
        })
    }

    /// An instant in ms since 1970, unaffected by changes of the system clock.
    fn unix_ms(&self, at: Instant) -> u64 {
        self.since_unix_ms.saturating_add(record::ms(at.saturating_duration_since(self.since)))
    }

    fn change<T>(&self, change: impl FnOnce(&mut LogState) -> T) -> T {
        let changed = {
            let mut state = self.lock();
            let changed = change(&mut state);
            state.make_room();
            changed
        };
        self.changed.send_replace(());
        changed
    }

    fn lock(&self) -> MutexGuard<'_, LogState> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl LogState {
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

/// An open connection; dropping it counts it as closed.
#[derive(Debug)]
pub(crate) struct OpenConnection {
    log: Arc<Log>,
    /// Number of the connection in the order of accepting, from 1.
    pub(crate) number: u64,
}

impl Drop for OpenConnection {
    fn drop(&mut self) {
        self.log.change(|state| state.counters.open_connections -= 1);
    }
}

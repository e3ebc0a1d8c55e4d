//! A handle that updates one call's record while the call runs.

use std::{sync::Arc, time::Instant};

use sha2::{Digest, Sha256};

use super::{Ended, Log, Record, record};

/// Updates one record. If it is dropped without [`Entry::end`], the record says that the server was stopped.
#[derive(Debug)]
pub(crate) struct Entry {
    log: Arc<Log>,
    pub(crate) number: u64,
    answer: Sha256,
    ended: bool,
}

impl Entry {
    pub(super) fn new(log: Arc<Log>, number: u64) -> Self {
        Self { log, number, answer: Sha256::new(), ended: false }
    }

    /// Changes the record if it is still in the log.
    pub(crate) fn update(&self, change: impl FnOnce(&mut Record)) {
        self.log.change(|state| {
            if let Some(record) = state.record(self.number) {
                change(record);
            }
        });
    }

    /// Stores the request body.
    pub(crate) fn body(&self, body: &[u8]) {
        self.log.change(|state| {
            if let Some(record) = state.record(self.number) {
                record.body = body.into();
                state.body_bytes += body.len();
            }
        });
    }

    /// Counts and hashes bytes of the answer's body.
    pub(crate) fn record_answer(&mut self, bytes: &[u8]) {
        self.answer.update(bytes);
        self.update(|record| record.answer_bytes += bytes.len() as u64);
    }

    pub(crate) fn end(mut self, ended: Ended) {
        self.close(ended);
    }

    fn close(&mut self, ended: Ended) {
        self.ended = true;
        let digest = record::hexadecimal(&self.answer.finalize_reset());
        let now = Instant::now();
        let ended_unix_ms = self.log.unix_ms(now);
        self.update(|record| {
            record.answer_sha256 = Some(digest);
            record.ended_unix_ms = Some(ended_unix_ms);
            let ms = record::ms(now - record.started);
            record.ended = Some(ended);
            record.ended_at = Some(now);
            record.ms = Some(ms);
            record.peer_closed_ms = record.peer_left().then_some(ms);
        });
    }
}

impl Drop for Entry {
    fn drop(&mut self) {
        if !self.ended {
            self.close(Ended::Stopped);
        }
    }
}

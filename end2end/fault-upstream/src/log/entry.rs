//! The pen that writes one call's record while the call runs.

use std::{sync::Arc, time::Instant};

use sha2::{Digest, Sha256};

use super::{Ended, Log, Record, record};

/// Updates one record; dropped without [`Entry::end`], it records that the server was stopped.
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

    /// Changes the record, where it is still kept.
    pub(crate) fn update(&self, change: impl FnOnce(&mut Record)) {
        self.log.change(|kept| {
            if let Some(record) = kept.record(self.number) {
                change(record);
            }
        });
    }

    /// Files the request body.
    pub(crate) fn body(&self, body: &[u8]) {
        self.log.change(|kept| {
            if let Some(record) = kept.record(self.number) {
                record.body = body.into();
                kept.body_bytes += body.len();
            }
        });
    }

    /// Counts and digests bytes of the answer's body.
    pub(crate) fn answered(&mut self, bytes: &[u8]) {
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

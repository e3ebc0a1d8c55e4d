//! Checks the outcome of a call against its expectation: it compares what the caller received with what both upstreams
//! logged.

mod own_error;
#[cfg(test)]
mod tests;
mod truncated;

use hyper::header;
use sha2::{Digest, Sha256};

use super::{
    client::{BodyEnd, Received},
    expectation::Expectation,
    request::VERSION,
    row::{CallKind, FirstUpstream, Row, Step},
    upstreams::contains,
};
use crate::{Record, api::Api, fingerprint, log::hexadecimal};

/// The outcome of one call.
#[derive(Debug)]
pub(super) struct CallOutcome<'a> {
    pub(super) row: &'a Row,
    pub(super) step: &'a Step,
    pub(super) received: &'a Received,
    /// The calls to the first upstream, without those replayed because of a stale connection.
    pub(super) faulty: &'a [Record],
    pub(super) healthy: &'a [Record],
    pub(super) router_calls: usize,
    /// The request body that the first upstream should receive.
    pub(super) expected_request: &'a str,
    pub(super) secrets: &'a Secrets,
}

/// Secrets that must not reach the other side of the gateway.
#[derive(Debug, Clone)]
pub(super) struct Secrets {
    /// The key that the gateway uses for the first upstream.
    pub(super) upstream_key: String,
    /// The key that the report uses for the gateway.
    pub(super) api_key: String,
}

type Verdict = Result<(), String>;

impl CallOutcome<'_> {
    /// Checks the outcome.
    ///
    /// # Errors
    /// If it is not as expected, with the reason.
    pub(super) fn check(&self) -> Verdict {
        self.check_secrets()?;
        self.check_all_ended()?;
        // Whether the first upstream is there to be called.
        let once = usize::from(self.row.first_upstream == FirstUpstream::Faulty);
        match self.step.expectation {
            Expectation::Passes(status) => {
                self.check_status(status)?;
                self.check_calls(1, 0)?;
                self.check_complete_answer(self.faulty, "first")
            }
            Expectation::PassesRequest => {
                self.check_status(200)?;
                self.check_calls(1, 0)?;
                self.check_request()
            }
            Expectation::PassesRefusal(status) => {
                self.check_status(status)?;
                self.check_calls(1, 0)?;
                self.check_upstream_error()
            }
            Expectation::FailsOver => {
                self.check_status(200)?;
                self.check_calls(once, 1)?;
                self.check_complete_answer(self.healthy, "second")
            }
            Expectation::Skips => {
                self.check_status(200)?;
                self.check_calls(0, 1)?;
                self.check_complete_answer(self.healthy, "second")
            }
            Expectation::Answers => {
                self.check_status(200)?;
                self.check_complete_answer(self.faulty, "first")
                    .or_else(|_| self.check_complete_answer(self.healthy, "second"))
            }
            Expectation::Routes => {
                self.check_status(200)?;
                self.check_calls(1, 0)?;
                self.check_complete_answer(self.faulty, "first")?;
                let calls = self.router_calls;
                ensure(calls == 1, || format!("{calls} calls to the router model, not 1"))
            }
            Expectation::Truncates => {
                self.check_status(200)?;
                self.check_calls(1, 0)?;
                self.check_truncated()
            }
            Expectation::PassesError => {
                self.check_status(200)?;
                self.check_calls(1, 0)?;
                self.check_answer(self.faulty, "first")?;
                // A Response is complete with its error event.
                if self.row.api == Api::Responses { Ok(()) } else { self.check_ends_closed() }
            }
            Expectation::EndsInError => {
                self.check_status(200)?;
                self.check_calls(1, 0)?;
                self.check_truncated().or_else(|_| {
                    self.check_answer(self.faulty, "first")?;
                    self.check_ends_closed()
                })
            }
            Expectation::Refuses(status) => {
                self.check_status(status)?;
                self.check_calls(0, 0)?;
                self.check_own_error()
            }
            Expectation::Fails(status) => {
                self.check_status(status)?;
                self.check_calls(once, 0)?;
                self.check_own_error()
            }
            Expectation::FailsForNow(statuses) => {
                self.check_one_of(statuses)?;
                self.check_calls(once, 0)?;
                self.check_own_error()?;
                self.check_invites_retry()
            }
            Expectation::Expires => {
                self.check_status(504)?;
                self.check_calls(once, 0)?;
                self.check_own_error()?;
                self.check_forbids_retry()
            }
            // `disconnect` checks these.
            Expectation::Cancels | Expectation::HoldsBack => Ok(()),
        }
    }

    fn check_secrets(&self) -> Verdict {
        let head = format!("{:?}", self.received.headers);
        let secret = self.secrets.upstream_key.as_bytes();
        if contains(head.as_bytes(), secret) || contains(&self.received.body, secret) {
            return Err("the upstream key is in the answer".to_owned());
        }
        for (name, value) in
            [("x-of-this-hop", "1"), ("set-cookie", "upstream=1"), ("x-sb-instance", "forged")]
        {
            if self.received.header(name).starts_with(value) {
                return Err(format!("the upstream's own header {name} is in the answer"));
            }
        }
        let theirs = fingerprint(&format!("Bearer {}", self.secrets.upstream_key));
        if self.row.key && self.faulty.iter().any(|call| call.header("authorization") != Some(&theirs)) {
            return Err("the first upstream was not called with its key".to_owned());
        }
        let ours = fingerprint(&format!("Bearer {}", self.secrets.api_key));
        let sent_on = |call: &Record| call.headers.iter().any(|(_, value)| *value == ours);
        match self.faulty.iter().chain(self.healthy).any(sent_on) {
            true => Err("the caller's key was sent upstream".to_owned()),
            false => Ok(()),
        }
    }

    fn check_all_ended(&self) -> Verdict {
        // A slow reader has not yet reached the close, which comes after the unread part of the request.
        let reads = |call: &Record| self.row.text > 0 && call.body.is_empty();
        let runs = |call: &Record| call.ended.is_none() && !reads(call);
        match self.faulty.iter().chain(self.healthy).any(runs) {
            true => Err("an upstream call still runs after the answer".to_owned()),
            false => Ok(()),
        }
    }

    fn check_status(&self, status: u16) -> Verdict {
        self.check_one_of(&[status])
    }

    fn check_one_of(&self, statuses: &[u16]) -> Verdict {
        ensure(statuses.contains(&self.received.status), || {
            format!("{}, not {statuses:?}", self.received.words())
        })
    }

    /// Checks that the request reached the first upstream unchanged, with the headers that belong to its API.
    fn check_request(&self) -> Verdict {
        let sent = self.expected_request.as_bytes();
        let Some(call) = self.faulty.iter().find(|call| *call.body == *sent) else {
            return Err("the request was changed on its way".to_owned());
        };
        let (name, value) = VERSION;
        let has_version = call.header(name).map(str::as_bytes) == Some(value.as_bytes());
        ensure(self.row.api != Api::Messages || has_version, || format!("{name} did not reach the upstream"))
    }

    fn check_calls(&self, first: usize, second: usize) -> Verdict {
        let calls = (self.faulty.len(), self.healthy.len());
        ensure(calls == (first, second), || {
            format!(
                "{} calls to the first upstream and {} to the second, not {first} and {second}",
                calls.0, calls.1
            )
        })
    }

    fn check_complete_answer(&self, calls: &[Record], which: &str) -> Verdict {
        ensure(self.received.end == BodyEnd::Complete, || self.received.words())?;
        self.check_answer(calls, which)
    }

    /// Checks that the body is what an upstream sent, byte for byte, with the expected content type.
    fn check_answer(&self, calls: &[Record], which: &str) -> Verdict {
        let digest = hexadecimal(&Sha256::digest(&self.received.body));
        let is_it = calls.iter().any(|call| call.answer_sha256.as_ref() == Some(&digest));
        ensure(is_it, || {
            format!("{}, not the {which} upstream's answer byte for byte", self.received.words())
        })?;
        let stream = self.step.call == CallKind::Stream && self.received.status == 200;
        let wanted = if stream { "text/event-stream" } else { "application/json" };
        let content_type = self.received.header(header::CONTENT_TYPE.as_str());
        ensure(content_type.starts_with(wanted), || format!("content type {content_type:?}, not {wanted}"))
    }
}

fn ensure(holds: bool, otherwise: impl FnOnce() -> String) -> Verdict {
    if holds { Ok(()) } else { Err(otherwise()) }
}

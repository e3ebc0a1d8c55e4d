//! Errors, the gateway's own and the upstream's.

use hyper::header;
use serde_json::Value;

use super::{super::upstreams::FAULTY, CallOutcome, Verdict, contains, ensure};
use crate::api::Api;

/// The longest wait that a gateway may demand, in seconds.
const LONGEST_WAIT: u64 = 300;

impl CallOutcome<'_> {
    /// Checks that it is an error in the shape of its API without any text of the upstream.
    pub(super) fn check_own_error(&self) -> Verdict {
        let message = self.error_message()?;
        let foreign = contains(&self.received.body, FAULTY.as_bytes()) || message.contains("authorization");
        ensure(!foreign, || format!("the error repeats the upstream's text: {message}"))?;
        ensure(self.received.status != 429 || self.wait().is_some(), || {
            format!("Retry-After is {:?}, not 1 to {LONGEST_WAIT}", self.retry_after())
        })
    }

    /// Checks that it is the error of the upstream.
    pub(super) fn check_upstream_error(&self) -> Verdict {
        let message = self.error_message()?;
        ensure(message.contains(FAULTY), || format!("not the upstream's error: {message}"))
    }

    /// Checks that clients are told when to try again.
    pub(super) fn check_invites_retry(&self) -> Verdict {
        ensure(self.wait().is_some(), || {
            format!("Retry-After is {:?}, not 1 to {LONGEST_WAIT}", self.retry_after())
        })?;
        let should_retry = self.received.header("x-should-retry");
        ensure(should_retry != "false", || "x-should-retry is false".to_owned())
    }

    /// Checks that clients are told not to try again.
    pub(super) fn check_forbids_retry(&self) -> Verdict {
        let waits = self.retry_after();
        ensure(waits.is_empty(), || format!("Retry-After is {waits:?}"))?;
        let should_retry = self.received.header("x-should-retry");
        ensure(should_retry == "false", || format!("x-should-retry is {should_retry:?}, not \"false\""))
    }

    fn error_message(&self) -> Result<String, String> {
        let body: Value = self.received.json();
        let shaped = self.row.api != Api::Messages || body["type"] == "error";
        match body["error"]["message"].as_str() {
            Some(message) if shaped => Ok(message.to_owned()),
            _ => Err(format!("{}, no error in the shape of its API", self.received.words())),
        }
    }

    fn retry_after(&self) -> &str {
        self.received.header(header::RETRY_AFTER.as_str())
    }

    fn wait(&self) -> Option<u64> {
        self.retry_after().parse().ok().filter(|seconds| (1..=LONGEST_WAIT).contains(seconds))
    }
}

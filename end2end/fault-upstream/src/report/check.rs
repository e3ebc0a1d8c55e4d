//! Checks the outcome of a call against its expectation: it compares what the caller received with what both upstreams
//! logged.

use hyper::header;
use sha2::{Digest, Sha256};

use super::{
    client::{BodyEnd, Received},
    row::{CallKind, Expectation, FirstUpstream, Row, Step},
    upstreams::{FAULTY, contains},
};
use crate::{Record, fingerprint, log::hexadecimal};

/// The outcome of one call.
#[derive(Debug)]
pub(super) struct CallOutcome<'a> {
    pub(super) row: &'a Row,
    pub(super) step: &'a Step,
    pub(super) received: &'a Received,
    /// The calls to the first upstream, without those replayed because of a stale connection.
    pub(super) faulty: &'a [Record],
    pub(super) healthy: &'a [Record],
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
        match self.step.expectation {
            Expectation::Passes(status) => {
                self.check_status(status)?;
                self.check_calls(1, 0)?;
                self.check_complete_answer(self.faulty, "first")
            }
            Expectation::PassesRequest => {
                self.check_status(200)?;
                self.check_calls(1, 0)?;
                let unchanged =
                    self.faulty.iter().any(|call| *call.body == *self.expected_request.as_bytes());
                ensure(unchanged, || "the request was changed on its way".to_owned())
            }
            Expectation::FailsOver => {
                self.check_status(200)?;
                self.check_calls(usize::from(self.row.first_upstream == FirstUpstream::Faulty), 1)?;
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
            Expectation::Truncates => {
                self.check_status(200)?;
                self.check_calls(1, 0)?;
                self.check_truncated()
            }
            Expectation::PassesError => {
                self.check_status(200)?;
                self.check_calls(1, 0)?;
                self.check_answer(self.faulty, "first")?;
                self.check_ends_closed()
            }
            Expectation::Refuses(status) => {
                self.check_status(status)?;
                self.check_calls(0, 0)?;
                self.check_own_error()
            }
            Expectation::Fails(status) => {
                self.check_status(status)?;
                self.check_calls(usize::from(self.row.first_upstream == FirstUpstream::Faulty), 0)?;
                self.check_own_error()
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
        ensure(self.received.status == status, || format!("{}, not {status}", self.received.words()))
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

    /// Checks that the body is everything that the first upstream sent, followed by one error event.
    fn check_truncated(&self) -> Verdict {
        let Some(call) = self.faulty.first() else {
            return Err("no call to the first upstream".to_owned());
        };
        let sent = usize::try_from(call.answer_bytes).unwrap_or(usize::MAX);
        let Some((before, behind)) = self.received.body.split_at_checked(sent) else {
            return Err(format!("{} of {sent} sent bytes", self.received.body.len()));
        };
        let digest = hexadecimal(&Sha256::digest(before));
        ensure(call.answer_sha256 == Some(digest), || "different bytes than were sent".to_owned())?;
        let behind = String::from_utf8_lossy(behind);
        let event = behind.trim_start_matches(['\r', '\n']);
        let data =
            event.strip_prefix("data:").and_then(|event| event.strip_suffix("\n\n")).unwrap_or_default();
        let error: serde_json::Value = serde_json::from_str(data).unwrap_or_default();
        ensure(error["error"]["message"].is_string(), || {
            format!("{}, then {event:?} instead of an error event", self.received.words())
        })?;
        // Bytes after an incomplete event belong to that event up to the next blank line.
        let inside = !before.ends_with(b"\n\n") && !before.ends_with(b"\r\n\r\n");
        ensure(!inside || behind.starts_with("\n\n") || behind.starts_with("\r\n\r\n"), || {
            "the error event is part of the truncated event".to_owned()
        })?;
        self.check_ends_closed()
    }

    fn check_ends_closed(&self) -> Verdict {
        let done = contains(&self.received.body, b"[DONE]");
        ensure(!done, || "a truncated stream has a [DONE]".to_owned())?;
        ensure(self.received.end != BodyEnd::TimedOut, || self.received.words())?;
        ensure(self.received.closed, || "the connection stays open after a truncated stream".to_owned())
    }

    /// Checks that it is an error in the OpenAI shape without any text of the upstream.
    fn check_own_error(&self) -> Verdict {
        let Some(message) = self.received.error_message() else {
            return Err(format!("{}, no error in the OpenAI shape", self.received.words()));
        };
        let foreign = contains(&self.received.body, FAULTY.as_bytes()) || message.contains("authorization");
        ensure(!foreign, || format!("the error repeats the upstream's text: {message}"))?;
        let waits = self.received.header(header::RETRY_AFTER.as_str());
        let says_when = waits.parse().is_ok_and(|seconds: u64| (1..=30).contains(&seconds));
        ensure(self.received.status != 429 || says_when, || format!("Retry-After is {waits:?}, not 1 to 30"))
    }
}

fn ensure(holds: bool, otherwise: impl FnOnce() -> String) -> Verdict {
    if holds { Ok(()) } else { Err(otherwise()) }
}

#[cfg(test)]
mod tests {
    use std::{
        sync::Arc,
        time::{Duration, Instant},
    };

    use hyper::{HeaderMap, header::HeaderValue};

    use super::*;
    use crate::{
        Ended,
        report::row::{chat, stream},
    };

    const SENT: &str = "data: {\"w\":0}\n\n";
    const ERROR: &str = "data: {\"error\":{\"message\":\"broke off\"}}\n\n";

    fn record(answer: &str) -> Record {
        Record {
            seq: 1,
            connection: 1,
            method: "POST".to_owned(),
            path: "/v1/chat/completions".to_owned(),
            headers: vec![("authorization".to_owned(), fingerprint("Bearer sk-up"))],
            body: Arc::default(),
            model: None,
            fault: None,
            write_blocked_since: None,
            status: Some(200),
            bytes_written: 0,
            answer_bytes: answer.len() as u64,
            answer_sha256: Some(hexadecimal(&Sha256::digest(answer))),
            chunks_written: 0,
            started: Instant::now(),
            started_ms: 0,
            started_unix_ms: 0,
            ended_at: None,
            ended_unix_ms: None,
            ms: None,
            peer_closed_ms: None,
            ended: Some(Ended::Answered),
        }
    }

    fn received(body: &str, closed: bool) -> Received {
        let mut headers = HeaderMap::new();
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("text/event-stream"));
        let (end, duration) = (BodyEnd::Complete, Duration::ZERO);
        Received { status: 200, headers, body: body.into(), end, closed, duration }
    }

    fn verdict(
        expectation: Expectation,
        received: &Received,
        faulty: &[Record],
        healthy: &[Record],
    ) -> Verdict {
        let (row, step) = (chat("ok", &[]), stream(expectation));
        let secrets = Secrets { upstream_key: "sk-up".to_owned(), api_key: "sb-down".to_owned() };
        let (row, step, secrets) = (&row, &step, &secrets);
        CallOutcome { row, step, received, faulty, healthy, expected_request: "", secrets }.check()
    }

    #[test]
    fn a_truncated_stream_passes_only_with_every_byte_and_one_error_event() {
        let table = [
            (format!("{SENT}{ERROR}"), true, ""),
            (format!("{SENT}\n{ERROR}"), true, ""),
            (format!("{SENT}{ERROR}"), false, "stays open"),
            (SENT.to_owned(), true, "instead of an error event"),
            (format!("{SENT}data: [DONE]\n\n"), true, "instead of an error event"),
            (format!("{SENT}{ERROR}data: [DONE]\n\n"), true, "instead of an error event"),
            (format!("{SENT}{}{ERROR}", &SENT[..4]), true, "instead of an error event"),
            (ERROR.to_owned(), true, "different bytes"),
            (SENT[1..].to_owned(), true, "sent bytes"),
        ];
        for (body, closed, wrong) in table {
            let checked = verdict(Expectation::Truncates, &received(&body, closed), &[record(SENT)], &[]);
            assert_eq!(checked.is_ok(), wrong.is_empty(), "{body:?}: {checked:?}");
            assert!(checked.err().unwrap_or_default().contains(wrong), "{body:?}");
        }
        let torn = format!("{SENT}data: {{");
        for (between, holds) in [("", false), ("\n", false), ("\n\n", true)] {
            let body = received(&format!("{torn}{between}{ERROR}"), true);
            let checked = verdict(Expectation::Truncates, &body, &[record(&torn)], &[]);
            assert_eq!(checked.is_ok(), holds, "{between:?}: {checked:?}");
        }
    }

    #[test]
    fn an_answer_passes_only_with_the_expected_upstream_calls() {
        let good = received(SENT, false);
        let (fault, well) = (record("other"), record(SENT));
        let once = std::slice::from_ref(&fault);
        let answered = std::slice::from_ref(&well);
        let twice = [fault.clone(), fault.clone()];
        for (expectation, faulty, healthy, holds) in [
            (Expectation::FailsOver, once, answered, true),
            (Expectation::FailsOver, &twice[..], answered, false),
            (Expectation::FailsOver, &[], answered, false),
            (Expectation::FailsOver, once, once, false),
            (Expectation::Skips, &[], answered, true),
            (Expectation::Skips, once, answered, false),
            (Expectation::Passes(200), answered, &[], true),
            (Expectation::Passes(200), answered, answered, false),
            (Expectation::Passes(400), answered, &[], false),
        ] {
            let checked = verdict(expectation, &good, faulty, healthy);
            assert_eq!(checked.is_ok(), holds, "{expectation:?}: {checked:?}");
        }
    }

    #[test]
    fn a_leaked_key_fails_the_check() {
        let leaked = received("data: sk-up\n\n", false);
        assert!(verdict(Expectation::Passes(200), &leaked, &[record("data: sk-up\n\n")], &[]).is_err());
        let mut call = record(SENT);
        call.headers = vec![("authorization".to_owned(), fingerprint("Bearer sb-down"))];
        assert!(verdict(Expectation::Passes(200), &received(SENT, false), &[call], &[]).is_err());
    }
}

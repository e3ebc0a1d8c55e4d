//! Whether what came of a call is what must come of it. Knows no socket: it compares what the caller saw with what both
//! upstreams logged.

use hyper::header;
use sha2::{Digest, Sha256};

use super::{
    client::{BodyEnd, Seen},
    rig::{FAULTY, contains},
    row::{At, Call, Expect, Row, Step},
};
use crate::{Record, fingerprint, log::hexadecimal};

/// Everything that is known of one call.
#[derive(Debug)]
pub(super) struct Evidence<'a> {
    pub(super) row: &'a Row,
    pub(super) step: &'a Step,
    pub(super) seen: &'a Seen,
    /// The calls of the first upstream, without those that were replayed for a stale connection.
    pub(super) faulty: &'a [Record],
    pub(super) healthy: &'a [Record],
    /// The request body as the first upstream should have it.
    pub(super) request_upstream: &'a str,
    pub(super) secrets: &'a Secrets,
}

/// What must not be seen on the other side of the gateway.
#[derive(Debug, Clone)]
pub(super) struct Secrets {
    /// The key that the gateway calls the first upstream with.
    pub(super) upstream_key: String,
    /// The key that the report calls the gateway with.
    pub(super) api_key: String,
}

type Verdict = Result<(), String>;

impl Evidence<'_> {
    /// The judgement; the error says what is wrong.
    pub(super) fn judge(&self) -> Verdict {
        self.keeps_secrets()?;
        self.everything_has_ended()?;
        match self.step.expect {
            Expect::Passes(status) => {
                self.status(status)?;
                self.calls(1, 0)?;
                self.is_whole_answer_of(self.faulty, "first")
            }
            Expect::PassesRequest => {
                self.status(200)?;
                self.calls(1, 0)?;
                let came = self.faulty.iter().any(|call| *call.body == *self.request_upstream.as_bytes());
                ensure(came, || "the request came otherwise than it was sent".to_owned())
            }
            Expect::FailsOver => {
                self.status(200)?;
                self.calls(usize::from(self.row.at == At::Faulty), 1)?;
                self.is_whole_answer_of(self.healthy, "second")
            }
            Expect::Skips => {
                self.status(200)?;
                self.calls(0, 1)?;
                self.is_whole_answer_of(self.healthy, "second")
            }
            Expect::Answers => {
                self.status(200)?;
                self.is_whole_answer_of(self.faulty, "first")
                    .or_else(|_| self.is_whole_answer_of(self.healthy, "second"))
            }
            Expect::BreaksOff => {
                self.status(200)?;
                self.calls(1, 0)?;
                self.breaks_off()
            }
            Expect::PassesError => {
                self.status(200)?;
                self.calls(1, 0)?;
                self.is_answer_of(self.faulty, "first")?;
                self.ends_closed()
            }
            Expect::Refuses(status) => {
                self.status(status)?;
                self.calls(0, 0)?;
                self.is_own_error()
            }
            Expect::Fails(status) => {
                self.status(status)?;
                self.calls(usize::from(self.row.at == At::Faulty), 0)?;
                self.is_own_error()
            }
            // Those are judged where they are called.
            Expect::Cancels | Expect::HoldsBack => Ok(()),
        }
    }

    fn keeps_secrets(&self) -> Verdict {
        let head = format!("{:?}", self.seen.headers);
        let secret = self.secrets.upstream_key.as_bytes();
        if contains(head.as_bytes(), secret) || contains(&self.seen.body, secret) {
            return Err("the upstream key is in the answer".to_owned());
        }
        for (name, value) in
            [("x-of-this-hop", "1"), ("set-cookie", "upstream=1"), ("x-sb-instance", "forged")]
        {
            if self.seen.header(name).starts_with(value) {
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

    fn everything_has_ended(&self) -> Verdict {
        // The close of a caller that has left comes behind what it has sent, and that is not read yet.
        let reads = |call: &Record| self.row.text > 0 && call.body.is_empty();
        let runs = |call: &Record| call.ended.is_none() && !reads(call);
        match self.faulty.iter().chain(self.healthy).any(runs) {
            true => Err("an upstream call still runs after the answer".to_owned()),
            false => Ok(()),
        }
    }

    fn status(&self, status: u16) -> Verdict {
        ensure(self.seen.status == status, || format!("{}, not {status}", self.seen.words()))
    }

    fn calls(&self, first: usize, second: usize) -> Verdict {
        let calls = (self.faulty.len(), self.healthy.len());
        ensure(calls == (first, second), || {
            format!(
                "{} calls to the first upstream and {} to the second, not {first} and {second}",
                calls.0, calls.1
            )
        })
    }

    fn is_whole_answer_of(&self, calls: &[Record], who: &str) -> Verdict {
        ensure(self.seen.end == BodyEnd::Whole, || self.seen.words())?;
        self.is_answer_of(calls, who)
    }

    /// Whether the body is, byte for byte, what an upstream sent, and of the type that was asked for.
    fn is_answer_of(&self, calls: &[Record], who: &str) -> Verdict {
        let digest = hexadecimal(&Sha256::digest(&self.seen.body));
        let is_it = calls.iter().any(|call| call.answer_sha256.as_ref() == Some(&digest));
        ensure(is_it, || format!("{}, not the {who} upstream's answer byte for byte", self.seen.words()))?;
        let stream = self.step.call == Call::Stream && self.seen.status == 200;
        let wanted = if stream { "text/event-stream" } else { "application/json" };
        let content_type = self.seen.header(header::CONTENT_TYPE.as_str());
        ensure(content_type.starts_with(wanted), || format!("content type {content_type:?}, not {wanted}"))
    }

    /// Whether everything that the first upstream sent is there, and behind it an error event and nothing else.
    fn breaks_off(&self) -> Verdict {
        let Some(call) = self.faulty.first() else {
            return Err("no call to the first upstream".to_owned());
        };
        let sent = usize::try_from(call.answer_bytes).unwrap_or(usize::MAX);
        let Some((before, behind)) = self.seen.body.split_at_checked(sent) else {
            return Err(format!("{} of {sent} bytes that were sent", self.seen.body.len()));
        };
        let digest = hexadecimal(&Sha256::digest(before));
        ensure(call.answer_sha256 == Some(digest), || "other bytes than were sent".to_owned())?;
        let behind = String::from_utf8_lossy(behind);
        let event = behind.trim_start_matches(['\r', '\n']);
        let data =
            event.strip_prefix("data:").and_then(|event| event.strip_suffix("\n\n")).unwrap_or_default();
        let error: serde_json::Value = serde_json::from_str(data).unwrap_or_default();
        ensure(error["error"]["message"].is_string(), || {
            format!("{}, behind them {event:?} in place of an error event", self.seen.words())
        })?;
        // What follows a torn event belongs to it until a blank line comes.
        let inside = !before.ends_with(b"\n\n") && !before.ends_with(b"\r\n\r\n");
        ensure(!inside || behind.starts_with("\n\n") || behind.starts_with("\r\n\r\n"), || {
            "the error event is a part of the event that broke off".to_owned()
        })?;
        self.ends_closed()
    }

    fn ends_closed(&self) -> Verdict {
        let done = contains(&self.seen.body, b"[DONE]");
        ensure(!done, || "a stream that broke off has a [DONE]".to_owned())?;
        ensure(self.seen.end != BodyEnd::Late, || self.seen.words())?;
        ensure(self.seen.closed, || "the connection stays open after a stream that broke off".to_owned())
    }

    /// Whether it is an error of the OpenAI shape, and nothing of it the upstream's.
    fn is_own_error(&self) -> Verdict {
        let Some(message) = self.seen.error_message() else {
            return Err(format!("{}, no error in the OpenAI shape", self.seen.words()));
        };
        let foreign = contains(&self.seen.body, FAULTY.as_bytes()) || message.contains("authorization");
        ensure(!foreign, || format!("the upstream's own text: {message}"))?;
        let waits = self.seen.header(header::RETRY_AFTER.as_str());
        let says_when = waits.parse().is_ok_and(|seconds: u64| (1..=30).contains(&seconds));
        ensure(self.seen.status != 429 || says_when, || format!("Retry-After is {waits:?}, not 1 to 30"))
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

    fn seen(body: &str, closed: bool) -> Seen {
        let mut headers = HeaderMap::new();
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("text/event-stream"));
        let (end, took) = (BodyEnd::Whole, Duration::ZERO);
        Seen { status: 200, headers, body: body.into(), end, closed, took }
    }

    fn verdict(expect: Expect, seen: &Seen, faulty: &[Record], healthy: &[Record]) -> Verdict {
        let (row, step) = (chat("ok", &[]), stream(expect));
        let secrets = Secrets { upstream_key: "sk-up".to_owned(), api_key: "sb-down".to_owned() };
        let (row, step, secrets) = (&row, &step, &secrets);
        Evidence { row, step, seen, faulty, healthy, request_upstream: "", secrets }.judge()
    }

    #[test]
    fn a_stream_that_broke_off_is_told_from_one_that_only_seems_right() {
        let table = [
            (format!("{SENT}{ERROR}"), true, ""),
            (format!("{SENT}\n{ERROR}"), true, ""),
            (format!("{SENT}{ERROR}"), false, "stays open"),
            (SENT.to_owned(), true, "in place of an error event"),
            (format!("{SENT}data: [DONE]\n\n"), true, "in place of an error event"),
            (format!("{SENT}{ERROR}data: [DONE]\n\n"), true, "in place of an error event"),
            (format!("{SENT}{}{ERROR}", &SENT[..4]), true, "in place of an error event"),
            (ERROR.to_owned(), true, "other bytes"),
            (SENT[1..].to_owned(), true, "bytes that were sent"),
        ];
        for (body, closed, wrong) in table {
            let came = verdict(Expect::BreaksOff, &seen(&body, closed), &[record(SENT)], &[]);
            assert_eq!(came.is_ok(), wrong.is_empty(), "{body:?}: {came:?}");
            assert!(came.err().unwrap_or_default().contains(wrong), "{body:?}");
        }
        let torn = format!("{SENT}data: {{");
        for (between, holds) in [("", false), ("\n", false), ("\n\n", true)] {
            let body = seen(&format!("{torn}{between}{ERROR}"), true);
            let came = verdict(Expect::BreaksOff, &body, &[record(&torn)], &[]);
            assert_eq!(came.is_ok(), holds, "{between:?}: {came:?}");
        }
    }

    #[test]
    fn an_answer_counts_only_with_the_calls_that_it_should_have_taken() {
        let good = seen(SENT, false);
        let (fault, well) = (record("other"), record(SENT));
        let once = std::slice::from_ref(&fault);
        let answered = std::slice::from_ref(&well);
        let twice = [fault.clone(), fault.clone()];
        for (expect, faulty, healthy, holds) in [
            (Expect::FailsOver, once, answered, true),
            (Expect::FailsOver, &twice[..], answered, false),
            (Expect::FailsOver, &[], answered, false),
            (Expect::FailsOver, once, once, false),
            (Expect::Skips, &[], answered, true),
            (Expect::Skips, once, answered, false),
            (Expect::Passes(200), answered, &[], true),
            (Expect::Passes(200), answered, answered, false),
            (Expect::Passes(400), answered, &[], false),
        ] {
            let came = verdict(expect, &good, faulty, healthy);
            assert_eq!(came.is_ok(), holds, "{expect:?}: {came:?}");
        }
    }

    #[test]
    fn keys_are_seen_on_the_wrong_side() {
        let leaked = seen("data: sk-up\n\n", false);
        assert!(verdict(Expect::Passes(200), &leaked, &[record("data: sk-up\n\n")], &[]).is_err());
        let mut call = record(SENT);
        call.headers = vec![("authorization".to_owned(), fingerprint("Bearer sb-down"))];
        assert!(verdict(Expect::Passes(200), &seen(SENT, false), &[call], &[]).is_err());
    }
}

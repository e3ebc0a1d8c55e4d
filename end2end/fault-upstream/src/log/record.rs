//! The record of one call.

use std::{
    fmt::Write,
    sync::Arc,
    time::{Duration, Instant},
};

use serde::{Serialize, Serializer};
use sha2::{Digest, Sha256};

/// Headers that hold credentials; they are recorded as fingerprints.
const CREDENTIALS: [&str; 5] = ["authorization", "proxy-authorization", "cookie", "api-key", "x-api-key"];

/// An accepted call, recorded as soon as its head has been read.
#[derive(Debug, Clone, Serialize)]
pub struct Record {
    /// Number of the call on this server, from 1.
    pub seq: u64,
    /// Number of its connection on this server, from 1; calls on a reused connection share it.
    pub connection: u64,
    /// Method, as sent.
    pub method: String,
    /// Request target, as sent.
    pub path: String,
    /// All headers in order, with names in lower case and credentials replaced by their [`fingerprint`].
    pub headers: Vec<(String, String)>,
    /// The body without framing; empty until it has been read completely.
    #[serde(serialize_with = "as_text")]
    pub body: Arc<[u8]>,
    /// The `model` of the body; set early if its fault takes effect before the body is complete.
    pub model: Option<String>,
    /// Name of the fault that was shown; `None` if the call named no known fault.
    pub fault: Option<String>,
    /// Since when a write has been waiting for the peer to read; `None` if none is.
    #[serde(skip)]
    pub write_blocked_since: Option<Instant>,
    /// Status of the answer, set before its head is written.
    pub status: Option<u16>,
    /// Bytes that the operating system accepted for sending, including head and framing.
    pub bytes_written: u64,
    /// Bytes of the answer's body without framing; an endless plain answer is not counted.
    pub answer_bytes: u64,
    /// SHA-256 of those bytes in hexadecimal, set when the call ends, to compare a relayed body byte for byte.
    pub answer_sha256: Option<String>,
    /// Content chunks written completely; 0 if the answer is not a stream.
    pub chunks_written: u64,
    /// When the head had been read.
    #[serde(skip)]
    pub started: Instant,
    /// The same in ms since the start of the server.
    pub started_ms: u64,
    /// The same in ms since 1970, derived from the monotonic clock.
    pub started_unix_ms: u64,
    /// When the call ended.
    #[serde(skip)]
    pub ended_at: Option<Instant>,
    /// The same in ms since 1970, for comparison with the clock of another process.
    pub ended_unix_ms: Option<u64>,
    /// Duration of the call in ms.
    pub ms: Option<u64>,
    /// Time until the peer closed in ms, if that ended the call.
    pub peer_closed_ms: Option<u64>,
    /// How the call ended; `None` while it runs.
    pub ended: Option<Ended>,
}

/// How a call ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Ended {
    /// The answer was written completely.
    Answered,
    /// The server closed cleanly instead of sending an answer or the rest of it.
    Closed,
    /// The server sent an RST.
    Reset,
    /// The peer closed while the call was read, delayed or answered. Closing only the sending half counts too.
    PeerFin,
    /// The peer sent an RST while the call was read, delayed or answered.
    PeerRst,
    /// The server was stopped.
    Stopped,
}

impl Record {
    /// Whether the call ended because the peer closed or reset its connection.
    #[must_use]
    pub fn peer_left(&self) -> bool {
        matches!(self.ended, Some(Ended::PeerFin | Ended::PeerRst))
    }

    /// Whether the answer has been unable to continue for `at_least` because the peer does not read.
    #[must_use]
    pub fn is_held_back(&self, at_least: Duration) -> bool {
        self.ended.is_none() && self.write_blocked_since.is_some_and(|since| since.elapsed() >= at_least)
    }

    /// The first header with this name, which must be in lower case.
    #[must_use]
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(header, _)| header == name).map(|(_, value)| value.as_str())
    }

    /// The body as JSON; `None` if it has not been read or is not JSON.
    #[must_use]
    pub fn json(&self) -> Option<serde_json::Value> {
        serde_json::from_slice(&self.body).ok()
    }
}

/// The fingerprint that the log contains in place of a credential: `fp:` and 12 hexadecimal digits of the SHA-256 of
/// the header's value, including `Bearer `.
#[must_use]
pub fn fingerprint(value: &str) -> String {
    let digest = Sha256::digest(value.as_bytes());
    format!("fp:{}", hexadecimal(&digest[..6]))
}

pub(crate) fn hexadecimal(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |mut text, byte| {
        // Writing to a string never fails.
        let _ = write!(text, "{byte:02x}");
        text
    })
}

/// Replaces credentials by their fingerprints.
pub(crate) fn redact_credentials(headers: &[(String, String)]) -> Vec<(String, String)> {
    headers
        .iter()
        .map(|(name, value)| {
            let value = if CREDENTIALS.contains(&name.as_str()) { fingerprint(value) } else { value.clone() };
            (name.clone(), value)
        })
        .collect()
}

pub(super) fn ms(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}

fn as_text<S: Serializer>(body: &Arc<[u8]>, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(&String::from_utf8_lossy(body))
}

//! The record of one call.

use std::{
    fmt::Write,
    sync::Arc,
    time::{Duration, Instant},
};

use serde::{Serialize, Serializer};
use sha2::{Digest, Sha256};

/// Headers whose values are credentials: recorded as fingerprints.
const CREDENTIALS: [&str; 5] = ["authorization", "proxy-authorization", "cookie", "api-key", "x-api-key"];

/// One accepted call, from its head on.
#[derive(Debug, Clone, Serialize)]
pub struct Record {
    /// Number of the call on this server, from 1.
    pub seq: u64,
    /// Number of its connection on this server, from 1: equal numbers mean a reused connection.
    pub connection: u64,
    /// Method, as sent.
    pub method: String,
    /// Request target, as sent.
    pub path: String,
    /// Names (lower case) and values of all headers, in order; credentials only as [`fingerprint`].
    pub headers: Vec<(String, String)>,
    /// The body without its framing; empty until all of it has been read.
    #[serde(serialize_with = "as_text")]
    pub body: Arc<[u8]>,
    /// The `model` of the body; known early where its fault acts before all of the body is there.
    pub model: Option<String>,
    /// The name of the fault that was shown; `None` where no known one was named.
    pub fault: Option<String>,
    /// Status of the answer, once its head was begun.
    pub status: Option<u16>,
    /// Bytes that the operating system took for sending, head and framing included.
    pub bytes_written: u64,
    /// Bytes of the answer's body written whole, framing aside; those of an endless plain answer are not counted.
    pub answer_bytes: u64,
    /// SHA-256 of those bytes, in hexadecimal digits, once the call has ended: a relay can be compared byte by byte.
    pub answer_sha256: Option<String>,
    /// Content chunks written whole; 0 where the answer is no stream.
    pub chunks_written: u64,
    /// When its head had been read.
    #[serde(skip)]
    pub started: Instant,
    /// The same, in ms since the start of the server.
    pub started_ms: u64,
    /// The same in ms since 1970, on the monotonic clock that all times of this server are taken from.
    pub started_unix_ms: u64,
    /// When it ended.
    #[serde(skip)]
    pub ended_at: Option<Instant>,
    /// The same in ms since 1970, as above: what another process compares with its own clock.
    pub ended_unix_ms: Option<u64>,
    /// ms from its start to its end.
    pub ms: Option<u64>,
    /// ms from its start until the peer closed, where that ended it.
    pub peer_closed_ms: Option<u64>,
    /// How it ended; `None` while it runs.
    pub ended: Option<Ended>,
}

/// How a call ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Ended {
    /// Its answer was written whole.
    Answered,
    /// The server closed cleanly, in place of an answer or of the rest of it.
    Closed,
    /// The server sent an RST.
    Reset,
    /// The peer closed while the call was read, delayed or answered; closing only its sending half counts
    /// as leaving too.
    PeerFin,
    /// The peer sent an RST then.
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

    /// The first header of that name (lower case).
    #[must_use]
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(header, _)| header == name).map(|(_, value)| value.as_str())
    }

    /// The body as JSON; `None` where it is not read yet or is not JSON.
    #[must_use]
    pub fn json(&self) -> Option<serde_json::Value> {
        serde_json::from_slice(&self.body).ok()
    }
}

/// What stands in the log for a credential: `fp:` and 12 hexadecimal digits of its SHA-256. The value is
/// the header's, `Bearer ` included.
#[must_use]
pub fn fingerprint(value: &str) -> String {
    let digest = Sha256::digest(value.as_bytes());
    format!("fp:{}", hexadecimal(&digest[..6]))
}

pub(crate) fn hexadecimal(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |mut text, byte| {
        // Writing to a string does not fail.
        let _ = write!(text, "{byte:02x}");
        text
    })
}

/// The headers as they may be recorded.
pub(crate) fn without_credentials(headers: &[(String, String)]) -> Vec<(String, String)> {
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

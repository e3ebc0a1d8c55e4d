//! Requests: a head made of prepared bytes, and a body of slices that share the received bytes. What is on its way out
//! tells how far it has come.

use std::{
    borrow::Cow,
    collections::VecDeque,
    fmt,
    io::{self, IoSlice, Write as _},
    pin::Pin,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering::Relaxed},
    },
    task::{Context, Poll, ready},
};

use axum::http::{HeaderMap, HeaderName, Method, Uri};
use bytes::{Buf as _, Bytes};
use tokio::io::AsyncWrite;

/// Larger bodies take so long to send that their progress matters, in bytes.
const LONG_BODY_BYTES: usize = 64 * 1024;
/// Most slices of one write.
const MAX_SLICES: usize = 16;

/// The bytes of an upload that have not been written yet.
#[derive(Debug)]
pub(crate) struct Upload(AtomicU64);

impl Upload {
    /// The progress of a body that takes long; `None` for smaller ones.
    pub(crate) fn of(body: &[Bytes]) -> Option<Arc<Self>> {
        let length = length(body);
        (length > LONG_BODY_BYTES).then(|| Arc::new(Self(AtomicU64::new(length as u64))))
    }

    /// Bytes left to write.
    pub(crate) fn remaining(&self) -> u64 {
        self.0.load(Relaxed)
    }
}

/// The first line of a request.
#[derive(Clone, Debug)]
pub(in super::super) struct RequestLine {
    method: Method,
    bytes: Box<[u8]>,
}

impl RequestLine {
    /// A request for the path and query of `uri`.
    pub(in super::super) fn new(method: Method, uri: &Uri) -> Self {
        let target = uri.path_and_query().map_or("/", |it| it.as_str());
        let bytes = format!("{method} {target} HTTP/1.1\r\n").into_bytes().into();
        Self { method, bytes }
    }
}

/// Header fields as they are written, prepared once for all requests. They may be secret.
pub(in super::super) struct PreparedFields {
    /// All lines.
    bytes: Box<[u8]>,
    /// The name of each line, and where it ends.
    lines: Box<[(HeaderName, usize)]>,
}

impl fmt::Debug for PreparedFields {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.lines.iter().map(|(name, _)| name)).finish()
    }
}

impl PreparedFields {
    pub(in super::super) fn new(headers: &HeaderMap) -> Self {
        let (mut bytes, mut lines) = (Vec::new(), Vec::new());
        for (name, value) in headers {
            write_field(&mut bytes, name, value.as_bytes());
            lines.push((name.clone(), bytes.len()));
        }
        Self { bytes: bytes.into(), lines: lines.into() }
    }

    /// Writes all of them but those that `replaced` has too.
    fn write(&self, replaced: &HeaderMap, out: &mut Vec<u8>) {
        let is_replaced = |name: &HeaderName| replaced.keys().any(|it| it == name);
        if !self.lines.iter().any(|(name, _)| is_replaced(name)) {
            out.extend_from_slice(&self.bytes);
            return;
        }
        let mut start = 0;
        for (name, end) in &self.lines {
            if !is_replaced(name) {
                out.extend_from_slice(self.bytes.get(start..*end).unwrap_or_default());
            }
            start = *end;
        }
    }
}

fn write_field(out: &mut Vec<u8>, name: &HeaderName, value: &[u8]) {
    for part in [name.as_str().as_bytes(), b": ", value, b"\r\n"] {
        out.extend_from_slice(part);
    }
}

/// A request to an instance.
pub(in super::super) struct Request<'a> {
    pub(in super::super) line: Cow<'a, RequestLine>,
    /// Fields of the instance.
    pub(in super::super) fields: &'a PreparedFields,
    /// Fields of the call. They replace those of the instance, in all of their values.
    pub(in super::super) headers: &'a HeaderMap,
    /// JSON, or nothing.
    pub(in super::super) body: &'a [Bytes],
    pub(in super::super) upload: Option<&'a Arc<Upload>>,
}

impl Request<'_> {
    pub(super) fn is_head(&self) -> bool {
        self.line.method == Method::HEAD
    }

    fn write_head(&self, out: &mut Vec<u8>) {
        out.extend_from_slice(&self.line.bytes);
        self.fields.write(self.headers, out);
        for (name, value) in self.headers {
            write_field(out, name, value.as_bytes());
        }
        let length = length(self.body);
        if length > 0 {
            out.extend_from_slice(b"content-type: application/json\r\n");
        }
        // Without one, some servers wait for a body (RFC 9110 §8.6).
        if length > 0 || self.line.method == Method::POST {
            // Writing to memory does not fail.
            let _ = write!(out, "content-length: {length}\r\n");
        }
        out.extend_from_slice(b"\r\n");
    }
}

fn length(body: &[Bytes]) -> usize {
    body.iter().map(Bytes::len).sum()
}

/// A request on its way out. Its memory serves one request after the other.
#[derive(Default)]
pub(super) struct Outgoing {
    head: Vec<u8>,
    head_written: usize,
    body: VecDeque<Bytes>,
    body_left: u64,
    upload: Option<Arc<Upload>>,
    is_flushed: bool,
    /// Whether the rest cannot be written.
    has_failed: bool,
}

impl fmt::Debug for Outgoing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Outgoing").field("body_left", &self.body_left).finish_non_exhaustive()
    }
}

impl Outgoing {
    /// Prepares a request.
    pub(super) fn begin(&mut self, request: &Request<'_>) {
        self.head.clear();
        self.head_written = 0;
        request.write_head(&mut self.head);
        self.body.clear();
        self.body.extend(request.body.iter().filter(|it| !it.is_empty()).cloned());
        self.body_left = length(request.body) as u64;
        self.upload = request.upload.cloned();
        (self.is_flushed, self.has_failed) = (false, false);
    }

    /// Whether everything has been written.
    pub(super) fn is_done(&self) -> bool {
        self.is_flushed && !self.has_failed
    }

    /// Writes as much as the socket takes. After an error nothing more is written.
    pub(super) fn poll_write(
        &mut self,
        cx: &mut Context<'_>,
        socket: &mut (impl AsyncWrite + Unpin),
    ) -> Poll<io::Result<()>> {
        if self.is_flushed || self.has_failed {
            return Poll::Ready(Ok(()));
        }
        let written = ready!(self.poll_write_all(cx, socket));
        (self.is_flushed, self.has_failed) = (written.is_ok(), written.is_err());
        if self.has_failed {
            self.body.clear();
        }
        Poll::Ready(written)
    }

    fn poll_write_all(
        &mut self,
        cx: &mut Context<'_>,
        socket: &mut (impl AsyncWrite + Unpin),
    ) -> Poll<io::Result<()>> {
        loop {
            let head = self.head.get(self.head_written..).unwrap_or_default();
            let mut slices = [IoSlice::new(&[]); MAX_SLICES];
            let parts =
                [head].into_iter().filter(|it| !it.is_empty()).chain(self.body.iter().map(|it| &**it));
            let mut count = 0;
            for (slice, part) in slices.iter_mut().zip(parts) {
                *slice = IoSlice::new(part);
                count += 1;
            }
            if count == 0 {
                break;
            }
            let slices = slices.get(..count).unwrap_or_default();
            let written = ready!(Pin::new(&mut *socket).poll_write_vectored(cx, slices))?;
            if written == 0 {
                return Poll::Ready(Err(io::ErrorKind::WriteZero.into()));
            }
            self.advance(written);
        }
        // TLS keeps what the socket did not take.
        Pin::new(socket).poll_flush(cx)
    }

    fn advance(&mut self, written: usize) {
        let of_head = written.min(self.head.len().saturating_sub(self.head_written));
        self.head_written += of_head;
        let mut rest = written - of_head;
        self.body_left = self.body_left.saturating_sub(rest as u64);
        while let Some(first) = self.body.front_mut() {
            if rest < first.len() {
                first.advance(rest);
                break;
            }
            rest -= first.len();
            self.body.pop_front();
        }
        if let Some(upload) = &self.upload {
            upload.0.store(self.body_left, Relaxed);
        }
    }
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "tests")]
mod tests {
    use axum::http::{HeaderValue, header};

    use super::*;

    fn map(fields: &[(&'static str, &'static str)]) -> HeaderMap {
        fields
            .iter()
            .map(|(name, value)| (HeaderName::from_static(name), HeaderValue::from_static(value)))
            .collect()
    }

    fn written(method: Method, call: &[(&'static str, &'static str)], body: &[Bytes]) -> String {
        let prepared = PreparedFields::new(&map(&[("host", "a"), ("x-a", "1"), ("authorization", "canary")]));
        assert!(!format!("{prepared:?}").contains("canary"));
        let line = RequestLine::new(method, &"http://b:1/v1/x?y=z".parse().unwrap());
        let headers = map(call);
        let request =
            Request { line: Cow::Owned(line), fields: &prepared, headers: &headers, body, upload: None };
        let mut outgoing = Outgoing::default();
        outgoing.begin(&request);
        assert!(!format!("{outgoing:?}").contains("canary"));
        String::from_utf8([outgoing.head, outgoing.body.into_iter().flatten().collect()].concat()).unwrap()
    }

    #[test]
    fn a_field_of_the_call_replaces_that_of_the_instance() {
        assert_eq!(
            written(Method::GET, &[("x-b", "2")], &[]),
            "GET /v1/x?y=z HTTP/1.1\r\nhost: a\r\nx-a: 1\r\nauthorization: canary\r\nx-b: 2\r\n\r\n"
        );
        assert_eq!(
            written(Method::GET, &[("x-a", "2")], &[]),
            "GET /v1/x?y=z HTTP/1.1\r\nhost: a\r\nauthorization: canary\r\nx-a: 2\r\n\r\n"
        );
    }

    #[test]
    fn the_length_of_a_body_is_always_told() {
        let body = [Bytes::from_static(b"{"), Bytes::new(), Bytes::from_static(b"}")];
        let sent = written(Method::POST, &[], &body);
        assert!(
            sent.ends_with("\r\ncontent-type: application/json\r\ncontent-length: 2\r\n\r\n{}"),
            "{sent}"
        );
        assert!(written(Method::POST, &[], &[]).ends_with("\r\ncontent-length: 0\r\n\r\n"));
        assert!(!written(Method::DELETE, &[], &[]).contains(header::CONTENT_LENGTH.as_str()));
    }

    #[test]
    fn partial_writes_lose_nothing() {
        let body = [Bytes::from_static(b"{abc"), Bytes::from_static(b"defg}")];
        let line = RequestLine::new(Method::POST, &Uri::from_static("/"));
        let fields = PreparedFields::new(&HeaderMap::new());
        let upload = Arc::new(Upload(AtomicU64::new(9)));
        let headers = HeaderMap::new();
        let request = Request {
            line: Cow::Owned(line),
            fields: &fields,
            headers: &headers,
            body: &body,
            upload: Some(&upload),
        };
        for step in 1..20 {
            let mut outgoing = Outgoing::default();
            outgoing.begin(&request);
            let whole = [&outgoing.head[..], b"{abcdefg}"].concat();
            let mut written = 0;
            while written < whole.len() {
                let left = [
                    &outgoing.head[outgoing.head_written..],
                    &outgoing.body.iter().flatten().copied().collect::<Vec<_>>(),
                ]
                .concat();
                assert_eq!(left, whole[written..]);
                let now = step.min(left.len());
                outgoing.advance(now);
                written += now;
                assert_eq!(upload.remaining(), 9.min(whole.len() - written) as u64);
            }
            assert!(outgoing.body.is_empty());
        }
    }
}

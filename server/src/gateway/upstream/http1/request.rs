//! Requests: a head made of prepared bytes, and a body of slices that share the received bytes.

use std::{borrow::Cow, fmt, io::Write as _, sync::Arc};

use axum::http::{HeaderMap, HeaderName, Method, Uri};
use bytes::Bytes;

use super::upload::Upload;

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
    /// In bytes.
    pub(super) fn body_length(&self) -> u64 {
        self.body.iter().map(|it| it.len() as u64).sum()
    }

    pub(super) fn is_head(&self) -> bool {
        self.line.method == Method::HEAD
    }

    pub(super) fn write_head(&self, out: &mut Vec<u8>) {
        out.extend_from_slice(&self.line.bytes);
        self.fields.write(self.headers, out);
        for (name, value) in self.headers {
            write_field(out, name, value.as_bytes());
        }
        let length = self.body_length();
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
        let mut head = Vec::new();
        request.write_head(&mut head);
        String::from_utf8(head).unwrap()
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
        assert!(sent.ends_with("\r\ncontent-type: application/json\r\ncontent-length: 2\r\n\r\n"), "{sent}");
        assert!(written(Method::POST, &[], &[]).ends_with("\r\ncontent-length: 0\r\n\r\n"));
        assert!(!written(Method::DELETE, &[], &[]).contains(header::CONTENT_LENGTH.as_str()));
    }
}

//! Heads of responses: parsed in place. Only the fields that are read are kept; what they say about the body decides
//! where it ends.

use std::mem::MaybeUninit;

use axum::http::{HeaderValue, StatusCode};
use httparse::{Header, ParserConfig, Status};

use super::Malformed;

/// Most fields of a head.
pub(super) const MAX_FIELDS: usize = 100;

/// The head of a response.
#[derive(Debug)]
pub(crate) struct ResponseHead {
    pub(crate) status: StatusCode,
    pub(crate) content_type: Option<HeaderValue>,
    /// Whether the body has an encoding besides `identity`.
    pub(crate) is_encoded: bool,
    /// Whether the body is as long as the connection is open, so that its end may be a break.
    pub(crate) ends_by_closing: bool,
    pub(crate) retry_after: Option<Box<str>>,
    /// The wait in milliseconds that some servers send beside `Retry-After`.
    pub(crate) retry_after_ms: Option<Box<str>>,
    pub(crate) server: Option<Box<str>>,
}

/// A head, and what it says about the rest of the connection.
#[derive(Debug)]
pub(super) struct Received {
    pub(super) head: ResponseHead,
    pub(super) framing: Framing,
    /// Whether the connection may be used again after the body.
    pub(super) keeps_alive: bool,
}

/// How the end of a body is found (RFC 9112 §6.3).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Framing {
    /// After that many bytes.
    Length(u64),
    Chunked,
    UntilClose,
}

/// What is kept of a head while it is parsed.
#[derive(Debug)]
pub(super) struct Fields<'a> {
    pub(super) status: StatusCode,
    is_http_10: bool,
    content_type: Option<&'a [u8]>,
    retry_after: Option<&'a [u8]>,
    retry_after_ms: Option<&'a [u8]>,
    server: Option<&'a [u8]>,
    is_encoded: bool,
    length: Option<Result<u64, Malformed>>,
    coding: Option<Coding>,
    says_close: bool,
    says_keep_alive: bool,
}

/// What `Transfer-Encoding` says, over all of its lines.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Coding {
    /// Chunked at last.
    Chunked,
    /// Never chunked.
    Other,
    /// Chunked, but not at last.
    Ambiguous,
}

/// The length of a head, and its fields; `None` if it is incomplete.
pub(super) fn parse(input: &[u8]) -> Result<Option<(usize, Fields<'_>)>, Malformed> {
    let mut headers: [MaybeUninit<Header<'_>>; MAX_FIELDS] = [const { MaybeUninit::uninit() }; MAX_FIELDS];
    let mut response = httparse::Response::new(&mut []);
    let config = ParserConfig::default();
    let length = match config.parse_response_with_uninit_headers(&mut response, input, &mut headers) {
        Ok(Status::Complete(length)) => length,
        Ok(Status::Partial) => return Ok(None),
        Err(_) => return Err(Malformed),
    };
    let status = StatusCode::from_u16(response.code.unwrap_or_default()).map_err(|_| Malformed)?;
    let mut fields = Fields::new(status, response.version != Some(1));
    for header in response.headers.iter() {
        fields.add(header.name, header.value.trim_ascii());
    }
    Ok(Some((length, fields)))
}

impl<'a> Fields<'a> {
    fn new(status: StatusCode, is_http_10: bool) -> Self {
        Self {
            status,
            is_http_10,
            content_type: None,
            retry_after: None,
            retry_after_ms: None,
            server: None,
            is_encoded: false,
            length: None,
            coding: None,
            says_close: false,
            says_keep_alive: false,
        }
    }

    fn add(&mut self, name: &str, value: &'a [u8]) {
        let is = |known: &str| name.eq_ignore_ascii_case(known);
        let mut tokens = value.split(|&byte| byte == b',').map(<[u8]>::trim_ascii);
        // Most names are ruled out by their length.
        match name.len() {
            6 if is("server") => self.server = self.server.or(Some(value)),
            10 if is("connection") => {
                for token in tokens {
                    self.says_close |= token.eq_ignore_ascii_case(b"close");
                    self.says_keep_alive |= token.eq_ignore_ascii_case(b"keep-alive");
                }
            }
            11 if is("retry-after") => self.retry_after = self.retry_after.or(Some(value)),
            12 if is("content-type") => self.content_type = self.content_type.or(Some(value)),
            14 if is("content-length") => {
                let lengths = tokens.map(digits).reduce(same);
                self.length = self.length.into_iter().chain(lengths).reduce(same);
            }
            14 if is("retry-after-ms") => self.retry_after_ms = self.retry_after_ms.or(Some(value)),
            16 if is("content-encoding") => {
                self.is_encoded |= !tokens.all(|it| it.eq_ignore_ascii_case(b"identity"));
            }
            17 if is("transfer-encoding") => {
                for token in tokens.filter(|it| !it.is_empty()) {
                    self.coding = Some(match self.coding {
                        _ if token.eq_ignore_ascii_case(b"chunked") => Coding::Chunked,
                        None | Some(Coding::Other) => Coding::Other,
                        Some(_) => Coding::Ambiguous,
                    });
                }
                self.coding = self.coding.or(Some(Coding::Other));
            }
            _ => {}
        }
    }

    /// The head, if its framing has one meaning.
    pub(super) fn received(&self, to_head: bool) -> Result<Received, Malformed> {
        let has_no_body = to_head || matches!(self.status.as_u16(), 101 | 204 | 304);
        let framing = match (self.coding, self.length) {
            _ if has_no_body => Framing::Length(0),
            (Some(_), _) if self.is_http_10 => return Err(Malformed),
            (Some(Coding::Chunked), _) => Framing::Chunked,
            (Some(Coding::Other), _) => Framing::UntilClose,
            (Some(Coding::Ambiguous), _) => return Err(Malformed),
            (None, Some(length)) => Framing::Length(length?),
            (None, None) => Framing::UntilClose,
        };
        // With both, somebody between may have found another end. What follows is not trusted.
        let is_contradictory = self.coding.is_some() && self.length.is_some();
        let stays_open = !self.says_close && (!self.is_http_10 || self.says_keep_alive);
        let keeps_alive = stays_open && !is_contradictory && self.status != StatusCode::SWITCHING_PROTOCOLS;
        let head = ResponseHead {
            status: self.status,
            content_type: self.content_type.and_then(header_value),
            is_encoded: self.is_encoded,
            ends_by_closing: framing == Framing::UntilClose,
            retry_after: self.retry_after.and_then(text),
            retry_after_ms: self.retry_after_ms.and_then(text),
            server: self.server.and_then(text),
        };
        Ok(Received { head, framing, keeps_alive })
    }
}

/// A number without a sign.
fn digits(text: &[u8]) -> Result<u64, Malformed> {
    if text.is_empty() {
        return Err(Malformed);
    }
    text.iter().try_fold(0_u64, |number, byte| {
        let digit = char::from(*byte).to_digit(10).ok_or(Malformed)?;
        number.checked_mul(10).and_then(|it| it.checked_add(digit.into())).ok_or(Malformed)
    })
}

fn same(one: Result<u64, Malformed>, other: Result<u64, Malformed>) -> Result<u64, Malformed> {
    if one == other { one } else { Err(Malformed) }
}

/// The usual ones are not copied.
fn header_value(value: &[u8]) -> Option<HeaderValue> {
    const USUAL: [&str; 3] = ["application/json", "text/event-stream", "text/event-stream; charset=utf-8"];
    let usual = USUAL.iter().find(|it| it.as_bytes() == value);
    usual.map(|it| HeaderValue::from_static(it)).or_else(|| HeaderValue::from_bytes(value).ok())
}

/// Printable text; `None` for anything else.
fn text(value: &[u8]) -> Option<Box<str>> {
    let is_printable = value.iter().all(|it| matches!(it, b' '..=b'~' | b'\t'));
    std::str::from_utf8(value).ok().filter(|_| is_printable).map(Box::from)
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "tests")]
mod tests {
    use super::*;

    fn read(lines: &str) -> Result<Received, Malformed> {
        parse(format!("{lines}\r\n\r\n").as_bytes())?.unwrap().1.received(false)
    }

    #[test]
    fn a_body_has_one_end_or_the_head_is_refused() {
        let (length, chunked, close) =
            (Ok(Framing::Length(5)), Ok(Framing::Chunked), Ok(Framing::UntilClose));
        let none = Ok(Framing::Length(0));
        let refused = Err(Malformed);
        for (lines, expected) in [
            ("1.1 200 OK\r\ncontent-length: 5", length),
            ("1.1 200\r\nContent-Length:005 ", length),
            ("1.1 200 OK\r\ncontent-length: 5\r\ncontent-length: 5", length),
            ("1.1 200 OK\r\ncontent-length: 5, 5", length),
            ("1.1 200 OK\r\ncontent-length: 5\r\ncontent-length: 6", refused),
            ("1.1 200 OK\r\ncontent-length: 5, 6", refused),
            ("1.1 200 OK\r\ncontent-length: ", refused),
            ("1.1 200 OK\r\ncontent-length: 5,", refused),
            ("1.1 200 OK\r\ncontent-length: +5", refused),
            ("1.1 200 OK\r\ncontent-length: -5", refused),
            ("1.1 200 OK\r\ncontent-length: 0x5", refused),
            ("1.1 200 OK\r\ncontent-length: 5 5", refused),
            ("1.1 200 OK\r\ncontent-length: 18446744073709551616", refused),
            ("1.1 200 OK\r\ncontent-length : 5", refused),
            ("1.1 200 OK\r\ntransfer-encoding: chunked", chunked),
            ("1.1 200 OK\r\nTransfer-Encoding: gzip, Chunked", chunked),
            ("1.1 200 OK\r\ntransfer-encoding: chunked\r\ncontent-length: 5", chunked),
            ("1.1 200 OK\r\ncontent-length: x\r\ntransfer-encoding: chunked", chunked),
            ("1.1 200 OK\r\ntransfer-encoding: identity", close),
            ("1.1 200 OK\r\ntransfer-encoding: xchunked", close),
            ("1.1 200 OK\r\ntransfer-encoding:", close),
            ("1.1 200 OK\r\ntransfer-encoding: chunked, identity", refused),
            ("1.1 200 OK\r\ntransfer-encoding: chunked\r\ntransfer-encoding: identity", refused),
            ("1.0 200 OK\r\ntransfer-encoding: chunked", refused),
            ("1.1 200 OK\r\nx-a: b", close),
            ("1.1 204 OK\r\ncontent-length: 5", none),
            ("1.1 304 OK\r\ntransfer-encoding: chunked", none),
            ("1.1 101 OK\r\nupgrade: x", none),
            ("2.0 200 OK\r\ncontent-length: 5", refused),
            ("1.1 099 OK\r\ncontent-length: 5", refused),
            ("1.1 200 OK\r\nx a: b", refused),
            ("1.1 200 OK\r\nx-a: b\r\n content-length: 5", refused),
        ] {
            assert_eq!(read(&format!("HTTP/{lines}")).map(|it| it.framing), expected, "{lines:?}");
        }
        let (_, fields) = parse(b"HTTP/1.1 200 OK\r\ncontent-length: 5\r\n\r\n").unwrap().unwrap();
        assert_eq!(fields.received(true).unwrap().framing, Framing::Length(0));
    }

    #[test]
    fn a_connection_is_kept_only_if_both_sides_agree_on_it() {
        for (lines, expected) in [
            ("1.1 200 OK\r\ncontent-length: 5", true),
            ("1.1 200 OK\r\nconnection: keep-alive, Close", false),
            ("1.1 200 OK\r\nconnection: close\r\nconnection: keep-alive", false),
            ("1.0 200 OK\r\ncontent-length: 5", false),
            ("1.0 200 OK\r\nconnection: Keep-Alive", true),
            ("1.1 200 OK\r\ntransfer-encoding: chunked\r\ncontent-length: 5", false),
            ("1.1 101 OK\r\nupgrade: x", false),
        ] {
            assert_eq!(read(&format!("HTTP/{lines}")).unwrap().keeps_alive, expected, "{lines:?}");
        }
    }

    #[test]
    fn the_first_of_several_values_is_kept() {
        let head = read(
            "HTTP/1.1 429 No\r\nContent-Type: a/b\r\ncontent-type: c/d\r\nRetry-After: 7\r\nretry-after-ms: 70\r\n\
             Server:  x y \r\ncontent-encoding: identity\r\nContent-Encoding: gzip",
        );
        let head = head.unwrap().head;
        assert_eq!(head.content_type.unwrap(), "a/b");
        let texts = [head.retry_after, head.retry_after_ms, head.server];
        assert_eq!(texts.map(|it| it.unwrap_or_default().into_string()), ["7", "70", "x y"]);
        assert!(head.is_encoded && head.ends_by_closing);
    }
}

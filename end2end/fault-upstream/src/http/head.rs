//! The head of a request.

use super::BodyReader;

/// Method, target and headers of a request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Head {
    pub(crate) method: String,
    /// The request target without its query.
    pub(crate) path: String,
    pub(crate) target: String,
    /// Names in lower case.
    pub(crate) headers: Vec<(String, String)>,
    http_1_0: bool,
}

impl Head {
    /// Parses a head; `bytes` must end with the empty line.
    pub(super) fn parse(bytes: &[u8]) -> Option<Self> {
        let text = std::str::from_utf8(bytes).ok()?;
        let mut lines = text.split("\r\n").filter(|line| !line.is_empty());
        let mut first = lines.next()?.split(' ');
        let (method, target, version) = (first.next()?, first.next()?, first.next()?);
        let http_1_0 = match version {
            "HTTP/1.1" => false,
            "HTTP/1.0" => true,
            _ => return None,
        };
        let headers = lines
            .map(|line| {
                let (name, value) = line.split_once(':')?;
                Some((name.to_ascii_lowercase(), value.trim().to_owned()))
            })
            .collect::<Option<_>>()?;
        let path = target.split('?').next().unwrap_or(target);
        Some(Self {
            method: method.to_owned(),
            path: path.to_owned(),
            target: target.to_owned(),
            headers,
            http_1_0,
        })
    }

    /// The first header with this name, which must be in lower case.
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(header, _)| header == name).map(|(_, value)| value.as_str())
    }

    /// Whether the connection stays open after the answer (RFC 9112 §9.3).
    pub(crate) fn keeps_connection(&self) -> bool {
        !self.http_1_0 && !self.has_token("connection", "close")
    }

    /// Whether the peer waits for `100 Continue` before it sends the body (RFC 9110 §10.1.1).
    pub(crate) fn expects_continue(&self) -> bool {
        self.has_token("expect", "100-continue")
    }

    /// The reader for the body; `None` if its length is invalid.
    pub(crate) fn body(&self) -> Option<BodyReader> {
        if self.has_token("transfer-encoding", "chunked") {
            return Some(BodyReader::chunked());
        }
        match self.header("content-length") {
            None => Some(BodyReader::of_length(0)),
            Some(length) => BodyReader::within_bounds(length.parse().ok()?),
        }
    }

    fn has_token(&self, name: &str, token: &str) -> bool {
        self.header(name)
            .is_some_and(|value| value.split(',').any(|part| part.trim().eq_ignore_ascii_case(token)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_valid_head_is_parsed_and_invalid_ones_are_refused() {
        let head = Head::parse(b"POST /v1/x?y=1 HTTP/1.1\r\nHost: a\r\nX-SB-Hop:  2 \r\n\r\n");
        let Some(head) = head else {
            unreachable!("a valid head");
        };
        assert_eq!((head.method.as_str(), head.path.as_str()), ("POST", "/v1/x"));
        assert_eq!(head.header("x-sb-hop"), Some("2"));
        assert!(head.keeps_connection());
        for odd in ["GET /\r\n\r\n", "GET / HTTP/2\r\n\r\n", "GET / HTTP/1.1\r\nno colon\r\n\r\n"] {
            assert_eq!(Head::parse(odd.as_bytes()), None, "{odd}");
        }
    }
}

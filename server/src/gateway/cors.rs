//! Cross-origin calls from pages (CORS, Fetch Standard §3.2) to `/v1`, for the origins that the operator lists.
//!
//! Never allows credentials: calls carry a key, and `/v1` takes no cookies.

use std::{str::FromStr, sync::Arc};

use app::domain::api::Api;
use axum::{
    body::Body,
    extract::{Request, State},
    http::{HeaderMap, HeaderValue, Method, Response, StatusCode, header},
    middleware::Next,
};
use url::Url;

use super::{call::error::CallError, state::clock};

/// Origins of pages that may call `/v1`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum CorsOrigins {
    /// None: CORS is off.
    #[default]
    None,
    /// Every origin.
    Any,
    /// These origins, as browsers write them.
    Listed(Arc<[HeaderValue]>),
}

/// The text is not an origin.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is not an origin: use SCHEME://HOST or SCHEME://HOST:PORT without a path, null, or * alone")]
pub struct ParseOriginError(String);

impl FromStr for CorsOrigins {
    type Err = ParseOriginError;

    /// Parses a comma-separated list, or `*`. An empty text turns CORS off.
    fn from_str(text: &str) -> Result<Self, ParseOriginError> {
        let entries: Vec<_> = text.split(',').map(str::trim).filter(|it| !it.is_empty()).collect();
        match entries.as_slice() {
            [] => Ok(Self::None),
            ["*"] => Ok(Self::Any),
            entries => entries.iter().map(|it| parse_origin(it)).collect::<Result<_, _>>().map(Self::Listed),
        }
    }
}

/// An origin in the form that browsers send. Desktop apps and extensions have schemes of their own.
fn parse_origin(text: &str) -> Result<HeaderValue, ParseOriginError> {
    let bad = || ParseOriginError(text.to_owned());
    if text == "null" {
        return Ok(HeaderValue::from_static("null"));
    }
    let (scheme, host) = text.split_once("://").filter(|_| !text.contains('*')).ok_or_else(bad)?;
    let origin = if scheme.eq_ignore_ascii_case("http") || scheme.eq_ignore_ascii_case("https") {
        let url = Url::parse(text).map_err(|_| bad())?;
        let is_bare = url.path() == "/" && url.query().is_none() && url.fragment().is_none();
        let is_anonymous = url.username().is_empty() && url.password().is_none();
        if !is_bare || !is_anonymous {
            return Err(bad());
        }
        url.origin().ascii_serialization()
    } else {
        let host = host.strip_suffix('/').unwrap_or(host);
        let is_host = !host.is_empty() && host.bytes().all(|b| b.is_ascii_graphic() && !b"/?#@".contains(&b));
        let is_scheme = scheme.starts_with(|it: char| it.is_ascii_alphabetic())
            && scheme.bytes().all(|b| b.is_ascii_alphanumeric() || b"+-.".contains(&b));
        if !is_host || !is_scheme {
            return Err(bad());
        }
        format!("{scheme}://{host}")
    };
    HeaderValue::from_str(&origin).map_err(|_| bad())
}

impl CorsOrigins {
    /// The value of `Access-Control-Allow-Origin` for a request; `None` if its page may not call.
    fn allowed(&self, headers: &HeaderMap) -> Option<HeaderValue> {
        match self {
            Self::None => None,
            Self::Any => Some(HeaderValue::from_static("*")),
            Self::Listed(origins) => {
                let origin = headers.get(header::ORIGIN)?;
                let is_listed =
                    origins.iter().any(|it| it.as_bytes().eq_ignore_ascii_case(origin.as_bytes()));
                is_listed.then(|| origin.clone())
            }
        }
    }
}

/// Methods of the data plane, for `Access-Control-Allow-Methods` and `Allow`.
pub(super) const METHODS: HeaderValue = HeaderValue::from_static("GET, HEAD, POST, DELETE");
/// How long a browser may remember a preflight, in seconds: the longest time that Chromium accepts.
const MAX_AGE_S: HeaderValue = HeaderValue::from_static("7200");
/// Headers that scripts may read, by name: `*` is not understood by every browser.
const EXPOSED: HeaderValue = HeaderValue::from_static(
    "x-request-id, request-id, x-sb-decision, x-sb-balancer, x-sb-route, x-sb-reason, x-sb-instance, \
     x-sb-attempts, x-sb-confidence, x-should-retry, retry-after, server-timing",
);

/// Whether a browser asks for permission before the call of a page.
pub(super) fn is_preflight(request: &Request) -> bool {
    let headers = request.headers();
    request.method() == Method::OPTIONS
        && headers.contains_key(header::ORIGIN)
        && headers.contains_key(header::ACCESS_CONTROL_REQUEST_METHOD)
}

/// Answers preflights, and adds the headers that let pages of allowed origins read an answer, errors included.
pub(super) async fn allow(
    State(origins): State<CorsOrigins>,
    request: Request,
    next: Next,
) -> Response<Body> {
    let allowed = origins.allowed(request.headers());
    let mut response = match (is_preflight(&request), &allowed) {
        (false, _) => next.run(request).await,
        (true, Some(_)) => permission(request.headers()),
        (true, None) => {
            CallError::origin_not_allowed().standalone_response(Api::default(), &clock::new_request_id())
        }
    };
    let headers = response.headers_mut();
    headers.append(header::VARY, HeaderValue::from_static("origin"));
    if let Some(origin) = allowed {
        headers.insert(header::ACCESS_CONTROL_ALLOW_ORIGIN, origin);
        headers.insert(header::ACCESS_CONTROL_EXPOSE_HEADERS, EXPOSED);
    }
    response
}

/// The answer to a preflight: every header that was asked for, because `*` does not cover `authorization`.
fn permission(asked: &HeaderMap) -> Response<Body> {
    let mut response = Response::new(Body::empty());
    *response.status_mut() = StatusCode::NO_CONTENT;
    let headers = response.headers_mut();
    headers.insert(header::ACCESS_CONTROL_ALLOW_METHODS, METHODS);
    headers.insert(header::ACCESS_CONTROL_MAX_AGE, MAX_AGE_S);
    for names in asked.get_all(header::ACCESS_CONTROL_REQUEST_HEADERS) {
        headers.append(header::ACCESS_CONTROL_ALLOW_HEADERS, names.clone());
    }
    response
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "tests")]
mod tests {
    use super::*;

    #[test]
    fn origins_are_read_as_browsers_write_them() {
        for (text, sent) in [
            ("https://Chat.Example.com/", "https://chat.example.com"),
            ("https://chat.example.com:443", "https://chat.example.com"),
            ("http://localhost:5173", "http://localhost:5173"),
            ("http://[::1]:80", "http://[::1]"),
            ("https://bücher.example", "https://xn--bcher-kva.example"),
            ("app://obsidian.md", "app://obsidian.md"),
            ("moz-extension://0f0e-1/", "moz-extension://0f0e-1"),
            ("null", "null"),
        ] {
            let origins: CorsOrigins = text.parse().unwrap();
            let headers = |origin: &str| HeaderMap::from_iter([(header::ORIGIN, origin.parse().unwrap())]);
            assert_eq!(origins.allowed(&headers(sent)).unwrap(), sent, "{text}");
            assert_eq!(origins.allowed(&headers("https://other.example")), None, "{text}");
            assert_eq!(origins.allowed(&headers(&format!("{sent}.evil"))), None, "{text}");
            assert_eq!(origins.allowed(&HeaderMap::new()), None, "{text}");
        }
    }

    #[test]
    fn what_is_not_an_origin_is_refused() {
        for text in [
            "example.com",
            "https://",
            "https://a.example/chat",
            "https://a.example?x",
            "https://user@a.example",
            "https://*.example.com",
            "*,https://a.example",
            "app://a/b",
            "1app://a",
            "app://",
            "://a",
        ] {
            assert!(text.parse::<CorsOrigins>().is_err(), "{text}");
        }
        assert_eq!(" * ".parse(), Ok(CorsOrigins::Any));
        assert_eq!(" , ".parse(), Ok(CorsOrigins::None));
    }
}

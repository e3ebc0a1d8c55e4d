//! The addresses of one instance, and what every request to it begins with, prepared as bytes.

use std::{borrow::Cow, sync::Arc};

use app::domain::api::Endpoint;
use axum::http::{HeaderMap, HeaderValue, Method, Uri, header};
use bytes::Bytes;
use url::Url;

use super::{
    StoredPath, Target,
    http1::{
        Upload,
        request::{PreparedFields, Request, RequestLine},
    },
};

const USER_AGENT: &str = concat!("smart-balancer/", env!("CARGO_PKG_VERSION"));

/// What requests to an instance begin with.
#[derive(Debug)]
pub(super) struct Endpoints {
    pub(super) origin: Uri,
    /// In the order of [`Endpoint::ALL`], followed by [`Endpoint::DECISIONS`].
    calls: Vec<RequestLine>,
    models: RequestLine,
    /// Where stored responses are.
    stored: Uri,
    /// The host alone.
    pub(super) host: PreparedFields,
    fields: PreparedFields,
}

impl Endpoints {
    /// `None` if the address can't be used over HTTP.
    pub(super) fn new(base: &Url, own: &HeaderMap) -> Option<Self> {
        let origin = base[..url::Position::BeforePath].parse::<Uri>().ok()?;
        let mut headers = HeaderMap::new();
        headers.insert(header::HOST, HeaderValue::from_str(origin.authority()?.as_str()).ok()?);
        let host = PreparedFields::new(&headers);
        headers.insert(header::ACCEPT, HeaderValue::from_static("*/*"));
        headers.insert(header::ACCEPT_ENCODING, HeaderValue::from_static("identity"));
        headers.insert(header::USER_AGENT, HeaderValue::from_static(USER_AGENT));
        headers.extend(own.clone());
        let line = |method, path| Some(RequestLine::new(method, &uri_below(base, path)?));
        Some(Self {
            origin,
            calls: Endpoint::ALL
                .iter()
                .chain(&Endpoint::DECISIONS)
                .map(|it| line(Method::POST, it.path()))
                .collect::<Option<_>>()?,
            models: line(Method::GET, "models")?,
            stored: uri_below(base, Endpoint::StoredResponse.path())?,
            host,
            fields: PreparedFields::new(&headers),
        })
    }

    /// A request with the headers of a call.
    pub(super) fn request<'a>(
        &'a self,
        target: Target<'_>,
        headers: &'a HeaderMap,
        body: &'a [Bytes],
        upload: Option<&'a Arc<Upload>>,
    ) -> Request<'a> {
        let line = match target {
            Target::Endpoint(endpoint) => {
                Cow::Borrowed(self.calls.get(endpoint as usize).unwrap_or(&self.models))
            }
            Target::Stored(stored) => Cow::Owned(self.stored_line(stored)),
            Target::Models => Cow::Borrowed(&self.models),
        };
        Request { line, fields: &self.fields, headers, body, upload }
    }

    fn stored_line(&self, stored: &StoredPath) -> RequestLine {
        let uri = stored.uri_below(&self.stored);
        RequestLine::new(stored.method().clone(), uri.as_ref().unwrap_or(&self.stored))
    }
}

/// The base URL without its fragment or an empty query, and with `/v1` if its path is empty.
pub(super) fn with_api_root(url: &Url) -> Url {
    let mut url = url.clone();
    url.set_fragment(None);
    if url.query() == Some("") {
        url.set_query(None);
    }
    if matches!(url.path(), "" | "/") {
        url.set_path("/v1");
    }
    url
}

fn uri_below(base: &Url, path: &str) -> Option<Uri> {
    join_path(base, path)[url::Position::BeforePath..].parse().ok()
}

fn join_path(base: &Url, path: &str) -> Url {
    let mut url = base.clone();
    url.set_path(&format!("{}/{path}", base.path().trim_end_matches('/')));
    url
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "tests")]
mod tests {
    use super::*;

    #[test]
    fn a_base_url_is_used_as_given_and_v1_is_only_added_to_an_empty_path() {
        for (base, whole) in [
            ("http://a:1", "http://a:1/v1/embeddings"),
            ("http://a:1/", "http://a:1/v1/embeddings"),
            ("http://a:1/v1", "http://a:1/v1/embeddings"),
            ("http://a:1/v1/", "http://a:1/v1/embeddings"),
            ("http://a/openai/x?version=2", "http://a/openai/x/embeddings?version=2"),
            ("http://a/openai/x/?version=2&y", "http://a/openai/x/embeddings?version=2&y"),
            ("http://a?version=2", "http://a/v1/embeddings?version=2"),
            ("http://a/v1?", "http://a/v1/embeddings"),
        ] {
            let url = join_path(&with_api_root(&base.parse().unwrap()), Endpoint::Embeddings.path());
            assert_eq!(url.as_str(), whole, "{base}");
        }
    }
}

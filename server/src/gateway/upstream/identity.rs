//! An instance's identity: its address, its model, and the secrets in the headers of every request to it.

use app::domain::{
    config::instance::{Instance, connection::AUTHORIZATION, secrets::HeaderValues},
    secret::Secret,
};
use axum::http::{HeaderMap, HeaderName, HeaderValue, header};
use bytes::{Bytes, BytesMut};
use memchr::memmem;

/// Shortest key that is redacted, in bytes. Shorter texts occur in answers by chance.
const MIN_REDACTED_KEY_BYTES: usize = 6;

/// An instance's key as the store hands it over.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum UpstreamKey {
    /// The unsealed key.
    Known(Secret),
    /// It was dropped or can no longer be unsealed: the instance is not called until the key is entered again.
    NeedsReentry,
}

/// An instance's secrets as the store hands them over.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct UpstreamSecrets {
    /// The key, if it has one.
    pub key: Option<UpstreamKey>,
    /// The values of additional headers. If one lacks a value, the instance is not called.
    pub headers: HeaderValues,
}

/// An instance's identity towards the outside. While it stays the same, what was learned of the instance is kept.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Identity {
    pub(super) base_url: String,
    pub(super) model: String,
    auth_header: String,
    pub(super) key: Option<UpstreamKey>,
    /// Additional headers; `None` if a value is missing.
    pub(super) headers: Option<HeaderMap>,
}

impl Identity {
    pub(super) fn new(spec: &Instance, secrets: UpstreamSecrets, demo_key: &Secret) -> Self {
        let UpstreamSecrets { key, headers } = secrets;
        let header = |name: &str| {
            let value = sensitive(headers.get(&name.to_ascii_lowercase())?.reveal())?;
            Some((name.parse::<HeaderName>().ok()?, value))
        };
        Self {
            base_url: spec.base_url.clone(),
            model: spec.model.clone(),
            auth_header: spec.auth_header.to_ascii_lowercase(),
            key: if spec.demo { Some(UpstreamKey::Known(demo_key.clone())) } else { key },
            headers: spec.headers.iter().map(header).collect(),
        }
    }

    /// The headers with its secrets; `None` if one of them is missing or unusable.
    pub(super) fn headers(&self) -> Option<HeaderMap> {
        let mut headers = self.headers.clone()?;
        match &self.key {
            None => {}
            Some(UpstreamKey::NeedsReentry) => return None,
            Some(UpstreamKey::Known(key)) if self.auth_header == AUTHORIZATION => {
                headers.insert(header::AUTHORIZATION, sensitive(&format!("Bearer {}", key.reveal()))?);
            }
            Some(UpstreamKey::Known(key)) => {
                headers.insert(self.auth_header.parse::<HeaderName>().ok()?, sensitive(key.reveal())?);
            }
        }
        Some(headers)
    }

    /// Replaces the secrets by asterisks wherever a body repeats them.
    pub(super) fn redact(&self, body: Bytes) -> Bytes {
        let Identity { key, headers, .. } = self;
        let key = match key {
            Some(UpstreamKey::Known(key)) => Some(key.reveal().as_bytes()),
            _ => None,
        };
        let values = headers.iter().flat_map(HeaderMap::values).map(HeaderValue::as_bytes);
        key.into_iter().chain(values).fold(body, redact)
    }
}

/// A header value that is marked sensitive, so that it is not printed.
fn sensitive(text: &str) -> Option<HeaderValue> {
    let mut value = HeaderValue::from_str(text).ok()?;
    value.set_sensitive(true);
    Some(value)
}

/// Replaces a secret in a body by asterisks.
fn redact(body: Bytes, secret: &[u8]) -> Bytes {
    if secret.len() < MIN_REDACTED_KEY_BYTES {
        return body;
    }
    let matches: Vec<usize> = memmem::find_iter(&body, secret).collect();
    if matches.is_empty() {
        return body;
    }
    let mut body = BytesMut::from(body);
    for at in matches {
        body[at..at + secret.len()].fill(b'*');
    }
    body.freeze()
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "tests")]
mod tests {
    use super::*;

    #[test]
    fn a_key_is_not_printed() {
        let spec = Instance { headers: ["X-A"].into_iter().collect(), ..Instance::default() };
        let key = Some(UpstreamKey::Known(Secret::new("canary-key")));
        let headers = [("x-a".to_owned(), Secret::new("canary-value"))].into();
        let identity = Identity::new(&spec, UpstreamSecrets { key, headers }, &Secret::default());
        assert!(!format!("{identity:?} {:?}", identity.headers().unwrap()).contains("canary"));
    }
}

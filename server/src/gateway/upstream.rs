//! One instance as it is called: its client with its own pool of connections, its addresses, its key.
//!
//! Redirects are not followed, proxies not asked, bodies not decompressed. The caller's key never gets here.

mod body;
mod client;
mod stale;

use std::{
    ptr,
    sync::Arc,
    time::{Duration, Instant},
};

use app::domain::{
    configuration::StoredInstance,
    ids::InstanceId,
    instance::{Timeouts, WorkloadKind},
    outcome::Outcome,
    secret::Secret,
};
use axum::http::{HeaderMap, HeaderName, HeaderValue, Method, Response, header};
use bytes::{Bytes, BytesMut};
use memchr::memmem;
use url::Url;

use super::{
    clock::Clock,
    health_board::{Blocked, Vitals},
};
use crate::egress::{self, EgressPolicy};

use client::Client;
pub(crate) use client::Clients;

/// An instance's key on its way from the store.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum UpstreamKey {
    /// The key.
    Known(Secret),
    /// It cannot be unsealed: the instance is not called until it is entered anew.
    NeedsReentry,
}

/// An instance, ready to be called.
#[derive(Debug)]
pub(crate) struct Upstream {
    pub(crate) id: InstanceId,
    pub(crate) model: String,
    pub(crate) kind: WorkloadKind,
    pub(crate) timeouts: Timeouts,
    pub(crate) max_in_flight: u64,
    pub(crate) vitals: Arc<Vitals>,
    /// The dimensions that the store knows.
    pub(crate) stored_dimensions: Option<u64>,
    base: Option<Url>,
    authorization: Option<HeaderValue>,
    client: Option<Client>,
    seen: Arc<stale::Seen>,
    identity: Identity,
}

/// What an instance is towards the outside. As long as it stays, connections and health stay.
#[derive(Debug, PartialEq, Eq)]
struct Identity {
    base_url: String,
    connect_ms: u64,
    model: String,
    key: Option<UpstreamKey>,
}

/// What is needed to make one ready.
pub(crate) struct Workshop<'a> {
    pub(crate) clock: Clock,
    pub(crate) clients: &'a Clients,
    pub(crate) egress: &'a EgressPolicy,
    /// The inner key of the demo instances.
    pub(crate) demo_key: &'a Secret,
}

impl Upstream {
    /// Makes an instance ready; what `earlier` learned and holds open goes on as far as it still fits.
    pub(crate) fn new(
        stored: &StoredInstance,
        key: Option<UpstreamKey>,
        earlier: Option<&Self>,
        workshop: &Workshop<'_>,
    ) -> Self {
        let spec = &stored.spec;
        let key = if spec.demo { Some(UpstreamKey::Known(workshop.demo_key.clone())) } else { key };
        let identity = Identity {
            base_url: spec.base_url.clone(),
            connect_ms: spec.timeouts.connect_ms,
            model: spec.model.clone(),
            key,
        };
        let base = egress::judge_url(&spec.base_url, workshop.egress).map(|url| rooted(&url));
        let authorization = authorization(identity.key.as_ref());
        let same_place = earlier.filter(|it| {
            it.identity.base_url == identity.base_url && it.identity.connect_ms == identity.connect_ms
        });
        let client = same_place.and_then(|it| it.client.clone()).or_else(|| {
            let https = base.as_ref().is_ok_and(|it| it.scheme() == "https");
            workshop.clients.make(https, Duration::from_millis(identity.connect_ms), workshop.egress)
        });
        let blocked = match (&base, &identity.key) {
            (_, Some(UpstreamKey::NeedsReentry)) => Some(Blocked::KeyNeedsReentry),
            (Err(egress::Denied::Never | egress::Denied::Policy), _) => Some(Blocked::AddressRefused),
            (Err(_), _) => Some(Blocked::Unusable),
            (Ok(_), key) if key.is_some() && authorization.is_none() => Some(Blocked::Unusable),
            _ => client.is_none().then_some(Blocked::Unusable),
        };
        let vitals = match earlier.filter(|it| it.identity == identity) {
            Some(earlier) => {
                if earlier.stored_dimensions != spec.dimensions {
                    earlier.vitals.set_dimensions(spec.dimensions);
                }
                Arc::clone(&earlier.vitals)
            }
            None => Arc::new(Vitals::new(workshop.clock, blocked, spec.dimensions)),
        };
        Self {
            id: stored.id.clone(),
            model: spec.model.clone(),
            kind: spec.workload_kind,
            timeouts: spec.timeouts,
            max_in_flight: spec.max_in_flight,
            vitals,
            stored_dimensions: spec.dimensions,
            base: base.ok(),
            authorization,
            client,
            seen: same_place.map(|it| Arc::clone(&it.seen)).unwrap_or_default(),
            identity,
        }
    }

    /// Sends a call and waits for the head of the answer. A pooled connection that turns out to be dead before a
    /// single byte came is replaced once: the upstream closed it while it was idle and has seen nothing.
    ///
    /// # Errors
    /// How the attempt failed.
    pub(crate) async fn send(
        &self,
        method: Method,
        path: &str,
        headers: &HeaderMap,
        pieces: &[Bytes],
    ) -> Result<Response<reqwest::Body>, Outcome> {
        let (Some(base), Some(client)) = (&self.base, &self.client) else {
            return Err(Outcome::ConnectFailed);
        };
        let mut through = &client.pooled;
        loop {
            let mut request = reqwest::Request::new(method.clone(), below(base, path));
            *request.headers_mut() = self.headers(headers, !pieces.is_empty());
            if !pieces.is_empty() {
                *request.body_mut() = Some(body::of(pieces));
            }
            let sent = Instant::now();
            match through.execute(request).await {
                Ok(response) => {
                    self.seen.answered(&response);
                    return Ok(response.into());
                }
                Err(error) if ptr::eq(through, &client.pooled) && self.seen.was_stale(&error, sent) => {
                    through = &client.fresh;
                }
                Err(error) => return Err(client::outcome(&error)),
            }
        }
    }

    /// A refusal as it may be passed on: where the upstream repeats the key that it got, stars stand in its place, so
    /// that the length stays and nothing else changes.
    pub(crate) fn without_key(&self, body: Bytes) -> Bytes {
        let Some(UpstreamKey::Known(key)) = &self.identity.key else { return body };
        let key = key.reveal().as_bytes();
        if key.len() < SHORTEST_SECRET {
            return body;
        }
        let places: Vec<usize> = memmem::find_iter(&body, key).collect();
        if places.is_empty() {
            return body;
        }
        let mut body = BytesMut::from(body);
        for at in places {
            body[at..at + key.len()].fill(b'*');
        }
        body.freeze()
    }

    fn headers(&self, extra: &HeaderMap, has_body: bool) -> HeaderMap {
        let mut headers = extra.clone();
        headers.insert(header::ACCEPT_ENCODING, HeaderValue::from_static("identity"));
        headers.insert(header::USER_AGENT, HeaderValue::from_static(USER_AGENT));
        if has_body {
            headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
        }
        if let Some(authorization) = &self.authorization {
            headers.insert(header::AUTHORIZATION, authorization.clone());
        }
        headers
    }
}

/// A key shorter than this, in bytes, keeps no secret: such texts stand in answers by chance.
const SHORTEST_SECRET: usize = 6;

const USER_AGENT: &str = concat!("smart-balancer/", env!("CARGO_PKG_VERSION"));

/// How many balancers a call came through already.
pub(crate) const HOPS: HeaderName = HeaderName::from_static("x-sb-hops");

/// The header that carries the key; marked so that nothing prints it.
fn authorization(key: Option<&UpstreamKey>) -> Option<HeaderValue> {
    let Some(UpstreamKey::Known(key)) = key else { return None };
    let mut value = HeaderValue::from_str(&format!("Bearer {}", key.reveal())).ok()?;
    value.set_sensitive(true);
    Some(value)
}

/// The base URL as it is used: as given, and with `/v1` where its path is empty.
fn rooted(url: &Url) -> Url {
    let mut url = url.clone();
    url.set_fragment(None);
    if matches!(url.path(), "" | "/") {
        url.set_path("/v1");
    }
    url
}

fn below(base: &Url, path: &str) -> Url {
    let mut url = base.clone();
    url.set_path(&format!("{}/{path}", base.path().trim_end_matches('/')));
    url
}

/// The path of a kind of call below the base URL.
pub(crate) fn path_of(kind: WorkloadKind) -> &'static str {
    match kind {
        WorkloadKind::Chat => "chat/completions",
        WorkloadKind::Embeddings => "embeddings",
    }
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
        ] {
            let url = below(&rooted(&base.parse().unwrap()), path_of(WorkloadKind::Embeddings));
            assert_eq!(url.as_str(), whole, "{base}");
        }
    }

    #[test]
    fn a_key_is_not_printed() {
        let value = authorization(Some(&UpstreamKey::Known(Secret::new("canary")))).unwrap();
        assert!(!format!("{value:?}").contains("canary"));
    }
}

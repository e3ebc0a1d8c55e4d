//! One instance as an HTTP client: its endpoints, key, connector and connection pool.
//!
//! It follows no redirects, uses no proxies and decompresses no bodies. The caller's key never gets here.

mod answer_body;
mod connect_error;
mod connector;
mod diagnosis;
mod endpoints;
mod http1;
mod identity;
mod pool;
mod socket;
mod stored_path;

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use app::domain::{
    api::{Api, Endpoint},
    config::{
        configuration::StoredInstance,
        connection::{ApiSupport, Apis},
        instance::{Timeouts, WorkloadKind},
    },
    ids::InstanceId,
    routing::outcome::Outcome,
    secret::Secret,
};
use axum::http::{HeaderMap, HeaderName, HeaderValue};
use bytes::Bytes;

use super::state::{
    clock::Clock,
    instance_health::{BlockReason, InstanceHealth},
};
use crate::egress::{self, EgressRules};

pub(crate) use answer_body::AnswerBody;
pub(crate) use connect_error::{ConnectError, TlsError};
use connector::Connector;
pub(crate) use connector::ConnectorFactory;
pub(crate) use diagnosis::Obstacle;
use endpoints::Endpoints;
#[doc(hidden)]
pub use http1::read_response;
use http1::{Connection, SendError};
pub(crate) use http1::{ResponseHead, Upload};
use identity::Identity;
pub use identity::{UpstreamKey, UpstreamSecrets};
use pool::ConnectionPool;
pub(crate) use stored_path::StoredPath;

/// An instance, ready to be called.
#[derive(Debug)]
pub(crate) struct Upstream {
    pub(crate) id: InstanceId,
    /// The id as a header.
    pub(crate) id_header: Option<HeaderValue>,
    /// The model to name in requests; `None` passes the caller's on.
    pub(crate) model: Option<String>,
    pub(crate) kind: WorkloadKind,
    pub(crate) timeouts: Timeouts,
    pub(crate) apis: Apis,
    pub(crate) max_in_flight: u64,
    pub(crate) health: Arc<InstanceHealth>,
    /// Embedding dimensions in the configuration.
    pub(crate) stored_dimensions: Option<u64>,
    endpoints: Option<Endpoints>,
    connector: Option<Connector>,
    pool: Arc<ConnectionPool>,
    identity: Identity,
}

/// What a request to an instance is for.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Target<'a> {
    /// A call.
    Endpoint(Endpoint),
    /// A stored response.
    Stored(&'a StoredPath),
    /// The list of models.
    Models,
}

/// The beginning of a response.
#[derive(Debug)]
pub(crate) struct UpstreamResponse {
    pub(crate) head: ResponseHead,
    pub(crate) body: AnswerBody,
}

/// Dependencies for making an upstream.
pub(crate) struct UpstreamDeps<'a> {
    pub(crate) clock: Clock,
    pub(crate) connectors: &'a ConnectorFactory,
    pub(crate) egress: &'a EgressRules,
    /// Inner key of the demo instances.
    pub(crate) demo_key: &'a Secret,
}

impl Upstream {
    /// What tells it from another router model: id, address and model.
    pub(crate) fn router_identity(&self) -> (&str, &str, &str) {
        (self.id.as_str(), &self.identity.base_url, &self.identity.model)
    }

    /// Prepares an instance. Health and connections of `previous` are kept as far as they still apply.
    pub(crate) fn new(
        stored: &StoredInstance,
        secrets: UpstreamSecrets,
        previous: Option<&Self>,
        deps: &UpstreamDeps<'_>,
    ) -> Self {
        let spec = &stored.spec;
        let identity = Identity::new(spec, secrets, deps.demo_key);
        let base = egress::check_url(&spec.base_url, deps.egress).map(|url| endpoints::with_api_root(&url));
        let headers = identity.headers();
        let connect_ms = spec.timeouts.connect_ms;
        let reusable = previous
            .filter(|it| it.identity.base_url == identity.base_url && it.timeouts.connect_ms == connect_ms);
        let connector = reusable.and_then(|it| it.connector.clone()).or_else(|| {
            let https = base.as_ref().is_ok_and(|it| it.scheme() == "https");
            deps.connectors.create(https, Duration::from_millis(connect_ms), deps.egress)
        });
        let endpoints = base.as_ref().ok().and_then(|it| Endpoints::new(it, headers.as_ref()?));
        let blocked = match (&base, &identity.key) {
            (_, Some(UpstreamKey::NeedsReentry)) => Some(BlockReason::KeyNeedsReentry),
            _ if identity.headers.is_none() => Some(BlockReason::HeaderNeedsReentry),
            (Err(egress::Denied::LinkLocal(_)), _) => Some(BlockReason::LinkLocalAddress),
            (Err(egress::Denied::Never | egress::Denied::Policy), _) => Some(BlockReason::AddressRefused),
            (Err(_), _) => Some(BlockReason::Unusable),
            _ => (endpoints.is_none() || connector.is_none()).then_some(BlockReason::Unusable),
        };
        let health = match previous.filter(|it| it.identity == identity) {
            Some(previous) => {
                if previous.stored_dimensions != spec.dimensions {
                    previous.health.set_dimensions(spec.dimensions);
                }
                Arc::clone(&previous.health)
            }
            None => Arc::new(InstanceHealth::new(deps.clock, blocked, spec.dimensions)),
        };
        Self {
            id: stored.id.clone(),
            id_header: HeaderValue::from_str(stored.id.as_str()).ok(),
            model: Some(spec.model.clone()).filter(|it| !it.is_empty()),
            kind: spec.workload_kind,
            timeouts: spec.timeouts,
            apis: spec.apis,
            max_in_flight: spec.max_in_flight,
            health,
            stored_dimensions: spec.dimensions,
            endpoints,
            connector,
            pool: reusable.map(|it| Arc::clone(&it.pool)).unwrap_or_default(),
            identity,
        }
    }

    /// Sends a request and waits for the head of the response; `upload` follows the progress of its body. If a pooled
    /// connection turns out to be stale before a byte arrived, the request is sent once more on a new connection: the
    /// upstream had closed the old one while idle and has seen nothing.
    ///
    /// # Errors
    /// The outcome of the failed attempt.
    pub(crate) async fn send(
        &self,
        target: Target<'_>,
        headers: &HeaderMap,
        body: &[Bytes],
        upload: Option<&Arc<Upload>>,
    ) -> Result<UpstreamResponse, Outcome> {
        let (Some(endpoints), Some(connector)) = (&self.endpoints, &self.connector) else {
            return Err(Outcome::ConnectFailed);
        };
        let request = endpoints.request(target, headers, body, upload);
        if let Some(mut connection) = self.pool.acquire().await {
            let sent = Instant::now();
            match connection.send(&request).await {
                Ok(head) => return Ok(self.respond(head, connection)),
                Err(SendError::Closed) if sent.elapsed() < STALE_WINDOW => {}
                Err(_) => return Err(Outcome::Reset),
            }
        }
        let mut connection = Connection::new(connector.connect(endpoints.origin.clone()).await?);
        // A dead connection and a response that isn't HTTP both count as a reset.
        let head = connection.send(&request).await.map_err(|_| Outcome::Reset)?;
        Ok(self.respond(head, connection))
    }

    fn respond(&self, head: ResponseHead, connection: Box<Connection>) -> UpstreamResponse {
        UpstreamResponse { head, body: AnswerBody::new(connection, &self.pool) }
    }

    /// Whether it speaks what is called at a path: as it was configured, or as was learned. `None` if that is not
    /// known.
    pub(crate) fn speaks(&self, endpoint: Endpoint, now_ms: u64) -> Option<bool> {
        self.is_known_to_speak(endpoint, now_ms).or_else(|| (!endpoint.is_optional()).then_some(true))
    }

    /// Whether it speaks what is called at a path, as far as it was configured or learned.
    pub(crate) fn is_known_to_speak(&self, endpoint: Endpoint, now_ms: u64) -> Option<bool> {
        match declared(&self.apis, endpoint.api()) {
            ApiSupport::Yes => Some(true),
            ApiSupport::No => Some(false),
            ApiSupport::Auto => self.health.speaks(endpoint, now_ms),
        }
    }

    /// Whether an answer that refuses a path says that it does not speak it: nothing says that it does.
    pub(crate) fn may_not_speak(&self, endpoint: Endpoint) -> bool {
        endpoint.is_optional()
            && declared(&self.apis, endpoint.api()) == ApiSupport::Auto
            && self.health.speaks(endpoint, u64::MAX) != Some(true)
    }

    /// Whether its requests carry a key.
    pub(crate) fn has_key(&self) -> bool {
        matches!(self.identity.key, Some(UpstreamKey::Known(_)))
    }

    /// Closes connections that have been idle for too long.
    pub(crate) fn close_idle(&self) {
        self.pool.close_expired();
    }

    /// Replaces the key and the values of additional headers by asterisks if a rejection repeats them. The length stays,
    /// and nothing else changes.
    pub(crate) fn redact_key(&self, body: Bytes) -> Bytes {
        self.identity.redact(body)
    }
}

/// How soon a stale connection shows itself. An upstream that closes later has seen the request and worked on
/// it.
const STALE_WINDOW: Duration = Duration::from_secs(1);

/// How many balancers a call has passed through.
pub(crate) const HOPS: HeaderName = HeaderName::from_static("x-sb-hops");

/// What an instance is configured to speak. Embeddings and stored responses are no settings.
fn declared(apis: &Apis, api: Api) -> ApiSupport {
    match api {
        Api::ChatCompletions => apis.chat_completions,
        Api::Completions => apis.completions,
        Api::Responses => apis.responses,
        Api::Messages => apis.messages,
        Api::Embeddings => ApiSupport::Auto,
    }
}

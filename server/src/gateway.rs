//! The data plane, `/v1`.
//!
//! A call runs through `listener` and the steps of `call`: authenticate, read, decide (stickiness,
//! decision cache, router call), fail over along the plan, relay, record. The steps share the `snapshot`
//! (the compiled configuration), the `state` and the `upstream` clients. `console` runs the same steps
//! for the console.
//!
//! Invariants:
//! - A call takes the snapshot once and keeps it until it ends. On its way nothing touches a database, takes
//!   a contended lock or reads the configuration from anywhere else.
//! - Everything that a call does runs in its connection's task. If the caller leaves, all of it is dropped,
//!   including the upstream connection. The one thing that may outlive a call is a router call that warms its
//!   model, at most one per instance.
//! - The plan is made before the first attempt; failover only walks it.
//! - Once the caller has a byte of an answer, nothing is retried.
//! - Errors for callers are made in `call::error` alone.

pub(crate) mod bearer;
mod call;
mod console;
mod cors;
mod direct;
mod fallback;
mod health_checks;
pub mod listener;
mod paths;
mod snapshot;
mod state;
mod stats;
mod upstream;

use std::{
    any::Any,
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
};

use app::domain::{
    api::{Api, Endpoint},
    config::configuration::Configuration,
    ids::InstanceId,
    secret::Secret,
    timestamp::Timestamp,
};
use arc_swap::ArcSwap;
use axum::{
    Router,
    body::Body,
    extract::{Request, State},
    http::{HeaderName, Response},
    routing::{get, post},
};
use governor::{DefaultDirectRateLimiter, RateLimiter};
use tokio::sync::mpsc;
use tokio_util::sync::{CancellationToken, DropGuard};

use self::{
    call::{error::CallError, record::RecordSink},
    snapshot::Snapshot,
    state::{
        body_budget::BodyBudget,
        clock::{self, Clock},
        conversations::Conversations,
        decision_cache::DecisionCache,
        stored_responses::StoredResponses,
    },
    upstream::{ConnectorFactory, UpstreamDeps},
};
use crate::egress::EgressRules;

pub(crate) use call::record::RouterVerdict;
pub use call::{
    admit::read::parse_and_rewrite,
    record::{Attempt, CallRecord, RecordedDecision},
};
pub use cors::{CorsOrigins, ParseOriginError};
pub use fallback::{MisplacedCalls, catch_misplaced_calls};
pub use state::api_keys::ApiKeyRecord;
pub use stats::{GatewayStats, InstanceStats};
pub use upstream::{UpstreamKey, UpstreamSecrets, read_response};

/// Settings of the data plane.
#[derive(Clone, Debug)]
pub struct GatewaySettings {
    /// Largest body of a call, in bytes.
    pub max_body_bytes: usize,
    /// Bytes that the bodies of all calls in flight may hold together. Bodies of up to 64 KiB don't count.
    pub body_budget_bytes: usize,
    /// Addresses that upstream calls may go to.
    pub egress: EgressRules,
    /// Inner key that authenticates this server to its own demo instances.
    pub demo_key: Secret,
    /// Headers in which a caller may name its session if `x-sb-session` is absent; the first one present
    /// counts.
    pub session_headers: Vec<HeaderName>,
    /// Origins of pages that may call `/v1`.
    pub cors_origins: CorsOrigins,
    /// Origin of the address that clients use, if it differs from what their requests say.
    pub public_origin: Option<String>,
    /// Receives the record of each finished call. If the channel is full, the record is dropped and counted.
    pub records: Option<mpsc::Sender<CallRecord>>,
}

impl Default for GatewaySettings {
    fn default() -> Self {
        Self {
            max_body_bytes: 32 * 1024 * 1024,
            body_budget_bytes: 512 * 1024 * 1024,
            egress: EgressRules::default(),
            demo_key: Secret::default(),
            session_headers: call::headers::SESSION_HEADERS.to_vec(),
            cors_origins: CorsOrigins::default(),
            public_origin: None,
            records: None,
        }
    }
}

/// The data plane. There is one per process.
#[derive(Debug)]
pub struct Gateway {
    settings: GatewaySettings,
    shared: Arc<SharedState>,
    snapshot: ArcSwap<Snapshot>,
    connectors: ConnectorFactory,
    body_budget: BodyBudget,
    /// Rate limit of instance tests started by people.
    test_limiter: DefaultDirectRateLimiter,
    /// Held while a snapshot is compiled. Calls never wait for it. It has earlier snapshots, which calls may still use.
    publishing: Mutex<Vec<Arc<Snapshot>>>,
    /// Ends what outlives a call when the gateway is dropped.
    _drain_on_drop: DropGuard,
}

/// State shared by all calls, besides the snapshot.
#[derive(Debug)]
struct SharedState {
    clock: Clock,
    conversations: Conversations,
    decisions: DecisionCache,
    responses: StoredResponses,
    sink: Arc<RecordSink>,
    /// Cancelled when the server drains.
    drain: CancellationToken,
}

impl Gateway {
    /// Creates a data plane that serves nothing yet. Spawns the task that checks ejected instances, so it
    /// must be called within a Tokio runtime.
    pub fn new(settings: GatewaySettings) -> Arc<Self> {
        let record_sink = RecordSink::new(settings.records.clone());
        let shared = SharedState {
            clock: Clock::start(),
            conversations: Conversations::default(),
            decisions: DecisionCache::default(),
            responses: StoredResponses::default(),
            sink: Arc::new(record_sink),
            drain: CancellationToken::new(),
        };
        let body_budget = BodyBudget::new(settings.body_budget_bytes);
        let gateway = Arc::new(Self {
            settings,
            body_budget,
            _drain_on_drop: shared.drain.clone().drop_guard(),
            shared: Arc::new(shared),
            snapshot: ArcSwap::default(),
            connectors: ConnectorFactory::default(),
            test_limiter: RateLimiter::direct(console::TEST_QUOTA),
            publishing: Mutex::default(),
        });
        tokio::spawn(health_checks::run(Arc::downgrade(&gateway)));
        gateway
    }

    /// Publishes a configuration for every call that begins from now on. Unchanged instances keep their
    /// connections and health; pools and API keys keep their counters.
    pub fn publish(
        &self,
        configuration: &Arc<Configuration>,
        secrets: HashMap<InstanceId, UpstreamSecrets>,
        api_keys: Vec<ApiKeyRecord>,
    ) {
        let mut earlier = self.publishing.lock().unwrap_or_else(PoisonError::into_inner);
        let previous = self.snapshot.load_full();
        let snapshot = Snapshot::new(configuration, secrets, api_keys, &previous, &self.upstream_deps());
        self.snapshot.store(Arc::new(snapshot));
        earlier.push(previous);
        earlier.retain(|it| Arc::strong_count(it) > 1);
    }

    /// Takes apart earlier snapshots that no call uses any more. With thousands of balancers that takes milliseconds, for
    /// which no call should wait that happens to be the last one to use them.
    fn drop_earlier_snapshots(&self) {
        // A change that is being published does it itself.
        if let Ok(mut earlier) = self.publishing.try_lock() {
            earlier.retain(|it| Arc::strong_count(it) > 1);
        }
    }

    fn upstream_deps(&self) -> UpstreamDeps<'_> {
        UpstreamDeps {
            clock: self.shared.clock,
            connectors: &self.connectors,
            egress: &self.settings.egress,
            demo_key: &self.settings.demo_key,
        }
    }

    /// Ends router calls that run on to warm their model. Calls that are being served go on.
    pub fn drain(&self) {
        self.shared.drain.cancel();
    }

    /// The routes of `/v1`, authentication included.
    pub fn router(gateway: &Arc<Self>) -> Router {
        let method_not_allowed = || {
            async |State(gateway): State<Arc<Self>>, request: Request| {
                gateway.refuse(&request, CallError::method_not_allowed())
            }
        };
        let mut apis = Router::new();
        for endpoint in Endpoint::ALL.into_iter().filter(|it| *it != Endpoint::StoredResponse) {
            let serve = async move |State(gateway), request: Request| {
                let connection = request.extensions().get().cloned();
                call::serve(gateway, endpoint, request, connection).await
            };
            let path = format!("/v1/{}", endpoint.path());
            apis = apis.route(&path, post(serve).fallback(method_not_allowed()));
        }
        let stored = call::serve_stored_path;
        let apis = apis
            .route("/v1/responses/{id}", get(stored).delete(stored).fallback(method_not_allowed()))
            .route("/v1/responses/{id}/cancel", post(stored).fallback(method_not_allowed()))
            .route("/v1/responses/{id}/input_items", get(stored).fallback(method_not_allowed()))
            .route("/v1/models", get(call::models::list).fallback(method_not_allowed()))
            .route("/v1/models/{*id}", get(call::models::retrieve).fallback(method_not_allowed()));
        fallback::complete(gateway, apis)
    }

    /// When an API key was last used; `None` if not since the start.
    pub fn last_used(&self, api_key_id: &str) -> Option<Timestamp> {
        self.snapshot.load().keys.last_used(api_key_id)
    }

    /// Embedding dimensions that were learned from answers and aren't in the configuration yet.
    pub fn learned_dimensions(&self) -> Vec<(InstanceId, u64)> {
        let snapshot = self.snapshot.load();
        let unknown = snapshot.upstreams().filter(|it| it.stored_dimensions.is_none());
        unknown.filter_map(|it| Some((it.id.clone(), it.health.dimensions()?))).collect()
    }

    /// The dimensions of an instance's embeddings, configured or learned.
    pub fn dimensions(&self, instance_id: &InstanceId) -> Option<u64> {
        self.snapshot.load().upstream(instance_id)?.health.dimensions()
    }
}

/// The response after a panic, which has already been logged.
fn panic_response(_: Box<dyn Any + Send>) -> Response<Body> {
    CallError::internal().standalone_response(Api::default(), &clock::new_request_id())
}

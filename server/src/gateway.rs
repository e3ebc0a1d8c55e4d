//! The data plane: `/v1`. It reads in the order in which a call flows:
//!
//! [`accept`] → authenticate → read → decide (with stickiness, decision cache and router call) → failover, walking
//! the plan by attempts → relay → record; `call` puts them in a row. They lean on the snapshot (the compiled
//! configuration), the health board and the upstream clients. `console` is the same engine for people.
//!
//! What holds throughout:
//! - A call takes the snapshot once and keeps it to its end; nothing on its way touches a database, takes a lock
//!   that others wait for, or reads the configuration from anywhere else.
//! - Everything that a call does happens inside of its connection's task: when the caller leaves, all of it is
//!   dropped, and with it the upstream's connection.
//! - The plan is made before the first attempt, and failover only walks it.
//! - Once the caller has a byte of an answer, nothing is tried again.
//! - Errors for callers are made in `error` alone.

mod call;
mod console;
mod health_checks;
pub mod listener;
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
    configuration::Configuration, ids::InstanceId, instance::WorkloadKind, secret::Secret,
    timestamp::Timestamp,
};
use arc_swap::ArcSwap;
use axum::{
    Router,
    body::Body,
    extract::{Request, State},
    http::{HeaderName, Response},
    routing::{any, get, post},
};
use governor::{DefaultDirectRateLimiter, RateLimiter};
use tokio::sync::mpsc;
use tower_http::catch_panic::CatchPanicLayer;

use self::{
    call::{
        error::CallError,
        record::{RecordSink, Recorder},
    },
    snapshot::Snapshot,
    state::{
        body_budget::BodyBudget,
        clock::{self, Clock},
        conversations::Conversations,
        decision_cache::DecisionCache,
    },
    upstream::{ConnectorFactory, UpstreamDeps},
};
use crate::egress::EgressPolicy;

pub use call::{read::parse_and_rewrite, record::CallRecord};
pub use state::api_keys::ApiKeyRecord;
pub use stats::{GatewayStats, InstanceStats};
pub use upstream::UpstreamKey;

/// What the data plane is started with.
#[derive(Clone, Debug)]
pub struct GatewaySettings {
    /// The largest body of a call, in bytes.
    pub max_body_bytes: usize,
    /// What the bodies of all calls under way may hold together, in bytes; bodies of up to 64 KiB do not count.
    pub body_budget_bytes: usize,
    /// Where upstream calls may go.
    pub egress: EgressPolicy,
    /// The key by which this server opens its own demo instances to itself.
    pub demo_key: Secret,
    /// Headers by which a caller may name its session, after `x-sb-session`; the first that is there counts.
    pub session_headers: Vec<HeaderName>,
    /// Who is told of each call once it is over. A receiver that is full is not waited for.
    pub records: Option<mpsc::Sender<CallRecord>>,
}

impl Default for GatewaySettings {
    fn default() -> Self {
        Self {
            max_body_bytes: 32 * 1024 * 1024,
            body_budget_bytes: 512 * 1024 * 1024,
            egress: EgressPolicy::default(),
            demo_key: Secret::default(),
            session_headers: call::headers::SESSION_HEADERS.to_vec(),
            records: None,
        }
    }
}

/// The data plane. One lives as long as the server does.
#[derive(Debug)]
pub struct Gateway {
    settings: GatewaySettings,
    shared: Arc<SharedState>,
    snapshot: ArcSwap<Snapshot>,
    connectors: ConnectorFactory,
    body_budget: BodyBudget,
    /// How often people may have instances tested.
    test_limiter: DefaultDirectRateLimiter,
    /// Held while a snapshot is compiled; calls never wait for it.
    publishing: Mutex<()>,
}

/// What calls share beside the snapshot.
#[derive(Debug)]
struct SharedState {
    clock: Clock,
    conversations: Conversations,
    decisions: DecisionCache,
    sink: Arc<RecordSink>,
}

impl Gateway {
    /// A data plane that serves nothing yet. It starts the task that checks ejected instances, so it must be called
    /// within a Tokio runtime.
    pub fn new(settings: GatewaySettings) -> Arc<Self> {
        let record_sink = RecordSink::new(settings.records.clone());
        let shared = SharedState {
            clock: Clock::start(),
            conversations: Conversations::default(),
            decisions: DecisionCache::default(),
            sink: Arc::new(record_sink),
        };
        let body_budget = BodyBudget::new(settings.body_budget_bytes);
        let gateway = Arc::new(Self {
            settings,
            body_budget,
            shared: Arc::new(shared),
            snapshot: ArcSwap::default(),
            connectors: ConnectorFactory::default(),
            test_limiter: RateLimiter::direct(console::TEST_QUOTA),
            publishing: Mutex::new(()),
        });
        tokio::spawn(health_checks::run(Arc::downgrade(&gateway)));
        gateway
    }

    /// Makes a configuration live for every call that begins from now on. Connections and health of instances that
    /// did not change, and counters of pools and keys, go on.
    pub fn publish(
        &self,
        configuration: &Arc<Configuration>,
        keys: HashMap<InstanceId, UpstreamKey>,
        api_keys: Vec<ApiKeyRecord>,
    ) {
        let _guard = self.publishing.lock().unwrap_or_else(PoisonError::into_inner);
        let deps = UpstreamDeps {
            clock: self.shared.clock,
            connectors: &self.connectors,
            egress: &self.settings.egress,
            demo_key: &self.settings.demo_key,
        };
        let previous = self.snapshot.load();
        let snapshot = Snapshot::new(configuration, keys, api_keys, &previous, &deps);
        self.snapshot.store(Arc::new(snapshot));
    }

    /// The routes of `/v1`, authentication included.
    pub fn router(gateway: &Arc<Self>) -> Router {
        let method_not_allowed = || {
            async |State(gateway): State<Arc<Self>>, request: Request| {
                gateway.refuse(&request, CallError::method_not_allowed())
            }
        };
        let chat =
            async |State(gateway), request: Request| call::serve(gateway, WorkloadKind::Chat, request).await;
        let embeddings = async |State(gateway), request: Request| {
            call::serve(gateway, WorkloadKind::Embeddings, request).await
        };
        let unknown_url = async |State(gateway): State<Arc<Self>>, request: Request| {
            gateway.refuse(&request, CallError::unknown_url())
        };
        Router::new()
            .route("/v1/chat/completions", post(chat).fallback(method_not_allowed()))
            .route("/v1/embeddings", post(embeddings).fallback(method_not_allowed()))
            .route("/v1/models", get(call::models::list).fallback(method_not_allowed()))
            .route("/v1/models/{*id}", get(call::models::retrieve).fallback(method_not_allowed()))
            .route("/v1", any(unknown_url))
            .route("/v1/{*rest}", any(unknown_url))
            .layer(CatchPanicLayer::custom(panic_response))
            .with_state(Arc::clone(gateway))
    }

    /// When an API key was last used since the start.
    pub fn last_used(&self, api_key_id: &str) -> Option<Timestamp> {
        self.snapshot.load().keys.last_used(api_key_id)
    }

    /// Lengths of embeddings that were learned from answers and that the configuration does not hold yet.
    pub fn learned_dimensions(&self) -> Vec<(InstanceId, u64)> {
        let snapshot = self.snapshot.load();
        let unknown = snapshot.upstreams().filter(|it| it.stored_dimensions.is_none());
        unknown.filter_map(|it| Some((it.id.clone(), it.health.dimensions()?))).collect()
    }

    /// The length of an instance's embeddings, set or learned.
    pub fn dimensions(&self, instance_id: &InstanceId) -> Option<u64> {
        self.snapshot.load().upstream(instance_id)?.health.dimensions()
    }

    /// Refuses what is no call at all; who has no key learns nothing more than that.
    fn refuse(&self, request: &Request, error: CallError) -> Response<Body> {
        let mut recorder = Recorder::new(&self.shared.sink);
        let snapshot = self.snapshot.load();
        let error = match call::authenticate::authenticate(request.headers(), &snapshot.keys) {
            Ok(permit) => {
                recorder.set_permit(permit);
                error
            }
            Err(unauthenticated) => unauthenticated,
        };
        call::respond::error_response(&error, recorder)
    }
}

/// The answer where one of our own assumptions did not hold. The panic itself has been logged.
fn panic_response(_: Box<dyn Any + Send>) -> Response<Body> {
    CallError::internal().standalone_response(&clock::new_id("req_"))
}

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
        record::{Recorder, Sink},
    },
    snapshot::Snapshot,
    state::{
        body_budget::BodyBudget,
        clock::{self, Clock},
        conversations::Conversations,
        decision_cache::DecisionCache,
    },
    upstream::{Connectors, UpstreamDeps},
};
use crate::egress::EgressPolicy;

pub use call::{read::read_through, record::CallRecord};
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
    engine: Arc<Engine>,
    snapshot: ArcSwap<Snapshot>,
    connectors: Connectors,
    bodies: BodyBudget,
    /// How often people may have instances tested.
    tests: DefaultDirectRateLimiter,
    /// Held while a snapshot is compiled; calls never wait for it.
    publishing: Mutex<()>,
}

/// What calls share beside the snapshot.
#[derive(Debug)]
struct Engine {
    clock: Clock,
    conversations: Conversations,
    decisions: DecisionCache,
    sink: Arc<Sink>,
}

impl Gateway {
    /// A data plane that serves nothing yet. It starts the task that checks ejected instances, so it must be called
    /// within a Tokio runtime.
    pub fn new(settings: GatewaySettings) -> Arc<Self> {
        let sink = Sink::new(settings.records.clone());
        let engine = Engine {
            clock: Clock::start(),
            conversations: Conversations::default(),
            decisions: DecisionCache::default(),
            sink: Arc::new(sink),
        };
        let bodies = BodyBudget::new(settings.body_budget_bytes);
        let gateway = Arc::new(Self {
            settings,
            bodies,
            engine: Arc::new(engine),
            snapshot: ArcSwap::default(),
            connectors: Connectors::default(),
            tests: RateLimiter::direct(console::TESTS),
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
        let _turn = self.publishing.lock().unwrap_or_else(PoisonError::into_inner);
        let deps = UpstreamDeps {
            clock: self.engine.clock,
            connectors: &self.connectors,
            egress: &self.settings.egress,
            demo_key: &self.settings.demo_key,
        };
        let earlier = self.snapshot.load();
        let snapshot = Snapshot::new(configuration, keys, api_keys, &earlier, &deps);
        self.snapshot.store(Arc::new(snapshot));
    }

    /// The routes of `/v1`, authentication included.
    pub fn router(gateway: &Arc<Self>) -> Router {
        let wrong_method = || {
            async |State(gateway): State<Arc<Self>>, request: Request| {
                gateway.refuse(&request, CallError::wrong_method())
            }
        };
        let chat =
            async |State(gateway), request: Request| call::serve(gateway, WorkloadKind::Chat, request).await;
        let embeddings = async |State(gateway), request: Request| {
            call::serve(gateway, WorkloadKind::Embeddings, request).await
        };
        let unknown = async |State(gateway): State<Arc<Self>>, request: Request| {
            gateway.refuse(&request, CallError::unknown_url())
        };
        Router::new()
            .route("/v1/chat/completions", post(chat).fallback(wrong_method()))
            .route("/v1/embeddings", post(embeddings).fallback(wrong_method()))
            .route("/v1/models", get(call::models::list).fallback(wrong_method()))
            .route("/v1/models/{*id}", get(call::models::one).fallback(wrong_method()))
            .route("/v1", any(unknown))
            .route("/v1/{*rest}", any(unknown))
            .layer(CatchPanicLayer::custom(panicked))
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
    fn refuse(&self, request: &Request, otherwise: CallError) -> Response<Body> {
        let mut record = Recorder::new(&self.engine.sink);
        let snapshot = self.snapshot.load();
        let error = match call::authenticate::authenticate(request.headers(), &snapshot.keys) {
            Ok(pass) => {
                record.authenticated(pass);
                otherwise
            }
            Err(error) => error,
        };
        call::respond::error_response(&error, record)
    }
}

/// The answer where one of our own assumptions did not hold. The panic itself has been logged.
fn panicked(_: Box<dyn Any + Send>) -> Response<Body> {
    CallError::internal().bare_response(&clock::id("req_"))
}

//! A data plane on a real socket, as tests drive it: the real accept loop and router, real instances behind it.

use std::{collections::HashMap, sync::Arc, time::Duration};

use app::domain::{
    config::{
        api_key::ApiKeyScope,
        balancer::{Balancer, Destination, DestinationKind, OrderedStrategy, Route, RoutingMode},
        configuration::{Configuration, Stored},
        instance::{Instance, Timeouts, WorkloadKind, secrets::HeaderValues},
        target_group::{Member, SelectionPolicy, TargetGroup},
    },
    ids::{BalancerId, InstanceId, TargetGroupId},
    secret::Secret,
    timestamp::Timestamp,
};
use fault_upstream::FaultUpstream;
use serde_json::{Value, json};
use server::gateway::{
    ApiKeyRecord, CallRecord, CorsOrigins, Gateway, GatewaySettings, UpstreamKey, UpstreamSecrets, listener,
};
use sha2::{Digest as _, Sha256};
use tokio::{net::TcpListener, sync::mpsc, task::JoinHandle};

/// A key that may do everything.
pub(crate) const KEY: &str = "sb-full-secret";
/// A key that may not force a route, and opens only the balancer `sb_open`.
pub(crate) const NARROW: &str = "sb-narrow-secret";
/// The key of every instance.
pub(crate) const UPSTREAM_KEY: &str = "upstream-canary-key";
/// The inner key of demo instances.
pub(crate) const DEMO_KEY: &str = "demo-inner-key";
/// More than anything here takes, and less than a person waits.
pub(crate) const SOON: Duration = Duration::from_secs(10);

/// What a rig is to serve.
#[derive(Clone, Default)]
pub(crate) struct Setup {
    pub(crate) configuration: Configuration,
    pub(crate) keys: HashMap<InstanceId, UpstreamKey>,
    /// Values of additional headers, by lower-case name.
    pub(crate) headers: HashMap<InstanceId, HeaderValues>,
    pub(crate) api_keys: Vec<ApiKeyRecord>,
    /// Who gets the records of calls.
    pub(crate) records: Option<mpsc::Sender<CallRecord>>,
    /// What large bodies may hold together, where it is not the default.
    pub(crate) body_budget_bytes: Option<usize>,
    /// Origins of pages that may call.
    pub(crate) cors_origins: CorsOrigins,
}

impl Setup {
    pub(crate) fn new() -> Self {
        let narrow = ApiKeyScope { balancers: vec!["sb_open".to_owned()], ..ApiKeyScope::default() };
        let full = ApiKeyScope { force_route: true, ..ApiKeyScope::default() };
        let setup = Self::default();
        setup.api_key("full", KEY, full).api_key("narrow", NARROW, narrow)
    }

    pub(crate) fn api_key(mut self, id: &str, key: &str, scope: ApiKeyScope) -> Self {
        let sha256 = Sha256::digest(key.as_bytes()).into();
        self.api_keys.push(ApiKeyRecord { id: id.to_owned(), sha256, scope });
        self
    }

    /// The chat instance `inst_NAME`, whose model at that upstream names the fault.
    pub(crate) fn chat(self, name: &str, upstream: &FaultUpstream, model: &str) -> Self {
        self.instance(name, &upstream.base_url(), model, |_| {})
    }

    /// The embeddings instance `inst_NAME`.
    pub(crate) fn embeddings(self, name: &str, upstream: &FaultUpstream, model: &str) -> Self {
        self.instance(name, &upstream.base_url(), model, |it| it.workload_kind = WorkloadKind::Embeddings)
    }

    pub(crate) fn instance(
        mut self,
        name: &str,
        base_url: &str,
        model: &str,
        change: impl FnOnce(&mut Instance),
    ) -> Self {
        let id = InstanceId::from(format!("inst_{name}"));
        let mut spec = Instance {
            name: name.to_owned(),
            base_url: base_url.to_owned(),
            model: model.to_owned(),
            timeouts: Timeouts {
                connect_ms: 2_000,
                first_byte_ms: 5_000,
                answer_ms: 600_000,
                idle_ms: 5_000,
                total_ms: 0,
            },
            ..Instance::default()
        };
        change(&mut spec);
        self.keys.insert(id.clone(), UpstreamKey::Known(Secret::new(UPSTREAM_KEY)));
        self.configuration.instances.push(stored(id, spec));
        self
    }

    /// The group `tg_NAME`; members are `(instance name, weight, priority)`.
    pub(crate) fn group(self, name: &str, members: &[(&str, u64, u64)]) -> Self {
        self.group_by(SelectionPolicy::WeightedRoundRobin, name, members)
    }

    pub(crate) fn group_by(
        mut self,
        policy: SelectionPolicy,
        name: &str,
        members: &[(&str, u64, u64)],
    ) -> Self {
        let member = |&(name, weight, priority): &(&str, u64, u64)| Member {
            instance_id: InstanceId::from(format!("inst_{name}")),
            weight,
            priority,
            enabled: true,
        };
        let spec = TargetGroup {
            name: name.to_owned(),
            selection_policy: policy,
            members: members.iter().map(member).collect(),
            ..TargetGroup::default()
        };
        self.configuration.target_groups.push(stored(TargetGroupId::from(format!("tg_{name}")), spec));
        self
    }

    /// The `ordered` balancer `sb_NAME` with that serving name; routes are `(name, destination)`, the last one is the
    /// default. A destination is an id.
    pub(crate) fn ordered(self, name: &str, routes: &[(&str, &str)]) -> Self {
        self.balancer(name, routes, |_| {})
    }

    /// The `intent_classifier` balancer `sb_NAME` over the router model `router`.
    pub(crate) fn classifier(self, name: &str, router: &str, routes: &[(&str, &str)]) -> Self {
        self.balancer(name, routes, |it| {
            it.routing_mode = RoutingMode::IntentClassifier;
            it.router_model = Some(destination(router));
        })
    }

    pub(crate) fn balancer(
        mut self,
        name: &str,
        routes: &[(&str, &str)],
        change: impl FnOnce(&mut Balancer),
    ) -> Self {
        let mut spec = Balancer {
            name: name.to_owned(),
            serving_name: name.to_owned(),
            routing_mode: RoutingMode::Ordered,
            ordered_strategy: OrderedStrategy::Failover,
            routes: routes.iter().enumerate().map(|(at, it)| route(at, it, routes.len())).collect(),
            ..Balancer::default()
        };
        change(&mut spec);
        self.configuration.balancers.push(stored(BalancerId::from(format!("sb_{name}")), spec));
        self
    }

    pub(crate) async fn start(self) -> Rig {
        self.start_with(listener::ListenerConfig::default()).await
    }

    pub(crate) async fn start_with(self, config: listener::ListenerConfig) -> Rig {
        let demo_key = Secret::new(DEMO_KEY);
        let records = self.records.clone();
        let cors_origins = self.cors_origins.clone();
        let mut settings = GatewaySettings { demo_key, records, cors_origins, ..GatewaySettings::default() };
        settings.body_budget_bytes = self.body_budget_bytes.unwrap_or(settings.body_budget_bytes);
        let gateway = Gateway::new(settings);
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let origin = format!("http://{}", listener.local_addr().unwrap());
        let shutdown = listener::Shutdown::default();
        let router = Gateway::router(&gateway);
        let direct_calls = Gateway::direct_calls(&gateway);
        let config = listener::ListenerConfig { direct_calls, ..config };
        let serving = tokio::spawn(listener::serve(listener, router, shutdown.clone(), config));
        let rig = Rig { gateway, origin, client: client(), shutdown, serving };
        rig.publish(&self);
        rig
    }
}

fn route(at: usize, &(name, target): &(&str, &str), count: usize) -> Route {
    Route {
        name: name.to_owned(),
        intent: format!("Questions about {name}."),
        destination: destination(target),
        priority: at as u64 + 1,
        is_default: at + 1 == count,
        ..Route::default()
    }
}

pub(crate) fn destination(target: &str) -> Destination {
    let kind =
        if target.starts_with("tg_") { DestinationKind::TargetGroup } else { DestinationKind::Instance };
    Destination { kind, target: target.to_owned() }
}

fn stored<I, T>(id: I, spec: T) -> Stored<I, T> {
    Stored { id, spec, revision: 1, created_at: Timestamp(0), updated_at: Timestamp(0) }
}

/// A client that, like the official ones, keeps connections and follows nothing.
pub(crate) fn client() -> reqwest::Client {
    let provider = rustls::crypto::ring::default_provider().into();
    let tls = rustls::ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_root_certificates(rustls::RootCertStore::empty())
        .with_no_client_auth();
    reqwest::Client::builder().tls_backend_preconfigured(tls).no_proxy().build().unwrap()
}

/// A running data plane; dropping it stops it.
pub(crate) struct Rig {
    pub(crate) gateway: Arc<Gateway>,
    pub(crate) origin: String,
    pub(crate) client: reqwest::Client,
    pub(crate) shutdown: listener::Shutdown,
    pub(crate) serving: JoinHandle<()>,
}

impl Drop for Rig {
    fn drop(&mut self) {
        self.serving.abort();
        self.shutdown.force();
    }
}

impl Rig {
    pub(crate) fn publish(&self, setup: &Setup) {
        let configuration = Arc::new(setup.configuration.clone());
        let secrets = configuration.instances.iter().map(|it| {
            let key = setup.keys.get(&it.id).cloned();
            let headers = setup.headers.get(&it.id).cloned().unwrap_or_default();
            (it.id.clone(), UpstreamSecrets { key, headers })
        });
        self.gateway.publish(&configuration, secrets.collect(), setup.api_keys.clone());
    }

    /// A call under the full key.
    pub(crate) fn post(&self, path: &str, body: impl Into<reqwest::Body>) -> reqwest::RequestBuilder {
        self.post_as(KEY, path, body)
    }

    pub(crate) fn post_as(
        &self,
        key: &str,
        path: &str,
        body: impl Into<reqwest::Body>,
    ) -> reqwest::RequestBuilder {
        let request = self.client.post(format!("{}{path}", self.origin));
        request.bearer_auth(key).header("content-type", "application/json").body(body)
    }

    pub(crate) fn chat(&self, model: &str, prompt: &str) -> reqwest::RequestBuilder {
        self.chat_as(KEY, model, prompt)
    }

    pub(crate) fn chat_as(&self, key: &str, model: &str, prompt: &str) -> reqwest::RequestBuilder {
        self.post_as(key, "/v1/chat/completions", chat_body(model, prompt).to_string())
    }

    pub(crate) fn stream(&self, model: &str, prompt: &str) -> reqwest::RequestBuilder {
        let mut body = chat_body(model, prompt);
        body["stream"] = json!(true);
        self.post("/v1/chat/completions", body.to_string())
    }

    pub(crate) fn embed(&self, model: &str) -> reqwest::RequestBuilder {
        self.post("/v1/embeddings", json!({ "model": model, "input": "hello" }).to_string())
    }
}

pub(crate) fn chat_body(model: &str, prompt: &str) -> Value {
    json!({ "model": model, "messages": [{ "role": "user", "content": prompt }] })
}

/// An answer, read whole.
#[derive(Debug)]
pub(crate) struct Got {
    pub(crate) status: u16,
    pub(crate) headers: reqwest::header::HeaderMap,
    pub(crate) body: Vec<u8>,
}

impl Got {
    pub(crate) fn header(&self, name: &str) -> &str {
        self.headers.get(name).map(|it| it.to_str().unwrap()).unwrap_or_default()
    }

    pub(crate) fn text(&self) -> String {
        String::from_utf8(self.body.clone()).unwrap()
    }

    pub(crate) fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap_or_else(|_| panic!("no JSON: {}", self.text()))
    }

    /// The code of the error that it is.
    pub(crate) fn code(&self) -> String {
        let json = self.json();
        assert!(json["error"]["message"].as_str().unwrap().contains(self.header("x-request-id")), "{json}");
        json["error"]["code"].as_str().unwrap().to_owned()
    }

    /// Each attempt of an error as `instance:outcome:status`.
    pub(crate) fn attempts(&self) -> Vec<String> {
        let json = self.json();
        let attempts = json["error"]["attempts"].as_array().unwrap();
        attempts
            .iter()
            .map(|it| {
                format!(
                    "{}:{}:{}",
                    it["instance_id"].as_str().unwrap(),
                    it["outcome"].as_str().unwrap(),
                    it["status"]
                )
            })
            .collect()
    }
}

/// Sends a call and reads its answer whole.
pub(crate) async fn got(request: reqwest::RequestBuilder) -> Got {
    let response = request.timeout(SOON).send().await.unwrap();
    let (status, headers) = (response.status().as_u16(), response.headers().clone());
    let body = response.bytes().await.unwrap().to_vec();
    Got { status, headers, body }
}

/// How many calls an upstream has seen.
pub(crate) fn calls(upstream: &FaultUpstream) -> usize {
    upstream.requests().len()
}

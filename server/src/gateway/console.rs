//! The data plane for the console: dry runs, smoke tests, the playground, instance tests, and the health and
//! shares that pages show. Calls take the same steps as those of API clients, without their authentication.

mod discover;
mod finding;
mod model_list;
mod play;
mod probe;
mod router_check;
mod sample;
mod smoke;

use std::{collections::HashMap, num::NonZeroU32, sync::Arc, time::Duration};

use app::{
    domain::{
        api::{Api, Endpoint},
        config::{
            balancer::{AUTOMATIC, Balancer, Destination, DestinationKind},
            instance::WorkloadKind,
        },
        console::{
            play::{DryRun, PlayCall, PlayEvent},
            request_log::CallOrigin,
            spoken_apis::LearnedApis,
            view::{SmokeReport, SmokeRequest, TestVerdict},
        },
        field_error::FieldError,
        ids::{InstanceId, ObjectKind},
        routing::{
            call::CallText,
            classify,
            decision::{Decision, RouterMessage},
            decision_model::DecisionQuestion,
            health::HealthView,
        },
        wire::body::{self, RequestFields},
    },
    ports,
    refusal::{Refusal, Reply},
};
use async_trait::async_trait;
use bytes::Bytes;
use futures_util::stream::BoxStream;
use governor::{
    Quota,
    clock::{Clock as _, DefaultClock},
};
use serde::de::IgnoredAny;

use super::{
    Gateway,
    call::{
        admit::{self, Call, read},
        decide::{DecisionInput, DecisionMode, decide},
        error::CallError,
        headers,
        record::Recorder,
    },
    snapshot::{CompiledBalancer, Snapshot},
    state::clock,
};

/// Caller of all calls from the console; no API key has this id.
const CALLER: &str = "(console)";

/// Instance tests, all users together: 60 a minute, so they are useless as a port scanner.
pub(super) const TEST_QUOTA: Quota = Quota::per_minute(NonZeroU32::MIN.saturating_add(59));

#[async_trait]
impl ports::DataPlane for Gateway {
    fn health(&self, instance_id: &str) -> HealthView {
        let snapshot = self.snapshot.load();
        snapshot.upstream(&InstanceId::from(instance_id)).map(|it| it.health.view()).unwrap_or_default()
    }

    fn apis_learned(&self, instance_id: &str) -> LearnedApis {
        let snapshot = self.snapshot.load();
        let Some(upstream) = snapshot.upstream(&InstanceId::from(instance_id)) else {
            return LearnedApis::default();
        };
        let now_ms = self.shared.clock.now_ms();
        LearnedApis::of(|api| upstream.health.speaks(Endpoint::of(api), now_ms))
    }

    fn classified(&self, instance_id: &str) -> Option<Duration> {
        self.snapshot.load().upstream(&InstanceId::from(instance_id))?.health.router_latency()
    }

    fn shares(&self, target_group_id: &str) -> Vec<f64> {
        let snapshot = self.snapshot.load();
        let destination =
            Destination { kind: DestinationKind::TargetGroup, target: target_group_id.to_owned() };
        let instances = snapshot.instances_at(None, self.shared.clock.now_ms());
        snapshot.pool(&destination).shares(&instances)
    }

    fn router_prompt(&self, balancer: &Balancer, prompt: &str) -> Vec<RouterMessage> {
        let messages = classify::messages(balancer, &CallText::of(prompt));
        let router = self.snapshot.load().compile_draft(balancer).router;
        if router.is_some_and(|it| it.kind == WorkloadKind::Decision) {
            return DecisionQuestion::of(balancer, &messages).messages();
        }
        messages
    }

    async fn decide(&self, balancer_id: &str, call: DryRun) -> Reply<Decision> {
        let snapshot = self.snapshot.load_full();
        let balancer = find_balancer(&snapshot, balancer_id)?;
        let body = Bytes::from(call.body);
        let api = api_of(call.api, &body, balancer.spec().workload_kind);
        let request =
            read::parse(body.clone(), Endpoint::of(api)).map_err(|it| body_error(&body, api, &it))?;
        let forced_route = forced_route(&balancer, call.route.as_deref()).map_err(|it| invalid(&it))?;
        let text = request.text(self.shared.conversations.hash_key());
        Ok(self
            .dry_run(&snapshot, &balancer, &text, Endpoint::of(api), forced_route, DecisionMode::DryRun)
            .await)
    }

    async fn try_prompt(&self, balancer: &Balancer, prompt: &str) -> Reply<Decision> {
        let snapshot = self.snapshot.load_full();
        let balancer = snapshot.compile_draft(balancer);
        let endpoint = Endpoint::of(Api::of_body(&RequestFields::default(), balancer.spec().workload_kind));
        Ok(self
            .dry_run(&snapshot, &balancer, &CallText::of(prompt), endpoint, None, DecisionMode::Draft)
            .await)
    }

    async fn smoke_test(&self, balancer_id: &str, request: SmokeRequest) -> Reply<SmokeReport> {
        let snapshot = self.snapshot.load_full();
        let balancer = find_balancer(&snapshot, balancer_id)?;
        self.run_smoke_test(snapshot, balancer, request).await
    }

    async fn smoke_test_draft(&self, balancer: &Balancer, request: SmokeRequest) -> Reply<SmokeReport> {
        let snapshot = self.snapshot.load_full();
        let balancer = Arc::new(snapshot.compile_draft(balancer));
        self.run_smoke_test(snapshot, balancer, request).await
    }

    async fn test_instance(&self, instance_id: &str, call: bool) -> Reply<TestVerdict> {
        let snapshot = self.snapshot.load_full();
        let upstream = snapshot
            .upstream(&InstanceId::from(instance_id))
            .ok_or_else(|| Refusal::NotFound { kind: ObjectKind::Instance, id: instance_id.to_owned() })?;
        self.check_test_limit()?;
        upstream.health.forget_not_spoken();
        // A decision model takes no call but a routing question, which it is asked below.
        let verdict = if call && upstream.kind != WorkloadKind::Decision {
            probe::send_test_call(upstream).await
        } else {
            probe::fetch_model_list(upstream).await
        };
        Ok(router_check::ask_as_router(upstream, &snapshot, self.shared.clock, verdict).await)
    }

    async fn check_router(&self, balancer: &Balancer) -> Reply<TestVerdict> {
        let snapshot = self.snapshot.load_full();
        let balancer = snapshot.compile_draft(balancer);
        Ok(router_check::check_router_model(&balancer, &snapshot, self.shared.clock).await)
    }

    async fn play(&self, call: PlayCall) -> Reply<BoxStream<'static, PlayEvent>> {
        let snapshot = self.snapshot.load_full();
        let balancer = find_balancer(&snapshot, &call.balancer_id)?;
        let bytes = Bytes::from(call.body);
        let endpoint = Endpoint::of(api_of(call.api, &bytes, balancer.spec().workload_kind));
        let mut recorder = Recorder::new(&self.shared.sink, endpoint);
        recorder.set_origin(CallOrigin::Playground);
        recorder.set_balancer(&balancer, false);
        let call = self.console_call(snapshot, balancer, bytes, endpoint, call.route.as_deref(), &recorder);
        Ok(play::events(call.map_err(|it| refuse(&it, &mut recorder))?, recorder))
    }
}

impl Gateway {
    /// Refuses tests beyond [`TEST_QUOTA`].
    fn check_test_limit(&self) -> Reply<()> {
        self.test_limiter.check().map_err(|later| {
            Refusal::Throttled(later.wait_time_from(DefaultClock::default().now()).as_secs() + 1)
        })
    }

    async fn dry_run(
        &self,
        snapshot: &Snapshot,
        balancer: &CompiledBalancer,
        text: &CallText,
        endpoint: Endpoint,
        forced_route: Option<usize>,
        mode: DecisionMode,
    ) -> Decision {
        let id = clock::new_request_id();
        let input = DecisionInput {
            snapshot,
            balancer,
            text,
            endpoint,
            pinned: None,
            forced_route,
            session: None,
            caller: CALLER,
            headers: &headers::upstream_headers(None, endpoint.api(), id.as_str(), 1),
            deadline: None,
            mode,
        };
        Box::pin(decide(&self.shared, &input)).await.decision(balancer, &id)
    }

    /// A call from the console, which may force any route.
    fn console_call(
        &self,
        snapshot: Arc<Snapshot>,
        balancer: Arc<CompiledBalancer>,
        body: Bytes,
        endpoint: Endpoint,
        route: Option<&str>,
        recorder: &Recorder,
    ) -> Result<Call, CallError> {
        let request = read::parse(body, endpoint)?;
        let forced_route = forced_route(&balancer, route)?;
        admit::refuse_unspoken(&self.shared, &snapshot, &balancer, endpoint)?;
        Ok(Call {
            shared: Arc::clone(&self.shared),
            snapshot,
            request,
            forced_route,
            pinned: None,
            stored: None,
            session: None,
            caller: CALLER.into(),
            headers: headers::upstream_headers(None, endpoint.api(), recorder.id(), 1),
            deadline: admit::deadline(&balancer, None, recorder.started_at()),
            balancer,
        })
    }
}

fn find_balancer(snapshot: &Snapshot, id: &str) -> Reply<Arc<CompiledBalancer>> {
    let known = snapshot.balancer(id).map(Arc::clone);
    known.ok_or_else(|| Refusal::NotFound { kind: ObjectKind::SmartBalancer, id: id.to_owned() })
}

/// The index of the route to force; `None` if the name is absent or empty.
fn forced_route(balancer: &CompiledBalancer, route: Option<&str>) -> Result<Option<usize>, CallError> {
    let named = route.filter(|it| !it.is_empty() && *it != AUTOMATIC);
    named.map(|it| admit::find_route(balancer, it)).transpose()
}

/// The API that was named, or else the one that the body is meant for.
fn api_of(named: Option<Api>, body: &[u8], kind: WorkloadKind) -> Api {
    let scanned = body::scan(body);
    named.unwrap_or_else(|| Api::of_body(&scanned.map(|it| it.fields).unwrap_or_default(), kind))
}

/// The refusal of an invalid body: its syntax error, or every member that it lacks.
fn body_error(body: &[u8], api: Api, error: &CallError) -> Refusal {
    let is_json = || serde_json::from_slice::<IgnoredAny>(body).is_ok();
    let is_object = body.trim_ascii_start().starts_with(b"{");
    if error.code == CallError::INVALID_JSON && (is_object || !is_json()) {
        return Refusal::Malformed(error.message.clone());
    }
    let given = serde_json::from_slice::<HashMap<String, IgnoredAny>>(body).unwrap_or_default();
    let lacks = |name: &'static str| !given.contains_key(name) && error.param() != Some(name);
    let mut errors = vec![field_error(error)];
    let field = api.rules().missing_member(&RequestFields::default()).filter(|it| lacks(it));
    errors.extend(field.map(|it| field_error(&CallError::missing_parameter(it))));
    Refusal::Invalid(errors)
}

/// Refuses a call and finishes its record.
fn refuse(error: &CallError, recorder: &mut Recorder) -> Refusal {
    recorder.finish(error.status.as_u16(), Some(error.code));
    invalid(error)
}

/// The refusal of a body or a route, for forms and REST.
fn invalid(error: &CallError) -> Refusal {
    Refusal::Invalid(vec![field_error(error)])
}

fn field_error(error: &CallError) -> FieldError {
    let path = match error.param() {
        // The console's requests name the route in a field of their own.
        Some("x-sb-route") => "route",
        path => path.unwrap_or_default(),
    };
    FieldError::new(path, error.code, error.message.clone())
}

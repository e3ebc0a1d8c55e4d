//! The data plane as people use it from the console: dry runs, smoke tests, the playground, tests of instances, and
//! what pages show of health and shares. Calls go through the very engine that serves clients; only the door differs.

mod play;
mod probe;
mod smoke;

use std::{collections::HashMap, num::NonZeroU32, sync::Arc, time::Duration};

use app::{
    api::{
        ports,
        refusal::{Refusal, Reply},
    },
    domain::{
        balancer::{AUTOMATIC, Balancer, Destination, DestinationKind},
        call::CallText,
        classify,
        decision::{Decision, RouterMessage},
        fault::Fault,
        health::HealthView,
        ids::{InstanceId, ObjectKind},
        instance::WorkloadKind,
        play::{DryRun, PlayCall, PlayEvent},
        view::{SmokeReport, TestVerdict},
    },
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
        admit::Call,
        decide::{DecisionInput, Kind, decide},
        error::CallError,
        headers, read,
        record::Recorder,
    },
    snapshot::{Served, Snapshot},
    state::clock,
};

/// Whose conversations the console's calls are; no API key has this id.
const CALLER: &str = "(console)";

/// Tests of instances, by whoever: 60 a minute, so that nobody counts ports with them.
pub(super) const TESTS: Quota = Quota::per_minute(NonZeroU32::MIN.saturating_add(59));

#[async_trait]
impl ports::Gateway for Gateway {
    fn health(&self, instance_id: &str) -> HealthView {
        let snapshot = self.snapshot.load();
        snapshot.upstream(&InstanceId::from(instance_id)).map(|it| it.health.view()).unwrap_or_default()
    }

    fn classified(&self, instance_id: &str) -> Option<Duration> {
        self.snapshot.load().upstream(&InstanceId::from(instance_id))?.health.classified()
    }

    fn shares(&self, target_group_id: &str) -> Vec<f64> {
        let snapshot = self.snapshot.load();
        let destination =
            Destination { kind: DestinationKind::TargetGroup, target: target_group_id.to_owned() };
        snapshot.pool(&destination).shares(&snapshot.board(self.engine.clock.now_ms()))
    }

    fn router_prompt(&self, balancer: &Balancer, prompt: &str) -> Vec<RouterMessage> {
        classify::messages(balancer, &CallText::of(prompt))
    }

    async fn decide(&self, balancer_id: &str, call: DryRun) -> Reply<Decision> {
        let snapshot = self.snapshot.load_full();
        let served = find(&snapshot, balancer_id)?;
        let (body, kind) = (Bytes::from(call.body), served.stored.spec.workload_kind);
        let request = read::parse(body.clone(), kind).map_err(|it| unread(&body, kind, &it))?;
        let forced = forced(&served, call.route.as_deref()).map_err(|it| invalid(&it))?;
        Ok(self
            .dry_run(&snapshot, &served, &request.text(self.engine.conversations.key()), forced, Kind::DryRun)
            .await)
    }

    async fn try_prompt(&self, balancer: &Balancer, prompt: &str) -> Reply<Decision> {
        let snapshot = self.snapshot.load_full();
        let served = snapshot.draft(balancer);
        Ok(self.dry_run(&snapshot, &served, &CallText::of(prompt), None, Kind::Draft).await)
    }

    async fn smoke_test(&self, balancer_id: &str, route: Option<String>) -> Reply<SmokeReport> {
        let snapshot = self.snapshot.load_full();
        let served = find(&snapshot, balancer_id)?;
        self.smoke(snapshot, served, route).await
    }

    async fn smoke_test_draft(&self, balancer: &Balancer, route: Option<String>) -> Reply<SmokeReport> {
        let snapshot = self.snapshot.load_full();
        let served = Arc::new(snapshot.draft(balancer));
        self.smoke(snapshot, served, route).await
    }

    async fn test_instance(&self, instance_id: &str, call: bool) -> Reply<TestVerdict> {
        let snapshot = self.snapshot.load_full();
        let upstream = snapshot
            .upstream(&InstanceId::from(instance_id))
            .ok_or_else(|| Refusal::NotFound { kind: ObjectKind::Instance, id: instance_id.to_owned() })?;
        self.tests.check().map_err(|later| {
            Refusal::Throttled(later.wait_time_from(DefaultClock::default().now()).as_secs() + 1)
        })?;
        Ok(if call { probe::by_call(upstream).await } else { probe::by_list(upstream).await })
    }

    async fn play(&self, call: PlayCall) -> Reply<BoxStream<'static, PlayEvent>> {
        let snapshot = self.snapshot.load_full();
        let served = find(&snapshot, &call.balancer_id)?;
        let mut record = Recorder::new(&self.engine.sink);
        record.addressed(&served.stored, false);
        let bytes = Bytes::from(call.body);
        let call = self.call(snapshot, served, bytes, call.route.as_deref(), &record);
        Ok(play::play(call.map_err(|it| refused(&it, &mut record))?, record))
    }
}

impl Gateway {
    async fn dry_run(
        &self,
        snapshot: &Snapshot,
        served: &Served,
        text: &CallText,
        forced: Option<usize>,
        kind: Kind,
    ) -> Decision {
        let request_id = clock::id("req_");
        let input = DecisionInput {
            snapshot,
            request_id: &request_id,
            served,
            text,
            forced,
            session: None,
            caller: CALLER,
            headers: &headers::onward(None, &request_id, 1),
            deadline: None,
            kind,
        };
        Box::pin(decide(&self.engine, &input)).await.decision
    }

    /// A call from the console: everything is allowed, an absent or empty route is no route in particular.
    fn call(
        &self,
        snapshot: Arc<Snapshot>,
        served: Arc<Served>,
        body: Bytes,
        route: Option<&str>,
        record: &Recorder,
    ) -> Result<Call, CallError> {
        let kind = served.stored.spec.workload_kind;
        let request = read::parse(body, kind)?;
        let forced = forced(&served, route)?;
        Ok(Call {
            engine: Arc::clone(&self.engine),
            snapshot,
            request,
            kind,
            forced,
            session: None,
            caller: CALLER.to_owned(),
            headers: headers::onward(None, record.id(), 1),
            deadline: super::call::admit::deadline(&served, None, record.started()),
            served,
        })
    }
}

fn find(snapshot: &Snapshot, id: &str) -> Reply<Arc<Served>> {
    let known = snapshot.balancer(id).map(Arc::clone);
    known.ok_or_else(|| Refusal::NotFound { kind: ObjectKind::SmartBalancer, id: id.to_owned() })
}

/// The place of the route that is to be forced; an absent or empty name is no route in particular.
fn forced(served: &Served, route: Option<&str>) -> Result<Option<usize>, CallError> {
    let named = route.filter(|it| !it.is_empty() && *it != AUTOMATIC);
    named.map(|it| super::call::admit::route_named(served, it)).transpose()
}

/// What is wrong with a body that is no call of that kind: its syntax, or all that it lacks.
fn unread(body: &[u8], kind: WorkloadKind, error: &CallError) -> Refusal {
    let is_json = || serde_json::from_slice::<IgnoredAny>(body).is_ok();
    let is_object = body.trim_ascii_start().starts_with(b"{");
    if error.code == CallError::INVALID_JSON && (is_object || !is_json()) {
        return Refusal::Malformed(error.message.clone());
    }
    let given = serde_json::from_slice::<HashMap<String, IgnoredAny>>(body).unwrap_or_default();
    let lacks = |name: &'static str| !given.contains_key(name) && error.param() != Some(name);
    let said = match kind {
        WorkloadKind::Chat => "messages",
        WorkloadKind::Embeddings => "input",
    };
    let mut faults = vec![fault(error)];
    faults.extend(lacks(said).then(|| fault(&CallError::missing(said))));
    Refusal::Invalid(faults)
}

/// The same, and the call's record says so.
fn refused(error: &CallError, record: &mut Recorder) -> Refusal {
    record.finished(error.status.as_u16(), Some(error.code));
    invalid(error)
}

/// What is wrong with a body or a route, as forms and REST show it.
fn invalid(error: &CallError) -> Refusal {
    Refusal::Invalid(vec![fault(error)])
}

fn fault(error: &CallError) -> Fault {
    let path = match error.param() {
        // The console names the route in its own body.
        Some("x-sb-route") => "route",
        path => path.unwrap_or_default(),
    };
    Fault::new(path, error.code, error.message.clone())
}

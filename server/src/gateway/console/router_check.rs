//! Routing questions to router models, as part of tests of an instance and of the wizard's live checks.

use std::sync::Arc;

use app::domain::{
    config::instance::WorkloadKind,
    console::{draft, spoken_apis::SpokenApis, view::TestVerdict},
    routing::outcome::Outcome,
};
use tokio::time::Instant;

use super::finding;
use crate::gateway::{
    call::classify::check::check_router,
    snapshot::{CompiledBalancer, Snapshot},
    state::clock::{self, Clock},
    upstream::Upstream,
};

/// The kind of a verdict on an instance that does not have its model.
const MODEL_UNKNOWN: &str = "model_unknown";
/// Instances of a router model that are checked at once.
const MAX_CHECKED_MEMBERS: usize = 16;

/// Adds a routing question to the verdict on an instance that is a router model of balancers, or cannot be anything else. An answer closes their
/// breaker.
pub(super) async fn ask_as_router(
    upstream: &Arc<Upstream>,
    snapshot: &Snapshot,
    clock: Clock,
    verdict: TestVerdict,
) -> TestVerdict {
    let mut balancers = balancers_routed_by(upstream, snapshot);
    balancers.sort_by(|a, b| a.stored.id.cmp(&b.stored.id));
    let is_decision_model = upstream.kind == WorkloadKind::Decision;
    let spec = match balancers.first() {
        Some(balancer) => balancer.spec(),
        None if is_decision_model => &draft::prefilled(),
        None => return verdict,
    };
    let began = Instant::now();
    let check = check_router(upstream, spec, clock).await;
    if check.outcome == Outcome::Ok {
        balancers
            .iter()
            .filter_map(|it| it.router.as_ref())
            .for_each(|it| it.limits.breaker.record_success());
    }
    let ms = verdict.ms + clock::millis(began.elapsed());
    if check.outcome != Outcome::Ok {
        if !verdict.ok {
            return TestVerdict { ms, ..verdict };
        }
        let found = finding::of_call(upstream, &check.outcome).await;
        let kind = found.kind.map_or(verdict.kind, str::to_owned);
        let (message, models) = (found.message.into_owned(), found.models);
        return TestVerdict { ok: false, kind, ms, message, models, ..verdict };
    }
    // Whatever else the list of models is like, it answers what it is asked.
    let is_model_unknown = verdict.kind == MODEL_UNKNOWN;
    let message = if verdict.ok || is_model_unknown {
        format!("{} {}", verdict.message, check.message)
    } else {
        check.message
    };
    let kind = if verdict.ok || is_model_unknown { verdict.kind } else { "router".to_owned() };
    TestVerdict { ok: check.ok && !is_model_unknown, kind, ms, message, ..verdict }
}

fn balancers_routed_by<'a>(upstream: &Upstream, snapshot: &'a Snapshot) -> Vec<&'a CompiledBalancer> {
    let is_member = |it: &CompiledBalancer| {
        let members = it.router.iter().flat_map(|router| &router.pools[0].members);
        members.into_iter().any(|member| member.instance_id == upstream.id)
    };
    snapshot.balancers().map(Arc::as_ref).filter(|it| is_member(it)).collect()
}

/// Asks every instance of a balancer's router model a routing question, up to [`MAX_CHECKED_MEMBERS`].
pub(super) async fn check_router_model(
    balancer: &CompiledBalancer,
    snapshot: &Snapshot,
    clock: Clock,
) -> TestVerdict {
    let began = Instant::now();
    let members = balancer.router.iter().flat_map(|it| &it.pools[0].members).filter(|it| it.enabled);
    let upstreams = members.filter_map(|it| snapshot.upstream(&it.instance_id));
    let upstreams: Vec<_> = upstreams.take(MAX_CHECKED_MEMBERS).collect();
    let checks = upstreams.iter().map(|it| check_router(it, balancer.spec(), clock));
    let checks = futures_util::future::join_all(checks).await;
    let mut texts = Vec::with_capacity(checks.len());
    for (upstream, check) in upstreams.iter().zip(&checks) {
        let text = match check.outcome {
            Outcome::Ok => check.message.clone(),
            failed => finding::of_call(upstream, &failed).await.message.into_owned(),
        };
        texts.push(if checks.len() > 1 { format!("{}: {text}", upstream.id) } else { text });
    }
    let none = checks.is_empty();
    TestVerdict {
        ok: !none && checks.iter().all(|it| it.ok),
        kind: "router".to_owned(),
        ms: clock::millis(began.elapsed()),
        message: if none {
            "No instance of the router model is enabled.".to_owned()
        } else {
            texts.join(" ")
        },
        apis: SpokenApis::default(),
        models: Vec::new(),
    }
}

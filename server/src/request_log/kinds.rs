//! Calls of one kind: what they have in common is looked up once, not for each call.

use std::{
    collections::HashMap,
    sync::{Arc, OnceLock},
};

use app::domain::{
    api::Endpoint,
    console::request_log::CallTokens,
    ids::InstanceId,
    routing::{
        decision::{AttemptRecord, Reason},
        outcome::Outcome,
        plan::Plan,
    },
    stable_hash::spread,
};

use crate::{
    gateway::{CallRecord, RouterVerdict},
    metrics::calls::{CallMetrics, CallSeries},
    store::{
        StoreError,
        requests::{CallRow, CallTexts, CallUs, Flags, detail, shared_plan, stored_excerpt, us},
    },
};

/// Kinds that are kept; then all are looked up anew.
const MAX_KINDS: usize = 4_096;
const DAY_MS: i64 = 24 * 60 * 60 * 1_000;

/// What the calls of a kind have in common.
#[derive(Debug)]
pub(super) struct CallKind {
    /// The metrics that they count in.
    pub(super) series: CallSeries,
    /// Calls since the live feed was told.
    pub(super) untold: u64,
    /// The texts of their rows.
    texts: Arc<CallTexts>,
    /// The first of them. It keeps what the key points to from being replaced by something else at the same place.
    first: CallRecord,
}

/// Tells kinds apart, by where in memory the shared parts of a record are.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
struct Key {
    /// Balancer, route, instance, API key, error code, and what the router model chose.
    parts: [usize; 6],
    /// The plan, if it is the usual one.
    plan: Option<(usize, u64)>,
    /// The reason of the decision, and that of the route that answered.
    reasons: [Option<Reason>; 2],
    endpoint: Option<Endpoint>,
    status: u16,
    /// The outcome of the only attempt.
    outcome: Option<&'static str>,
}

impl Key {
    fn of(record: &CallRecord) -> Self {
        let decision = record.decision.as_ref();
        let plan = decision.and_then(|it| {
            let shape = usual_shape(&it.plan, record.instance_id.as_ref()).filter(|_| is_plain(record))?;
            Some((Arc::as_ptr(&it.balancer).addr(), shape))
        });
        Self {
            parts: [
                record.balancer.as_ref().map_or(0, |it| it.as_str().as_ptr().addr()),
                record.route.as_ref().map_or(0, |it| it.as_ptr().addr()),
                record.instance_id.as_ref().map_or(0, |it| it.as_str().as_ptr().addr()),
                record.api_key.as_ref().map_or(0, |it| it.as_ptr().addr()),
                record.code.map_or(0, |it| it.as_ptr().addr()),
                verdict(record).map_or(0, |it| it.chosen.as_ptr().addr()),
            ],
            plan,
            reasons: [decision.and_then(|it| it.reason), record.reason],
            endpoint: record.endpoint,
            status: record.status,
            outcome: only_attempt(record).map(Outcome::name),
        }
    }
}

fn verdict(record: &CallRecord) -> Option<&RouterVerdict> {
    record.decision.as_ref()?.verdict.as_ref()
}

/// The outcome of the only attempt; `None` if there were none or several.
fn only_attempt(record: &CallRecord) -> Option<&Outcome> {
    match record.attempts.as_slice() {
        [only] => Some(&only.outcome),
        _ => None,
    }
}

/// Whether the columns describe the attempts of a call.
fn is_plain(record: &CallRecord) -> bool {
    match record.attempts.as_slice() {
        [] => true,
        [only] => only.outcome == Outcome::Ok && only.status == Some(200),
        _ => false,
    }
}

/// Tells plans of one balancer apart; `None` if a member was not available, or if another one than the first answered.
fn usual_shape(plan: &Plan, instance: Option<&InstanceId>) -> Option<u64> {
    if !plan.members().all(|it| it.state.is_usual()) {
        return None;
    }
    let first = plan.routes.first().and_then(|it| it.members.first());
    if instance.is_some_and(|it| first.map(|it| &it.instance_id) != Some(it)) {
        return None;
    }
    let place = first.map_or(0, |it| it.place as u64);
    let routes = plan.routes.iter().map(|it| ((it.route as u64) << 8) | it.reason as u64);
    Some(routes.fold(spread(place), |shape, route| spread(shape ^ route)))
}

/// The kinds of recent calls.
#[derive(Debug)]
pub(super) struct CallKinds {
    metrics: CallMetrics,
    by_key: HashMap<Key, CallKind>,
    /// Their texts are written once a day, so that the store knows which are in use.
    day: i64,
}

impl CallKinds {
    pub(super) fn new(metrics: CallMetrics) -> Self {
        Self { metrics, by_key: HashMap::new(), day: 0 }
    }

    /// The kind of a call.
    pub(super) fn of(&mut self, record: &CallRecord) -> &mut CallKind {
        let key = Key::of(record);
        let day = record.id.at().0.div_euclid(DAY_MS);
        if self.day < day || (self.by_key.len() >= MAX_KINDS && !self.by_key.contains_key(&key)) {
            self.by_key.clear();
            self.day = self.day.max(day);
        }
        self.by_key.entry(key).or_insert_with(|| CallKind {
            series: self.metrics.series(record),
            untold: 0,
            texts: Arc::new(texts(record, key.plan.is_some())),
            first: record.clone(),
        })
    }

    /// The calls that the live feed has not been told of: how many there were like each of these.
    pub(super) fn take_untold(&mut self) -> impl Iterator<Item = (&CallRecord, u64)> {
        let told = self.by_key.values_mut().filter(|it| it.untold > 0);
        told.map(|it| (&it.first, std::mem::take(&mut it.untold)))
    }
}

fn texts(record: &CallRecord, has_usual_plan: bool) -> CallTexts {
    let plan = record.decision.as_ref().filter(|_| has_usual_plan).and_then(|it| {
        let candidates = it.plan.candidates(it.balancer.spec(), &it.balancer.pools);
        shared_plan(candidates, record.instance_id.as_ref())
    });
    CallTexts {
        balancer: record.balancer.as_ref().map(|it| it.as_str().into()),
        serving_name: record.serving_name.clone(),
        route: record.route.clone(),
        reason: record.reason,
        instance: record.instance_id.as_ref().map(|it| it.as_str().into()),
        api: record.endpoint.map(Endpoint::api),
        api_key: record.api_key.clone(),
        code: record.code.map(Into::into),
        plan: plan.map(Into::into),
        chosen: verdict(record).map(|it| Arc::clone(&it.chosen)),
        numbers: OnceLock::new(),
    }
}

impl CallKind {
    /// The row of a call of this kind.
    pub(super) fn row(&self, record: &CallRecord) -> Result<CallRow, StoreError> {
        let is_plain = is_plain(record);
        let candidates = record.decision.as_ref().filter(|_| self.texts.plan.is_none());
        let candidates = candidates.map(|it| it.plan.candidates(it.balancer.spec(), &it.balancer.pools));
        let attempts = (!is_plain).then(|| record.attempts.iter().map(AttemptRecord::from).collect());
        let decision = record.decision.as_ref();
        let excerpt = stored_excerpt(
            decision.and_then(|it| it.excerpt),
            decision.is_some_and(|it| it.router_ms.is_some()),
        );
        let (prompt, completion) = record.tokens.unzip();
        Ok(CallRow {
            id: record.id,
            texts: Arc::clone(&self.texts),
            status: record.status,
            flags: Flags::new(
                record.stream,
                record.is_empty,
                record.endpoint.is_some_and(Endpoint::is_preparation),
                record.origin,
            ),
            attempts: record.attempts.len(),
            us: CallUs {
                route: record.decision.as_ref().map(|_| us(record.route_ms)),
                router: record.decision.as_ref().and_then(|it| it.router_ms).map(us),
                attempt: record.attempts.first().filter(|_| is_plain).map(|it| us(it.ms)),
                first_byte: record.first_byte_ms.map(us),
                total: us(record.total_ms),
            },
            tokens: CallTokens { prompt, completion },
            confidence: verdict(record).and_then(|it| it.confidence),
            detail: detail(candidates, attempts, excerpt)?,
        })
    }
}

//! A call in its stored form, and the two ways between that and the form that is shown.

use std::sync::{Arc, OnceLock};

use app::domain::{
    api::Api,
    confidence::Confidence,
    console::request_log::{CallFacts, CallMs, CallOrigin, CallTokens, RequestDetail},
    ids::{BalancerId, InstanceId, RequestId},
    routing::decision::{AttemptRecord, Candidate, Decision, Excerpt, Reason, RouterTrace},
};
use serde::{Deserialize, Serialize};

use crate::store::{StoreError, engine::query::json};

/// Number of text columns.
pub(super) const TEXTS: usize = 10;
/// The name of the outcome of an attempt that the columns describe.
const OK: &str = "ok";

/// A call as the request log stores it.
#[derive(Clone, Debug, Default)]
pub struct CallRow {
    /// The id, which tells when the call arrived.
    pub id: RequestId,
    /// The texts of the call, shared by all calls of its kind.
    pub texts: Arc<CallTexts>,
    /// Status sent to the caller.
    pub status: u16,
    /// What is either so or not.
    pub flags: Flags,
    /// Number of attempts.
    pub attempts: usize,
    /// The durations in microseconds: decision, router calls, the attempt if it is the only one, first byte, all.
    pub us: CallUs,
    /// Token counts.
    pub tokens: CallTokens,
    /// How sure the router model was.
    pub confidence: Option<Confidence>,
    /// What the columns do not tell, as JSON.
    pub detail: Option<String>,
}

/// Durations of a call in microseconds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct CallUs {
    /// The decision; absent if none was made.
    pub route: Option<i64>,
    /// The router calls in it; absent if there were none.
    pub router: Option<i64>,
    /// The attempt, if the columns describe it.
    pub attempt: Option<i64>,
    /// Until the first byte of the answer.
    pub first_byte: Option<i64>,
    /// The whole call.
    pub total: i64,
}

/// What is either so or not, as a sum of bits.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Flags(u8);

impl Flags {
    const STREAM: u8 = 1;
    const EMPTY: u8 = 2;
    pub(super) const PREPARATION: u8 = 4;
    const PLAYGROUND: u8 = 8;
    const SMOKE_TEST: u8 = 16;

    /// The flags of a call.
    pub fn new(stream: bool, empty: bool, preparation: bool, origin: CallOrigin) -> Self {
        let bits = [(stream, Self::STREAM), (empty, Self::EMPTY), (preparation, Self::PREPARATION)];
        let origin = match origin {
            CallOrigin::Client => 0,
            CallOrigin::Playground => Self::PLAYGROUND,
            CallOrigin::SmokeTest => Self::SMOKE_TEST,
        };
        Self(bits.iter().filter(|it| it.0).fold(origin, |sum, it| sum | it.1))
    }

    pub(super) fn stored(self) -> i64 {
        self.0.into()
    }

    pub(super) fn read(stored: u64) -> Self {
        Self((stored & 0xff) as u8)
    }

    /// What tells apart calls that are added up: 1 only prepares a call, 2 from the playground, 4 smoke test.
    pub(super) fn kind(self) -> i64 {
        i64::from((self.0 & (Self::PREPARATION | Self::PLAYGROUND | Self::SMOKE_TEST)) / Self::PREPARATION)
    }

    fn has(self, bit: u8) -> bool {
        self.0 & bit != 0
    }

    fn origin(self) -> CallOrigin {
        match (self.has(Self::PLAYGROUND), self.has(Self::SMOKE_TEST)) {
            (true, _) => CallOrigin::Playground,
            (_, true) => CallOrigin::SmokeTest,
            _ => CallOrigin::Client,
        }
    }
}

/// The texts of calls that have them all in common. They are stored once; rows refer to them by number.
#[derive(Debug, Default)]
pub struct CallTexts {
    /// Id of the balancer.
    pub balancer: Option<Arc<str>>,
    /// Its serving name at that time.
    pub serving_name: Option<Arc<str>>,
    /// Name of the route that answered or would have.
    pub route: Option<Arc<str>>,
    /// Reason for the route.
    pub reason: Option<Reason>,
    /// Id of the instance of the last attempt.
    pub instance: Option<Arc<str>>,
    /// The API that was called.
    pub api: Option<Api>,
    /// Id of the API key.
    pub api_key: Option<Arc<str>>,
    /// Code of the error sent to the caller.
    pub code: Option<Arc<str>>,
    /// The candidates of the plan as JSON, if all members were available and the first of them answered.
    pub plan: Option<Arc<str>>,
    /// What the router model chose: a route, or the label for none.
    pub chosen: Option<Arc<str>>,
    /// Their numbers in the store, once they have been written.
    pub(crate) numbers: OnceLock<[Option<i64>; TEXTS]>,
}

impl CallTexts {
    /// In the order of the columns.
    pub(super) fn in_order(&self) -> [Option<&str>; TEXTS] {
        [
            self.balancer.as_deref(),
            self.serving_name.as_deref(),
            self.route.as_deref(),
            self.reason.map(Reason::as_str),
            self.instance.as_deref(),
            self.api.map(Api::name),
            self.api_key.as_deref(),
            self.code.as_deref(),
            self.plan.as_deref(),
            self.chosen.as_deref(),
        ]
    }
}

/// What the columns do not tell.
#[derive(Debug, Default, Serialize, Deserialize)]
struct CallDetail {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    candidates: Option<Vec<Candidate>>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    attempts: Option<Vec<AttemptRecord>>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    excerpt: Option<Excerpt>,
}

/// Whole microseconds, the stored unit.
pub(crate) fn us(ms: f64) -> i64 {
    // The cast saturates, and NaN becomes 0.
    (ms * 1e3).round() as i64
}

fn ms(us: i64) -> f64 {
    us as f64 / 1e3
}

/// Whether the columns describe the attempts of a call.
fn is_plain(attempts: &[AttemptRecord], instance: Option<&InstanceId>) -> bool {
    match attempts {
        [] => true,
        [only] => only.outcome == OK && only.status == Some(200) && Some(&only.instance_id) == instance,
        _ => false,
    }
}

/// The candidates as a text that calls share; `None` if a member was not available, or if another one than the first
/// answered. The order of those that would have come next is not kept, so that few texts stand for all calls.
pub(crate) fn shared_plan(mut candidates: Vec<Candidate>, instance: Option<&InstanceId>) -> Option<String> {
    if !candidates.iter().flat_map(|it| &it.members).all(|it| it.state.is_usual()) {
        return None;
    }
    let first = candidates.first().and_then(|it| it.members.first()).map(|it| &it.instance_id);
    if instance.is_some_and(|it| first != Some(it)) {
        return None;
    }
    for (at, candidate) in candidates.iter_mut().enumerate() {
        let chosen = usize::from(at == 0).min(candidate.members.len());
        if let Some(others) = candidate.members.get_mut(chosen..) {
            others.sort_by(|a, b| (a.priority, &a.instance_id).cmp(&(b.priority, &b.instance_id)));
        }
    }
    serde_json::to_string(&candidates).ok()
}

/// What the columns of a call do not tell; `None` if they tell everything.
///
/// # Errors
/// If it cannot be written as JSON.
pub(crate) fn detail(
    candidates: Option<Vec<Candidate>>,
    attempts: Option<Vec<AttemptRecord>>,
    excerpt: Option<Excerpt>,
) -> Result<Option<String>, StoreError> {
    if candidates.is_none() && attempts.is_none() && excerpt.is_none() {
        return Ok(None);
    }
    json(&CallDetail { candidates, attempts, excerpt }).map(Some)
}

/// What is stored of an excerpt. Of the many calls that ask no router model, only those that were cut are told.
pub(crate) fn stored_excerpt(excerpt: Option<Excerpt>, asked_router: bool) -> Option<Excerpt> {
    excerpt.filter(|it| it.cut || asked_router)
}

impl CallRow {
    /// The stored form of a call.
    ///
    /// # Errors
    /// If it cannot be written as JSON.
    pub fn of(call: &RequestDetail) -> Result<Self, StoreError> {
        let facts = &call.facts;
        let shared = |text: &Option<String>| text.as_deref().map(Arc::from);
        let is_plain = is_plain(&call.attempts, facts.instance_id.as_ref());
        let candidates = || call.decision.as_ref().map(|it| it.candidates.clone());
        let plan = candidates().filter(|_| is_plain);
        let plan = plan.and_then(|it| shared_plan(it, facts.instance_id.as_ref()));
        let decision = call.decision.as_ref();
        let excerpt = stored_excerpt(
            decision.and_then(|it| it.excerpt),
            decision.is_some_and(|it| it.router.is_some()),
        );
        let attempts = (!is_plain).then(|| call.attempts.clone());
        let detail = detail(candidates().filter(|_| plan.is_none()), attempts, excerpt)?;
        let texts = CallTexts {
            balancer: facts.balancer.as_ref().map(|it| it.as_str().into()),
            serving_name: shared(&facts.serving_name),
            route: shared(&facts.route),
            reason: facts.reason,
            instance: facts.instance_id.as_ref().map(|it| it.as_str().into()),
            api: facts.api,
            api_key: shared(&facts.api_key),
            code: shared(&facts.code),
            plan: plan.map(Into::into),
            chosen: shared(&facts.chosen),
            numbers: OnceLock::new(),
        };
        let only = call.attempts.first().filter(|_| is_plain);
        Ok(Self {
            id: facts.id,
            texts: Arc::new(texts),
            status: facts.status,
            flags: Flags::new(facts.stream, facts.empty, facts.preparation, facts.origin),
            attempts: call.attempts.len(),
            us: CallUs {
                route: call.decision.as_ref().map(|it| us(facts.ms.route.unwrap_or(it.ms))),
                router: call.decision.as_ref().and_then(|it| it.router.as_ref()).map(|it| us(it.ms)),
                attempt: only.map(|it| us(it.ms)),
                first_byte: facts.ms.first_byte.map(us),
                total: us(facts.ms.total),
            },
            tokens: facts.tokens,
            confidence: facts.confidence,
            detail,
        })
    }

    /// The properties of the call.
    pub(super) fn facts(&self) -> CallFacts {
        let texts = &self.texts;
        let text = |it: &Option<Arc<str>>| it.as_deref().map(str::to_owned);
        CallFacts {
            id: self.id,
            decision_id: self.id.decision_id(),
            at: self.id.at(),
            balancer: texts.balancer.as_deref().map(BalancerId::from),
            serving_name: text(&texts.serving_name),
            route: text(&texts.route),
            reason: texts.reason,
            chosen: text(&texts.chosen),
            confidence: self.confidence,
            instance_id: texts.instance.as_deref().map(InstanceId::from),
            status: self.status,
            code: text(&texts.code),
            stream: self.flags.has(Flags::STREAM),
            ms: CallMs {
                route: self.us.route.map(ms),
                first_byte: self.us.first_byte.map(ms),
                total: ms(self.us.total),
            },
            tokens: self.tokens,
            api_key: text(&texts.api_key),
            api: texts.api,
            empty: self.flags.has(Flags::EMPTY),
            preparation: self.flags.has(Flags::PREPARATION),
            origin: self.flags.origin(),
        }
    }

    /// The call with all details.
    ///
    /// # Errors
    /// [`StoreError::Corrupt`].
    pub(super) fn into_detail(self) -> Result<RequestDetail, StoreError> {
        let corrupt =
            |column: &'static str| move |_| StoreError::Corrupt(format!("column {column} cannot be read"));
        let facts = self.facts();
        let told: CallDetail = match &self.detail {
            Some(detail) => serde_json::from_str(detail).map_err(corrupt("detail"))?,
            None => CallDetail::default(),
        };
        let candidates = match (told.candidates, &self.texts.plan) {
            (Some(candidates), _) => candidates,
            (None, Some(plan)) => serde_json::from_str(plan).map_err(corrupt("plan"))?,
            (None, None) => Vec::new(),
        };
        let attempts = told.attempts.unwrap_or_else(|| {
            let only = facts.instance_id.clone().filter(|_| self.attempts == 1);
            let only = only.map(|instance_id| AttemptRecord {
                instance_id,
                outcome: OK.to_owned(),
                status: Some(200),
                ms: self.us.attempt.map(ms).unwrap_or_default(),
            });
            only.into_iter().collect()
        });
        let decision = facts.ms.route.map(|ms_to_decide| {
            let first = candidates.first();
            Decision {
                id: facts.decision_id.clone(),
                route: first.map(|it| it.route.clone()).or(facts.route.clone()).unwrap_or_default(),
                reason: first.map(|it| it.reason).or(facts.reason).unwrap_or(Reason::NoMatch),
                router: self.us.router.map(|it| RouterTrace { ms: ms(it), ..RouterTrace::default() }),
                excerpt: told.excerpt,
                chosen: facts.chosen.clone(),
                confidence: facts.confidence,
                ms: ms_to_decide,
                candidates,
            }
        });
        Ok(RequestDetail { facts, decision, attempts })
    }
}

//! State machine of an instance's health: transitions by outcome, availability, and probes.
//!
//! Pure: each transition takes the time and a random number as arguments and returns the next state; the owner swaps
//! it in. Times are monotonic milliseconds. Uses counts rather than percentages, so that an instance with little
//! traffic is judged like a busy one.

use super::{HealthState, HealthView};
use crate::domain::{
    routing::{
        decision::MemberState,
        outcome::{Outcome, Proof, RefusalCause},
    },
    timestamp::Timestamp,
    wire::retry_after,
};

/// Consecutive failures until ejection.
pub const FAILURES_TO_EJECT: u32 = 3;
/// First ejection, in milliseconds; doubled with each consecutive one.
pub const FIRST_EJECTION_MS: u64 = 5_000;
/// Maximum ejection before jitter, in milliseconds.
pub const MAX_EJECTION_MS: u64 = 300_000;
/// Relative jitter of an ejection, in both directions.
pub const JITTER: f64 = 0.2;
/// First cooling after a 429 that names no wait, in milliseconds; doubled while it goes on, up to
/// [`MAX_EJECTION_MS`].
pub const COOLING_MS: u64 = 5_000;
/// Slow start after an ejection, in milliseconds: the share of the traffic grows linearly.
pub const SLOW_START_MS: u64 = 10_000;
/// Share of its traffic at the beginning of a slow start.
pub const SLOW_START_FACTOR: f64 = 0.1;
/// Lease of a probe, in milliseconds: slightly more than the default connect and first-byte timeouts together. Only
/// matters if the end of a probe is never reported.
pub const PROBE_LEASE_MS: u64 = 130_000;
/// Interval of failing model list checks, in milliseconds.
pub const CHECK_EVERY_MS: u64 = 2_000;
/// Lease of a model list check, and how long calls wait for the first one, in milliseconds.
pub const CHECK_LEASE_MS: u64 = 3_000;
/// Failed checks before a call probes anyway, because a server may serve calls but no model list.
pub const CHECKS_BEFORE_PROBE: u32 = 30;

/// Requests that are remembered to have failed since the last success.
const REQUESTS_REMEMBERED: usize = 16;
const NONE_FAILED: [u64; REQUESTS_REMEMBERED] = [0; REQUESTS_REMEMBERED];
/// How long a refusal of some calls is shown to people, in milliseconds.
pub const FLAG_MS: u64 = 10 * 60 * 1_000;

/// The end of a call.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct CallEnd {
    /// When the call began.
    pub began_ms: u64,
    /// When it ended.
    pub now_ms: u64,
    /// A random number in `[0, 1)`: the jitter of a possible ejection.
    pub roll: f64,
    /// Whether a failure in the answer is the request's: other instances were tried and failed as well.
    pub may_be_the_request: bool,
    /// Digest of the request; 0 if unknown. A request counts once.
    pub request: u64,
    /// Whether another call on the instance has succeeded since this one began.
    pub others_succeeded: bool,
}

/// The health of one instance.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Health {
    phase: Phase,
    /// Whether a call has been answered well since the start or the last edit.
    has_answered: bool,
    /// A status that refuses some calls, and when it was last seen.
    flag: Option<(u16, u64)>,
    /// Digests of the requests that have failed since the last success; 0 for none.
    failed_requests: [u64; REQUESTS_REMEMBERED],
    /// Consecutive coolings that named no wait.
    coolings: u32,
    /// Consecutive failures.
    failures: u32,
    /// Consecutive ejections.
    ejections: u32,
    /// Start or end of the last ejection. Outcomes of calls that began earlier are outdated.
    since_ms: u64,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Phase {
    #[default]
    Unknown,
    Healthy,
    Cooling {
        since_ms: u64,
        until_ms: u64,
    },
    Ejected(Ejection),
}

/// Reason for taking an instance out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Cause {
    Failures,
    Configuration,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Ejection {
    cause: Cause,
    /// The outcome that caused it.
    outcome: Outcome,
    until_ms: u64,
    /// End of the lease on the probe, held by a call or by the model list checks.
    probing_until_ms: u64,
    /// Time of the next model list check; `None` if checks have nothing more to find out.
    check_ms: Option<u64>,
    /// Failed model list checks.
    checks: u32,
}

impl Health {
    /// The health after a call.
    pub fn after(&self, outcome: &Outcome, end: &CallEnd) -> Self {
        match outcome {
            Outcome::Cancelled | Outcome::DeadlineExceeded | Outcome::ApiNotSupported(_) => {
                self.after_inconclusive(end.began_ms)
            }
            Outcome::AnswerTimeout if end.others_succeeded => self.after_inconclusive(end.began_ms),
            Outcome::Ok => {
                let answered = Self { has_answered: true, ..self.after_answer(end) };
                // A success from before the trouble says that it was well then, and nothing of now.
                let is_old = end.began_ms < self.since_ms.max(self.cooling_since_ms());
                if is_old { answered } else { Self { failed_requests: NONE_FAILED, coolings: 0, ..answered } }
            }
            // A rejected request is an answer too: the instance works.
            Outcome::Rejected(_) | Outcome::ResponseNotFound => self.after_answer(end),
            Outcome::RateLimited { retry_after_ms } => self.after_rate_limit(*retry_after_ms, end),
            Outcome::Refused { status, cause, proof } => {
                let flagged = match cause {
                    RefusalCause::Access => Self { flag: Some((*status, end.now_ms)), ..*self },
                    _ => *self,
                };
                flagged.after_refusal(*proof, outcome, end)
            }
            failure => self.after_failure(failure, end),
        }
    }

    /// Whether another success would change nothing.
    pub fn is_settled(&self) -> bool {
        self.phase == Phase::Healthy
            && self.has_answered
            && self.failures == 0
            && self.ejections == 0
            && self.coolings == 0
            && self.failed_requests[0] == 0
    }

    /// Whether a call has been answered well since the start or the last edit.
    pub fn has_answered(&self) -> bool {
        self.has_answered
    }

    /// Claims the model list check that is due. `None` if none is due or another caller holds it.
    pub fn claim_check(&self, now_ms: u64) -> Option<Self> {
        self.checkable(now_ms).filter(|ejection| ejection.check_ms.is_some_and(|it| it <= now_ms)).map(
            |ejection| {
                let lease_ms = now_ms.saturating_add(CHECK_LEASE_MS);
                self.with_ejection(Ejection {
                    check_ms: Some(lease_ms),
                    probing_until_ms: ejection.probing_until_ms.max(lease_ms),
                    ..ejection
                })
            },
        )
    }

    /// The health after a successful active check. It ends an ejection that is due, but neither one before its time
    /// nor a misconfiguration, about which a model list says nothing. Until a call has been answered, a single
    /// failure starts a longer ejection.
    pub fn check_passed(&self, now_ms: u64) -> Self {
        match self.checkable(now_ms) {
            Some(_) => {
                Self { phase: Phase::Healthy, failures: FAILURES_TO_EJECT - 1, since_ms: now_ms, ..*self }
            }
            None => *self,
        }
    }

    /// The health after a check without a connection: no calls, and the next check is due soon.
    pub fn check_failed(&self, now_ms: u64) -> Self {
        let Some(ejection) = self.checkable(now_ms) else { return *self };
        if ejection.checks + 1 >= CHECKS_BEFORE_PROBE {
            return self.check_inconclusive(now_ms);
        }
        let check_ms = now_ms.saturating_add(CHECK_EVERY_MS);
        let probing_until_ms = ejection.probing_until_ms.max(check_ms.saturating_add(CHECK_LEASE_MS));
        self.with_ejection(Ejection {
            check_ms: Some(check_ms),
            checks: ejection.checks + 1,
            probing_until_ms,
            ..ejection
        })
    }

    /// The health after an inconclusive check: a call may probe.
    pub fn check_inconclusive(&self, now_ms: u64) -> Self {
        match self.checkable(now_ms) {
            Some(ejection) => {
                self.with_ejection(Ejection { check_ms: None, probing_until_ms: 0, ..ejection })
            }
            None => *self,
        }
    }

    /// Claims the probe of an ejection that is due. `None` if none is due or another caller holds it.
    pub fn claim_probe(&self, now_ms: u64) -> Option<Self> {
        match self.phase {
            Phase::Ejected(ejection) if ejection.may_be_probed(now_ms) => {
                let probing_until_ms = now_ms.saturating_add(PROBE_LEASE_MS);
                Some(self.with_ejection(Ejection { probing_until_ms, check_ms: None, ..ejection }))
            }
            _ => None,
        }
    }

    /// Availability for calls: one of `Available`, `Probe`, `Ejected`, `Cooling`, `Misconfigured`.
    pub fn availability(&self, now_ms: u64) -> MemberState {
        match self.phase {
            Phase::Cooling { until_ms, .. } if now_ms < until_ms => MemberState::Cooling,
            Phase::Unknown | Phase::Healthy | Phase::Cooling { .. } => MemberState::Available,
            Phase::Ejected(ejection) if ejection.may_be_probed(now_ms) => MemberState::Probe,
            Phase::Ejected(Ejection { cause: Cause::Failures, .. }) => MemberState::Ejected,
            Phase::Ejected(Ejection { cause: Cause::Configuration, .. }) => MemberState::Misconfigured,
        }
    }

    /// The fraction of its usual traffic that it may take: 1.0, or less during a slow start, so that a restarted
    /// server does not get the whole load at once.
    pub fn traffic_factor(&self, now_ms: u64) -> f64 {
        // `since_ms` is 0 until the first ejection.
        let starts_slowly = self.phase == Phase::Healthy && self.since_ms != 0;
        let elapsed_ms = now_ms.saturating_sub(self.since_ms);
        if !starts_slowly || elapsed_ms >= SLOW_START_MS {
            return 1.0;
        }
        SLOW_START_FACTOR + (1.0 - SLOW_START_FACTOR) * elapsed_ms as f64 / SLOW_START_MS as f64
    }

    /// When the cooling began; 0 if it is not cooling.
    fn cooling_since_ms(&self) -> u64 {
        match self.phase {
            Phase::Cooling { since_ms, .. } => since_ms,
            Phase::Unknown | Phase::Healthy | Phase::Ejected(_) => 0,
        }
    }

    /// End of the ejection or cooling, possibly in the past; `None` if there is none.
    pub fn due_ms(&self) -> Option<u64> {
        match self.phase {
            Phase::Unknown | Phase::Healthy => None,
            Phase::Cooling { until_ms, .. } | Phase::Ejected(Ejection { until_ms, .. }) => Some(until_ms),
        }
    }

    /// The health as users see it; `wall_now` is the wall-clock time of `now_ms`.
    pub fn view(&self, now_ms: u64, wall_now: Timestamp) -> HealthView {
        let until = |until_ms: u64| (until_ms > now_ms).then(|| wall_now.plus_ms(until_ms - now_ms));
        let flag = self.flag.filter(|(_, at_ms)| now_ms.saturating_sub(*at_ms) < FLAG_MS);
        let flagged = flag.map(|(status, _)| format!("refuses some calls: {status}"));
        match self.phase {
            Phase::Unknown => HealthView { reason: flagged, ..HealthView::default() },
            Phase::Cooling { until_ms, .. } if now_ms < until_ms => HealthView {
                state: HealthState::Cooling,
                until: until(until_ms),
                reason: Some("rate_limited".to_owned()),
            },
            Phase::Healthy | Phase::Cooling { .. } => {
                HealthView { state: HealthState::Healthy, until: None, reason: flagged }
            }
            Phase::Ejected(ejection) => HealthView {
                state: match ejection.cause {
                    Cause::Failures => HealthState::Ejected,
                    Cause::Configuration => HealthState::Misconfigured,
                },
                until: until(ejection.until_ms),
                reason: Some(ejection.reason()),
            },
        }
    }

    /// At the beginning of a slow start.
    fn slow_start(&self, now_ms: u64) -> Self {
        Self { phase: Phase::Healthy, failures: 0, ejections: 0, since_ms: now_ms, ..*self }
    }

    fn with_ejection(&self, ejection: Ejection) -> Self {
        Self { phase: Phase::Ejected(ejection), ..*self }
    }

    /// The ejection that a model list check may end.
    fn checkable(&self, now_ms: u64) -> Option<Ejection> {
        match self.phase {
            Phase::Ejected(ejection) if ejection.cause == Cause::Failures && ejection.until_ms <= now_ms => {
                Some(ejection)
            }
            _ => None,
        }
    }

    /// The health after a call with an inconclusive end: its probe, if it was one, is available again.
    fn after_inconclusive(&self, began_ms: u64) -> Self {
        match self.phase {
            Phase::Ejected(ejection) if ejection.until_ms <= began_ms => {
                self.with_ejection(Ejection { probing_until_ms: 0, ..ejection })
            }
            _ => *self,
        }
    }

    fn after_answer(&self, end: &CallEnd) -> Self {
        match self.phase {
            Phase::Unknown | Phase::Healthy => {
                Self { phase: Phase::Healthy, failures: 0, ejections: 0, ..*self }
            }
            _ if end.began_ms < self.since_ms => *self,
            Phase::Cooling { since_ms, until_ms } if end.now_ms < until_ms || end.began_ms < since_ms => {
                Self { failures: 0, ..*self }
            }
            Phase::Cooling { .. } => Self { phase: Phase::Healthy, failures: 0, ejections: 0, ..*self },
            Phase::Ejected(_) => self.slow_start(end.now_ms),
        }
    }

    fn after_rate_limit(&self, retry_after_ms: Option<u64>, end: &CallEnd) -> Self {
        if matches!(self.phase, Phase::Ejected(_)) && end.began_ms < self.since_ms {
            return *self;
        }
        // Calls that began before the instance was left alone say nothing new.
        let is_old = matches!(self.phase, Phase::Cooling { since_ms, .. } if end.began_ms < since_ms);
        let (wait_ms, coolings) = match retry_after_ms {
            Some(wait_ms) => (wait_ms.min(retry_after::LONGEST_MS), self.coolings),
            None if is_old => (0, self.coolings),
            None => (doubled_ms(COOLING_MS, self.coolings), self.coolings.saturating_add(1)),
        };
        let until_ms = end.now_ms.saturating_add(wait_ms);
        let cooling = Phase::Cooling { since_ms: end.now_ms, until_ms };
        match self.phase {
            Phase::Cooling { since_ms, until_ms: earlier } => {
                let since_ms = if is_old { since_ms } else { end.now_ms };
                let phase = Phase::Cooling { since_ms, until_ms: earlier.max(until_ms) };
                Self { phase, coolings, ..*self }
            }
            Phase::Ejected(_) => {
                Self { phase: cooling, coolings, failures: 0, ejections: 0, since_ms: end.now_ms, ..*self }
            }
            Phase::Unknown | Phase::Healthy => Self { phase: cooling, coolings, ..*self },
        }
    }

    /// A refusal that is proved, or that is all that was ever heard, needs a person. Another one is a failure.
    fn after_refusal(&self, proof: Proof, outcome: &Outcome, end: &CallEnd) -> Self {
        if end.began_ms < self.since_ms {
            return *self;
        }
        if proof == Proof::Code || !self.has_answered {
            return self.eject(Cause::Configuration, outcome, end);
        }
        self.after_failure(outcome, end)
    }

    fn after_failure(&self, failure: &Outcome, end: &CallEnd) -> Self {
        if end.began_ms < self.since_ms {
            return *self;
        }
        if failure.is_in_answer() && (end.may_be_the_request || self.has_failed(end.request)) {
            return self.after_inconclusive(end.began_ms);
        }
        let cause = match failure {
            Outcome::Refused { .. } => Cause::Configuration,
            _ => Cause::Failures,
        };
        match self.phase {
            // A call of last resort while model list checks are running.
            Phase::Ejected(Ejection { check_ms: Some(_), .. }) => return *self,
            Phase::Ejected(_) => return self.eject(cause, failure, end),
            Phase::Unknown | Phase::Healthy | Phase::Cooling { .. } => {}
        }
        let failures = self.failures.saturating_add(1);
        if failures < FAILURES_TO_EJECT {
            return Self { failures, ..self.with_failed(end.request) };
        }
        self.eject(cause, failure, end)
    }

    fn has_failed(&self, request: u64) -> bool {
        request != 0 && self.failed_requests.contains(&request)
    }

    /// Remembers a request that failed, the latest first.
    fn with_failed(&self, request: u64) -> Self {
        if request == 0 {
            return *self;
        }
        let mut failed_requests = self.failed_requests;
        failed_requests.rotate_right(1);
        failed_requests[0] = request;
        Self { failed_requests, ..*self }
    }

    /// Starts an ejection, or a longer one after a failed probe. A call of last resort does not lengthen an ejection
    /// that is not due; otherwise calls during an outage would keep the instance out long after it.
    fn eject(&self, cause: Cause, outcome: &Outcome, end: &CallEnd) -> Self {
        let CallEnd { began_ms, now_ms, roll, .. } = *end;
        if matches!(self.phase, Phase::Ejected(ejection) if began_ms < ejection.until_ms) {
            return *self;
        }
        let until_ms = now_ms.saturating_add(ejection_ms(self.ejections, roll));
        // Model list checks come first, so that no caller waits for a server that is still down.
        let (check_ms, probing_until_ms) = match cause {
            Cause::Failures => (Some(until_ms), until_ms.saturating_add(CHECK_LEASE_MS)),
            Cause::Configuration => (None, 0),
        };
        let ejection = Ejection { cause, outcome: *outcome, until_ms, probing_until_ms, check_ms, checks: 0 };
        let ejections = self.ejections.saturating_add(1);
        let failing = self.with_failed(end.request);
        Self { phase: Phase::Ejected(ejection), failures: 0, ejections, since_ms: now_ms, ..failing }
    }
}

impl Ejection {
    /// The cause for people: what is refused in words, and the name of any other outcome.
    fn reason(&self) -> String {
        match self.outcome {
            Outcome::Refused { status, cause, .. } => {
                let words = match cause {
                    RefusalCause::Key => "refused its key",
                    RefusalCause::Credit => "is out of credit",
                    RefusalCause::Account => "refused its account",
                    RefusalCause::Access => return format!("refuses calls: {status}"),
                };
                format!("{words} ({status})")
            }
            outcome => outcome.name().to_owned(),
        }
    }

    fn may_be_probed(&self, now_ms: u64) -> bool {
        self.until_ms <= now_ms && self.probing_until_ms <= now_ms
    }
}

/// Duration of an ejection after `earlier` consecutive ones, in milliseconds.
fn ejection_ms(earlier: u32, roll: f64) -> u64 {
    let factor = 1.0 - JITTER + 2.0 * JITTER * roll.clamp(0.0, 1.0);
    (doubled_ms(FIRST_EJECTION_MS, earlier) as f64 * factor) as u64
}

/// `first_ms`, doubled `times` times, at most [`MAX_EJECTION_MS`].
fn doubled_ms(first_ms: u64, times: u32) -> u64 {
    first_ms.saturating_mul(1_u64.checked_shl(times.min(63)).unwrap_or(u64::MAX)).min(MAX_EJECTION_MS)
}

#[cfg(test)]
mod tests;

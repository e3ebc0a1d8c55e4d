//! The state machine of one instance's health: what each outcome does to it, when it may be called, who probes it.
//!
//! Pure: a step takes the moment and the dice as arguments and returns the next state; the owner swaps it in.
//! Times are monotonic milliseconds. Counts, not percentages, so that a quiet instance is judged like a busy one.

use super::{HealthState, HealthView};
use crate::domain::{
    routing::{decision::MemberState, outcome::Outcome},
    timestamp::Timestamp,
    wire::retry_after,
};

/// Failures in a row that eject.
pub const FAILURES_TO_EJECT: u32 = 3;
/// The first rest, in milliseconds; each further one in a row is twice as long.
pub const FIRST_REST_MS: u64 = 5_000;
/// The longest rest before jitter, in milliseconds.
pub const LONGEST_REST_MS: u64 = 300_000;
/// How far jitter moves a rest, up or down.
pub const JITTER: f64 = 0.2;
/// The wait after a 429 that names none, in milliseconds.
pub const COOLING_MS: u64 = 5_000;
/// How long an instance warms up that is back from a rest, in milliseconds: its part of the traffic grows evenly.
pub const WARM_UP_MS: u64 = 10_000;
/// The part of its traffic with which it begins.
pub const FIRST_WARMTH: f64 = 0.1;
/// How long a probe is believed to be under way, in milliseconds: a little more than the default connect and
/// first-byte timeouts together. It only matters for a probe whose end is never told.
pub const PROBE_LEASE_MS: u64 = 130_000;
/// From one free check to the next while they fail, in milliseconds.
pub const CHECK_EVERY_MS: u64 = 2_000;
/// How long a free check is believed to be under way, and how long calls wait for the first one, in milliseconds.
pub const CHECK_LEASE_MS: u64 = 3_000;
/// Checks that fail before a call probes all the same: a server may serve calls and no list of models.
pub const CHECKS_BEFORE_PROBE: u32 = 30;

/// The health of one instance.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Health {
    phase: Phase,
    /// Failures since the last answer.
    failures: u32,
    /// Rests since the last answer.
    rests: u32,
    /// When the last rest began or ended. What began earlier tells of a time that is over.
    since_ms: u64,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Phase {
    #[default]
    Unknown,
    Healthy,
    Cooling {
        until_ms: u64,
    },
    Resting(Rest),
}

/// Why an instance rests.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Cause {
    Failures,
    Configuration,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Rest {
    cause: Cause,
    /// The name of the outcome that began it.
    reason: &'static str,
    until_ms: u64,
    /// Until when calls leave the probe to somebody else: a call that has it, or the free checks.
    probing_until_ms: u64,
    /// When the next free check is due; `None` where they have nothing more to say.
    check_ms: Option<u64>,
    /// Free checks that failed.
    checks: u32,
}

impl Health {
    /// The health after a call that began at `began_ms` and ended now; `roll` in `[0, 1)` is the jitter of a rest
    /// that may begin.
    pub fn after(&self, outcome: &Outcome, began_ms: u64, now_ms: u64, roll: f64) -> Self {
        match outcome {
            Outcome::Cancelled | Outcome::DeadlineExceeded => self.untold(began_ms),
            // A refusal of the request is an answer too: the instance works.
            Outcome::Ok | Outcome::Rejected(_) => self.answered(began_ms, now_ms),
            Outcome::RateLimited { retry_after_ms } => self.cooled(*retry_after_ms, began_ms, now_ms),
            Outcome::Refused(_) if began_ms < self.since_ms => *self,
            Outcome::Refused(_) => self.rested(Cause::Configuration, outcome, began_ms, now_ms, roll),
            failure => self.failed(failure, began_ms, now_ms, roll),
        }
    }

    /// Takes the free check that is due. `None`: there is none, or somebody else has it.
    pub fn claim_check(&self, now_ms: u64) -> Option<Self> {
        self.checking(now_ms).filter(|rest| rest.check_ms.is_some_and(|it| it <= now_ms)).map(|rest| {
            let lease_ms = now_ms.saturating_add(CHECK_LEASE_MS);
            self.resting(Rest {
                check_ms: Some(lease_ms),
                probing_until_ms: rest.probing_until_ms.max(lease_ms),
                ..rest
            })
        })
    }

    /// The health after a passing active check. It ends an ejection that is due; never one before its time, and
    /// never a misconfiguration, of which a list of models says nothing. Until a call has been answered the
    /// instance is on trial: one more failure, and a longer rest begins.
    pub fn check_passed(&self, now_ms: u64) -> Self {
        match self.checking(now_ms) {
            Some(_) => Self {
                phase: Phase::Healthy,
                failures: FAILURES_TO_EJECT - 1,
                rests: self.rests,
                since_ms: now_ms,
            },
            None => *self,
        }
    }

    /// The health after a check that found nobody there: calls keep away, and the next check is due soon.
    pub fn check_failed(&self, now_ms: u64) -> Self {
        let Some(rest) = self.checking(now_ms) else { return *self };
        if rest.checks + 1 >= CHECKS_BEFORE_PROBE {
            return self.check_untold(now_ms);
        }
        let check_ms = now_ms.saturating_add(CHECK_EVERY_MS);
        let probing_until_ms = rest.probing_until_ms.max(check_ms.saturating_add(CHECK_LEASE_MS));
        self.resting(Rest { check_ms: Some(check_ms), checks: rest.checks + 1, probing_until_ms, ..rest })
    }

    /// The health after a check that told nothing: the probe is a call's.
    pub fn check_untold(&self, now_ms: u64) -> Self {
        match self.checking(now_ms) {
            Some(rest) => self.resting(Rest { check_ms: None, probing_until_ms: 0, ..rest }),
            None => *self,
        }
    }

    /// Takes the one probe of a rest that is due. `None`: there is none to take, or somebody else has it.
    pub fn claim_probe(&self, now_ms: u64) -> Option<Self> {
        match self.phase {
            Phase::Resting(rest) if rest.may_be_probed(now_ms) => {
                let probing_until_ms = now_ms.saturating_add(PROBE_LEASE_MS);
                Some(self.resting(Rest { probing_until_ms, check_ms: None, ..rest }))
            }
            _ => None,
        }
    }

    /// Whether it may be called now: one of `Available`, `Probe`, `Ejected`, `Cooling`, `Misconfigured`.
    pub fn availability(&self, now_ms: u64) -> MemberState {
        match self.phase {
            Phase::Cooling { until_ms } if now_ms < until_ms => MemberState::Cooling,
            Phase::Unknown | Phase::Healthy | Phase::Cooling { .. } => MemberState::Available,
            Phase::Resting(rest) if rest.may_be_probed(now_ms) => MemberState::Probe,
            Phase::Resting(Rest { cause: Cause::Failures, .. }) => MemberState::Ejected,
            Phase::Resting(Rest { cause: Cause::Configuration, .. }) => MemberState::Misconfigured,
        }
    }

    /// The part of its usual traffic that it may take: 1.0, or less while it is fresh from a rest, so that the
    /// whole load does not fall on a server that has just come up.
    pub fn warmth(&self, now_ms: u64) -> f64 {
        // `since_ms` is 0 as long as there was no rest.
        let warms_up = self.phase == Phase::Healthy && self.since_ms != 0;
        let back_for_ms = now_ms.saturating_sub(self.since_ms);
        if !warms_up || back_for_ms >= WARM_UP_MS {
            return 1.0;
        }
        FIRST_WARMTH + (1.0 - FIRST_WARMTH) * back_for_ms as f64 / WARM_UP_MS as f64
    }

    /// When its rest or cooling ends or ended; `None` where there is none.
    pub fn due_ms(&self) -> Option<u64> {
        match self.phase {
            Phase::Unknown | Phase::Healthy => None,
            Phase::Cooling { until_ms } | Phase::Resting(Rest { until_ms, .. }) => Some(until_ms),
        }
    }

    /// What people see; `wall_now` is the same moment as `now_ms` on the wall clock.
    pub fn view(&self, now_ms: u64, wall_now: Timestamp) -> HealthView {
        let until = |until_ms: u64| (until_ms > now_ms).then(|| wall_now.plus_ms(until_ms - now_ms));
        match self.phase {
            Phase::Unknown => HealthView::default(),
            Phase::Cooling { until_ms } if now_ms < until_ms => HealthView {
                state: HealthState::Cooling,
                until: until(until_ms),
                reason: Some("rate_limited".to_owned()),
            },
            Phase::Healthy | Phase::Cooling { .. } => {
                HealthView { state: HealthState::Healthy, until: None, reason: None }
            }
            Phase::Resting(rest) => HealthView {
                state: match rest.cause {
                    Cause::Failures => HealthState::Ejected,
                    Cause::Configuration => HealthState::Misconfigured,
                },
                until: until(rest.until_ms),
                reason: Some(rest.reason.to_owned()),
            },
        }
    }

    /// Fresh from a rest.
    fn back(now_ms: u64) -> Self {
        Self { phase: Phase::Healthy, failures: 0, rests: 0, since_ms: now_ms }
    }

    fn resting(&self, rest: Rest) -> Self {
        Self { phase: Phase::Resting(rest), ..*self }
    }

    /// The rest of which free checks may say something now.
    fn checking(&self, now_ms: u64) -> Option<Rest> {
        match self.phase {
            Phase::Resting(rest) if rest.cause == Cause::Failures && rest.until_ms <= now_ms => Some(rest),
            _ => None,
        }
    }

    /// A call that ended without telling anything: its probe, if it was one, is free again.
    fn untold(&self, began_ms: u64) -> Self {
        match self.phase {
            Phase::Resting(rest) if rest.until_ms <= began_ms => {
                self.resting(Rest { probing_until_ms: 0, ..rest })
            }
            _ => *self,
        }
    }

    fn answered(&self, began_ms: u64, now_ms: u64) -> Self {
        match self.phase {
            Phase::Unknown | Phase::Healthy => Self { phase: Phase::Healthy, failures: 0, rests: 0, ..*self },
            _ if began_ms < self.since_ms => *self,
            Phase::Cooling { until_ms } if now_ms < until_ms => Self { failures: 0, ..*self },
            Phase::Cooling { .. } => Self { phase: Phase::Healthy, failures: 0, rests: 0, ..*self },
            Phase::Resting(_) => Self::back(now_ms),
        }
    }

    fn cooled(&self, retry_after_ms: Option<u64>, began_ms: u64, now_ms: u64) -> Self {
        let wait_ms = retry_after_ms.unwrap_or(COOLING_MS).min(retry_after::LONGEST_MS);
        let until_ms = now_ms.saturating_add(wait_ms);
        match self.phase {
            Phase::Resting(_) if began_ms < self.since_ms => *self,
            Phase::Cooling { until_ms: earlier } => {
                Self { phase: Phase::Cooling { until_ms: earlier.max(until_ms) }, ..*self }
            }
            Phase::Resting(_) => {
                Self { phase: Phase::Cooling { until_ms }, failures: 0, rests: 0, since_ms: now_ms }
            }
            Phase::Unknown | Phase::Healthy => Self { phase: Phase::Cooling { until_ms }, ..*self },
        }
    }

    fn failed(&self, failure: &Outcome, began_ms: u64, now_ms: u64, roll: f64) -> Self {
        if began_ms < self.since_ms {
            return *self;
        }
        match self.phase {
            // A call of last resort, while the free checks look after it.
            Phase::Resting(Rest { check_ms: Some(_), .. }) => return *self,
            Phase::Resting(_) => return self.rested(Cause::Failures, failure, began_ms, now_ms, roll),
            Phase::Unknown | Phase::Healthy | Phase::Cooling { .. } => {}
        }
        let failures = self.failures.saturating_add(1);
        if failures < FAILURES_TO_EJECT {
            return Self { failures, ..*self };
        }
        self.rested(Cause::Failures, failure, began_ms, now_ms, roll)
    }

    /// Begins a rest, or a longer one after a probe failed. A call of last resort, made before a rest was due, does
    /// not lengthen it: else the calls of one outage would keep the instance out long after it.
    fn rested(&self, cause: Cause, outcome: &Outcome, began_ms: u64, now_ms: u64, roll: f64) -> Self {
        if matches!(self.phase, Phase::Resting(rest) if began_ms < rest.until_ms) {
            return *self;
        }
        let until_ms = now_ms.saturating_add(rest_ms(self.rests, roll));
        // The free checks come first, so that no caller's time is spent on a server that is still down.
        let (check_ms, probing_until_ms) = match cause {
            Cause::Failures => (Some(until_ms), until_ms.saturating_add(CHECK_LEASE_MS)),
            Cause::Configuration => (None, 0),
        };
        let rest = Rest { cause, reason: outcome.name(), until_ms, probing_until_ms, check_ms, checks: 0 };
        let rests = self.rests.saturating_add(1);
        Self { phase: Phase::Resting(rest), failures: 0, rests, since_ms: now_ms }
    }
}

impl Rest {
    fn may_be_probed(&self, now_ms: u64) -> bool {
        self.until_ms <= now_ms && self.probing_until_ms <= now_ms
    }
}

/// How long a rest lasts that follows `earlier` others, in milliseconds.
fn rest_ms(earlier: u32, roll: f64) -> u64 {
    let doubled = FIRST_REST_MS.saturating_mul(1_u64.checked_shl(earlier.min(63)).unwrap_or(u64::MAX));
    let factor = 1.0 - JITTER + 2.0 * JITTER * roll.clamp(0.0, 1.0);
    (doubled.min(LONGEST_REST_MS) as f64 * factor) as u64
}

#[cfg(test)]
mod tests;

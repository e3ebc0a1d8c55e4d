//! The state machine of one instance's health: what each outcome does to it, when it may be called, who probes it.
//!
//! Pure: a step takes the moment and the dice as arguments and returns the next state; the owner swaps it in.
//! Times are monotonic milliseconds. Counts, not percentages, so that a quiet instance is judged like a busy one.

use super::{HealthState, HealthView};
use crate::domain::{decision::MemberState, outcome::Outcome, retry_after, timestamp::Timestamp};

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
/// How long a probe is believed to be under way, in milliseconds: a little more than the default connect and
/// first-byte timeouts together. It only matters for a probe whose end is never told.
pub const PROBE_LEASE_MS: u64 = 130_000;

/// The health of one instance.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Health {
    phase: Phase,
    /// Failures since the last answer.
    failures: u32,
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
    /// Rests in a row before this one.
    earlier: u32,
    /// Until when somebody probes; 0 where nobody does.
    probing_until_ms: u64,
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

    /// The health after a passing active check. It ends an ejection that is due; never one before its time, and
    /// never a misconfiguration, of which a list of models says nothing.
    pub fn check_passed(&self, now_ms: u64) -> Self {
        match self.phase {
            Phase::Resting(rest) if rest.cause == Cause::Failures && rest.until_ms <= now_ms => {
                Self::back(now_ms)
            }
            _ => *self,
        }
    }

    /// Takes the one probe of a rest that is due. `None`: there is none to take, or somebody else has it.
    pub fn claim_probe(&self, now_ms: u64) -> Option<Self> {
        match self.phase {
            Phase::Resting(rest) if rest.may_be_probed(now_ms) => {
                let rest = Rest { probing_until_ms: now_ms.saturating_add(PROBE_LEASE_MS), ..rest };
                Some(Self { phase: Phase::Resting(rest), ..*self })
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
        Self { phase: Phase::Healthy, failures: 0, since_ms: now_ms }
    }

    /// A call that ended without telling anything: its probe, if it was one, is free again.
    fn untold(&self, began_ms: u64) -> Self {
        match self.phase {
            Phase::Resting(rest) if rest.until_ms <= began_ms => {
                Self { phase: Phase::Resting(Rest { probing_until_ms: 0, ..rest }), ..*self }
            }
            _ => *self,
        }
    }

    fn answered(&self, began_ms: u64, now_ms: u64) -> Self {
        match self.phase {
            Phase::Unknown | Phase::Healthy => Self { phase: Phase::Healthy, failures: 0, ..*self },
            _ if began_ms < self.since_ms => *self,
            Phase::Cooling { until_ms } if now_ms < until_ms => Self { failures: 0, ..*self },
            Phase::Cooling { .. } => Self { phase: Phase::Healthy, failures: 0, ..*self },
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
            Phase::Resting(_) => Self { phase: Phase::Cooling { until_ms }, failures: 0, since_ms: now_ms },
            Phase::Unknown | Phase::Healthy => Self { phase: Phase::Cooling { until_ms }, ..*self },
        }
    }

    fn failed(&self, failure: &Outcome, began_ms: u64, now_ms: u64, roll: f64) -> Self {
        if began_ms < self.since_ms {
            return *self;
        }
        if let Phase::Resting(_) = self.phase {
            return self.rested(Cause::Failures, failure, began_ms, now_ms, roll);
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
        let earlier = match self.phase {
            Phase::Resting(rest) if began_ms < rest.until_ms => return *self,
            Phase::Resting(rest) => rest.earlier.saturating_add(1),
            _ => 0,
        };
        let until_ms = now_ms.saturating_add(rest_ms(earlier, roll));
        let rest = Rest { cause, reason: outcome.name(), until_ms, earlier, probing_until_ms: 0 };
        Self { phase: Phase::Resting(rest), failures: 0, since_ms: now_ms }
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

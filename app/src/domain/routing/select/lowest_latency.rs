//! The member with the lowest peak-sensitive moving average of the time to first byte.
//!
//! The average rises to a slow sample at once and falls slowly, as in Finagle's "peak EWMA". It also decays without
//! calls, so that a member that was slow once is tried again.

use super::EligibleMember;

/// Time constant of the decay in milliseconds: after it, 1/e of a value is left.
pub const DECAY_MS: f64 = 10_000.0;

/// The bits of an average without samples; no average has them, as they are those of no number.
const NO_SAMPLE: u64 = u64::MAX;
/// Unit of the time in the bits, in milliseconds.
const TICK_MS: u64 = 64;

/// A moving average that rises at once and falls slowly.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct PeakEwma {
    /// Average and time of the last sample, both in milliseconds.
    last: Option<(f64, u64)>,
}

impl PeakEwma {
    /// Adds a sample in milliseconds. Ignores samples that are negative or not finite.
    pub fn observe(&self, sample_ms: f64, now_ms: u64) -> Self {
        if !sample_ms.is_finite() || sample_ms < 0.0 {
            return *self;
        }
        let average = match self.last {
            Some((average, at_ms)) if sample_ms < average => {
                let remaining = remaining(at_ms, now_ms);
                average * remaining + sample_ms * (1.0 - remaining)
            }
            _ => sample_ms,
        };
        Self { last: Some((average, now_ms)) }
    }

    /// The average as a number that one atomic cell holds: its value with seven digits, and its time in steps of
    /// 64 ms, which is enough for a decay over [`DECAY_MS`].
    pub fn to_bits(self) -> u64 {
        let Some((average, at_ms)) = self.last else { return NO_SAMPLE };
        (u64::from((average as f32).to_bits()) << 32) | ((at_ms / TICK_MS) & u64::from(u32::MAX))
    }

    /// The average with these bits.
    pub fn from_bits(bits: u64) -> Self {
        if bits == NO_SAMPLE {
            return Self::default();
        }
        let average = f32::from_bits((bits >> 32) as u32);
        Self { last: Some((f64::from(average), (bits & u64::from(u32::MAX)) * TICK_MS)) }
    }

    /// The current value in milliseconds; `None` before the first sample.
    pub fn value(&self, now_ms: u64) -> Option<f64> {
        self.last.map(|(average, at_ms)| average * remaining(at_ms, now_ms))
    }
}

/// The fraction of a value that is left after the elapsed time.
fn remaining(at_ms: u64, now_ms: u64) -> f64 {
    (-(now_ms.saturating_sub(at_ms) as f64) / DECAY_MS).exp()
}

pub(super) fn arrange(members: &[EligibleMember], tier: &mut [usize]) {
    tier.sort_by(|&a, &b| {
        let (a, b) = (&members[a], &members[b]);
        rank(a).cmp(&rank(b)).then_with(|| cost(a).total_cmp(&cost(b))).then(b.weight.cmp(&a.weight))
    });
}

/// Members without samples first, but one call at a time: during its first call the others come before it, so that a
/// member that hangs cannot attract all traffic.
fn rank(member: &EligibleMember) -> u8 {
    match (member.latency_ms, member.in_flight) {
        (None, 0) => 0,
        (Some(_), _) => 1,
        (None, _) => 2,
    }
}

fn cost(member: &EligibleMember) -> f64 {
    member.latency_ms.unwrap_or(member.in_flight as f64)
}

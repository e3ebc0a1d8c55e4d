//! The member that has answered fastest of late, by a peak-sensitive moving average of its time to first byte.
//!
//! The average jumps up to a slow sample at once and comes down slowly, as in Finagle's "peak EWMA". It also fades
//! while nobody calls, so that a member that was slow once is tried again.

use super::Seat;

/// How fast old samples fade, in milliseconds: after this long 1/e of an old value is left.
pub const DECAY_MS: f64 = 10_000.0;

/// A moving average that believes bad news at once and good news slowly.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct PeakEwma {
    /// The average and the moment of its last sample, both in milliseconds.
    last: Option<(f64, u64)>,
}

impl PeakEwma {
    /// The average with one more sample, in milliseconds. A sample that is no time is ignored.
    pub fn observe(&self, sample_ms: f64, now_ms: u64) -> Self {
        if !sample_ms.is_finite() || sample_ms < 0.0 {
            return *self;
        }
        let average = match self.last {
            Some((average, at_ms)) if sample_ms < average => {
                let kept = kept(at_ms, now_ms);
                average * kept + sample_ms * (1.0 - kept)
            }
            _ => sample_ms,
        };
        Self { last: Some((average, now_ms)) }
    }

    /// What it stands for now, in milliseconds; `None` before the first sample.
    pub fn value(&self, now_ms: u64) -> Option<f64> {
        self.last.map(|(average, at_ms)| average * kept(at_ms, now_ms))
    }
}

/// How much of a value is left after the time between.
fn kept(at_ms: u64, now_ms: u64) -> f64 {
    (-(now_ms.saturating_sub(at_ms) as f64) / DECAY_MS).exp()
}

pub(super) fn arrange(seats: &[Seat], tier: &mut [usize]) {
    tier.sort_by(|&a, &b| {
        let (a, b) = (&seats[a], &seats[b]);
        rank(a).cmp(&rank(b)).then_with(|| cost(a).total_cmp(&cost(b))).then(b.weight.cmp(&a.weight))
    });
}

/// Unsampled first, but one call at a time: while its first answer is out, the others go on, so that a member that
/// hangs cannot draw all traffic.
fn rank(seat: &Seat) -> u8 {
    match (seat.latency_ms, seat.in_flight) {
        (None, 0) => 0,
        (Some(_), _) => 1,
        (None, _) => 2,
    }
}

fn cost(seat: &Seat) -> f64 {
    seat.latency_ms.unwrap_or(seat.in_flight as f64)
}

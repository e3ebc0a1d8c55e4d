//! Traffic of the last hour in time slices, as shown on a balancer's page.

use serde::{Deserialize, Serialize};

use super::evaluation::Percentiles;
use crate::domain::timestamp::Timestamp;

/// One hour, in milliseconds.
pub const HOUR_MS: i64 = 3_600_000;
/// Number of slices per hour.
const SLICES: i64 = 12;

/// A call, reduced to what traffic statistics need.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct TrafficCall {
    /// Time of arrival.
    pub at: Timestamp,
    /// Status sent to the caller.
    pub status: u16,
    /// Duration of the call, in milliseconds.
    pub total_ms: f64,
}

/// Statistics of the last hour.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Traffic {
    /// Slices of five minutes, oldest first.
    pub slices: Vec<Slice>,
    /// Durations of the calls.
    pub total_ms: Option<Percentiles>,
    /// Whether there were more calls than the limit, so the oldest are missing.
    pub cut: bool,
}

/// Statistics of five minutes.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Slice {
    /// Start time.
    pub from: Timestamp,
    /// Number of calls.
    pub calls: u64,
    /// Number of calls answered with a 5xx status.
    pub failed: u64,
    /// Durations of the calls.
    pub total_ms: Option<Percentiles>,
}

impl Traffic {
    /// Aggregates the hour before `now`. `cut` marks that older calls are missing.
    pub fn of(calls: &[TrafficCall], now: Timestamp, cut: bool) -> Self {
        let length = HOUR_MS / SLICES;
        let first = now.0 - HOUR_MS;
        let slice = |place: i64| {
            let from = first + place * length;
            // Calls at exactly `now` belong to the last slice.
            let until = if place == SLICES - 1 { i64::MAX } else { from + length };
            let mine: Vec<_> = calls.iter().filter(|it| (from..until).contains(&it.at.0)).collect();
            Slice {
                from: Timestamp(from),
                calls: mine.len() as u64,
                failed: mine.iter().filter(|it| it.status >= 500).count() as u64,
                total_ms: Percentiles::of(mine.iter().map(|it| it.total_ms).collect()),
            }
        };
        Self {
            slices: (0..SLICES).map(slice).collect(),
            total_ms: Percentiles::of(calls.iter().map(|it| it.total_ms).collect()),
            cut,
        }
    }

    /// Number of calls.
    pub fn calls(&self) -> u64 {
        self.slices.iter().map(|it| it.calls).sum()
    }

    /// Number of calls answered with a 5xx status.
    pub fn failed(&self) -> u64 {
        self.slices.iter().map(|it| it.failed).sum()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_call_is_in_the_slice_of_its_time() {
        let now = Timestamp(1_700_000_000_000);
        let call =
            |min: i64, status| TrafficCall { at: Timestamp(now.0 - min * 60_000), status, total_ms: 7.0 };
        let traffic = Traffic::of(&[call(0, 200), call(4, 502), call(6, 429), call(60, 200)], now, false);
        let counts: Vec<_> = traffic.slices.iter().map(|it| (it.calls, it.failed)).collect();
        assert_eq!(counts.len(), 12);
        assert_eq!((counts[0], counts[10], counts[11]), ((1, 0), (1, 0), (2, 1)));
        assert_eq!((traffic.calls(), traffic.failed()), (4, 1));
        assert_eq!(traffic.slices[5].total_ms, None);
    }
}

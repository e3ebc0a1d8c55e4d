//! Calls of the last five minutes by route, in slices of ten seconds. Slices and routes are bounded.

use std::collections::{BTreeMap, VecDeque};

use app::domain::{console::feed::RouteCalls, routing::decision::Reason, timestamp::Timestamp};

/// Length of a slice, in milliseconds.
const SLICE_MS: i64 = 10_000;
/// Number of slices: five minutes.
const SLICES: i64 = 30;
/// Routes per slice; calls of further routes are not counted.
const MAX_ROUTES: usize = 4_096;

/// Whether a call with this reason was meant for another route or could not be classified.
pub(super) fn is_fallback(reason: Reason) -> bool {
    match reason {
        Reason::Failover
        | Reason::DestinationUnavailable
        | Reason::RouterTimeout
        | Reason::RouterError
        | Reason::RouterOpen
        | Reason::InvalidAnswer
        | Reason::UnsupportedInput => true,
        Reason::Forced
        | Reason::Continued
        | Reason::Pinned
        | Reason::Cached
        | Reason::Matched
        | Reason::NoMatch
        | Reason::LowConfidence
        | Reason::NotClassified
        | Reason::Ordered
        | Reason::Weighted => false,
    }
}

/// Balancer id and route name.
type RouteKey = (String, String);
/// All calls, and those that fell back.
type Count = (u64, u64);

/// Counts of calls by route.
#[derive(Debug, Default)]
pub(super) struct Tally {
    /// Oldest first, by number of slices since 1970.
    slices: VecDeque<(i64, BTreeMap<RouteKey, Count>)>,
}

impl Tally {
    /// Counts `calls` that ended at `at`.
    pub(super) fn add(&mut self, at: Timestamp, balancer: &str, route: &str, fell_back: bool, calls: u64) {
        // After a clock change, anything older counts in the newest slice.
        let now = at.0.div_euclid(SLICE_MS).max(self.slices.back().map_or(i64::MIN, |it| it.0));
        if self.slices.back().is_none_or(|it| it.0 < now) {
            self.slices.push_back((now, BTreeMap::new()));
        }
        while self.slices.front().is_some_and(|it| it.0 + SLICES <= now) {
            self.slices.pop_front();
        }
        let Some((_, counts)) = self.slices.back_mut() else { return };
        let key = (balancer.to_owned(), route.to_owned());
        if counts.len() < MAX_ROUTES || counts.contains_key(&key) {
            let count = counts.entry(key).or_default();
            count.0 += calls;
            count.1 += if fell_back { calls } else { 0 };
        }
    }

    /// The counts of the five minutes before `now`, by balancer and route.
    pub(super) fn sum(&self, now: Timestamp) -> Vec<RouteCalls> {
        let since = now.0.div_euclid(SLICE_MS) - SLICES;
        let mut all: BTreeMap<&RouteKey, Count> = BTreeMap::new();
        for (key, count) in self.slices.iter().filter(|it| it.0 > since).flat_map(|it| &it.1) {
            let sum = all.entry(key).or_default();
            *sum = (sum.0 + count.0, sum.1 + count.1);
        }
        all.into_iter()
            .map(|((balancer, route), (calls, fallen_back))| RouteCalls {
                balancer: balancer.clone(),
                route: route.clone(),
                calls,
                fallen_back,
            })
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(s: i64) -> Timestamp {
        Timestamp(1_700_000_000_000 + s * 1_000)
    }

    fn calls(tally: &Tally, now: i64) -> Vec<(u64, u64)> {
        tally.sum(at(now)).iter().map(|it| (it.calls, it.fallen_back)).collect()
    }

    #[test]
    fn what_is_older_than_five_minutes_does_not_count() {
        let mut tally = Tally::default();
        tally.add(at(0), "sb_a", "one", false, 1);
        tally.add(at(100), "sb_a", "one", true, 1);
        assert_eq!(calls(&tally, 100), [(2, 1)]);
        assert_eq!(calls(&tally, 310), [(1, 1)]);
        assert_eq!(calls(&tally, 500), []);
        tally.add(at(100_000), "sb_a", "two", false, 1);
        assert_eq!(tally.slices.len(), 1);
    }

    #[test]
    fn routes_are_bounded() {
        let mut tally = Tally::default();
        for number in 0..MAX_ROUTES + 10 {
            tally.add(at(0), "sb_a", &number.to_string(), false, 1);
        }
        tally.add(at(0), "sb_a", "0", false, 1);
        assert_eq!(tally.sum(at(0)).len(), MAX_ROUTES);
        assert_eq!(tally.sum(at(0))[0].calls, 2);
    }
}

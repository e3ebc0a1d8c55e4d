//! Percentiles, medians, and ratios within rounds.

use serde::Serialize;

/// The sample at that rank (nearest rank, in thousandths), or `None` without samples.
pub(crate) fn percentile(sorted: &[u64], per_mille: usize) -> Option<u64> {
    let rank = (sorted.len() * per_mille).div_ceil(1_000);
    sorted.get(rank.max(1) - 1).copied()
}

/// The middle value, or the mean of the two in the middle; 0 without values.
pub(crate) fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    let middle = values.len() / 2;
    match values.len() {
        0 => 0.0,
        count if count.is_multiple_of(2) => f64::midpoint(values[middle - 1], values[middle]),
        _ => values[middle],
    }
}

/// The median of `ours[round] / theirs[round]`. What disturbs a whole round changes both and cancels out.
pub(crate) fn median_ratio(ours: &[f64], theirs: &[f64]) -> f64 {
    median(ours.iter().zip(theirs).map(|(ours, theirs)| ours / theirs).collect())
}

/// Three percentiles of a duration, in microseconds.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub(crate) struct Percentiles {
    pub(crate) p50: f64,
    pub(crate) p99: f64,
    #[serde(rename = "p99.9")]
    pub(crate) p999: f64,
}

impl Percentiles {
    /// Those of nanoseconds in any order, or `None` without samples.
    pub(crate) fn of(nanoseconds: &mut [u64]) -> Option<Self> {
        nanoseconds.sort_unstable();
        let at = |per_mille| percentile(nanoseconds, per_mille).map(|it| it as f64 / 1e3);
        Some(Self { p50: at(500)?, p99: at(990)?, p999: at(999)? })
    }

    /// The median over rounds of each percentile; `None` without rounds.
    pub(crate) fn median(rounds: &[Self]) -> Option<Self> {
        let of = |percentile: fn(&Self) -> f64| median(rounds.iter().map(percentile).collect());
        let all = Self { p50: of(|it| it.p50), p99: of(|it| it.p99), p999: of(|it| it.p999) };
        (!rounds.is_empty()).then_some(all)
    }

    /// The median over rounds of what `ours` is above `theirs` in the same round; `None` without rounds.
    pub(crate) fn added(ours: &[Self], theirs: &[Self]) -> Option<Self> {
        let differences = ours.iter().zip(theirs).map(|(ours, theirs)| Self {
            p50: ours.p50 - theirs.p50,
            p99: ours.p99 - theirs.p99,
            p999: ours.p999 - theirs.p999,
        });
        Self::median(&differences.collect::<Vec<_>>())
    }
}

/// The places of the `count` smallest values, in their order.
pub(crate) fn smallest(values: &[f64], count: usize) -> Vec<usize> {
    let mut places: Vec<usize> = (0..values.len()).collect();
    places.sort_by(|&a, &b| values[a].total_cmp(&values[b]));
    places.truncate(count);
    places.sort_unstable();
    places
}

//! Histograms of durations, which can be added up: those of two replicas or of sixty minutes make one.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::evaluation::Percentiles;

/// Shorter durations count as 0, in powers of two of a microsecond: 64 µs.
const FIRST_BIT: u32 = 6;
/// Longer durations count as this, in powers of two of a microsecond: 71 minutes.
const LAST_BIT: u32 = 32;
/// Each power of two has four buckets, so that their middle is off by an eighth at most.
const BUCKET_BITS: u32 = 2;

/// How many durations fell into each bucket.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Histogram(BTreeMap<u8, u64>);

impl Histogram {
    /// Counts a duration in microseconds.
    pub fn record(&mut self, us: u64) {
        *self.0.entry(bucket(us)).or_default() += 1;
    }

    /// Adds what another one counted.
    pub fn add(&mut self, other: &Self) {
        for (bucket, count) in &other.0 {
            let sum = self.0.entry(*bucket).or_default();
            *sum = sum.saturating_add(*count);
        }
    }

    /// How many durations were counted.
    pub fn count(&self) -> u64 {
        self.0.values().fold(0, |sum, it| sum.saturating_add(*it))
    }

    /// The nearest-rank percentile in microseconds, off by an eighth at most; `None` if nothing was counted.
    pub fn percentile(&self, percent: u64) -> Option<u64> {
        let rank = (u128::from(self.count()) * u128::from(percent)).div_ceil(100).max(1);
        let mut seen = 0;
        let found = self.0.iter().find(|(_, count)| {
            seen += u128::from(**count);
            seen >= rank
        });
        found.map(|(bucket, _)| middle(*bucket))
    }

    /// Percentiles in milliseconds; `None` if nothing was counted.
    pub fn percentiles(&self) -> Option<Percentiles> {
        let ms = |percent| self.percentile(percent).map(|us| us as f64 / 1e3);
        Some(Percentiles { p50: ms(50)?, p90: ms(90)?, p99: ms(99)? })
    }

    /// A few bytes for each bucket in use: its number, and the count in groups of seven bits, lowest first.
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut bytes = Vec::with_capacity(self.0.len() * 3);
        for (bucket, mut count) in self.0.iter().map(|(bucket, count)| (*bucket, *count)) {
            bytes.push(bucket);
            while count >= 0x80 {
                bytes.push((count & 0x7f) as u8 | 0x80);
                count >>= 7;
            }
            bytes.push(count as u8);
        }
        bytes
    }

    /// Reads [`Histogram::to_bytes`]; `None` for anything else.
    pub fn from_bytes(bytes: &[u8]) -> Option<Self> {
        let mut histogram = Self::default();
        let mut bytes = bytes.iter();
        while let Some(bucket) = bytes.next() {
            let (mut count, mut shift) = (0_u64, 0);
            loop {
                let byte = *bytes.next()?;
                count |= u64::from(byte & 0x7f).checked_shl(shift).filter(|_| shift < 64)?;
                shift += 7;
                if byte < 0x80 {
                    break;
                }
            }
            histogram.0.insert(*bucket, count);
        }
        Some(histogram)
    }
}

/// 0 is for durations below the first power of two.
fn bucket(us: u64) -> u8 {
    let Some(bit) = us.checked_ilog2().filter(|bit| *bit >= FIRST_BIT) else { return 0 };
    let within = if bit > LAST_BIT { 0 } else { (us >> (bit - BUCKET_BITS)) & ((1 << BUCKET_BITS) - 1) };
    let power = bit.min(LAST_BIT + 1) - FIRST_BIT;
    // There are 4 × 27 + 2 of them at most.
    (1 + (power << BUCKET_BITS)) as u8 + within as u8
}

/// The middle of a bucket, in microseconds.
fn middle(bucket: u8) -> u64 {
    let Some(place) = bucket.checked_sub(1) else { return 0 };
    let bit = u32::from(place >> BUCKET_BITS) + FIRST_BIT;
    if bit > LAST_BIT {
        return 1 << (LAST_BIT + 1);
    }
    let width = 1_u64 << (bit - BUCKET_BITS);
    (1 << bit) + width * u64::from(place & ((1 << BUCKET_BITS) - 1)) + width / 2
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "tests")]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn nothing_has_no_percentile() {
        assert_eq!(Histogram::default().percentiles(), None);
        assert_eq!(Histogram::from_bytes(&[]), Some(Histogram::default()));
        for broken in
            [&[1][..], &[1, 0x80], &[1, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 1]]
        {
            assert_eq!(Histogram::from_bytes(broken), None, "{broken:?}");
        }
    }

    #[test]
    fn very_short_and_very_long_durations_have_a_place() {
        assert_eq!([bucket(0), bucket(63), bucket(64), bucket(80)], [0, 0, 1, 2]);
        assert_eq!(middle(bucket(u64::MAX)), 1 << 33);
        assert!(bucket(u64::MAX) > bucket((1 << 33) - 1));
    }

    proptest! {
        #[test]
        fn a_percentile_is_off_by_an_eighth_at_most(mut times in prop::collection::vec(64_u64..4_000_000_000, 1..200), percent in 1_u64..=100) {
            let mut histogram = Histogram::default();
            times.iter().for_each(|it| histogram.record(*it));
            times.sort_unstable();
            let exact = times[(times.len() * percent as usize).div_ceil(100) - 1];
            let read = histogram.percentile(percent).unwrap();
            prop_assert!(read.abs_diff(exact) * 8 <= exact + 8, "{read} for {exact}");
        }

        #[test]
        fn sums_are_those_of_all_and_survive_storage(one in prop::collection::vec(any::<u64>(), 0..50), other in prop::collection::vec(any::<u64>(), 0..50)) {
            let of = |times: &[u64]| {
                let mut histogram = Histogram::default();
                times.iter().for_each(|it| histogram.record(*it));
                histogram
            };
            let mut sum = of(&one);
            sum.add(&of(&other));
            prop_assert_eq!(&sum, &of(&[one, other].concat()));
            prop_assert_eq!(Histogram::from_bytes(&sum.to_bytes()), Some(sum));
        }
    }
}

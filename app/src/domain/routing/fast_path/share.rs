//! The share of a window that one API key may fill, so that no key can teach all others.

/// The most entries of one key in a window that others share: a fifth of it, at least one.
pub(super) fn limit(window: usize) -> usize {
    (window / 5).max(1)
}

/// A few random numbers from one.
pub(super) struct Dice(u64);

impl Dice {
    /// `roll` is uniform in `[0, 1)`.
    pub(super) fn of(roll: f64) -> Self {
        Self(roll.to_bits())
    }

    /// Uniform below `end`, which is not 0.
    pub(super) fn below(&mut self, end: usize) -> usize {
        usize::try_from(self.next() % (end.max(1) as u64)).unwrap_or_default()
    }

    /// Uniform from 0 to below 1.
    pub(super) fn unit(&mut self) -> f64 {
        (self.next() >> 11) as f64 / (1_u64 << 53) as f64
    }

    /// SplitMix64.
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }
}

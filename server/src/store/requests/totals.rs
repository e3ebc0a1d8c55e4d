//! What calls add up to, by minute and by hour. The sums of the running minute and hour are in memory; those that a batch
//! of calls changes are written with it, whole. So a batch may be written twice, and no two processes change one row.
//!
//! A call counts when it is written, which is a moment after its end.

mod read;
mod write;

use std::{
    collections::{BTreeMap, HashMap},
    hash::{BuildHasher as _, Hasher as _, RandomState},
};

use app::domain::{console::call_totals::CallTotals, timestamp::Timestamp};

pub use self::read::{SumsOf, TotalsFilter, TotalsOf};
use super::row::CallRow;

/// Sums that are kept apart in one minute or hour; beyond them all others make one of each kind, without texts.
const MAX_SERIES: usize = 4_096;
/// How far the clock may go back, in milliseconds; meanwhile calls count in the minute that it had reached.
const MAX_STEP_BACK_MS: i64 = 120_000;

/// How long the time is that sums are for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Grain {
    /// A minute.
    Minute,
    /// An hour.
    Hour,
}

impl Grain {
    /// All of them.
    pub const ALL: [Self; 2] = [Self::Minute, Self::Hour];

    /// Its length in milliseconds.
    pub fn ms(self) -> i64 {
        match self {
            Self::Minute => 60_000,
            Self::Hour => 3_600_000,
        }
    }

    fn table(self) -> &'static str {
        match self {
            Self::Minute => "calls_by_minute",
            Self::Hour => "calls_by_hour",
        }
    }

    fn start(self, now: Timestamp) -> i64 {
        now.0.div_euclid(self.ms()) * self.ms()
    }
}

/// What calls must have in common to be added up: the numbers of their texts, 0 for none, and their kind.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
struct Series {
    texts: [i64; 6],
    kind: i64,
}

impl Series {
    fn of(call: &CallRow) -> Self {
        let [balancer, _, route, reason, instance, api, api_key, ..] =
            call.texts.numbers.get().copied().unwrap_or_default();
        let texts = [balancer, route, reason, instance, api, api_key].map(Option::unwrap_or_default);
        Self { texts, kind: call.flags.kind() }
    }

    /// The one for those that are not kept apart.
    fn rest(self) -> Self {
        Self { kind: self.kind, ..Self::default() }
    }
}

/// The sums of this process that may still grow.
#[derive(Clone, Debug)]
pub struct RunningTotals {
    /// Tells the rows of this process from those of others and of earlier ones.
    writer: i64,
    /// In the order of [`Grain::ALL`].
    open: [Sums; 2],
}

/// The sums of one minute or hour.
#[derive(Clone, Debug, Default)]
struct Sums {
    start: i64,
    by_series: HashMap<Series, CallTotals>,
}

/// Sums with a batch of calls in them, in the order of [`Grain::ALL`]; only those that the batch changes.
#[derive(Debug)]
pub(super) struct StagedTotals([Sums; 2]);

impl Default for RunningTotals {
    fn default() -> Self {
        let random = RandomState::new().build_hasher().finish() >> 1;
        Self { writer: i64::try_from(random).unwrap_or_default(), open: Default::default() }
    }
}

impl RunningTotals {
    /// Begins anew, as another process would, if the clock has gone back far: what was written of those minutes stays.
    pub(super) fn follow_clock(&mut self, now: Timestamp) {
        let [minute, _] = &self.open;
        if now.0 < minute.start - MAX_STEP_BACK_MS {
            *self = Self::default();
        }
    }

    /// The sums as they are with these calls, which end now.
    pub(super) fn stage(&self, calls: &[CallRow], now: Timestamp) -> StagedTotals {
        // In a fixed order, so that the same batch is added up in the same way again.
        let mut batch: BTreeMap<Series, CallTotals> = BTreeMap::new();
        for call in calls {
            count(batch.entry(Series::of(call)).or_default(), call);
        }
        let [minute, hour] = [0, 1].map(|at| self.open[at].with(&batch, Grain::ALL[at].start(now)));
        StagedTotals([minute, hour])
    }

    /// Takes over what has been written.
    pub(super) fn keep(&mut self, staged: StagedTotals) {
        for (open, staged) in self.open.iter_mut().zip(staged.0) {
            if open.start != staged.start {
                *open = Sums { start: staged.start, by_series: HashMap::new() };
            }
            open.by_series.extend(staged.by_series);
        }
    }
}

impl Sums {
    fn with(&self, batch: &BTreeMap<Series, CallTotals>, start: i64) -> Self {
        let start = start.max(self.start);
        let known = |series: &Series| self.by_series.get(series).filter(|_| self.start == start);
        let room =
            if self.start == start { MAX_SERIES.saturating_sub(self.by_series.len()) } else { MAX_SERIES };
        let mut sums = Self { start, by_series: HashMap::new() };
        for (series, more) in batch {
            let has_place = known(series).is_some() || sums.by_series.len() < room;
            let series = if has_place { *series } else { series.rest() };
            let sum =
                sums.by_series.entry(series).or_insert_with(|| known(&series).cloned().unwrap_or_default());
            sum.add(more);
        }
        sums
    }
}

fn count(sum: &mut CallTotals, call: &CallRow) {
    let us = |time: i64| u64::try_from(time).unwrap_or_default();
    sum.count_status(call.status);
    sum.retries += call.attempts.saturating_sub(1) as u64;
    sum.prompt_tokens = sum.prompt_tokens.saturating_add(call.tokens.prompt.unwrap_or_default());
    sum.completion_tokens = sum.completion_tokens.saturating_add(call.tokens.completion.unwrap_or_default());
    sum.total.record(us(call.us.total));
    if let Some(time) = call.us.first_byte {
        sum.first_byte.record(us(time));
    }
    if let Some(time) = call.us.router {
        sum.router.record(us(time));
    }
}

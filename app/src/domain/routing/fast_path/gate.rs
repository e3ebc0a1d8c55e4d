//! The gate of a label: how large a margin must be, and how near the nearest entry.

use super::sample::Sample;

/// Least agreement, as a lower confidence bound, that lets the bank answer.
pub const LOWER_BOUND: f64 = 0.90;
/// Least number of samples at or above a threshold.
pub const MIN_SAMPLES: usize = 30;
/// Quantile of the one-sided 95 % level of the normal distribution.
const Z: f64 = 1.644_853_626_951_472_2;
/// Share of the agreeing samples, by weight, that lies below the floor.
const FLOOR_SHARE: f64 = 0.25;
/// Number of steps from margins to agreement.
const STEPS: usize = 10;

/// When the bank may answer with a label.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Gate {
    /// Least margin; `None`: the bank never answers with this label.
    pub threshold: Option<f32>,
    /// Least similarity of the nearest entry of the label.
    pub floor: f32,
    /// Number of samples that it was computed from.
    pub samples: usize,
    /// Margins, ascending, each with the agreement seen from it to the next; never falling.
    steps: Vec<(f32, f32)>,
}

impl Gate {
    /// The gate that these samples allow.
    pub fn of<'a>(samples: impl IntoIterator<Item = &'a Sample>) -> Self {
        let mut samples: Vec<&Sample> = samples.into_iter().collect();
        samples.sort_by(|a, b| b.margin.total_cmp(&a.margin));
        Self {
            threshold: threshold(&samples),
            floor: floor(&samples),
            samples: samples.len(),
            steps: steps(&samples),
        }
    }

    /// Whether the bank may answer a vote with this margin and nearest similarity.
    pub fn is_open(&self, margin: f32, nearest: f32) -> bool {
        self.threshold.is_some_and(|least| margin >= least) && nearest >= self.floor
    }

    /// The agreement seen at a margin, 0–1; 0 without samples.
    pub fn agreement_at(&self, margin: f32) -> f32 {
        let at = self.steps.partition_point(|it| it.0 <= margin).saturating_sub(1);
        self.steps.get(at).map_or(0.0, |it| it.1)
    }
}

/// Wilson's one-sided 95 % lower bound of a share seen in `n` samples; 0 without any.
pub fn wilson_lower_bound(share: f64, n: usize) -> f64 {
    if n == 0 {
        return 0.0;
    }
    let n = n as f64;
    let spread = Z * (share * (1.0 - share) / n + Z * Z / (4.0 * n * n)).max(0.0).sqrt();
    ((share + Z * Z / (2.0 * n) - spread) / (1.0 + Z * Z / n)).clamp(0.0, 1.0)
}

/// The lowest margin with enough agreement at and above it. `samples` are in descending order of their margins.
fn threshold(samples: &[&Sample]) -> Option<f32> {
    let (mut agreed, mut all, mut n) = (0.0, 0.0, 0);
    let mut lowest = None;
    // Samples of one margin are above the threshold together or not at all.
    for equal in samples.chunk_by(|a, b| a.margin == b.margin) {
        let (more_agreed, more) = weights(equal);
        agreed += more_agreed;
        all += more;
        n += equal.len();
        if n >= MIN_SAMPLES && wilson_lower_bound(agreed / all, n) >= LOWER_BOUND {
            lowest = equal.first().map(|it| it.margin);
        }
    }
    lowest
}

/// The weighted quantile of the nearest similarity among agreeing samples; 1 without any.
fn floor(samples: &[&Sample]) -> f32 {
    let mut agreeing: Vec<&Sample> = samples.iter().copied().filter(|it| it.agreed).collect();
    agreeing.sort_by(|a, b| a.nearest.total_cmp(&b.nearest));
    let least = FLOOR_SHARE * weights(&agreeing).1;
    let mut below = 0.0;
    for sample in agreeing {
        below += f64::from(sample.weight);
        if below >= least {
            return sample.nearest;
        }
    }
    1.0
}

/// The weights of agreeing samples, and of all.
fn weights(samples: &[&Sample]) -> (f64, f64) {
    let sum = |agreed_only: bool| -> f64 {
        samples.iter().filter(|it| it.agreed || !agreed_only).map(|it| f64::from(it.weight)).sum()
    };
    (sum(true), sum(false))
}

/// Agreement by margin, in groups of equal size. Neighbouring groups are joined where agreement would fall, since a
/// larger margin is never a worse sign.
fn steps(samples: &[&Sample]) -> Vec<(f32, f32)> {
    let mut steps: Vec<(f32, f64, f64)> = Vec::with_capacity(STEPS);
    for group in samples.rchunks(samples.len().div_ceil(STEPS).max(1)) {
        let (mut agreed, mut all) = weights(group);
        let mut from = group.last().map_or(0.0, |it| it.margin);
        while let Some(last) = steps.pop_if(|last| last.1 * all >= agreed * last.2) {
            (from, agreed, all) = (last.0, agreed + last.1, all + last.2);
        }
        steps.push((from, agreed, all));
    }
    steps.into_iter().map(|(from, agreed, all)| (from, (agreed / all) as f32)).collect()
}

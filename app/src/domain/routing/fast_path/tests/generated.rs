//! Generated streams: texts as noisy points around the topics of labels, some of them between two labels.

/// Topics of a label.
const TOPICS: usize = 8;

/// SplitMix64.
pub(super) struct Rng(u64);

impl Rng {
    pub(super) fn new(seed: u64) -> Self {
        Self(seed)
    }

    pub(super) fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    /// Uniform in `[0, 1)`.
    pub(super) fn uniform(&mut self) -> f64 {
        (self.next() >> 11) as f64 / (1_u64 << 53) as f64
    }

    pub(super) fn below(&mut self, end: usize) -> usize {
        (self.uniform() * end as f64) as usize
    }

    /// Of mean 0 and variance 1.
    pub(super) fn normal(&mut self) -> f32 {
        (0..12).map(|_| self.uniform()).sum::<f64>() as f32 - 6.0
    }

    /// A vector of length 1 in any direction.
    pub(super) fn direction(&mut self, dimensions: usize) -> Vec<f32> {
        normalized((0..dimensions).map(|_| self.normal()).collect())
    }
}

fn normalized(mut values: Vec<f32>) -> Vec<f32> {
    let length = values.iter().map(|it| it * it).sum::<f32>().sqrt();
    values.iter_mut().for_each(|it| *it /= length);
    values
}

fn sum(parts: &[(&[f32], f32)]) -> Vec<f32> {
    let dimensions = parts.first().map_or(0, |it| it.0.len());
    (0..dimensions).map(|at| parts.iter().map(|(part, weight)| part[at] * weight).sum()).collect()
}

/// The kind of a set.
#[derive(Clone, Copy)]
pub(super) struct SetKind {
    /// Labels, the last one being `none`.
    pub(super) labels: usize,
    /// Dimensions of the embeddings.
    pub(super) dimensions: usize,
    /// Length of the noise around a topic of length 1.
    pub(super) noise: f32,
    /// Share of the texts that lie between two labels, 0–1.
    pub(super) between: f64,
}

/// A set of topics to draw texts from.
pub(super) struct Generated {
    pub(super) kind: SetKind,
    pub(super) rng: Rng,
    topics: Vec<Vec<Vec<f32>>>,
}

impl Generated {
    pub(super) fn new(seed: u64, kind: SetKind) -> Self {
        let mut rng = Rng::new(seed);
        let common = rng.direction(kind.dimensions);
        let mut topics = Vec::new();
        for _ in 0..kind.labels {
            let label = rng.direction(kind.dimensions);
            let topic = |rng: &mut Rng| {
                let own = rng.direction(kind.dimensions);
                normalized(sum(&[(&common, 0.4), (&label, 0.7), (&own, 0.7)]))
            };
            topics.push((0..TOPICS).map(|_| topic(&mut rng)).collect());
        }
        Self { kind, rng, topics }
    }

    /// The embedding of a text, and its label.
    pub(super) fn text(&mut self) -> (Vec<f32>, usize) {
        let mut label = self.rng.below(self.kind.labels);
        let mut centre = self.topics[label][self.rng.below(TOPICS)].clone();
        if self.rng.uniform() < self.kind.between {
            let other = self.rng.below(self.kind.labels);
            let share = self.rng.uniform() as f32;
            let neighbour = &self.topics[other][self.rng.below(TOPICS)];
            centre = normalized(sum(&[(&centre, 1.0 - share), (neighbour, share)]));
            if share > 0.5 {
                label = other;
            }
        }
        let noise = self.rng.direction(self.kind.dimensions);
        (sum(&[(&centre, 1.0), (&noise, self.kind.noise)]), label)
    }

    /// The embedding of a text that has nothing in common with any topic.
    pub(super) fn stranger(&mut self) -> Vec<f32> {
        self.rng.direction(self.kind.dimensions)
    }
}

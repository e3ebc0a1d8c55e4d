//! The vote of the nearest entries.

/// Number of entries that vote.
pub const NEIGHBOURS: usize = 7;
/// How much more a nearer entry's vote counts: its weight is `exp(SHARPNESS · similarity)`.
const SHARPNESS: f64 = 10.0;
/// Similarities that are compared together.
const GROUP: usize = 16;

/// An entry that votes.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Neighbour {
    /// Index of its label.
    pub label: usize,
    /// Cosine similarity, −1 to 1.
    pub similarity: f32,
}

/// The result of a vote.
#[derive(Clone, Debug, PartialEq)]
pub struct Vote {
    /// Index of the winning label.
    pub label: usize,
    /// Similarity of the nearest entry of the winning label.
    pub nearest: f32,
    /// `nearest` − the similarity of the nearest entry of any other label. Negative if that one is nearer.
    pub margin: f32,
    /// The entries that voted, nearest first.
    pub neighbours: Vec<Neighbour>,
}

/// A place in the bank.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Place {
    /// Index of the label.
    pub(super) label: usize,
    /// Index among the entries of the label.
    pub(super) row: usize,
}

/// What a search has found.
pub(super) struct Search {
    /// The nearest entries, nearest first.
    nearest: Vec<(f32, Place)>,
    /// Similarity of the nearest entry of each label.
    best: Vec<Option<f32>>,
    /// Similarity above which an entry is one of the nearest.
    least: f32,
}

impl Search {
    pub(super) fn new(labels: usize) -> Self {
        Self {
            nearest: Vec::with_capacity(NEIGHBOURS + 1),
            best: vec![None; labels],
            least: f32::NEG_INFINITY,
        }
    }

    /// Adds the similarities of all entries of a label.
    pub(super) fn see(&mut self, label: usize, similarities: &[f32]) {
        // In groups without branches, which are compared together.
        let (groups, rest) = similarities.as_chunks::<GROUP>();
        let mut highest = [f32::NEG_INFINITY; GROUP];
        for group in groups {
            for (highest, similarity) in highest.iter_mut().zip(group) {
                *highest = if *similarity > *highest { *similarity } else { *highest };
            }
        }
        let best = highest.iter().chain(rest).copied().fold(f32::NEG_INFINITY, f32::max);
        for (at, group) in similarities.chunks(GROUP).enumerate() {
            let least = self.least;
            if group.iter().fold(false, |is_near, similarity| is_near | (*similarity > least)) {
                for (row, similarity) in (at * GROUP..).zip(group) {
                    if *similarity > self.least {
                        self.insert(*similarity, Place { label, row });
                    }
                }
            }
        }
        if let Some(of_label) = self.best.get_mut(label).filter(|_| !similarities.is_empty()) {
            *of_label = Some(best);
        }
    }

    #[cold]
    fn insert(&mut self, similarity: f32, place: Place) {
        let at = self.nearest.partition_point(|it| it.0 >= similarity);
        self.nearest.insert(at, (similarity, place));
        self.nearest.truncate(NEIGHBOURS);
        self.least = match self.nearest.get(NEIGHBOURS - 1) {
            Some((least, _)) => *least,
            None => f32::NEG_INFINITY,
        };
    }

    /// The nearest entry.
    pub(super) fn nearest(&self) -> Option<(f32, Place)> {
        self.nearest.first().copied()
    }

    /// The vote. `None` unless two labels have entries: a margin needs a second label.
    pub(super) fn vote(&self) -> Option<Vote> {
        let mut weights = vec![0.0_f64; self.best.len()];
        for (similarity, place) in &self.nearest {
            if let Some(weight) = weights.get_mut(place.label) {
                *weight += (SHARPNESS * f64::from(*similarity)).exp();
            }
        }
        // Of equal weights the label of the nearer entry wins.
        let mut winner = self.nearest.first()?.1.label;
        for (_, place) in &self.nearest {
            if weights.get(place.label) > weights.get(winner) {
                winner = place.label;
            }
        }
        let nearest = (*self.best.get(winner)?)?;
        let others = self.best.iter().enumerate().filter(|(label, _)| *label != winner);
        let other = others.filter_map(|(_, best)| *best).reduce(f32::max)?;
        let neighbours = self
            .nearest
            .iter()
            .map(|(similarity, place)| Neighbour { label: place.label, similarity: *similarity });
        Some(Vote { label: winner, nearest, margin: nearest - other, neighbours: neighbours.collect() })
    }
}

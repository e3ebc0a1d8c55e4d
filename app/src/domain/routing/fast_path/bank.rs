//! The bank: judged embeddings by label.
//!
//! Bounded: when a label is full, a new entry replaces a random one, so that the bank follows what is asked now.

use std::sync::Arc;

use super::{
    share::{self, Dice},
    vector::{self, Embedding},
    vote::{Place, Search},
};

/// Maximum number of vectors of a label.
pub const LABEL_VECTORS: usize = 512;
/// Maximum number of components of all vectors of a balancer's bank; with more dimensions or labels a label has fewer
/// vectors.
pub const BALANCER_COMPONENTS: usize = 1_500_000;
/// Maximum memory of all banks together, in bytes.
pub const TOTAL_BYTES: usize = 64 * 1024 * 1024;
/// Similarity from which two texts count as the same.
pub const DUPLICATE: f32 = 0.995;

/// Judged embeddings of one number of dimensions, by label. A clone shares the entries until either side changes.
#[derive(Clone, Debug)]
pub struct Bank {
    dimensions: usize,
    capacity: usize,
    labels: Vec<Arc<Entries>>,
}

/// Entries of one label, in columns.
#[derive(Clone, Debug, Default)]
pub(super) struct Entries {
    words: Vec<i16>,
    inverse_lengths: Vec<f32>,
    callers: Vec<u64>,
}

impl Bank {
    /// An empty bank. A label holds at least one vector, whatever the numbers of labels and dimensions.
    pub fn new(labels: usize, dimensions: usize) -> Self {
        let per_label = BALANCER_COMPONENTS / (labels * dimensions).max(1);
        Self::with_capacity(labels, dimensions, per_label.clamp(1, LABEL_VECTORS))
    }

    /// An empty bank with this number of vectors a label.
    pub(super) fn with_capacity(labels: usize, dimensions: usize, capacity: usize) -> Self {
        Self { dimensions, capacity, labels: vec![Arc::default(); labels] }
    }

    /// The number of components of its vectors.
    pub fn dimensions(&self) -> usize {
        self.dimensions
    }

    /// The most vectors that a label can have.
    pub fn capacity(&self) -> usize {
        self.capacity
    }

    /// The number of vectors of each label.
    pub fn sizes(&self) -> impl ExactSizeIterator<Item = usize> {
        self.labels.iter().map(|it| it.callers.len())
    }

    /// Its size in memory, in bytes.
    pub fn bytes(&self) -> usize {
        let row = size_of::<i16>() * vector::row_words(self.dimensions) + size_of::<f32>() + size_of::<u64>();
        row * self.sizes().sum::<usize>()
    }

    /// All entries: the label, the caller and the components.
    pub fn entries(&self) -> impl Iterator<Item = (usize, u64, Vec<i8>)> {
        let words = vector::row_words(self.dimensions);
        self.labels.iter().enumerate().flat_map(move |(label, entries)| {
            let rows = entries.words.chunks_exact(words).zip(&entries.callers);
            rows.map(move |(row, caller)| (label, *caller, vector::unpacked(row, self.dimensions)))
        })
    }

    /// The nearest entries; `None` for an embedding of other dimensions.
    pub(super) fn search(&self, embedding: &Embedding) -> Option<Search> {
        if embedding.dimensions() != self.dimensions {
            return None;
        }
        let query = embedding.to_query();
        let mut search = Search::new(self.labels.len());
        let mut similarities = Vec::with_capacity(self.capacity);
        for (label, entries) in self.labels.iter().enumerate() {
            query.cosines(&entries.words, &entries.inverse_lengths, &mut similarities);
            search.see(label, &similarities);
        }
        Some(search)
    }

    /// Adds an entry. A full label loses a random one; a caller with a full share, one of its own. No effect for an
    /// unknown label or other dimensions.
    pub(super) fn add(&mut self, label: usize, embedding: &Embedding, caller: u64, roll: f64) {
        if embedding.dimensions() != self.dimensions {
            return;
        }
        let capacity = self.capacity;
        if let Some(entries) = self.labels.get_mut(label) {
            Arc::make_mut(entries).add(embedding, caller, capacity, &mut Dice::of(roll));
        }
    }

    /// Adds a stored entry. False if there is no room for it.
    pub(super) fn restore(&mut self, label: usize, embedding: &Embedding, caller: u64) -> bool {
        let capacity = self.capacity;
        let entries = self.labels.get_mut(label).filter(|it| it.callers.len() < capacity);
        entries.is_some_and(|entries| {
            Arc::make_mut(entries).push(embedding, caller);
            true
        })
    }

    /// Removes an entry.
    pub(super) fn remove(&mut self, place: Place) {
        if let Some(entries) = self.labels.get_mut(place.label) {
            Arc::make_mut(entries).remove(place.row);
        }
    }
}

impl Entries {
    fn add(&mut self, embedding: &Embedding, caller: u64, capacity: usize, dice: &mut Dice) {
        let share = share::limit(capacity);
        let alone = self.callers.iter().all(|it| *it == caller);
        if !alone {
            // Makes room for the new entry in its caller's share. Another caller exceeds the share only if it was
            // alone until now.
            let first = self.callers.first().copied().unwrap_or_default();
            self.limit_caller(caller, share - 1, dice);
            self.limit_caller(first, if first == caller { share - 1 } else { share }, dice);
        }
        if self.callers.len() >= capacity {
            self.remove(dice.below(self.callers.len()));
        }
        self.push(embedding, caller);
    }

    fn push(&mut self, embedding: &Embedding, caller: u64) {
        self.words.extend_from_slice(embedding.words());
        self.inverse_lengths.push(embedding.inverse_length());
        self.callers.push(caller);
    }

    /// Removes random entries of a caller until it has at most `limit`.
    fn limit_caller(&mut self, caller: u64, limit: usize, dice: &mut Dice) {
        let mut own: Vec<usize> =
            self.callers.iter().enumerate().filter(|(_, it)| **it == caller).map(|(row, _)| row).collect();
        while own.len() > limit {
            let row = own.swap_remove(dice.below(own.len()));
            let last = self.callers.len() - 1;
            self.remove(row);
            // The last row has moved into the gap.
            if let Some(moved) = own.iter_mut().find(|it| **it == last) {
                *moved = row;
            }
        }
    }

    fn remove(&mut self, row: usize) {
        let rows = self.callers.len();
        if row >= rows {
            return;
        }
        let words = self.words.len() / rows;
        self.words.copy_within((rows - 1) * words.., row * words);
        self.words.truncate((rows - 1) * words);
        self.inverse_lengths.swap_remove(row);
        self.callers.swap_remove(row);
    }
}

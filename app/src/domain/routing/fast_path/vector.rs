//! Embeddings as 8-bit vectors, and their cosine similarity by integer dot products.
//!
//! Two components share a 16-bit word, `low + 256 · high`. With the query's components prepared as `high` and
//! `256 · low − high`, the dot product is one multiply-add of whole words and one of low halves, which compilers turn
//! into SIMD instructions that every x86-64 and AArch64 machine has. The result is exact.

use std::array;

/// Maximum number of components of an embedding.
pub const MAX_DIMENSIONS: usize = 16_384;

/// Words that one step of the dot product reads.
const LANES: usize = 16;
/// Steps that are summed together: the number for which compilers make the best code, and whose sum fits 32 bits (192
/// components, each product at most 127², times 256).
const STEPS: usize = 6;
/// Largest magnitude of a component.
const SCALE: f32 = 127.0;

/// An embedding with components of 8 bits. Its length does not matter: only directions are compared.
#[derive(Clone, Debug, PartialEq)]
pub struct Embedding {
    words: Vec<i16>,
    dimensions: usize,
    /// 1 ÷ the length of the 8-bit vector.
    inverse_length: f32,
}

impl Embedding {
    /// The embedding with the direction of `values`. `None` if they have no direction (all zero, not finite), or if
    /// there are none or more than [`MAX_DIMENSIONS`].
    pub fn of(values: &[f32]) -> Option<Self> {
        if values.iter().any(|it| !it.is_finite()) {
            return None;
        }
        let largest = values.iter().fold(0.0_f32, |largest, it| largest.max(it.abs()));
        // The division comes first: a multiplication could leave the range of a very large or small value.
        let components: Vec<i8> = values.iter().map(|it| (it / largest * SCALE).round() as i8).collect();
        Self::from_components(&components)
    }

    /// The embedding with these components, as [`Self::components`] gives them. `None` as for [`Self::of`].
    pub fn from_components(components: &[i8]) -> Option<Self> {
        let square: i64 = components.iter().map(|it| i64::from(*it) * i64::from(*it)).sum();
        if square == 0 || components.len() > MAX_DIMENSIONS {
            return None;
        }
        let mut words: Vec<i16> = components.chunks(2).map(pack).collect();
        words.resize(row_words(components.len()), 0);
        Some(Self { words, dimensions: components.len(), inverse_length: 1.0 / (square as f32).sqrt() })
    }

    /// The number of components.
    pub fn dimensions(&self) -> usize {
        self.dimensions
    }

    /// The components, each within ±127.
    pub fn components(&self) -> Vec<i8> {
        unpacked(&self.words, self.dimensions)
    }

    /// The cosine of the angle between two embeddings; 0 if their dimensions differ.
    pub fn cosine(&self, other: &Self) -> f32 {
        if self.dimensions != other.dimensions {
            return 0.0;
        }
        let mut similarities = Vec::with_capacity(1);
        self.to_query().cosines(&other.words, &[other.inverse_length], &mut similarities);
        similarities.first().copied().unwrap_or_default()
    }

    /// The form in which it is compared with many rows.
    pub(super) fn to_query(&self) -> Query {
        let steps = self.words.as_chunks::<LANES>().0.iter().map(|words| Step {
            mixed: words.map(|word| 256 * low(word) - high(word)),
            high: words.map(high),
        });
        Query { steps: steps.collect(), inverse_length: self.inverse_length }
    }

    pub(super) fn words(&self) -> &[i16] {
        &self.words
    }

    pub(super) fn inverse_length(&self) -> f32 {
        self.inverse_length
    }
}

/// An embedding prepared for comparison with many others.
pub(super) struct Query {
    steps: Vec<Step>,
    inverse_length: f32,
}

struct Step {
    /// `256 · low − high` of each word, which times the row's low half corrects the product of whole words.
    mixed: [i16; LANES],
    high: [i16; LANES],
}

impl Query {
    /// Replaces `similarities` by the cosines of the angles to rows of packed words with these inverse lengths.
    // A function of its own: with anything else in the loop, compilers miss that it is one sum of products.
    #[inline(never)]
    pub(super) fn cosines(&self, words: &[i16], inverse_lengths: &[f32], similarities: &mut Vec<f32>) {
        similarities.clear();
        similarities.resize(inverse_lengths.len(), 0.0);
        let row_words = (self.steps.len() * LANES).max(1);
        let (pairs, last) = similarities.as_chunks_mut::<2>();
        // Two rows together share the loads of the query.
        for (pair, rows) in pairs.iter_mut().zip(words.chunks_exact(2 * row_words)) {
            let (first, second) = rows.split_at(row_words);
            *pair = self.dots(first, second).map(|it| it as f32);
        }
        if let (Some(similarity), Some(row)) = (last.first_mut(), words.rchunks_exact(row_words).next()) {
            let [dot, _] = self.dots(row, row);
            *similarity = dot as f32;
        }
        for (similarity, length) in similarities.iter_mut().zip(inverse_lengths) {
            *similarity *= self.inverse_length * length;
        }
    }

    /// The dot products of two rows.
    #[inline(always)]
    fn dots(&self, first: &[i16], second: &[i16]) -> [i64; 2] {
        let (blocks, rest) = self.steps.as_chunks::<STEPS>();
        let (first, first_rest) = first.as_chunks::<LANES>().0.as_chunks::<STEPS>();
        let (second, second_rest) = second.as_chunks::<LANES>().0.as_chunks::<STEPS>();
        let (mut first_sum, mut second_sum) = (0_i64, 0_i64);
        for ((first, second), steps) in first.iter().zip(second).zip(blocks) {
            first_sum += i64::from(dot(first, steps));
            second_sum += i64::from(dot(second, steps));
        }
        if !rest.is_empty() {
            first_sum += dot_of_rest(first_rest, rest);
            second_sum += dot_of_rest(second_rest, rest);
        }
        [first_sum, second_sum]
    }
}

/// The dot product of fewer than [`STEPS`] steps.
#[inline(never)]
fn dot_of_rest(words: &[[i16; LANES]], steps: &[Step]) -> i64 {
    let products =
        words.iter().zip(steps).map(|(words, step)| dot(array::from_ref(words), array::from_ref(step)));
    products.map(i64::from).sum()
}

/// The dot product of some steps.
#[inline(always)]
fn dot<const N: usize>(words: &[[i16; LANES]; N], steps: &[Step; N]) -> i32 {
    let mut sums = [0_i32; LANES];
    for at in 0..N {
        let (words, step) = (&words[at], &steps[at]);
        for lane in 0..LANES {
            sums[lane] += i32::from(low(words[lane])) * i32::from(step.mixed[lane])
                + i32::from(words[lane]) * i32::from(step.high[lane]);
        }
    }
    sums.iter().sum::<i32>() >> 8
}

/// The number of words of a row with this many components; rows are padded to whole steps.
pub(super) fn row_words(dimensions: usize) -> usize {
    dimensions.div_ceil(2).next_multiple_of(LANES)
}

/// The components of a row.
pub(super) fn unpacked(words: &[i16], dimensions: usize) -> Vec<i8> {
    let halves = words.iter().flat_map(|word| [low(*word) as i8, high(*word) as i8]);
    halves.take(dimensions).collect()
}

fn pack(pair: &[i8]) -> i16 {
    // −128 has no opposite, and would leave the range of a word.
    let half = |at: usize| i16::from(pair.get(at).copied().unwrap_or_default().max(-127));
    half(0) + 256 * half(1)
}

#[inline]
const fn low(word: i16) -> i16 {
    (word << 8) >> 8
}

#[inline]
const fn high(word: i16) -> i16 {
    (word - low(word)) >> 8
}

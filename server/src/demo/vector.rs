//! Embeddings by feature hashing: the same vector for the same text everywhere, and similar vectors for texts with
//! similar words.
//!
//! Words (by their stems), pairs of neighbours and three-letter pieces each add to one dimension of the vector, with a
//! sign of their own (Weinberger et al., "Feature hashing for large scale multitask learning", 2009).

use app::domain::config::words;

/// Default length of vectors.
pub(super) const DIMENSIONS: usize = 256;
/// Maximum length of vectors.
pub(super) const MAX_DIMENSIONS: usize = 1_024;

const WORD: f32 = 1.0;
const PAIR: f32 = 0.5;
const PIECE: f32 = 0.25;

/// The vector of a text, normalised to length one.
pub(super) fn of(text: &str, dimensions: usize) -> Vec<f32> {
    let mut vector = vec![0.0_f32; dimensions.max(1)];
    let mut add = |kind: u8, feature: &str, weight: f32| {
        let hash = hash(&[&[kind], feature.as_bytes()].concat());
        let sign = if hash >> 63 == 0 { 1.0 } else { -1.0 };
        let place = usize::try_from((hash & 0x7fff_ffff) % vector.len() as u64).unwrap_or_default();
        if let Some(value) = vector.get_mut(place) {
            *value += sign * weight;
        }
    };
    let words = words::words(text);
    let mut previous = String::new();
    for word in &words {
        let stem = words::stem(word);
        let weight = if words::is_stop_word(word) { PIECE } else { WORD };
        add(b'w', &stem, weight);
        add(b'p', &format!("{previous} {stem}"), PAIR);
        let letters: Vec<char> = word.chars().collect();
        for piece in letters.windows(3) {
            add(b'l', &piece.iter().collect::<String>(), PIECE);
        }
        previous = stem;
    }
    // A text without words, such as an emoji, still gets a direction of its own.
    if words.is_empty() {
        add(b't', text, WORD);
    }
    normalised(vector)
}

fn normalised(mut vector: Vec<f32>) -> Vec<f32> {
    let length = vector.iter().map(|it| it * it).sum::<f32>().sqrt();
    match vector.first_mut() {
        // Features may cancel out, rarely; a direction is still needed.
        Some(first) if length == 0.0 => *first = 1.0,
        _ => vector.iter_mut().for_each(|it| *it /= length),
    }
    vector
}

/// 64-bit FNV-1a with a final mix that spreads its bits. The same on every machine and in every release, unlike the
/// standard library's hash.
pub(super) fn hash(bytes: &[u8]) -> u64 {
    let hash = bytes.iter().fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| {
        (hash ^ u64::from(*byte)).wrapping_mul(0x0000_0100_0000_01b3)
    });
    let hash = (hash ^ (hash >> 33)).wrapping_mul(0xff51_afd7_ed55_8ccd);
    hash ^ (hash >> 33)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cosine(one: &str, other: &str) -> f32 {
        of(one, DIMENSIONS).iter().zip(of(other, DIMENSIONS)).map(|(a, b)| a * b).sum()
    }

    #[test]
    fn vectors_have_length_one_whatever_the_text() {
        for text in ["", " ", "a", "🙂", "the quick brown fox", "日本語のテキスト"] {
            for dimensions in [1, 2, 256, 1_024] {
                let length: f32 = of(text, dimensions).iter().map(|it| it * it).sum();
                assert!((length - 1.0).abs() < 1e-4, "{text} {dimensions}: {length}");
            }
        }
    }

    #[test]
    fn the_same_text_has_the_same_vector() {
        assert_eq!(of("reset my password", 8), of("reset my password", 8));
        assert_eq!(hash(b"smart balancer"), 13_026_477_230_864_839_267);
    }

    #[test]
    fn texts_with_like_words_are_nearer_than_others() {
        let near = cosine("How do I reset my password?", "I forgot my password and need to reset it");
        let far = cosine("How do I reset my password?", "A haiku about the autumn moon");
        assert!(near > 0.4 && far < 0.2 && cosine("a b c", "a b c") > 0.999, "{near} {far}");
    }
}

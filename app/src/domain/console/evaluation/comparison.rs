//! Paired comparison of two runs by McNemar's test: only prompts that one run routed rightly and the other did not count.

use std::collections::HashMap;

use super::outcomes::Outcome;

/// The chance below which a difference is taken for one.
pub const SIGNIFICANCE: f64 = 0.05;

/// The prompts that two runs have in common, by which of them was right.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Comparison {
    /// Prompts in both runs with the same expected route.
    pub pairs: usize,
    /// Pairs that only the first run routed rightly.
    pub only_first: usize,
    /// Pairs that only the second run routed rightly.
    pub only_second: usize,
    /// The chance of a difference at least this large if both were equally good, 0.0–1.0.
    pub p: f64,
}

impl Comparison {
    /// Pairs the prompts of two runs. A prompt that a set has several times is paired as often as both runs have it.
    pub fn of(first: &[Outcome], second: &[Outcome]) -> Self {
        let mut unpaired: HashMap<(u64, &str), Vec<&Outcome>> = HashMap::new();
        for it in second.iter().rev() {
            unpaired.entry((it.prompt, &it.expected)).or_default().push(it);
        }
        let mut comparison = Self::default();
        for it in first {
            let same = unpaired.get_mut(&(it.prompt, it.expected.as_str())).and_then(Vec::pop);
            let Some(same) = same else { continue };
            comparison.pairs += 1;
            match (it.correct, same.correct) {
                (true, false) => comparison.only_first += 1,
                (false, true) => comparison.only_second += 1,
                (true, true) | (false, false) => {}
            }
        }
        comparison.p = mcnemar(comparison.only_first, comparison.only_second);
        comparison
    }

    /// Whether the difference is too large for chance.
    pub fn is_clear(&self) -> bool {
        self.p < SIGNIFICANCE
    }

    /// The result in plain words, from the view of the first run.
    pub fn words(&self) -> String {
        let Self { pairs, only_first, only_second, p } = *self;
        if pairs == 0 {
            return "The runs have no prompt in common".to_owned();
        }
        if only_first + only_second == 0 {
            return "No difference: both runs were right on the same prompts".to_owned();
        }
        if !self.is_clear() {
            return format!("No clear difference: {only_first} against {only_second}");
        }
        let verdict = if only_first > only_second { "better" } else { "worse" };
        let p = if p < 0.001 { "p < 0.001".to_owned() } else { format!("p = {p:.3}") };
        format!("This run is clearly {verdict}: {only_first} against {only_second} ({p})")
    }
}

/// The two-sided p-value of McNemar's test for `b` against `c` discordant pairs. It is the exact binomial one for any
/// number of them, because sets are small enough that no approximation is needed.
pub fn mcnemar(b: usize, c: usize) -> f64 {
    let n = b + c;
    // Logarithms, so that no power of a half underflows.
    let mut log_of_term = -(n as f64) * std::f64::consts::LN_2;
    let mut tail = 0.0;
    for i in 0..=b.min(c) {
        tail += log_of_term.exp();
        log_of_term += ((n - i) as f64).ln() - ((i + 1) as f64).ln();
    }
    (2.0 * tail).min(1.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn outcome(prompt: u64, correct: bool) -> Outcome {
        let expected = "code".to_owned();
        Outcome { prompt, expected, chosen: None, correct, confidence: None }
    }

    #[test]
    fn p_values_are_those_of_the_exact_binomial_test() {
        let known = [
            (0, 0, 1.0),
            (0, 1, 1.0),
            (5, 7, 0.774_414_062_5),
            (1, 5, 0.218_75),
            (0, 6, 0.031_25),
            (10, 25, 0.016_673_847_800_120_71),
            (4, 14, 0.030_883_789_062_5),
            (59, 6, 4.964_650_327_128_617e-12),
            (400, 500, 0.000_956_444_136_919_446_1),
            (500, 500, 1.0),
            (0, 1_000, 1.866_527_237_006_437_8e-301),
        ];
        for (b, c, expected) in known {
            for found in [mcnemar(b, c), mcnemar(c, b)] {
                assert!((found - expected).abs() <= expected * 1e-9, "{b}, {c}: {found}");
            }
        }
        assert!((0.0..1e-300).contains(&mcnemar(0, 100_000)));
    }

    #[test]
    fn only_common_prompts_with_the_same_route_are_paired() {
        let first =
            [outcome(1, true), outcome(2, true), outcome(3, false), outcome(4, true), outcome(9, true)];
        let mut second =
            [outcome(4, false), outcome(3, true), outcome(2, true), outcome(1, false), outcome(8, true)];
        let comparison = Comparison::of(&first, &second);
        assert_eq!((comparison.pairs, comparison.only_first, comparison.only_second), (4, 2, 1));
        assert!(!comparison.is_clear());
        second[0].expected = "legal".to_owned();
        assert_eq!(Comparison::of(&first, &second).pairs, 3, "its expected route was corrected in between");
        assert_eq!(Comparison::of(&first, &[]), Comparison { p: 1.0, ..Comparison::default() });
    }

    #[test]
    fn the_result_is_told_in_plain_words() {
        let of = |pairs, only_first, only_second| {
            Comparison { pairs, only_first, only_second, p: mcnemar(only_first, only_second) }.words()
        };
        assert_eq!(of(0, 0, 0), "The runs have no prompt in common");
        assert_eq!(of(9, 0, 0), "No difference: both runs were right on the same prompts");
        assert_eq!(of(90, 7, 5), "No clear difference: 7 against 5");
        assert_eq!(of(90, 14, 4), "This run is clearly better: 14 against 4 (p = 0.031)");
        assert_eq!(of(90, 6, 59), "This run is clearly worse: 6 against 59 (p < 0.001)");
    }

    #[test]
    fn a_repeated_prompt_is_paired_as_often_as_both_have_it_and_in_order() {
        let first = [outcome(1, true), outcome(1, false), outcome(1, true)];
        let second = [outcome(1, true), outcome(1, true)];
        let comparison = Comparison::of(&first, &second);
        assert_eq!((comparison.pairs, comparison.only_first, comparison.only_second), (2, 0, 1));
    }
}

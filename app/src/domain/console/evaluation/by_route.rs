//! Accuracy and recall of each route, and of the routes and the default apart.

use super::Confusion;

/// How many prompts belonged to a route, were sent to it, and both.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct RouteScore {
    /// Prompts whose expected route it is.
    pub expected: usize,
    /// Prompts for which the router model chose it.
    pub chosen: usize,
    /// Prompts of both kinds.
    pub correct: usize,
}

impl RouteScore {
    /// The share of the prompts sent there that belong there; `None` if none were sent.
    pub fn accuracy(&self) -> Option<f64> {
        share(self.correct, self.chosen)
    }

    /// The share of the prompts that belong there that were sent there; `None` if none belong there.
    pub fn recall(&self) -> Option<f64> {
        share(self.correct, self.expected)
    }
}

fn share(part: usize, whole: usize) -> Option<f64> {
    (whole > 0).then(|| part as f64 / whole as f64)
}

/// The score of all routes that `is_one_of` selects, together. A prompt that took another of them than expected counts
/// as sent and as belonging, but not as correct.
pub fn score_of(confusion: &[Confusion], is_one_of: impl Fn(&str) -> bool) -> RouteScore {
    let mut score = RouteScore::default();
    for cell in confusion {
        let is_expected = is_one_of(&cell.expected);
        let is_chosen = cell.chosen.as_deref().is_some_and(&is_one_of);
        let is_correct = is_expected && cell.chosen.as_ref() == Some(&cell.expected);
        score.expected += if is_expected { cell.count } else { 0 };
        score.chosen += if is_chosen { cell.count } else { 0 };
        score.correct += if is_correct { cell.count } else { 0 };
    }
    score
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cell(expected: &str, chosen: Option<&str>, count: usize) -> Confusion {
        Confusion { expected: expected.to_owned(), chosen: chosen.map(str::to_owned), count }
    }

    #[test]
    fn routes_and_the_default_are_scored_apart() {
        let confusion = [
            cell("code", Some("code"), 6),
            cell("code", Some("legal"), 1),
            cell("code", Some("general"), 2),
            cell("code", None, 1),
            cell("general", Some("general"), 3),
            cell("general", Some("legal"), 1),
        ];
        let of = |expected, chosen, correct| RouteScore { expected, chosen, correct };
        assert_eq!(score_of(&confusion, |it| it == "code"), of(10, 6, 6));
        assert_eq!(score_of(&confusion, |it| it != "general"), of(10, 8, 6));
        assert_eq!(score_of(&confusion, |it| it == "general"), of(4, 5, 3));
        let legal = score_of(&confusion, |it| it == "legal");
        assert_eq!((legal, legal.recall(), legal.accuracy()), (of(0, 2, 0), None, Some(0.0)));
        assert_eq!(score_of(&[], |_| true).accuracy(), None);
    }
}

//! How well a balancer's router model sorts prompts whose routes are known: the prompts, one run over them, and the
//! score of a run.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::domain::{config::balancer::Balancer, routing::decision::Reason, timestamp::Timestamp};

/// The most prompts of a set.
pub const PROMPTS: usize = 1_000;
/// The most characters of a prompt.
pub const PROMPT_CHARS: usize = 8_000;
/// Misses that a run remembers; their number is always told.
pub const MISSES: usize = 100;
/// Characters of a missed prompt that a run remembers.
const MISS_CHARS: usize = 300;

/// A prompt whose route is known.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct LabelledPrompt {
    /// What a user says.
    pub prompt: String,
    /// The route that it should take.
    pub expected: String,
}

/// The labelled prompts of a balancer or a draft.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct PromptSet {
    /// The prompts, in their order.
    pub prompts: Vec<LabelledPrompt>,
    /// When they were saved.
    pub updated_at: Timestamp,
    /// Who saved them.
    pub updated_by: String,
}

/// What became of one prompt.
#[derive(Clone, Debug, PartialEq)]
pub struct Classified {
    /// The prompt, and where it should go.
    pub labelled: LabelledPrompt,
    /// The route that a call would take.
    pub route: String,
    /// Why.
    pub reason: Reason,
    /// What the router model took, in milliseconds; absent where it was not asked.
    pub ms: Option<f64>,
}

impl Classified {
    /// Whether the router model itself gave a valid answer.
    pub fn is_answered(&self) -> bool {
        matches!(self.reason, Reason::Matched | Reason::NoMatch)
    }

    /// Whether the router model sent it where it belongs. A default that was only fallen back to is luck.
    pub fn is_correct(&self) -> bool {
        self.is_answered() && self.route == self.labelled.expected
    }
}

/// How a run ended.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RunEnd {
    /// Every prompt was classified.
    #[default]
    Done,
    /// Somebody stopped it; the score is of what was classified until then.
    Stopped,
}

/// One run over a set, once it has ended.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct EvaluationRun {
    /// Its id, `eval_…`.
    pub id: String,
    /// When it began.
    pub begun_at: Timestamp,
    /// When it ended.
    pub ended_at: Timestamp,
    /// Who began it.
    pub by: String,
    /// The revision of the balancer that was evaluated; absent for a draft.
    pub revision: Option<u64>,
    /// How it ended.
    pub end: RunEnd,
    /// The prompts that it was to classify.
    pub planned: usize,
    /// What came of it.
    pub score: Score,
}

/// A run under way.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Progress {
    /// Prompts that were classified.
    pub done: usize,
    /// Those of them that were sent where they belong.
    pub correct: usize,
    /// All prompts.
    pub planned: usize,
    /// Whether somebody stopped it and it is about to end.
    pub stopping: bool,
}

/// What a page about evaluating shows.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Evaluation {
    /// The prompts, where any are kept.
    pub set: Option<PromptSet>,
    /// The same as CSV; the starter set where none are kept.
    pub csv: String,
    /// The run under way.
    pub progress: Option<Progress>,
    /// How far the latest run was when its server stopped; it has no result.
    pub interrupted: Option<Progress>,
    /// The last run and the one before it, newest first.
    pub runs: Vec<EvaluationRun>,
}

/// What came of the prompts that were classified.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Score {
    /// Prompts that were classified.
    pub classified: usize,
    /// Those that were sent where they belong.
    pub correct: usize,
    /// Those that the router model gave no valid answer to.
    pub unanswered: usize,
    /// How often what was expected went where, without what never happened; in the order of the names.
    pub confusion: Vec<Confusion>,
    /// What was sent elsewhere, in the order of the set; the first [`MISSES`].
    pub misses: Vec<Miss>,
    /// What the router model took; absent where it was never asked.
    pub router_ms: Option<Percentiles>,
}

/// One cell of the confusion table.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Confusion {
    /// The route that was right.
    pub expected: String,
    /// The route that was chosen; absent where the router model gave no valid answer.
    pub chosen: Option<String>,
    /// How often.
    pub count: usize,
}

/// A prompt that was sent elsewhere.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Miss {
    /// Its beginning.
    pub prompt: String,
    /// Where it should go.
    pub expected: String,
    /// Where it went.
    pub route: String,
    /// Why.
    pub reason: Reason,
}

/// Times in milliseconds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Percentiles {
    /// Half took no longer.
    pub p50: f64,
    /// Nine of ten took no longer.
    pub p90: f64,
    /// All but one of a hundred took no longer.
    pub p99: f64,
}

impl Percentiles {
    /// Of these times, by nearest rank; `None` where there are none.
    pub fn of(mut times: Vec<f64>) -> Option<Self> {
        times.sort_by(f64::total_cmp);
        let rank =
            |percent: usize| times.get((times.len() * percent).div_ceil(100).saturating_sub(1)).copied();
        Some(Self { p50: rank(50)?, p90: rank(90)?, p99: rank(99)? })
    }
}

impl Score {
    /// The score of these.
    pub fn of(all: &[Classified]) -> Self {
        let mut cells: BTreeMap<(&str, Option<&str>), usize> = BTreeMap::new();
        for it in all {
            let chosen = it.is_answered().then_some(it.route.as_str());
            *cells.entry((&it.labelled.expected, chosen)).or_default() += 1;
        }
        let confusion = cells.into_iter().map(|((expected, chosen), count)| Confusion {
            expected: expected.to_owned(),
            chosen: chosen.map(str::to_owned),
            count,
        });
        Self {
            classified: all.len(),
            correct: all.iter().filter(|it| it.is_correct()).count(),
            unanswered: all.iter().filter(|it| !it.is_answered()).count(),
            confusion: confusion.collect(),
            misses: all.iter().filter(|it| !it.is_correct()).take(MISSES).map(miss).collect(),
            router_ms: Percentiles::of(all.iter().filter_map(|it| it.ms).collect()),
        }
    }

    /// The part that was sent where it belongs, 0.0–1.0; `None` where nothing was classified.
    pub fn accuracy(&self) -> Option<f64> {
        (self.classified > 0).then(|| self.correct as f64 / self.classified as f64)
    }
}

fn miss(it: &Classified) -> Miss {
    Miss {
        prompt: it.labelled.prompt.chars().take(MISS_CHARS).collect(),
        expected: it.labelled.expected.clone(),
        route: it.route.clone(),
        reason: it.reason,
    }
}

/// The prompts that a set can begin with: the examples of the routes.
pub fn starter_set(balancer: &Balancer) -> Vec<LabelledPrompt> {
    let of = |route: &crate::domain::config::balancer::Route| {
        let name = route.name.clone();
        let label = move |prompt: &String| LabelledPrompt { prompt: prompt.clone(), expected: name.clone() };
        route.examples.iter().map(label).collect::<Vec<_>>()
    };
    balancer.routes.iter().filter(|it| it.enabled).flat_map(of).take(PROMPTS).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn classified(expected: &str, route: &str, reason: Reason, ms: f64) -> Classified {
        let labelled = LabelledPrompt { prompt: "p".repeat(400), expected: expected.to_owned() };
        Classified { labelled, route: route.to_owned(), reason, ms: Some(ms) }
    }

    #[test]
    fn a_default_that_was_only_fallen_back_to_is_no_success() {
        let all = [
            classified("code", "code", Reason::Matched, 10.0),
            classified("general", "general", Reason::NoMatch, 20.0),
            classified("general", "general", Reason::RouterTimeout, 30.0),
            classified("code", "general", Reason::NoMatch, 40.0),
        ];
        let score = Score::of(&all);
        assert_eq!((score.classified, score.correct, score.unanswered), (4, 2, 1));
        assert_eq!(score.accuracy(), Some(0.5));
        let cells: Vec<_> =
            score.confusion.iter().map(|it| (it.expected.as_str(), it.chosen.as_deref(), it.count)).collect();
        let expected = [
            ("code", Some("code"), 1),
            ("code", Some("general"), 1),
            ("general", None, 1),
            ("general", Some("general"), 1),
        ];
        assert_eq!(cells, expected);
        assert_eq!(score.misses.len(), 2);
        assert_eq!(score.misses[0].prompt.len(), MISS_CHARS);
        assert_eq!(score.router_ms, Some(Percentiles { p50: 20.0, p90: 40.0, p99: 40.0 }));
    }

    #[test]
    fn nothing_has_no_accuracy_and_misses_are_bounded() {
        assert_eq!(Score::of(&[]).accuracy(), None);
        let many: Vec<_> = (0..MISSES + 5).map(|_| classified("a", "b", Reason::Matched, 1.0)).collect();
        let score = Score::of(&many);
        assert_eq!((score.misses.len(), score.classified, score.correct), (MISSES, MISSES + 5, 0));
    }

    #[test]
    fn percentiles_are_by_nearest_rank() {
        let times = (1..=200).rev().map(f64::from).collect();
        assert_eq!(Percentiles::of(times), Some(Percentiles { p50: 100.0, p90: 180.0, p99: 198.0 }));
        assert_eq!(Percentiles::of(Vec::new()), None);
    }
}

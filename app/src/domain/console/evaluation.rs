//! Evaluation of a router model: prompts with known routes, runs over them, and their scores.

pub mod by_route;
pub mod comparison;
pub mod outcomes;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use self::outcomes::Outcome;
use crate::domain::{
    confidence::Confidence, config::balancer::Balancer, routing::decision::Reason, timestamp::Timestamp,
};

/// Maximum prompts of a set.
pub const PROMPTS: usize = 1_000;
/// Maximum length of a prompt, in characters.
pub const PROMPT_CHARS: usize = 8_000;
/// Misses stored with a run; `Score` counts all of them.
pub const MISSES: usize = 100;
/// Stored length of a missed prompt, in characters.
const MISS_CHARS: usize = 300;

/// A prompt with a known route.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct LabelledPrompt {
    /// Text of the user message.
    pub prompt: String,
    /// The expected route.
    pub expected: String,
}

/// The labelled prompts of a balancer or a draft.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct PromptSet {
    /// In the user's order.
    pub prompts: Vec<LabelledPrompt>,
    /// Time of the last save.
    pub updated_at: Timestamp,
    /// User who saved them last.
    pub updated_by: String,
}

/// A classified prompt.
#[derive(Clone, Debug, PartialEq)]
pub struct ClassifiedPrompt {
    /// The prompt with its expected route.
    pub labelled: LabelledPrompt,
    /// The route that a call would take.
    pub route: String,
    /// Reason for the route.
    pub reason: Reason,
    /// Duration of the router call in milliseconds; `None` if there was none.
    pub ms: Option<f64>,
    /// The option that the router model chose: a route, or the label for none.
    pub chosen: Option<String>,
    /// How sure the router model was, if known.
    pub confidence: Option<Confidence>,
}

impl ClassifiedPrompt {
    /// Whether the router model gave a valid answer.
    pub fn is_answered(&self) -> bool {
        matches!(self.reason, Reason::Matched | Reason::NoMatch | Reason::LowConfidence)
    }

    /// Whether the router model chose the expected route. A fallback to the default never counts, because it would
    /// only be correct by chance.
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
    /// A user stopped the run; the score covers the prompts classified until then.
    Stopped,
}

/// A finished run over a set.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct EvaluationRun {
    /// `eval_…`.
    pub id: String,
    /// Start time.
    pub begun_at: Timestamp,
    /// End time.
    pub ended_at: Timestamp,
    /// User who started it.
    pub by: String,
    /// Revision of the evaluated balancer; `None` for a draft.
    pub revision: Option<u64>,
    /// How it ended.
    pub end: RunEnd,
    /// Number of prompts in the set.
    pub planned: usize,
    /// Name of the router model; empty in runs of older versions.
    #[serde(default)]
    pub router_model: String,
    /// The default route; empty in runs of older versions.
    #[serde(default)]
    pub default_route: String,
    /// Result over the classified prompts.
    pub score: Score,
    /// Results of the single prompts, in the order of the set, at most [`PROMPTS`]; none in runs of older versions.
    #[serde(default)]
    pub outcomes: Vec<Outcome>,
}

/// Progress of a running evaluation.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Progress {
    /// Classified prompts.
    pub done: usize,
    /// Classified prompts with the expected route.
    pub correct: usize,
    /// Number of prompts in the set.
    pub planned: usize,
    /// Whether a user stopped it and it is about to end.
    pub stopping: bool,
}

/// Data of the page "Evaluate".
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Evaluation {
    /// The saved prompts.
    pub set: Option<PromptSet>,
    /// The saved prompts, or the starter set, as CSV.
    pub csv: String,
    /// The running evaluation.
    pub progress: Option<Progress>,
    /// Progress of the latest run if its server stopped before it ended; it has no result.
    pub interrupted: Option<Progress>,
    /// The stored runs, newest first.
    pub runs: Vec<EvaluationRun>,
}

/// Result over the classified prompts.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Score {
    /// Classified prompts.
    pub classified: usize,
    /// Prompts with the expected route.
    pub correct: usize,
    /// Prompts without a valid answer of the router model.
    pub unanswered: usize,
    /// Non-empty cells of the confusion table, ordered by name.
    pub confusion: Vec<Confusion>,
    /// Prompts with another route than expected, in the order of the set; at most [`MISSES`].
    pub misses: Vec<Miss>,
    /// Durations of router calls; `None` if there were none.
    pub router_ms: Option<Percentiles>,
}

/// A cell of the confusion table.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Confusion {
    /// The expected route.
    pub expected: String,
    /// The chosen route; `None` if the router model gave no valid answer.
    pub chosen: Option<String>,
    /// Number of prompts.
    pub count: usize,
}

/// A prompt with another route than expected.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Miss {
    /// The first characters of the prompt.
    pub prompt: String,
    /// The expected route.
    pub expected: String,
    /// The chosen route.
    pub route: String,
    /// Reason for the route.
    pub reason: Reason,
}

/// Percentiles of durations, in milliseconds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Percentiles {
    /// 50th percentile.
    pub p50: f64,
    /// 90th percentile.
    pub p90: f64,
    /// 99th percentile.
    pub p99: f64,
}

impl Percentiles {
    /// Nearest-rank percentiles; `None` if there are no durations.
    pub fn of(mut times: Vec<f64>) -> Option<Self> {
        times.sort_by(f64::total_cmp);
        let rank =
            |percent: usize| times.get((times.len() * percent).div_ceil(100).saturating_sub(1)).copied();
        Some(Self { p50: rank(50)?, p90: rank(90)?, p99: rank(99)? })
    }
}

impl Score {
    /// Scores classified prompts.
    pub fn of(all: &[ClassifiedPrompt]) -> Self {
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

    /// Fraction of correct prompts, 0.0–1.0; `None` if nothing was classified.
    pub fn accuracy(&self) -> Option<f64> {
        (self.classified > 0).then(|| self.correct as f64 / self.classified as f64)
    }
}

fn miss(it: &ClassifiedPrompt) -> Miss {
    Miss {
        prompt: it.labelled.prompt.chars().take(MISS_CHARS).collect(),
        expected: it.labelled.expected.clone(),
        route: it.route.clone(),
        reason: it.reason,
    }
}

/// The examples of the routes as a first set of labelled prompts.
pub fn starter_set(balancer: &Balancer) -> Vec<LabelledPrompt> {
    let of = |route: &crate::domain::config::balancer::Route| {
        let name = route.name.clone();
        let label = move |prompt: &String| LabelledPrompt { prompt: prompt.clone(), expected: name.clone() };
        route.examples.iter().map(label).collect::<Vec<_>>()
    };
    balancer.routes.iter().filter(|it| it.enabled).flat_map(of).take(PROMPTS).collect()
}

//! The demo's router model: reads the prompt of any router model and answers with a label.

use app::domain::routing::{
    classify::{PromptRoute, Question, read_question},
    decision::RouterMessage,
};
use serde_json::json;

use super::similarity;

/// Similarity below which no intent matches.
pub(super) const THRESHOLD: f64 = 0.45;
/// Weight of the previous turn, compared to the latest.
const EARLIER: f64 = 0.5;

/// The answer: a label in the requested format, or a remark if the messages are not a router prompt.
pub(super) fn answer(messages: &[RouterMessage], as_json: bool) -> String {
    let Some(question) = read_question(messages) else {
        return "[Demo text from demo-router, not a language model.] I only sort prompts for a balancer; choose me as \
                its router model."
            .to_owned();
    };
    let label = label(&question);
    if as_json { json!({"route": label}).to_string() } else { label.to_owned() }
}

/// The label of the most similar intent, the first of several; `none` if none is similar enough.
fn label(question: &Question) -> &str {
    let scores = scores(&question.routes, question.earlier.last().map(String::as_str), &question.latest);
    let mut best = (THRESHOLD, question.none.as_str());
    for (route, score) in question.routes.iter().zip(scores) {
        if score > best.0 {
            best = (score, &route.label);
        }
    }
    best.1
}

/// The score of each route for a text and the turn before it.
pub(super) fn scores(routes: &[PromptRoute], earlier: Option<&str>, latest: &str) -> Vec<f64> {
    let earlier = earlier.map(|text| similarity::of(routes, text)).unwrap_or_default();
    let earlier = earlier.into_iter().chain(std::iter::repeat(0.0));
    similarity::of(routes, latest)
        .into_iter()
        .zip(earlier)
        .map(|(own, before)| own + EARLIER * before)
        .collect()
}

#[cfg(test)]
mod tests;

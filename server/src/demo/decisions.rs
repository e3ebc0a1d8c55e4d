//! `POST /demo/v1/systemone`: a decision model with the scores of the demo's router as probabilities.

use app::domain::routing::{classify::PromptRoute, decision_model::NONE_CRITERION};
use axum::Json;
use bytes::Bytes;
use serde::Deserialize;
use serde_json::{Map, Value, json};

use super::{Model, classifier, error::DemoError};

/// How much a higher score counts: a good match is about 1, no match is 0.
const SHARPNESS: f64 = 5.0;

#[derive(Deserialize)]
struct DecisionRequest {
    model: String,
    state: State,
    questions: Map<String, Value>,
}

#[derive(Deserialize)]
#[serde(untagged)]
enum State {
    Text(String),
    Messages(Vec<Message>),
}

#[derive(Deserialize)]
struct Message {
    content: String,
}

impl State {
    /// The last text and the one before it.
    fn turns(&self) -> (&str, Option<&str>) {
        match self {
            Self::Text(text) => (text, None),
            Self::Messages(messages) => {
                let mut newest_first = messages.iter().rev().map(|it| it.content.as_str());
                (newest_first.next().unwrap_or_default(), newest_first.next())
            }
        }
    }
}

pub(super) async fn decide(body: Bytes) -> Result<Json<Value>, DemoError> {
    let request: DecisionRequest = serde_json::from_slice(&body)
        .map_err(|why| DemoError::request(format!("The body cannot be read: {why}.")))?;
    if Model::from_id(&request.model) != Some(Model::Decider) {
        return Err(DemoError::model());
    }
    let mut answers = Map::new();
    for (name, question) in &request.questions {
        let criteria = question.get("criteria").and_then(Value::as_object);
        let criteria = criteria.filter(|it| !it.is_empty());
        let criteria = criteria.ok_or_else(|| DemoError::request("A question needs criteria."))?;
        answers.insert(name.clone(), answer(criteria, &request.state));
    }
    Ok(Json(json!({ "answers": answers, "model": Model::Decider.id() })))
}

/// Chooses the most probable option, the first of several.
fn answer(criteria: &Map<String, Value>, state: &State) -> Value {
    let options: Vec<_> = criteria
        .iter()
        .map(|(option, criterion)| PromptRoute {
            label: option.clone(),
            intent: criterion.as_str().unwrap_or_default().to_owned(),
            examples: Vec::new(),
        })
        .collect();
    let (none, routes): (Vec<_>, Vec<_>) = options.into_iter().partition(|it| it.intent == NONE_CRITERION);
    let (latest, earlier) = state.turns();
    let scores = classifier::scores(&routes, earlier, latest);
    let unmatched = none.iter().map(|it| (it, classifier::THRESHOLD));
    let weights: Vec<_> = unmatched
        .chain(routes.iter().zip(scores))
        .map(|(option, score)| (option.label.as_str(), (SHARPNESS * score).exp()))
        .collect();
    let all: f64 = weights.iter().map(|it| it.1).sum();
    let mut ranked: Vec<_> = weights.iter().map(|(option, weight)| (*option, weight / all)).collect();
    let probabilities: Map<_, _> =
        ranked.iter().map(|(option, it)| ((*option).to_owned(), json!(it))).collect();
    ranked.sort_by(|a, b| b.1.total_cmp(&a.1));
    let (choice, first) = ranked.first().copied().unwrap_or_default();
    let second = ranked.get(1).map_or(0.0, |it| it.1);
    json!({ "choice": choice, "probabilities": probabilities, "confidence": first - second })
}

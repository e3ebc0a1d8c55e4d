//! Answers of a decision model: a choice among the options of each question, with probabilities.

use serde_json::{Map, Value, json};

use crate::answer::{Call, answer_text};
use crate::fault::{Content, Missing};

/// The choice if no option occurs in the state.
const NONE: &str = "none";

/// The body of an answer to questions by name.
pub(crate) fn system_one(call: &Call<'_>) -> Vec<u8> {
    let questions = call.fields.get::<Map<String, Value>>("questions").unwrap_or_default();
    let state = call.fields.get::<Value>("state").unwrap_or_default();
    let answers: Map<String, Value> = questions
        .into_iter()
        .filter(|_| call.fault.shape.missing != Some(Missing::Choices))
        .map(|(name, question)| {
            let options = question["criteria"].as_object().into_iter().flat_map(Map::keys).cloned().collect();
            (name, decide(call, &state, options))
        })
        .collect();
    json!({ "answers": answers, "model": call.model }).to_string().into_bytes()
}

/// The body of an answer to a list of questions.
pub(crate) fn decisions(call: &Call<'_>) -> Vec<u8> {
    let questions = call.fields.get::<Vec<Value>>("questions").unwrap_or_default();
    let state = call.fields.get::<Value>("input").unwrap_or_default();
    let answers: Vec<Value> = questions
        .iter()
        .filter(|_| call.fault.shape.missing != Some(Missing::Choices))
        .map(|question| {
            let choices = question["choices"].as_array().into_iter().flatten();
            let options = choices.filter_map(|choice| choice["value"].as_str().map(str::to_owned)).collect();
            let mut answer = decide(call, &state, options);
            answer["name"] = question["name"].clone();
            answer
        })
        .collect();
    json!({ "object": "decision", "model": call.model, "answers": answers }).to_string().into_bytes()
}

/// Chooses what the fault says, else the first option that occurs in the state.
fn decide(call: &Call<'_>, state: &Value, options: Vec<String>) -> Value {
    let shape = &call.fault.shape;
    let choice = match shape.content {
        Content::Text(_) => answer_text::plain_text(call),
        _ => {
            let state = state.to_string().to_lowercase();
            let named =
                options.iter().find(|option| *option != NONE && state.contains(&option.to_lowercase()));
            named.map_or(NONE, String::as_str).to_owned()
        }
    };
    let sure = f64::from(shape.certainty) / 100.0;
    let others = options.iter().filter(|option| **option != choice).count();
    #[expect(clippy::cast_precision_loss, reason = "a few options")]
    let each_other = if others == 0 { 0.0 } else { (1.0 - sure) / others as f64 };
    let odd = [json!("NaN"), json!(-0.5), json!(1.5)];
    let probabilities: Map<String, Value> = options
        .into_iter()
        .enumerate()
        .map(|(at, option)| {
            let probability = if option == choice { sure } else { each_other };
            let odd = odd.get(at % odd.len()).filter(|_| shape.odd_probabilities);
            (option, odd.cloned().unwrap_or_else(|| json!(probability)))
        })
        .collect();
    let mut answer = json!({
        "choice": choice,
        "probabilities": probabilities,
        "confidence": (sure - each_other).max(0.0),
    });
    let missing: &[&str] = match shape.missing {
        Some(Missing::Probabilities) => &["probabilities"],
        Some(Missing::Confidence) => &["probabilities", "confidence"],
        _ => &[],
    };
    for field in missing {
        answer.as_object_mut().map(|answer| answer.remove(*field));
    }
    answer
}

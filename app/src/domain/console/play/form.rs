//! The playground's form and its conversion to a call.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use super::{PlayCall, Playable};
use crate::domain::{api::Api, config::instance::WorkloadKind, field_error::FieldError};

/// The APIs that the form offers for chat.
pub const CHAT_APIS: [Api; 2] = [Api::ChatCompletions, Api::Responses];

/// What is typed in the playground.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct PlayForm {
    /// Id of the balancer.
    pub balancer: String,
    /// Name of the API of a chat call; empty for chat completions.
    pub api: String,
    /// The route to force; empty for automatic.
    pub route: String,
    /// The route to send the same call to beside, `auto` for automatic; empty for none.
    pub second_route: String,
    /// The system message; none is sent where it is empty.
    pub system: String,
    /// The user's message.
    pub message: String,
    /// The first text to embed.
    pub input: String,
    /// The second text to embed; empty for none.
    pub second_input: String,
    /// Present if the checkbox is checked.
    pub stream: Option<String>,
    /// As it was typed.
    pub temperature: String,
    /// As it was typed.
    pub max_tokens: String,
    /// Everything else of the body, as a JSON object. Its `messages` stand between the system message and the user's.
    pub more: String,
    /// A call to take over.
    pub pasted: String,
}

impl PlayForm {
    /// The form without its routes, for another balancer.
    pub fn without_routes(self) -> Self {
        Self { route: String::new(), second_route: String::new(), ..self }
    }

    /// The calls that the form makes: one, or two where routes are compared.
    pub fn calls(&self, balancers: &[Playable]) -> Result<(PlayCall, Option<PlayCall>), Vec<FieldError>> {
        let first = self.call(balancers)?;
        let beside = (!self.second_route.is_empty())
            .then(|| PlayCall { route: Some(self.second_route.clone()), ..first.clone() });
        Ok((first, beside))
    }

    /// The call that the form makes.
    pub fn call(&self, balancers: &[Playable]) -> Result<PlayCall, Vec<FieldError>> {
        let Some(balancer) = balancers.iter().find(|it| it.id == self.balancer) else {
            return Err(vec![FieldError::new("balancer", "required", "Choose a balancer.")]);
        };
        let mut errors = Vec::new();
        let mut body = self.more().unwrap_or_else(|error| {
            errors.push(error);
            Map::new()
        });
        body.insert("model".to_owned(), json!(balancer.serving_name));
        let api = self.api(balancer.workload_kind);
        match balancer.workload_kind {
            WorkloadKind::Embeddings => self.embeddings(&mut body, &mut errors),
            WorkloadKind::Chat | WorkloadKind::Decision => self.chat(api, &mut body, &mut errors),
        }
        if errors.is_empty() {
            let route = Some(self.route.clone()).filter(|it| !it.is_empty());
            Ok(PlayCall {
                balancer_id: balancer.id.clone(),
                route,
                api: Some(api),
                body: Value::Object(body).to_string(),
            })
        } else {
            Err(errors)
        }
    }

    /// The API of the call to a balancer of this kind.
    fn api(&self, kind: WorkloadKind) -> Api {
        match kind {
            WorkloadKind::Embeddings => Api::Embeddings,
            _ => CHAT_APIS.into_iter().find(|it| it.name() == self.api).unwrap_or_default(),
        }
    }

    fn chat(&self, api: Api, body: &mut Map<String, Value>, errors: &mut Vec<FieldError>) {
        let (list, limit) = match api {
            Api::Responses => ("input", "max_output_tokens"),
            _ => ("messages", "max_tokens"),
        };
        let mut messages = Vec::new();
        if !self.system.trim().is_empty() {
            messages.push(json!({ "role": "system", "content": lines(&self.system) }));
        }
        match body.remove(list) {
            Some(Value::Array(between)) => messages.extend(between),
            Some(Value::String(text)) => messages.push(json!({ "role": "user", "content": text })),
            _ => {}
        }
        if !self.message.trim().is_empty() {
            messages.push(json!({ "role": "user", "content": lines(&self.message) }));
        }
        if messages.is_empty() {
            errors.push(FieldError::new("message", "required", "Type a message."));
        }
        body.insert(list.to_owned(), Value::Array(messages));
        body.insert("stream".to_owned(), json!(self.stream.is_some()));
        match self.temperature.trim() {
            "" => {}
            text => match text.parse::<f64>().ok().filter(|it| it.is_finite()) {
                Some(number) => drop(body.insert("temperature".to_owned(), json!(number))),
                None => errors.push(FieldError::new("temperature", "type", "Type a number such as 0.7.")),
            },
        }
        match self.max_tokens.trim() {
            "" => {}
            text => match text.parse::<u64>() {
                Ok(number) => drop(body.insert(limit.to_owned(), json!(number))),
                Err(_) => {
                    errors.push(FieldError::new("max_tokens", "type", "Type a whole number such as 200."))
                }
            },
        }
    }

    fn embeddings(&self, body: &mut Map<String, Value>, errors: &mut Vec<FieldError>) {
        let inputs: Vec<&str> = [&self.input, &self.second_input]
            .into_iter()
            .map(|it| it.trim())
            .filter(|it| !it.is_empty())
            .collect();
        if inputs.is_empty() {
            if !body.contains_key("input") {
                errors.push(FieldError::new("input", "required", "Type a text to embed."));
            }
        } else {
            body.insert("input".to_owned(), json!(inputs));
        }
    }

    fn more(&self) -> Result<Map<String, Value>, FieldError> {
        if self.more.trim().is_empty() {
            return Ok(Map::new());
        }
        match serde_json::from_str(&self.more) {
            Ok(Value::Object(more)) => Ok(more),
            Ok(_) => Err(FieldError::new("more", "type", "This has to be a JSON object.")),
            Err(error) => Err(FieldError::new("more", "malformed", format!("This is not JSON: {error}."))),
        }
    }
}

/// A text as it was typed: forms send line ends as CR LF.
fn lines(text: &str) -> String {
    text.replace("\r\n", "\n")
}

#[cfg(test)]
mod tests;

//! A pasted call put into the playground's form.

use serde_json::{Map, Value};

use super::{PlayForm, Playable};
use crate::domain::{
    api::Api,
    config::{instance::WorkloadKind, paste},
    field_error::FieldError,
};

impl PlayForm {
    /// Id of the API key; null for calls from the console and for calls without a valid key.
    pub fn fresh() -> Self {
        Self { stream: Some("true".to_owned()), ..Self::default() }
    }

    /// Takes a pasted call over: the model chooses the balancer, known fields fill theirs, the rest is kept as JSON.
    ///
    /// # Errors
    /// An error at `pasted`; the form is then as it was.
    pub fn fill(&mut self, balancers: &[Playable]) -> Result<(), FieldError> {
        let pasted =
            paste::call(&self.pasted).map_err(|error| FieldError { path: "pasted".to_owned(), ..error })?;
        let Value::Object(mut body) = pasted else {
            return Err(FieldError::new("pasted", "type", "A call's body is a JSON object."));
        };
        let model = take_text(&mut body, "model").unwrap_or_default();
        if let Some(named) = balancers.iter().find(|it| it.serving_name.eq_ignore_ascii_case(&model)) {
            self.balancer.clone_from(&named.id);
        } else if !model.is_empty() {
            let words =
                format!("No balancer serves “{model}”. Change the model, or make such a balancer first.");
            return Err(FieldError::new("pasted", "model_not_found", words));
        }
        let mut form = Self { balancer: self.balancer.clone(), ..Self::default() };
        form.stream = (body.remove("stream") == Some(Value::Bool(true))).then(|| "true".to_owned());
        form.temperature = body
            .remove("temperature")
            .filter(|it| !it.is_null())
            .map(|it| it.to_string())
            .unwrap_or_default();
        let chosen = balancers.iter().find(|it| it.id == form.balancer);
        let is_response = chosen.is_some_and(|it| it.workload_kind == WorkloadKind::Chat)
            && body.contains_key("input")
            && !body.contains_key("messages");
        let (list, limit) = match is_response {
            true => ("input", "max_output_tokens"),
            false => ("messages", "max_tokens"),
        };
        form.max_tokens =
            body.remove(limit).filter(|it| !it.is_null()).map(|it| it.to_string()).unwrap_or_default();
        if is_response {
            form.api = Api::Responses.name().to_owned();
            if body.get(list).is_some_and(Value::is_string) {
                form.message = take_text(&mut body, list).unwrap_or_default();
            }
        } else {
            form.take_input(&mut body);
        }
        form.take_messages(list, &mut body);
        if !body.is_empty() {
            form.more = serde_json::to_string_pretty(&body).unwrap_or_default();
        }
        *self = form;
        Ok(())
    }

    /// The first message where it is the system's, and the last where it is the user's; what stands between stays.
    fn take_messages(&mut self, list: &str, body: &mut Map<String, Value>) {
        let Some(Value::Array(messages)) = body.get_mut(list) else { return };
        if let Some(text) = messages.first().and_then(|it| plain(it, &["system", "developer"])) {
            self.system = text;
            messages.remove(0);
        }
        if let Some(text) = messages.last().and_then(|it| plain(it, &["user"])) {
            self.message = text;
            messages.pop();
        }
        if messages.is_empty() {
            body.remove(list);
        }
    }

    fn take_input(&mut self, body: &mut Map<String, Value>) {
        let text = |it: &Value| it.as_str().map(str::to_owned);
        let (first, second) = match body.get("input") {
            Some(Value::String(only)) => (Some(only.clone()), None),
            Some(Value::Array(items)) if items.len() <= 2 && items.iter().all(Value::is_string) => {
                (items.first().and_then(text), items.get(1).and_then(text))
            }
            // Token arrays and longer lists stay as they are.
            _ => return,
        };
        self.input = first.unwrap_or_default();
        self.second_input = second.unwrap_or_default();
        body.remove("input");
    }
}

/// The text of a message that has nothing but a role of these and a text.
fn plain(message: &Value, roles: &[&str]) -> Option<String> {
    let fields = message.as_object()?;
    let role = fields.get("role")?.as_str()?;
    (fields.len() == 2 && roles.contains(&role)).then_some(fields.get("content")?.as_str()?.to_owned())
}

fn take_text(body: &mut Map<String, Value>, name: &str) -> Option<String> {
    body.remove(name)?.as_str().map(str::to_owned)
}

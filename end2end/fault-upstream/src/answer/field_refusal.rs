//! Refusals of request fields, in the forms that model servers use.

use serde_json::{Value, json};

use super::{Call, chat, refusal};
use crate::fault::RefusalForm;

/// The status and the body of the refusal; `None` if the request has no refused field.
pub(super) fn answer(call: &Call<'_>) -> Option<(u16, Vec<u8>)> {
    let fields: Vec<&str> = call.fault.refusals.iter().find_map(|refusal| {
        let present: Vec<&str> =
            refusal.fields.iter().map(String::as_str).filter(|field| has(call, field)).collect();
        (!present.is_empty()).then_some(present)
    })?;
    let sentences: Vec<String> = fields.iter().map(|field| sentence(field)).collect();
    let message = sentences.join(" ");
    let param = (fields.len() == 1).then(|| fields[0]);
    let (status, body) = match call.fault.refusal_form {
        RefusalForm::Param => (400, error(&message, param)),
        RefusalForm::Message => (400, error(&message, None)),
        RefusalForm::NotImplemented => (501, error(&message, None)),
        RefusalForm::Validation => {
            let detail = fields.iter().map(|field| {
                json!({ "type": "extra_forbidden", "loc": ["body", field], "msg": "Extra inputs are not permitted" })
            });
            (422, json!({ "detail": detail.collect::<Vec<_>>() }))
        }
        RefusalForm::Unnamed => (400, error("The request is not valid.", None)),
        RefusalForm::ServerError => (500, refusal::value(call.api(), "Internal server error", 500)),
        RefusalForm::Empty => return Some((200, chat::answer_with_text(call, ""))),
        RefusalForm::Schema => {
            let schema = call.fields.get::<Value>("response_format").unwrap_or_default();
            return Some((200, chat::answer_with_text(call, &schema.to_string())));
        }
    };
    Some((status, body.to_string().into_bytes()))
}

fn has(call: &Call<'_>, field: &str) -> bool {
    match field {
        "system" => {
            let messages = call.fields.get::<Vec<Value>>("messages").unwrap_or_default();
            messages.iter().any(|message| message["role"] == "system")
        }
        // Models that refuse it take its default.
        "temperature" => call.fields.has(field) && call.fields.get::<f64>(field) != Some(1.0),
        _ => call.fields.has(field),
    }
}

/// The words of OpenAI, vLLM and common chat templates.
fn sentence(field: &str) -> String {
    match field {
        "max_tokens" => "Unsupported parameter: 'max_tokens' is not supported with this model. Use \
                         'max_completion_tokens' instead."
            .to_owned(),
        "temperature" => {
            "Unsupported value: 'temperature' does not support 0 with this model. Only the default (1) \
                          value is supported."
                .to_owned()
        }
        "system" => "System role not supported".to_owned(),
        _ => format!("Unsupported parameter: '{field}' is not supported with this model."),
    }
}

fn error(message: &str, param: Option<&str>) -> Value {
    let code = if param == Some("temperature") { "unsupported_value" } else { "unsupported_parameter" };
    json!({ "error": { "message": message, "type": "invalid_request_error", "param": param, "code": code } })
}

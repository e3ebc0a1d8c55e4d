//! Decodes an instance and the changes of its secrets.

use serde_json::Value;

use super::{Decoded, Envelope, Fields, Purpose};
use crate::domain::{
    config::instance::{
        Instance, KeyChange, Timeouts, WorkloadKind,
        connection::{AUTHORIZATION, ApiSupport, Apis, HeaderNames},
        secrets::{HeaderValues, header_path},
    },
    limits, range,
    secret::Secret,
};

/// Decodes an instance.
pub fn instance(body: &Value, purpose: Purpose) -> Decoded<Instance> {
    let mut fields = Fields::of(body, "");
    let envelope = Envelope::read(&mut fields, purpose);
    fields.ignore(&[
        "health",
        "api_key_set",
        "api_key_last4",
        "apis_learned",
        "needs_reentry",
        "demo",
        "dimensions_learned",
    ]);
    let defaults = Instance::default();
    let (headers, header_values) = headers(&mut fields);
    let value = Instance {
        name: fields.required_text("name"),
        base_url: fields.required_text("base_url"),
        model: fields.text("model"),
        auth_header: auth_header(&mut fields),
        headers,
        workload_kind: fields.one_of("workload_kind", &WorkloadKind::ALL, WorkloadKind::as_str),
        apis: apis(&mut fields),
        enabled: fields.flag("enabled", defaults.enabled),
        max_in_flight: fields.number("max_in_flight", defaults.max_in_flight, range::MAX_IN_FLIGHT),
        timeouts: timeouts(&mut fields),
        dimensions: fields.optional_number("dimensions", range::DIMENSIONS),
        ..defaults
    };
    let key = key(&mut fields);
    Decoded { header_values, ..envelope.into_decoded(value, key, fields) }
}

/// Decodes the connection to a server that is not an instance yet: its address, key and headers.
pub fn connection(body: &Value) -> Decoded<Instance> {
    let mut fields = Fields::of(body, "");
    let (headers, header_values) = headers(&mut fields);
    let value = Instance {
        base_url: fields.required_text("base_url"),
        auth_header: auth_header(&mut fields),
        headers,
        ..Instance::default()
    };
    let key = key(&mut fields);
    Decoded { value, id: None, revision: None, key, header_values, errors: fields.finish() }
}

fn auth_header(fields: &mut Fields<'_>) -> String {
    let typed = fields.optional_text("auth_header").filter(|it| !it.is_empty());
    typed.unwrap_or_else(|| AUTHORIZATION.to_owned())
}

fn apis(fields: &mut Fields<'_>) -> Apis {
    let Some(value) = fields.get("apis") else { return Apis::default() };
    let mut inner = Fields::of(value, fields.path_of("apis"));
    let mut support = |name| inner.one_of(name, &ApiSupport::ALL, ApiSupport::as_str);
    let apis = Apis {
        chat_completions: support("chat_completions"),
        completions: support("completions"),
        responses: support("responses"),
        messages: support("messages"),
    };
    fields.extend_errors(inner.finish());
    apis
}

fn timeouts(fields: &mut Fields<'_>) -> Timeouts {
    let defaults = Timeouts::default();
    let Some(value) = fields.get("timeouts") else { return defaults };
    let mut inner = Fields::of(value, fields.path_of("timeouts"));
    let timeouts = Timeouts {
        connect_ms: inner.number("connect_ms", defaults.connect_ms, range::TIMEOUT_MS),
        first_byte_ms: inner.number("first_byte_ms", defaults.first_byte_ms, range::TIMEOUT_MS),
        answer_ms: inner.number("answer_ms", defaults.answer_ms, range::TIMEOUT_MS),
        idle_ms: inner.number("idle_ms", defaults.idle_ms, range::TIMEOUT_MS),
        total_ms: inner.number("total_ms", defaults.total_ms, range::TIMEOUT_OR_NONE_MS),
    };
    fields.extend_errors(inner.finish());
    timeouts
}

/// The key is validated here because it never becomes part of the object. Errors do not quote it.
fn key(fields: &mut Fields<'_>) -> KeyChange {
    match fields.get("api_key") {
        None => KeyChange::Keep,
        Some(Value::Null) => KeyChange::Remove,
        Some(Value::String(text)) => {
            let key = text.trim();
            if key.is_empty() {
                return KeyChange::Keep;
            }
            if key.chars().count() > limits::API_KEY_CHARS {
                let message = format!("Use a key of at most {} characters.", limits::API_KEY_CHARS);
                fields.error("api_key", "too_long", message);
                return KeyChange::Keep;
            }
            if !is_header_value(key) {
                fields.error("api_key", "invalid_key", "Use a key of printable ASCII characters.");
                return KeyChange::Keep;
            }
            KeyChange::Set(Secret::new(key))
        }
        Some(_) => {
            fields.error("api_key", "type", "Send a text here, or null to remove the key.");
            KeyChange::Keep
        }
    }
}

/// Names are validated with the object; values are validated here, because they never become part of it. Errors do not
/// quote them.
fn headers(fields: &mut Fields<'_>) -> (HeaderNames, HeaderValues) {
    let mut values = HeaderValues::new();
    let map = match fields.get("headers") {
        None | Some(Value::Null) => return (HeaderNames::default(), values),
        Some(Value::Object(map)) => map,
        Some(_) => {
            fields.error("headers", "type", "Send an object of header names and values here.");
            return (HeaderNames::default(), values);
        }
    };
    // One more than the limit is enough for validation to detect too many.
    for (name, value) in map.iter().take(limits::HEADERS + 1) {
        let path = || header_path(&name.chars().take(limits::HEADER_NAME_CHARS).collect::<String>());
        match value {
            Value::Null => {}
            Value::String(text) if text.chars().count() > limits::HEADER_VALUE_CHARS => {
                let message = format!("Use a value of at most {} characters.", limits::HEADER_VALUE_CHARS);
                fields.error(&path(), "too_long", message);
            }
            Value::String(text) if !is_header_value(text.trim()) => {
                fields.error(&path(), "invalid_header_value", "Use a value of printable ASCII characters.");
            }
            Value::String(text) => {
                let text = text.trim();
                if !text.is_empty() {
                    values.insert(name.trim().to_ascii_lowercase(), Secret::new(text));
                }
            }
            _ => fields.error(&path(), "type", "Send a text here, or null to keep the stored value."),
        }
    }
    (map.keys().take(limits::HEADERS + 1).map(|it| it.trim()).collect(), values)
}

/// Whether a header can carry the text.
fn is_header_value(text: &str) -> bool {
    text.bytes().all(|byte| (b' '..=b'~').contains(&byte))
}

//! Decodes an instance and the change of its upstream key.

use serde_json::Value;

use super::{Decoded, Envelope, Fields, Purpose};
use crate::domain::{
    config::instance::{Instance, KeyChange, Timeouts, WorkloadKind},
    limits, range,
    secret::Secret,
};

/// Decodes an instance.
pub fn instance(body: &Value, purpose: Purpose) -> Decoded<Instance> {
    let mut fields = Fields::of(body, "");
    let envelope = Envelope::read(&mut fields, purpose);
    fields.ignore(&["health", "api_key_set", "api_key_last4", "demo", "dimensions_learned"]);
    let defaults = Instance::default();
    let value = Instance {
        name: fields.required_text("name"),
        base_url: fields.required_text("base_url"),
        model: fields.text("model"),
        workload_kind: fields.one_of("workload_kind", &WorkloadKind::ALL, WorkloadKind::as_str),
        enabled: fields.flag("enabled", defaults.enabled),
        max_in_flight: fields.number("max_in_flight", defaults.max_in_flight, range::MAX_IN_FLIGHT),
        timeouts: timeouts(&mut fields),
        dimensions: fields.optional_number("dimensions", range::DIMENSIONS),
        ..defaults
    };
    let key = key(&mut fields);
    envelope.into_decoded(value, key, fields)
}

fn timeouts(fields: &mut Fields<'_>) -> Timeouts {
    let defaults = Timeouts::default();
    let Some(value) = fields.get("timeouts") else { return defaults };
    let mut inner = Fields::of(value, fields.path_of("timeouts"));
    let timeouts = Timeouts {
        connect_ms: inner.number("connect_ms", defaults.connect_ms, range::TIMEOUT_MS),
        first_byte_ms: inner.number("first_byte_ms", defaults.first_byte_ms, range::TIMEOUT_MS),
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
            // The key is sent in a header.
            if !key.bytes().all(|byte| (b' '..=b'~').contains(&byte)) {
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

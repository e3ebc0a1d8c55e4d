//! Validation of an instance.

use std::{collections::BTreeSet, net::SocketAddr};

use super::{identity, text};
use crate::domain::{
    config::{
        base_url,
        configuration::Configuration,
        instance::{
            Instance, Timeouts,
            connection::{is_token, may_be_added, may_carry_key},
            secrets::{HeaderValues, header_path},
        },
    },
    field_error::{FieldError, ValidationReport},
    ids::ObjectKind,
    limits, range,
};

pub(super) fn check(
    configuration: &Configuration,
    editing: Option<&str>,
    instance: &Instance,
    listeners: &[SocketAddr],
    errors: &mut Vec<FieldError>,
) {
    text::required_line("name", "name", &instance.name, limits::NAME_CHARS, errors);
    identity::check_name(configuration, ObjectKind::Instance, editing, &instance.name, errors);
    // The address of a demo instance is resolved at start and not stored. `demo` is read-only, so the stored value
    // counts.
    let stored = editing.and_then(|id| configuration.instance(id));
    if !stored.map_or(instance.demo, |it| it.spec.demo) {
        address(&instance.base_url, listeners, errors);
    }
    text::line("model", "model", &instance.model, limits::MODEL_CHARS, errors);
    headers(instance, errors);
    range::MAX_IN_FLIGHT.check("max_in_flight", instance.max_in_flight, errors);
    timeouts(&instance.timeouts, errors);
    if let Some(dimensions) = instance.dimensions {
        range::DIMENSIONS.check("dimensions", dimensions, errors);
    }
}

/// Validates the connection to a server that is not an instance yet. Every header requires a value, because none is
/// stored.
pub fn check_connection(
    connection: &Instance,
    values: &HeaderValues,
    listeners: &[SocketAddr],
) -> ValidationReport {
    let mut errors = Vec::new();
    address(&connection.base_url, listeners, &mut errors);
    headers(connection, &mut errors);
    for name in connection.headers.iter().take(limits::HEADERS) {
        if !values.contains_key(&name.to_ascii_lowercase()) {
            errors.push(FieldError::new(header_path(name), "required", "Enter the value of this header."));
        }
    }
    ValidationReport::new(errors, Vec::new())
}

fn address(text: &str, listeners: &[SocketAddr], errors: &mut Vec<FieldError>) {
    if text.is_empty() {
        errors.push(text::missing("base_url", "base URL"));
        return;
    }
    match base_url::parse(text) {
        Err(error) => errors.push(error),
        Ok(url) if url.leads_to(listeners) => {
            let message = "Use another address; this server would call itself in a loop.";
            errors.push(FieldError::new("base_url", "self_reference", message));
        }
        Ok(_) => {}
    }
}

fn timeouts(timeouts: &Timeouts, errors: &mut Vec<FieldError>) {
    range::TIMEOUT_MS.check("timeouts.connect_ms", timeouts.connect_ms, errors);
    range::TIMEOUT_MS.check("timeouts.first_byte_ms", timeouts.first_byte_ms, errors);
    range::TIMEOUT_MS.check("timeouts.answer_ms", timeouts.answer_ms, errors);
    range::TIMEOUT_MS.check("timeouts.idle_ms", timeouts.idle_ms, errors);
    range::TIMEOUT_OR_NONE_MS.check("timeouts.total_ms", timeouts.total_ms, errors);
}

fn headers(instance: &Instance, errors: &mut Vec<FieldError>) {
    let auth_header = &instance.auth_header;
    header_name("auth_header", auth_header, may_carry_key(auth_header), errors);
    if instance.headers.len() > limits::HEADERS {
        let message = format!("Add at most {} headers.", limits::HEADERS);
        errors.push(FieldError::new("headers", "too_long", message));
    }
    let mut seen = BTreeSet::new();
    for name in instance.headers.iter().take(limits::HEADERS) {
        let path = header_path(&name.chars().take(limits::HEADER_NAME_CHARS).collect::<String>());
        header_name(&path, name, may_be_added(name, auth_header), errors);
        if !seen.insert(name.to_ascii_lowercase()) {
            let message = "Remove this header; another one has the same name.";
            errors.push(FieldError::new(path, "duplicate_name", message));
        }
    }
}

fn header_name(path: &str, name: &str, is_allowed: bool, errors: &mut Vec<FieldError>) {
    let (code, message) = if !is_token(name) {
        ("invalid_header_name", "Use a header name of letters, digits and hyphens.".to_owned())
    } else if name.len() > limits::HEADER_NAME_CHARS {
        ("too_long", format!("Use a header name of at most {} characters.", limits::HEADER_NAME_CHARS))
    } else if !is_allowed {
        let message = "Use another header; this one is set by this server, or carries the API key.";
        ("header_refused", message.to_owned())
    } else {
        return;
    };
    errors.push(FieldError::new(path, code, message));
}

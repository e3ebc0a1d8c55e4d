//! Validation of an instance.

use std::net::SocketAddr;

use super::{identity, text};
use crate::domain::{
    config::{
        base_url,
        configuration::Configuration,
        instance::{Instance, Timeouts},
    },
    field_error::FieldError,
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
    range::MAX_IN_FLIGHT.check("max_in_flight", instance.max_in_flight, errors);
    timeouts(&instance.timeouts, errors);
    if let Some(dimensions) = instance.dimensions {
        range::DIMENSIONS.check("dimensions", dimensions, errors);
    }
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
    range::TIMEOUT_MS.check("timeouts.idle_ms", timeouts.idle_ms, errors);
    range::TIMEOUT_OR_NONE_MS.check("timeouts.total_ms", timeouts.total_ms, errors);
}

//! Rules of an instance.

use std::net::SocketAddr;

use super::{identity, text};
use crate::domain::{
    base_url,
    configuration::Configuration,
    fault::Fault,
    ids::ObjectKind,
    instance::{Instance, Timeouts},
    limits, range,
};

pub(super) fn check(
    configuration: &Configuration,
    editing: Option<&str>,
    instance: &Instance,
    listeners: &[SocketAddr],
    faults: &mut Vec<Fault>,
) {
    text::required_line("name", "name", &instance.name, limits::NAME_CHARS, faults);
    identity::check_name(configuration, ObjectKind::Instance, editing, &instance.name, faults);
    // A demo instance's address is resolved at start and not stored; the mark is read-only, so the stored one counts.
    let stored = editing.and_then(|id| configuration.instance(id));
    if !stored.map_or(instance.demo, |it| it.spec.demo) {
        address(&instance.base_url, listeners, faults);
    }
    text::line("model", "model", &instance.model, limits::MODEL_CHARS, faults);
    range::MAX_IN_FLIGHT.check("max_in_flight", instance.max_in_flight, faults);
    timeouts(&instance.timeouts, faults);
    if let Some(dimensions) = instance.dimensions {
        range::DIMENSIONS.check("dimensions", dimensions, faults);
    }
}

fn address(text: &str, listeners: &[SocketAddr], faults: &mut Vec<Fault>) {
    if text.is_empty() {
        faults.push(text::missing("base_url", "base URL"));
        return;
    }
    match base_url::parse(text) {
        Err(fault) => faults.push(fault),
        Ok(url) if url.leads_to(listeners) => {
            let message = "Use another address; this one is this server itself, and its calls would go round in circles.";
            faults.push(Fault::new("base_url", "self_reference", message));
        }
        Ok(_) => {}
    }
}

fn timeouts(timeouts: &Timeouts, faults: &mut Vec<Fault>) {
    range::TIMEOUT_MS.check("timeouts.connect_ms", timeouts.connect_ms, faults);
    range::TIMEOUT_MS.check("timeouts.first_byte_ms", timeouts.first_byte_ms, faults);
    range::TIMEOUT_MS.check("timeouts.idle_ms", timeouts.idle_ms, faults);
    range::TIMEOUT_OR_NONE_MS.check("timeouts.total_ms", timeouts.total_ms, faults);
}

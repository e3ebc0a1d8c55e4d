//! Rules of an API key's scope.

use super::text;
use crate::domain::{api_key::ApiKeyScope, configuration::Configuration, fault::Fault, limits, range};

/// Judges the scope of a new API key.
pub fn check_api_key(configuration: &Configuration, scope: &ApiKeyScope) -> Vec<Fault> {
    let mut faults = Vec::new();
    text::required_line("name", "name", &scope.name, limits::NAME_CHARS, &mut faults);
    if scope.balancers.is_empty() {
        let message = "Name at least one balancer, or * for all.";
        faults.push(Fault::new("balancers", "too_short", message));
    }
    if scope.balancers.len() > limits::KEY_BALANCERS {
        let message = format!("Name at most {} balancers, or * for all.", limits::KEY_BALANCERS);
        faults.push(Fault::new("balancers", "too_long", message));
    }
    for (place, id) in scope.balancers.iter().enumerate().take(limits::KEY_BALANCERS) {
        if id != "*" && configuration.balancer(id).is_none() {
            let id: String = id.chars().take(limits::ID_CHARS).collect();
            let message = format!("Name a balancer that exists; there is none with the id “{id}”.");
            faults.push(Fault::new(format!("balancers[{place}]"), "unknown_balancer", message));
        }
    }
    if let Some(rpm) = scope.rpm {
        range::KEY_RPM.check("rpm", rpm, &mut faults);
    }
    if let Some(max) = scope.max_in_flight {
        range::KEY_IN_FLIGHT.check("max_in_flight", max, &mut faults);
    }
    faults
}

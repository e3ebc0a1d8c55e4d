//! Validation of an API key's scope.

use super::text;
use crate::domain::{
    config::{api_key::ApiKeyScope, configuration::Configuration},
    field_error::FieldError,
    limits, range,
};

/// Validates the scope of a new API key.
pub fn check_api_key(configuration: &Configuration, scope: &ApiKeyScope) -> Vec<FieldError> {
    let mut errors = Vec::new();
    text::required_line("name", "name", &scope.name, limits::NAME_CHARS, &mut errors);
    if scope.balancers.is_empty() {
        let message = "Name at least one balancer, or * for all.";
        errors.push(FieldError::new("balancers", "too_short", message));
    }
    if scope.balancers.len() > limits::KEY_BALANCERS {
        let message = format!("Name at most {} balancers, or * for all.", limits::KEY_BALANCERS);
        errors.push(FieldError::new("balancers", "too_long", message));
    }
    for (place, id) in scope.balancers.iter().enumerate().take(limits::KEY_BALANCERS) {
        if id != "*" && configuration.balancer(id).is_none() {
            let id: String = id.chars().take(limits::ID_CHARS).collect();
            let message = format!("Name an existing balancer; there is no balancer with the id “{id}”.");
            errors.push(FieldError::new(format!("balancers[{place}]"), "unknown_balancer", message));
        }
    }
    if let Some(rpm) = scope.rpm {
        range::KEY_RPM.check("rpm", rpm, &mut errors);
    }
    if let Some(max) = scope.max_in_flight {
        range::KEY_IN_FLIGHT.check("max_in_flight", max, &mut errors);
    }
    errors
}

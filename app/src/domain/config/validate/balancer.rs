//! Validation of a balancer's names, settings and router model. Routes are validated in [`super::routes`].

use super::{destination, identity, pool, routes, text};
use crate::domain::{
    config::{
        balancer::{Balancer, Classifier, RoutingMode, is_serving_name},
        configuration::Configuration,
    },
    field_error::FieldError,
    ids::ObjectKind,
    limits, range,
};

pub(super) fn check(
    configuration: &Configuration,
    before: &Configuration,
    editing: Option<&str>,
    balancer: &Balancer,
    errors: &mut Vec<FieldError>,
) {
    text::required_line("name", "name", &balancer.name, limits::NAME_CHARS, errors);
    identity::check_name(configuration, ObjectKind::SmartBalancer, editing, &balancer.name, errors);
    // It is derived from the name, so one error at the name is enough.
    if !(balancer.serving_name.is_empty() && balancer.name.is_empty()) {
        serving_name(configuration, editing, &balancer.serving_name, errors);
    }
    text::line("display_name", "display name", &balancer.display_name, limits::DISPLAY_NAME_CHARS, errors);
    text::lines("description", "description", &balancer.description, limits::DESCRIPTION_CHARS, errors);
    classifier(&balancer.classifier, errors);
    range::ATTEMPTS.check("max_attempts", balancer.max_attempts, errors);
    range::TIMEOUT_OR_NONE_MS.check("deadline_ms", balancer.deadline_ms, errors);
    range::STREAM_KEEPALIVE_S.check("stream_keepalive_s", balancer.stream_keepalive_s, errors);
    if balancer.routing_mode == RoutingMode::IntentClassifier && balancer.router_model.is_none() {
        let message = "Choose a router model; a small chat instance is enough.";
        errors.push(FieldError::new("router_model", "required", message));
    }
    let stored = editing.and_then(|id| before.balancer(id)).map_or(&[][..], |it| &it.spec.routes);
    routes::check(&balancer.routes, stored, errors);
    references(configuration, balancer, errors);
}

/// Checks that depend on other objects; they also run when one of those is edited.
pub(super) fn references(configuration: &Configuration, balancer: &Balancer, errors: &mut Vec<FieldError>) {
    if let Some(router) = &balancer.router_model
        && let Some(target) = destination::check_router(configuration, router, "router_model", errors)
    {
        for instance in pool::instances(configuration, target) {
            pool::check_model(instance, "router_model.ref", errors);
        }
    }
    routes::references(configuration, balancer, errors);
}

fn serving_name(
    configuration: &Configuration,
    editing: Option<&str>,
    name: &str,
    errors: &mut Vec<FieldError>,
) {
    let path = "serving_name";
    if name.is_empty() {
        errors.push(text::missing(path, "serving name"));
    } else if name.chars().count() > limits::SERVING_NAME_CHARS {
        let message =
            format!("Shorten the serving name to at most {} characters.", limits::SERVING_NAME_CHARS);
        errors.push(FieldError::new(path, "too_long", message));
    } else if !is_serving_name(name) {
        let message =
            "Use letters, digits and . _ - / : in the serving name, beginning with a letter or digit.";
        errors.push(FieldError::new(path, "invalid_serving_name", message));
    } else if configuration
        .balancers
        .iter()
        .any(|it| Some(it.id.as_str()) != editing && it.spec.serving_name.eq_ignore_ascii_case(name))
    {
        let message = format!("The serving name “{name}” is taken by another balancer; choose another one.");
        errors.push(FieldError::new(path, "serving_name_taken", message));
    }
}

fn classifier(classifier: &Classifier, errors: &mut Vec<FieldError>) {
    range::BUDGET_MS.check("classifier.budget_ms", classifier.budget_ms, errors);
    range::CACHE_TTL_S.check("classifier.cache_ttl_s", classifier.cache_ttl_s, errors);
    range::CONTEXT_TURNS.check("classifier.context_turns", classifier.context_turns, errors);
    range::CLASSIFY_CHARS.check("classifier.max_chars", classifier.max_chars, errors);
}

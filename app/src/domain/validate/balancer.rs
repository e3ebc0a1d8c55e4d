//! Rules of a balancer: its names, its settings, and its router model. Its routes have their own file.

use super::{destination, identity, pool, routes, text};
use crate::domain::{
    balancer::{Balancer, Classifier, RoutingMode, is_serving_name},
    configuration::Configuration,
    fault::Fault,
    ids::ObjectKind,
    instance::WorkloadKind,
    limits, range,
};

pub(super) fn check(
    configuration: &Configuration,
    editing: Option<&str>,
    balancer: &Balancer,
    faults: &mut Vec<Fault>,
) {
    text::required_line("name", "name", &balancer.name, limits::NAME_CHARS, faults);
    identity::check_name(configuration, ObjectKind::SmartBalancer, editing, &balancer.name, faults);
    // It is made from the name; who enters that has both.
    if !(balancer.serving_name.is_empty() && balancer.name.is_empty()) {
        serving_name(configuration, editing, &balancer.serving_name, faults);
    }
    text::line("display_name", "display name", &balancer.display_name, limits::DISPLAY_NAME_CHARS, faults);
    text::lines("description", "description", &balancer.description, limits::DESCRIPTION_CHARS, faults);
    classifier(&balancer.classifier, faults);
    range::ATTEMPTS.check("max_attempts", balancer.max_attempts, faults);
    range::TIMEOUT_OR_NONE_MS.check("deadline_ms", balancer.deadline_ms, faults);
    range::STREAM_KEEPALIVE_S.check("stream_keepalive_s", balancer.stream_keepalive_s, faults);
    if balancer.routing_mode == RoutingMode::IntentClassifier && balancer.router_model.is_none() {
        let message = "Choose a router model; a small chat instance is enough.";
        faults.push(Fault::new("router_model", "required", message));
    }
    routes::check(&balancer.routes, faults);
    references(configuration, balancer, faults);
}

/// The rules that depend on other objects: an edit of those is judged by these again.
pub(super) fn references(configuration: &Configuration, balancer: &Balancer, faults: &mut Vec<Fault>) {
    if let Some(router) = &balancer.router_model
        && let Some(target) =
            destination::check(configuration, router, WorkloadKind::Chat, "router_model", faults)
    {
        for instance in pool::instances(configuration, target) {
            pool::check_model(instance, "router_model.ref", faults);
        }
    }
    routes::references(configuration, balancer, faults);
}

fn serving_name(configuration: &Configuration, editing: Option<&str>, name: &str, faults: &mut Vec<Fault>) {
    let path = "serving_name";
    if name.is_empty() {
        faults.push(text::missing(path, "serving name"));
    } else if name.chars().count() > limits::SERVING_NAME_CHARS {
        let message =
            format!("Shorten the serving name to at most {} characters.", limits::SERVING_NAME_CHARS);
        faults.push(Fault::new(path, "too_long", message));
    } else if !is_serving_name(name) {
        let message =
            "Use letters, digits and . _ - / : in the serving name, beginning with a letter or digit.";
        faults.push(Fault::new(path, "invalid_serving_name", message));
    } else if configuration
        .balancers
        .iter()
        .any(|it| Some(it.id.as_str()) != editing && it.spec.serving_name.eq_ignore_ascii_case(name))
    {
        let message = format!("The serving name “{name}” is taken by another balancer; choose another one.");
        faults.push(Fault::new(path, "serving_name_taken", message));
    }
}

fn classifier(classifier: &Classifier, faults: &mut Vec<Fault>) {
    range::BUDGET_MS.check("classifier.budget_ms", classifier.budget_ms, faults);
    range::CACHE_TTL_S.check("classifier.cache_ttl_s", classifier.cache_ttl_s, faults);
    range::CONTEXT_TURNS.check("classifier.context_turns", classifier.context_turns, faults);
    range::CLASSIFY_CHARS.check("classifier.max_chars", classifier.max_chars, faults);
}

//! Validation of routes: each on its own, exactly one default, and matching destinations.

use super::{destination, pool, text};
use crate::domain::{
    config::{
        balancer::{AUTOMATIC, Balancer, Route},
        configuration::Configuration,
        instance::WorkloadKind,
    },
    field_error::FieldError,
    limits, range,
};

pub(super) fn check(routes: &[Route], errors: &mut Vec<FieldError>) {
    if routes.is_empty() {
        errors.push(FieldError::new("routes", "too_short", "Add at least one route."));
    }
    if routes.len() > limits::ROUTES {
        let message = format!("Keep at most {} routes.", limits::ROUTES);
        errors.push(FieldError::new("routes", "too_long", message));
    }
    default_route(routes, errors);
    for (place, route) in routes.iter().enumerate().take(limits::ROUTES) {
        let at = |field: &str| format!("routes[{place}].{field}");
        text::required_slug(&at("name"), "route name", &route.name, errors);
        if !route.name.is_empty() && routes[..place].iter().any(|it| it.name == route.name) {
            let message = format!("Rename this route; another route is already called “{}”.", route.name);
            errors.push(FieldError::new(at("name"), "duplicate_name", message));
        }
        if route.name == AUTOMATIC {
            let message =
                format!("Rename this route; “{AUTOMATIC}” is reserved for automatic routing in x-sb-route.");
            errors.push(FieldError::new(at("name"), "reserved_name", message));
        }
        intent(&at("intent"), &route.intent, errors);
        examples(&at("examples"), &route.examples, errors);
        range::PRIORITY.check(at("priority"), route.priority, errors);
        range::WEIGHT.check(at("weight"), route.weight, errors);
    }
}

/// Checks that depend on other objects; they also run when one of those is edited.
pub(super) fn references(configuration: &Configuration, balancer: &Balancer, errors: &mut Vec<FieldError>) {
    let mut embedders = Vec::new();
    for (place, route) in balancer.routes.iter().enumerate().take(limits::ROUTES) {
        let path = format!("routes[{place}].destination");
        let wanted = balancer.workload_kind;
        let target = destination::check(configuration, &route.destination, wanted, &path, errors);
        if let (Some(target), WorkloadKind::Embeddings) = (target, wanted) {
            for instance in pool::instances(configuration, target) {
                pool::check_model(instance, &format!("{path}.ref"), errors);
                embedders.push(instance);
            }
        }
    }
    pool::check_alike(&embedders, "routes", errors);
}

fn default_route(routes: &[Route], errors: &mut Vec<FieldError>) {
    let defaults: Vec<_> = routes.iter().enumerate().filter(|(_, route)| route.is_default).collect();
    match defaults.as_slice() {
        [] => {
            let message = "Mark one route as default; it answers when no intent matches.";
            errors.push(FieldError::new("routes", "default_route_required", message));
        }
        [(place, route)] if !route.enabled => {
            let message = "Enable the default route, or mark another route as default.";
            errors.push(FieldError::new(
                format!("routes[{place}].enabled"),
                "default_route_disabled",
                message,
            ));
        }
        [_] => {}
        several => {
            let names: Vec<_> = several.iter().map(|(_, route)| format!("“{}”", route.name)).collect();
            let message = format!("Keep one default route; {} are marked.", names.join(", "));
            errors.push(FieldError::new("routes", "multiple_defaults", message));
        }
    }
}

fn intent(path: &str, intent: &str, errors: &mut Vec<FieldError>) {
    text::required_line(path, "intent", intent, limits::INTENT_MAX_CHARS, errors);
    let chars = intent.trim().chars().count();
    if chars > 0 && chars < limits::INTENT_MIN_CHARS {
        let message = "Write a short sentence about the prompts that belong here.";
        errors.push(FieldError::new(path, "too_short", message));
    }
}

fn examples(path: &str, examples: &[String], errors: &mut Vec<FieldError>) {
    if examples.len() > limits::EXAMPLES {
        let message = format!("Keep at most {} sample prompts.", limits::EXAMPLES);
        errors.push(FieldError::new(path, "too_long", message));
    }
    for (place, example) in examples.iter().enumerate().take(limits::EXAMPLES) {
        let path = format!("{path}[{place}]");
        if example.trim().is_empty() {
            errors.push(FieldError::new(&path, "required", "Enter a sample prompt, or remove this one."));
        }
        text::lines(&path, "sample prompt", example, limits::EXAMPLE_CHARS, errors);
    }
}

//! Validation of routes: each on its own, exactly one default, and matching destinations.

use super::{destination, pool, text};
use crate::domain::{
    config::{
        balancer::{AUTOMATIC, Balancer, NO_ROUTE, Route},
        configuration::Configuration,
        instance::WorkloadKind,
    },
    field_error::FieldError,
    limits, range,
};

/// `stored` are the routes of the balancer before the change. Their names are kept, whatever is required of new ones.
pub(super) fn check(routes: &[Route], stored: &[Route], errors: &mut Vec<FieldError>) {
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
        name(&at("name"), &route.name, &routes[..place], stored, errors);
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

/// Checks that a name is reserved for nothing and told from those before it. A router model that writes a name with
/// spaces or in another case means the same route.
fn name(path: &str, name: &str, before: &[Route], stored: &[Route], errors: &mut Vec<FieldError>) {
    let is_stored = |name: &str| stored.iter().any(|it| it.name == name);
    let folded = fold(name);
    let alike = before
        .iter()
        .map(|it| it.name.as_str())
        .find(|other| *other == name || (fold(other) == folded && !(is_stored(other) && is_stored(name))));
    if let Some(other) = alike.filter(|_| !folded.is_empty()) {
        let message = match other == name {
            true => format!("Rename this route; another route is already called “{other}”."),
            false => format!("Rename this route; a router model can't tell its name from “{other}”."),
        };
        errors.push(FieldError::new(path, "duplicate_name", message));
    }
    let reserved_for = match folded.as_str() {
        AUTOMATIC => "for automatic routing in x-sb-route",
        NO_ROUTE => "for prompts that fit no route",
        _ => return,
    };
    if !is_stored(name) {
        let message = format!("Rename this route; “{folded}” is reserved {reserved_for}.");
        errors.push(FieldError::new(path, "reserved_name", message));
    }
}

/// A name in lower case, with its parts joined alike.
fn fold(name: &str) -> String {
    let parts = name.split(|c: char| c.is_whitespace() || matches!(c, '_' | '-')).filter(|it| !it.is_empty());
    parts.collect::<Vec<_>>().join("_").to_lowercase()
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

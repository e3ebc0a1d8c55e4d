//! Validation of destinations: they must exist and serve the right kind of calls.

use crate::domain::{
    config::{
        balancer::{Balancer, Destination, DestinationKind},
        configuration::{Configuration, Target},
        instance::WorkloadKind,
    },
    field_error::FieldError,
};

/// Replaces each resolvable reference of a balancer by the id; others stay as they are.
pub fn resolve_refs(balancer: &mut Balancer, configuration: &Configuration) {
    let routes = balancer.routes.iter_mut().map(|route| &mut route.destination);
    for destination in balancer.router_model.iter_mut().chain(routes) {
        let id = resolve(configuration, destination).map(|target| match target {
            Target::Instance(it) => it.id.to_string(),
            Target::Group(it) => it.id.to_string(),
        });
        if let Some(id) = id {
            destination.target = id;
        }
    }
}

/// Resolves a destination; `None` if it is empty.
pub(super) fn resolve<'a>(configuration: &'a Configuration, destination: &Destination) -> Option<Target<'a>> {
    configuration.resolve(destination).filter(|_| !destination.target.is_empty())
}

/// Validates the router model at `path`, which may be of two kinds; returns its target if it is usable.
pub(super) fn check_router<'a>(
    configuration: &'a Configuration,
    router: &Destination,
    path: &str,
    errors: &mut Vec<FieldError>,
) -> Option<Target<'a>> {
    let is_decision = resolve(configuration, router).is_some_and(|it| kind_of(it) == WorkloadKind::Decision);
    let wanted = if is_decision { WorkloadKind::Decision } else { WorkloadKind::Chat };
    check(configuration, router, wanted, path, errors)
}

/// The kind of calls that a target serves.
fn kind_of(target: Target<'_>) -> WorkloadKind {
    match target {
        Target::Instance(it) => it.spec.workload_kind,
        Target::Group(it) => it.spec.workload_kind,
    }
}

/// Validates the destination at `path`; returns its target if it is usable.
pub(super) fn check<'a>(
    configuration: &'a Configuration,
    destination: &Destination,
    wanted: WorkloadKind,
    path: &str,
    errors: &mut Vec<FieldError>,
) -> Option<Target<'a>> {
    let path = format!("{path}.ref");
    let noun = match destination.kind {
        DestinationKind::Instance => "instance",
        DestinationKind::TargetGroup => "target group",
    };
    if destination.target.is_empty() {
        errors.push(FieldError::new(path, "required", "Choose an instance or a target group."));
        return None;
    }
    let Some(target) = resolve(configuration, destination) else {
        let name: String = destination.target.chars().take(80).collect();
        let message = format!("Choose an existing destination; there is no {noun} “{name}”.");
        errors.push(FieldError::new(path, "unknown_destination", message));
        return None;
    };
    let kind = kind_of(target);
    let name = match target {
        Target::Instance(it) => &it.spec.name,
        Target::Group(it) => &it.spec.name,
    };
    if kind == wanted {
        return Some(target);
    }
    let article = if wanted == WorkloadKind::Embeddings { "an" } else { "a" };
    let why = match kind {
        WorkloadKind::Decision => "can only be a router model".to_owned(),
        kind => format!("serves {}", kind.served()),
    };
    let message = format!("Choose {article} {} destination here; “{name}” {why}.", wanted.as_str());
    errors.push(FieldError::new(path, "workload_mismatch", message));
    None
}

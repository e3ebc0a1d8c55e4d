//! Validation of a whole configuration, such as the result of an import.

use std::net::SocketAddr;

use super::{Submission, check_alone, dependents, identity};
use crate::domain::{
    config::{
        configuration::Configuration,
        object::{Object, StoredObjectRef},
    },
    field_error::{FieldError, ValidationReport},
    ids::ObjectKind,
};

/// Validates a whole configuration. Paths start with list and index, such as
/// `balancers[0].routes[2].destination.ref`.
pub fn check_all(configuration: &Configuration, listeners: &[SocketAddr]) -> ValidationReport {
    let instances = configuration.instances.iter().map(|it| (it.id.as_str(), Object::Instance(&it.spec)));
    let groups = configuration.target_groups.iter().map(|it| (it.id.as_str(), Object::TargetGroup(&it.spec)));
    let balancers = configuration.balancers.iter().map(|it| (it.id.as_str(), Object::Balancer(&it.spec)));
    let (mut errors, mut warnings) = (Vec::new(), Vec::new());
    for list in [instances.collect::<Vec<_>>(), groups.collect(), balancers.collect()] {
        for (place, (id, object)) in list.iter().enumerate() {
            let kind = object.kind();
            let top = format!("{}[{place}]", kind.list_name());
            if !identity::is_id(kind, id) {
                let message = format!("Use an id that starts with {}.", kind.prefix());
                errors.push(FieldError::new(format!("{top}.id"), "invalid_id", message));
            }
            if list[..place].iter().any(|(other, _)| other == id) {
                let message = format!("Change this id; “{id}” already exists.");
                errors.push(FieldError::new(format!("{top}.id"), "id_taken", message));
            }
            let submission = Submission { editing: Some(id), id: None, object: *object };
            let report = check_alone(configuration, configuration, submission, listeners);
            let below = |error: FieldError| FieldError { path: format!("{top}.{}", error.path), ..error };
            errors.extend(report.errors.into_iter().map(below));
            warnings.extend(report.warnings.into_iter().map(below));
        }
    }
    ValidationReport::new(errors, warnings)
}

/// Validates one object of a configuration, at its own paths. An unknown id has no errors. `before` is the
/// configuration before a change, or the same one.
pub fn check_stored(
    configuration: &Configuration,
    before: &Configuration,
    kind: ObjectKind,
    id: &str,
    listeners: &[SocketAddr],
) -> ValidationReport {
    let object = configuration.object(kind, id).map(StoredObjectRef::spec);
    let Some(object) = object else { return ValidationReport::default() };
    let submission = Submission { editing: Some(id), id: None, object };
    let mut report = check_alone(configuration, before, submission, listeners);
    if !identity::is_id(kind, id) {
        report.errors.insert(0, identity::invalid_id(kind));
    }
    ValidationReport::new(report.errors, report.warnings)
}

/// Reference errors that a change of several objects causes in groups and balancers outside of it, with the affected
/// object.
pub fn broken_elsewhere(
    before: &Configuration,
    after: &Configuration,
    is_held: impl Fn(ObjectKind, &str) -> bool,
) -> Vec<(ObjectKind, String, FieldError)> {
    let groups = before.target_groups.iter().map(|it| (ObjectKind::TargetGroup, it.id.to_string()));
    let balancers = before.balancers.iter().map(|it| (ObjectKind::SmartBalancer, it.id.to_string()));
    let others = groups.chain(balancers).filter(|(kind, id)| !is_held(*kind, id));
    let new = |(kind, id): (ObjectKind, String)| {
        let known = dependents::errors_of(before, kind, &id);
        let is_new =
            move |it: &FieldError| !known.iter().any(|old| (&old.code, &old.path) == (&it.code, &it.path));
        let errors = dependents::errors_of(after, kind, &id).into_iter().filter(is_new);
        errors.map(move |error| (kind, id.clone(), error)).collect::<Vec<_>>()
    };
    others.flat_map(new).collect()
}

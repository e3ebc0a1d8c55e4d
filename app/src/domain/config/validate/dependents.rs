//! Errors that an edit would cause in other objects. The checks of all objects that use the edited one run before
//! and after the edit; each error that only appears after it is reported at the field that causes it, with the name
//! of the affected object.

use std::collections::{BTreeMap, BTreeSet};

use super::{balancer, target_group};
use crate::domain::{
    config::{
        configuration::Configuration,
        object::{Object, ObjectSpecRef},
    },
    field_error::FieldError,
    ids::ObjectKind,
};

pub(super) fn check(
    configuration: &Configuration,
    id: &str,
    object: ObjectSpecRef<'_>,
    errors: &mut Vec<FieldError>,
) {
    let users = users(configuration, object.kind(), id);
    if users.is_empty() {
        return;
    }
    let mut edited = configuration.clone();
    replace_spec(&mut edited, id, object);

    let mut broken: BTreeMap<(&'static str, String), Vec<String>> = BTreeMap::new();
    for (kind, user) in &users {
        let before: BTreeSet<_> =
            errors_of(configuration, *kind, user).into_iter().map(identity_of).collect();
        let after: BTreeSet<_> = errors_of(&edited, *kind, user).into_iter().map(identity_of).collect();
        for (code, _) in after.difference(&before) {
            let cause = (field(object, code), code.clone());
            let name = configuration.object(*kind, user).map_or(user.as_str(), |it| it.spec().name());
            let name = format!("{} “{name}”", kind.words());
            let names = broken.entry(cause).or_default();
            if !names.contains(&name) {
                names.push(name);
            }
        }
    }
    for ((field, code), names) in broken {
        let message = format!("{}: it is used by {}.", advice(field), names.join(", "));
        errors.push(FieldError::new(field, code, message));
    }
}

/// Identity of an error without its message, which may contain the edited name.
fn identity_of(error: FieldError) -> (String, String) {
    (error.code, error.path)
}

/// All objects that use this one, directly or through a group.
fn users(configuration: &Configuration, kind: ObjectKind, id: &str) -> BTreeSet<(ObjectKind, String)> {
    let mut users = BTreeSet::new();
    for user in configuration.used_by(kind, id) {
        if user.kind == ObjectKind::TargetGroup {
            let balancers = configuration.used_by(user.kind, &user.id);
            users.extend(balancers.into_iter().map(|it| (it.kind, it.id)));
        }
        users.insert((user.kind, user.id));
    }
    users
}

fn replace_spec(configuration: &mut Configuration, id: &str, object: ObjectSpecRef<'_>) {
    match object {
        Object::Instance(spec) => {
            let stored = configuration.instances.iter_mut().find(|it| it.id.as_str() == id);
            stored.into_iter().for_each(|it| it.spec = spec.clone());
        }
        Object::TargetGroup(spec) => {
            let stored = configuration.target_groups.iter_mut().find(|it| it.id.as_str() == id);
            stored.into_iter().for_each(|it| it.spec = spec.clone());
        }
        // No other object refers to a balancer.
        Object::Balancer(_) => {}
    }
}

pub(super) fn errors_of(configuration: &Configuration, kind: ObjectKind, id: &str) -> Vec<FieldError> {
    let mut errors = Vec::new();
    match kind {
        ObjectKind::TargetGroup => {
            if let Some(group) = configuration.target_group(id) {
                target_group::references(configuration, &group.spec, &mut errors);
            }
        }
        ObjectKind::SmartBalancer => {
            if let Some(it) = configuration.balancer(id) {
                balancer::references(configuration, &it.spec, &mut errors);
            }
        }
        ObjectKind::Instance => {}
    }
    errors
}

/// The edited field that causes an error with this code in another object.
fn field(object: ObjectSpecRef<'_>, code: &str) -> &'static str {
    match (object, code) {
        (_, "workload_mismatch") => "workload_kind",
        (Object::Instance(_), "mixed_dimensions") => "dimensions",
        (Object::Instance(_), _) => "model",
        _ => "members",
    }
}

fn advice(field: &str) -> &'static str {
    match field {
        "workload_kind" => "Keep the workload kind",
        "dimensions" => "Keep the dimensions",
        "model" => "Keep the model",
        _ => "Keep members that fit",
    }
}

//! Validation of a target group and its members.

use super::{identity, pool, text};
use crate::domain::{
    config::{configuration::Configuration, instance::WorkloadKind, target_group::TargetGroup},
    field_error::FieldError,
    ids::ObjectKind,
    limits, range,
};

pub(super) fn check(
    configuration: &Configuration,
    editing: Option<&str>,
    group: &TargetGroup,
    errors: &mut Vec<FieldError>,
) {
    text::required_slug("name", "name", &group.name, errors);
    identity::check_name(configuration, ObjectKind::TargetGroup, editing, &group.name, errors);
    text::line("display_name", "display name", &group.display_name, limits::DISPLAY_NAME_CHARS, errors);
    text::lines("description", "description", &group.description, limits::DESCRIPTION_CHARS, errors);
    if group.members.is_empty() {
        errors.push(FieldError::new("members", "too_short", "Add at least one member."));
    }
    if group.members.len() > limits::MEMBERS {
        let message = format!("Keep at most {} members.", limits::MEMBERS);
        errors.push(FieldError::new("members", "too_long", message));
    }
    for (place, member) in group.members.iter().enumerate().take(limits::MEMBERS) {
        range::WEIGHT.check(format!("members[{place}].weight"), member.weight, errors);
        range::PRIORITY.check(format!("members[{place}].priority"), member.priority, errors);
        let named = !member.instance_id.as_str().is_empty();
        if named && group.members[..place].iter().any(|it| it.instance_id == member.instance_id) {
            let message = format!("Remove this member; “{}” is already in the group.", member.instance_id);
            errors.push(FieldError::new(
                format!("members[{place}].instance_id"),
                "duplicate_member",
                message,
            ));
        }
    }
    references(configuration, group, errors);
}

/// Checks that depend on other objects; they also run when one of those is edited.
pub(super) fn references(configuration: &Configuration, group: &TargetGroup, errors: &mut Vec<FieldError>) {
    let mut pool = Vec::new();
    for (place, member) in group.members.iter().enumerate().take(limits::MEMBERS) {
        let path = format!("members[{place}].instance_id");
        let id = &member.instance_id;
        if id.as_str().is_empty() {
            errors.push(FieldError::new(path, "required", "Choose an instance."));
            continue;
        }
        let Some(instance) = configuration.instance(id.as_str()) else {
            let message = format!("Choose an existing instance; there is no instance with the id “{id}”.");
            errors.push(FieldError::new(path, "unknown_instance", message));
            continue;
        };
        let (kind, wanted) = (instance.spec.workload_kind, group.workload_kind);
        if kind != wanted {
            let message = format!(
                "Choose a {} instance; “{}” serves {}.",
                wanted.as_str(),
                instance.spec.name,
                kind.served()
            );
            errors.push(FieldError::new(path, "workload_mismatch", message));
        } else if kind == WorkloadKind::Embeddings {
            pool::check_model(instance, &path, errors);
            pool.push(instance);
        }
    }
    pool::check_alike(&pool, "members", errors);
}

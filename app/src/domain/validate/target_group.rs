//! Rules of a target group and its members.

use super::{identity, pool, text};
use crate::domain::{
    configuration::Configuration, fault::Fault, ids::ObjectKind, instance::WorkloadKind, limits, range,
    target_group::TargetGroup,
};

pub(super) fn check(
    configuration: &Configuration,
    editing: Option<&str>,
    group: &TargetGroup,
    faults: &mut Vec<Fault>,
) {
    text::required_slug("name", "name", &group.name, faults);
    identity::check_name(configuration, ObjectKind::TargetGroup, editing, &group.name, faults);
    text::line("display_name", "display name", &group.display_name, limits::DISPLAY_NAME_CHARS, faults);
    text::lines("description", "description", &group.description, limits::DESCRIPTION_CHARS, faults);
    if group.members.is_empty() {
        faults.push(Fault::new("members", "too_short", "Add at least one member."));
    }
    if group.members.len() > limits::MEMBERS {
        let message = format!("Keep at most {} members.", limits::MEMBERS);
        faults.push(Fault::new("members", "too_long", message));
    }
    for (place, member) in group.members.iter().enumerate().take(limits::MEMBERS) {
        range::WEIGHT.check(format!("members[{place}].weight"), member.weight, faults);
        range::PRIORITY.check(format!("members[{place}].priority"), member.priority, faults);
        let named = !member.instance_id.as_str().is_empty();
        if named && group.members[..place].iter().any(|it| it.instance_id == member.instance_id) {
            let message = format!("Remove this member; “{}” is in the group already.", member.instance_id);
            faults.push(Fault::new(format!("members[{place}].instance_id"), "duplicate_member", message));
        }
    }
    references(configuration, group, faults);
}

/// The rules that depend on other objects: an edit of those is judged by these again.
pub(super) fn references(configuration: &Configuration, group: &TargetGroup, faults: &mut Vec<Fault>) {
    let mut pool = Vec::new();
    for (place, member) in group.members.iter().enumerate().take(limits::MEMBERS) {
        let path = format!("members[{place}].instance_id");
        let id = &member.instance_id;
        if id.as_str().is_empty() {
            faults.push(Fault::new(path, "required", "Choose an instance."));
            continue;
        }
        let Some(instance) = configuration.instance(id.as_str()) else {
            let message = format!("Choose an instance that exists; there is none with the id “{id}”.");
            faults.push(Fault::new(path, "unknown_instance", message));
            continue;
        };
        let (kind, wanted) = (instance.spec.workload_kind, group.workload_kind);
        if kind != wanted {
            let message = format!(
                "Choose a {} instance; “{}” serves {}.",
                wanted.as_str(),
                instance.spec.name,
                kind.as_str()
            );
            faults.push(Fault::new(path, "workload_mismatch", message));
        } else if kind == WorkloadKind::Embeddings {
            pool::check_model(instance, &path, faults);
            pool.push(instance);
        }
    }
    pool::check_alike(&pool, "members", faults);
}

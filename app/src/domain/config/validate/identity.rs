//! Validation of ids and unique names. The store's unique indexes enforce uniqueness again, for concurrent saves.

use std::collections::HashSet;

use crate::domain::{
    config::configuration::Configuration,
    field_error::FieldError,
    ids::{ObjectKind, has_name_key, is_slug, name_key, slug},
    limits,
};

/// Whether another object already has this id or name. REST then answers 409 with the error's code instead of 422.
pub fn is_conflict(error: &FieldError) -> bool {
    matches!(error.code.as_str(), "name_taken" | "serving_name_taken" | "id_taken")
}

/// Generates the id of a new object from its name, with a numeric suffix if it is taken.
pub fn new_id(configuration: &Configuration, kind: ObjectKind, name: &str) -> String {
    let taken: HashSet<_> = names(configuration, kind).map(|(id, _)| id).collect();
    let slug = slug(name);
    let first = if slug.is_empty() { "1" } else { &slug };
    let plain = format!("{}{first}", kind.prefix());
    let numbered = (2_u64..).map(|number| {
        if slug.is_empty() { format!("{}{number}", kind.prefix()) } else { format!("{plain}-{number}") }
    });
    std::iter::once(plain.clone()).chain(numbered).find(|id| !taken.contains(id.as_str())).unwrap_or_default()
}

/// Validates a requested id.
pub(super) fn check(configuration: &Configuration, kind: ObjectKind, id: &str, errors: &mut Vec<FieldError>) {
    if !is_id(kind, id) {
        errors.push(invalid_id(kind));
    } else if configuration.object(kind, id).is_some() {
        let message = format!("The id “{id}” is taken; choose another one.");
        errors.push(FieldError::new("id", "id_taken", message));
    }
}

/// The error of a malformed id.
pub(super) fn invalid_id(kind: ObjectKind) -> FieldError {
    let message = format!(
        "Use an id that starts with {}, followed by lower-case letters, digits, hyphens and underscores.",
        kind.prefix()
    );
    FieldError::new("id", "invalid_id", message)
}

/// Whether an id has the form of its kind.
pub(super) fn is_id(kind: ObjectKind, id: &str) -> bool {
    id.len() <= limits::ID_CHARS && id.strip_prefix(kind.prefix()).is_some_and(is_slug)
}

/// Validates that a name is unique; `editing` is the id of the object that may already have it.
pub(super) fn check_name(
    configuration: &Configuration,
    kind: ObjectKind,
    editing: Option<&str>,
    name: &str,
    errors: &mut Vec<FieldError>,
) {
    let key = name_key(name);
    let others = names(configuration, kind).filter(|(id, _)| Some(*id) != editing);
    if !key.is_empty() && others.into_iter().any(|(_, other)| has_name_key(other, &key)) {
        let message = format!("The name “{name}” is taken by another {}; choose another one.", kind.words());
        errors.push(FieldError::new("name", "name_taken", message));
    }
}

fn names(configuration: &Configuration, kind: ObjectKind) -> Box<dyn Iterator<Item = (&str, &str)> + '_> {
    match kind {
        ObjectKind::Instance => {
            Box::new(configuration.instances.iter().map(|it| (it.id.as_str(), it.spec.name.as_str())))
        }
        ObjectKind::TargetGroup => {
            Box::new(configuration.target_groups.iter().map(|it| (it.id.as_str(), it.spec.name.as_str())))
        }
        ObjectKind::SmartBalancer => {
            Box::new(configuration.balancers.iter().map(|it| (it.id.as_str(), it.spec.name.as_str())))
        }
    }
}

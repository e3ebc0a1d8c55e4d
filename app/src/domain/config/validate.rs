//! Validation of a change against the whole configuration. Pure, and shared by browser and server.
//!
//! Every function returns all errors at once and changes nothing.

mod api_key;
mod balancer;
mod dependents;
mod destination;
mod identity;
mod instance;
mod pool;
mod routes;
mod target_group;
#[cfg(test)]
mod tests;
mod text;
mod whole;

pub use api_key::check_api_key;
pub use destination::resolve_refs;
pub use identity::{is_conflict, new_id};
pub use instance::check_connection;
pub use pool::is_same_model;
pub use whole::{broken_elsewhere, check_all, check_stored};

use std::net::SocketAddr;

use super::{
    configuration::Configuration,
    lint,
    object::{Object, ObjectSpecRef},
};
use crate::domain::field_error::ValidationReport;

/// An object that a user wants to save.
#[derive(Clone, Copy, Debug)]
pub struct Submission<'a> {
    /// Id of the stored object that it replaces; `None` for a new one.
    pub editing: Option<&'a str>,
    /// Requested id of a new object.
    pub id: Option<&'a str>,
    /// The settings. References need not be resolved yet.
    pub object: ObjectSpecRef<'a>,
}

/// Validates a change: errors of the object at its own paths, errors that it would cause in other objects at the
/// field that causes them, and warnings. `listeners` are the addresses that this server listens on; the browser
/// passes none.
pub fn check(
    configuration: &Configuration,
    submission: Submission<'_>,
    listeners: &[SocketAddr],
) -> ValidationReport {
    let own = check_alone(configuration, configuration, submission, listeners);
    let mut errors = own.errors;
    if let Some(id) = submission.editing {
        dependents::check(configuration, id, submission.object, &mut errors);
    }
    ValidationReport::new(errors, own.warnings)
}

/// Like [`check`], without the errors caused in other objects. `before` is the configuration before the change.
fn check_alone(
    configuration: &Configuration,
    before: &Configuration,
    submission: Submission<'_>,
    listeners: &[SocketAddr],
) -> ValidationReport {
    let mut errors = Vec::new();
    let editing = submission.editing;
    if let (None, Some(id)) = (editing, submission.id) {
        identity::check(configuration, submission.object.kind(), id, &mut errors);
    }
    let warnings = match submission.object {
        Object::Instance(it) => {
            instance::check(configuration, editing, it, listeners, &mut errors);
            Vec::new()
        }
        Object::TargetGroup(it) => {
            target_group::check(configuration, editing, it, &mut errors);
            lint::target_group(configuration, it)
        }
        Object::Balancer(it) => {
            balancer::check(configuration, before, editing, it, &mut errors);
            lint::balancer(configuration, it)
        }
    };
    ValidationReport::new(errors, warnings)
}

//! Whether something may be saved: one pure judgement over the whole configuration with the candidate put in.
//!
//! The browser and the server call the very same functions. They return every error at once; they change nothing.

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
pub use whole::{broken_elsewhere, check_all, check_stored};

use std::net::SocketAddr;

use super::{
    configuration::Configuration,
    lint,
    object::{Object, ObjectSpecRef},
};
use crate::domain::field_error::ValidationReport;

/// What somebody wants to save.
#[derive(Clone, Copy, Debug)]
pub struct Candidate<'a> {
    /// The id of the saved object that it replaces; absent for a new one.
    pub editing: Option<&'a str>,
    /// The id that the caller wants for a new one.
    pub id: Option<&'a str>,
    /// The settings. References need not be resolved yet.
    pub object: ObjectSpecRef<'a>,
}

/// Judges one candidate: its own errors at its own paths, the errors that it would cause in others at the field that
/// causes them, and warnings. `listeners` are the addresses on which this server listens; the browser passes none.
pub fn check(
    configuration: &Configuration,
    candidate: Candidate<'_>,
    listeners: &[SocketAddr],
) -> ValidationReport {
    let own = check_alone(configuration, candidate, listeners);
    let mut errors = own.errors;
    if let Some(id) = candidate.editing {
        dependents::check(configuration, id, candidate.object, &mut errors);
    }
    ValidationReport::new(errors, own.warnings)
}

/// The same without what it would cause in others.
fn check_alone(
    configuration: &Configuration,
    candidate: Candidate<'_>,
    listeners: &[SocketAddr],
) -> ValidationReport {
    let mut errors = Vec::new();
    let editing = candidate.editing;
    if let (None, Some(id)) = (editing, candidate.id) {
        identity::check(configuration, candidate.object.kind(), id, &mut errors);
    }
    let warnings = match candidate.object {
        Object::Instance(it) => {
            instance::check(configuration, editing, it, listeners, &mut errors);
            Vec::new()
        }
        Object::TargetGroup(it) => {
            target_group::check(configuration, editing, it, &mut errors);
            lint::target_group(configuration, it)
        }
        Object::Balancer(it) => {
            balancer::check(configuration, editing, it, &mut errors);
            lint::balancer(configuration, it)
        }
    };
    ValidationReport::new(errors, warnings)
}

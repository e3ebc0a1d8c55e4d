//! Whether something may be saved: one pure judgement over the whole configuration with the candidate put in.
//!
//! The browser and the server call the very same functions. They return every fault at once; they change nothing.

use std::net::SocketAddr;

use super::{
    api_key::ApiKeyScope,
    balancer::Balancer,
    configuration::Configuration,
    fault::{Fault, Report},
    ids::ObjectKind,
    instance::Instance,
    target_group::TargetGroup,
};

/// What somebody wants to save.
#[derive(Clone, Copy, Debug)]
pub struct Candidate<'a> {
    /// The id of the saved object that it replaces; absent for a new one.
    pub editing: Option<&'a str>,
    /// The id that the caller wants for a new one.
    pub id: Option<&'a str>,
    /// The object.
    pub object: Object<'a>,
}

/// The object of a candidate. References need not be resolved yet.
#[derive(Clone, Copy, Debug)]
pub enum Object<'a> {
    /// An instance.
    Instance(&'a Instance),
    /// A target group.
    TargetGroup(&'a TargetGroup),
    /// A balancer.
    Balancer(&'a Balancer),
}

/// Judges one candidate: its own faults at its own paths, the faults that it would cause in others at the field that
/// causes them, and warnings. `listeners` are the addresses on which this server listens; the browser passes none.
pub fn check(configuration: &Configuration, candidate: Candidate<'_>, listeners: &[SocketAddr]) -> Report {
    let _ = (configuration, candidate, listeners);
    Report::new(Vec::new(), Vec::new())
}

/// Judges a whole configuration, as an import would set it. Paths begin with the list and the place in it, such as
/// `balancers[0].routes[2].destination.ref`.
pub fn check_all(configuration: &Configuration, listeners: &[SocketAddr]) -> Report {
    let _ = (configuration, listeners);
    Report::new(Vec::new(), Vec::new())
}

/// Judges the scope of a new API key.
pub fn check_api_key(configuration: &Configuration, scope: &ApiKeyScope) -> Vec<Fault> {
    let _ = (configuration, scope);
    Vec::new()
}

/// Rewrites every reference of a balancer that resolves to the id that it means; the others stay as they are.
pub fn resolve_refs(balancer: &mut Balancer, configuration: &Configuration) {
    let _ = (balancer, configuration);
}

/// The id of a new object whose caller gave none: made from its name, with a number where that is taken.
pub fn new_id(configuration: &Configuration, kind: ObjectKind, name: &str) -> String {
    let _ = configuration;
    format!("{}{}", kind.prefix(), super::ids::slug(name))
}

/// Whether a fault is a name or id that another object has: REST answers 409 with its code instead of 422.
pub fn is_conflict(fault: &Fault) -> bool {
    matches!(fault.code.as_str(), "name_taken" | "serving_name_taken" | "id_taken")
}

//! The judgement of a whole configuration, as an import would set it.

use std::net::SocketAddr;

use super::{Candidate, Object, check_alone, identity};
use crate::domain::{
    configuration::Configuration,
    fault::{Fault, Report},
    ids::ObjectKind,
};

/// Judges a whole configuration. Paths begin with the list and the place in it, such as
/// `balancers[0].routes[2].destination.ref`.
pub fn check_all(configuration: &Configuration, listeners: &[SocketAddr]) -> Report {
    let instances = configuration.instances.iter().map(|it| (it.id.as_str(), Object::Instance(&it.spec)));
    let groups = configuration.target_groups.iter().map(|it| (it.id.as_str(), Object::TargetGroup(&it.spec)));
    let balancers = configuration.balancers.iter().map(|it| (it.id.as_str(), Object::Balancer(&it.spec)));
    let (mut errors, mut warnings) = (Vec::new(), Vec::new());
    for list in [instances.collect::<Vec<_>>(), groups.collect(), balancers.collect()] {
        for (place, (id, object)) in list.iter().enumerate() {
            let kind = object.kind();
            let top = format!("{}[{place}]", list_name(kind));
            if !identity::is_id(kind, id) {
                let message = format!("Use an id that begins with {}.", kind.prefix());
                errors.push(Fault::new(format!("{top}.id"), "invalid_id", message));
            }
            if list[..place].iter().any(|(other, _)| other == id) {
                let message = format!("Give this one another id; “{id}” is there already.");
                errors.push(Fault::new(format!("{top}.id"), "id_taken", message));
            }
            let candidate = Candidate { editing: Some(id), id: None, object: *object };
            let report = check_alone(configuration, candidate, listeners);
            let below = |fault: Fault| Fault { path: format!("{top}.{}", fault.path), ..fault };
            errors.extend(report.errors.into_iter().map(below));
            warnings.extend(report.warnings.into_iter().map(below));
        }
    }
    Report::new(errors, warnings)
}

fn list_name(kind: ObjectKind) -> &'static str {
    match kind {
        ObjectKind::Instance => "instances",
        ObjectKind::TargetGroup => "target_groups",
        ObjectKind::SmartBalancer => "balancers",
    }
}

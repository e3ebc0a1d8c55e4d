//! What is allowed but probably not meant. Warnings never block saving.

use super::{balancer::Balancer, configuration::Configuration, fault::Fault, target_group::TargetGroup};

/// Warnings about a balancer.
pub fn balancer(configuration: &Configuration, balancer: &Balancer) -> Vec<Fault> {
    let _ = (configuration, balancer);
    Vec::new()
}

/// Warnings about a target group.
pub fn target_group(configuration: &Configuration, group: &TargetGroup) -> Vec<Fault> {
    let _ = (configuration, group);
    Vec::new()
}

//! Warnings about settings that are valid but probably unintended. They never block saving.

mod intent;
#[cfg(test)]
mod tests;

use super::{
    balancer::{Balancer, Destination, OrderedStrategy, RoutingMode},
    configuration::{Configuration, Target},
    instance::WorkloadKind,
    target_group::{Member, TargetGroup},
};
use crate::domain::field_error::FieldError;

/// Warnings about a balancer.
pub fn balancer(configuration: &Configuration, balancer: &Balancer) -> Vec<FieldError> {
    let mut warnings = Vec::new();
    if balancer.routing_mode == RoutingMode::IntentClassifier {
        if balancer.workload_kind == WorkloadKind::Embeddings {
            let message = "Prefer ordered for embeddings; texts to embed rarely state their purpose.";
            warnings.push(FieldError::new("routing_mode", "embeddings_classifier", message));
        }
        match balancer.router_model.as_ref().map(|it| (it, out_of_service(configuration, it))) {
            Some((_, Some(name))) => {
                let message = format!("Enable “{name}”; until then every call goes to the default route.");
                warnings.push(FieldError::new("router_model.ref", "router_model_disabled", message));
            }
            Some((router, None)) => {
                members_without_traffic(configuration, router, "router_model", &mut warnings);
            }
            None => {}
        }
    }
    intent::check(&balancer.routes, &mut warnings);
    for (place, route) in balancer.routes.iter().enumerate() {
        if let Some(name) = out_of_service(configuration, &route.destination) {
            let message = format!("Enable “{name}”; until then this route cannot answer.");
            warnings.push(FieldError::new(
                format!("routes[{place}].destination.ref"),
                "destination_disabled",
                message,
            ));
        } else {
            let path = format!("routes[{place}].destination");
            members_without_traffic(configuration, &route.destination, &path, &mut warnings);
        }
    }
    if balancer.routing_mode == RoutingMode::Ordered {
        ordered(balancer, &mut warnings);
    }
    warnings
}

/// Warnings about a target group.
pub fn target_group(configuration: &Configuration, group: &TargetGroup) -> Vec<FieldError> {
    let mut warnings = Vec::new();
    for (place, member) in group.members.iter().enumerate() {
        let instance = configuration.instance(member.instance_id.as_str());
        if member.enabled && member.weight == 0 {
            let message = "Give this member a weight; with 0 it never gets traffic, not even in failover.";
            warnings.push(FieldError::new(format!("members[{place}].weight"), "member_never_used", message));
        } else if member.enabled && instance.is_some_and(|it| !it.spec.enabled) {
            let message = "Enable this instance; until then the member gets no traffic.";
            warnings.push(FieldError::new(
                format!("members[{place}].instance_id"),
                "instance_disabled",
                message,
            ));
        }
    }
    if !group.members.is_empty() && !group.members.iter().any(|it| can_answer(configuration, it)) {
        let message = "Enable a member with a weight; none of them can get traffic now.";
        warnings.push(FieldError::new("members", "no_usable_member", message));
    }
    warnings
}

fn ordered(balancer: &Balancer, warnings: &mut Vec<FieldError>) {
    let enabled = || balancer.routes.iter().enumerate().filter(|(_, route)| route.enabled);
    match balancer.ordered_strategy {
        OrderedStrategy::Failover => {
            let chain = u64::try_from(enabled().count()).unwrap_or(u64::MAX);
            if chain > balancer.max_attempts {
                let message = format!(
                    "Raise the maximum attempts or remove routes; the chain has {chain} routes, but a call makes at most {} attempts.",
                    balancer.max_attempts
                );
                warnings.push(FieldError::new("max_attempts", "chain_longer_than_attempts", message));
            }
        }
        OrderedStrategy::Weighted => {
            for (place, _) in enabled().filter(|(_, route)| route.weight == 0 && !route.is_default) {
                let message = "Give this route a weight; with 0 it gets no share.";
                warnings.push(FieldError::new(
                    format!("routes[{place}].weight"),
                    "route_never_used",
                    message,
                ));
            }
        }
    }
}

/// Warns about enabled members with weight 0, at the field that refers to their group.
fn members_without_traffic(
    configuration: &Configuration,
    destination: &Destination,
    path: &str,
    warnings: &mut Vec<FieldError>,
) {
    if destination.target.is_empty() {
        return;
    }
    let Some(Target::Group(group)) = configuration.resolve(destination) else { return };
    let idle: Vec<_> = group.spec.members.iter().filter(|it| it.enabled && it.weight == 0).collect();
    if let [first, others @ ..] = idle.as_slice() {
        let name = configuration.instance(first.instance_id.as_str()).map(|it| it.spec.name.as_str());
        let name = name.unwrap_or(first.instance_id.as_str());
        let more = if others.is_empty() { String::new() } else { format!(" and {} more", others.len()) };
        let message = format!(
            "Give “{name}”{more} a weight in “{}”; with 0 a member never gets traffic, not even in failover.",
            group.spec.name
        );
        warnings.push(FieldError::new(format!("{path}.ref"), "member_never_used", message));
    }
}

/// The name of a destination that cannot serve calls because it, or every member, is disabled.
fn out_of_service<'a>(configuration: &'a Configuration, destination: &Destination) -> Option<&'a str> {
    if destination.target.is_empty() {
        return None;
    }
    let (name, answers) = match configuration.resolve(destination)? {
        Target::Instance(it) => (&it.spec.name, it.spec.enabled),
        Target::Group(it) => {
            let any = it.spec.members.iter().any(|member| can_answer(configuration, member));
            (&it.spec.name, it.spec.enabled && any)
        }
    };
    (!answers).then_some(name)
}

fn can_answer(configuration: &Configuration, member: &Member) -> bool {
    let instance = configuration.instance(member.instance_id.as_str());
    member.enabled && member.weight > 0 && instance.is_none_or(|it| it.spec.enabled)
}

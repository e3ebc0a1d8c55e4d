//! Options of destination pickers, from the configuration and the health of instances.

use crate::{
    domain::{
        config::{
            balancer::{Destination, DestinationKind},
            configuration::Configuration,
        },
        console::balancer_draft::destination_option::DestinationOption,
        routing::health::HealthState,
    },
    ports::DataPlane,
};

/// All instances and target groups, instances first.
pub(crate) fn destination_options(
    configuration: &Configuration,
    gateway: &dyn DataPlane,
) -> Vec<DestinationOption> {
    let classified_ms =
        |id: &str| Some(u64::try_from(gateway.classified(id)?.as_millis()).unwrap_or(u64::MAX));
    let instances = configuration.instances.iter().map(|it| {
        let state = gateway.health(it.id.as_str()).state;
        DestinationOption {
            destination: Destination { kind: DestinationKind::Instance, target: it.id.to_string() },
            name: it.spec.name.clone(),
            workload_kind: it.spec.workload_kind,
            group: false,
            enabled: it.spec.enabled,
            demo: it.spec.demo,
            state,
            health: if it.spec.enabled { health_label(state).to_owned() } else { "disabled".to_owned() },
            classified_ms: classified_ms(it.id.as_str()),
        }
    });
    let groups = configuration.target_groups.iter().map(|it| {
        let usable = it.spec.members.iter().filter(|member| {
            let instance = configuration.instance(member.instance_id.as_str());
            member.enabled && member.weight > 0 && instance.is_some_and(|it| it.spec.enabled)
        });
        let ids: Vec<&str> = usable.map(|it| it.instance_id.as_str()).collect();
        let states: Vec<HealthState> = ids.iter().map(|id| gateway.health(id).state).collect();
        let well = states.iter().filter(|it| is_well(**it)).count();
        let best = [HealthState::Healthy, HealthState::Unknown].into_iter().find(|it| states.contains(it));
        DestinationOption {
            destination: Destination { kind: DestinationKind::TargetGroup, target: it.id.to_string() },
            name: if it.spec.display_name.is_empty() { &it.spec.name } else { &it.spec.display_name }.clone(),
            workload_kind: it.spec.workload_kind,
            group: true,
            enabled: it.spec.enabled,
            demo: false,
            state: best.or_else(|| states.first().copied()).unwrap_or_default(),
            health: match (it.spec.enabled, it.spec.members.len()) {
                (false, _) => "disabled".to_owned(),
                (true, all) => format!("{well} of {all} available"),
            },
            classified_ms: ids.iter().filter_map(|id| classified_ms(id)).max(),
        }
    });
    instances.chain(groups).collect()
}

/// Label of a health state.
fn health_label(state: HealthState) -> &'static str {
    match state {
        HealthState::Healthy => "healthy",
        HealthState::Unknown => "not called yet",
        HealthState::Ejected => "ejected after failures",
        HealthState::Cooling => "at its rate limit",
        HealthState::Misconfigured => "refuses the key or model",
    }
}

fn is_well(state: HealthState) -> bool {
    matches!(state, HealthState::Healthy | HealthState::Unknown)
}

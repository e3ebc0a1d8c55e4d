//! What a route or a router model may point at, with its health, as pickers and tables show it.

use serde::{Deserialize, Serialize};

use crate::domain::{
    configuration::Configuration,
    health::{HealthState, HealthView},
    instance::WorkloadKind,
};

/// One option of a destination picker.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Offer {
    /// The option's value, `instance:inst_a` or `target_group:tg_b`.
    pub(crate) value: String,
    /// What people call it.
    pub(crate) name: String,
    /// The calls that it serves.
    pub(crate) workload_kind: WorkloadKind,
    /// Whether it is a target group.
    pub(crate) group: bool,
    /// Whether it may get traffic.
    pub(crate) enabled: bool,
    /// Whether this server itself answers for it.
    pub(crate) demo: bool,
    /// How it is doing; for a group its best member.
    pub(crate) state: HealthState,
    /// How it is doing, in words.
    pub(crate) health: String,
}

impl Offer {
    /// The option's text.
    pub(crate) fn label(&self) -> String {
        format!("{} · {}", self.name, self.health)
    }

    /// Whether it can be chosen for calls of `kind`.
    pub(crate) fn serves(&self, kind: WorkloadKind) -> bool {
        self.workload_kind == kind
    }
}

/// Every instance and target group, instances first.
pub(crate) fn offers(configuration: &Configuration, health: &dyn Fn(&str) -> HealthView) -> Vec<Offer> {
    let instances = configuration.instances.iter().map(|it| {
        let state = health(it.id.as_str()).state;
        Offer {
            value: format!("instance:{}", it.id),
            name: it.spec.name.clone(),
            workload_kind: it.spec.workload_kind,
            group: false,
            enabled: it.spec.enabled,
            demo: it.spec.demo,
            state,
            health: if it.spec.enabled { words(state).to_owned() } else { "disabled".to_owned() },
        }
    });
    let groups = configuration.target_groups.iter().map(|it| {
        let usable = it.spec.members.iter().filter(|member| {
            let instance = configuration.instance(member.instance_id.as_str());
            member.enabled && member.weight > 0 && instance.is_some_and(|it| it.spec.enabled)
        });
        let states: Vec<HealthState> = usable.map(|it| health(it.instance_id.as_str()).state).collect();
        let well = states.iter().filter(|it| is_well(**it)).count();
        let best = [HealthState::Healthy, HealthState::Unknown].into_iter().find(|it| states.contains(it));
        Offer {
            value: format!("target_group:{}", it.id),
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
        }
    });
    instances.chain(groups).collect()
}

/// A health state as people read it.
pub(crate) fn words(state: HealthState) -> &'static str {
    match state {
        HealthState::Healthy => "healthy",
        HealthState::Unknown => "not called yet",
        HealthState::Ejected => "resting after failures",
        HealthState::Cooling => "at its rate limit",
        HealthState::Misconfigured => "refuses our key or model",
    }
}

fn is_well(state: HealthState) -> bool {
    matches!(state, HealthState::Healthy | HealthState::Unknown)
}

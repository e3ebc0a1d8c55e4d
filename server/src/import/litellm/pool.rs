//! The deployments of one `model_name` as one target: an instance, or a group.

use std::collections::BTreeMap;

use app::domain::{ids::ObjectKind, limits};

use super::{Models, deployment::Deployment};
use crate::import::{
    document::{DocumentBuilder, Group, Member, Target, whole_weights},
    tree::Leftovers,
};

/// Weight of members without a share.
const EQUAL: u64 = 100;

/// Adds a group for each model with several deployments.
pub(super) fn groups(
    document: &mut DocumentBuilder,
    models: Models<'_>,
    policy: &'static str,
    left: &Leftovers,
) -> BTreeMap<String, Target> {
    let mut targets = BTreeMap::new();
    for (name, (path, deployments)) in models {
        let deployments = alike(deployments, left);
        if deployments.len() > 1 && document.is_full(ObjectKind::TargetGroup) {
            left.report(path, format!("Only the first {} groups carry over.", limits::IMPORT_OBJECTS));
            continue;
        }
        let members = members(deployments, left);
        if let Some(target) = document.group(Group { name, policy, enabled: true, members }) {
            targets.insert(name.to_owned(), target);
        }
    }
    targets
}

/// The deployments that can answer for the first one, up to the size of a group.
fn alike(mut deployments: Vec<Deployment>, left: &Leftovers) -> Vec<Deployment> {
    let Some(first) = deployments.first().map(|it| it.target.clone()) else { return deployments };
    deployments.retain(|it| {
        let words = match it.target.workload == first.workload {
            false => "Its model_name serves calls of another kind already; its instance stands alone.",
            true => "Vectors of two models must not mix; its instance stands alone.",
        };
        let fits = it.target.can_stand_in(&first);
        if !fits {
            left.report(&it.path, words);
        }
        fits
    });
    for it in deployments.iter().skip(limits::MEMBERS) {
        left.report(
            &it.path,
            format!("A group has at most {} members; its instance stands alone.", limits::MEMBERS),
        );
    }
    deployments.truncate(limits::MEMBERS);
    deployments
}

/// The deployments as members: one tier for each `order`, those without one last, with shares in each tier.
fn members(deployments: Vec<Deployment>, left: &Leftovers) -> Vec<Member> {
    let mut orders: Vec<f64> = deployments.iter().filter_map(|it| it.order).collect();
    orders.sort_by(f64::total_cmp);
    orders.dedup();
    let tier =
        |it: &Deployment| it.order.map_or(orders.len(), |order| orders.partition_point(|it| *it < order));
    let mut weights: Vec<u64> = vec![EQUAL; deployments.len()];
    for number in 0..=orders.len() {
        let places: Vec<_> = deployments
            .iter()
            .enumerate()
            .filter(|(_, it)| tier(it) == number)
            .map(|(place, _)| place)
            .collect();
        let shares = shares(&places.iter().map(|place| &deployments[*place]).collect::<Vec<_>>());
        places.into_iter().zip(shares).for_each(|(place, weight)| weights[place] = weight);
    }
    let with_priority = deployments.into_iter().map(|it| (tier(&it) as u64 + 1, it)).collect::<Vec<_>>();
    let member = |((priority, it), weight): ((u64, Deployment), u64)| {
        if weight == 0 {
            left.report(&it.path, "It has no weight beside others that have one, so it gets no traffic.");
        }
        Member { target: it.target, weight, priority }
    };
    with_priority.into_iter().zip(weights).map(member).collect()
}

/// The weights of a tier, as LiteLLM computes them: by the first of weight, rpm and tpm that one of its deployments
/// has; otherwise equal. A weight of 0 is kept.
fn shares(tier: &[&Deployment]) -> Vec<u64> {
    let measure = (0..3).find(|it| tier.iter().any(|one| one.shares[*it].is_some_and(|it| it > 0.0)));
    match measure {
        Some(measure) => {
            whole_weights(&tier.iter().map(|it| it.shares[measure].unwrap_or_default()).collect::<Vec<_>>())
        }
        None => tier.iter().map(|it| if it.shares[0] == Some(0.0) { 0 } else { EQUAL }).collect(),
    }
}

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
/// What a tier may be shared by, in the order of [`Deployment::shares`].
const MEASURES: [&str; 3] = ["weight", "rpm", "tpm"];

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

/// The deployments that can answer for each other, beginning with the first, up to the size of a group.
fn alike(all: Vec<Deployment>, left: &Leftovers) -> Vec<Deployment> {
    let mut deployments: Vec<Deployment> = Vec::new();
    for it in all {
        let words = match deployments.iter().find(|other| !it.target.can_stand_in(&other.target)) {
            None => {
                deployments.push(it);
                continue;
            }
            Some(other) if other.target.workload == it.target.workload => {
                "Vectors of two models must not mix; its instance stands alone."
            }
            Some(_) => "Its model_name serves calls of another kind already; its instance stands alone.",
        };
        left.report(&it.path, words);
    }
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
        let shares = shares(&places.iter().map(|place| &deployments[*place]).collect::<Vec<_>>(), left);
        places.into_iter().zip(shares).for_each(|(place, weight)| weights[place] = weight);
    }
    let with_priority = deployments.into_iter().map(|it| (tier(&it) as u64 + 1, it)).collect::<Vec<_>>();
    let member =
        |((priority, it), weight): ((u64, Deployment), u64)| Member { target: it.target, weight, priority };
    with_priority.into_iter().zip(weights).map(member).collect()
}

/// The weights of a tier, as LiteLLM computes them: by the first of weight, rpm and tpm that its first deployment has;
/// otherwise equal. A weight of 0 is kept.
fn shares(tier: &[&Deployment], left: &Leftovers) -> Vec<u64> {
    let is_none = |it: &Deployment| it.shares[0] == Some(0.0);
    let measure = (0..3).find(|it| {
        let is_measured = tier.first().is_some_and(|first| first.shares[*it].is_some());
        is_measured && tier.iter().any(|one| !is_none(one) && one.shares[*it].is_some_and(|it| it > 0.0))
    });
    let share = |it: &&Deployment| measure.and_then(|measure| it.shares[measure]).unwrap_or_default();
    let weights = match measure {
        Some(_) => whole_weights(
            &tier.iter().map(|it| if is_none(it) { 0.0 } else { share(it) }).collect::<Vec<_>>(),
        ),
        None => tier.iter().map(|it| if is_none(it) { 0 } else { EQUAL }).collect(),
    };
    let any_stated = tier.iter().any(|it| it.shares.iter().any(Option::is_some));
    for (it, weight) in tier.iter().zip(&weights) {
        let words = match (measure, weight) {
            _ if is_none(it) => "Its weight is 0, so it gets no traffic.".to_owned(),
            (Some(measure), 0) => {
                format!("It has no {} beside others that have one, so it gets no traffic.", MEASURES[measure])
            }
            (None, _) if tier.len() > 1 && any_stated => {
                "The first deployment of its tier states no share, so the tier is shared equally.".to_owned()
            }
            _ => continue,
        };
        left.report(&it.path, words);
    }
    if let Some(first) = tier.first().filter(|_| weights.iter().all(|it| *it == 0)) {
        left.report(&first.path, "No deployment of its order has a share, so none of them gets traffic.");
    }
    weights
}

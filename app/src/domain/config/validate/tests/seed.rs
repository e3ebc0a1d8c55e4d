//! The sample target group of the specification is accepted verbatim, including line numbers and file name.

#![expect(clippy::unwrap_used, reason = "tests")]

use super::*;
use crate::domain::config::{
    decode::{self, Purpose},
    paste,
    target_group::SelectionPolicy,
};

/// The listing, verbatim.
const LISTING: &str = r#"target-group.json
1{
2  "name": "tech-support-pool",
3  "display_name": "Tech support pool",
4  "description": "Pool of tech-support instances behind a single name.",
5  "workload_kind": "chat",
6  "selection_policy": "weighted_round_robin",
7  "enabled": true,
8  "members": [
9    { "instance_id": "inst_a", "weight": 100, "enabled": true, "priority": 1 },
10    { "instance_id": "inst_b", "weight": 100, "enabled": true, "priority": 2 }
11  ]
12}"#;

#[test]
fn the_briefs_target_group_is_accepted_unchanged_when_its_instances_exist() {
    let body = paste::json(LISTING).unwrap();
    let decoded = decode::target_group(&body, Purpose::Create);
    assert_eq!(decoded.errors, []);
    let group = decoded.value;
    let report = check(&sound(), new(Object::TargetGroup(&group)), &[]);
    assert_eq!(report, ValidationReport::new(vec![], vec![]));

    assert_eq!(
        (group.name.as_str(), group.display_name.as_str()),
        ("tech-support-pool", "Tech support pool")
    );
    assert_eq!(group.description, "Pool of tech-support instances behind a single name.");
    assert_eq!(group.selection_policy, SelectionPolicy::WeightedRoundRobin);
    let members: Vec<_> = group
        .members
        .iter()
        .map(|it| (it.instance_id.as_str(), it.weight, it.enabled, it.priority))
        .collect();
    assert_eq!(members, [("inst_a", 100, true, 1), ("inst_b", 100, true, 2)]);
}

#[test]
fn the_briefs_target_group_is_refused_while_an_instance_is_missing() {
    let group = decode::target_group(&paste::json(LISTING).unwrap(), Purpose::Create).value;
    let mut configuration = sound();
    configuration.instances.retain(|it| it.id.as_str() != "inst_b");
    let found = errors_in(&configuration, new(Object::TargetGroup(&group)));
    assert_eq!(found, one("members[1].instance_id", "unknown_instance"));
}

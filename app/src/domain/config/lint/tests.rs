//! Each warning by its code, and no warnings for a well-formed balancer.

use super::*;
use crate::domain::{
    config::{
        balancer::Route,
        configuration::{Stored, StoredGroup, StoredInstance},
        instance::Instance,
    },
    console::draft,
    ids::{InstanceId, TargetGroupId},
    timestamp::Timestamp,
};

fn stored<I, T>(id: I, spec: T) -> Stored<I, T> {
    Stored { id, spec, revision: 1, created_at: Timestamp(0), updated_at: Timestamp(0) }
}

fn instance(id: &str, enabled: bool) -> StoredInstance {
    stored(InstanceId::from(id), Instance { name: id.to_owned(), enabled, ..Instance::default() })
}

fn group_of(members: &[(&str, u64)]) -> TargetGroup {
    let members = members.iter().map(|(id, weight)| Member {
        instance_id: InstanceId::from(*id),
        weight: *weight,
        ..Member::default()
    });
    TargetGroup { name: "pool".to_owned(), members: members.collect(), ..TargetGroup::default() }
}

fn configuration() -> Configuration {
    let group: StoredGroup =
        stored(TargetGroupId::from("tg_off"), group_of(&[("inst_off", 1), ("inst_on", 0)]));
    Configuration {
        version: 1,
        instances: vec![instance("inst_off", false), instance("inst_on", true)],
        target_groups: vec![group],
        balancers: Vec::new().into(),
    }
}

fn to(kind: crate::domain::config::balancer::DestinationKind, target: &str) -> Destination {
    Destination { kind, target: target.to_owned() }
}

fn to_instance(target: &str) -> Destination {
    to(crate::domain::config::balancer::DestinationKind::Instance, target)
}

/// Paths and codes of the warnings for the prefilled balancer after `bend` has changed it.
fn warnings(bend: impl FnOnce(&mut Balancer)) -> Vec<(String, String)> {
    let mut it = draft::prefilled();
    bend(&mut it);
    balancer(&configuration(), &it).into_iter().map(|it| (it.path, it.code)).collect()
}

fn one(path: &str, code: &str) -> Vec<(String, String)> {
    vec![(path.to_owned(), code.to_owned())]
}

fn with_intent(place: usize, intent: &str) -> Vec<(String, String)> {
    warnings(|it| it.routes[place].intent = intent.to_owned())
}

#[test]
fn the_prefilled_routes_get_no_warnings() {
    assert_eq!(warnings(|_| {}), []);
}

#[test]
fn intents_that_read_nearly_the_same_are_told() {
    let twin = "The user needs help to fix or read or write the code of a program.";
    assert_eq!(with_intent(1, twin), one("routes[1].intent", "intents_overlap"));
}

#[test]
fn a_long_intent_is_told() {
    let long = format!("The user asks about {}.", "tax law and ".repeat(15));
    assert_eq!(with_intent(0, &long), one("routes[0].intent", "intent_too_long"));
}

#[test]
fn an_intent_that_is_not_a_sentence_is_told() {
    assert_eq!(with_intent(0, "invoices"), one("routes[0].intent", "intent_not_a_sentence"));
    assert_eq!(with_intent(0, "Is it about an invoice?"), one("routes[0].intent", "intent_not_a_sentence"));
    assert_eq!(with_intent(0, "請求書についての質問。"), []);
}

#[test]
fn a_vague_intent_is_told() {
    assert_eq!(
        with_intent(0, "The user asks various questions about things."),
        one("routes[0].intent", "intent_vague")
    );
}

#[test]
fn a_default_with_a_specific_intent_is_told() {
    let specific = "The user asks about an invoice.";
    assert_eq!(with_intent(3, specific), one("routes[3].intent", "default_intent_specific"));
    for general in ["Anything the routes above do not cover.", "Everything else.", "Anything else"] {
        assert_eq!(with_intent(3, general), []);
    }
}

#[test]
fn a_disabled_destination_is_told() {
    let off = warnings(|it| it.routes[0].destination = to_instance("inst_off"));
    assert_eq!(off, one("routes[0].destination.ref", "destination_disabled"));
    let group = warnings(|it| {
        it.routes[0].destination =
            to(crate::domain::config::balancer::DestinationKind::TargetGroup, "tg_off");
    });
    assert_eq!(group, one("routes[0].destination.ref", "destination_disabled"));
    assert_eq!(warnings(|it| it.routes[0].destination = to_instance("inst_on")), []);
}

#[test]
fn a_member_without_a_share_is_told_where_its_group_is_used() {
    let mut known = configuration();
    known.target_groups[0].spec = group_of(&[("inst_on", 1), ("inst_b", 0)]);
    let mut it = draft::prefilled();
    let group = to(crate::domain::config::balancer::DestinationKind::TargetGroup, "tg_off");
    it.routes[1].destination = group.clone();
    it.router_model = Some(group);
    let told: Vec<_> = balancer(&known, &it).into_iter().map(|it| (it.path, it.code)).collect();
    let expected = ["router_model.ref", "routes[1].destination.ref"]
        .map(|path| (path.to_owned(), "member_never_used".to_owned()));
    assert_eq!(told, expected);
}

#[test]
fn a_disabled_router_model_is_told() {
    let off = warnings(|it| it.router_model = Some(to_instance("inst_off")));
    assert_eq!(off, one("router_model.ref", "router_model_disabled"));
}

#[test]
fn a_failover_chain_longer_than_the_attempts_is_told() {
    let ordered = |attempts| {
        warnings(|it| {
            it.routing_mode = RoutingMode::Ordered;
            it.max_attempts = attempts;
        })
    };
    assert_eq!(ordered(3), one("max_attempts", "chain_longer_than_attempts"));
    assert_eq!(ordered(4), []);
}

#[test]
fn a_route_without_a_share_is_told() {
    let weighted = warnings(|it| {
        it.routing_mode = RoutingMode::Ordered;
        it.ordered_strategy = OrderedStrategy::Weighted;
        it.routes.iter_mut().for_each(|route: &mut Route| route.weight = 0);
        it.routes[1].weight = 5;
    });
    let expected =
        ["routes[0].weight", "routes[2].weight"].map(|path| (path.to_owned(), "route_never_used".to_owned()));
    assert_eq!(weighted, expected);
}

#[test]
fn embeddings_with_an_intent_classifier_are_told() {
    let embeddings = warnings(|it| it.workload_kind = WorkloadKind::Embeddings);
    assert_eq!(embeddings, one("routing_mode", "embeddings_classifier"));
}

#[test]
fn a_member_that_can_never_get_traffic_is_told() {
    let told = |members: &[(&str, u64)]| -> Vec<_> {
        target_group(&configuration(), &group_of(members)).into_iter().map(|it| (it.path, it.code)).collect()
    };
    assert_eq!(told(&[("inst_on", 1)]), []);
    assert_eq!(told(&[("inst_on", 1), ("inst_b", 0)]), one("members[1].weight", "member_never_used"));
    assert_eq!(told(&[("inst_on", 1), ("inst_off", 9)]), one("members[1].instance_id", "instance_disabled"));
    let none = told(&[("inst_off", 1)]);
    assert_eq!(none[1], ("members".to_owned(), "no_usable_member".to_owned()));
}

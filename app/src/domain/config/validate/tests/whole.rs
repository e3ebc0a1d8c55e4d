//! A whole configuration is validated like its objects, with each object's position in the paths. Decoding and
//! validation agree.

use serde_json::json;

use super::*;
use crate::domain::config::decode::{self, Purpose};

#[test]
fn a_sound_configuration_has_no_errors() {
    let report = check_all(&sound(), &[]);
    assert_eq!(report.errors, []);
}

#[test]
fn a_whole_configuration_tells_where_each_error_is() {
    let mut configuration = sound();
    configuration.instances[1].spec.base_url = "?".to_owned();
    configuration.target_groups[0].spec.members[1].instance_id = InstanceId::from("inst_gone");
    configuration.target_groups[1].id = TargetGroupId::from("tg_chat");
    configuration.balancers[0].spec.routes[2].destination = to_group("tg_gone");
    configuration.balancers[0].id = BalancerId::from("old");
    let found: Vec<_> =
        check_all(&configuration, &[]).errors.into_iter().map(|it| (it.path, it.code)).collect();
    let expected = [
        ("instances[1].base_url", "invalid_url"),
        ("target_groups[0].members[1].instance_id", "unknown_instance"),
        ("target_groups[1].id", "id_taken"),
        ("balancers[0].id", "invalid_id"),
        ("balancers[0].routes[2].destination.ref", "unknown_destination"),
    ];
    assert_eq!(found, expected.map(|(path, code)| (path.to_owned(), code.to_owned())));
}

#[test]
fn unread_fields_and_broken_rules_are_told_together_and_once() {
    let body = json!({
        "name": "x", "serving_name": "a b", "workload_kind": "images", "router_model": {"type": "instance", "ref": "inst_e"},
        "routes": [
            {"name": 5, "intent": "ab", "destination": {"ref": "inst_gone"}},
            {"name": "b", "intent": "Everything else there is.", "destination": 7, "odd": 1},
        ],
    });
    let decoded = decode::balancer(&body, Purpose::Create);
    let report = check(&sound(), new(Object::Balancer(&decoded.value)), &[]).after_decoding(&decoded.errors);
    let found: Vec<_> = report.errors.iter().map(|it| (it.path.as_str(), it.code.as_str())).collect();
    assert_eq!(
        found,
        [
            ("workload_kind", "unknown_value"),
            ("routes[0].name", "type"),
            ("routes[0].destination.type", "required"),
            ("routes[1].destination", "type"),
            ("routes[1].odd", "unknown_field"),
            ("serving_name", "invalid_serving_name"),
            ("routes", "default_route_required"),
            ("routes[0].intent", "too_short"),
            ("routes[0].destination.ref", "unknown_destination"),
        ]
    );
}

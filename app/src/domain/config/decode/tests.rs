//! Decoding reports every error at once with exact paths, fills in defaults, and loses nothing in a round trip.

#![expect(clippy::unwrap_used, reason = "tests")]

use proptest::prelude::*;
use serde_json::{Value, json};

use super::*;
use crate::domain::config::{
    balancer::{Balancer, DestinationKind, RoutingMode, Stickiness},
    instance::{Instance, Timeouts, WorkloadKind},
    target_group::{SelectionPolicy, TargetGroup},
};

/// Paths and codes, in the reported order.
fn paths_and_codes(errors: &[FieldError]) -> Vec<(&str, &str)> {
    errors.iter().map(|it| (it.path.as_str(), it.code.as_str())).collect()
}

#[test]
fn an_instance_needs_only_a_name_and_a_base_url() {
    let decoded = instance(&json!({"name": " A ", "base_url": "http://h"}), Purpose::Create);
    assert_eq!(decoded.errors, []);
    let plain = Instance { name: "A".to_owned(), base_url: "http://h".to_owned(), ..Instance::default() };
    assert_eq!(decoded.value, plain);
    assert_eq!(decoded.key, KeyChange::Keep);
    assert_eq!(
        paths_and_codes(&instance(&json!({}), Purpose::Create).errors),
        [("name", "required"), ("base_url", "required")]
    );
}

#[test]
fn a_balancer_needs_only_a_name_and_routes() {
    let body = json!({"name": "Help Desk", "routes": [
        {"name": "a", "intent": "i", "destination": {"type": "instance", "ref": "inst_a"}},
        {"name": "b", "intent": "i", "destination": {"type": "target_group", "ref": "tg_b"}, "is_default": true},
    ]});
    let decoded = balancer(&body, Purpose::Create);
    assert_eq!(decoded.errors, []);
    let value = decoded.value;
    assert_eq!(value.serving_name, "help-desk");
    assert_eq!(value.routing_mode, RoutingMode::IntentClassifier);
    assert_eq!(value.routes.iter().map(|it| it.priority).collect::<Vec<_>>(), [1, 2]);
    assert_eq!(value.routes[0].destination.kind, DestinationKind::Instance);
    assert_eq!(value.routes[1].destination.kind, DestinationKind::TargetGroup);
    assert_eq!(value.routes[0].weight, 100);
    assert!(value.routes[0].enabled && !value.routes[0].is_default && value.routes[1].is_default);
    assert_eq!((value.max_attempts, value.classifier.budget_ms), (3, 2_500));
    assert_eq!(
        paths_and_codes(&balancer(&json!({}), Purpose::Create).errors),
        [("name", "required"), ("routes", "required")]
    );
}

#[test]
fn a_target_group_needs_only_a_name_and_members() {
    let decoded =
        target_group(&json!({"name": "p", "members": [{"instance_id": "inst_a"}]}), Purpose::Create);
    assert_eq!(decoded.errors, []);
    assert_eq!(decoded.value.selection_policy, SelectionPolicy::WeightedRoundRobin);
    let member = &decoded.value.members[0];
    assert_eq!((member.weight, member.priority, member.enabled), (100, 1, true));
    assert_eq!(
        paths_and_codes(&target_group(&json!({}), Purpose::Create).errors),
        [("name", "required"), ("members", "required")]
    );
}

#[test]
fn all_errors_come_at_once_with_their_paths() {
    let body = json!({
        "name": 7, "colour": "red", "workload_kind": "images", "enabled": "yes", "max_attempts": 2.5,
        "classifier": {"stickiness": "always", "budget_ms": -1, "depth": 1}, "router_model": "inst_r",
        "routes": [
            "not a route",
            {"name": "a", "destination": {"type": "balloon", "ref": null, "extra": 1}, "examples": ["x", 1]},
            {"name": "b", "intent": "i", "destination": {"ref": "inst_a"}, "weight": "heavy", "priority": null},
        ],
    });
    let decoded = balancer(&body, Purpose::Create);
    assert_eq!(
        paths_and_codes(&decoded.errors),
        [
            ("name", "type"),
            ("workload_kind", "unknown_value"),
            ("enabled", "type"),
            ("router_model", "type"),
            ("classifier.stickiness", "unknown_value"),
            ("classifier.budget_ms", "out_of_range"),
            ("classifier.depth", "unknown_field"),
            ("max_attempts", "type"),
            ("routes[0]", "type"),
            ("routes[1].intent", "required"),
            ("routes[1].examples[1]", "type"),
            ("routes[1].destination.type", "unknown_value"),
            ("routes[1].destination.ref", "required"),
            ("routes[1].destination.extra", "unknown_field"),
            ("routes[2].destination.type", "required"),
            ("routes[2].priority", "type"),
            ("routes[2].weight", "type"),
            ("colour", "unknown_field"),
        ]
    );
    assert_eq!(decoded.value.routes.len(), 3);
    assert_eq!(decoded.value.classifier.stickiness, Stickiness::PerUserTurn);
}

#[test]
fn a_body_that_is_no_object_is_one_error() {
    for body in [json!([]), json!(null), json!("x")] {
        assert_eq!(paths_and_codes(&instance(&body, Purpose::Edit).errors), [("", "type")]);
    }
}

#[test]
fn whole_numbers_may_be_written_with_an_exponent_but_not_with_a_fraction() {
    let weights = |weight: Value| {
        let body = json!({"name": "p", "members": [{"instance_id": "inst_a", "weight": weight}]});
        let decoded = target_group(&body, Purpose::Create);
        (decoded.value.members[0].weight, decoded.errors.into_iter().map(|it| it.code).collect::<Vec<_>>())
    };
    assert_eq!(weights(json!(1e3)), (1_000, vec![]));
    assert_eq!(weights(json!(0)), (0, vec![]));
    assert_eq!(weights(json!(2_000_000)), (2_000_000, vec![]));
    assert_eq!(weights(json!(-1)).1, ["out_of_range"]);
    assert_eq!(weights(json!(1e40)).1, ["out_of_range"]);
    assert_eq!(weights(json!(0.5)).1, ["type"]);
    assert_eq!(weights(json!(true)).1, ["type"]);
}

#[test]
fn an_edit_needs_the_revision_that_it_was_made_from() {
    let body = json!({"name": "p", "members": [], "id": "tg_other"});
    let decoded = target_group(&body, Purpose::Edit);
    assert_eq!(paths_and_codes(&decoded.errors), [("revision", "required")]);
    assert_eq!(decoded.id, None);
    let body = json!({"name": "p", "members": [], "revision": 4});
    assert_eq!(target_group(&body, Purpose::Edit).revision, Some(4));
    let body = json!({"name": "p", "members": [], "revision": "4"});
    assert_eq!(paths_and_codes(&target_group(&body, Purpose::Edit).errors), [("revision", "type")]);
}

#[test]
fn a_creation_takes_an_id_and_ignores_a_revision() {
    let body = json!({"name": "p", "members": [], "id": "tg_mine", "revision": "?"});
    let decoded = target_group(&body, Purpose::Create);
    assert_eq!((decoded.id.as_deref(), decoded.revision), (Some("tg_mine"), None));
    assert_eq!(decoded.errors, []);
}

#[test]
fn what_was_read_can_be_put_back() {
    let read = json!({
        "id": "inst_a", "name": "A", "base_url": "http://h", "model": "", "workload_kind": "embeddings",
        "enabled": false, "max_in_flight": 3, "dimensions": null, "demo": false,
        "timeouts": {"connect_ms": 1, "first_byte_ms": 2, "answer_ms": 5, "idle_ms": 3, "total_ms": 4},
        "auth_header": "api-key", "headers": {"X-Org": null}, "needs_reentry": ["api_key"], "apis_learned": {},
        "apis": {"chat_completions": "auto", "completions": "no", "responses": "yes", "messages": "auto"},
        "api_key_set": true, "api_key_last4": "abcd", "health": {"state": "healthy", "until": null, "reason": null},
        "revision": 2, "created_at": "2026-01-31T12:00:00.000Z", "updated_at": "2026-01-31T12:00:00.000Z",
    });
    let decoded = instance(&read, Purpose::Edit);
    assert_eq!(decoded.errors, []);
    assert_eq!(decoded.key, KeyChange::Keep);
    assert_eq!(decoded.value.workload_kind, WorkloadKind::Embeddings);
    let timeouts = Timeouts { connect_ms: 1, first_byte_ms: 2, answer_ms: 5, idle_ms: 3, total_ms: 4 };
    assert_eq!((decoded.value.timeouts, decoded.value.max_in_flight), (timeouts, 3));
    assert_eq!(decoded.value.auth_header, "api-key");
    assert_eq!(
        (decoded.value.headers.iter().collect::<Vec<_>>(), decoded.header_values.len()),
        (vec!["X-Org"], 0)
    );
    assert_eq!(json!(decoded.value.apis), read["apis"]);

    let group = json!({"id": "tg_a", "name": "a", "members": [
        {"instance_id": "inst_a", "health": {"state": "unknown"}, "share": 1.0}
    ], "revision": 1});
    assert_eq!(target_group(&group, Purpose::Edit).errors, []);

    let mut balancer_read = serde_json::to_value(crate::domain::console::draft::prefilled()).unwrap();
    balancer_read["revision"] = json!(1);
    balancer_read["id"] = json!("sb_a");
    balancer_read["serving_name"] = json!("mine");
    let decoded = balancer(&balancer_read, Purpose::Edit);
    assert_eq!(decoded.errors, []);
    let put = Balancer { serving_name: "mine".to_owned(), ..crate::domain::console::draft::prefilled() };
    assert_eq!(decoded.value, put);
}

#[test]
fn every_field_that_is_written_is_read() {
    for written in [
        serde_json::to_value(Instance::default()).unwrap(),
        serde_json::to_value(TargetGroup::default()).unwrap(),
        serde_json::to_value(Balancer::default()).unwrap(),
    ] {
        let errors = [
            instance(&written, Purpose::Create).errors,
            target_group(&written, Purpose::Create).errors,
            balancer(&written, Purpose::Create).errors,
        ];
        assert!(errors.iter().any(Vec::is_empty), "{written}: {errors:?}");
    }
}

#[test]
fn a_key_is_kept_removed_or_set() {
    let key = |key: Value| {
        let mut body = json!({"name": "A", "base_url": "http://h"});
        body["api_key"] = key;
        let decoded = instance(&body, Purpose::Create);
        (decoded.key, decoded.errors.into_iter().map(|it| it.code).collect::<Vec<_>>())
    };
    let set = |text: &str| KeyChange::Set(crate::domain::secret::Secret::new(text));
    assert_eq!(key(json!("")), (KeyChange::Keep, vec![]));
    assert_eq!(key(json!(null)), (KeyChange::Remove, vec![]));
    assert_eq!(key(json!(" sk-1\n")), (set("sk-1"), vec![]));
    assert_eq!(key(json!(5)).1, ["type"]);
    assert_eq!(key(json!("a\nb")).1, ["invalid_key"]);
    assert_eq!(key(json!("a".repeat(5_000))).1, ["too_long"]);
}

#[test]
fn a_router_model_that_is_not_chosen_yet_is_none() {
    let mut body = json!({"name": "a", "routes": []});
    for (router, is_some) in [
        (json!(null), false),
        (json!({"type": "instance", "ref": " "}), false),
        (json!({"type": "instance", "ref": "inst_r"}), true),
    ] {
        body["router_model"] = router;
        let decoded = balancer(&body, Purpose::Create);
        assert_eq!((decoded.value.router_model.is_some(), decoded.errors), (is_some, vec![]));
    }
}

#[test]
fn an_api_key_opens_everything_unless_it_says_otherwise() {
    let decoded = api_key(&json!({"name": "ci", "rpm": null}));
    assert_eq!(decoded.errors, []);
    assert_eq!((decoded.value.balancers, decoded.value.force_route), (vec!["*".to_owned()], false));
    let body = json!({"name": "ci", "balancers": [1], "expires_at": "tomorrow", "rpm": "x", "id": "k"});
    let errors = api_key(&body).errors;
    assert_eq!(
        paths_and_codes(&errors),
        [("balancers[0]", "type"), ("rpm", "type"), ("expires_at", "type"), ("id", "unknown_field"),]
    );
}

#[test]
fn a_hostile_body_is_read_within_bounds() {
    let many: serde_json::Map<_, _> = (0..10_000).map(|it| (format!("field-{it}"), json!(1))).collect();
    assert!(balancer(&Value::Object(many), Purpose::Create).errors.len() < 50);
    let routes = json!({"name": "a", "routes": vec![json!({}); 10_000]});
    assert_eq!(balancer(&routes, Purpose::Create).value.routes.len(), crate::domain::limits::ROUTES + 1);
    let long = json!({"x".repeat(100_000): 1});
    assert!(instance(&long, Purpose::Create).errors.iter().all(|it| it.path.len() < 100));
}

/// Arbitrary JSON whose keys are often those of configured objects.
fn any_json() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
        ".{0,8}".prop_map(Value::from),
    ];
    let keys =
        "name|routes|members|destination|ref|type|timeouts|classifier|weight|priority|revision|[a-z]{1,3}";
    leaf.prop_recursive(4, 64, 6, move |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..6).prop_map(Value::from),
            prop::collection::btree_map(keys, inner, 0..8)
                .prop_map(|it| Value::Object(it.into_iter().collect())),
        ]
    })
}

proptest! {
    #[test]
    fn any_json_is_read_without_a_panic_and_judged_with_what_could_be_read(body in any_json()) {
        use crate::domain::config::{configuration::Configuration, validate::{Submission, check}};
        let configuration = Configuration::default();
        for purpose in [Purpose::Create, Purpose::Edit] {
            for kind in ObjectKind::ALL {
                let it = object(kind, &body, purpose);
                let submission = Submission { editing: None, id: None, object: it.value.as_ref() };
                prop_assert!(!check(&configuration, submission, &[]).after_decoding(&it.errors).valid);
            }
            let _ = api_key(&body);
        }
    }
}

#[test]
fn header_values_are_decoded_beside_the_object_and_never_quoted() {
    let body = |headers: serde_json::Value| json!({"name": "a", "base_url": "http://h", "headers": headers});
    let decoded = instance(&body(json!({" X-A ": " canary ", "X-B": null, "X-C": ""})), Purpose::Create);
    assert_eq!(decoded.errors, []);
    assert_eq!(decoded.header_values.keys().collect::<Vec<_>>(), ["x-a"]);
    assert_eq!(decoded.header_values["x-a"].reveal(), "canary");
    assert_eq!(json!(decoded.value)["headers"], json!({"X-A": null, "X-B": null, "X-C": null}));
    for (headers, path, code) in [
        (json!({"X-A": "canary\r\nX-B: 1"}), "headers.X-A", "invalid_header_value"),
        (json!({"X-A": "canaryü"}), "headers.X-A", "invalid_header_value"),
        (json!({"X-A": "canary".repeat(1_000)}), "headers.X-A", "too_long"),
        (json!({"X-A": ["canary"]}), "headers.X-A", "type"),
        (json!(["canary"]), "headers", "type"),
    ] {
        let errors = instance(&body(headers), Purpose::Create).errors;
        assert_eq!(paths_and_codes(&errors), [(path, code)]);
        assert!(!format!("{errors:?}").contains("canary"));
    }
    assert_eq!(instance(&body(json!(null)), Purpose::Create).errors, []);
}

#[test]
fn apis_are_auto_unless_they_are_set() {
    let body = json!({"name": "a", "base_url": "http://h", "apis": {"responses": "no"}});
    let apis = instance(&body, Purpose::Create).value.apis;
    assert_eq!((apis.responses.as_str(), apis.messages.as_str()), ("no", "auto"));
    let body = json!({"name": "a", "base_url": "http://h", "apis": {"responses": "maybe", "audio": "yes"}});
    let errors = instance(&body, Purpose::Create).errors;
    assert_eq!(
        paths_and_codes(&errors),
        [("apis.responses", "unknown_value"), ("apis.audio", "unknown_field")]
    );
}

#![expect(clippy::unwrap_used, reason = "tests")]

use super::{
    destination_option::DestinationOption,
    merge::value_of,
    step_fields::{ClassifierFields, StepFields},
    *,
};
use crate::domain::{ids::ObjectKind, routing::health::HealthState};

fn named(name: &str, serving: &str) -> StepFields {
    StepFields { name: Some(name.into()), serving_name: Some(serving.into()), ..StepFields::default() }
}

fn names(draft: &BalancerDraft) -> Vec<&str> {
    draft.routes.iter().map(|it| it.name.as_str()).collect()
}

#[test]
fn the_serving_name_follows_the_name_until_it_is_touched() {
    let mut draft = BalancerDraft::new();
    draft.merge(Step::Name, &named("Support desk", ""), false);
    assert_eq!((draft.serving_name.as_deref(), draft.shown_serving_name().as_str()), (None, "support-desk"));
    // The page showed the derived serving name; only the name was changed.
    draft.merge(Step::Name, &named("Help desk", "support-desk"), false);
    assert_eq!(draft.shown_serving_name(), "help-desk");
    draft.merge(Step::Name, &named("Help desk", "acme/help"), false);
    draft.merge(Step::Name, &named("Desk", "acme/help"), false);
    assert_eq!(draft.shown_serving_name(), "acme/help");
}

#[test]
fn the_serving_name_of_a_saved_balancer_never_follows() {
    let mut draft = BalancerDraft::new();
    draft.merge(Step::Name, &named("Desk", "desk"), true);
    draft.merge(Step::Name, &named("Table", "desk"), true);
    assert_eq!(draft.serving_name.as_deref(), Some("desk"));
}

#[test]
fn routes_read_back_as_they_were_posted() {
    let mut draft = BalancerDraft::new();
    let mut fields = draft.fields();
    fields.routes[1].weight = "a lot".into();
    fields.routes[0].examples = "one\n\n two \n".into();
    fields.default_route = Some("2".into());
    draft.merge(Step::Routes, &fields, false);
    let again = BalancerDraft::from_body(&Value::Object(draft.to_body())).fields();
    assert_eq!(again.routes[1].weight, "a lot");
    assert_eq!(again.routes[0].examples, "one\ntwo");
    assert_eq!(again.default_route.as_deref(), Some("2"));
    assert_eq!(draft.routes.iter().filter(|it| it.is_default).count(), 1);
}

#[test]
fn a_draft_reads_back_from_its_body() {
    let mut draft = BalancerDraft::new();
    draft.prefill(&[option("a", WorkloadKind::Chat, true)]);
    draft.routes[0].priority = TypedNumber::Text("first".into());
    draft.routes[1].weight = TypedNumber::Text("-1".into());
    draft.routes[2].enabled = false;
    let mut balancer = prefilled();
    balancer.max_attempts = 7;
    balancer.classifier.cache_ttl_s = 1;
    for draft in [draft, BalancerDraft::of_saved(&balancer)] {
        let again = BalancerDraft::from_body(&Value::Object(draft.to_body()));
        assert_eq!(again.to_body(), draft.to_body());
        assert_eq!(again.fields(), draft.fields());
    }
    assert_eq!(BalancerDraft::of_saved(&balancer).to_body()["max_attempts"], 7, "what no step shows stays");
}

#[test]
fn a_draft_of_an_earlier_release_is_read() {
    let body = json!({ "name": "A", "serving_name": "", "routes": [{ "name": "x", "weight": "many" }], "wizard": {} });
    let draft = BalancerDraft::from_body(&body);
    assert_eq!((draft.name.as_str(), draft.serving_name.clone()), ("A", None));
    assert_eq!((names(&draft), draft.routes[0].weight.to_string()), (vec!["x"], "many".to_owned()));
    assert_eq!(BalancerDraft::from_body(&json!(7)).routes, Vec::new());
}

#[test]
fn a_step_leaves_the_fields_of_other_steps_alone() {
    let mut draft = BalancerDraft::new();
    let digest = |draft: &BalancerDraft| Step::ALL.map(|step| draft.digest(step));
    let before = digest(&draft);
    draft.merge(
        Step::Mode,
        &StepFields { routing_mode: Some("ordered".into()), ..StepFields::default() },
        false,
    );
    assert_eq!((draft.routes.len(), draft.workload_kind), (4, WorkloadKind::Chat));
    assert!(draft.is_ordered());
    let changed: Vec<_> = before.iter().zip(digest(&draft)).map(|(was, is)| *was != is).collect();
    assert_eq!(changed, [false, false, true, false, false, false], "only its own digest is another");
}

#[test]
fn moving_a_route_moves_it_in_the_order_in_which_routes_are_tried() {
    let mut draft = BalancerDraft::new();
    let shown = |draft: &BalancerDraft| -> Vec<_> {
        draft.routes.iter().map(|it| (it.name.clone(), it.priority.to_string())).collect()
    };
    let expected = |all: [(&str, &str); 4]| all.map(|(name, at)| (name.to_owned(), at.to_owned())).to_vec();
    draft.move_route(0, 1);
    assert_eq!(
        shown(&draft),
        expected([("writing", "1"), ("code", "2"), ("support", "3"), ("general", "4")])
    );
    draft.move_route(3, 4);
    draft.move_route(2, 0);
    assert_eq!(
        shown(&draft),
        expected([("support", "1"), ("writing", "2"), ("code", "3"), ("general", "4")])
    );
    draft.remove_route(9);
    assert_eq!(draft.routes.len(), 4);
    draft.remove_route(3);
    assert_eq!(draft.fields().default_route, None);
    draft.add_route();
    assert_eq!(draft.routes[3].priority, TypedNumber::Number(4));
}

#[test]
fn a_number_that_is_not_typed_is_the_one_that_reading_the_route_gives() {
    let mut draft = BalancerDraft::new();
    let mut fields = draft.fields();
    for row in &mut fields.routes {
        (row.priority, row.weight) = (" ".into(), String::new());
    }
    fields.workload_kind = Some(String::new());
    draft.merge(Step::Routes, &fields, false);
    draft.merge(Step::Workload, &fields, false);
    let typed = draft.to_body();
    let mut body = typed.clone();
    for route in body["routes"].as_array_mut().unwrap().iter_mut().filter_map(Value::as_object_mut) {
        route.remove("priority");
        route.remove("weight");
    }
    let completed = decode::completed(ObjectKind::SmartBalancer, &Value::Object(body));
    assert_eq!(typed["routes"], completed["routes"]);
    assert_eq!(typed["workload_kind"], completed["workload_kind"]);
}

#[test]
fn routes_are_sorted_when_asked_and_never_by_what_is_typed() {
    let mut draft = BalancerDraft { routing_mode: RoutingMode::Ordered, ..BalancerDraft::new() };
    let mut fields = draft.fields();
    fields.routes[0].priority = "9".into();
    draft.merge(Step::Routes, &fields, false);
    assert_eq!(names(&draft), ["code", "writing", "support", "general"]);
    assert_eq!(draft.sort_by_priority(), [1, 2, 3, 0]);
    assert_eq!(names(&draft), ["writing", "support", "general", "code"]);
    draft.ordered_strategy = OrderedStrategy::Weighted;
    draft.merge(Step::Routes, &fields, false);
    assert_eq!(draft.sort_by_priority(), [0, 1, 2, 3], "their order means nothing there");
}

fn option(id: &str, kind: WorkloadKind, demo: bool) -> DestinationOption {
    DestinationOption {
        destination: merge::destination_of(&format!("instance:{id}")),
        name: id.to_owned(),
        workload_kind: kind,
        group: false,
        enabled: true,
        demo,
        state: HealthState::Unknown,
        health: String::new(),
        classified_ms: None,
    }
}

fn chosen(draft: &BalancerDraft) -> Vec<String> {
    let routes = draft.routes.iter().map(|it| value_of(&it.destination));
    draft.router_model.iter().map(value_of).chain(routes).collect()
}

#[test]
fn demo_instances_fill_the_whole_draft() {
    let mut draft = BalancerDraft::new();
    let chat = ["a", "b", "demo-router"].map(|id| option(id, WorkloadKind::Chat, true));
    assert!(draft.prefill(&chat));
    let expected = ["instance:demo-router", "instance:a", "instance:b", "instance:a", "instance:b"];
    assert_eq!(chosen(&draft), expected);
    assert!(!draft.prefill(&chat));
}

#[test]
fn of_the_demos_router_models_the_one_that_says_how_sure_it_is_is_filled_in() {
    let mut draft = BalancerDraft::new();
    let chat = ["a", "demo-router"].map(|id| option(id, WorkloadKind::Chat, true));
    let demo = [chat.to_vec(), vec![option("demo-decider", WorkloadKind::Decision, true)]].concat();
    assert!(draft.prefill(&demo));
    let expected = ["instance:demo-decider", "instance:a", "instance:a", "instance:a", "instance:a"];
    assert_eq!(chosen(&draft), expected);
}

#[test]
fn a_minimum_confidence_that_is_none_stays_as_typed_and_is_an_error() {
    for (typed, stays, error) in [
        ("", "0", None),
        (" 0,5 ", "0.5", None),
        ("1", "1", None),
        ("a lot", "a lot", Some("type")),
        ("1.5", "1.5", Some("out_of_range")),
        ("-1", "-1", Some("out_of_range")),
        ("NaN", "NaN", Some("type")),
    ] {
        let mut draft = BalancerDraft::new();
        let fields = StepFields {
            classifier: Some(ClassifierFields { min_confidence: typed.to_owned() }),
            ..StepFields::default()
        };
        draft.merge(Step::Router, &fields, false);
        let body = Value::Object(draft.to_body());
        let again = BalancerDraft::from_body(&body);
        let shown = again.fields().classifier.unwrap_or_default().min_confidence;
        assert_eq!(shown, stays, "{typed}");
        let errors = decode::balancer(&body, Purpose::Create).errors;
        let code = errors.iter().find(|it| it.path == "classifier.min_confidence").map(|it| it.code.as_str());
        assert_eq!(code, error, "{typed}");
    }
}

#[test]
fn with_several_real_instances_nothing_is_guessed() {
    let mut draft = BalancerDraft::new();
    let some = [option("a", WorkloadKind::Chat, false), option("b", WorkloadKind::Chat, true)];
    assert!(!draft.prefill(&some));
    assert!(draft.prefill(&some[..1]));
}

#[test]
fn changing_the_workload_kind_takes_out_what_no_longer_fits() {
    let mut draft = BalancerDraft::new();
    let mixed = [option("a", WorkloadKind::Chat, true), option("e", WorkloadKind::Embeddings, true)];
    draft.prefill(&mixed);
    draft.workload_kind = WorkloadKind::Embeddings;
    draft.clear_mismatched(&mixed);
    draft.prefill(&mixed);
    assert!(chosen(&draft)[1..].iter().all(|it| it == "instance:e"));
    assert_eq!(chosen(&draft)[0], "instance:a");
}

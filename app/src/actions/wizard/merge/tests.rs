#![expect(clippy::unwrap_used, reason = "tests")]

use super::*;
use crate::domain::{config::decode, console::draft::prefilled, ids::ObjectKind};

fn draft() -> Map<String, Value> {
    serde_json::to_value(prefilled()).unwrap().as_object().unwrap().clone()
}

fn named(name: &str, serving: &str) -> StepFields {
    StepFields { name: Some(name.into()), serving_name: Some(serving.into()), ..StepFields::default() }
}

#[test]
fn the_serving_name_follows_the_name_until_it_is_touched() {
    let mut body = draft();
    merge(&mut body, Step::Name, &named("Support desk", ""), false);
    assert_eq!(body["serving_name"], "");
    assert_eq!(show(&body).serving_name.as_deref(), Some("support-desk"));
    // The page showed the made name; only the name is changed.
    merge(&mut body, Step::Name, &named("Help desk", "support-desk"), false);
    assert_eq!(show(&body).serving_name.as_deref(), Some("help-desk"));
    merge(&mut body, Step::Name, &named("Help desk", "acme/help"), false);
    merge(&mut body, Step::Name, &named("Desk", "acme/help"), false);
    assert_eq!(body["serving_name"], "acme/help");
}

#[test]
fn the_serving_name_of_a_saved_balancer_never_follows() {
    let mut body = draft();
    merge(&mut body, Step::Name, &named("Desk", "desk"), true);
    merge(&mut body, Step::Name, &named("Table", "desk"), true);
    assert_eq!(body["serving_name"], "desk");
}

#[test]
fn routes_read_back_as_they_were_posted() {
    let mut body = draft();
    let mut fields = show(&body);
    fields.routes[1].weight = "a lot".into();
    fields.routes[0].examples = "one\n\n two \n".into();
    fields.default_route = Some("2".into());
    merge(&mut body, Step::Routes, &fields, false);
    let again = show(&body);
    assert_eq!(again.routes[1].weight, "a lot");
    assert_eq!(again.routes[0].examples, "one\ntwo");
    assert_eq!(again.default_route.as_deref(), Some("2"));
    assert_eq!(body["routes"].as_array().unwrap().iter().filter(|it| is_default(it)).count(), 1);
}

#[test]
fn a_step_leaves_the_fields_of_other_steps_alone() {
    let mut body = draft();
    merge(
        &mut body,
        Step::Mode,
        &StepFields { routing_mode: Some("ordered".into()), ..StepFields::default() },
        false,
    );
    assert_eq!(body["routes"].as_array().unwrap().len(), 4);
    assert_eq!(body["workload_kind"], "chat");
    assert_eq!(body["routing_mode"], "ordered");
}

#[test]
fn moving_a_route_moves_it_in_the_order_in_which_routes_are_tried() {
    let mut body = draft();
    move_route(&mut body, 0, 1);
    let names: Vec<_> = show(&body).routes.into_iter().map(|it| (it.name, it.priority)).collect();
    assert_eq!(names[0], ("writing".to_owned(), "1".to_owned()));
    assert_eq!(names[1], ("code".to_owned(), "2".to_owned()));
    move_route(&mut body, 3, 4);
    move_route(&mut body, 2, 0);
    let names: Vec<_> = show(&body).routes.into_iter().map(|it| (it.name, it.priority)).collect();
    let expected = [("support", "1"), ("writing", "2"), ("code", "3"), ("general", "4")];
    assert_eq!(names, expected.map(|(name, priority)| (name.to_owned(), priority.to_owned())));
    remove_route(&mut body, 9);
    assert_eq!(show(&body).routes.len(), 4);
    remove_route(&mut body, 3);
    assert_eq!(show(&body).default_route, None);
    add_route(&mut body);
    assert_eq!(show(&body).routes[3].priority, "4");
}

#[test]
fn a_number_that_is_not_typed_is_the_one_that_reading_the_route_gives() {
    let mut body = draft();
    let mut fields = show(&body);
    for row in &mut fields.routes {
        (row.priority, row.weight) = (" ".into(), String::new());
    }
    fields.workload_kind = Some(String::new());
    merge(&mut body, Step::Routes, &fields, false);
    merge(&mut body, Step::Workload, &fields, false);
    let typed = Value::Object(body.clone());
    if let Some(Value::Array(routes)) = body.get_mut("routes") {
        for route in routes.iter_mut().filter_map(Value::as_object_mut) {
            route.remove("priority");
            route.remove("weight");
        }
    }
    assert_eq!(typed, decode::completed(ObjectKind::SmartBalancer, &Value::Object(body)));
}

#[test]
fn routes_are_sorted_when_asked_and_never_by_what_is_typed() {
    let mut body = draft();
    body.insert("routing_mode".into(), json!("ordered"));
    let mut fields = show(&body);
    fields.routes[0].priority = "9".into();
    merge(&mut body, Step::Routes, &fields, false);
    let names =
        |body: &Map<String, Value>| show(body).routes.into_iter().map(|it| it.name).collect::<Vec<_>>();
    assert_eq!(names(&body), ["code", "writing", "support", "general"]);
    assert_eq!(sort_by_priority(&mut body), [1, 2, 3, 0]);
    assert_eq!(names(&body), ["writing", "support", "general", "code"]);
    body.insert("ordered_strategy".into(), json!("weighted"));
    merge(&mut body, Step::Routes, &fields, false);
    assert_eq!(sort_by_priority(&mut body), [0, 1, 2, 3], "their order means nothing there");
}

//! Validation of instances, ids and names.

use super::*;
use crate::domain::{config::api_key::ApiKeyScope, ids::ObjectKind, limits};

#[test]
fn a_sound_instance_has_no_errors() {
    assert_eq!(of_instance(|_| {}), []);
}

#[test]
fn an_instance_has_a_name_of_1_to_80_characters_on_one_line() {
    assert_eq!(of_instance(|it| it.name = String::new()), one("name", "required"));
    assert_eq!(of_instance(|it| it.name = "é".repeat(80)), []);
    assert_eq!(of_instance(|it| it.name = "é".repeat(81)), one("name", "too_long"));
    assert_eq!(of_instance(|it| it.name = "a\0b".to_owned()), one("name", "control_character"));
}

#[test]
fn instance_names_are_unique_without_regard_to_case() {
    assert_eq!(of_instance(|it| it.name = "router".to_owned()), one("name", "name_taken"));
    assert_eq!(errors(edit("inst_r", Object::Instance(&chat("ROUTER")))), []);
}

#[test]
fn an_id_has_its_prefix_and_a_slug() {
    let it = chat("New");
    let with_id = |id| errors(Submission { id: Some(id), ..new(Object::Instance(&it)) });
    assert_eq!(with_id("inst_new"), []);
    for id in ["", "inst_", "new", "tg_new", "inst_New", "inst_a b", "inst_-a"] {
        assert_eq!(with_id(id), one("id", "invalid_id"), "{id}");
    }
    assert_eq!(with_id("inst_a"), one("id", "id_taken"));
}

#[test]
fn a_made_id_steps_aside_where_its_name_is_taken() {
    let made = |name| new_id(&sound(), ObjectKind::Instance, name);
    assert_eq!(made("GPU 1"), "inst_gpu-1");
    assert_eq!(made("a"), "inst_a-2");
    assert_eq!(made("日本"), "inst_1");
    assert!(identity::is_id(
        ObjectKind::SmartBalancer,
        &new_id(&sound(), ObjectKind::SmartBalancer, &"x".repeat(500))
    ));
}

#[test]
fn taken_names_and_ids_are_conflicts_and_nothing_else_is() {
    for code in ["name_taken", "serving_name_taken", "id_taken"] {
        assert!(is_conflict(&crate::domain::field_error::FieldError::new("name", code, "")));
    }
    assert!(!is_conflict(&crate::domain::field_error::FieldError::new("name", "required", "")));
}

#[test]
fn an_instance_has_a_base_url() {
    assert_eq!(of_instance(|it| it.base_url = String::new()), one("base_url", "required"));
    assert_eq!(of_instance(|it| it.base_url = "gpu".to_owned()), one("base_url", "invalid_url"));
    assert_eq!(of_instance(|it| it.base_url = "ftp://gpu".to_owned()), one("base_url", "url_scheme"));
    assert_eq!(of_instance(|it| it.base_url = "http://u:p@gpu".to_owned()), one("base_url", "url_userinfo"));
    assert_eq!(of_instance(|it| it.base_url = "http://gpu?x".to_owned()), []);
    assert_eq!(of_instance(|it| it.base_url = "http://gpu?key=x".to_owned()), one("base_url", "url_secret"));
    assert_eq!(
        of_instance(|it| it.base_url = "http://gpu/v1/chat/completions".to_owned()),
        one("base_url", "url_api_path")
    );
}

#[test]
fn this_server_is_no_instance_of_its_own() {
    assert_eq!(
        of_instance(|it| it.base_url = "http://localhost:3000/v1".to_owned()),
        one("base_url", "self_reference")
    );
    assert_eq!(
        of_instance(|it| it.base_url = "http://[::1]:3000".to_owned()),
        one("base_url", "self_reference")
    );
    assert_eq!(of_instance(|it| it.base_url = "http://localhost:3000/demo/v1".to_owned()), []);
    assert_eq!(of_instance(|it| it.base_url = "http://localhost:3001".to_owned()), []);
}

#[test]
fn a_demo_instance_needs_no_stored_address() {
    let mut configuration = sound();
    configuration.instances[0].spec.demo = true;
    configuration.instances[0].spec.base_url = String::new();
    let edited = Instance { base_url: String::new(), ..chat("A") };
    assert_eq!(errors_in(&configuration, edit("inst_a", Object::Instance(&edited))), []);
    assert_eq!(errors(edit("inst_a", Object::Instance(&edited))), one("base_url", "required"));
}

#[test]
fn an_instances_numbers_stay_in_their_ranges() {
    assert_eq!(
        of_instance(|it| it.max_in_flight = limits::MAX_IN_FLIGHT + 1),
        one("max_in_flight", "out_of_range")
    );
    assert_eq!(of_instance(|it| it.dimensions = Some(0)), one("dimensions", "out_of_range"));
    assert_eq!(of_instance(|it| it.timeouts.connect_ms = 0), one("timeouts.connect_ms", "out_of_range"));
    assert_eq!(
        of_instance(|it| it.timeouts.first_byte_ms = 3_600_001),
        one("timeouts.first_byte_ms", "out_of_range")
    );
    assert_eq!(of_instance(|it| it.timeouts.answer_ms = 0), one("timeouts.answer_ms", "out_of_range"));
    assert_eq!(of_instance(|it| it.timeouts.idle_ms = 0), one("timeouts.idle_ms", "out_of_range"));
    assert_eq!(of_instance(|it| it.timeouts.total_ms = 0), []);
    assert_eq!(of_instance(|it| it.timeouts.total_ms = 3_600_001), one("timeouts.total_ms", "out_of_range"));
}

#[test]
fn an_instance_may_pass_the_callers_model_on() {
    assert_eq!(of_instance(|it| it.model = String::new()), []);
    assert_eq!(of_instance(|it| it.model = "m".repeat(201)), one("model", "too_long"));
}

#[test]
fn an_api_key_names_balancers_that_exist() {
    let scope = |balancers: &[&str]| ApiKeyScope {
        name: "ci".to_owned(),
        balancers: balancers.iter().map(|it| (*it).to_owned()).collect(),
        ..ApiKeyScope::default()
    };
    let told = |scope: &ApiKeyScope| -> Vec<_> {
        check_api_key(&sound(), scope).into_iter().map(|it| (it.path, it.code)).collect()
    };
    assert_eq!(told(&scope(&["*"])), []);
    assert_eq!(told(&scope(&["sb_old"])), []);
    assert_eq!(told(&scope(&["sb_old", "sb_gone"])), one("balancers[1]", "unknown_balancer"));
    assert_eq!(told(&scope(&[])), one("balancers", "too_short"));
    assert_eq!(told(&ApiKeyScope { name: String::new(), ..scope(&["*"]) }), one("name", "required"));
    assert_eq!(told(&ApiKeyScope { rpm: Some(0), ..scope(&["*"]) }), one("rpm", "out_of_range"));
    assert_eq!(
        told(&ApiKeyScope { max_in_flight: Some(0), ..scope(&["*"]) }),
        one("max_in_flight", "out_of_range")
    );
}

#[test]
fn an_instances_headers_are_its_own() {
    let with = |names: &[&str]| of_instance(|it| it.headers = names.iter().copied().collect());
    assert_eq!(with(&["HTTP-Referer", "OpenAI-Organization", "anthropic-version"]), []);
    assert_eq!(with(&["Authorization"]), one("headers.Authorization", "header_refused"));
    assert_eq!(with(&["x-sb-route"]), one("headers.x-sb-route", "header_refused"));
    assert_eq!(with(&["a b"]), one("headers.a b", "invalid_header_name"));
    assert_eq!(with(&[&"a".repeat(101)])[0].1, "too_long");
    assert_eq!(with(&["X-A", "x-a"]), one("headers.x-a", "duplicate_name"));
    let names: Vec<String> = (0..17).map(|it| format!("x-{it}")).collect();
    assert_eq!(of_instance(|it| it.headers = names.iter().cloned().collect()), one("headers", "too_long"));
    assert_eq!(of_instance(|it| it.auth_header = "Ocp-Apim-Subscription-Key".to_owned()), []);
    assert_eq!(of_instance(|it| it.auth_header = "cookie".to_owned()), one("auth_header", "header_refused"));
    assert_eq!(
        of_instance(|it| it.auth_header = "a b".to_owned()),
        one("auth_header", "invalid_header_name")
    );
    let twice = of_instance(|it| {
        it.auth_header = "api-key".to_owned();
        it.headers = ["API-Key"].into_iter().collect();
    });
    assert_eq!(twice, one("headers.API-Key", "header_refused"));
}

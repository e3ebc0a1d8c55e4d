//! An edit that would break other objects is refused at the field that causes it.

use super::*;

#[test]
fn an_instance_in_use_keeps_its_workload_kind() {
    let edited = Instance { workload_kind: WorkloadKind::Embeddings, ..chat("A") };
    let submission = edit("inst_a", Object::Instance(&edited));
    assert_eq!(errors(submission), one("workload_kind", "workload_mismatch"));
    let message = &check(&sound(), submission, &[]).errors[0].message;
    assert!(message.contains("target group “chat”") && message.contains("balancer “Old”"), "{message}");
}

#[test]
fn a_router_model_keeps_a_model() {
    let edited = Instance { model: String::new(), ..chat("Router") };
    assert_eq!(errors(edit("inst_r", Object::Instance(&edited))), one("model", "model_required"));
}

#[test]
fn an_embedder_in_a_group_keeps_its_model_and_dimensions() {
    let other_model = Instance { model: "embedder-2".to_owned(), ..embedder("E") };
    assert_eq!(errors(edit("inst_e", Object::Instance(&other_model))), one("model", "mixed_models"));
    let other_length = Instance { dimensions: Some(8), ..embedder("E") };
    assert_eq!(
        errors(edit("inst_e", Object::Instance(&other_length))),
        one("dimensions", "mixed_dimensions")
    );
}

#[test]
fn a_group_in_use_keeps_its_workload_kind() {
    let edited = group("chat", WorkloadKind::Embeddings, &["inst_e"]);
    assert_eq!(
        errors(edit("tg_chat", Object::TargetGroup(&edited))),
        one("workload_kind", "workload_mismatch")
    );
}

#[test]
fn a_group_that_routes_for_a_balancer_keeps_members_with_models() {
    let mut configuration = sound();
    configuration.balancers[0].spec.router_model = Some(to_group("tg_chat"));
    configuration.instances[1].spec.model = String::new();
    configuration.target_groups[0].spec.members.pop();
    let edited = group("chat", WorkloadKind::Chat, &["inst_a", "inst_b"]);
    let found = errors_in(&configuration, edit("tg_chat", Object::TargetGroup(&edited)));
    assert_eq!(found, one("members", "model_required"));
}

#[test]
fn an_edit_that_breaks_nothing_passes() {
    let edited = Instance { model: "newer".to_owned(), enabled: false, ..chat("A, renamed") };
    assert_eq!(errors(edit("inst_a", Object::Instance(&edited))), []);
}

#[test]
fn errors_that_were_there_before_do_not_block_an_edit() {
    let mut configuration = sound();
    configuration.instances[2].spec.model = "odd".to_owned();
    let edited = Instance { model: "odd".to_owned(), enabled: false, ..embedder("E") };
    assert_eq!(errors_in(&configuration, edit("inst_e", Object::Instance(&edited))), []);
}

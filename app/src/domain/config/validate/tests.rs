//! Every check by its code. Each test breaks a valid configuration in one place and expects exactly that error.

mod balancers;
mod elsewhere;
mod groups;
mod instances;
mod router;
mod seed;
mod whole;

use std::net::SocketAddr;

use super::*;
use crate::domain::{
    config::{
        balancer::{Balancer, Destination, DestinationKind},
        configuration::Stored,
        instance::{Instance, WorkloadKind},
        target_group::{Member, TargetGroup},
    },
    console::draft,
    ids::{BalancerId, InstanceId, ObjectKind, TargetGroupId},
    timestamp::Timestamp,
};

/// Two chat instances, a router, two embeddings instances with the same model, a chat group, an embeddings group,
/// and a balancer that uses them.
fn sound() -> Configuration {
    Configuration {
        version: 1,
        instances: vec![
            stored(InstanceId::from("inst_a"), chat("A")),
            stored(InstanceId::from("inst_b"), chat("B")),
            stored(InstanceId::from("inst_e"), embedder("E")),
            stored(InstanceId::from("inst_f"), embedder("F")),
            stored(InstanceId::from("inst_r"), chat("Router")),
        ],
        target_groups: vec![
            stored(TargetGroupId::from("tg_chat"), group("chat", WorkloadKind::Chat, &["inst_a", "inst_b"])),
            stored(
                TargetGroupId::from("tg_embed"),
                group("embed", WorkloadKind::Embeddings, &["inst_e", "inst_f"]),
            ),
        ],
        balancers: vec![stored(BalancerId::from("sb_old"), balancer("Old"))].into(),
    }
}

fn stored<I, T>(id: I, spec: T) -> Stored<I, T> {
    Stored { id, spec, revision: 1, created_at: Timestamp(0), updated_at: Timestamp(0) }
}

fn chat(name: &str) -> Instance {
    Instance {
        name: name.to_owned(),
        base_url: "http://gpu.example:8000".to_owned(),
        model: format!("model-{name}"),
        ..Instance::default()
    }
}

fn embedder(name: &str) -> Instance {
    Instance {
        model: "embedder-1".to_owned(),
        workload_kind: WorkloadKind::Embeddings,
        dimensions: Some(256),
        ..chat(name)
    }
}

fn group(name: &str, workload_kind: WorkloadKind, members: &[&str]) -> TargetGroup {
    let members = members.iter().map(|id| Member { instance_id: InstanceId::from(*id), ..Member::default() });
    TargetGroup { name: name.to_owned(), workload_kind, members: members.collect(), ..TargetGroup::default() }
}

/// The prefilled balancer with all destinations chosen.
fn balancer(name: &str) -> Balancer {
    let mut balancer = draft::prefilled();
    balancer.name = name.to_owned();
    balancer.serving_name = crate::domain::config::balancer::serving_name_from(name);
    balancer.router_model = Some(to_instance("inst_r"));
    for route in &mut balancer.routes {
        route.destination = to_instance("inst_a");
    }
    balancer.routes[0].destination = to_group("tg_chat");
    balancer
}

fn to_instance(target: &str) -> Destination {
    Destination { kind: DestinationKind::Instance, target: target.to_owned() }
}

fn to_group(target: &str) -> Destination {
    Destination { kind: DestinationKind::TargetGroup, target: target.to_owned() }
}

fn new(object: ObjectSpecRef<'_>) -> Submission<'_> {
    Submission { editing: None, id: None, object }
}

fn edit<'a>(id: &'a str, object: ObjectSpecRef<'a>) -> Submission<'a> {
    Submission { editing: Some(id), id: None, object }
}

/// Paths and codes of the errors of a change to the valid configuration. Asserts that all messages are sentences.
fn errors(submission: Submission<'_>) -> Vec<(String, String)> {
    errors_in(&sound(), submission)
}

fn errors_in(configuration: &Configuration, submission: Submission<'_>) -> Vec<(String, String)> {
    let listeners: [SocketAddr; 1] = [([127, 0, 0, 1], 3000).into()];
    let report = check(configuration, submission, &listeners);
    assert_eq!(report.valid, report.errors.is_empty());
    for error in report.errors.iter().chain(&report.warnings) {
        assert!(error.message.ends_with('.') && !error.message.contains('!'), "{}", error.message);
    }
    report.errors.into_iter().map(|it| (it.path, it.code)).collect()
}

/// The errors of a new object after `bend` has changed it.
fn of_instance(bend: impl FnOnce(&mut Instance)) -> Vec<(String, String)> {
    let mut it = chat("New");
    bend(&mut it);
    errors(new(Object::Instance(&it)))
}

fn of_group(bend: impl FnOnce(&mut TargetGroup)) -> Vec<(String, String)> {
    let mut it = group("new", WorkloadKind::Chat, &["inst_a", "inst_b"]);
    bend(&mut it);
    errors(new(Object::TargetGroup(&it)))
}

fn of_balancer(bend: impl FnOnce(&mut Balancer)) -> Vec<(String, String)> {
    let mut it = balancer("New");
    bend(&mut it);
    errors(new(Object::Balancer(&it)))
}

fn one(path: &str, code: &str) -> Vec<(String, String)> {
    vec![(path.to_owned(), code.to_owned())]
}

//! Documents of the configuration: whatever is in them, reading tells every error at a path that the document could
//! have, what it could read is judged whole, and what has no error is read back the same after writing.

use std::fmt::Debug;

use app::domain::{
    config::{
        balancer::Balancer,
        configuration::{Configuration, Stored},
        decode::{self, Decoded, Purpose},
        instance::Instance,
        paste,
        target_group::TargetGroup,
        validate,
    },
    field_error::FieldError,
    ids::{BalancerId, InstanceId, TargetGroupId},
    limits,
    timestamp::Timestamp,
};
use serde::Serialize;
use serde_json::Value;

/// More errors than any document within the limits can have: each field of each route, example and member once.
const ERRORS: usize = (limits::ROUTES + limits::MEMBERS + 2) * (limits::EXAMPLES + 40);

/// Checks one document: a whole configuration, or one object that is then read as each kind of object.
pub(crate) fn holds(bytes: &[u8]) {
    let Ok(document) = paste::json(&String::from_utf8_lossy(bytes)) else { return };
    let mut whole = Configuration::default();
    for value in listed(&document, "instances") {
        whole.instances.push(stored(InstanceId::from(id(value)), instance(value)));
    }
    for value in listed(&document, "target_groups") {
        whole.target_groups.push(stored(TargetGroupId::from(id(value)), target_group(value)));
    }
    for value in listed(&document, "smart_balancers") {
        whole.balancers.push(stored(BalancerId::from(id(value)), balancer(value)));
    }
    let report = validate::check_all(&whole, &[]);
    assert_eq!(report.valid, report.errors.is_empty());
    for error in report.errors.iter().chain(&report.warnings) {
        let list = ["instances[", "target_groups[", "balancers["].iter().any(|it| error.path.starts_with(it));
        assert!(list && is_told_well(error), "{error:?}");
    }
}

/// The objects of a list, or the whole document as one of them.
fn listed<'v>(document: &'v Value, name: &str) -> Vec<&'v Value> {
    match document.get(name).and_then(Value::as_array) {
        Some(list) => list.iter().take(8).collect(),
        None => vec![document],
    }
}

fn id(value: &Value) -> String {
    value["id"].as_str().unwrap_or_default().to_owned()
}

fn stored<I, T>(id: I, spec: T) -> Stored<I, T> {
    Stored { id, spec, revision: 1, created_at: Timestamp(0), updated_at: Timestamp(0) }
}

fn instance(value: &Value) -> Instance {
    let Some(key) = value["api_key"].as_str().filter(|it| it.contains("canary")) else {
        return read(value, decode::instance);
    };
    let decoded = decode::instance(value, Purpose::Create);
    let beside: String = value
        .as_object()
        .into_iter()
        .flatten()
        .filter(|it| it.0 != "api_key")
        .map(|it| format!("{it:?}"))
        .collect();
    let leaked = format!("{decoded:?}").contains("canary") && !beside.contains("canary");
    assert!(!leaked, "a key of {} bytes is told", key.len());
    read(value, decode::instance)
}

fn target_group(value: &Value) -> TargetGroup {
    let group = read(value, decode::target_group);
    assert!(group.members.len() <= limits::MEMBERS + 1, "more members are kept than judging needs");
    group
}

fn balancer(value: &Value) -> Balancer {
    let balancer = read(value, decode::balancer);
    assert!(balancer.routes.len() <= limits::ROUTES + 1, "more routes are kept than judging needs");
    assert!(balancer.routes.iter().all(|it| it.examples.len() <= limits::EXAMPLES + 1));
    balancer
}

fn read<T>(value: &Value, decode: fn(&Value, Purpose) -> Decoded<T>) -> T
where
    T: Serialize + PartialEq + Debug,
{
    let decoded = decode(value, Purpose::Create);
    assert!(decoded.errors.len() <= ERRORS, "{} errors", decoded.errors.len());
    assert!(decoded.errors.iter().all(is_told_well), "{:?}", decoded.errors);
    let written = serde_json::to_value(&decoded.value).unwrap_or_default();
    let again = decode(&written, Purpose::Create);
    if decoded.errors.is_empty() {
        assert_eq!((&again.value, &again.errors), (&decoded.value, &Vec::new()), "read back differently");
        keeps(value, &written);
    }
    let edit = decode(value, Purpose::Edit);
    assert_eq!(edit.value, decoded.value, "an edit reads another object");
    decoded.value
}

/// Whether what a document says is what is set. What is null or not set says nothing.
fn keeps(said: &Value, set: &Value) {
    match (said, set) {
        (Value::Object(said), Value::Object(set)) => {
            let read_only = ["api_key_set", "api_key_last4", "demo", "dimensions_learned"];
            for (key, said) in said.iter().filter(|(key, _)| !read_only.contains(&key.as_str())) {
                set.get(key).into_iter().for_each(|set| keeps(said, set));
            }
        }
        (Value::Array(said), Value::Array(set)) => {
            assert_eq!(said.len(), set.len());
            said.iter().zip(set).for_each(|(said, set)| keeps(said, set));
        }
        (Value::Number(said), Value::Number(set)) => assert_eq!(said.as_f64(), set.as_f64()),
        (Value::String(said), Value::String(set)) => assert_eq!(said.trim(), set.trim()),
        (Value::Object(unchosen), Value::Null) => {
            assert_eq!(unchosen.get("ref").and_then(Value::as_str).map(str::trim), Some(""));
        }
        (said, set) => assert!(said.is_null() || said == set, "{said} was said, {set} is set"),
    }
}

fn is_told_well(error: &FieldError) -> bool {
    let is_code =
        !error.code.is_empty() && error.code.bytes().all(|it| it.is_ascii_lowercase() || it == b'_');
    is_code && !error.message.is_empty() && error.path.len() < 1_000
}

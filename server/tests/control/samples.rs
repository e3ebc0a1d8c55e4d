//! Objects to begin with.

use serde_json::{Value, json};

use crate::console::TestServer;

/// The three collections, each with what its ids begin with.
pub(crate) const COLLECTIONS: [(&str, &str); 3] =
    [("/instances", "inst_"), ("/target-groups", "tg_"), ("/smart-balancers", "sb_")];

/// A chat instance. Nothing listens at its address.
pub(crate) fn instance(name: &str) -> Value {
    json!({ "name": name, "base_url": "http://127.0.0.1:9/v1", "model": "small" })
}

/// A target group of one member.
pub(crate) fn group(name: &str, instance_id: &str) -> Value {
    json!({ "name": name, "members": [{ "instance_id": instance_id }] })
}

/// An ordered balancer with one route.
pub(crate) fn balancer(name: &str, instance_id: &str) -> Value {
    json!({
        "name": name,
        "routing_mode": "ordered",
        "routes": [{
            "name": "all",
            "intent": "Any prompt is welcome here.",
            "destination": { "type": "instance", "ref": instance_id },
            "is_default": true,
        }],
    })
}

/// The body of an object of a collection that needs nothing but the instance `inst_a`.
pub(crate) fn body(path: &str, name: &str) -> Value {
    match path {
        "/instances" => instance(name),
        "/target-groups" => group(name, "inst_a"),
        _ => balancer(name, "inst_a"),
    }
}

/// Makes instances of these names.
pub(crate) async fn instances(server: &TestServer, names: &[&str]) {
    for name in names {
        server.make("/instances", &instance(name)).await;
    }
}

/// `body` with the fields of `more` in it.
pub(crate) fn with(mut body: Value, more: Value) -> Value {
    let Value::Object(more) = more else { panic!("an object") };
    body.as_object_mut().unwrap().extend(more);
    body
}

/// Paths and codes as they are compared.
pub(crate) fn faults(expected: &[(&str, &str)]) -> Vec<(String, String)> {
    expected.iter().map(|(path, code)| ((*path).to_owned(), (*code).to_owned())).collect()
}

//! Fills in the defaults of missing fields, so that forms show what saving would store.

use std::collections::BTreeSet;

use serde_json::Value;

use super::{Purpose, object};
use crate::domain::ids::ObjectKind;

/// Adds the decoder's defaults for missing fields to `body`. Present fields stay as they are, even unreadable ones.
/// Missing required fields stay missing, so that they are still reported.
pub fn completed(kind: ObjectKind, body: &Value) -> Value {
    let decoded = object(kind, body, Purpose::Create);
    let mut body = body.clone();
    let missing =
        decoded.errors.iter().filter(|it| it.code == "required").map(|it| it.path.as_str()).collect();
    if let Ok(defaults) = serde_json::to_value(&decoded.value) {
        fill(&mut body, &defaults, "", &missing);
    }
    body
}

fn fill(body: &mut Value, defaults: &Value, path: &str, missing: &BTreeSet<&str>) {
    match (body, defaults) {
        (Value::Object(body), Value::Object(defaults)) => {
            for (name, default) in defaults {
                let path = if path.is_empty() { name.clone() } else { format!("{path}.{name}") };
                match body.get_mut(name) {
                    Some(present) => fill(present, default, &path, missing),
                    None if missing.contains(path.as_str()) => {}
                    None => drop(body.insert(name.clone(), default.clone())),
                }
            }
        }
        (Value::Array(body), Value::Array(defaults)) => {
            for (place, (present, default)) in body.iter_mut().zip(defaults).enumerate() {
                fill(present, default, &format!("{path}[{place}]"), missing);
            }
        }
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn what_is_left_out_is_filled_in_as_reading_the_body_would() {
        for (kind, body) in [
            (
                ObjectKind::Instance,
                json!({ "name": "a", "base_url": "http://a", "timeouts": { "idle_ms": 5 } }),
            ),
            (
                ObjectKind::TargetGroup,
                json!({ "name": "a", "members": [{ "instance_id": "x" }, { "instance_id": "y", "weight": 7 }] }),
            ),
            (
                ObjectKind::SmartBalancer,
                json!({ "name": "a", "classifier": { "budget_ms": 900 }, "routes": [
                    { "name": "b", "intent": "c", "destination": { "type": "instance", "ref": "x" } },
                    { "name": "d", "intent": "e", "destination": { "type": "instance", "ref": "x" } },
                ] }),
            ),
        ] {
            let whole = completed(kind, &body);
            let again = completed(kind, &whole);
            assert_eq!(whole, again, "{kind:?}");
            let read = json!(object(kind, &body, Purpose::Create).value);
            assert_eq!(whole, read, "{kind:?}");
        }
    }

    #[test]
    fn what_is_there_and_what_is_missed_stay_as_they_are() {
        let body = json!({ "weight": 1, "workload_kind": 3, "members": [7, { "weight": "many" }] });
        let whole = completed(ObjectKind::TargetGroup, &body);
        assert_eq!(
            (&whole["weight"], &whole["workload_kind"], &whole["members"][0]),
            (&json!(1), &json!(3), &json!(7))
        );
        let member = json!({ "weight": "many", "priority": 1, "enabled": true });
        assert_eq!((whole.get("name"), &whole["members"][1]), (None, &member));
        assert_eq!(completed(ObjectKind::Instance, &json!([1])), json!([1]));
    }
}

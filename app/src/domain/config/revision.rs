//! Differences between revisions, and merge patches.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::domain::timestamp::Timestamp;

/// Fields that are not set by users or change on every save.
const UNTRACKED: [&str; 6] =
    ["revision", "created_at", "updated_at", "health", "apis_learned", "dimensions_learned"];
/// Never part of a diff, at any depth, even if an object contained it by mistake.
const SECRET: &str = "api_key";

/// The map whose values are never shown, only its names. A patch replaces it as a whole, because `null` keeps a value.
const HEADERS: &str = "headers";
/// What stands for a value of [`HEADERS`].
const HIDDEN: &str = "hidden";

/// The field for which `null` clears the value and absence keeps it.
const NULLABLE: &str = "dimensions";

/// A changed field.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "ssr", derive(utoipa::ToSchema))]
pub struct Change {
    /// Path in the same syntax as in errors.
    pub path: String,
    /// The old value; `null` if there was none.
    pub from: Value,
    /// The new value; `null` if there is none.
    pub to: Value,
}

/// A saved state of an object, as listed in its history.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "ssr", derive(utoipa::ToSchema))]
pub struct Revision {
    /// Revision number, from 1.
    pub revision: u64,
    /// Time of the save.
    pub at: Timestamp,
    /// User name, `token` or `system`.
    pub by: String,
    /// Differences from the previous revision.
    pub diff: Vec<Change>,
}

/// An entry of the audit log.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "ssr", derive(utoipa::ToSchema))]
pub struct AuditEntry {
    /// Time of the action.
    pub at: Timestamp,
    /// User name, `token` or `system`.
    pub by: String,
    /// Client address, if known.
    pub ip: Option<String>,
    /// The action, such as `create` or `sign_in`.
    pub action: String,
    /// Kind of the object, such as `smart_balancer` or `api_key`.
    #[serde(rename = "type")]
    pub kind: String,
    /// Id of the object.
    pub id: String,
    /// The revision created by the action, if any.
    pub revision: Option<u64>,
    /// Changed fields.
    pub diff: Vec<Change>,
}

/// Compares two objects in their REST form, ordered by path. `null` stands for an object that does not exist (before
/// creation, after deletion). Ignores revision, times, health, and upstream keys.
pub fn diff(from: &Value, to: &Value) -> Vec<Change> {
    let mut changes = Vec::new();
    compare("", from, to, &mut changes);
    changes
}

/// Applies a JSON merge patch (RFC 7396): objects are merged, `null` removes, everything else replaces.
pub fn merge_patch(target: &mut Value, patch: &Value) {
    let Value::Object(patch) = patch else {
        *target = patch.clone();
        return;
    };
    if !target.is_object() {
        *target = Value::Object(Map::new());
    }
    let Value::Object(target) = target else { return };
    for (name, value) in patch {
        if value.is_null() {
            target.remove(name);
        } else {
            merge_patch(target.entry(name.as_str()).or_insert(Value::Null), value);
        }
    }
}

/// Applies a merge patch to an object in its REST form and returns a body for [`super::decode::Purpose::Edit`].
/// `headers` replaces the current map. `revision` and `api_key` are taken from the patch alone, so a missing revision is reported and a `null` key
/// removes the key. `dimensions: null` is kept, because absence has a different meaning.
pub fn patched(current: &Value, patch: &Value) -> Value {
    let mut body = current.clone();
    merge_patch(&mut body, patch);
    if let (Value::Object(body), Value::Object(patch)) = (&mut body, patch) {
        if patch.get(NULLABLE).is_some_and(Value::is_null) {
            body.insert(NULLABLE.to_owned(), Value::Null);
        }
        if let Some(headers) = patch.get(HEADERS) {
            body.insert(HEADERS.to_owned(), headers.clone());
        }
        for own in ["revision", SECRET] {
            body.remove(own);
            if let Some(value) = patch.get(own) {
                body.insert(own.to_owned(), value.clone());
            }
        }
    }
    body
}

fn compare(path: &str, from: &Value, to: &Value, changes: &mut Vec<Change>) {
    let nothing = Value::Null;
    match (from, to) {
        _ if from == to => {}
        (Value::Object(old), Value::Object(new)) => objects(path, old, new, changes),
        (Value::Object(old), Value::Null) if path.is_empty() => objects(path, old, &Map::new(), changes),
        (Value::Null, Value::Object(new)) if path.is_empty() => objects(path, &Map::new(), new, changes),
        (Value::Array(old), Value::Array(new)) => {
            for place in 0..old.len().max(new.len()) {
                let [from, to] = [old, new].map(|it| it.get(place).unwrap_or(&nothing));
                compare(&format!("{path}[{place}]"), from, to, changes);
            }
        }
        _ if path == HEADERS => {
            let [old, new] = [from, to].map(|it| it.as_object().cloned().unwrap_or_default());
            objects(path, &old, &new, changes);
        }
        _ => {
            let [from, to] = [from, to].map(without_secrets);
            changes.push(Change { path: path.to_owned(), from, to });
        }
    }
}

fn objects(path: &str, old: &Map<String, Value>, new: &Map<String, Value>, changes: &mut Vec<Change>) {
    let (nothing, hidden) = (Value::Null, Value::from(HIDDEN));
    let added = new.keys().filter(|it| !old.contains_key(*it));
    let mut names: Vec<_> = old.keys().chain(added).filter(|it| *it != SECRET).collect();
    names.sort();
    for name in names {
        if path.is_empty() && UNTRACKED.contains(&name.as_str()) {
            continue;
        }
        let inner = if path.is_empty() { name.clone() } else { format!("{path}.{name}") };
        let [from, to] = [old, new].map(|it| match it.get(name) {
            Some(_) if path == HEADERS => &hidden,
            value => value.unwrap_or(&nothing),
        });
        compare(&inner, from, to, changes);
    }
}

fn without_secrets(value: &Value) -> Value {
    match value {
        Value::Object(fields) => {
            let kept = fields.iter().filter(|(name, _)| *name != SECRET);
            Value::Object(kept.map(|(name, it)| (name.clone(), without_secrets(it))).collect())
        }
        Value::Array(items) => Value::Array(items.iter().map(without_secrets).collect()),
        plain => plain.clone(),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn changes_of(from: &Value, to: &Value) -> Vec<(String, Value, Value)> {
        diff(from, to).into_iter().map(|it| (it.path, it.from, it.to)).collect()
    }

    #[test]
    fn a_diff_names_each_field_with_its_path_and_both_values() {
        let from =
            json!({"name": "a", "routes": [{"name": "x", "weight": 1}], "revision": 1, "updated_at": "t1"});
        let to = json!({"name": "b", "routes": [{"name": "x", "weight": 2}, {"name": "y"}], "revision": 2});
        assert_eq!(
            changes_of(&from, &to),
            [
                ("name".to_owned(), json!("a"), json!("b")),
                ("routes[0].weight".to_owned(), json!(1), json!(2)),
                ("routes[1]".to_owned(), Value::Null, json!({"name": "y"})),
            ]
        );
    }

    #[test]
    fn a_diff_of_equal_objects_is_empty() {
        let object = json!({"a": [1, {"b": null}]});
        assert_eq!(diff(&object, &object), []);
    }

    #[test]
    fn creation_and_deletion_are_told_field_by_field() {
        let object = json!({"name": "a", "enabled": true});
        assert_eq!(changes_of(&Value::Null, &object).len(), 2);
        assert_eq!(changes_of(&object, &Value::Null)[1], ("name".to_owned(), json!("a"), Value::Null));
    }

    #[test]
    fn a_secret_is_never_in_a_diff() {
        let from = json!({"api_key": "canary-1", "nested": {"x": 1}, "list": []});
        let to = json!({"api_key": "canary-2", "nested": [{"api_key": "canary-3"}], "list": [{"api_key": "canary-4"}]});
        assert!(!serde_json::to_string(&diff(&from, &to)).is_ok_and(|it| it.contains("canary")));
    }

    #[test]
    fn headers_are_told_by_name() {
        let [old, new] =
            [json!({"headers": {"A": null, "B": null}}), json!({"headers": {"B": "canary", "C": null}})];
        let expected = [
            ("headers.A".to_owned(), json!("hidden"), Value::Null),
            ("headers.C".to_owned(), Value::Null, json!("hidden")),
        ];
        assert_eq!(changes_of(&old, &new), expected);
        let made = [
            ("headers.A".to_owned(), Value::Null, json!("hidden")),
            ("headers.B".to_owned(), Value::Null, json!("hidden")),
        ];
        assert_eq!(changes_of(&Value::Null, &old), made);
        assert_eq!(changes_of(&json!({}), &old), made);
        assert_eq!(changes_of(&old, &old), []);
    }

    #[test]
    fn a_merge_patch_follows_the_cases_of_rfc_7396() {
        for (target, patch, result) in [
            (json!({"a": "b"}), json!({"a": "c"}), json!({"a": "c"})),
            (json!({"a": "b"}), json!({"b": "c"}), json!({"a": "b", "b": "c"})),
            (json!({"a": "b", "b": "c"}), json!({"a": null}), json!({"b": "c"})),
            (json!({"a": ["b"]}), json!({"a": "c"}), json!({"a": "c"})),
            (json!({"a": {"b": "c"}}), json!({"a": {"b": "d", "c": null}}), json!({"a": {"b": "d"}})),
            (json!({"a": [{"b": "c"}]}), json!({"a": [1]}), json!({"a": [1]})),
            (json!(["a", "b"]), json!(["c", "d"]), json!(["c", "d"])),
            (json!({"a": "foo"}), json!(null), json!(null)),
            (json!({"e": null}), json!({"a": 1}), json!({"e": null, "a": 1})),
            (json!([1, 2]), json!({"a": "b", "c": null}), json!({"a": "b"})),
            (json!({}), json!({"a": {"bb": {"ccc": null}}}), json!({"a": {"bb": {}}})),
        ] {
            let mut merged = target.clone();
            merge_patch(&mut merged, &patch);
            assert_eq!(merged, result, "{target} {patch}");
        }
    }

    #[test]
    fn a_patch_carries_its_own_revision_and_key() {
        let current = json!({"name": "a", "revision": 3});
        assert_eq!(patched(&current, &json!({"name": "b"})), json!({"name": "b"}));
        assert_eq!(
            patched(&current, &json!({"api_key": null, "revision": 2})),
            json!({"name": "a", "api_key": null, "revision": 2})
        );
        assert_eq!(patched(&current, &json!({"dimensions": null})), json!({"name": "a", "dimensions": null}));
        assert_eq!(patched(&current, &json!([])), json!([]));
        let current = json!({"headers": {"A": null, "B": null}});
        assert_eq!(patched(&current, &json!({"headers": {"A": null}})), json!({"headers": {"A": null}}));
        assert_eq!(patched(&current, &json!({})), current);
    }
}

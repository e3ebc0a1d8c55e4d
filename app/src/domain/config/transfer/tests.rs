#![expect(clippy::unwrap_used, reason = "tests")]

use serde_json::{Value, json};

use super::*;
use crate::domain::config::{configuration::Configuration, instance::KeyChange};

fn instance(name: &str) -> Value {
    json!({ "name": name, "base_url": "http://127.0.0.1:9/v1", "model": "small" })
}

fn group(name: &str, member: &str) -> Value {
    json!({ "name": name, "members": [{ "instance_id": member }] })
}

fn balancer(name: &str, kind: &str, target: &str) -> Value {
    json!({
        "name": name, "routing_mode": "ordered",
        "routes": [{
            "name": "all", "intent": "Any prompt is welcome here.", "is_default": true,
            "destination": { "type": kind, "ref": target },
        }],
    })
}

fn document(instances: Value, groups: Value, balancers: Value) -> Value {
    json!({
        "format": FORMAT, "version": VERSION,
        "instances": instances, "target_groups": groups, "balancers": balancers,
    })
}

fn whole() -> Value {
    document(
        json!([instance("a"), { "id": "inst_demo", "name": "Demo", "demo": true }]),
        json!([group("pool", "inst_a")]),
        json!([balancer("desk", "target_group", "pool"), balancer("b", "instance", "A")]),
    )
}

/// The configuration after importing a valid document.
fn imported(before: &Configuration, document: &Value) -> Configuration {
    let import = import(before, document, &[]);
    assert_eq!(import.report.errors, []);
    import.after
}

fn errors(before: &Configuration, document: &Value) -> Vec<(String, String)> {
    import(before, document, &[]).report.errors.into_iter().map(|it| (it.path, it.code)).collect()
}

fn paths_and_codes(expected: &[(&str, &str)]) -> Vec<(String, String)> {
    expected.iter().map(|(path, code)| ((*path).to_owned(), (*code).to_owned())).collect()
}

fn changes(before: &Configuration, document: &Value) -> Vec<(&'static str, String)> {
    import(before, document, &[]).report.changes.into_iter().map(|it| (it.action.as_str(), it.id)).collect()
}

#[test]
fn an_export_imports_into_nothing_and_gives_the_same_export() {
    let first = imported(&Configuration::default(), &whole());
    let exported = export(&first);
    let second = imported(&Configuration::default(), &exported);
    assert_eq!(export(&second), exported);
    assert_eq!(changes(&first, &exported), [], "and over itself it changes nothing");
    assert_eq!(exported["balancers"][1]["routes"][0]["destination"]["ref"], "tg_pool");
    let text = exported.to_string();
    assert!(["api_key", "revision", "created_at"].iter().all(|it| !text.contains(it)), "{text}");
}

#[test]
fn an_object_is_matched_by_its_id_and_without_one_by_its_name() {
    let before = imported(&Configuration::default(), &whole());
    let renamed = document(
        json!([{ "id": "inst_a", "name": "z", "base_url": "http://127.0.0.1:9/v1" }]),
        json!([]),
        json!([]),
    );
    assert_eq!(changes(&before, &renamed), [("update", "inst_a".to_owned())]);
    let by_name = document(json!([instance("A ")]), json!([]), json!([]));
    assert_eq!(changes(&before, &by_name), [("update", "inst_a".to_owned())]);
    let other = json!({ "id": "inst_other", "name": "a", "base_url": "http://127.0.0.1:9" });
    let taken = document(json!([other]), json!([]), json!([]));
    assert_eq!(errors(&before, &taken), paths_and_codes(&[("instances[0].name", "name_taken")]));
}

#[test]
fn new_objects_get_ids_that_nobody_in_the_document_has() {
    let list = json!([instance("a"), { "id": "inst_a", "name": "other", "base_url": "http://127.0.0.1:9" }]);
    let after = imported(&Configuration::default(), &document(list, json!([]), json!([])));
    let ids: Vec<_> = after.instances.iter().map(|it| it.id.as_str()).collect();
    assert_eq!(ids, ["inst_a", "inst_a-2"]);
}

#[test]
fn every_error_is_told_at_its_place_in_the_document() {
    let mut document = whole();
    document["version"] = json!(2);
    document["extra"] = json!(1);
    document["instances"][0]["base_url"] = json!("?");
    document["instances"].as_array_mut().unwrap().push(json!(7));
    document["target_groups"][0]["members"] = json!([]);
    document["balancers"][0]["routes"][0]["is_default"] = json!(false);
    document["balancers"][1]["id"] = json!("old");
    let expected = paths_and_codes(&[
        ("version", "unknown_value"),
        ("extra", "unknown_field"),
        ("instances[0].base_url", "invalid_url"),
        ("instances[2]", "type"),
        ("target_groups[0].members", "too_short"),
        ("balancers[0].routes", "default_route_required"),
        ("balancers[1].id", "invalid_id"),
    ]);
    assert_eq!(errors(&Configuration::default(), &document), expected);
    assert_eq!(errors(&Configuration::default(), &json!([])), paths_and_codes(&[("", "type")]));
    assert_eq!(
        errors(&Configuration::default(), &json!({})),
        paths_and_codes(&[("format", "required"), ("version", "required")])
    );
}

#[test]
fn an_import_brings_no_reserved_name_of_a_route_but_keeps_a_stored_one() {
    let mut none = balancer("desk", "instance", "A");
    none["routes"][0]["name"] = json!("none");
    let refused = document(json!([instance("a")]), json!([]), json!([none]));
    let found = paths_and_codes(&[("balancers[0].routes[0].name", "reserved_name")]);
    assert_eq!(errors(&Configuration::default(), &refused), found);
    let mut before = imported(&Configuration::default(), &whole());
    for stored in before.balancers.iter_mut() {
        stored.spec.routes[0].name = "none".to_owned();
    }
    assert_eq!(errors(&before, &refused), []);
}

#[test]
fn an_object_stands_in_a_document_once() {
    let before = imported(&Configuration::default(), &whole());
    let one = |id: &str| json!({ "id": id, "name": "x", "base_url": "http://127.0.0.1:9" });
    let twice =
        document(json!([one("inst_x"), one("inst_x"), instance("a"), instance("a")]), json!([]), json!([]));
    assert_eq!(
        errors(&before, &twice),
        paths_and_codes(&[("instances[1].id", "id_taken"), ("instances[3].name", "name_taken")])
    );
}

#[test]
fn what_would_break_in_others_is_told() {
    let before = imported(&Configuration::default(), &whole());
    let mut turned = instance("a");
    turned["workload_kind"] = json!("embeddings");
    let found = errors(&before, &document(json!([turned]), json!([]), json!([])));
    assert_eq!(
        found,
        paths_and_codes(&[("target_groups", "workload_mismatch"), ("balancers", "workload_mismatch")])
    );
}

#[test]
fn keys_are_kept_and_a_new_instance_says_that_it_has_none() {
    let mut before = imported(&Configuration::default(), &whole());
    before.instances[0].spec.api_key_set = true;
    let import = import(&before, &document(json!([instance("a"), instance("b")]), json!([]), json!([])), &[]);
    assert!(import.after.instance("inst_a").unwrap().spec.api_key_set);
    let needs: Vec<_> = import.report.changes.iter().map(|it| (it.id.as_str(), it.needs_key)).collect();
    assert_eq!(needs, [("inst_b", true)]);

    let mut keyed = instance("c");
    keyed["api_key"] = json!("sk-canary-0123456789");
    let import = super::import(&before, &document(json!([keyed]), json!([]), json!([])), &[]);
    assert!(matches!(import.items[0].key, KeyChange::Set(_)));
    assert!(!import.report.changes[0].needs_key);
    assert!(!format!("{import:?}").contains("canary"));
}

#[test]
fn a_key_change_that_changes_nothing_is_dropped() {
    let mut keyed = instance("a");
    keyed["api_key"] = json!("sk-canary-0123456789");
    let mut bare = instance("b");
    bare["api_key"] = json!(null);
    let same = document(json!([keyed, bare]), json!([]), json!([]));
    let before = imported(&Configuration::default(), &same);
    let ids = |import: &Import| import.items.iter().map(|it| it.id.clone()).collect::<Vec<_>>();
    let again = || import(&before, &same, &[]);
    assert_eq!(ids(&again()), ["inst_a"], "nobody said that it is stored");
    let mut known = again();
    known.drop_known_secrets(&before, |id, _, key| id == "inst_a" && key.reveal() == "sk-canary-0123456789");
    assert_eq!((ids(&known), known.report.changes.len()), (vec![], 0));

    // Other changes of the instance are kept.
    let mut changed = same.clone();
    changed["instances"][0]["model"] = json!("other");
    let mut known = import(&before, &changed, &[]);
    known.drop_known_secrets(&before, |_, _, _| true);
    assert_eq!((ids(&known), &known.items[0].key), (vec!["inst_a".to_owned()], &KeyChange::Keep));
    let diff: Vec<_> = known.report.changes[0].diff.iter().map(|it| it.path.as_str()).collect();
    assert_eq!(diff, ["model"]);
}

#[test]
fn a_demo_instance_stays_one_and_no_other_becomes_one() {
    let before = imported(&Configuration::default(), &whole());
    let moved = json!({ "id": "inst_demo", "name": "Demo", "base_url": "http://127.0.0.1:9" });
    let marked = json!({ "id": "inst_a", "name": "a", "base_url": "http://127.0.0.1:9", "demo": true });
    assert_eq!(
        errors(&before, &document(json!([moved, marked]), json!([]), json!([]))),
        paths_and_codes(&[("instances[0].base_url", "read_only"), ("instances[1].demo", "read_only")])
    );
}

#[test]
fn a_document_is_bounded() {
    let many = json!(vec![json!({}); crate::domain::limits::IMPORT_OBJECTS + 5]);
    let found = errors(&Configuration::default(), &document(many, json!([]), json!([])));
    assert_eq!(found[0], ("instances".to_owned(), "too_long".to_owned()));
    assert_eq!(found.last().unwrap().1, "too_many_errors");
    assert_eq!(found.len(), crate::domain::limits::IMPORT_ERRORS + 1);
}

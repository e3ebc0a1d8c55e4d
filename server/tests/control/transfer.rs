//! The configuration as one document: what is exported, and what importing it does, by REST.

use app::ports::Role;
use reqwest::Method;
use serde_json::{Value, json};

use super::samples::{balancer, faults, group, instance, instances, with};
use crate::console::{TestServer, told};

const KEY: &str = "sk-canary-of-the-upstream";

fn document(lists: Value) -> Value {
    with(json!({ "format": "smart-balancer-configuration", "version": 1 }), lists)
}

/// Three objects that lean on each other; the instance has a key.
async fn furnish(server: &TestServer) {
    server.make("/instances", &with(instance("a"), json!({ "api_key": KEY }))).await;
    server.make("/target-groups", &group("pool", "inst_a")).await;
    server.make("/smart-balancers", &balancer("desk", "inst_a")).await;
}

async fn export(server: &TestServer) -> Value {
    server.get("/config/export").await.expect(200)
}

async fn import(server: &TestServer, document: &Value) -> Value {
    server.post("/config/import", document).await.expect(200)
}

fn done(report: &Value) -> Vec<(&str, &str)> {
    let text = |it: &Value| -> String { it.as_str().unwrap().to_owned() };
    assert_eq!(report["errors"], json!([]), "{}", text(&json!("errors")));
    let changes = report["changes"].as_array().unwrap();
    changes.iter().map(|it| (it["action"].as_str().unwrap(), it["id"].as_str().unwrap())).collect()
}

/// Everything that a change leaves behind.
async fn traces(server: &TestServer) -> (u64, usize) {
    let store = server.store().await;
    (store.version().await.unwrap(), store.audit(None, 1_000).await.unwrap().len())
}

pub(crate) async fn an_export_goes_into_an_empty_store_and_comes_out_the_same(server: &TestServer) {
    furnish(server).await;
    server.store().await;
    let exported = server.get("/config/export").await;
    assert!(exported.header("content-disposition").starts_with("attachment; filename="));
    let exported = exported.expect(200);
    let text = exported.to_string();
    assert!(!text.contains("canary") && !text.contains("api_key"), "{text}");

    let empty = TestServer::start().await;
    let report = import(&empty, &exported).await;
    assert_eq!(done(&report), [("create", "inst_a"), ("create", "tg_pool"), ("create", "sb_desk")]);
    assert_eq!(report["changes"][0]["needs_key"], true);
    assert_eq!(export(&empty).await, exported);
    let desk = empty.get("/smart-balancers/sb_desk").await.expect(200);
    assert_eq!(desk["revision"], 1);
    assert_eq!(done(&import(&empty, &exported).await), [], "a second time nothing changes");
}

pub(crate) async fn an_import_is_one_change_with_its_traces(server: &TestServer) {
    furnish(server).await;
    let (version, rows) = traces(server).await;
    let mut changed = export(server).await;
    changed["instances"][0]["max_in_flight"] = json!(7);
    changed["balancers"][0]["description"] = json!("For the desk.");
    changed["target_groups"][0]["members"] =
        json!([{ "instance_id": "inst_a" }, { "instance_id": "inst_b" }]);
    changed["instances"].as_array_mut().unwrap().push(instance("b"));
    let report = import(server, &changed).await;
    let expected = [("update", "inst_a"), ("create", "inst_b"), ("update", "tg_pool"), ("update", "sb_desk")];
    assert_eq!(done(&report), expected);
    let change = json!([{ "path": "max_in_flight", "from": 0, "to": 7 }]);
    assert_eq!(report["changes"][0]["diff"], change);
    assert_eq!(traces(server).await, (version + 1, rows + 4));

    let revisions = server.get("/instances/inst_a/revisions").await.expect(200);
    assert_eq!((&revisions["data"][0]["revision"], &revisions["data"][0]["diff"]), (&json!(2), &change));
    assert_eq!(server.get("/instances/inst_b/revisions").await.expect(200)["data"][0]["revision"], 1);
    let kept = server.get("/instances/inst_a").await.expect(200);
    assert_eq!((&kept["api_key_set"], &kept["api_key_last4"]), (&json!(true), &json!("ream")));
    assert!(!server.answered().contains("canary"));
}

pub(crate) async fn a_dry_run_tells_the_same_and_changes_nothing(server: &TestServer) {
    furnish(server).await;
    let before = (export(server).await, traces(server).await);
    let mut changed = before.0.clone();
    changed["balancers"][0]["enabled"] = json!(false);
    let tried = server.post("/config/import?dry_run=true", &changed).await.expect(200);
    assert_eq!(done(&tried), [("update", "sb_desk")]);
    changed["balancers"][0]["routes"][0]["is_default"] = json!(false);
    let tried = server.post("/config/import?dry_run=true", &changed).await.expect(200);
    assert_eq!(told(&tried["errors"]), faults(&[("balancers[0].routes", "default_route_required")]));
    assert_eq!(tried["changes"][0]["id"], "sb_desk");
    let mistyped = server.post("/config/import?dry-run=true", &changed).await;
    assert_eq!(mistyped.faults(), faults(&[("dry-run", "unknown_field")]));
    assert_eq!((export(server).await, traces(server).await), before);
}

pub(crate) async fn one_fault_keeps_all_of_a_document_out(server: &TestServer) {
    furnish(server).await;
    let before = (export(server).await, traces(server).await);
    let bad = document(json!({
        "instances": [instance("new"), with(instance("far"), json!({ "base_url": "http://169.254.169.254/" }))],
        "balancers": [balancer("lost", "inst_gone")],
    }));
    let answer = server.post("/config/import", &bad).await;
    let expected = faults(&[
        ("balancers[0].routes[0].destination.ref", "unknown_destination"),
        ("instances[1].base_url", "address_refused"),
    ]);
    assert_eq!(answer.faults(), expected);
    assert_eq!(told(&answer.expect(422)["errors"]), expected);
    for (body, expected) in [
        (json!([]), faults(&[("", "type")])),
        (json!({}), faults(&[("format", "required"), ("version", "required")])),
    ] {
        assert_eq!(server.post("/config/import", &body).await.faults(), expected);
    }
    assert_eq!((export(server).await, traces(server).await), before);
}

pub(crate) async fn names_may_change_hands_within_a_document(server: &TestServer) {
    instances(server, &["a", "b"]).await;
    for name in ["blue", "green"] {
        server.make("/smart-balancers", &balancer(name, "inst_a")).await;
    }
    let mut swapped = export(server).await;
    for (list, names) in [("instances", ["b", "a"]), ("balancers", ["green", "blue"])] {
        for (place, name) in names.into_iter().enumerate() {
            swapped[list][place]["name"] = json!(name);
        }
    }
    swapped["balancers"][0]["serving_name"] = json!("green");
    swapped["balancers"][1]["serving_name"] = json!("blue");
    assert_eq!(done(&import(server, &swapped).await).len(), 4);
    assert_eq!(export(server).await, swapped);
    assert_eq!(server.get("/smart-balancers/sb_blue").await.expect(200)["revision"], 2);
}

pub(crate) async fn a_key_in_a_document_is_sealed_and_never_told(server: &TestServer) {
    let keyed = document(json!({ "instances": [with(instance("a"), json!({ "api_key": KEY }))] }));
    let tried = server.post("/config/import?dry_run=true", &keyed).await.expect(200);
    assert_eq!(tried["changes"][0]["needs_key"], false);
    import(server, &keyed).await;
    let kept = server.get("/instances/inst_a").await.expect(200);
    assert_eq!((&kept["api_key_set"], &kept["api_key_last4"]), (&json!(true), &json!("ream")));
    let removed = document(json!({ "instances": [with(instance("a"), json!({ "api_key": null }))] }));
    import(server, &removed).await;
    assert_eq!(server.get("/instances/inst_a").await.expect(200)["api_key_set"], false);
    server.get("/audit").await.expect(200);
    server.get("/instances/inst_a/revisions").await.expect(200);
    assert!(!server.answered().contains("canary"));
}

pub(crate) async fn a_key_that_is_stored_already_changes_nothing(server: &TestServer) {
    let keyed = |key: &str| {
        let (with_key, without) =
            (with(instance("a"), json!({ "api_key": key })), with(instance("b"), json!({ "api_key": null })));
        document(json!({ "instances": [with_key, without] }))
    };
    import(server, &keyed(KEY)).await;
    let before = traces(server).await;
    let tried = server.post("/config/import?dry_run=true", &keyed(KEY)).await.expect(200);
    assert_eq!(done(&tried), []);
    assert_eq!(done(&import(server, &keyed(KEY)).await), []);
    assert_eq!(traces(server).await, before);
    // A key with the same end is another key all the same.
    let other = KEY.replace("sk-", "pk-");
    let tried = server.post("/config/import?dry_run=true", &keyed(&other)).await.expect(200);
    assert_eq!(done(&tried), [("update", "inst_a")]);
    assert_eq!(done(&import(server, &keyed(&other)).await), [("update", "inst_a")]);
    assert_eq!(done(&import(server, &keyed(&other)).await), []);
    assert!(!server.answered().contains("canary"));
}

pub(crate) async fn an_import_takes_the_roles_that_each_edit_takes(server: &TestServer) {
    furnish(server).await;
    let now = server::clock::now();
    let cookies = [("vera", Role::Viewer), ("edda", Role::Editor)];
    let [viewer, editor] = [
        server.session(cookies[0].0, cookies[0].1, [now, now]).await,
        server.session(cookies[1].0, cookies[1].1, [now, now]).await,
    ];
    let send = async |cookie: &str, query: &str, body: &Value| {
        let request = server.bare(Method::POST, &format!("/api/v1/config/import{query}"));
        let request = request.header("cookie", cookie).header("content-type", "application/json");
        server.send(request.body(body.to_string())).await
    };
    let request = server.bare(Method::GET, "/api/v1/config/export").header("cookie", &viewer);
    let mut changed = server.send(request).await.expect(200);
    changed["instances"][0]["max_in_flight"] = json!(3);
    assert_eq!(send(&viewer, "", &changed).await.code(403), "permission_denied");
    assert_eq!(send(&viewer, "?dry_run=true", &changed).await.code(403), "permission_denied");
    assert_eq!(send(&editor, "", &changed).await.status, 200);
    let mut moved = changed.clone();
    moved["instances"][0]["base_url"] = json!("http://127.0.0.1:10");
    for body in [moved, document(json!({ "instances": [instance("b")] }))] {
        assert_eq!(send(&editor, "", &body).await.code(403), "permission_denied");
        let tried = send(&editor, "?dry_run=true", &body).await.expect(200);
        assert_eq!(told(&tried["errors"]), faults(&[("instances[0]", "permission_denied")]));
    }
    assert_eq!(export(server).await, changed);
}

pub(crate) async fn demo_instances_travel_without_an_address(server: &TestServer) {
    let demo = json!({ "id": "inst_demo-coder", "name": "Demo: coder", "model": "demo-coder", "demo": true });
    import(server, &document(json!({ "instances": [demo] }))).await;
    let exported = export(server).await;
    assert_eq!(exported["instances"][0]["base_url"], Value::Null);
    let shown = server.get("/instances/inst_demo-coder").await.expect(200);
    assert_eq!(shown["base_url"], format!("{}/demo/v1", server.base));
    // What was read as a single object can be in a document as well.
    assert_eq!(done(&import(server, &document(json!({ "instances": [shown] }))).await), []);
}

pub(crate) async fn a_change_of_another_process_goes_live(server: &TestServer) {
    furnish(server).await;
    let mut home = crate::console::Home::new();
    home.settings.store.database_url = Some(server.database_url());
    let other = home.start().await;
    let mut changed = export(&other).await;
    changed["balancers"][0]["serving_name"] = json!("renamed");
    import(&other, &changed).await;
    let deadline = std::time::Instant::now() + std::time::Duration::from_secs(5);
    while export(server).await != changed {
        assert!(std::time::Instant::now() < deadline, "the other process is not followed");
        tokio::time::sleep(std::time::Duration::from_millis(50)).await;
    }
}

//! Revisions, the way back, and the audit log, by REST and by the pages.

use app::ports::Role;
use reqwest::Method;
use serde_json::{Value, json};

use super::samples::{balancer, faults, group, instance, instances, with};
use crate::console::{Answer, TestServer};

const BALANCER: &str = "/smart-balancers/sb_desk";

fn numbers(list: &Value) -> Vec<u64> {
    list["data"].as_array().unwrap().iter().map(|it| it["revision"].as_u64().unwrap()).collect()
}

/// A balancer at revision 3: made, renamed, sent elsewhere.
async fn changed(server: &TestServer) {
    instances(server, &["a", "b"]).await;
    server.make("/smart-balancers", &balancer("desk", "inst_a")).await;
    server.patch(BALANCER, &json!({ "revision": 1, "description": "For the desk." })).await.expect(200);
    let routes = &balancer("desk", "inst_b")["routes"];
    server.patch(BALANCER, &json!({ "revision": 2, "routes": routes })).await.expect(200);
}

async fn roll_back(server: &TestServer, to: u64, revision: u64) -> Answer {
    server.post(&format!("{BALANCER}/rollback"), &json!({ "to": to, "revision": revision })).await
}

pub(crate) async fn each_revision_lists_its_changes(server: &TestServer) {
    changed(server).await;
    let list = server.get(&format!("{BALANCER}/revisions")).await.expect(200);
    assert_eq!((numbers(&list), &list["next"]), (vec![3, 2, 1], &Value::Null));
    let newest = &list["data"][0];
    let change = json!({ "path": "routes[0].destination.ref", "from": "inst_a", "to": "inst_b" });
    assert_eq!(newest["diff"], json!([change]));
    assert_eq!((&newest["by"], newest.as_object().unwrap().len()), (&json!("token"), 4));
    let now = server.get(BALANCER).await.expect(200);
    assert_eq!(newest["at"], now["updated_at"]);

    let first = server.get(&format!("{BALANCER}/revisions?limit=2")).await.expect(200);
    assert_eq!((numbers(&first), &first["next"]), (vec![3, 2], &json!("2")));
    let second = server.get(&format!("{BALANCER}/revisions?limit=2&cursor=2")).await.expect(200);
    assert_eq!((numbers(&second), &second["next"]), (vec![1], &Value::Null));
    let odd = server.get(&format!("{BALANCER}/revisions?limit=0&cursor=x")).await.faults();
    assert_eq!(odd, faults(&[("cursor", "unknown_value"), ("limit", "out_of_range")]));

    server.make("/target-groups", &group("pool", "inst_a")).await;
    for path in ["/instances/inst_a", "/target-groups/tg_pool"] {
        assert_eq!(numbers(&server.get(&format!("{path}/revisions")).await.expect(200)), [1]);
    }
    for path in ["/instances/none", "/target-groups/none", "/smart-balancers/none"] {
        assert_eq!(server.get(&format!("{path}/revisions")).await.code(404), "not_found");
    }
}

pub(crate) async fn a_balancer_is_rolled_back_to_an_earlier_revision(server: &TestServer) {
    changed(server).await;
    let now = roll_back(server, 2, 3).await.expect(200);
    assert_eq!(now["revision"], 4);
    assert_eq!(now["routes"][0]["destination"]["ref"], "inst_a");
    assert_eq!(now["description"], "For the desk.");
    assert_eq!(server.get(BALANCER).await.expect(200), now);
    let list = server.get(&format!("{BALANCER}/revisions")).await.expect(200);
    assert_eq!(numbers(&list), [4, 3, 2, 1]);
    assert_eq!(list["data"][0]["diff"][0]["to"], "inst_a");
    // And forth again: nothing of the history is lost.
    assert_eq!(roll_back(server, 3, 4).await.expect(200)["routes"][0]["destination"]["ref"], "inst_b");
    let audit = server.get("/audit?limit=1").await.expect(200);
    let row = &audit["data"][0];
    assert_eq!(
        (&row["action"], &row["type"], &row["id"], &row["revision"]),
        (&json!("roll_back"), &json!("smart_balancer"), &json!("sb_desk"), &json!(5))
    );
}

pub(crate) async fn a_rollback_is_validated_like_any_edit(server: &TestServer) {
    changed(server).await;
    let stale = roll_back(server, 1, 2).await;
    assert_eq!(stale.code(409), "stale_revision");
    assert_eq!(stale.expect(409)["current"]["revision"], 3);
    for to in [3, 4, i64::MAX as u64] {
        assert_eq!(roll_back(server, to, 3).await.faults(), faults(&[("to", "unknown_value")]), "{to}");
    }
    let path = format!("{BALANCER}/rollback");
    assert_eq!(
        server.post(&path, &json!({})).await.faults(),
        faults(&[("to", "required"), ("revision", "required")])
    );
    assert_eq!(
        server.post(&path, &json!({ "to": "1", "revision": 3, "x": 1 })).await.faults(),
        faults(&[("to", "type"), ("x", "unknown_field")])
    );
    let nowhere = server.post("/smart-balancers/none/rollback", &json!({ "to": 1, "revision": 2 })).await;
    assert_eq!(nowhere.code(404), "not_found");

    // What it went to is gone by now, and somebody else has its serving name.
    server.delete("/instances/inst_a").await.expect(204);
    let gone = roll_back(server, 1, 3).await.faults();
    assert_eq!(gone.first().map(|it| it.0.as_str()), Some("routes[0].destination.ref"), "{gone:?}");
    assert_eq!(server.get(BALANCER).await.expect(200)["revision"], 3);
}

pub(crate) async fn the_audit_log_is_for_admins(server: &TestServer) {
    let first = with(instance("a"), json!({ "api_key": "sk-canary-in-the-audit" }));
    server.make("/instances", &first).await;
    server.make("/api-keys", &json!({ "name": "ci" })).await;
    server
        .patch("/instances/inst_a", &json!({ "revision": 1, "api_key": "sk-canary-again" }))
        .await
        .expect(200);
    let list = server.get("/audit?limit=2").await.expect(200);
    let row = &list["data"][0];
    let change = json!({ "path": "api_key_last4", "from": "udit", "to": "gain" });
    assert_eq!(row["diff"], json!([change]));
    let facts: Vec<_> = ["by", "ip", "action", "type", "id", "revision"].iter().map(|it| &row[it]).collect();
    assert_eq!(json!(facts), json!(["token", "127.0.0.1", "update", "instance", "inst_a", 2]));
    assert_eq!(list["data"][1]["type"], "api_key");
    // Another key whose end, which is all that is shown of it, is the same.
    server
        .patch("/instances/inst_a", &json!({ "revision": 2, "api_key": "sk-canary-once-again" }))
        .await
        .expect(200);
    let same_end = server.get("/audit?limit=1").await.expect(200);
    let replaced = json!([{ "path": "api_key", "from": "hidden", "to": "replaced" }]);
    assert_eq!(same_end["data"][0]["diff"], replaced);
    let cursor = list["next"].as_str().unwrap();
    let rest = server.get(&format!("/audit?cursor={cursor}")).await.expect(200);
    assert_eq!(rest["data"][0]["action"], "create");
    let revisions = server.get("/instances/inst_a/revisions").await.expect(200);
    assert!(!format!("{list}{rest}{revisions}").contains("canary"));
    assert_eq!(server.get("/audit?cursor=-1").await.faults(), faults(&[("cursor", "unknown_value")]));

    let now = server::clock::now();
    for (name, role, status) in
        [("vera", Role::Viewer, 403), ("edda", Role::Editor, 403), ("ada", Role::Admin, 200)]
    {
        let cookie = server.session(name, role, [now, now]).await;
        let request = server.bare(Method::GET, "/api/v1/audit").header("cookie", &cookie);
        assert_eq!(server.send(request).await.status, status, "{name}");
        let shown = page(server, &cookie, "/settings").await;
        assert_eq!(shown.contains("api_key_last4"), status == 200, "{name}: {shown}");
        assert_eq!(shown.contains("Your role does not allow this"), status == 403, "{name}");
        assert_eq!(shown.contains("href=\"/settings\""), status == 200, "{name}");
    }
}

async fn page(server: &TestServer, cookie: &str, path: &str) -> String {
    let request = server.bare(Method::GET, path).header("accept", "text/html").header("cookie", cookie);
    let answer = server.send(request).await;
    assert!([200, 403].contains(&answer.status), "{path}");
    answer.text.split_once("</main>").unwrap().0.replace("<!>", "")
}

pub(crate) async fn the_history_page_rolls_back_without_scripting(server: &TestServer) {
    changed(server).await;
    let now = server::clock::now();
    let viewer = server.session("vera", Role::Viewer, [now, now]).await;
    let editor = server.session("edda", Role::Editor, [now, now]).await;
    let history = "/balancers/sb_desk/history";
    let shown = page(server, &editor, history).await;
    for words in ["Revision 3", "Revision 1", "routes[0].destination.ref", "Roll back to this", "Current"] {
        assert!(shown.contains(words), "{words}: {shown}");
    }
    assert!(!page(server, &viewer, history).await.contains("Roll back"));

    let form = [("form[id]", "sb_desk"), ("form[to]", "1"), ("form[revision]", "3")];
    let send = |cookie: String| server.send(server.form("roll_back", &form).header("cookie", cookie));
    let refused = send(viewer).await;
    assert_eq!(refused.status, 403);
    assert!(refused.text.contains("Your role does not allow this"), "{}", refused.text);
    for (cookie, words, revision) in
        [(&editor, "Rolled back to revision 1", 4), (&editor, "Someone else saved this in the meantime", 4)]
    {
        let answer = send(cookie.clone()).await;
        assert_eq!(answer.status, 302, "{}", answer.text);
        let address = answer.header("location").to_owned();
        assert!(address.starts_with(history), "{address}");
        let shown = page(server, cookie, &address).await;
        assert!(shown.contains(words), "{words}: {shown}");
        assert_eq!(server.get(BALANCER).await.expect(200)["revision"], revision);
    }
    let list = server.get(&format!("{BALANCER}/revisions")).await.expect(200);
    assert_eq!(list["data"][0]["by"], "edda");
}

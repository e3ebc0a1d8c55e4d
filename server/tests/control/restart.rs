//! What outlives the process.

use app::{domain::secret::Secret, ports::Role};
use reqwest::Method;
use serde_json::json;

use super::{
    desk::{Desk, SOON},
    samples::{balancer, group, instance, instances, with},
};
use crate::{
    console::{Home, TestServer},
    home::{on_postgres, on_sqlite},
};

async fn a_restart_keeps_everything(database_url: String) {
    let mut home = Home::new();
    home.settings.store.database_url = Some(database_url);
    home.secrets.admin_password = Some(Secret::new("correct horse battery staple"));
    let server = home.start().await;
    instances(&server, &["a"]).await;
    let key = json!({ "revision": 1, "api_key": "sk-canary-that-stays-1234" });
    server.patch("/instances/inst_a", &key).await.expect(200);
    server.make("/target-groups", &group("pool", "inst_a")).await;
    server.make("/smart-balancers", &balancer("desk", "inst_a")).await;
    let made = server.make("/api-keys", &json!({ "name": "ci", "balancers": ["sb_desk"] })).await;
    let models = async |server: &TestServer| {
        let request = server.bare(Method::GET, "/v1/models").bearer_auth(made["key"].as_str().unwrap());
        server.send(request).await.expect(200)["data"][0]["id"].clone()
    };
    assert_eq!(models(&server).await, "desk");
    let form = [("form[name]", "admin"), ("form[password]", "correct horse battery staple")];
    let signed_in = server.send(server.form("sign_in", &form)).await;
    let cookie = signed_in.header("set-cookie").split(';').next().unwrap().to_owned();
    let paths = ["/instances", "/target-groups", "/smart-balancers", "/api-keys", "/serving-endpoints"];
    let mut before = Vec::new();
    for path in paths {
        before.push(server.get(path).await.expect(200));
    }
    assert!(before[3]["data"][0]["last_used_at"].is_string(), "uses are told before they are written down");

    let mut home = server.stop().await;
    // The environment of the first start is not needed any more.
    home.secrets = Default::default();
    let server = home.start().await;
    for (path, before) in paths.into_iter().zip(before) {
        assert_eq!(server.get(path).await.expect(200), before, "{path}");
    }
    assert_eq!(models(&server).await, "desk");
    let page = server.bare(Method::GET, "/").header("cookie", cookie).header("accept", "text/html");
    assert_eq!(server.send(page).await.status, 200);
    server.patch("/instances/inst_a", &json!({ "revision": 2, "model": "m" })).await.expect(200);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_restart_keeps_everything_on_sqlite() {
    on_sqlite(|home| a_restart_keeps_everything(home.url)).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_restart_keeps_everything_on_postgres() {
    on_postgres(|home| a_restart_keeps_everything(home.url)).await;
}

#[tokio::test]
async fn a_new_admin_token_replaces_the_old_one() {
    let mut home = TestServer::start().await.stop().await;
    let new = "another-admin-token-for-tests-012345";
    home.secrets.admin_token = Some(Secret::new(new));
    let server = home.start().await;
    assert_eq!(server.get("/instances").await.status, 401);
    let request = server.bare(Method::GET, "/api/v1/instances").bearer_auth(new);
    assert_eq!(server.send(request).await.status, 200);
}

/// Keys that were sealed under another master key are neither lost nor used.
#[tokio::test]
async fn a_changed_master_key_requires_reentry_of_the_upstream_keys() {
    let key = |byte: &str| Some(Secret::new(byte.repeat(32)));
    let mut home = Home::new();
    home.secrets.master_key = key("01");
    let server = home.start().await;
    let body = with(instance("a"), json!({ "api_key": "sk-canary-sealed-abcd" }));
    let made = server.make("/instances", &body).await;

    let mut home = server.stop().await;
    home.secrets.master_key = key("02");
    let server = home.start().await;
    let shown = server.get("/instances/inst_a").await.expect(200);
    assert_eq!((&shown["api_key_set"], &shown["api_key_last4"]), (&json!(true), &json!("abcd")));
    let lost = json!({ "state": "misconfigured", "until": null, "reason": "key_needs_reentry" });
    assert_eq!(shown["health"], lost);
    let verdict = server.post("/instances/inst_a/test", &json!({})).await.expect(200);
    assert_eq!(verdict["ok"], false);
    assert!(verdict["message"].as_str().unwrap().contains("Enter it again"), "{verdict}");
    server.patch("/instances/inst_a", &json!({ "revision": 1, "model": "m" })).await.expect(200);
    let now = server::clock::now();
    let cookie = server.session("vera", Role::Viewer, [now, now]).await;
    for page in ["/instances", "/instances/inst_a"] {
        let request = server.bare(Method::GET, page).header("accept", "text/html").header("cookie", &cookie);
        assert!(server.send(request).await.text.contains("Key needs re-entry"), "{page}");
    }

    // The old key comes back, and so does what it sealed.
    let mut home = server.stop().await;
    home.secrets.master_key = key("01");
    let server = home.start().await;
    let shown = server.get("/instances/inst_a").await.expect(200);
    assert_eq!(shown["health"], made["health"]);

    let mut home = server.stop().await;
    home.secrets.master_key = key("02");
    let server = home.start().await;
    let again = json!({ "revision": 2, "api_key": "sk-canary-sealed-efgh" });
    let saved = server.patch("/instances/inst_a", &again).await.expect(200);
    assert_eq!((&saved["api_key_last4"], &saved["health"]), (&json!("efgh"), &made["health"]));
    assert!(!server.answered().contains("sealed"));
}

/// A router call that outlived its caller is given up as soon as the server stops; an answer is not.
#[tokio::test(flavor = "multi_thread")]
async fn a_stop_ends_the_warming_of_a_router_model_and_waits_for_answers() {
    let server = TestServer::start().await;
    let desk = Desk::open(&server).await;
    desk.classifier("routed", "hang-headers").await;
    let budget = json!({ "revision": 1, "classifier": { "budget_ms": 100 } });
    server.patch("/smart-balancers/sb_routed", &budget).await.expect(200);
    desk.balancer("slow", "trickle:300+ok@10", false).await;
    assert_eq!(desk.send("routed", json!({})).await.header("x-sb-reason"), "router_timeout");
    let of = |it: &fault_upstream::Record, model: &str| String::from_utf8_lossy(&it.body).contains(model);
    let router = desk.upstream.find(|it| of(it, "hang-headers"));
    assert!(router.len() == 1 && router[0].ended.is_none(), "it runs on");

    let answer = desk.call("slow", json!({ "stream": true })).send().await.unwrap();
    let Desk { upstream, .. } = desk;
    let stopping = tokio::spawn(server.stop());
    let has_left =
        |log: &[fault_upstream::Record]| log.iter().any(|it| of(it, "hang-headers") && it.peer_left());
    upstream.wait_for(has_left, SOON).await.unwrap();
    assert!(upstream.find(|it| of(it, "trickle"))[0].ended.is_none(), "before the answer is complete");
    assert!(answer.text().await.unwrap().ends_with("data: [DONE]\n\n"));
    stopping.await.unwrap();
}

//! Edits of an instance and the length of its embeddings: what was learned goes with address, model and key, and with
//! nothing else; what somebody typed stays.

use fault_upstream::FaultUpstream;
use reqwest::{Method, header::CONTENT_TYPE};
use serde_json::{Value, json};

use super::samples::with;
use crate::console::{Home, TestServer};

const PLACE: &str = "/instances/inst_e";

/// The embeddings instance `inst_e`, called through the balancer `e`.
struct Embedder {
    server: TestServer,
    key: String,
}

impl Embedder {
    async fn start(upstream: &FaultUpstream) -> Self {
        let server = Home::new().start().await;
        let body = json!({
            "name": "e", "base_url": upstream.base_url(), "model": "dim@12", "workload_kind": "embeddings",
            "api_key": "sk-canary-first",
        });
        server.make("/instances", &body).await;
        let balancer = json!({ "name": "e", "workload_kind": "embeddings", "routing_mode": "ordered" });
        let route = json!({
            "name": "all", "intent": "Any text is welcome here.", "is_default": true,
            "destination": { "type": "instance", "ref": "inst_e" },
        });
        server.make("/smart-balancers", &with(balancer, json!({ "routes": [route] }))).await;
        let key =
            server.make("/api-keys", &json!({ "name": "ci" })).await["key"].as_str().unwrap().to_owned();
        Self { server, key }
    }

    /// Calls it, so that it learns, and restarts the server, which writes that down.
    async fn learn(mut self) -> Self {
        self.call().await;
        self.server = self.server.stop().await.start().await;
        self
    }

    async fn call(&self) {
        let body = json!({ "model": "e", "input": "hello" }).to_string();
        let request = self.server.bare(Method::POST, "/v1/embeddings").bearer_auth(&self.key);
        let answer = self.server.send(request.header(CONTENT_TYPE, "application/json").body(body)).await;
        assert_eq!(answer.status, 200, "{}", answer.text);
    }

    /// Whether a length is written down that nobody typed.
    async fn is_learned(&self) -> bool {
        let stored = self.server.store().await.load().await.unwrap().configuration;
        stored.instance("inst_e").unwrap().spec.learned_dimensions().is_some()
    }

    async fn shown(&self) -> Value {
        self.server.get(PLACE).await.expect(200)
    }

    /// Patches it and answers with the length that it shows then.
    async fn patch(&self, change: Value) -> Value {
        let revision = self.shown().await["revision"].clone();
        let patch = with(json!({ "revision": revision }), change);
        self.server.patch(PLACE, &patch).await.expect(200)["dimensions"].clone()
    }

    /// Replaces it by what it shows with these fields changed.
    async fn put(&self, change: Value) -> Value {
        let body = with(self.shown().await, change);
        self.server.put(PLACE, &body).await.expect(200)["dimensions"].clone()
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn edits_that_leave_the_instance_the_same_forget_nothing() {
    let upstream = FaultUpstream::start().await.unwrap();
    let it = Embedder::start(&upstream).await.learn().await;
    assert_eq!((it.shown().await["dimensions"].clone(), it.is_learned().await), (json!(12), true));
    for same in [
        json!({ "name": "another name" }),
        json!({ "max_in_flight": 7 }),
        json!({ "enabled": false }),
        json!({ "enabled": true, "timeouts": { "idle_ms": 5_000, "connect_ms": 1_000, "total_ms": 90_000 } }),
        json!({ "api_key": "sk-canary-first" }),
    ] {
        assert_eq!(it.patch(same.clone()).await, 12, "{same}");
        assert_eq!(it.put(same.clone()).await, 12, "{same}");
    }
    // A replacement that does not name the length says nothing about it.
    let mut body = it.shown().await;
    body.as_object_mut().unwrap().remove("dimensions");
    assert_eq!(it.server.put(PLACE, &body).await.expect(200)["dimensions"], 12);
    assert!(it.is_learned().await);
    // Whoever takes it away wants it learned anew.
    assert_eq!(it.patch(json!({ "dimensions": null })).await, Value::Null);
    it.call().await;
    assert_eq!(it.shown().await["dimensions"], 12);
}

#[tokio::test(flavor = "multi_thread")]
async fn another_address_model_key_or_header_forgets_the_length_that_was_learned() {
    let (upstream, other) = (FaultUpstream::start().await.unwrap(), FaultUpstream::start().await.unwrap());
    let mut it = Embedder::start(&upstream).await;
    for (change, length) in [
        (json!({ "model": "dim@5" }), 5),
        (json!({ "base_url": other.base_url(), "api_key": "sk-canary-second" }), 5),
        (json!({ "api_key": "sk-canary-third" }), 5),
        (json!({ "auth_header": "api-key" }), 5),
        (json!({ "headers": { "X-Org": "canary-one" } }), 5),
        (json!({ "headers": { "X-Org": "canary-two" } }), 5),
        (json!({ "headers": {} }), 5),
        (json!({ "api_key": null, "model": "dim@6" }), 6),
        (json!({ "name": "f", "base_url": upstream.base_url() }), 6),
    ] {
        it = it.learn().await;
        assert!(it.is_learned().await, "{change}");
        assert_eq!(it.patch(change.clone()).await, Value::Null, "{change}");
        it.call().await;
        assert_eq!(it.shown().await["dimensions"], length, "{change}");
    }
    // What is shown may have been put back; it is as little typed as before, written down or not.
    assert_eq!(it.put(json!({ "model": "dim@7" })).await, Value::Null);
    it = it.learn().await;
    assert_eq!(it.put(json!({ "model": "dim@8" })).await, Value::Null);

    // What somebody typed is theirs.
    assert_eq!(it.patch(json!({ "dimensions": 9 })).await, 9);
    assert_eq!(it.patch(json!({ "model": "dim@9" })).await, 9);
    assert_eq!(it.put(json!({ "base_url": other.base_url() })).await, 9);
    assert!(!it.is_learned().await);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_form_keeps_and_forgets_as_rest_does() {
    let upstream = FaultUpstream::start().await.unwrap();
    let it = Embedder::start(&upstream).await.learn().await;
    let now = server::clock::now();
    let cookie = it.server.session("ada", app::ports::Role::Admin, [now, now]).await;
    let save = async |name: &str, model: &str, dimensions: &str| {
        let shown = it.shown().await;
        let (revision, base_url) = (shown["revision"].to_string(), shown["base_url"].as_str().unwrap());
        let fields = [
            ("form[id]", "inst_e"),
            ("form[revision]", &*revision),
            ("form[name]", name),
            ("form[base_url]", base_url),
            ("form[model]", model),
            ("form[workload_kind]", "embeddings"),
            ("form[enabled]", "true"),
            ("form[dimensions]", dimensions),
        ];
        let answer = it.server.send(it.server.form("save_instance", &fields).header("cookie", &cookie)).await;
        assert!(answer.header("location").contains("note="), "{}", answer.header("location"));
        it.shown().await["dimensions"].clone()
    };
    assert_eq!(save("renamed", "dim@12", "12").await, 12);
    assert_eq!(save("renamed", "dim@5", "12").await, Value::Null, "the form only showed it");
    it.call().await;
    assert_eq!(save("renamed", "dim@5", "5").await, 5);
    assert_eq!(save("renamed", "dim@5", "").await, Value::Null, "it was taken away");
    assert_eq!(save("renamed", "dim@5", "6").await, 6);
    assert_eq!(save("renamed", "dim@6", "6").await, 6, "somebody typed it");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_document_holds_no_length_that_was_learned() {
    let upstream = FaultUpstream::start().await.unwrap();
    let it = Embedder::start(&upstream).await.learn().await;
    let document = it.server.get("/config/export").await.expect(200);
    assert_eq!(document["instances"][0].get("dimensions"), None, "{document}");
    let again = it.server.post("/config/import", &document).await.expect(200);
    assert_eq!((&again["changes"], it.shown().await["dimensions"].clone()), (&json!([]), json!(12)));

    let mut renamed = document.clone();
    renamed["instances"][0]["name"] = json!("renamed");
    it.server.post("/config/import", &renamed).await.expect(200);
    assert_eq!(it.shown().await["dimensions"], 12);
    let mut moved = renamed.clone();
    moved["instances"][0]["model"] = json!("dim@5");
    it.server.post("/config/import", &moved).await.expect(200);
    assert_eq!(it.shown().await["dimensions"], Value::Null);
}

//! Clients that call through a whole server.

use std::time::{Duration, Instant};

use fault_upstream::FaultUpstream;
use reqwest::{Method, header::CONTENT_TYPE};
use serde_json::{Value, json};

use super::samples::with;
use crate::console::{Answer, TestServer};

/// More than anything here takes.
pub(crate) const SOON: Duration = Duration::from_secs(20);
/// What every call says.
pub(crate) const PROMPT: &str = "canary-in-the-prompt";
/// What the upstream says.
pub(crate) const ANSWER: &str = "ok from upstream";
/// The key of every instance.
pub(crate) const UPSTREAM_KEY: &str = "sk-canary-upstream";

/// A server in front of an upstream, and a key. Each balancer is called after its fault.
pub(crate) struct Desk<'a> {
    pub(crate) server: &'a TestServer,
    pub(crate) upstream: FaultUpstream,
    pub(crate) key: String,
    pub(crate) key_id: String,
}

impl<'a> Desk<'a> {
    pub(crate) async fn open(server: &'a TestServer) -> Self {
        let upstream = FaultUpstream::start().await.unwrap();
        let key = server.make("/api-keys", &json!({ "name": "client" })).await;
        let text = |field: &str| key[field].as_str().unwrap().to_owned();
        let desk = Self { server, upstream, key: text("key"), key_id: text("id") };
        desk.instance("good", "ok@5").await;
        desk
    }

    pub(crate) async fn instance(&self, name: &str, fault: &str) {
        let body = json!({
            "name": name, "base_url": self.upstream.base_url(), "model": fault, "api_key": UPSTREAM_KEY,
        });
        self.server.make("/instances", &body).await;
    }

    /// The balancer `NAME` over one instance that shows a fault, with `inst_good` behind it where asked for.
    pub(crate) async fn balancer(&self, name: &str, fault: &str, standby: bool) {
        self.instance(name, fault).await;
        let members = [
            json!({ "instance_id": format!("inst_{name}") }),
            json!({ "instance_id": "inst_good", "priority": 2 }),
        ];
        let members = &members[..if standby { 2 } else { 1 }];
        self.server.make("/target-groups", &json!({ "name": name, "members": members })).await;
        let route = json!({
            "name": "all", "intent": "Any prompt is welcome here.", "is_default": true,
            "destination": { "type": "target_group", "ref": format!("tg_{name}") },
        });
        let body = json!({ "name": name, "routing_mode": "ordered", "routes": [route] });
        self.server.make("/smart-balancers", &body).await;
    }

    /// The balancer `NAME`, whose router model shows a fault, with the routes `code` and `general` over `inst_good`.
    pub(crate) async fn classifier(&self, name: &str, fault: &str) {
        self.instance("router", fault).await;
        let route = |name: &str, is_default: bool| {
            json!({
                "name": name, "intent": "Any prompt is welcome here.", "is_default": is_default,
                "destination": { "type": "instance", "ref": "inst_good" },
            })
        };
        let body = json!({
            "name": name, "router_model": { "type": "instance", "ref": "inst_router" },
            "routes": [route("code", false), route("general", true)],
        });
        self.server.make("/smart-balancers", &body).await;
    }

    pub(crate) fn call(&self, model: &str, more: Value) -> reqwest::RequestBuilder {
        self.call_as(&self.key, model, more)
    }

    pub(crate) fn call_as(&self, key: &str, model: &str, more: Value) -> reqwest::RequestBuilder {
        let body = json!({ "model": model, "messages": [{ "role": "user", "content": PROMPT }] });
        self.server
            .bare(Method::POST, "/v1/chat/completions")
            .bearer_auth(key)
            .header(CONTENT_TYPE, "application/json")
            .body(with(body, more).to_string())
    }

    pub(crate) async fn send(&self, model: &str, more: Value) -> Answer {
        self.server.send(self.call(model, more)).await
    }

    /// What is kept of an answered call, as soon as it is.
    pub(crate) async fn kept(&self, answer: &Answer) -> Value {
        kept(self.server, answer.header("x-request-id")).await
    }
}

/// A call in the log, once it is there.
pub(crate) async fn kept(server: &TestServer, id: &str) -> Value {
    let begun = Instant::now();
    loop {
        let answer = server.get(&format!("/requests/{id}")).await;
        if answer.status == 200 {
            return answer.expect(200);
        }
        assert!(begun.elapsed() < SOON, "{id} is not in the log");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

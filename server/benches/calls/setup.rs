//! Configures the measured server through its REST API, as a person would.

use std::net::SocketAddr;

use serde_json::{Value, json};

use super::cases::{Case, Mode, Variant};

pub(crate) const ADMIN_TOKEN: &str = "an-admin-token-for-the-bench-0123456789";
/// Objects in one import, within its limit.
const IMPORTED_AT_ONCE: usize = 1_900;

/// Makes what a case needs, and an API key, which is returned.
pub(crate) async fn configure(
    address: SocketAddr,
    upstream: SocketAddr,
    case: &Case,
    variant: &Variant,
) -> String {
    let rest = Rest { client: client(), base: format!("http://{address}/api/v1") };
    let kind = if case.question.embeddings { "embeddings" } else { "chat" };
    let instance = |name: &str, segment: String| {
        json!({
            "name": name, "base_url": format!("http://{upstream}/{segment}/v1"), "model": "m",
            "workload_kind": kind, "api_key": "an-upstream-key"
        })
    };
    let bench = rest.make("instances", &instance("bench", case.answer.segment())).await;
    let destination = json!({ "type": "instance", "ref": bench["id"] });
    let balancer = |name: &str| {
        json!({
            "name": name, "serving_name": name, "workload_kind": kind, "routing_mode": "ordered",
            "routes": routes(variant.routes, &destination)
        })
    };
    let mut measured = balancer("bench");
    if let Mode::Classified { delay_ms, .. } = variant.mode {
        let segment = super::cases::Answer::Label { delay_ms }.segment();
        let router = rest.make("instances", &instance("router", segment)).await;
        measured["routing_mode"] = json!("intent_classifier");
        measured["router_model"] = json!({ "type": "instance", "ref": router["id"] });
    }
    rest.make("smart-balancers", &measured).await;
    let others: Vec<Value> = (1..variant.balancers).map(|it| balancer(&format!("other-{it}"))).collect();
    for others in others.chunks(IMPORTED_AT_ONCE) {
        let document = json!({ "format": "smart-balancer-configuration", "version": 1, "balancers": others });
        rest.make("config/import", &document).await;
    }
    let key = rest.make("api-keys", &json!({ "name": "bench" })).await;
    key["key"].as_str().unwrap().to_owned()
}

/// So many routes; the last one is the default. The router model always chooses `code`.
fn routes(count: usize, destination: &Value) -> Vec<Value> {
    (1..=count)
        .map(|at| {
            let name = match at {
                _ if at == count => "all".to_owned(),
                1 => "code".to_owned(),
                _ => format!("subject-{at}"),
            };
            let intent = format!("The request is about {name} and nothing else.");
            json!({ "name": name, "intent": intent, "destination": destination, "is_default": at == count })
        })
        .collect()
}

struct Rest {
    client: reqwest::Client,
    base: String,
}

impl Rest {
    async fn make(&self, path: &str, body: &Value) -> Value {
        let call = self.client.post(format!("{}/{path}", self.base)).bearer_auth(ADMIN_TOKEN);
        let call = call.header("content-type", "application/json").body(body.to_string());
        let answer = call.send().await.unwrap();
        let (status, text) = (answer.status(), answer.text().await.unwrap());
        assert!(status.is_success(), "{path}: {status} {text}");
        serde_json::from_str(&text).unwrap()
    }
}

fn client() -> reqwest::Client {
    let provider = rustls::crypto::ring::default_provider().into();
    let tls = rustls::ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_root_certificates(rustls::RootCertStore::empty())
        .with_no_client_auth();
    reqwest::Client::builder().tls_backend_preconfigured(tls).no_proxy().build().unwrap()
}

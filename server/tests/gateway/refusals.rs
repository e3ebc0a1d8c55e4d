//! The errors that are made before any upstream call, and their order.

use app::domain::{
    config::{api_key::ApiKeyScope, instance::WorkloadKind},
    secret::Secret,
    timestamp::Timestamp,
};
use fault_upstream::FaultUpstream;
use server::gateway::UpstreamKey;

use crate::rig::{KEY, NARROW, Rig, Setup, calls, chat_body, got};

async fn rig() -> (FaultUpstream, Rig) {
    let upstream = FaultUpstream::start().await.unwrap();
    let expired = ApiKeyScope { expires_at: Some(Timestamp(1)), ..ApiKeyScope::default() };
    let slow = ApiKeyScope { rpm: Some(1), ..ApiKeyScope::default() };
    let rig = Setup::new()
        .api_key("expired", "sb-expired-secret", expired)
        .api_key("slow", "sb-slow-secret", slow)
        .chat("a", &upstream, "ok")
        .embeddings("e", &upstream, "dim@8")
        .balancer("open", &[("code", "inst_a"), ("old", "inst_a"), ("general", "inst_a")], |it| {
            it.routes[1].enabled = false;
        })
        .ordered("closed", &[("only", "inst_a")])
        .balancer("off", &[("only", "inst_a")], |it| it.enabled = false)
        .balancer("vectors", &[("only", "inst_e")], |it| it.workload_kind = WorkloadKind::Embeddings)
        .start()
        .await;
    (upstream, rig)
}

#[tokio::test]
async fn each_refusal_has_its_status_and_code_and_none_reaches_an_upstream() {
    let (upstream, rig) = rig().await;
    let call = |model: &str| rig.chat(model, "hi");
    let cases = [
        (rig.chat_as("sb-wrong", "open", "hi"), 401, "invalid_api_key"),
        (rig.chat_as("sb-expired-secret", "open", "hi"), 401, "invalid_api_key"),
        (rig.chat_as("", "open", "hi"), 401, "invalid_api_key"),
        (call("unknown"), 404, "model_not_found"),
        (call("off"), 404, "model_not_found"),
        (call("vectors"), 400, "workload_mismatch"),
        (rig.embed("open"), 400, "workload_mismatch"),
        (call("open").header("x-sb-route", "nope"), 400, "route_not_found"),
        (call("open").header("x-sb-route", "old"), 400, "route_not_found"),
        (call("open").header("x-sb-timeout-ms", "soon"), 400, "invalid_header"),
        (call("open").header("x-sb-hops", "3"), 508, "loop_detected"),
        (rig.post("/v1/audio/speech", "{}"), 404, "unknown_url"),
        (rig.client.get(format!("{}/v1/embeddings", rig.origin)).bearer_auth(KEY), 405, "method_not_allowed"),
    ];
    for (at, (request, status, code)) in cases.into_iter().enumerate() {
        let refused = got(request).await;
        assert_eq!((refused.status, refused.code().as_str()), (status, code), "case {at}");
        assert_eq!(refused.header("x-sb-attempts"), "0", "case {at}");
        assert!(refused.header("server-timing").contains(", first_byte;dur="), "case {at}");
        assert!(refused.header("x-sb-decision").starts_with("dec_"), "case {at}");
    }
    assert_eq!(calls(&upstream), 0);
}

#[tokio::test]
async fn a_key_is_limited_to_its_scope() {
    let (_upstream, rig) = rig().await;
    let narrow = |model: &str| rig.chat_as(NARROW, model, "hi");
    assert_eq!(got(narrow("open")).await.status, 200);
    let closed = got(narrow("closed")).await;
    assert_eq!((closed.status, closed.code()), (404, "model_not_found".to_owned()));
    assert!(!closed.text().contains("open"), "{}", closed.text());
    let forced = got(narrow("open").header("x-sb-route", "code")).await;
    assert_eq!((forced.status, forced.code()), (403, "permission_denied".to_owned()));
    assert_eq!(got(narrow("open").header("x-sb-route", "auto")).await.status, 200);
}

#[tokio::test]
async fn an_unknown_route_error_lists_the_routes() {
    let (_upstream, rig) = rig().await;
    let refused = got(rig.chat("open", "hi").header("x-sb-route", "nope")).await;
    let message = refused.json()["error"]["message"].as_str().unwrap().to_owned();
    assert!(message.contains("code, general") && !message.contains("old"), "{message}");
}

#[tokio::test]
async fn refusals_have_a_fixed_order() {
    let (_upstream, rig) = rig().await;
    // One call with every fault at once; mending the first fault brings the next one to light.
    let send = async |key: &str, kind: &str, body: &str| {
        let request = rig
            .client
            .post(format!("{}/v1/chat/completions", rig.origin))
            .bearer_auth(key)
            .header("content-type", kind)
            .header("x-sb-route", "nope")
            .body(body.to_owned());
        let refused = got(request).await;
        (refused.status, refused.code())
    };
    let json = "application/json";
    let closed = chat_body("closed", "hi").to_string();
    let open = chat_body("open", "hi").to_string();
    assert_eq!(send("sb-wrong", "text/plain", "{").await.0, 401);
    assert_eq!(send(NARROW, "text/plain", "{").await.0, 415);
    assert_eq!(send(NARROW, json, "{").await, (400, "invalid_json".to_owned()));
    assert_eq!(send(NARROW, json, &closed).await.0, 404);
    assert_eq!(send(NARROW, json, &open).await.0, 403);
    assert_eq!(send(KEY, json, &open).await, (400, "route_not_found".to_owned()));
}

#[tokio::test]
async fn a_key_over_its_rate_gets_retry_after() {
    let (_upstream, rig) = rig().await;
    let call = || rig.client.get(format!("{}/v1/models", rig.origin)).bearer_auth("sb-slow-secret");
    assert_eq!(got(call()).await.status, 200);
    let refused = got(call()).await;
    assert_eq!((refused.status, refused.code()), (429, "rate_limit_exceeded".to_owned()));
    let wait: u64 = refused.header("retry-after").parse().unwrap();
    assert!((1..=60).contains(&wait), "{wait}");
    assert!(rig.gateway.last_used("slow").is_some() && rig.gateway.last_used("expired").is_none());
}

#[tokio::test]
async fn a_configuration_change_applies_to_the_next_call() {
    let upstream = FaultUpstream::start().await.unwrap();
    let setup = Setup::new().chat("a", &upstream, "ok").ordered("open", &[("only", "inst_a")]);
    let rig = setup.clone().start().await;
    assert_eq!(got(rig.chat("open", "hi")).await.status, 200);
    let mut changed = setup.clone();
    changed.configuration.balancers.clear();
    rig.publish(&changed);
    assert_eq!(got(rig.chat("open", "hi")).await.status, 404);
    let mut revoked = setup;
    revoked.api_keys.clear();
    rig.publish(&revoked);
    assert_eq!(got(rig.chat("open", "hi")).await.status, 401);
    assert_eq!(calls(&upstream), 1);
}

#[tokio::test]
async fn a_loop_is_detected_by_the_hop_header() {
    let mut setup = Setup::new().ordered("open", &[("only", "inst_self")]);
    let rig = setup.clone().start().await;
    // The instance is this very server, which the caller's key opens.
    setup = setup.instance("self", &rig.origin, "open", |_| {});
    setup.keys.insert("inst_self".into(), UpstreamKey::Known(Secret::new(KEY)));
    rig.publish(&setup);
    let answer = got(rig.chat("open", "hi")).await;
    assert_eq!((answer.status, answer.code()), (508, "loop_detected".to_owned()));
    assert_eq!(answer.header("x-should-retry"), "false");
}

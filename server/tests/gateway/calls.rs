//! What passes through a call and what does not.

use fault_upstream::{FaultUpstream, fingerprint};
use serde_json::json;
use server::gateway::UpstreamKey;

use crate::rig::{DEMO_KEY, KEY, NARROW, Setup, UPSTREAM_KEY, got};

async fn echo() -> (FaultUpstream, crate::rig::Rig) {
    let upstream = FaultUpstream::start().await.unwrap();
    let rig =
        Setup::new().chat("a", &upstream, "echo-raw").ordered("open", &[("only", "inst_a")]).start().await;
    (upstream, rig)
}

#[tokio::test]
async fn a_body_is_forwarded_unchanged_except_for_the_model_and_credential_fields() {
    let (_upstream, rig) = echo().await;
    // It has choices, so that its echo is an answer.
    let body = "{ \"x\" : 1e999,\"choices\":[1],\"messages\":[{\"role\":\"user\",\"content\":\"\\ud800 h\u{e9}\"}],\
                \"api_key\":\"k\", \"dup\":1,\"dup\":2, \"model\" : \"open\",\"api_base\":\"http://x\",\
                \"base_url\":null,\"user_config\":{\"a\":[1]},\"tools\":[ ] }";
    let got = got(rig.post("/v1/chat/completions", body)).await;
    let expected = "{ \"x\" : 1e999,\"choices\":[1],\"messages\":[{\"role\":\"user\",\"content\":\"\\ud800 h\u{e9}\"}], \
                    \"dup\":1,\"dup\":2, \"model\" : \"echo-raw\",\"tools\":[ ] }";
    assert_eq!((got.status, got.text().replace(' ', "")), (200, expected.replace(' ', "")));
}

#[tokio::test]
async fn the_callers_key_is_replaced_by_the_instances_key() {
    let (upstream, rig) = echo().await;
    let call = rig
        .chat("open", "hi")
        .header("cookie", "a=b")
        .header("openai-organization", "org")
        .header("x-forwarded-for", "1.2.3.4")
        .header("traceparent", "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01");
    let answer = got(call).await;
    let seen = upstream.requests().remove(0);
    assert_eq!(seen.header("authorization"), Some(&*fingerprint(&format!("Bearer {UPSTREAM_KEY}"))));
    let mut names: Vec<_> = seen.headers.iter().map(|(name, _)| name.as_str()).collect();
    names.sort_unstable();
    let expected = [
        "accept",
        "accept-encoding",
        "authorization",
        "content-length",
        "content-type",
        "host",
        "traceparent",
        "user-agent",
        "x-request-id",
        "x-sb-hops",
    ];
    assert_eq!(names, expected);
    assert_eq!(seen.header("accept-encoding"), Some("identity"));
    assert_eq!(seen.header("x-request-id"), Some(answer.header("x-request-id")));
    assert_eq!(seen.header("x-sb-hops"), Some("1"));
    assert!(!format!("{seen:?}").contains(KEY));
}

#[tokio::test]
async fn a_demo_instance_is_called_with_the_inner_key() {
    let upstream = FaultUpstream::start().await.unwrap();
    let rig = Setup::new()
        .instance("a", &upstream.base_url(), "ok", |it| it.demo = true)
        .ordered("open", &[("only", "inst_a")])
        .start()
        .await;
    assert_eq!(got(rig.chat("open", "hi")).await.status, 200);
    let key = fingerprint(&format!("Bearer {DEMO_KEY}"));
    assert_eq!(upstream.requests()[0].header("authorization"), Some(&*key));
}

#[tokio::test]
async fn an_instance_that_needs_key_reentry_is_not_called() {
    let upstream = FaultUpstream::start().await.unwrap();
    let mut setup = Setup::new().chat("a", &upstream, "ok").ordered("open", &[("only", "inst_a")]);
    setup.keys.insert("inst_a".into(), UpstreamKey::NeedsReentry);
    let rig = setup.clone().start().await;
    assert_eq!(got(rig.chat("open", "hi")).await.status, 503);
    let health = app::ports::DataPlane::health(&*rig.gateway, "inst_a");
    assert_eq!(health.reason.as_deref(), Some("key_needs_reentry"));
    setup.keys.clear();
    rig.publish(&setup);
    assert_eq!(got(rig.chat("open", "hi")).await.status, 200, "entered anew, or taken away");
    assert_eq!(upstream.requests()[0].header("authorization"), None);
}

#[tokio::test]
async fn every_answer_names_the_decision_and_the_instance() {
    let (_upstream, rig) = echo().await;
    let answer = got(rig.chat("OPEN", "hi")).await;
    assert!(answer.header("x-request-id").starts_with("req_"));
    assert!(answer.header("x-sb-decision").starts_with("dec_"));
    assert_eq!(answer.header("x-sb-balancer"), "open", "the serving name as it is set");
    assert_eq!(answer.header("x-sb-route"), "only");
    assert_eq!(answer.header("x-sb-reason"), "ordered");
    assert_eq!(answer.header("x-sb-instance"), "inst_a");
    assert_eq!(answer.header("x-sb-attempts"), "1");
    let timing = answer.header("server-timing");
    assert!(timing.starts_with("route;dur=") && timing.contains(", first_byte;dur="), "{timing}");
}

#[tokio::test]
async fn upstream_headers_are_not_relayed() {
    let upstream = FaultUpstream::start().await.unwrap();
    let rig =
        Setup::new().chat("a", &upstream, "hop-headers").ordered("open", &[("only", "inst_a")]).start().await;
    for call in [rig.chat("open", "hi"), rig.stream("open", "hi")] {
        let answer = got(call).await;
        assert_eq!((answer.status, answer.header("x-sb-route")), (200, "only"));
        for name in ["set-cookie", "keep-alive", "proxy-authenticate", "x-of-this-hop"] {
            assert!(answer.headers.get(name).is_none(), "{name}");
        }
        // The upstream sends these as well, forged.
        let ours = |name: &str| answer.headers.get_all(name).iter().collect::<Vec<_>>();
        assert_eq!(ours("x-sb-instance"), ["inst_a"]);
        assert!(ours("x-sb-decision").len() == 1 && answer.header("x-sb-decision").starts_with("dec_"));
    }
}

#[tokio::test]
async fn an_instance_without_a_model_gets_the_callers_model() {
    let upstream = FaultUpstream::start().await.unwrap();
    let rig = Setup::new().chat("a", &upstream, "").ordered("open", &[("only", "inst_a")]).start().await;
    assert_eq!(got(rig.chat("open", "hi")).await.status, 200);
    assert_eq!(upstream.requests()[0].model.as_deref(), Some("open"));
}

#[tokio::test]
async fn embeddings_pass_in_both_encodings_and_their_dimensions_are_learned() {
    let upstream = FaultUpstream::start().await.unwrap();
    let rig = Setup::new()
        .embeddings("e", &upstream, "dim@12")
        .balancer("open", &[("only", "inst_e")], |it| {
            it.workload_kind = app::domain::config::instance::WorkloadKind::Embeddings;
        })
        .start()
        .await;
    let body = json!({ "model": "open", "input": ["a", "b"], "encoding_format": "base64", "dimensions": 4 });
    let sized = got(rig.post("/v1/embeddings", body.to_string())).await;
    assert!(sized.json()["data"][1]["embedding"].is_string());
    assert_eq!(rig.gateway.learned_dimensions(), [], "a length that was asked for is not the instance's own");
    let plain = got(rig.embed("open")).await;
    assert_eq!(plain.json()["data"][0]["embedding"].as_array().unwrap().len(), 12);
    assert_eq!(rig.gateway.learned_dimensions(), [("inst_e".into(), 12)]);
}

#[tokio::test]
async fn the_models_list_contains_what_the_key_may_use() {
    let upstream = FaultUpstream::start().await.unwrap();
    let rig = Setup::new()
        .chat("a", &upstream, "ok")
        .ordered("open", &[("only", "inst_a")])
        .balancer("team/big:1", &[("only", "inst_a")], |_| {})
        .balancer("off", &[("only", "inst_a")], |it| it.enabled = false)
        .start()
        .await;
    let get = |path: &str, key: &str| rig.client.get(format!("{}{path}", rig.origin)).bearer_auth(key);
    let list = got(get("/v1/models", KEY)).await;
    let ids: Vec<_> = list.json()["data"].as_array().unwrap().iter().map(|it| it["id"].clone()).collect();
    assert_eq!(ids, ["open", "team/big:1"]);
    assert!(!list.header("x-request-id").is_empty());
    let narrow = got(get("/v1/models", NARROW)).await.json();
    assert_eq!(narrow["data"].as_array().unwrap().len(), 1);
    assert_eq!(got(get("/v1/models/team/big:1", KEY)).await.json()["object"], "model");
    for (path, key) in [("/v1/models/team/big:1", NARROW), ("/v1/models/off", KEY), ("/v1/models/x", KEY)] {
        let refused = got(get(path, key)).await;
        assert_eq!((refused.status, refused.code()), (404, "model_not_found".to_owned()), "{path}");
    }
    assert_eq!(got(get("/v1/models", "sb-wrong")).await.status, 401);
}

#[tokio::test]
async fn a_balancer_can_mask_the_upstream_model() {
    let upstream = FaultUpstream::start().await.unwrap();
    let rig = Setup::new()
        .chat("a", &upstream, "ok@5")
        .balancer("open", &[("only", "inst_a")], |it| it.mask_upstream_model = true)
        .ordered("plain", &[("only", "inst_a")])
        .start()
        .await;
    assert_eq!(got(rig.chat("plain", "hi")).await.json()["model"], "ok@5");
    assert_eq!(got(rig.chat("open", "hi")).await.json()["model"], "open");
    let stream = got(rig.stream("open", "hi")).await.text();
    assert!(!stream.contains("ok@5") && stream.contains("\"model\":\"open\"") && stream.contains("[DONE]"));
}

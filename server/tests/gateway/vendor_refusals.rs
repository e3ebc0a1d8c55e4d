//! Refusals in the words and forms of many vendors: those of our key, credit or account are never passed on, errors in
//! lists are read like others, and a test or a discovery tells them apart.

use app::{
    domain::{config::connection::ApiSupport, console::view::SmokeRequest, routing::health::HealthState},
    ports::DataPlane as _,
};
use fault_upstream::FaultUpstream;
use serde_json::{Value, json};

use super::scripted::{Scripted, Step, completion, raw_json, stream};
use crate::rig::{Rig, Setup, got};

/// `open` has routes to `bad`, then to `good`; `alone` has `bad` only.
async fn pair(bad: &Scripted) -> (FaultUpstream, Rig) {
    let good = FaultUpstream::start().await.unwrap();
    let rig = Setup::new()
        .instance("bad", &bad.base_url, "m", |_| {})
        .chat("good", &good, "ok")
        .ordered("open", &[("main", "inst_bad"), ("spare", "inst_good")])
        .ordered("alone", &[("only", "inst_bad")])
        .start()
        .await;
    (good, rig)
}

#[tokio::test]
async fn a_refusal_of_us_is_known_by_the_codes_and_words_of_many_vendors() {
    let message = |text: &str| json!({ "type": "error", "error": { "type": "invalid_request_error", "message": text } });
    let cases: [(u16, Value, &str); 8] = [
        (
            400,
            json!({ "error": { "code": "Arrearage", "type": "Arrearage", "message": "Access denied." } }),
            "is out of credit (400)",
        ),
        (
            400,
            message(
                "You have reached your specified API usage limits. You will regain access on 2027-01-01.",
            ),
            "is out of credit (400)",
        ),
        (400, message("This organization has been disabled."), "refused its account (400)"),
        (
            400,
            json!({ "error": "Authorization header is correct, but the token seems invalid" }),
            "refused its key (400)",
        ),
        (400, json!({ "message": "invalid api token" }), "refused its key (400)"),
        (
            400,
            json!({ "__type": "com.amazon.coral.service#ExpiredTokenException", "message": "expired" }),
            "refused its key (400)",
        ),
        (
            429,
            json!({ "error": { "type": "exceeded_current_quota_error", "message": "Check your plan." } }),
            "is out of credit (429)",
        ),
        (402, json!({ "error": { "type": "credit_limit", "message": "no" } }), "is out of credit (402)"),
    ];
    for (status, body, words) in cases {
        let what = body.to_string();
        let bad = Scripted::start(move |_| Step::Answer(status, body.clone())).await;
        let (_good, rig) = pair(&bad).await;
        let served = got(rig.chat("open", "hi")).await;
        assert_eq!((served.status, served.header("x-sb-instance")), (200, "inst_good"), "{what}");
        let health = rig.gateway.health("inst_bad");
        let expected = (HealthState::Misconfigured, Some(words));
        assert_eq!((health.state, health.reason.as_deref()), expected, "{what}");
    }
}

#[tokio::test]
async fn an_error_in_a_stream_is_read_in_a_list_and_by_any_name_of_its_status() {
    let list = r#"[{"error":{"code":400,"message":"no such tool","status":"INVALID_ARGUMENT"}}]"#;
    let wrapped = format!("data: {list}");
    let indented = "  {\"error\":{\"code\":400,\"message\":\"no such tool\"}}";
    let pretty = "[{\n  \"error\": {\n    \"code\": 400,\n    \"message\": \"no such tool\"\n  }\n}]";
    let inference = r#"data: {"error":{"message":"no such tool","http_status_code":422}}"#;
    let prompt = r#"data: {"error":{"message":"no such tool","code":"invalid_prompt"}}"#;
    for (event, status) in
        [(list, 400), (&wrapped, 400), (indented, 400), (pretty, 400), (inference, 422), (prompt, 400)]
    {
        let first = event.to_owned();
        let bad = Scripted::start(move |_| stream(&[(0, &first)])).await;
        let (good, rig) = pair(&bad).await;
        let refused = got(rig.stream("open", "hi")).await;
        assert_eq!(refused.status, if status == 422 { 400 } else { status }, "{event}");
        assert!(refused.text().contains("no such tool"), "{event}: {}", refused.text());
        assert_eq!(good.requests().len(), 0, "{event}");
    }
    for (path, body) in [
        ("/v1/responses", json!({ "model": "open", "input": "hi", "stream": true })),
        ("/v1/messages", json!({ "model": "open", "messages": [], "max_tokens": 1, "stream": true })),
    ] {
        let bad = Scripted::start(move |_| stream(&[(0, list)])).await;
        let (_good, rig) = pair(&bad).await;
        let refused = got(rig.post(path, body.to_string())).await;
        assert_eq!(refused.status, 400, "{path}: {}", refused.text());
    }
    let busy = r#"[{"error":{"code":429,"message":"slow down","status":"RESOURCE_EXHAUSTED"}}]"#;
    let bad = Scripted::start(move |_| stream(&[(0, busy)])).await;
    let (_good, rig) = pair(&bad).await;
    assert_eq!(got(rig.stream("open", "hi")).await.header("x-sb-instance"), "inst_good");
    assert_eq!(rig.gateway.health("inst_bad").state, HealthState::Cooling);
}

#[tokio::test]
async fn a_test_tells_a_refused_key_from_an_empty_purse_and_from_a_page() {
    let key = r#"[{"error":{"code":400,"message":"API key not valid.","status":"INVALID_ARGUMENT","details":[{"reason":"API_KEY_INVALID"}]}}]"#;
    let quota =
        r#"{"error":{"message":"Check your plan.","type":"insufficient_quota","code":"insufficient_quota"}}"#;
    let page = "<!doctype html><title>Console</title>";
    for (status, body, kind) in [
        (400, key, "key_refused"),
        (429, quota, "out_of_credit"),
        (429, "{}", "models"),
        (400, "{}", "models"),
        (200, page, "models"),
    ] {
        let bad = Scripted::start(move |_| raw_json(status, body)).await;
        let (_good, rig) = pair(&bad).await;
        let verdict = rig.gateway.test_instance("inst_bad", false).await.unwrap();
        assert_eq!((verdict.ok, verdict.kind.as_str()), (false, kind), "{body}: {}", verdict.message);
    }
}

/// Answers as a reasoning model does, which takes no `max_tokens`.
fn takes_no_max_tokens(asked: &Value) -> Step {
    if asked.get("max_tokens").is_none() {
        return completion("good");
    }
    let message = "Unsupported parameter: 'max_tokens' is not supported with this model. Use 'max_completion_tokens' \
                   instead.";
    let error = json!({ "message": message, "param": "max_tokens", "code": "unsupported_parameter" });
    Step::Answer(400, json!({ "error": error }))
}

#[tokio::test]
async fn smoke_tests_and_test_calls_ask_in_the_way_that_an_instance_takes() {
    let reasoning = Scripted::start(takes_no_max_tokens).await;
    let (_good, rig) = pair(&reasoning).await;
    let report = rig.gateway.smoke_test("sb_alone", SmokeRequest::default()).await.unwrap();
    assert_eq!((report.ok, report.status, report.answer.as_str()), (true, 200, "good"));
    assert_eq!((report.attempts.len(), reasoning.calls()), (1, 2));
    assert!(reasoning.requests()[1].get("max_completion_tokens").is_some());
    let verdict = rig.gateway.test_instance("inst_bad", true).await.unwrap();
    assert!(verdict.ok, "{}", verdict.message);

    let strict = Scripted::start(|_| Step::Answer(400, json!({ "error": { "message": "no" } }))).await;
    let (_good, rig) = pair(&strict).await;
    let report = rig.gateway.smoke_test("sb_alone", SmokeRequest::default()).await.unwrap();
    assert_eq!((report.ok, report.status), (false, 400));
    assert_eq!(strict.calls(), 2, "it does not go on for ever");
}

#[tokio::test]
async fn a_smoke_test_asks_in_the_way_that_a_router_question_has_found() {
    let both = Scripted::start(takes_no_max_tokens).await;
    let mut setup = Setup::new().instance("both", &both.base_url, "m", |_| {}).classifier(
        "try",
        "inst_both",
        &[("good", "inst_both"), ("other", "inst_both")],
    );
    setup.configuration.balancers[0].spec.classifier.budget_ms = 10_000;
    let rig = setup.start().await;
    assert_eq!(got(rig.chat("try", "hi")).await.header("x-sb-reason"), "matched");
    let before = both.calls();
    assert!(rig.gateway.smoke_test("sb_try", SmokeRequest::default()).await.unwrap().ok);
    assert_eq!(both.calls() - before, 1, "what was learned is not learned anew");
}

#[tokio::test]
async fn a_smoke_test_finds_the_api_that_is_spoken() {
    let responses = Scripted::start(|asked| match asked.get("input") {
        Some(_) => {
            let text = json!({ "type": "output_text", "text": "good" });
            let message = json!({ "type": "message", "role": "assistant", "content": [text] });
            Step::Answer(200, json!({ "id": "resp_1", "status": "completed", "output": [message] }))
        }
        None => Step::Answer(404, json!({})),
    });
    let responses = responses.await;
    let mut setup =
        Setup::new().instance("r", &responses.base_url, "m", |_| {}).ordered("alone", &[("only", "inst_r")]);
    setup.configuration.instances[0].spec.apis.chat_completions = ApiSupport::No;
    let rig = setup.start().await;
    let report = rig.gateway.smoke_test("sb_alone", SmokeRequest::default()).await.unwrap();
    assert_eq!((report.ok, report.answer.as_str()), (true, "good"), "{}", report.status);
}

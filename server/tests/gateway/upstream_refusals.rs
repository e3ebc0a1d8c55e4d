//! Refusals of this server by an upstream: of its key, its credit or its account. They fail over and never reach a caller.

use std::sync::{
    Arc,
    atomic::{AtomicBool, Ordering::Relaxed},
};

use app::{domain::routing::health::HealthState, ports::DataPlane as _};
use fault_upstream::FaultUpstream;
use serde_json::{Value, json};

use super::scripted::{Scripted, Step, completion, raw_json, stream};
use crate::rig::{Got, Rig, Setup, chat_body, got};

/// A word in every refusal, which no caller may see.
const CANARY: &str = "canary-account-7";

struct Refusing {
    upstream: Scripted,
    refuses: Arc<AtomicBool>,
    _good: FaultUpstream,
    rig: Rig,
}

impl Refusing {
    /// `open` has routes to an instance that refuses by this step, then to a good one; `alone` has the first only.
    async fn start(step: Step) -> Self {
        let refuses = Arc::new(AtomicBool::new(true));
        let flag = Arc::clone(&refuses);
        let upstream = Scripted::start(move |_| match flag.load(Relaxed) {
            true => step.clone(),
            false => completion("fine"),
        })
        .await;
        let good = FaultUpstream::start().await.unwrap();
        let rig = Setup::new()
            .instance("bad", &upstream.base_url, "m", |_| {})
            .chat("good", &good, "ok@3")
            .ordered("open", &[("main", "inst_bad"), ("spare", "inst_good")])
            .ordered("alone", &[("only", "inst_bad")])
            .start()
            .await;
        Self { upstream, refuses, _good: good, rig }
    }

    /// The same, after it has answered a call well.
    async fn proven(step: Step) -> Self {
        let it = Self::start(step).await;
        it.refuses.store(false, Relaxed);
        assert_eq!(got(it.rig.chat("open", "well")).await.header("x-sb-instance"), "inst_bad");
        it.refuses.store(true, Relaxed);
        it
    }

    fn health(&self) -> (HealthState, Option<String>) {
        let health = self.rig.gateway.health("inst_bad");
        (health.state, health.reason)
    }

    /// A call that the other instance must answer.
    async fn fails_over(&self, prompt: &str, case: &Value) -> Got {
        let answer = got(self.rig.chat("open", prompt)).await;
        assert_eq!((answer.status, answer.header("x-sb-instance")), (200, "inst_good"), "{case}");
        assert!(!answer.text().contains(CANARY), "{case}");
        answer
    }

    /// A call that nobody answers.
    async fn fails(&self, prompt: &str, stream: bool, case: &Value) {
        let mut body = chat_body("alone", prompt);
        body["stream"] = json!(stream);
        let answer = got(self.rig.post("/v1/chat/completions", body.to_string())).await;
        assert_eq!((answer.status, answer.code().as_str()), (502, "upstream_error"), "{case}");
        assert_eq!(answer.attempts().len(), 1, "{case}");
        assert!(!answer.text().contains(CANARY), "{case}");
    }
}

/// Refusals by a code, with the words for people.
fn coded() -> Vec<(u16, Value, &'static str)> {
    let error = |mut members: Value| {
        members["message"] = json!(format!("No. {CANARY}"));
        json!({ "error": members })
    };
    let google = |code: u16, status: &str, reason: &str| {
        let info = json!({ "@type": "type.googleapis.com/google.rpc.ErrorInfo", "reason": reason });
        error(json!({ "code": code, "status": status, "details": [info] }))
    };
    vec![
        (400, json!([google(400, "INVALID_ARGUMENT", "API_KEY_INVALID")]), "refused its key (400)"),
        (400, google(400, "INVALID_ARGUMENT", "API_KEY_EXPIRED"), "refused its key (400)"),
        (400, error(json!({ "code": "invalid_api_key" })), "refused its key (400)"),
        (400, error(json!({ "type": "authentication_error" })), "refused its key (400)"),
        (400, error(json!({ "code": "insufficient_quota" })), "is out of credit (400)"),
        (400, error(json!({ "code": "account_deactivated" })), "refused its account (400)"),
        (401, json!([error(json!({ "code": 401, "status": "UNAUTHENTICATED" }))]), "refused its key (401)"),
        (401, json!({ "detail": CANARY }), "refused its key (401)"),
        (403, error(json!({ "code": "billing_not_active" })), "is out of credit (403)"),
        (403, json!([google(403, "PERMISSION_DENIED", "BILLING_DISABLED")]), "is out of credit (403)"),
        (403, google(403, "PERMISSION_DENIED", "API_KEY_SERVICE_BLOCKED"), "refused its key (403)"),
        (403, google(403, "PERMISSION_DENIED", "SERVICE_DISABLED"), "refused its account (403)"),
        (
            403,
            error(json!({ "code": "unsupported_country_region_territory", "type": "request_forbidden" })),
            "refused its account (403)",
        ),
        (429, error(json!({ "type": "insufficient_quota" })), "is out of credit (429)"),
        (429, json!([error(json!({ "code": "insufficient_quota" }))]), "is out of credit (429)"),
    ]
}

/// Refusals that only their words or their status tell, with the words for people.
fn worded() -> Vec<(u16, Value, &'static str)> {
    let error = |message: &str| json!({ "error": { "message": format!("{message} {CANARY}"), "type": "invalid_request_error" } });
    vec![
        (400, error("Your credit balance is too low."), "is out of credit (400)"),
        (400, json!([error("Your credit balance is too low.")]), "is out of credit (400)"),
        (400, error("Incorrect API key provided:"), "refused its key (400)"),
        (400, error("User location is not supported for the API use."), "refused its account (400)"),
        (
            402,
            json!({ "error": { "message": format!("Insufficient credits {CANARY}"), "code": 402 } }),
            "is out of credit (402)",
        ),
        (402, json!({ "detail": CANARY }), "is out of credit (402)"),
        (402, json!([]), "is out of credit (402)"),
    ]
}

#[tokio::test]
async fn a_refusal_of_us_by_a_code_marks_misconfigured_at_once_whatever_was_answered_before() {
    for (status, body, words) in coded() {
        for proven in [false, true] {
            let step = Step::Answer(status, body.clone());
            let it = if proven { Refusing::proven(step).await } else { Refusing::start(step).await };
            it.fails_over("hi", &body).await;
            assert_eq!(it.health(), (HealthState::Misconfigured, Some(words.to_owned())), "{body}");
        }
        for stream in [false, true] {
            let it = Refusing::proven(Step::Answer(status, body.clone())).await;
            it.fails("hi", stream, &body).await;
        }
    }
}

#[tokio::test]
async fn a_refusal_of_us_in_words_counts_as_one_failure_of_an_instance_that_has_answered_well() {
    for (status, body, words) in worded() {
        let it = Refusing::proven(Step::Answer(status, body.clone())).await;
        for _ in 0..5 {
            it.fails_over("the same", &body).await;
        }
        assert_eq!(it.health().0, HealthState::Healthy, "one request counts once: {body}");
        it.fails_over("a second one", &body).await;
        assert_eq!(it.health().0, HealthState::Healthy, "{body}");
        it.fails_over("a third one", &body).await;
        assert_eq!(it.health(), (HealthState::Misconfigured, Some(words.to_owned())), "{body}");
        let calls = it.upstream.calls();
        let spared = it.fails_over("a fourth one", &body).await;
        assert_eq!((it.upstream.calls(), spared.header("x-sb-attempts")), (calls, "1"), "{body}");
    }
}

#[tokio::test]
async fn a_refusal_of_us_in_words_marks_an_instance_that_never_answered_at_once() {
    for (status, body, words) in worded() {
        let it = Refusing::start(Step::Answer(status, body.clone())).await;
        it.fails_over("hi", &body).await;
        assert_eq!(it.health(), (HealthState::Misconfigured, Some(words.to_owned())), "{body}");
        for stream in [false, true] {
            let it = Refusing::start(Step::Answer(status, body.clone())).await;
            it.fails("hi", stream, &body).await;
        }
    }
}

#[tokio::test]
async fn an_answer_between_refusals_in_words_begins_the_row_anew() {
    let case = json!({ "error": { "message": format!("Insufficient credits {CANARY}") } });
    let it = Refusing::proven(Step::Answer(402, case.clone())).await;
    for round in 0..4 {
        for number in 0..2 {
            it.fails_over(&format!("call {round} {number}"), &case).await;
        }
        it.refuses.store(false, Relaxed);
        assert_eq!(got(it.rig.chat("open", "well")).await.header("x-sb-instance"), "inst_bad");
        it.refuses.store(true, Relaxed);
    }
    assert_eq!(it.health(), (HealthState::Healthy, None));
}

#[tokio::test]
async fn a_403_that_does_not_say_why_is_flagged_and_takes_out_only_what_never_answered() {
    for body in [json!({ "error": { "message": CANARY } }), json!({ "message": CANARY }), json!([])] {
        let it = Refusing::start(Step::Answer(403, body.clone())).await;
        it.fails_over("hi", &body).await;
        assert_eq!(it.health(), (HealthState::Misconfigured, Some("refuses calls: 403".to_owned())));
        let it = Refusing::proven(Step::Answer(403, body.clone())).await;
        it.fails_over("hi", &body).await;
        assert_eq!(it.health(), (HealthState::Healthy, Some("refuses some calls: 403".to_owned())));
        it.fails("ho", true, &body).await;
    }
}

#[tokio::test]
async fn a_refusal_of_the_request_passes_byte_for_byte() {
    let texts = [
        "{\"error\":{\"message\":\"Invalid value for 'temperature'\",\"code\":400,\"status\":\"INVALID_ARGUMENT\"}}",
        "[ {\"error\" : {\"code\": 400, \"message\": \"Invalid value\", \"status\": \"INVALID_ARGUMENT\"}} ]",
        "temperature must not exceed 2",
    ];
    for text in texts {
        let it = Refusing::start(raw_json(400, text)).await;
        for stream in [false, true] {
            let mut body = chat_body("open", "hi");
            body["stream"] = json!(stream);
            let answer = got(it.rig.post("/v1/chat/completions", body.to_string())).await;
            assert_eq!((answer.status, answer.text().as_str()), (400, text));
            assert_eq!((answer.header("x-sb-instance"), answer.header("x-sb-attempts")), ("inst_bad", "1"));
        }
        assert_eq!(it.health(), (HealthState::Healthy, None), "it is an answer: {text}");
    }
}

#[tokio::test]
async fn a_refusal_of_us_inside_a_200_fails_over_and_marks_misconfigured() {
    let quota = "{\"error\":{\"message\":\"You exceeded your current quota, canary-account-7\",\
                 \"type\":\"insufficient_quota\",\"code\":\"insufficient_quota\"}}";
    let key = "{\"error\":{\"message\":\"bad key canary-account-7\",\"code\":\"invalid_api_key\"}}";
    for (error, words) in [(quota, "is out of credit (200)"), (key, "refused its key (200)")] {
        let role = r#"data: {"choices":[{"index":0,"delta":{"role":"assistant","content":""},"finish_reason":null}]}"#;
        let (event, named) = (format!("data: {error}"), format!("event: error\ndata: {error}"));
        let steps = [
            (false, raw_json(200, error)),
            (true, stream(&[(0, event.as_str())])),
            (true, stream(&[(0, role), (20, event.as_str())])),
            (true, stream(&[(0, named.as_str())])),
            (true, raw_json(200, error)),
            (true, raw_json(200, &format!("[{error}]"))),
        ];
        for (is_stream, step) in steps {
            let case = json!(format!("{step:?}"));
            let it = Refusing::proven(step).await;
            it.fails("hi", is_stream, &case).await;
            assert_eq!(it.health(), (HealthState::Misconfigured, Some(words.to_owned())), "{case}");
            let mut body = chat_body("open", "hi");
            body["stream"] = json!(is_stream);
            let answer = got(it.rig.post("/v1/chat/completions", body.to_string())).await;
            assert_eq!((answer.status, answer.header("x-sb-instance")), (200, "inst_good"), "{case}");
        }
    }
}

#[tokio::test]
async fn a_refusal_of_us_in_the_first_event_of_other_apis_fails_over_too() {
    let failed = "event: response.failed\ndata: {\"type\":\"response.failed\",\"response\":{\"id\":\"resp_1\",\
                  \"status\":\"failed\",\"error\":{\"code\":\"insufficient_quota\",\"message\":\"canary-account-7\"}}}";
    let error = "event: error\ndata: {\"type\":\"error\",\"error\":{\"type\":\"authentication_error\",\
                 \"message\":\"invalid x-api-key canary-account-7\"}}";
    let billing = "event: error\ndata: {\"type\":\"error\",\"error\":{\"type\":\"billing_error\",\
                   \"message\":\"canary-account-7\"}}";
    let messages = json!([{ "role": "user", "content": "hi" }]);
    for (path, event, words) in [
        ("/v1/responses", failed, "is out of credit (200)"),
        ("/v1/messages", error, "refused its key (200)"),
        ("/v1/messages", billing, "is out of credit (200)"),
    ] {
        let it = Refusing::proven(stream(&[(0, event)])).await;
        let body = match path {
            "/v1/responses" => json!({ "model": "open", "stream": true, "input": "hi" }),
            _ => json!({ "model": "open", "stream": true, "max_tokens": 9, "messages": messages }),
        };
        let answer = got(it.rig.post(path, body.to_string())).await;
        assert_eq!((answer.status, answer.header("x-sb-instance")), (200, "inst_good"), "{path}");
        assert!(!answer.text().contains(CANARY), "{path}");
        assert_eq!(it.health(), (HealthState::Misconfigured, Some(words.to_owned())), "{path}");
    }
}

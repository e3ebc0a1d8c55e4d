//! Whom a failure is blamed on: the request, this server's key, or the instance.

use app::{domain::routing::health::HealthState, ports::DataPlane as _};
use fault_upstream::FaultUpstream;
use serde_json::json;

use crate::rig::{Rig, Setup, calls, chat_body, got};

/// `open` has routes to `bad`, then to `good`; `alone` has `bad` only.
async fn pair(fault: &str) -> (FaultUpstream, FaultUpstream, Rig) {
    let (bad, good) = (FaultUpstream::start().await.unwrap(), FaultUpstream::start().await.unwrap());
    let rig = Setup::new()
        .chat("bad", &bad, fault)
        .chat("good", &good, "ok")
        .ordered("open", &[("main", "inst_bad"), ("spare", "inst_good")])
        .ordered("alone", &[("only", "inst_bad")])
        .start()
        .await;
    (bad, good, rig)
}

#[tokio::test]
async fn one_clients_broken_request_takes_nobody_out() {
    let [a, b] = [FaultUpstream::start().await.unwrap(), FaultUpstream::start().await.unwrap()];
    let rig = Setup::new()
        .chat("a", &a, "500-on-marker")
        .chat("b", &b, "500-on-marker")
        .ordered("open", &[("main", "inst_a"), ("spare", "inst_b")])
        .start()
        .await;
    let picture = json!([{ "type": "image_url", "image_url": { "url": "http://gone.invalid/x.png" } }]);
    let mut broken = chat_body("open", "");
    broken["messages"][0]["content"] = picture;
    for number in 0..20 {
        // Each one may differ by a byte, as retries of clients do.
        broken["user"] = json!(number.to_string());
        let failed = got(rig.post("/v1/chat/completions", broken.to_string())).await;
        assert_eq!((failed.status, failed.attempts().len()), (502, 2));
        let served = got(rig.chat("open", &format!("call {number}"))).await;
        assert_eq!((served.status, served.header("x-sb-attempts")), (200, "1"));
    }
    let states = ["inst_a", "inst_b"].map(|id| rig.gateway.health(id).state);
    assert_eq!(
        states,
        [HealthState::Healthy, HealthState::Unknown],
        "the spare one answered nothing well or badly"
    );
}

#[tokio::test]
async fn a_lone_instance_is_not_ejected_by_one_body_that_is_sent_again_and_again() {
    let (bad, _good, rig) = pair("500-on-marker").await;
    let body = chat_body("alone", "http://gone.invalid/x.png").to_string();
    for _ in 0..10 {
        assert_eq!(got(rig.post("/v1/chat/completions", body.clone())).await.status, 502);
    }
    assert_eq!((calls(&bad), rig.gateway.health("inst_bad").state), (10, HealthState::Unknown));
}

#[tokio::test]
async fn a_refusal_of_our_key_or_credit_fails_over_and_never_reaches_the_caller() {
    for (fault, words) in [
        ("400-gemini-key", "refused its key (400)"),
        ("400-anthropic-credit", "is out of credit (400)"),
        ("402-credits", "is out of credit (402)"),
        ("400-location", "refused its account (400)"),
        ("403-billing", "is out of credit (403)"),
        ("429-quota", "is out of credit (429)"),
    ] {
        let (_bad, _good, rig) = pair(fault).await;
        let served = got(rig.chat("open", "hi")).await;
        assert_eq!((served.status, served.header("x-sb-instance")), (200, "inst_good"), "{fault}");
        let health = rig.gateway.health("inst_bad");
        assert_eq!(
            (health.state, health.reason.as_deref()),
            (HealthState::Misconfigured, Some(words)),
            "{fault}"
        );
        let (_bad, _good, rig) = pair(fault).await;
        let alone = got(rig.chat("alone", "hi")).await;
        assert_eq!((alone.status, alone.code().as_str()), (502, "upstream_error"), "{fault}");
        assert!(!alone.text().contains("credit") && !alone.text().contains("API key"), "{}", alone.text());
    }
}

#[tokio::test]
async fn a_refusal_of_the_request_stays_the_callers() {
    for fault in ["400-gemini-value", "400-context", "err-in-stream@400"] {
        let (bad, good, rig) = pair(fault).await;
        let refused = got(rig.stream("open", "hi")).await;
        assert_eq!((refused.status, calls(&bad), calls(&good)), (400, 1, 0), "{fault}");
        assert_ne!(rig.gateway.health("inst_bad").state, HealthState::Misconfigured, "{fault}");
    }
}

#[tokio::test]
async fn a_model_that_some_calls_lack_is_flagged_and_one_that_is_gone_is_found_out() {
    let (_bad, _good, rig) = pair("fail-after-n@1+404").await;
    assert_eq!(got(rig.chat("open", "first")).await.header("x-sb-instance"), "inst_bad");
    assert_eq!(got(rig.chat("open", "second")).await.header("x-sb-instance"), "inst_good");
    let health = rig.gateway.health("inst_bad");
    let flagged = (HealthState::Healthy, Some("refuses some calls: 404"));
    assert_eq!((health.state, health.reason.as_deref()), flagged);
    for number in 0..2 {
        got(rig.chat("open", &format!("call {number}"))).await;
    }
    assert_eq!(rig.gateway.health("inst_bad").state, HealthState::Misconfigured);
}

#[tokio::test]
async fn an_answer_with_nothing_in_it_fails_over_and_one_without_words_passes() {
    for fault in ["no-choices", "only-done"] {
        let (_bad, _good, rig) = pair(fault).await;
        let served = got(rig.stream("open", "hi")).await;
        assert_eq!((served.status, served.header("x-sb-instance")), (200, "inst_good"), "{fault}");
    }
    let (_bad, _good, rig) = pair("no-content").await;
    assert_eq!(got(rig.chat("open", "hi")).await.header("x-sb-instance"), "inst_bad");
}

#[tokio::test]
async fn a_loading_instance_says_when_to_come_back() {
    let (_bad, _good, rig) = pair("loading@1").await;
    let loading = got(rig.chat("alone", "hi")).await;
    assert_eq!((loading.status, loading.header("x-should-retry")), (502, ""));
    assert_eq!(loading.header("retry-after"), "5");
    assert_eq!(got(rig.chat("alone", "hi")).await.status, 200);
}

#[tokio::test]
async fn a_plain_answer_may_take_longer_than_a_silence_but_not_for_ever() {
    let (bad, good) = (FaultUpstream::start().await.unwrap(), FaultUpstream::start().await.unwrap());
    let rig = Setup::new()
        .instance("slow", &bad.base_url(), "slow:900", |it| it.timeouts.first_byte_ms = 300)
        .instance("late", &bad.base_url(), "slow:900", |it| it.timeouts.answer_ms = 300)
        .chat("good", &good, "ok")
        .ordered("slow", &[("only", "inst_slow")])
        .ordered("late", &[("main", "inst_late"), ("spare", "inst_good")])
        .start()
        .await;
    assert_eq!(got(rig.chat("slow", "hi")).await.status, 200);
    let late = got(rig.chat("late", "hi")).await;
    assert_eq!((late.status, late.code().as_str()), (504, "upstream_timeout"));
    assert_eq!((late.header("x-should-retry"), late.header("retry-after")), ("false", ""));
    assert_eq!(calls(&good), 0, "it is not sent again elsewhere");
}

#[tokio::test]
async fn signs_of_life_keep_a_stream_that_has_no_content_yet() {
    for fault in ["alive-comments@900", "alive-blank@900", "alive-events@900"] {
        let upstream = FaultUpstream::start().await.unwrap();
        let rig = Setup::new()
            .instance("a", &upstream.base_url(), fault, |it| it.timeouts.first_byte_ms = 500)
            .ordered("open", &[("only", "inst_a")])
            .start()
            .await;
        let alive = got(rig.stream("open", "hi")).await;
        assert_eq!((alive.status, alive.header("x-sb-attempts")), (200, "1"), "{fault}");
        assert!(alive.text().trim_end().ends_with("[DONE]"), "{fault}");
    }
}

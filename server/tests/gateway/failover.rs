//! What is tried elsewhere, what is not, and what the caller hears when nobody answered.

use app::domain::{
    config::instance::{Instance, WorkloadKind},
    routing::health::HealthState,
};
use fault_upstream::FaultUpstream;

use crate::rig::{Got, Rig, SOON, Setup, UPSTREAM_KEY, calls, got};

/// A group of two tiers: the first member shows a fault, the second is well.
async fn pair(fault: &str) -> (FaultUpstream, FaultUpstream, Rig) {
    let bad = FaultUpstream::start().await.unwrap();
    let (good, rig) = pair_at(&bad, fault, |_| {}).await;
    (bad, good, rig)
}

/// The same with the first member, changed, at `bad`; and the first member alone.
pub(super) async fn pair_at(
    bad: &FaultUpstream,
    fault: &str,
    change: impl FnOnce(&mut Instance),
) -> (FaultUpstream, Rig) {
    let good = FaultUpstream::start().await.unwrap();
    let rig = Setup::new()
        .instance("bad", &bad.base_url(), fault, change)
        .chat("good", &good, "ok@5")
        .group("pair", &[("bad", 1, 1), ("good", 1, 2)])
        .ordered("open", &[("only", "tg_pair")])
        .ordered("alone", &[("only", "inst_bad")])
        .start()
        .await;
    (good, rig)
}

#[tokio::test]
async fn failures_before_the_first_content_fail_over() {
    let faults = [
        ("rst-on-accept", "reset"),
        ("close-before-headers", "reset"),
        ("1xx-die", "reset"),
        ("500", "bad_status"),
        ("502", "bad_status"),
        ("503", "bad_status"),
        ("504", "bad_status"),
        ("529", "bad_status"),
        ("408", "bad_status"),
        ("status@418", "bad_status"),
        ("429", "rate_limited"),
        ("401", "misconfigured"),
        ("403", "misconfigured"),
        ("404", "misconfigured"),
        ("redirect", "redirect"),
        ("redirect@307", "redirect"),
        ("html200", "bad_body"),
        ("error200", "error_event"),
        ("not-object", "bad_body"),
        ("gzip-lie", "wrong_content_type"),
    ];
    for (fault, outcome) in faults {
        for stream in [false, true] {
            let (bad, good, rig) = pair(fault).await;
            let call = |model: &str| if stream { rig.stream(model, "hi") } else { rig.chat(model, "hi") };
            let answer = got(call("open")).await;
            let seen = (answer.status, answer.header("x-sb-instance"), answer.header("x-sb-attempts"));
            assert_eq!(seen, (200, "inst_good", "2"), "{fault}: {}", answer.text());
            assert_eq!((calls(&bad), calls(&good)), (1, 1), "{fault}");
            let (_bad, _good, rig) = pair(fault).await;
            let alone = got(rig.chat("alone", "hi")).await;
            assert!(alone.attempts()[0].contains(outcome), "{fault}: {:?}", alone.attempts());
        }
    }
}

#[tokio::test]
async fn invalid_plain_answers_and_empty_streams_fail_over() {
    for fault in ["fin-early@10", "rst@10", "truncated", "not-object", "empty-stream"] {
        let (_bad, _good, rig) = pair(fault).await;
        let answer = got(rig.chat("open", "hi")).await;
        assert_eq!((answer.status, answer.header("x-sb-instance")), (200, "inst_good"), "plain {fault}");
    }
    for fault in ["rst@0", "fin-early@0", "empty-stream", "only-done", "err-in-stream", "json-to-stream"] {
        let (_bad, _good, rig) = pair(fault).await;
        let answer = got(rig.stream("open", "hi")).await;
        assert_eq!((answer.status, answer.header("x-sb-instance")), (200, "inst_good"), "stream {fault}");
        assert!(answer.text().ends_with("data: [DONE]\n\n"), "stream {fault}");
    }
}

#[tokio::test]
async fn a_plain_answer_that_starts_an_object_passes_unchanged() {
    let (_bad, _good, rig) = pair("broken-event@0").await;
    let answer = got(rig.chat("open", "hi")).await;
    assert_eq!((answer.status, answer.header("x-sb-instance")), (200, "inst_bad"));
    assert!(serde_json::from_slice::<serde_json::Value>(&answer.body).is_err());
}

#[tokio::test]
async fn a_closed_port_and_an_unknown_host_fail_over() {
    let good = FaultUpstream::start().await.unwrap();
    let closed = FaultUpstream::start().await.unwrap();
    let address = closed.base_url();
    closed.stop().await;
    // Longer than any host name can be, so that looking it up fails without asking anybody.
    let unknown = format!("http://{}/v1", ["x"; 5].map(|it| it.repeat(60)).join("."));
    let rig = Setup::new()
        .instance("closed", &address, "ok", |_| {})
        .instance("unknown", &unknown, "ok", |_| {})
        .chat("good", &good, "ok")
        .group("all", &[("closed", 1, 1), ("unknown", 1, 2), ("good", 1, 3)])
        .ordered("open", &[("only", "tg_all")])
        .start()
        .await;
    let answer = got(rig.chat("open", "hi")).await;
    assert_eq!((answer.status, answer.header("x-sb-attempts")), (200, "3"));
    assert_eq!(answer.header("x-sb-instance"), "inst_good");
}

#[tokio::test]
async fn errors_about_the_request_pass_through_unchanged() {
    for status in [400, 409, 413, 415, 422] {
        let (bad, good, rig) = pair(&status.to_string()).await;
        for call in [rig.chat("open", "hi"), rig.stream("open", "hi")] {
            let answer = got(call).await;
            assert_eq!((answer.status, answer.header("x-sb-attempts")), (status, "1"));
            assert_eq!(answer.header("content-type"), "application/json");
            // The fault upstream repeats the key that it got: this is its own body, untouched but for the key.
            let stars = format!("(authorization: Bearer {})", "*".repeat(UPSTREAM_KEY.len()));
            assert!(answer.text().contains(&stars), "{}", answer.text());
        }
        assert_eq!((calls(&bad), calls(&good)), (2, 0));
        let health = app::ports::DataPlane::health(&*rig.gateway, "inst_bad");
        assert_eq!(health.state, HealthState::Healthy);
    }
}

#[tokio::test]
async fn upstream_keys_texts_and_auth_errors_are_not_relayed() {
    for status in ["401", "403", "404"] {
        let (_bad, _good, rig) = pair(status).await;
        let answer = got(rig.chat("alone", "hi")).await;
        assert_eq!((answer.status, answer.code()), (502, "upstream_error".to_owned()));
        assert!(!answer.text().contains(UPSTREAM_KEY) && !answer.text().contains("127.0.0.1"));
        assert_eq!(answer.attempts(), [format!("inst_bad:misconfigured:{status}")]);
        assert_eq!(answer.header("x-should-retry"), "false");
        let health = app::ports::DataPlane::health(&*rig.gateway, "inst_bad");
        assert_eq!(health.state, HealthState::Misconfigured);
    }
}

#[tokio::test]
async fn a_rate_limit_of_all_members_is_a_429_with_the_smallest_wait() {
    let (a, b) = (FaultUpstream::start().await.unwrap(), FaultUpstream::start().await.unwrap());
    let rig = Setup::new()
        .chat("a", &a, "429@40")
        .chat("b", &b, "429-date@9")
        .group("both", &[("a", 1, 1), ("b", 1, 1)])
        .ordered("open", &[("only", "tg_both")])
        .start()
        .await;
    let first = got(rig.chat("open", "hi")).await;
    assert_eq!((first.status, first.code()), (429, "rate_limited".to_owned()));
    assert_eq!(first.attempts().len(), 2);
    let second = got(rig.chat("open", "hi")).await;
    assert_eq!((second.status, second.header("x-sb-attempts")), (429, "0"));
    for answer in [first, second] {
        let wait: u64 = answer.header("retry-after").parse().unwrap();
        assert!((5..=9).contains(&wait), "{wait}");
    }
    assert_eq!((calls(&a), calls(&b)), (1, 1));
}

#[tokio::test]
async fn no_available_member_is_a_503_with_retry_after() {
    let upstream = FaultUpstream::start().await.unwrap();
    let rig = Setup::new()
        .instance("off", &upstream.base_url(), "ok", |it| it.enabled = false)
        .chat("idle", &upstream, "ok")
        .group("pool", &[("off", 1, 1), ("idle", 0, 1)])
        .ordered("open", &[("only", "tg_pool")])
        .start()
        .await;
    let answer = got(rig.chat("open", "hi")).await;
    assert_eq!((answer.status, answer.code()), (503, "no_available_destination".to_owned()));
    assert!(answer.header("retry-after").parse::<u64>().unwrap() > 0);
    assert_eq!((answer.attempts().len(), calls(&upstream)), (0, 0));
}

#[tokio::test]
async fn attempts_are_bounded_and_no_member_is_tried_twice() {
    let upstream = FaultUpstream::start().await.unwrap();
    let members = ["a", "b", "c", "d", "e"];
    let mut setup = Setup::new();
    for name in members {
        setup = setup.chat(name, &upstream, "503");
    }
    let rig = setup
        .group("all", &members.map(|it| (it, 1, 1)))
        .ordered("open", &[("only", "tg_all")])
        .balancer("more", &[("only", "tg_all")], |it| it.max_attempts = 10)
        .start()
        .await;
    let three = got(rig.chat("open", "hi")).await;
    assert_eq!((three.status, three.attempts().len()), (502, 3));
    let five = got(rig.chat("more", "hi")).await;
    let mut tried = five.attempts();
    tried.sort();
    tried.dedup();
    assert_eq!(tried.len(), 5);
}

#[tokio::test]
async fn a_failing_member_is_ejected_after_three_failures_and_stays_the_last_resort() {
    let (bad, good, rig) = pair("500").await;
    for number in 0..10 {
        let answer = got(rig.chat("open", &format!("call {number}"))).await;
        assert_eq!(answer.header("x-sb-instance"), "inst_good");
    }
    assert_eq!((calls(&bad), calls(&good)), (3, 10));
    let health = app::ports::DataPlane::health(&*rig.gateway, "inst_bad");
    assert_eq!((health.state, health.reason.as_deref()), (HealthState::Ejected, Some("bad_status")));
    assert_eq!(got(rig.chat("alone", "hi")).await.status, 502);
    assert_eq!(calls(&bad), 4, "one try although it rests");
    bad.set_fault(Some("ok")).unwrap();
    assert_eq!(got(rig.chat("alone", "hi")).await.status, 200);
}

#[tokio::test]
async fn a_standby_takes_over_when_the_first_member_is_killed() {
    let (first, standby) = (FaultUpstream::start().await.unwrap(), FaultUpstream::start().await.unwrap());
    let rig = Setup::new()
        .chat("a", &first, "ok@3")
        .chat("b", &standby, "ok@3")
        .group("tech-support-pool", &[("a", 100, 1), ("b", 100, 2)])
        .ordered("open", &[("only", "tg_tech-support-pool")])
        .start()
        .await;
    let answered_by = |answer: &Got| (answer.status, answer.header("x-sb-instance").to_owned());
    assert_eq!(answered_by(&got(rig.chat("open", "hi")).await), (200, "inst_a".to_owned()));
    // All of these are on the first member when it is killed.
    first.set_fault(Some("hang-headers")).unwrap();
    let calling = futures_util::future::join_all((0..20).map(|_| got(rig.chat("open", "hi"))));
    let killing = async {
        first.wait_for(|log| log.len() == 1 + 20, SOON).await.unwrap();
        first.stop().await;
    };
    let (answers, ()) = tokio::join!(calling, killing);
    for answer in &answers {
        assert_eq!(answered_by(answer), (200, "inst_b".to_owned()), "{}", answer.text());
        assert_eq!(answer.header("x-sb-attempts"), "2");
    }
    assert_eq!(answered_by(&got(rig.chat("open", "hi")).await), (200, "inst_b".to_owned()));
}

#[tokio::test]
async fn embeddings_with_other_dimensions_are_a_failed_attempt() {
    let (a, b) = (FaultUpstream::start().await.unwrap(), FaultUpstream::start().await.unwrap());
    let rig = Setup::new()
        .embeddings("a", &a, "dim@8")
        .embeddings("b", &b, "dim@16")
        .group("both", &[("a", 1, 1), ("b", 1, 2)])
        .balancer("open", &[("only", "tg_both")], |it| it.workload_kind = WorkloadKind::Embeddings)
        .start()
        .await;
    assert_eq!(got(rig.embed("open")).await.header("x-sb-instance"), "inst_a");
    a.set_fault(Some("500")).unwrap();
    let answer = got(rig.embed("open")).await;
    assert_eq!((answer.status, answer.code()), (502, "upstream_error".to_owned()));
    assert_eq!(answer.attempts(), ["inst_a:bad_status:500", "inst_b:dimension_mismatch:200"]);
}

//! How long an instance is left alone after a 429, and what its callers are told meanwhile.

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering::Relaxed},
    },
    time::{Duration, SystemTime, UNIX_EPOCH},
};

use app::{domain::routing::health::HealthState, ports::DataPlane as _};
use fault_upstream::FaultUpstream;
use futures_util::future::join_all;
use serde_json::{Value, json};

use super::{
    scripted::{Scripted, Step, completion},
    stopped_clock::StoppedClock,
};
use crate::rig::{Got, Rig, Setup, calls, got};

const SECOND: Duration = Duration::from_secs(1);

fn wall_ms() -> i64 {
    i64::try_from(SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_millis()).unwrap()
}

/// `open` has routes to `limited`, then to `free`; `alone` has `limited` only.
async fn pair(fault: &str) -> (FaultUpstream, Rig) {
    let upstream = FaultUpstream::start().await.unwrap();
    let rig = Setup::new()
        .chat("limited", &upstream, fault)
        .chat("free", &upstream, "ok@3")
        .ordered("open", &[("main", "inst_limited"), ("spare", "inst_free")])
        .ordered("alone", &[("only", "inst_limited")])
        .start()
        .await;
    (upstream, rig)
}

/// The balancer `open` over one scripted instance.
async fn scripted(upstream: &Scripted) -> Rig {
    Setup::new()
        .instance("a", &upstream.base_url, "m", |it| it.timeouts.first_byte_ms = 60_000)
        .ordered("open", &[("only", "inst_a")])
        .start()
        .await
}

/// A call on a connection of its own, as idle ones close when the clock is advanced.
async fn called(rig: &Rig) -> Got {
    got(rig.chat("open", "hi").header("connection", "close")).await
}

fn told(answer: &Got) -> (u16, &str, &str) {
    (answer.status, answer.header("x-sb-attempts"), answer.header("retry-after"))
}

#[tokio::test]
async fn a_429_cools_for_as_long_as_it_says_in_any_form_and_five_seconds_if_it_does_not() {
    for (fault, expected_ms) in [
        ("429@7", 7_000),
        ("429@0.5", 500),
        ("429-ms@1500", 1_500),
        ("429-retry-info@37", 37_000),
        ("429-date@60", 60_000),
        ("429@86400", 300_000),
        ("429-retry-info@86400", 300_000),
        ("429-bare", 5_000),
        ("429@-1", 5_000),
        ("429-date@-60", 5_000),
        ("429@0", 5_000),
        ("429-ms@0", 5_000),
        ("429-retry-info@0", 5_000),
        ("429-reset@360", 5_000),
    ] {
        // A date names a whole second.
        let slack_ms = if fault == "429-date@60" { 1_000 } else { 10 };
        let mut until = None;
        for _ in 0..5 {
            let (_upstream, rig) = pair(fault).await;
            let sent = wall_ms();
            let answer = got(rig.chat("open", "hi")).await;
            assert_eq!((answer.status, answer.header("x-sb-instance")), (200, "inst_free"), "{fault}");
            let health = rig.gateway.health("inst_limited");
            until = health.until.map(|it| (it.0 - sent, it.0 - wall_ms()));
            // On a busy machine half a second is over before it is read.
            if until.is_some() {
                assert_eq!(health.state, HealthState::Cooling, "{fault}");
                break;
            }
        }
        let (since_sent, from_now) = until.unwrap_or_else(|| panic!("{fault}: it does not cool"));
        assert!(since_sent >= expected_ms - slack_ms, "{fault}: {since_sent} ms");
        assert!(from_now <= expected_ms + slack_ms, "{fault}: {from_now} ms");
    }
}

#[tokio::test]
async fn a_429_without_a_wait_cools_twice_as_long_each_time_and_its_callers_are_told_so() {
    for fault in ["429-bare", "429@0", "err-in-stream@429"] {
        let clock = StoppedClock::start();
        let (upstream, rig) = pair(fault).await;
        let mut asked_at = Vec::new();
        for second in 0..700_u64 {
            let in_stream = fault.starts_with("err-in-stream");
            let call = if in_stream { rig.stream("alone", "hi") } else { rig.chat("alone", "hi") };
            let answer = got(call).await;
            if answer.header("x-sb-attempts") == "1" {
                asked_at.push(second);
            }
            // In total it rests for 5, 15, 35, … seconds after it was asked first.
            let rests = [5, 15, 35, 75, 155, 315, 615, 915];
            let due: u64 = rests.into_iter().find(|it| *it > second).unwrap();
            assert_eq!((answer.status, answer.code().as_str()), (429, "rate_limited"), "{fault} {second}");
            assert_eq!(answer.header("retry-after"), (due - second).to_string(), "{fault} {second}");
            assert_eq!(answer.header("x-should-retry"), "", "{fault}");
            clock.advance(SECOND).await;
        }
        assert_eq!(asked_at, [0, 5, 15, 35, 75, 155, 315, 615], "{fault}");
        assert_eq!(calls(&upstream), 8, "{fault}");
        tokio::time::resume();
    }
}

#[tokio::test]
async fn a_pool_with_a_limited_member_answers_every_call_and_asks_that_member_seldom() {
    let clock = StoppedClock::start();
    let (upstream, rig) = pair("429-bare").await;
    let mut attempts = 0;
    for second in 0..600 {
        let answer = got(rig.chat("open", "hi")).await;
        assert_eq!((answer.status, answer.header("x-sb-instance")), (200, "inst_free"), "{second}");
        attempts += answer.header("x-sb-attempts").parse::<u32>().unwrap() - 1;
        clock.advance(SECOND).await;
    }
    assert_eq!((attempts, calls(&upstream)), (7, 607), "in ten minutes");
}

/// An instance that answers 429 without a wait while the flag is set.
async fn limited_while(flag: &Arc<AtomicBool>) -> Scripted {
    let flag = Arc::clone(flag);
    Scripted::start(move |_| match flag.load(Relaxed) {
        true => Step::Answer(429, json!({ "error": { "message": "slow down" } })),
        false => completion("fine"),
    })
    .await
}

#[tokio::test]
async fn a_success_begins_the_doubling_anew() {
    let clock = StoppedClock::start();
    let is_limited = Arc::new(AtomicBool::new(true));
    let upstream = limited_while(&is_limited).await;
    let rig = scripted(&upstream).await;
    for wait in [5, 10, 20] {
        assert_eq!(told(&called(&rig).await), (429, "1", wait.to_string().as_str()));
        clock.advance(SECOND * wait).await;
    }
    is_limited.store(false, Relaxed);
    assert_eq!(called(&rig).await.status, 200);
    is_limited.store(true, Relaxed);
    assert_eq!(told(&called(&rig).await), (429, "1", "5"));
}

#[tokio::test]
async fn calls_begun_before_a_cooling_neither_double_it_nor_begin_it_anew() {
    let clock = StoppedClock::start();
    let limited = || Step::Answer(429, json!({ "error": { "message": "slow down" } }));
    let upstream = Scripted::start(move |body: &Value| match body["user"].as_str() {
        Some("late") => Step::Wait(SECOND * 6, Box::new(completion("fine"))),
        Some("held") => Step::Wait(SECOND, Box::new(limited())),
        _ => limited(),
    })
    .await;
    let rig = scripted(&upstream).await;
    let call = |user: &str| {
        let mut body = crate::rig::chat_body("open", "hi");
        body["user"] = json!(user);
        got(rig.post("/v1/chat/completions", body.to_string()))
    };
    let held = join_all((0..6).map(|at| call(if at == 5 { "late" } else { "held" })));
    let drive = async {
        clock.until("all calls wait", || upstream.waiting() == 6).await;
        // A timer is due in the millisecond after its time.
        let tick = Duration::from_millis(1);
        clock.advance(SECOND + tick).await;
        clock.until("five are limited", || upstream.waiting() == 1).await;
        // They answer at one moment: the first one begins a cooling, and the others began before it.
        let until = || rig.gateway.health("inst_a").until;
        clock.until("it cools", || until().is_some()).await;
        let in_ms = until().unwrap().0 - wall_ms();
        assert!(in_ms <= 5_010, "{in_ms} ms");
        clock.advance(SECOND * 5 + tick).await;
    };
    let (answers, ()) = tokio::join!(held, drive);
    assert_eq!(answers.iter().map(|it| it.status).collect::<Vec<_>>(), [429, 429, 429, 429, 429, 200]);
    // The good answer belongs to a call from before the cooling.
    assert_eq!(told(&called(&rig).await), (429, "1", "10"));
}

#[tokio::test]
async fn of_several_limited_members_the_caller_is_told_the_smallest_wait_that_remains() {
    let clock = StoppedClock::start();
    let upstream = FaultUpstream::start().await.unwrap();
    let rig = Setup::new()
        .chat("stating", &upstream, "429@30")
        .chat("silent", &upstream, "429-bare")
        .ordered("open", &[("main", "inst_stating"), ("spare", "inst_silent")])
        .start()
        .await;
    let mut now = 0;
    for (second, expected) in [
        (0, (429, "2", "5")),
        (2, (429, "0", "3")),
        (5, (429, "1", "10")),
        (15, (429, "1", "15")),
        (29, (429, "0", "1")),
        (30, (429, "1", "5")),
        (35, (429, "1", "25")),
    ] {
        clock.advance(SECOND * (second - now)).await;
        now = second;
        assert_eq!(told(&called(&rig).await), expected, "{second} s");
    }
}

#[tokio::test]
async fn a_member_without_quota_is_refused_by_its_upstream_and_never_rate_limited() {
    let (_upstream, rig) = pair("429-quota").await;
    let alone = got(rig.chat("alone", "hi")).await;
    assert_eq!((alone.status, alone.code().as_str()), (502, "upstream_error"));
    assert_eq!(alone.attempts(), ["inst_limited:misconfigured:429"]);
    let health = rig.gateway.health("inst_limited");
    assert_eq!(
        (health.state, health.reason.as_deref()),
        (HealthState::Misconfigured, Some("is out of credit (429)"))
    );
    // With nobody else to ask, it is tried again in case somebody has paid.
    let later = got(rig.chat("alone", "ho")).await;
    assert_eq!((later.status, later.code().as_str()), (502, "upstream_error"));
    for answer in [&alone, &later] {
        assert!(!answer.text().contains("quota") && !answer.text().contains("billing"), "{}", answer.text());
    }

    // One member that is out of quota and one that is only limited are no rate limit of all.
    let upstream = FaultUpstream::start().await.unwrap();
    let rig = Setup::new()
        .chat("a", &upstream, "429-quota")
        .chat("b", &upstream, "429@7")
        .ordered("open", &[("main", "inst_a"), ("spare", "inst_b")])
        .start()
        .await;
    let both = got(rig.chat("open", "hi")).await;
    assert_eq!((both.status, both.header("retry-after")), (502, "7"));
}

//! Router models that are loaded on demand: the load is given up when the caller hangs up, so one call is let run on.

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering::Relaxed},
    },
    time::{Duration, Instant},
};

use app::ports::DataPlane as _;
use fault_upstream::FaultUpstream;
use futures_util::future::join_all;
use serde_json::json;
use tokio::time::sleep;

use super::scripted::{Scripted, Step, completion};
use crate::rig::{Got, Rig, SOON, Setup, got};

const BUDGET: Duration = Duration::from_millis(300);

/// A server whose model takes `load` to load, if the connection that asked for it stays.
async fn cold(load: Duration) -> Scripted {
    let is_warm = Arc::new(AtomicBool::new(false));
    Scripted::start(move |_| match is_warm.load(Relaxed) {
        true => completion("code"),
        false => Step::Wait(load, Box::new(Step::Set(Arc::clone(&is_warm), Box::new(completion("code"))))),
    })
    .await
}

async fn rig(router: &Scripted) -> (FaultUpstream, Setup, Rig) {
    let answering = FaultUpstream::start().await.unwrap();
    let mut setup = Setup::new()
        .instance("router", &router.base_url, "m", |it| it.timeouts.first_byte_ms = 120_000)
        .chat("code", &answering, "ok")
        .chat("general", &answering, "ok")
        .classifier("open", "inst_router", &[("code", "inst_code"), ("general", "inst_general")]);
    setup.configuration.balancers[0].spec.classifier.budget_ms = BUDGET.as_millis() as u64;
    let rig = setup.clone().start().await;
    (answering, setup, rig)
}

fn way(answer: &Got) -> (&str, &str) {
    (answer.header("x-sb-route"), answer.header("x-sb-reason"))
}

/// Waits for something that must come soon.
async fn until(what: &str, mut is_so: impl FnMut() -> bool) {
    let began = Instant::now();
    while !is_so() {
        assert!(began.elapsed() < SOON, "{what}");
        sleep(Duration::from_millis(5)).await;
    }
}

#[tokio::test]
async fn a_model_that_loads_on_demand_gets_warm_and_no_call_waits_for_it() {
    let router = cold(Duration::from_millis(1_500)).await;
    let (_answering, _, rig) = rig(&router).await;
    let began = Instant::now();
    let mut answers = Vec::new();
    let (mut most_lingering, mut slow) = (0, 0);
    for number in 0..60 {
        let sent = Instant::now();
        let answer = got(rig.chat("open", &format!("question {number}"))).await;
        slow += usize::from(sent.elapsed() > BUDGET + Duration::from_millis(50));
        most_lingering = most_lingering.max(router.waiting());
        answers.push((began.elapsed(), way(&answer).1.to_owned()));
        sleep(Duration::from_millis(50)).await;
    }
    // What a busy machine delays once, it does not delay often.
    assert!(slow <= 2, "{slow} calls took longer than their budget");
    assert_eq!(most_lingering, 1);
    assert_eq!(router.left(), 0, "the load was never given up");
    assert_eq!(answers[0].1, "router_timeout");
    assert_eq!(answers[1].1, "router_open", "others go on at once");
    let late = answers.iter().filter(|(at, _)| *at > Duration::from_millis(1_900));
    let (warm, all) =
        late.fold((0, 0), |(warm, all), (_, reason)| (warm + usize::from(reason == "matched"), all + 1));
    assert!(warm == all && all > 5, "{answers:?}");
}

/// As it is met with: a load of eight seconds, the default budget, a call a second.
#[tokio::test]
async fn a_model_that_needs_eight_seconds_to_load_routes_calls_after_second_fifteen() {
    let router = cold(Duration::from_secs(8)).await;
    let (_answering, mut setup, rig) = rig(&router).await;
    let budget = Duration::from_millis(2_500);
    setup.configuration.balancers[0].spec.classifier.budget_ms = 2_500;
    rig.publish(&setup);
    let began = Instant::now();
    let (mut slow, mut most_lingering, mut late) = (0, 0, Vec::new());
    for number in 0..22 {
        let sent = Instant::now();
        let answer = got(rig.chat("open", &format!("question {number}"))).await;
        slow += usize::from(sent.elapsed() > budget + Duration::from_millis(50));
        most_lingering = most_lingering.max(router.waiting());
        if began.elapsed() > Duration::from_secs(15) {
            late.push(way(&answer).1.to_owned());
        }
        sleep((sent + Duration::from_secs(1)).saturating_duration_since(Instant::now())).await;
    }
    assert!(slow <= 1, "{slow} calls took longer than their budget");
    assert_eq!((most_lingering, router.left()), (1, 0));
    let matched = late.iter().filter(|it| *it == "matched").count();
    assert!(late.len() >= 5 && matched * 10 >= late.len() * 8, "{late:?}");
}

#[tokio::test]
async fn of_many_silent_calls_one_runs_on_and_its_answer_closes_the_breaker() {
    let router = cold(Duration::from_millis(1_500)).await;
    let (_answering, _, rig) = rig(&router).await;
    let answers = join_all((0..20).map(|number| got(rig.chat("open", &number.to_string())))).await;
    assert!(answers.iter().all(|it| way(it) == ("general", "router_timeout")));
    until("all but one are cancelled", || router.waiting() == 1 && router.left() == 19).await;
    // Nineteen of them would have opened the breaker.
    assert_eq!(way(&got(rig.chat("open", "meanwhile")).await), ("general", "router_open"));
    until("the model is loaded", || router.waiting() == 0).await;
    let began = Instant::now();
    while way(&got(rig.chat("open", "warm")).await) != ("code", "matched") {
        assert!(began.elapsed() < SOON);
    }
    assert_eq!(router.left(), 19);
}

#[tokio::test]
async fn an_end_without_an_answer_opens_the_breaker() {
    for end in [Step::Reset, Step::Answer(503, json!({}))] {
        let step = Step::Wait(Duration::from_millis(600), Box::new(end));
        let router = Scripted::start(move |_| step.clone()).await;
        let (_answering, _, rig) = rig(&router).await;
        assert_eq!(way(&got(rig.chat("open", "one")).await), ("general", "router_timeout"));
        assert_eq!(router.waiting(), 1);
        until("the load fails", || router.waiting() == 0).await;
        // Whether the gateway has seen the end or not: nobody is asked.
        for _ in 0..10 {
            assert_eq!(way(&got(rig.chat("open", "two")).await), ("general", "router_open"));
            sleep(Duration::from_millis(20)).await;
        }
        assert_eq!(router.calls(), 1);
    }
}

#[tokio::test]
async fn a_router_that_answers_others_is_slow_and_not_cold() {
    let router = Scripted::start(|it| match it["messages"].to_string().contains("slow") {
        true => Step::Wait(SOON, Box::new(completion("code"))),
        false => completion("code"),
    });
    let router = router.await;
    let (_answering, _, rig) = rig(&router).await;
    let slow = async {
        let answer = got(rig.chat("open", "slow")).await;
        assert_eq!(way(&answer), ("general", "router_timeout"));
    };
    let quick = async {
        until("the slow one has begun", || router.waiting() == 1).await;
        assert_eq!(way(&got(rig.chat("open", "quick")).await), ("code", "matched"));
    };
    tokio::join!(slow, quick);
    until("the slow one is cancelled", || router.left() == 1).await;
    assert_eq!(way(&got(rig.chat("open", "next")).await), ("code", "matched"));
}

#[tokio::test]
async fn a_router_that_answered_this_call_before_is_not_cold() {
    let router = Scripted::start(|it| match it["messages"].as_array().unwrap().len() {
        2 => completion("I cannot tell."),
        _ => Step::Wait(SOON, Box::new(completion("code"))),
    });
    let router = router.await;
    let (_answering, _, rig) = rig(&router).await;
    assert_eq!(way(&got(rig.chat("open", "hi")).await), ("general", "router_timeout"));
    until("it is cancelled", || router.left() == 1).await;
    assert_eq!(way(&got(rig.chat("open", "ho")).await), ("general", "router_timeout"));
}

#[tokio::test]
async fn a_client_that_leaves_within_the_budget_takes_the_router_call_along() {
    let router = cold(SOON).await;
    let (_answering, mut setup, rig) = rig(&router).await;
    setup.configuration.balancers[0].spec.classifier.budget_ms = 20_000;
    rig.publish(&setup);
    let call = tokio::spawn(rig.chat("open", "hi").send());
    until("the router is asked", || router.waiting() == 1).await;
    call.abort();
    let left = Instant::now();
    until("the router call is cancelled", || router.left() == 1).await;
    assert!(left.elapsed() < Duration::from_millis(250));
}

#[tokio::test]
async fn a_drain_and_the_end_of_the_gateway_end_what_runs_on() {
    for drains in [true, false] {
        let router = cold(SOON).await;
        let (_answering, _, rig) = rig(&router).await;
        assert_eq!(way(&got(rig.chat("open", "hi")).await), ("general", "router_timeout"));
        assert_eq!((router.waiting(), router.left()), (1, 0));
        if drains {
            rig.gateway.drain();
            until("it ends with the drain", || router.left() == 1).await;
            assert_eq!(way(&got(rig.chat("open", "ho")).await), ("general", "router_timeout"));
            until("nothing runs on any more", || router.left() == 2).await;
        } else {
            drop(rig);
            until("it ends with the gateway", || router.left() == 1).await;
        }
    }
}

#[tokio::test]
async fn another_member_of_a_group_is_asked_while_one_gets_warm() {
    let cold = cold(SOON).await;
    let warm = Scripted::start(|_| completion("code")).await;
    let answering = FaultUpstream::start().await.unwrap();
    let mut setup = Setup::new()
        .instance("cold", &cold.base_url, "m", |it| it.timeouts.first_byte_ms = 120_000)
        .instance("warm", &warm.base_url, "m", |_| {})
        .group("routers", &[("cold", 1, 1), ("warm", 1, 2)])
        .chat("code", &answering, "ok")
        .classifier("open", "tg_routers", &[("code", "inst_code"), ("general", "inst_code")]);
    setup.configuration.balancers[0].spec.classifier.budget_ms = BUDGET.as_millis() as u64;
    let rig = setup.start().await;
    assert_eq!(way(&got(rig.chat("open", "one")).await), ("general", "router_timeout"));
    for number in 0..5 {
        assert_eq!(way(&got(rig.chat("open", &number.to_string())).await), ("code", "matched"));
    }
    assert_eq!((cold.calls(), cold.waiting(), warm.calls()), (1, 1, 5));
}

#[tokio::test]
async fn a_dry_run_warms_nothing() {
    let router = cold(SOON).await;
    let (_answering, setup, rig) = rig(&router).await;
    let decision = rig.gateway.try_prompt(&setup.configuration.balancers[0].spec, "hi").await.unwrap();
    assert_eq!(decision.reason.as_str(), "router_timeout");
    until("it is cancelled", || router.left() == 1).await;
}

#[tokio::test]
async fn a_test_waits_for_a_cold_model_and_judges_the_warm_one() {
    let router = cold(Duration::from_millis(700)).await;
    let (_answering, setup, rig) = rig(&router).await;
    let spec = &setup.configuration.balancers[0].spec;
    let verdict = rig.gateway.check_router(spec).await.unwrap();
    assert!(verdict.ok && verdict.message.contains("“code”"), "{}", verdict.message);
    assert_eq!(way(&got(rig.chat("open", "hi")).await), ("code", "matched"));

    let slow = Step::Wait(Duration::from_millis(400), Box::new(completion("code")));
    let router = Scripted::start(move |_| slow.clone()).await;
    let (_answering, setup, rig) = self::rig(&router).await;
    let verdict = rig.gateway.check_router(&setup.configuration.balancers[0].spec).await.unwrap();
    assert!(!verdict.ok && verdict.message.contains("the router budget is 0.3 s"), "{}", verdict.message);
}

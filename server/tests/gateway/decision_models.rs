//! Decision models as router models: what they are asked, what their answers mean, and how sure a decision is.

use std::ops::Deref;

use app::domain::{
    confidence::Confidence,
    config::{balancer::Balancer, instance::WorkloadKind},
};
use app::ports::{DataPlane as _, DryRun};
use fault_upstream::FaultUpstream;
use serde_json::{Value, json};

use super::scripted::{Scripted, Step, raw_json, refusal};
use crate::rig::{Got, Rig, Setup, calls, chat_body, got};

const ROUTES: [(&str, &str); 3] =
    [("code", "inst_code"), ("legal", "inst_legal"), ("general", "inst_general")];

/// The router models, which tests look at, and what answers behind them.
struct Upstreams {
    asked: FaultUpstream,
    _answering: FaultUpstream,
}

impl Deref for Upstreams {
    type Target = FaultUpstream;

    fn deref(&self) -> &FaultUpstream {
        &self.asked
    }
}

/// A classifier over decision models that show these faults, and over destinations that show another.
async fn rig_of(
    routers: &[&str],
    destination: &str,
    change: impl FnOnce(&mut Balancer),
) -> (Upstreams, Setup, Rig) {
    let (asked, answering) = (FaultUpstream::start().await.unwrap(), FaultUpstream::start().await.unwrap());
    let mut setup = Setup::new();
    let names: Vec<_> = (0..routers.len()).map(|at| format!("router{at}")).collect();
    for (name, fault) in names.iter().zip(routers) {
        setup =
            setup.instance(name, &asked.base_url(), fault, |it| it.workload_kind = WorkloadKind::Decision);
    }
    for (name, _) in ROUTES {
        setup = setup.chat(name, &answering, destination);
    }
    let members: Vec<_> = names.iter().map(|it| (it.as_str(), 100, 1)).collect();
    let mut setup = setup.group("routers", &members).classifier("open", "tg_routers", &ROUTES);
    setup.configuration.target_groups[0].spec.workload_kind = WorkloadKind::Decision;
    setup.configuration.balancers[0].spec.classifier.cache_ttl_s = 0;
    change(&mut setup.configuration.balancers[0].spec);
    let rig = setup.clone().start().await;
    (Upstreams { asked, _answering: answering }, setup, rig)
}

async fn rig(router: &str, change: impl FnOnce(&mut Balancer)) -> (Upstreams, Rig) {
    let (asked, _, rig) = rig_of(&[router], "ok@3", change).await;
    (asked, rig)
}

fn minimum(share: f64) -> impl FnOnce(&mut Balancer) {
    move |it| it.classifier.min_confidence = Confidence::of(share).unwrap()
}

/// Route, reason and confidence.
fn way(answer: &Got) -> [&str; 3] {
    ["x-sb-route", "x-sb-reason", "x-sb-confidence"].map(|it| answer.header(it))
}

fn paths(upstream: &FaultUpstream) -> Vec<String> {
    upstream.requests().iter().map(|it| it.path.clone()).collect()
}

#[tokio::test]
async fn it_is_asked_a_closed_question_and_nothing_else() {
    let (asked, rig) = rig("ok", |_| {}).await;
    let answer = got(rig.chat("open", "some code, please")).await;
    assert_eq!(way(&answer), ["code", "matched", "0.867"]);
    let log = asked.requests();
    let criteria = json!({
        "code": "Questions about code.", "legal": "Questions about legal.",
        "general": "Questions about general.", "none": "None of the others.",
    });
    let route = json!({
        "type": "choice", "instructions": "Which of these describes what the user wants?", "criteria": criteria,
    });
    let body = json!({ "model": "ok", "state": "some code, please", "questions": { "route": route } });
    assert_eq!((log.len(), log[0].path.as_str(), log[0].json().unwrap()), (1, "/v1/systemone", body));
    assert!(log[0].header("authorization").is_some());
    assert_eq!(log[0].header("x-sb-hops"), Some("1"));
    let turns = json!([
        { "role": "user", "content": "about the law" }, { "role": "assistant", "content": "yes?" },
        { "role": "user", "content": "is it legal to park on the lawn of the house next door" },
    ]);
    got(rig.post("/v1/chat/completions", json!({ "model": "open", "messages": turns }).to_string())).await;
    let state = asked.requests()[1].json().unwrap()["state"].clone();
    let users: Vec<&Value> = state.as_array().unwrap().iter().filter(|it| it["role"] == "user").collect();
    assert_eq!(users, [&turns[0], &turns[2]], "earlier turns are messages");
}

#[tokio::test]
async fn every_answer_says_how_sure_the_decision_was() {
    let (_asked, _, rig) = rig_of(&["sure@70"], "ok@3", |it| it.classifier.cache_ttl_s = 300).await;
    assert_eq!(way(&got(rig.chat("open", "code")).await), ["code", "matched", "0.600"]);
    assert_eq!(way(&got(rig.stream("open", "code")).await), ["code", "cached", "0.600"]);
    assert_eq!(way(&got(rig.stream("open", "legal")).await), ["legal", "matched", "0.600"]);
    let forced = got(rig.chat("open", "code").header("x-sb-route", "legal")).await;
    assert_eq!(way(&forced), ["legal", "forced", ""]);
    let (_asked, _, rig) = rig_of(&["sure@70"], "500", |_| {}).await;
    let failed = got(rig.chat("open", "code")).await;
    assert_eq!((failed.status, failed.header("x-sb-confidence")), (502, "0.600"));
}

#[tokio::test]
async fn a_decision_that_is_not_sure_enough_goes_to_the_default_and_what_has_no_confidence_does_not() {
    for (router, prompt, share, expected) in [
        ("sure@70", "code", 0.6, ["code", "matched", "0.600"]),
        ("sure@70", "code", 0.601, ["general", "low_confidence", "0.600"]),
        ("sure@70", "nothing", 0.9, ["general", "no_match", "0.600"]),
        ("router@code+sure@10", "x", 0.0, ["code", "matched", "0.000"]),
        ("router@code+sure@10", "x", 0.001, ["general", "low_confidence", "0.000"]),
        ("sure@70+no-probabilities", "code", 0.7, ["general", "low_confidence", "0.600"]),
        ("sure@70+odd-probabilities", "code", 0.9, ["code", "matched", ""]),
        ("sure@70+no-confidence", "code", 1.0, ["code", "matched", ""]),
        ("sure@100", "code", 1.0, ["code", "matched", "1.000"]),
        // The default's own label is an option like any other.
        ("sure@40", "general", 0.5, ["general", "low_confidence", "0.200"]),
    ] {
        let (_asked, rig) = rig(router, minimum(share)).await;
        let answer = got(rig.chat("open", prompt)).await;
        assert_eq!((answer.status, way(&answer)), (200, expected), "{router} {prompt} {share}");
    }
}

#[tokio::test]
async fn an_unsure_decision_is_cached_as_such_and_pins_no_conversation() {
    let change = |it: &mut Balancer| {
        it.classifier.min_confidence = Confidence::of(0.9).unwrap();
        it.classifier.cache_ttl_s = 300;
        it.classifier.stickiness = app::domain::config::balancer::Stickiness::PerConversation;
    };
    let (asked, rig) = rig("sure@70", change).await;
    let send = |prompt| got(rig.chat("open", prompt).header("x-sb-session", "s"));
    assert_eq!(way(&send("code").await), ["general", "low_confidence", "0.600"]);
    assert_eq!(way(&send("code").await), ["general", "cached", "0.600"]);
    assert_eq!(calls(&asked), 1);
    assert_eq!(way(&send("legal").await), ["general", "low_confidence", "0.600"], "it was never pinned");
}

#[tokio::test]
async fn the_form_that_works_is_found_once_and_remembered_until_it_is_tested() {
    for status in [404, 405, 501] {
        let (asked, rig) = rig(&format!("no-systemone@{status}"), |_| {}).await;
        for _ in 0..2 {
            assert_eq!(way(&got(rig.chat("open", "code")).await), ["code", "matched", "0.867"], "{status}");
        }
        let decisions = "/v1/decisions".to_owned();
        assert_eq!(paths(&asked), ["/v1/systemone".to_owned(), decisions.clone(), decisions.clone()]);
        let body = asked.requests()[1].json().unwrap();
        assert_eq!((&body["input"], &body["questions"][0]["name"]), (&json!("code"), &json!("route")));
        assert_eq!(body["questions"][0]["choices"][0]["value"], "code");
        assert!(body.get("temperature").is_none() && body.get("state").is_none());
        let verdict = rig.gateway.test_instance("inst_router0", false).await.unwrap();
        assert!(verdict.message.contains("It is asked at /decisions."), "{}", verdict.message);
        let asked_paths = paths(&asked);
        let tested: Vec<_> = asked_paths[3..].iter().filter(|it| !it.ends_with("/models")).collect();
        assert_eq!(tested, ["/v1/systemone", "/v1/decisions"], "a test starts without what was learned");
    }
    let (asked, rig) = rig("no-systemone@404+no-decisions@404", |_| {}).await;
    assert_eq!(way(&got(rig.chat("open", "code")).await), ["general", "router_error", ""]);
    assert_eq!(paths(&asked), ["/v1/systemone", "/v1/decisions"], "each once");
}

#[tokio::test]
async fn a_refused_question_and_an_answer_outside_of_the_set_are_invalid_and_not_asked_again() {
    let cases = [
        ("400", "invalid_answer"),
        ("422", "invalid_answer"),
        ("router@unheard-of", "invalid_answer"),
        ("no-choices", "invalid_answer"),
        ("500", "router_error"),
        ("503", "router_error"),
        ("401", "router_error"),
        ("429", "router_error"),
        ("html200", "router_error"),
        ("rst-on-accept", "router_error"),
        ("hang-headers", "router_timeout"),
    ];
    for (router, reason) in cases {
        let budget_ms = if reason == "router_timeout" { 300 } else { 10_000 };
        let (asked, rig) = rig(router, |it| it.classifier.budget_ms = budget_ms).await;
        let answer = got(rig.chat("open", "code")).await;
        assert_eq!((answer.status, way(&answer)), (200, ["general", reason, ""]), "{router}");
        assert!(calls(&asked) <= 1, "{router}");
    }
}

/// An answer with this text where its probabilities stand.
fn with_probabilities(probabilities: &str) -> Step {
    let answer = format!(r#"{{"choice":"code","confidence":0.5,"probabilities":{probabilities}}}"#);
    raw_json(200, &format!(r#"{{"answers":{{"route":{answer}}}}}"#))
}

#[tokio::test]
async fn numbers_that_are_none_cost_the_confidence_and_not_the_route() {
    let bad = ["\"NaN\"", "NaN", "-0.5", "1.5", "\"0.9\"", "1e999", "null", "[]"];
    for number in bad {
        let probabilities = format!("{{\"code\":{number},\"none\":0.1}}");
        let router = Scripted::start(move |_| with_probabilities(&probabilities)).await;
        let answering = FaultUpstream::start().await.unwrap();
        let mut setup = Setup::new()
            .instance("router", &router.base_url, "m", |it| it.workload_kind = WorkloadKind::Decision)
            .chat("code", &answering, "ok")
            .chat("general", &answering, "ok")
            .classifier("open", "inst_router", &[("code", "inst_code"), ("general", "inst_general")]);
        minimum(0.9)(&mut setup.configuration.balancers[0].spec);
        let rig = setup.start().await;
        assert_eq!(way(&got(rig.chat("open", "hi")).await), ["code", "matched", ""], "{number}");
    }
}

#[tokio::test]
async fn a_group_shares_the_questions_and_a_dead_member_is_passed_over() {
    let (asked, _, rig) = rig_of(&["ok", "ok+sure@70"], "ok@3", |_| {}).await;
    for number in 0..6 {
        let answer = got(rig.chat("open", &format!("code {number}"))).await;
        assert_eq!(way(&answer)[..2], ["code", "matched"]);
    }
    let shares = ["ok", "ok+sure@70"]
        .map(|model| asked.requests().iter().filter(|it| it.json().unwrap()["model"] == model).count());
    assert_eq!(shares, [3, 3]);
    let (_asked, _, rig) = rig_of(&["500", "ok"], "ok@3", |_| {}).await;
    for number in 0..4 {
        let answer = got(rig.chat("open", &format!("code {number}"))).await;
        assert_eq!(way(&answer), ["code", "matched", "0.867"]);
    }
}

#[tokio::test]
async fn its_breaker_opens_after_five_failures_and_refusals_open_none() {
    let (_asked, rig_of_failing) = rig("503", |_| {}).await;
    for number in 0..5 {
        let answer = got(rig_of_failing.chat("open", &number.to_string())).await;
        assert_eq!(way(&answer), ["general", "router_error", ""]);
    }
    assert_eq!(way(&got(rig_of_failing.chat("open", "5")).await), ["general", "router_open", ""]);
    let router = Scripted::start(|it| match it["state"].as_str() {
        Some("code") => with_probabilities("{\"code\":1}"),
        _ => refusal(400, None, "the state is too long"),
    });
    let router = router.await;
    let answering = FaultUpstream::start().await.unwrap();
    let setup = Setup::new()
        .instance("router", &router.base_url, "m", |it| it.workload_kind = WorkloadKind::Decision)
        .chat("code", &answering, "ok")
        .chat("general", &answering, "ok")
        .classifier("open", "inst_router", &[("code", "inst_code"), ("general", "inst_general")]);
    let rig = setup.start().await;
    for number in 0..6 {
        let answer = got(rig.chat("open", &number.to_string())).await;
        assert_eq!(way(&answer), ["general", "invalid_answer", ""]);
    }
    assert_eq!(way(&got(rig.chat("open", "code")).await), ["code", "matched", "1.000"]);
}

#[tokio::test]
async fn a_test_asks_a_routing_question_and_says_what_was_found() {
    for (router, ok, says) in [
        ("sure@70", true, "by its probabilities. It is asked at /systemone."),
        ("sure@70+no-probabilities", true, "Its confidence was 0.600, without probabilities."),
        ("no-confidence", true, "It does not say how sure it is"),
        ("router@unheard-of", false, "something other than a route"),
        ("422", false, "It did not answer a routing question."),
    ] {
        let (asked, setup, rig) = rig_of(&[router], "ok", |_| {}).await;
        let live = rig.gateway.check_router(&setup.configuration.balancers[0].spec).await.unwrap();
        assert_eq!((live.ok, live.message.contains(says)), (ok, true), "{router}: {}", live.message);
        assert_eq!(paths(&asked), ["/v1/systemone"], "{router}");
    }
    // Also before any balancer uses it, and although it takes no chat.
    let (asked, mut setup, rig) = rig_of(&["ok"], "ok", |_| {}).await;
    setup.configuration.balancers.clear();
    rig.publish(&setup);
    for call in [false, true] {
        let verdict = rig.gateway.test_instance("inst_router0", call).await.unwrap();
        assert!(verdict.ok && verdict.message.contains("routing question"), "{}", verdict.message);
    }
    assert!(paths(&asked).iter().all(|it| !it.contains("chat")), "{:?}", paths(&asked));
}

#[tokio::test]
async fn a_dry_run_shows_the_probability_of_each_option_and_what_was_chosen() {
    let (_asked, setup, rig) = rig_of(&["sure@70"], "ok", minimum(0.9)).await;
    let body = chat_body("open", "code").to_string();
    let call = DryRun { body: body.into(), ..DryRun::default() };
    let decided = rig.gateway.decide("sb_open", call).await.unwrap();
    let tried = rig.gateway.try_prompt(&setup.configuration.balancers[0].spec, "code").await.unwrap();
    for decision in [decided, tried] {
        let shown = json!(decision);
        assert_eq!((&shown["route"], &shown["reason"]), (&json!("general"), &json!("low_confidence")));
        assert_eq!((&shown["chosen"], &shown["confidence"]), (&json!("code"), &json!(0.6)));
        let probabilities = shown["router"]["probabilities"].as_array().unwrap();
        assert_eq!(probabilities.len(), 4);
        assert_eq!(probabilities[0], json!({ "option": "code", "probability": 0.7 }));
        assert_eq!(probabilities[3], json!({ "option": "none", "probability": 0.1 }));
        assert!(shown["router"]["answer"].as_str().unwrap().contains("\"choice\":\"code\""));
        let asked = shown["router"]["messages"][0]["content"].as_str().unwrap();
        assert!(asked.contains("legal: Questions about legal."), "{asked}");
    }
    let prompt = rig.gateway.router_prompt(&setup.configuration.balancers[0].spec, "hello");
    assert!(prompt[0].content.contains("none: None of the others."), "{prompt:?}");
}

//! Every way to a route, each with its reason.

use std::time::Duration;

use app::domain::config::balancer::Stickiness;
use fault_upstream::FaultUpstream;
use serde_json::json;

use crate::rig::{Got, Rig, SOON, Setup, got};

const ROUTES: [(&str, &str); 3] =
    [("code", "inst_code"), ("legal", "inst_legal"), ("general", "inst_general")];

/// A classifier over a router that shows this fault; router and destinations have logs of their own.
async fn rig(
    router: &str,
    change: impl FnOnce(&mut app::domain::config::balancer::Balancer),
) -> (FaultUpstream, FaultUpstream, Rig) {
    let (asked, answering) = (FaultUpstream::start().await.unwrap(), FaultUpstream::start().await.unwrap());
    let mut setup = Setup::new().chat("router", &asked, router);
    for (name, _) in ROUTES {
        setup = setup.chat(name, &answering, "ok@3");
    }
    let mut setup = setup.classifier("open", "inst_router", &ROUTES);
    change(&mut setup.configuration.balancers[0].spec);
    (asked, answering, setup.start().await)
}

fn way(answer: &Got) -> (String, String) {
    (answer.header("x-sb-route").to_owned(), answer.header("x-sb-reason").to_owned())
}

fn is(route: &str, reason: &str) -> (String, String) {
    (route.to_owned(), reason.to_owned())
}

#[tokio::test]
async fn what_the_router_model_says_counts_and_what_says_nothing_is_the_default() {
    let cases = [
        ("router@code", "code", "matched"),
        ("router-json@legal", "legal", "matched"),
        ("router@general", "general", "matched"),
        ("router@none", "general", "no_match"),
        ("router-think@code", "code", "matched"),
        ("router-fence@code", "code", "matched"),
        ("router-raw:  \"Legal\".", "legal", "matched"),
        ("router-raw:code or legal", "general", "invalid_answer"),
        ("router-raw:premium", "general", "invalid_answer"),
        ("router-long@1048576", "general", "invalid_answer"),
        ("router-endless", "general", "invalid_answer"),
        ("500", "general", "router_error"),
        ("401", "general", "router_error"),
        ("429", "general", "router_error"),
        ("400", "general", "invalid_answer"),
        ("html200", "general", "router_error"),
        ("rst-on-accept", "general", "router_error"),
        ("hang-headers", "general", "router_timeout"),
        ("trickle:200", "general", "router_timeout"),
    ];
    for (router, route, reason) in cases {
        let budget_ms = if reason == "router_timeout" { 300 } else { 10_000 };
        let (_asked, _answering, rig) = rig(router, |it| it.classifier.budget_ms = budget_ms).await;
        let answer = got(rig.chat("open", "hello there")).await;
        assert_eq!((answer.status, way(&answer)), (200, is(route, reason)), "{router}");
        assert_eq!(answer.header("x-sb-attempts"), "1", "router calls are no attempts: {router}");
    }
}

#[tokio::test]
async fn an_instance_that_takes_no_schema_is_asked_without_one_and_that_is_remembered() {
    let (asked, _answering, rig) = rig("router-schema400@code", |it| it.classifier.cache_ttl_s = 0).await;
    for _ in 0..3 {
        assert_eq!(way(&got(rig.chat("open", "hi")).await), is("code", "matched"));
    }
    let with_schema: Vec<bool> =
        asked.requests().iter().map(|it| it.json().unwrap().get("response_format").is_some()).collect();
    assert_eq!(with_schema, [true, false, false, false]);
}

#[tokio::test]
async fn a_wrong_answer_is_asked_about_once_more() {
    let (asked, _answering, rig) = rig("router-raw:who knows", |_| {}).await;
    assert_eq!(way(&got(rig.chat("open", "hi")).await), is("general", "invalid_answer"));
    let log = asked.requests();
    assert_eq!(log.len(), 2);
    let again = log[1].json().unwrap()["messages"].as_array().unwrap().len();
    assert!(again > log[0].json().unwrap()["messages"].as_array().unwrap().len());
}

#[tokio::test]
async fn the_router_gets_the_upstreams_key_and_a_request_of_its_own() {
    let (asked, _answering, rig) = rig("router@code", |_| {}).await;
    got(rig.chat("open", "a canary prompt")).await;
    let log = asked.requests();
    let call = log[0].json().unwrap();
    assert_eq!((call["temperature"].clone(), call["stream"].clone()), (json!(0), json!(false)));
    assert!(call["messages"][1]["content"].as_str().unwrap().contains("a canary prompt"));
    assert_eq!(log[0].header("x-sb-hops"), Some("1"));
}

#[tokio::test]
async fn the_same_text_is_classified_once_within_its_time() {
    let (asked, _answering, rig) = rig("router@code", |_| {}).await;
    assert_eq!(way(&got(rig.chat("open", "hi")).await), is("code", "matched"));
    assert_eq!(way(&got(rig.stream("open", "hi")).await), is("code", "cached"));
    assert_eq!(way(&got(rig.chat("open", "ho")).await), is("code", "matched"));
    assert_eq!(asked.requests().len(), 2);
}

#[tokio::test]
async fn another_router_model_behind_the_same_id_is_asked_again() {
    let router = FaultUpstream::start().await.unwrap();
    let (upstream, other) = (FaultUpstream::start().await.unwrap(), FaultUpstream::start().await.unwrap());
    let mut setup = Setup::new()
        .chat("router", &router, "router@code")
        .chat("code", &upstream, "ok")
        .chat("general", &upstream, "ok")
        .classifier("open", "inst_router", &[("code", "inst_code"), ("general", "inst_general")]);
    let rig = setup.clone().start().await;
    let call = async || way(&got(rig.chat("open", "hi")).await);
    assert_eq!(call().await, is("code", "matched"));
    assert_eq!(call().await, is("code", "cached"));
    setup.configuration.instances[0].spec.model = "router@general".to_owned();
    rig.publish(&setup);
    assert_eq!(call().await, is("general", "matched"), "its model has changed");
    setup.configuration.instances[0].spec.base_url = other.base_url();
    rig.publish(&setup);
    assert_eq!(call().await, is("general", "matched"), "its address has changed");
    setup.configuration.instances[0].spec.name = "Renamed".to_owned();
    rig.publish(&setup);
    assert_eq!(call().await, is("general", "cached"));
}

#[tokio::test]
async fn a_call_without_text_is_not_classified() {
    let (asked, _answering, rig) = rig("router@code", |_| {}).await;
    let image = json!([{ "type": "image_url", "image_url": { "url": "data:," } }]);
    for messages in [json!([]), json!([{ "role": "user", "content": image }]), json!("text")] {
        let body = json!({ "model": "open", "messages": messages }).to_string();
        let answer = got(rig.post("/v1/chat/completions", body)).await;
        assert_eq!(way(&answer), is("general", "unsupported_input"));
    }
    assert!(asked.requests().is_empty());
}

#[tokio::test]
async fn a_forced_route_is_taken_and_the_router_not_asked() {
    let (asked, answering, rig) = rig("router@code", |_| {}).await;
    let answer = got(rig.chat("open", "hi").header("x-sb-route", "legal")).await;
    assert_eq!(way(&answer), is("legal", "forced"));
    assert!(asked.requests().is_empty());
    answering.set_fault(Some("500")).unwrap();
    let failed = got(rig.chat("open", "hi").header("x-sb-route", "legal")).await;
    assert_eq!((failed.status, failed.attempts().len()), (502, 1), "a forced route has no default behind it");
}

#[tokio::test]
async fn tool_results_keep_the_route_of_their_turn() {
    let (asked, _answering, rig) = rig("router@code", |it| it.classifier.cache_ttl_s = 0).await;
    got(rig.chat("open", "hi")).await;
    let continued = json!({ "model": "open", "messages": [
        { "role": "user", "content": "hi" },
        { "role": "assistant", "content": null, "tool_calls": [{ "id": "1", "type": "function" }] },
        { "role": "tool", "tool_call_id": "1", "content": "42" },
    ]});
    let answer = got(rig.post("/v1/chat/completions", continued.to_string())).await;
    assert_eq!(way(&answer), is("code", "continued"));
    assert_eq!(asked.requests().len(), 1);
    // Another conversation has no turn to keep.
    let other = continued.to_string().replace("\"hi\"", "\"ho\"");
    assert_eq!(way(&got(rig.post("/v1/chat/completions", other)).await), is("code", "matched"));
}

/// A call of a conversation that begins like every other one, and its continuation by a tool result.
fn shared_opening(turn: &str) -> (String, String) {
    let mut messages = vec![
        json!({ "role": "system", "content": "You help." }),
        json!({ "role": "user", "content": "hi" }),
        json!({ "role": "assistant", "content": "Hello." }),
        json!({ "role": "user", "content": turn }),
    ];
    let begun = json!({ "model": "open", "messages": messages }).to_string();
    messages.push(
        json!({ "role": "assistant", "content": null, "tool_calls": [{ "id": "1", "type": "function" }] }),
    );
    messages.push(json!({ "role": "tool", "tool_call_id": "1", "content": "42" }));
    (begun, json!({ "model": "open", "messages": messages }).to_string())
}

#[tokio::test]
async fn conversations_that_began_alike_behind_one_key_do_not_share_a_turn() {
    for stickiness in [Stickiness::PerUserTurn, Stickiness::PerConversation] {
        let (asked, _answering, rig) = rig("router-pick", |it| it.classifier.stickiness = stickiness).await;
        let (code, code_goes_on) = shared_opening("write some code");
        let (legal, legal_goes_on) = shared_opening("a legal question");
        assert_eq!(way(&got(rig.post("/v1/chat/completions", code)).await), is("code", "matched"));
        let other = way(&got(rig.post("/v1/chat/completions", legal)).await);
        let goes_on = |body: &str| got(rig.post("/v1/chat/completions", body.to_owned()));
        assert_eq!(way(&goes_on(&code_goes_on).await), is("code", "continued"), "{stickiness:?}");
        assert_eq!(way(&goes_on(&legal_goes_on).await), (other.0, "continued".to_owned()), "{stickiness:?}");
        assert!(asked.requests().len() <= 2);
    }
}

#[tokio::test]
async fn a_conversation_that_its_client_names_is_told_from_one_of_the_same_words() {
    let signs: [(Option<&str>, &str); 7] = [
        (Some("x-sb-session"), ""),
        (Some("x-openwebui-chat-id"), ""),
        (Some("x-litellm-session-id"), ""),
        (Some("x-session-id"), ""),
        (Some("session_id"), ""),
        (None, "conversation"),
        (None, "metadata"),
    ];
    for (header, member) in signs {
        // Each time the router is asked it says another route, so that equal words go different ways.
        let count = std::sync::atomic::AtomicUsize::new(0);
        let router = crate::gateway::hostile::upstream::Upstream::start(move |_| {
            json!(ROUTES[count.fetch_add(1, std::sync::atomic::Ordering::Relaxed) % 2].0)
        });
        let (router, answering) = (router.await, FaultUpstream::start().await.unwrap());
        let mut setup = Setup::new().instance("router", &router.base_url, "m", |_| {});
        for (name, _) in ROUTES {
            setup = setup.chat(name, &answering, "ok");
        }
        let mut setup = setup.classifier("open", "inst_router", &ROUTES);
        setup.configuration.balancers[0].spec.classifier.cache_ttl_s = 0;
        let rig = setup.start().await;
        let call = |body: &str, session: &str| {
            let mut body: serde_json::Value = serde_json::from_str(body).unwrap();
            match member {
                "conversation" => body["conversation"] = json!(session),
                "metadata" => body["metadata"] = json!({ "session_id": session }),
                _ => {}
            }
            let call = rig.post("/v1/chat/completions", body.to_string());
            got(match header {
                Some(name) => call.header(name, session.to_owned()),
                None => call,
            })
        };
        let (begun, goes_on) = shared_opening("do it");
        assert_eq!(way(&call(&begun, "s1").await), is("code", "matched"));
        assert_eq!(way(&call(&begun, "s2").await), is("legal", "matched"));
        for (session, route) in [("s1", "code"), ("s2", "legal")] {
            assert_eq!(way(&call(&goes_on, session).await), is(route, "continued"), "{header:?} {member}");
        }
        // A client that shortens what was said before is known by its session.
        let short = goes_on.replace("You help.", "You help, briefly.");
        assert_eq!(way(&call(&short, "s1").await), is("code", "continued"), "{header:?} {member}");
    }
}

#[tokio::test]
async fn a_conversation_keeps_its_first_matched_route_where_it_is_asked_for() {
    let (asked, _answering, rig) =
        rig("router-pick", |it| it.classifier.stickiness = Stickiness::PerConversation).await;
    let call =
        |prompt: &str, session: &str| rig.chat("open", prompt).header("x-sb-session", session.to_owned());
    assert_eq!(way(&got(call("nothing fits", "s")).await), is("general", "no_match"), "never pinned");
    assert_eq!(way(&got(call("about code", "s")).await), is("code", "matched"));
    assert_eq!(way(&got(call("about legal things", "s")).await), is("code", "pinned"));
    assert_eq!(way(&got(call("about legal things", "t")).await), is("legal", "matched"));
    assert_eq!(asked.requests().len(), 3);
}

#[tokio::test]
async fn a_router_in_trouble_is_left_alone_for_a_while() {
    // It sends something, so it is not loading its model.
    let (asked, _answering, rig) = rig("trickle:200", |it| it.classifier.budget_ms = 300).await;
    for number in 0..5 {
        let answer = got(rig.chat("open", &format!("number {number}"))).await;
        assert_eq!(way(&answer), is("general", "router_timeout"));
    }
    let before = asked.requests().len();
    assert_eq!(way(&got(rig.chat("open", "hi")).await), is("general", "router_open"));
    assert_eq!(asked.requests().len(), before);
    let health = app::ports::DataPlane::health(&*rig.gateway, "inst_router");
    assert_eq!(
        health.state,
        app::domain::routing::health::HealthState::Unknown,
        "too slow for us is not ill"
    );
}

#[tokio::test]
async fn a_caller_who_leaves_takes_the_router_call_along() {
    let (asked, answering, rig) = rig("hang-headers", |it| it.classifier.budget_ms = 20_000).await;
    let call = tokio::spawn(rig.chat("open", "hi").send());
    asked.wait_for(|log| log.len() == 1, SOON).await.unwrap();
    call.abort();
    asked.wait_for(|log| log[0].peer_left(), Duration::from_millis(250)).await.unwrap();
    assert!(answering.requests().is_empty());
}

#[tokio::test]
async fn where_the_chosen_destination_cannot_answer_the_default_does_and_never_a_sibling() {
    let asked = FaultUpstream::start().await.unwrap();
    let (bad, good) = (FaultUpstream::start().await.unwrap(), FaultUpstream::start().await.unwrap());
    let rig = Setup::new()
        .chat("router", &asked, "router@code")
        .chat("code", &bad, "503")
        .chat("legal", &bad, "ok")
        .chat("general", &good, "ok")
        .classifier("open", "inst_router", &ROUTES)
        .start()
        .await;
    let answer = got(rig.chat("open", "hi")).await;
    assert_eq!((answer.status, way(&answer)), (200, is("general", "destination_unavailable")));
    assert_eq!(answer.header("x-sb-instance"), "inst_general");
    assert_eq!(bad.requests().len(), 1);
}

#[tokio::test]
async fn a_router_may_be_a_group_whose_members_stand_in_for_each_other() {
    let (bad, good) = (FaultUpstream::start().await.unwrap(), FaultUpstream::start().await.unwrap());
    let rig = Setup::new()
        .chat("r1", &bad, "500")
        .chat("r2", &good, "router@code")
        .group("routers", &[("r1", 1, 1), ("r2", 1, 2)])
        .chat("code", &good, "ok")
        .classifier("open", "tg_routers", &[("code", "inst_code"), ("general", "inst_code")])
        .start()
        .await;
    assert_eq!(way(&got(rig.chat("open", "hi")).await), is("code", "matched"));
    // It does not say what it fails at, so it gets the plainest question once.
    assert_eq!(bad.requests().len(), 2);
}

#[tokio::test]
async fn embeddings_are_classified_by_their_first_text() {
    let (asked, answering) = (FaultUpstream::start().await.unwrap(), FaultUpstream::start().await.unwrap());
    let mut setup = Setup::new()
        .chat("router", &asked, "router-pick")
        .embeddings("a", &answering, "dim@8")
        .classifier("open", "inst_router", &[("code", "inst_a"), ("general", "inst_a")]);
    setup.configuration.balancers[0].spec.workload_kind =
        app::domain::config::instance::WorkloadKind::Embeddings;
    let rig = setup.start().await;
    let embed = |input| rig.post("/v1/embeddings", json!({ "model": "open", "input": input }).to_string());
    assert_eq!(way(&got(embed(json!(["some code", "x"]))).await), is("code", "matched"));
    assert_eq!(way(&got(embed(json!([[1, 2, 3]]))).await), is("general", "unsupported_input"));
}

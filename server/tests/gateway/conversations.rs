//! Conversations and responses that calls continue: whom they belong to, and what happens when their instance is gone.

use app::{domain::routing::health::HealthState, ports::DataPlane as _};
use fault_upstream::FaultUpstream;
use reqwest::Method;
use serde_json::{Value, json};

use crate::{
    raw_upstream::{RawUpstream, json_answer},
    rig::{Got, KEY, NARROW, Rig, Setup, calls, got},
};

async fn respond(rig: &Rig, key: &str, path: &str, mut body: Value) -> Got {
    body["model"] = json!("open");
    got(rig.post_as(key, path, body.to_string())).await
}

/// A call of a conversation.
async fn converse(rig: &Rig, key: &str, conversation: &Value) -> Got {
    respond(rig, key, "/v1/responses", json!({ "input": "hi", "conversation": conversation })).await
}

/// Two instances of one balancer, taken in turn.
async fn pair(models: [&str; 2]) -> ([FaultUpstream; 2], Setup) {
    let upstreams = [FaultUpstream::start().await.unwrap(), FaultUpstream::start().await.unwrap()];
    let setup = Setup::new()
        .chat("a", &upstreams[0], models[0])
        .chat("b", &upstreams[1], models[1])
        .group("both", &[("a", 1, 1), ("b", 1, 1)])
        .ordered("open", &[("only", "tg_both")]);
    (upstreams, setup)
}

/// The conversation, in the two forms that a body may name it.
fn forms(id: &str) -> [Value; 2] {
    [json!(id), json!({ "id": id })]
}

#[tokio::test]
async fn a_conversation_stays_with_the_instance_that_has_it() {
    let (_upstreams, setup) = pair(["ok", "ok"]).await;
    let rig = setup.start().await;
    for (number, stream) in [false, true, false, true].into_iter().enumerate() {
        let [first, ..] = forms(&format!("conv_{number}"));
        let body = json!({ "input": "hi", "conversation": first, "stream": stream });
        let begun = respond(&rig, KEY, "/v1/responses", body).await;
        assert_eq!((begun.status, begun.header("x-sb-reason")), (200, "ordered"), "it is routed as usual");
        for form in forms(&format!("conv_{number}")).iter().cycle().take(4) {
            let next = converse(&rig, KEY, form).await;
            let seen = (next.status, next.header("x-sb-reason"), next.header("x-sb-instance"));
            assert_eq!(seen, (200, "pinned", begun.header("x-sb-instance")), "{form}");
        }
        for path in ["/v1/responses/input_tokens", "/v1/responses/compact"] {
            let body = json!({ "input": "hi", "conversation": first });
            let counted = respond(&rig, KEY, path, body).await;
            let seen = (counted.header("x-sb-reason"), counted.header("x-sb-instance"));
            assert_eq!(seen, ("pinned", begun.header("x-sb-instance")), "{path}");
        }
    }
}

#[tokio::test]
async fn another_keys_conversation_is_not_found() {
    let (upstreams, setup) = pair(["ok", "ok"]).await;
    let rig = setup.start().await;
    converse(&rig, KEY, &json!("conv_1")).await;
    let before: usize = upstreams.iter().map(calls).sum();
    for form in forms("conv_1") {
        let taken = converse(&rig, NARROW, &form).await;
        assert_eq!((taken.status, taken.code().as_str()), (404, "response_not_found"), "{form}");
    }
    let body = json!({ "input": "hi", "conversation": "conv_1", "previous_response_id": "resp_unknown" });
    assert_eq!(respond(&rig, NARROW, "/v1/responses", body).await.status, 404, "beside another id too");
    assert_eq!(upstreams.iter().map(calls).sum::<usize>(), before, "none reached an upstream");
    assert_eq!(converse(&rig, NARROW, &json!("conv_2")).await.status, 200);
    assert_eq!(converse(&rig, KEY, &json!("conv_2")).await.status, 404, "whoever begins it has it");
}

#[tokio::test]
async fn an_empty_id_is_none() {
    let (_upstreams, setup) = pair(["ok", "ok"]).await;
    let rig = setup.start().await;
    let nothing = [json!(""), json!(" "), json!(null), json!({}), json!({ "id": "" }), json!({ "id": null })];
    for empty in &nothing {
        for key in [KEY, NARROW, KEY] {
            let answer = converse(&rig, key, empty).await;
            assert_eq!((answer.status, answer.header("x-sb-reason")), (200, "ordered"), "{empty}");
            let body = json!({ "input": "hi", "previous_response_id": empty });
            let answer = respond(&rig, key, "/v1/responses", body).await;
            assert_eq!(answer.header("x-sb-reason"), "ordered", "{empty}: it reaches an instance");
        }
    }
    let states = ["inst_a", "inst_b"].map(|id| rig.gateway.health(id).state);
    assert_eq!(states, [HealthState::Healthy; 2], "what an instance says to an empty id is not about itself");
}

#[tokio::test]
async fn an_unknown_conversation_fails_over_and_a_known_one_does_not() {
    let [a, b] = [FaultUpstream::start().await.unwrap(), FaultUpstream::start().await.unwrap()];
    let rig = Setup::new()
        .chat("a", &a, "fail-first-n@1")
        .chat("b", &b, "fail-after-n@1")
        .ordered("open", &[("main", "inst_a"), ("spare", "inst_b")])
        .start()
        .await;
    let begun = converse(&rig, KEY, &json!("conv_1")).await;
    assert_eq!((begun.status, begun.header("x-sb-instance")), (200, "inst_b"), "the other one has it now");
    let asked = calls(&a);
    for form in forms("conv_1") {
        let failed = converse(&rig, KEY, &form).await;
        assert_eq!((failed.status, failed.attempts()), (502, vec!["inst_b:bad_status:500".to_owned()]));
        assert_eq!(failed.header("x-sb-reason"), "pinned");
    }
    assert_eq!(calls(&a), asked, "the other one does not have it");
}

#[tokio::test]
async fn an_instance_that_does_not_know_a_conversation_is_not_harmed_and_does_not_get_it() {
    let lost = RawUpstream::start(|_| json_answer(404, &json!({ "error": { "message": "which?" } }))).await;
    let b = FaultUpstream::start().await.unwrap();
    let rig = Setup::new()
        .instance("a", &lost.origin, "m", |_| {})
        .chat("b", &b, "ok")
        .ordered("open", &[("main", "inst_a"), ("spare", "inst_b")])
        .start()
        .await;
    for number in 0..5 {
        for form in forms(&format!("conv_{number}")) {
            let refused = converse(&rig, KEY, &form).await;
            assert_eq!((refused.status, refused.code().as_str()), (404, "response_not_found"));
            assert_eq!(refused.header("x-sb-reason"), "ordered", "nobody has it");
        }
    }
    let state = rig.gateway.health("inst_a").state;
    assert!(!matches!(state, HealthState::Ejected | HealthState::Misconfigured), "{state:?}");
}

#[tokio::test]
async fn an_instance_without_the_api_is_passed_over_also_by_what_continues() {
    for status in [405, 501] {
        let ([a, _b], setup) = pair([&format!("no-responses@{status}"), "ok"]).await;
        let rig = setup.start().await;
        for number in 0..6 {
            let body = json!({ "input": number.to_string(), "conversation": format!("conv_{number}") });
            let answer = respond(&rig, KEY, "/v1/responses", body).await;
            let seen = (answer.status, answer.header("x-sb-instance"), answer.header("x-sb-attempts"));
            assert_eq!(seen, (200, "inst_b", "1"), "{status}");
        }
        assert_eq!(calls(&a), 3, "nothing is learned from such calls");
        let state = rig.gateway.health("inst_a").state;
        assert!(!matches!(state, HealthState::Ejected | HealthState::Misconfigured), "{state:?}");
    }
}

type Change = fn(&mut Setup, &str);

/// What takes an instance away from those that continue what it made.
fn taken_away() -> Vec<(&'static str, Change)> {
    fn member<'a>(setup: &'a mut Setup, id: &str) -> &'a mut app::domain::config::target_group::Member {
        let members = &mut setup.configuration.target_groups[0].spec.members;
        members.iter_mut().find(|it| it.instance_id.as_str() == id).unwrap()
    }
    vec![
        ("the instance is disabled", |setup, id| {
            let instances = &mut setup.configuration.instances;
            instances.iter_mut().find(|it| it.id.as_str() == id).unwrap().spec.enabled = false;
        }),
        ("the instance is deleted", |setup, id| {
            setup.configuration.instances.retain(|it| it.id.as_str() != id);
            setup.configuration.target_groups[0].spec.members.retain(|it| it.instance_id.as_str() != id);
        }),
        ("the member is disabled", |setup, id| member(setup, id).enabled = false),
        ("the member has no weight", |setup, id| member(setup, id).weight = 0),
    ]
}

#[tokio::test]
async fn what_continues_an_instance_that_is_gone_is_not_found_unless_a_route_is_forced() {
    for (case, take_away) in taken_away() {
        let (upstreams, setup) = pair(["ok", "ok"]).await;
        let rig = setup.clone().start().await;
        let begun = converse(&rig, KEY, &json!("conv_1")).await;
        let (id, maker) = (begun.json()["id"].clone(), begun.header("x-sb-instance").to_owned());
        let mut changed = setup.clone();
        take_away(&mut changed, &maker);
        rig.publish(&changed);
        let before: usize = upstreams.iter().map(calls).sum();
        let continuing = [
            json!({ "input": "on", "previous_response_id": id }),
            json!({ "input": "on", "conversation": "conv_1" }),
            json!({ "input": "on", "conversation": { "id": "conv_1" }, "stream": true }),
        ];
        for body in &continuing {
            for path in ["/v1/responses", "/v1/responses/input_tokens", "/v1/responses/compact"] {
                let refused = respond(&rig, KEY, path, body.clone()).await;
                let seen = (refused.status, refused.code());
                assert_eq!(seen, (404, "response_not_found".to_owned()), "{case}: {path}");
            }
        }
        for (method, rest) in [(Method::GET, ""), (Method::DELETE, ""), (Method::POST, "/cancel")] {
            let url = format!("{}/v1/responses/{}{rest}", rig.origin, id.as_str().unwrap());
            let refused = got(rig.client.request(method, url).bearer_auth(KEY)).await;
            assert_eq!((refused.status, refused.code().as_str()), (404, "response_not_found"), "{case}");
        }
        assert_eq!(upstreams.iter().map(calls).sum::<usize>(), before, "{case}");
        for mut body in continuing {
            body["model"] = json!("open");
            let call = rig.post("/v1/responses", body.to_string()).header("x-sb-route", "only");
            let forced = got(call).await;
            // The instance that is reached knows the conversation as little as the response, but takes it.
            let status = if body["conversation"].is_null() { 404 } else { 200 };
            let seen = (forced.status, forced.header("x-sb-reason"), forced.header("x-sb-attempts"));
            assert_eq!(seen, (status, "forced", "1"), "{case}");
            assert_ne!(forced.header("x-sb-instance"), maker, "{case}");
        }
        rig.publish(&setup);
        let back = converse(&rig, KEY, &json!("conv_1")).await;
        let seen = (back.status, back.header("x-sb-reason"), back.header("x-sb-instance"));
        assert_eq!(seen, (200, "pinned", maker.as_str()), "{case}, and comes back");
    }
}

#[tokio::test]
async fn what_another_route_leads_to_now_is_still_found() {
    let (_upstreams, setup) = pair(["ok", "ok"]).await;
    let rig = setup.clone().start().await;
    let begun = converse(&rig, KEY, &json!("conv_1")).await;
    let mut changed = setup;
    changed.configuration.balancers[0].spec.routes[0].name = "renamed".to_owned();
    rig.publish(&changed);
    let next = converse(&rig, KEY, &json!("conv_1")).await;
    let seen = (next.status, next.header("x-sb-route"), next.header("x-sb-instance"));
    assert_eq!(seen, (200, "renamed", begun.header("x-sb-instance")));
}

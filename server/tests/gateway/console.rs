//! The engine as the console uses it: dry runs, smoke tests, the playground, tests of instances.

use app::{
    domain::{
        console::{
            play::{DryRun, PlayCall, PlayEvent},
            view::SmokeRequest,
        },
        routing::{
            decision::{Excerpt, Reason},
            health::HealthState,
        },
    },
    ports::DataPlane as _,
    refusal::Refusal,
};
use fault_upstream::FaultUpstream;
use futures_util::StreamExt as _;
use serde_json::json;
use tokio::sync::mpsc;

use crate::rig::{Rig, SOON, Setup, calls, chat_body, got};

async fn rig(fault: &str) -> (FaultUpstream, FaultUpstream, Rig, Setup) {
    let (asked, answering) = (FaultUpstream::start().await.unwrap(), FaultUpstream::start().await.unwrap());
    let setup = Setup::new()
        .chat("router", &asked, "router@code")
        .chat("code", &answering, fault)
        .chat("general", &answering, "ok@2")
        .classifier("open", "inst_router", &[("code", "inst_code"), ("general", "inst_general")]);
    let rig = setup.clone().start().await;
    (asked, answering, rig, setup)
}

#[tokio::test]
async fn a_dry_run_shows_the_plan_and_changes_nothing() {
    let (asked, answering, rig, _) = rig("ok@2").await;
    for _ in 0..2 {
        let decision = rig.gateway.decide("sb_open", dry(&chat_body("open", "hi"))).await.unwrap();
        assert_eq!(
            (decision.route.as_str(), decision.reason),
            ("code", Reason::Matched),
            "never from a memory of its own"
        );
        let routes: Vec<_> = decision.candidates.iter().map(|it| it.route.as_str()).collect();
        assert_eq!(routes, ["code", "general"]);
        let router = decision.router.unwrap();
        assert_eq!(router.answer.as_deref(), Some("code"));
        assert!(router.messages.len() > 1 && router.ms > 0.0);
    }
    assert_eq!((calls(&asked), calls(&answering)), (2, 0));
    assert_eq!(rig.gateway.health("inst_router").state, HealthState::Unknown);
    assert!(rig.gateway.classified("inst_router").is_some(), "what it took is told all the same");
    assert!(rig.gateway.classified("inst_code").is_none());
    assert_eq!(got(rig.chat("open", "hi")).await.header("x-sb-reason"), "matched");
}

#[tokio::test]
async fn a_decision_tells_what_the_router_model_saw_of_a_text() {
    let (_asked, _answering, _, mut setup) = rig("ok@2").await;
    let (sender, mut records) = mpsc::channel(8);
    setup.records = Some(sender);
    let rig = setup.clone().start().await;
    let long = format!("HEAD {} TAIL", "x".repeat(20_000));
    for (prompt, seen) in
        [("hi", Excerpt { chars: 2, cut: false }), (&*long, Excerpt { chars: 8_000, cut: true })]
    {
        let decision = rig.gateway.decide("sb_open", dry(&chat_body("open", prompt))).await.unwrap();
        assert_eq!(decision.excerpt, Some(seen));
        let tried = rig.gateway.try_prompt(&setup.configuration.balancers[0].spec, prompt).await.unwrap();
        assert_eq!(tried.excerpt, Some(seen));
        let found: serde_json::Value = serde_json::to_value(&decision).unwrap();
        assert_eq!(found["excerpt"], json!({ "chars": seen.chars, "cut": seen.cut }));
        // The second call is cached.
        for reason in ["matched", "cached"] {
            assert_eq!(got(rig.chat("open", prompt)).await.header("x-sb-reason"), reason);
            let record = records.recv().await.unwrap();
            assert_eq!(record.decision.unwrap().excerpt, Some(seen), "{reason}");
        }
    }
    let forced = DryRun { route: Some("general".to_owned()), ..dry(&chat_body("open", &long)) };
    assert_eq!(rig.gateway.decide("sb_open", forced).await.unwrap().excerpt, None, "no text was read");
}

#[tokio::test]
async fn a_dry_run_reports_errors_in_its_request() {
    let (_asked, _answering, rig, _) = rig("ok").await;
    let unknown = rig.gateway.decide("sb_none", dry(&chat_body("open", "hi"))).await;
    assert!(matches!(unknown, Err(Refusal::NotFound { .. })));
    let Err(Refusal::Invalid(faults)) = rig.gateway.decide("sb_open", dry(&json!({}))).await else {
        panic!("a body without messages was taken");
    };
    assert_eq!(faults.iter().map(|it| it.path.as_str()).collect::<Vec<_>>(), ["model", "messages"]);

    let raw = |body: &str, route: Option<&str>| DryRun {
        api: None,
        body: body.as_bytes().to_vec(),
        route: route.map(str::to_owned),
    };
    let odd = r#"{"model":"open","messages":[{"role":"user","content":"hi \ud800"}],"seed":1e999}"#;
    assert_eq!(rig.gateway.decide("sb_open", raw(odd, None)).await.unwrap().route, "code");
    let forced = rig.gateway.decide("sb_open", raw(odd, Some("general"))).await.unwrap();
    assert_eq!((forced.route.as_str(), forced.reason), ("general", Reason::Forced));
    assert!(forced.router.is_none());
    let nowhere = rig.gateway.decide("sb_open", raw(odd, Some("nowhere"))).await;
    assert!(matches!(nowhere, Err(Refusal::Invalid(faults)) if faults[0].path == "route"));
    let twice = r#"{"model":"open","model":"open","messages":[]}"#;
    let twice = rig.gateway.decide("sb_open", raw(twice, None)).await;
    assert!(matches!(twice, Err(Refusal::Invalid(faults)) if faults.len() == 1 && faults[0].path == "model"));
    let broken = rig.gateway.decide("sb_open", raw("{\"model\":", None)).await;
    assert!(matches!(broken, Err(Refusal::Malformed(words)) if words.contains("line 1, column")));
}

fn dry(body: &serde_json::Value) -> DryRun {
    DryRun { api: None, body: body.to_string().into_bytes(), route: None }
}

#[tokio::test]
async fn an_unsaved_balancer_can_be_tried() {
    let (_asked, answering, rig, setup) = rig("ok@2").await;
    let mut draft = setup.configuration.balancers[0].spec.clone();
    draft.serving_name = "draft".to_owned();
    let decision = rig.gateway.try_prompt(&draft, "hi").await.unwrap();
    assert_eq!((decision.route.as_str(), calls(&answering)), ("code", 0));
    let report = rig.gateway.smoke_test_draft(&draft, SmokeRequest::default()).await.unwrap();
    assert_eq!((report.ok, report.route.as_str()), (true, "general"));
    let prompt = rig.gateway.router_prompt(&draft, "my prompt");
    assert!(prompt.iter().any(|it| it.content.contains("my prompt")));
}

#[tokio::test]
async fn a_smoke_test_calls_the_default_or_the_named_route() {
    let (_asked, answering, _, mut setup) = rig("500").await;
    let (sender, mut records) = mpsc::channel(8);
    setup.records = Some(sender);
    let rig = setup.start().await;
    let report = rig.gateway.smoke_test("sb_open", SmokeRequest::default()).await.unwrap();
    assert_eq!((report.ok, report.status, report.reason), (true, 200, Reason::Forced));
    assert_eq!((report.route.as_str(), report.instance_id.as_deref()), ("general", Some("inst_general")));
    assert!(report.answer.contains("ok from"), "{}", report.answer);
    let failed = rig.gateway.smoke_test("sb_open", smoke_route("code")).await.unwrap();
    assert_eq!((failed.ok, failed.status, failed.attempts.len()), (false, 502, 1));
    assert_eq!(failed.attempts[0].outcome, "bad_status");
    let unknown = rig.gateway.smoke_test("sb_open", smoke_route("nope")).await;
    assert!(matches!(unknown, Err(Refusal::Invalid(_))));
    assert_eq!(calls(&answering), 2);
    let kept: Vec<_> =
        std::iter::from_fn(|| records.try_recv().ok()).map(|it| (it.status, it.code)).collect();
    assert_eq!(kept, [(200, None), (502, Some("upstream_error")), (400, Some("route_not_found"))]);
}

fn smoke_route(route: &str) -> SmokeRequest {
    SmokeRequest { route: Some(route.to_owned()), api: None }
}

fn play(body: serde_json::Value, route: Option<&str>) -> PlayCall {
    PlayCall {
        balancer_id: "sb_open".to_owned(),
        route: route.map(str::to_owned),
        api: None,
        body: body.to_string(),
    }
}

#[tokio::test]
async fn the_playground_relays_a_stream_event_by_event() {
    let (_asked, _answering, rig, _) = rig("ok@3").await;
    let mut body = chat_body("open", "hi");
    body["stream"] = true.into();
    body["stream_options"] = json!({ "include_usage": true });
    let events: Vec<_> = rig.gateway.play(play(body, None)).await.unwrap().collect().await;
    assert!(matches!(&events[0], PlayEvent::Decision { decision } if decision.route == "code"));
    assert!(matches!(&events[1], PlayEvent::Started { instance_id, .. } if instance_id == "inst_code"));
    let text: String = events
        .iter()
        .filter_map(|it| if let PlayEvent::Text { text } = it { Some(text.as_str()) } else { None })
        .collect();
    assert_eq!(text, "w0 w1 w2");
    let Some(PlayEvent::Done { status: 200, attempts, tokens: Some(_), .. }) = events.last() else {
        panic!("{:?}", events.last());
    };
    assert_eq!(attempts[0].outcome, "ok");
}

#[tokio::test]
async fn the_playground_shows_plain_answers_and_failures() {
    let (_asked, _answering, rig, _) = rig("rst@1").await;
    let whole: Vec<_> =
        rig.gateway.play(play(chat_body("open", "hi"), Some("general"))).await.unwrap().collect().await;
    assert!(matches!(&whole[2], PlayEvent::Answer { body } if body.contains("ok from")));
    assert!(matches!(whole.last(), Some(PlayEvent::Done { status: 200, .. })));
    let failed: Vec<_> =
        rig.gateway.play(play(chat_body("open", "hi"), Some("code"))).await.unwrap().collect().await;
    assert!(
        matches!(failed.last(), Some(PlayEvent::Failed { status: 502, error, .. }) if error.contains("truncated"))
    );
    let mut body = chat_body("open", "hi");
    body["stream"] = true.into();
    let broken: Vec<_> = rig.gateway.play(play(body, Some("code"))).await.unwrap().collect().await;
    assert!(
        matches!(broken.last(), Some(PlayEvent::Failed { status: 200, error, .. }) if error.contains("upstream_error"))
    );
}

#[tokio::test]
async fn leaving_the_playground_cancels_its_call() {
    let (_asked, answering, rig, _) = rig("hang-headers").await;
    let mut events = rig.gateway.play(play(chat_body("open", "hi"), Some("code"))).await.unwrap();
    assert!(matches!(events.next().await, Some(PlayEvent::Decision { .. })));
    let waiting = tokio::spawn(async move { events.next().await });
    answering.wait_for(|log| log.len() == 1, SOON).await.unwrap();
    waiting.abort();
    answering.wait_for(|log| log[0].peer_left(), SOON).await.unwrap();
}

#[tokio::test]
async fn an_instance_test_reads_the_models_list_or_makes_a_call() {
    let upstream = FaultUpstream::start().await.unwrap();
    let closed = FaultUpstream::start().await.unwrap();
    let rig = Setup::new()
        .chat("well", &upstream, "ok")
        .chat("ill", &upstream, "401")
        .embeddings("vectors", &upstream, "dim@4")
        .chat("gone", &closed, "ok")
        .instance("never", "http://169.254.169.254/v1", "ok", |_| {})
        .start()
        .await;
    closed.stop().await;
    let test = async |id: &str, call| rig.gateway.test_instance(id, call).await.unwrap();
    assert!(test("inst_well", false).await.ok && test("inst_well", true).await.ok);
    assert!(test("inst_vectors", true).await.ok);
    assert_eq!(test("inst_ill", true).await.message, "It rejects the key. Enter a valid one.");
    for call in [false, true] {
        let gone = test("inst_gone", call).await;
        assert_eq!(
            (gone.ok, gone.message.as_str()),
            (false, "Nothing answers at its address. Check the base URL.")
        );
        assert!(test("inst_never", call).await.message.contains("egress"));
    }
    assert!(rig.gateway.test_instance("inst_none", false).await.is_err());
}

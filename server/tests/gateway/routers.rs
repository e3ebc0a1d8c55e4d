//! Router models that talk too much, take too little, or are slow while many wait.

use std::time::{Duration, Instant};

use fault_upstream::{FaultUpstream, Record};
use futures_util::future::join_all;
use serde_json::json;

use crate::rig::{Got, Rig, SOON, Setup, got};

/// A classifier `open` over a router that shows this fault, and `straight` without a router.
async fn rig(router: &str, budget_ms: u64) -> (FaultUpstream, FaultUpstream, Rig) {
    let (asked, answering) = (FaultUpstream::start().await.unwrap(), FaultUpstream::start().await.unwrap());
    let mut setup = Setup::new()
        .instance("router", &asked.base_url(), router, |it| it.timeouts.first_byte_ms = 60_000)
        .chat("code", &answering, "ok@3")
        .chat("general", &answering, "ok@3")
        .classifier("open", "inst_router", &[("code", "inst_code"), ("general", "inst_general")])
        .ordered("straight", &[("only", "inst_general")]);
    setup.configuration.balancers[0].spec.classifier.budget_ms = budget_ms;
    (asked, answering, setup.start().await)
}

fn way(answer: &Got) -> (&str, &str) {
    (answer.header("x-sb-route"), answer.header("x-sb-reason"))
}

#[tokio::test]
async fn an_answer_beyond_its_cap_is_cut_off_and_the_default_answers() {
    for fault in ["router-endless", "router-long@50000000"] {
        let (asked, _answering, rig) = rig(fault, 20_000).await;
        let began = Instant::now();
        let answer = got(rig.chat("open", "hi")).await;
        assert_eq!((answer.status, way(&answer)), (200, ("general", "invalid_answer")), "{fault}");
        assert!(began.elapsed() < Duration::from_secs(5), "{fault}: {:?}", began.elapsed());
        let log = asked.wait_for(|log| log.iter().all(Record::peer_left), SOON).await.unwrap();
        assert_eq!(log.len(), 1, "{fault}: it is not asked again");
        // We read 8 KiB; the rest was on the way in the buffers of two sockets.
        assert!(log[0].bytes_written < 32 * 1024 * 1024, "{fault}: {} bytes", log[0].bytes_written);
    }
}

#[tokio::test]
async fn of_a_long_prompt_the_router_gets_both_ends() {
    let (asked, answering, rig) = rig("400-over@40000+router@code", 20_000).await;
    // About 200 000 tokens.
    let prompt = format!("HEAD of it {} TAIL of it", "and so on ".repeat(80_000));
    let answer = got(rig.chat("open", &prompt)).await;
    assert_eq!((answer.status, way(&answer)), (200, ("code", "matched")));
    let log = asked.requests();
    let body = String::from_utf8(log[0].body.to_vec()).unwrap();
    assert!(log.len() == 1 && body.len() < 40_000, "{} bytes", body.len());
    assert!(body.contains("HEAD of it") && body.contains("TAIL of it"));
    assert!(answering.requests()[0].body.len() > prompt.len(), "the destination gets all of it");
}

#[tokio::test]
async fn of_parts_the_router_gets_the_text_alone() {
    let (asked, _answering, rig) = rig("400-over@40000+router@code", 20_000).await;
    let image = format!("data:image/png;base64,{}", "QUJD".repeat(250_000));
    let content = json!([
        { "type": "image_url", "image_url": { "url": image } },
        { "type": "text", "text": "What does this code do?" },
    ]);
    let body = json!({ "model": "open", "messages": [{ "role": "user", "content": content }] });
    let answer = got(rig.post("/v1/chat/completions", body.to_string())).await;
    assert_eq!((answer.status, way(&answer)), (200, ("code", "matched")));
    let body = String::from_utf8(asked.requests()[0].body.to_vec()).unwrap();
    assert!(body.contains("What does this code do?") && !body.contains("data:image"));
}

/// The most calls that were under way at once.
fn most_at_once(log: &[Record]) -> usize {
    let under_way = |at: Instant| {
        let runs = |it: &&Record| it.started <= at && it.ended_at.is_none_or(|end| end > at);
        log.iter().filter(runs).count()
    };
    log.iter().map(|it| under_way(it.started)).max().unwrap_or_default()
}

#[tokio::test]
async fn a_slow_router_under_load_delays_nobody_elses_calls() {
    let (asked, _answering, rig) = rig("hang-headers", 4_000).await;
    let slow = async {
        let calls = (0..150).map(|at| got(rig.chat("open", &format!("number {at}"))));
        join_all(calls).await
    };
    let beside = async {
        asked.wait_for(|log| log.len() >= 64, SOON).await.unwrap();
        for _ in 0..20 {
            assert_eq!(got(rig.chat("straight", "hi")).await.status, 200);
        }
        let ended = asked.find(|it| it.ended.is_some()).len();
        assert_eq!(ended, 0, "the others went by while all router calls waited");
    };
    let (answers, ()) = tokio::join!(slow, beside);
    for answer in &answers {
        assert_eq!((answer.status, answer.header("x-sb-route")), (200, "general"));
        assert!(["router_timeout", "router_open"].contains(&answer.header("x-sb-reason")));
    }
    assert!(most_at_once(&asked.requests()) <= 64);
    // Its breaker is open now: nobody waits for it any more.
    let before = asked.requests().len();
    assert_eq!(way(&got(rig.chat("open", "one more")).await), ("general", "router_open"));
    assert_eq!(asked.requests().len(), before);
}

#[tokio::test]
async fn a_prompt_that_the_router_refuses_harms_no_other_prompt() {
    // Each stands for one client's prompts: too long for the router's context, or stopped by a content filter.
    let (asked, _answering, rig) = rig("400-over@4000+router@code", 20_000).await;
    let health = || app::ports::DataPlane::health(&*rig.gateway, "inst_router").state;
    for at in 0..8 {
        let prompt = format!("{at} {}", "and so on ".repeat(500));
        let answer = got(rig.chat("open", &prompt)).await;
        assert_eq!((answer.status, way(&answer)), (200, ("general", "invalid_answer")));
    }
    for at in 0..2 {
        assert_eq!(way(&got(rig.chat("open", &format!("short {at}"))).await), ("code", "matched"));
    }
    let log = asked.requests();
    let with_schema = |it: &Record| it.json().unwrap().get("response_format").is_some();
    assert!(log[log.len() - 2..].iter().all(with_schema), "the schema was never what was refused");
    assert_eq!(health(), app::domain::routing::health::HealthState::Healthy);
}

#[tokio::test]
async fn an_answer_that_says_nothing_is_no_sign_of_a_dead_router() {
    for nothing in [json!(null), json!(""), json!(7), json!([]), json!({}), json!([{ "type": "thinking" }])] {
        let said = nothing.clone();
        let router = crate::gateway::hostile::upstream::Upstream::start(move |asked| {
            let user = asked["messages"][1]["content"].as_str().unwrap();
            if user.contains("silent") { said.clone() } else { json!("code") }
        });
        let (router, answering) = (router.await, FaultUpstream::start().await.unwrap());
        let rig = Setup::new()
            .instance("router", &router.base_url, "m", |_| {})
            .chat("code", &answering, "ok")
            .chat("general", &answering, "ok")
            .classifier("open", "inst_router", &[("code", "inst_code"), ("general", "inst_general")])
            .start()
            .await;
        for at in 0..8 {
            let answer = got(rig.chat("open", &format!("silent {at}"))).await;
            assert_eq!(way(&answer), ("general", "invalid_answer"), "{nothing}");
        }
        assert_eq!(way(&got(rig.chat("open", "speak")).await), ("code", "matched"), "{nothing}");
        let health = app::ports::DataPlane::health(&*rig.gateway, "inst_router");
        assert_eq!(health.state, app::domain::routing::health::HealthState::Healthy, "{nothing}");
    }
}

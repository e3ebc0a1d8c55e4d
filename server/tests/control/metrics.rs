//! What Prometheus reads.

use std::{collections::BTreeMap, time::Instant};

use reqwest::Method;
use serde_json::json;

use super::desk::{ANSWER, Desk, PROMPT, SOON, UPSTREAM_KEY};
use crate::console::{TOKEN, TestServer};

async fn text(server: &TestServer) -> String {
    let answer = server.send(server.bare(Method::GET, "/metrics").bearer_auth(TOKEN)).await;
    assert_eq!(answer.status, 200);
    answer.text
}

/// Every series and its value.
async fn read(server: &TestServer) -> BTreeMap<String, f64> {
    let text = text(server).await;
    let lines = text.lines().filter(|it| !it.starts_with('#'));
    lines
        .map(|it| it.rsplit_once(' ').unwrap())
        .map(|(name, value)| (name.to_owned(), value.parse().unwrap()))
        .collect()
}

/// Waits until these series have these values.
async fn settles_at(server: &TestServer, expected: &[(&str, f64)]) {
    let begun = Instant::now();
    loop {
        let seen = read(server).await;
        let missing: Vec<_> =
            expected.iter().filter(|(name, value)| seen.get(*name) != Some(value)).collect();
        if missing.is_empty() {
            return;
        }
        assert!(begun.elapsed() < SOON, "{missing:#?} are not in {seen:#?}");
        tokio::time::sleep(std::time::Duration::from_millis(20)).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_call_updates_its_metrics() {
    let server = TestServer::start().await;
    let desk = Desk::open(&server).await;
    desk.balancer("shaky", "500", true).await;
    desk.balancer("cut", "fin-early@3", false).await;
    let usage = json!({ "stream": true, "stream_options": { "include_usage": true } });
    for number in 0..3 {
        // A body that fails again counts once.
        let mut call = usage.clone();
        call["user"] = json!(number.to_string());
        assert_eq!(desk.send("shaky", call).await.status, 200);
    }
    // Its connection closes behind it, so that nothing else may go by it.
    server.send(desk.call("cut", json!({ "stream": true })).header("connection", "close")).await;
    desk.send("nowhere", json!({})).await;
    settles_at(
        &server,
        &[
            (r#"smart_balancer_calls_total{balancer="sb_shaky",api="chat_completions",route="all",reason="ordered",status="2xx"}"#, 3.0),
            (r#"smart_balancer_calls_total{balancer="",api="chat_completions",route="",reason="",status="4xx"}"#, 1.0),
            (r#"smart_balancer_attempts_total{instance_id="inst_shaky",outcome="bad_status"}"#, 3.0),
            (r#"smart_balancer_attempts_total{instance_id="inst_good",outcome="ok"}"#, 3.0),
            (r#"smart_balancer_attempts_total{instance_id="inst_cut",outcome="truncated"}"#, 1.0),
            (r#"gen_ai_server_request_duration_seconds_count{gen_ai_operation_name="chat",gen_ai_request_model="shaky",error_type=""}"#, 3.0),
            (r#"gen_ai_server_request_duration_seconds_count{gen_ai_operation_name="chat",gen_ai_request_model="cut",error_type="upstream_error"}"#, 1.0),
            (r#"gen_ai_server_time_to_first_token_seconds_count{gen_ai_operation_name="chat",gen_ai_request_model="shaky"}"#, 3.0),
            (r#"gen_ai_client_operation_duration_seconds_count{instance_id="inst_good",outcome="ok"}"#, 3.0),
            (r#"gen_ai_client_token_usage_count{gen_ai_operation_name="chat",gen_ai_request_model="shaky",gen_ai_token_type="output"}"#, 3.0),
            (r#"gen_ai_client_token_usage_sum{gen_ai_operation_name="chat",gen_ai_request_model="shaky",gen_ai_token_type="output"}"#, 15.0),
            (r#"smart_balancer_instance_health{instance_id="inst_shaky",state="ejected"}"#, 1.0),
            (r#"smart_balancer_instance_health{instance_id="inst_shaky",state="healthy"}"#, 0.0),
            (r#"smart_balancer_instance_health{instance_id="inst_good",state="healthy"}"#, 1.0),
            (r#"smart_balancer_ejections_total{instance_id="inst_shaky"}"#, 1.0),
            (r#"smart_balancer_instance_calls_in_flight{instance_id="inst_good"}"#, 0.0),
            ("smart_balancer_request_log_written_total", 5.0),
            ("smart_balancer_request_log_dropped_total", 0.0),
            ("smart_balancer_request_log_waiting", 0.0),
            ("smart_balancer_calls_in_flight", 0.0),
            ("smart_balancer_streams_in_flight", 0.0),
        ],
    )
    .await;
    let seen = read(&server).await;
    assert!(
        seen["smart_balancer_connections_open"] >= 1.0 && seen["smart_balancer_configuration_version"] >= 6.0
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn router_calls_and_cached_decisions_are_measured() {
    let server = TestServer::start().await;
    let desk = Desk::open(&server).await;
    desk.classifier("desk", "router@code").await;
    for _ in 0..2 {
        desk.send("desk", json!({})).await;
    }
    settles_at(
        &server,
        &[
            (r#"smart_balancer_router_duration_seconds_count{balancer="sb_desk",outcome="matched"}"#, 1.0),
            (
                r#"smart_balancer_calls_total{balancer="sb_desk",api="chat_completions",route="code",reason="cached",status="2xx"}"#,
                1.0,
            ),
            ("smart_balancer_decision_cache_entries", 1.0),
            ("smart_balancer_decision_cache_hits_total", 1.0),
            ("smart_balancer_decision_cache_misses_total", 1.0),
            ("smart_balancer_decision_cache_evictions_total", 0.0),
            ("smart_balancer_conversations", 1.0),
        ],
    )
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn running_calls_are_counted_until_they_end() {
    let server = TestServer::start().await;
    let desk = Desk::open(&server).await;
    desk.balancer("stalled", "stall@3", false).await;
    let mut answer = desk.call("stalled", json!({ "stream": true })).send().await.unwrap();
    assert!(answer.chunk().await.unwrap().is_some());
    let instance = r#"smart_balancer_instance_calls_in_flight{instance_id="inst_stalled"}"#;
    let under_way = ["smart_balancer_calls_in_flight", "smart_balancer_streams_in_flight", instance];
    settles_at(&server, &under_way.map(|it| (it, 1.0))).await;
    drop(answer);
    settles_at(&server, &under_way.map(|it| (it, 0.0))).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn oversized_bodies_are_counted() {
    let mut home = crate::console::Home::new();
    home.settings.max_body_bytes = 1_024;
    let server = home.start().await;
    let desk = Desk::open(&server).await;
    assert_eq!(desk.send("nowhere", json!({ "user": "x".repeat(2_000) })).await.status, 413);
    settles_at(&server, &[(r#"smart_balancer_bodies_refused_total{limit="too_large"}"#, 1.0)]).await;
    // The control plane's own bound, which is not the one of calls.
    let large = json!({ "name": "x".repeat(9 << 20) });
    assert_eq!(server.post("/instances", &large).await.status, 413);
    let form = server.form("sign_in", &[("form[name]", "x".repeat(9 << 20).as_str())]);
    assert_eq!(server.send(form).await.status, 413);
    settles_at(&server, &[(r#"smart_balancer_bodies_refused_total{limit="too_large"}"#, 3.0)]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn labels_contain_nothing_chosen_by_callers() {
    let server = TestServer::start().await;
    let desk = Desk::open(&server).await;
    desk.balancer("plain", "ok@5", false).await;
    desk.send("plain", json!({ "user": PROMPT })).await;
    desk.send("canary-model", json!({})).await;
    server.send(desk.call("plain", json!({})).header("x-sb-route", "canary-route")).await;
    settles_at(&server, &[("smart_balancer_request_log_written_total", 3.0)]).await;
    let text = text(&server).await;
    for secret in [
        PROMPT,
        ANSWER,
        UPSTREAM_KEY,
        &desk.key,
        &desk.key_id,
        &desk.upstream.base_url(),
        "canary",
        "req_",
        "dec_",
    ] {
        assert!(!text.contains(secret), "{secret}: {text}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_metrics_text_is_valid() {
    let server = TestServer::start().await;
    let desk = Desk::open(&server).await;
    desk.balancer("plain", "ok@5", false).await;
    desk.send("plain", json!({})).await;
    settles_at(&server, &[("smart_balancer_request_log_written_total", 1.0)]).await;
    let plain = text(&server).await;
    let accept = "application/openmetrics-text;version=1.0.0,text/plain;version=0.0.4;q=0.5";
    let asked = server.bare(Method::GET, "/metrics").bearer_auth(TOKEN).header("accept", accept);
    let open = server.send(asked).await;
    assert!(open.header("content-type").starts_with("application/openmetrics-text"));
    assert!(open.text.ends_with("\n# EOF\n"));
    // In the older format a counter is declared by the name of its samples; OpenMetrics leaves the suffix out.
    assert!(open.text.contains("# TYPE smart_balancer_calls counter\n"));
    assert!(plain.contains("# TYPE smart_balancer_calls_total counter\n"), "{plain}");
    assert!(plain.contains("# HELP smart_balancer_calls_total Calls by"), "{plain}");
    assert!(!plain.contains("# UNIT") && !plain.contains("# EOF"));
    let samples = |text: &str| text.lines().filter(|it| !it.starts_with('#')).count();
    assert_eq!(samples(&plain), samples(&open.text));
    let text = open.text;
    let mut types = BTreeMap::new();
    let mut series = std::collections::BTreeSet::new();
    for line in text.lines() {
        if let Some(declared) = line.strip_prefix("# TYPE ") {
            let (name, kind) = declared.split_once(' ').unwrap();
            assert!(types.insert(name.to_owned(), kind.to_owned()).is_none(), "{name} twice");
        } else if !line.starts_with('#') {
            let (name, value) = line.rsplit_once(' ').unwrap();
            assert!(value.parse::<f64>().is_ok(), "{line}");
            assert!(series.insert(name), "{name} twice");
            let metric = name.split('{').next().unwrap();
            let base = ["_total", "_count", "_sum", "_bucket"].iter().find_map(|it| metric.strip_suffix(it));
            assert!(types.contains_key(base.unwrap_or(metric)), "{line}");
            assert!(metric.starts_with("smart_balancer_") || metric.starts_with("gen_ai_"), "{line}");
        }
    }
    assert!(types.len() >= 25, "{types:?}");
    // Prometheus calls the place that it reads from `instance`; nothing else may be called so.
    assert!(!text.contains("{instance=") && !text.contains(",instance="));
}

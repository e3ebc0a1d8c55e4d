//! The report as a process: its output and exit status, and that a gateway without upstream calls passes nothing.
#![expect(clippy::unwrap_used, reason = "tests")]

use std::process::{Command, Output};

use fault_upstream::FaultUpstream;
use serde_json::Value;
use tokio::task::{JoinSet, spawn_blocking};

async fn report(arguments: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_fault-upstream"));
    command.arg("report").args(arguments);
    spawn_blocking(move || command.output()).await.unwrap().unwrap()
}

#[tokio::test]
async fn the_plan_lists_each_model_once_with_legal_names() {
    let output = report(&["--print-plan", "--json"]).await;
    let plan: Vec<Value> = serde_json::from_slice(&output.stdout).unwrap();
    assert!(output.status.success() && plan.len() > 100, "{}", plan.len());
    assert_eq!(plan[0]["model"], "fault-ok");
    assert_eq!(plan[0]["first"]["base_url"], "http://127.0.0.1:4100/v1");
    assert_eq!(plan[0]["second"]["model"], "ok");
    let words = String::from_utf8(report(&["--print-plan"]).await.stdout).unwrap();
    assert_eq!(words.lines().filter(|line| line.starts_with("fault-")).count(), plan.len());
}

#[tokio::test]
async fn a_gateway_that_calls_no_upstream_passes_nothing() {
    // It answers every call correctly, but by itself.
    let gateway = FaultUpstream::start().await.unwrap();
    let mut reports = JoinSet::new();
    for only in ["ok", "rst", "40", "50", "embeddings", "stale", "cut"] {
        let url = gateway.base_url();
        reports.spawn(async move { (only, report(&[&url, "--port", "0", "--json", "--only", only]).await) });
    }
    while let Some(reported) = reports.join_next().await {
        let (only, output) = reported.unwrap();
        let report: Value = serde_json::from_slice(&output.stdout).unwrap();
        assert_eq!(output.status.code(), Some(1), "{only}");
        assert_eq!(report["passed"], 0, "{only}: {report:#}");
        assert_eq!(report["failed"], report["faults"].as_array().unwrap().len(), "{only}");
    }
    let output = report(&[&gateway.base_url(), "--port", "0", "--only", "rst@40"]).await;
    let lines = String::from_utf8(output.stdout).unwrap();
    assert!(lines.starts_with("FAIL  rst@40  expected: fails over"), "{lines}");
    assert!(lines.contains("\n0 passed, "), "{lines}");
}

#[tokio::test]
async fn an_unusable_gateway_is_an_error_and_not_a_failed_report() {
    for (arguments, words) in [
        (&["https://127.0.0.1/v1"][..], "plain HTTP"),
        (
            &["http://127.0.0.1:1/v1", "--port", "0", "--setup", "smart-balancer", "--admin-token", "x"],
            "reached",
        ),
    ] {
        let output = report(arguments).await;
        assert_eq!(output.status.code(), Some(2), "{words}");
        assert!(String::from_utf8(output.stderr).unwrap().contains(words), "{words}");
    }
}

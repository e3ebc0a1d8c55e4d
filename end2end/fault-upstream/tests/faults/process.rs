//! The binary: its output, its help, and SIGKILL.
#![expect(clippy::unwrap_used, reason = "tests")]

use std::{
    io::{BufRead, BufReader},
    process::{Command, Stdio},
};

use crate::client::{Client, End, chat, exchange, post};

const BINARY: &str = env!("CARGO_BIN_EXE_fault-upstream");

#[tokio::test]
async fn the_binary_prints_its_address_and_serves_until_it_is_killed() {
    let mut process = Command::new(BINARY)
        .args(["--listen", "127.0.0.1:0", "--name", "a", "--model-delay", "1"])
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut line = String::new();
    BufReader::new(process.stdout.take().unwrap()).read_line(&mut line).unwrap();
    let address = line.trim_end().strip_prefix("http://").unwrap().parse().unwrap();
    let received = exchange(address, &chat("ok", false)).await;
    assert_eq!(received.json()["choices"][0]["message"]["content"], "ok from a: 1");

    let mut client = Client::connect(address).await;
    let body = serde_json::json!({ "model": "stall@3", "stream": true });
    client.send(&post("/v1/chat/completions", "", &body)).await;
    client.read_at_least(500).await;
    process.kill().unwrap();
    process.wait().unwrap();
    // The kernel closes the connection cleanly, because nothing was left unread.
    let received = client.read_to_end().await;
    assert_eq!(received.end, End::Fin);
    assert!(!received.body().1);
}

#[test]
fn help_documents_every_fault_and_an_unknown_one_is_refused() {
    let help = Command::new(BINARY).arg("--help").output().unwrap();
    let help = String::from_utf8(help.stdout).unwrap();
    for name in fault_upstream::fault_names() {
        assert!(help.contains(name), "{name}");
    }
    let refused = Command::new(BINARY).args(["--fault", "typo"]).output().unwrap();
    assert!(!refused.status.success());
}

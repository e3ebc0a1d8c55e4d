//! What the real program takes of memory while nothing is called: after its start, a crowd, and a long body.

use std::{
    io::{BufRead as _, BufReader},
    path::Path,
    process::{Child, Command, Stdio},
    time::{Duration, Instant},
};

use fault_upstream::FaultUpstream;
use futures_util::future::join_all;
use reqwest::Method;
use serde_json::{Value, json};

use super::samples::{balancer, instance, with};
use crate::console::{TOKEN, client};

/// Memory of its own that the program may have while nothing is called, in KiB, on two processors; a third more than was
/// measured of a debug build. The hash of one password takes 19 MiB.
const IDLE: u64 = 12 * 1024;
/// What it may have after a crowd and a long body: a quarter more than was measured.
const AFTERWARDS: u64 = 30 * 1024;
/// What each further processor may add, whose thread has a heap of its own.
const PROCESSOR: u64 = 512;
/// Calls at once.
const CROWD: usize = 256;
const LONG_BODY: usize = 30 << 20;
/// Time until memory that is not used any more is given back.
const SOON: Duration = Duration::from_secs(20);

/// The real program. Its child process ends with it.
struct Program {
    base: String,
    child: Child,
    client: reqwest::Client,
}

impl Program {
    fn start(data_dir: &Path) -> Self {
        let mut child = Command::new(env!("CARGO_BIN_EXE_smart-balancer"))
            .args(["serve", "--listen", "127.0.0.1:0", "--data-dir"])
            .arg(data_dir)
            .env("SMART_BALANCER_ADMIN_TOKEN", TOKEN)
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut greeting = String::new();
        BufReader::new(child.stdout.as_mut().unwrap()).read_line(&mut greeting).unwrap();
        let base = greeting.split_once(" is at ").unwrap().1.trim().to_owned();
        Self { base, child, client: client() }
    }

    async fn send(&self, key: &str, path: &str, body: String) -> Value {
        let request = self.client.request(Method::POST, format!("{}{path}", self.base)).bearer_auth(key);
        let answer = request.header("content-type", "application/json").body(body).send().await.unwrap();
        let (status, text) = (answer.status(), answer.text().await.unwrap());
        assert!(status.is_success(), "{path}: {status} {text}");
        serde_json::from_str(&text).unwrap()
    }

    async fn make(&self, path: &str, body: &Value) -> Value {
        self.send(TOKEN, &format!("/api/v1{path}"), body.to_string()).await
    }

    /// Its anonymous memory, in KiB.
    fn memory(&self) -> u64 {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.child.id())).unwrap();
        let line = status.lines().find_map(|it| it.strip_prefix("RssAnon:")).unwrap();
        line.split_whitespace().next().unwrap().parse().unwrap()
    }

    /// Waits until its memory is below a bound for two processors.
    async fn shrinks_below(&self, bound: u64) {
        let processors = std::thread::available_parallelism().unwrap().get() as u64;
        let bound = bound + PROCESSOR * processors.saturating_sub(2);
        let began = Instant::now();
        while self.memory() > bound {
            assert!(began.elapsed() < SOON, "{} KiB, more than {bound}", self.memory());
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    }
}

impl Drop for Program {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_quiet_program_is_small_and_gives_back_what_it_used() {
    let folder = tempfile::tempdir().unwrap();
    let program = Program::start(&folder.path().join("data"));
    program.shrinks_below(IDLE).await;

    let upstream = FaultUpstream::start().await.unwrap();
    let made = with(instance("a"), json!({ "base_url": upstream.base_url(), "model": "ok" }));
    let made = program.make("/instances", &made).await;
    program.make("/smart-balancers", &balancer("open", made["id"].as_str().unwrap())).await;
    let key = program.make("/api-keys", &json!({ "name": "crowd" })).await;
    let key = key["key"].as_str().unwrap();
    let call = async |text: &str| {
        let body = json!({ "model": "open", "messages": [{ "role": "user", "content": text }] });
        program.send(key, "/v1/chat/completions", body.to_string()).await
    };
    for _ in 0..8 {
        join_all((0..CROWD).map(|_| call("hi"))).await;
    }
    program.shrinks_below(AFTERWARDS).await;
    call(&"x".repeat(LONG_BODY)).await;
    program.shrinks_below(AFTERWARDS).await;
}

//! Secrets in the real program with all of its logging on: what goes in by every door, and is then looked for in
//! everything that comes out and everything that stays.

use std::{
    io::{BufRead as _, BufReader, Read as _},
    process::{Child, Command, Stdio},
    sync::{Arc, Mutex},
    thread::{self, JoinHandle},
};

use base64::{Engine as _, prelude::BASE64_STANDARD_NO_PAD};
use reqwest::Method;
use serde_json::{Value, json};
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpListener,
};

use super::samples::{instance, with};

const PASSWORD: &str = "canary-password-Zq81xLw0";
const WRONG: &str = "canary-wrong-password-Yt52";
const TOKEN: &str = "canary-admin-token-0123456789-Kp37vRn4";
const UPSTREAM: &str = "sk-canary-upstream-Hd64bQm9-tail";
const HEADER: &str = "canary-header-value-Wn29tGx5";
const PROMPT: &str = "canary prompt Jx83";
const MASTER: &str = "c0ffee00c0ffee11c0ffee22c0ffee33c0ffee44c0ffee55c0ffee66c0ffee77";

/// The real program.
struct Program {
    base: String,
    child: Child,
    /// Everything that it printed, once both pipes are closed.
    printed: Vec<JoinHandle<Vec<u8>>>,
    client: reqwest::Client,
    /// Every answer, heads and bodies.
    answered: Mutex<Vec<u8>>,
}

impl Program {
    fn start(data_dir: &std::path::Path) -> Self {
        let mut child = Command::new(env!("CARGO_BIN_EXE_smart-balancer"))
            .args(["serve", "--demo", "--listen", "127.0.0.1:0", "--data-dir"])
            .arg(data_dir)
            .env("SMART_BALANCER_LOG", "trace")
            .env("SMART_BALANCER_ADMIN_PASSWORD", PASSWORD)
            .env("SMART_BALANCER_ADMIN_TOKEN", TOKEN)
            .env("SMART_BALANCER_MASTER_KEY", MASTER)
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let mut lines = BufReader::new(child.stdout.take().unwrap());
        let mut errors = child.stderr.take().unwrap();
        let mut printed = Vec::new();
        printed.push(thread::spawn(move || {
            let mut bytes = Vec::new();
            errors.read_to_end(&mut bytes).unwrap();
            bytes
        }));
        let mut greeting = String::new();
        while !greeting.contains("/sign-in") {
            assert!(lines.read_line(&mut greeting).unwrap() > 0, "{greeting}");
        }
        let base = greeting.split_once(" is at ").unwrap().1.lines().next().unwrap().to_owned();
        printed.push(thread::spawn(move || {
            let mut bytes = Vec::new();
            lines.read_to_end(&mut bytes).unwrap();
            bytes
        }));
        Self { base, child, printed, client: crate::console::client(), answered: Mutex::default() }
    }

    fn request(&self, method: Method, path: &str) -> reqwest::RequestBuilder {
        self.client.request(method, format!("{}{path}", self.base))
    }

    async fn send(&self, request: reqwest::RequestBuilder) -> (u16, reqwest::header::HeaderMap, String) {
        let answer = request.send().await.unwrap();
        let (status, headers) = (answer.status().as_u16(), answer.headers().clone());
        let body = answer.bytes().await.unwrap();
        let mut answered = self.answered.lock().unwrap();
        answered.extend(format!("{headers:?}\n").bytes());
        answered.extend(&body);
        (status, headers, String::from_utf8_lossy(&body).into_owned())
    }

    async fn rest(&self, method: Method, path: &str, body: &Value) -> Value {
        let request = self.request(method, &format!("/api/v1{path}")).bearer_auth(TOKEN);
        let request = request.header("content-type", "application/json").body(body.to_string());
        serde_json::from_str(&self.send(request).await.2).unwrap_or_default()
    }

    async fn form(&self, cookie: &str, function: &str, fields: &[(&str, &str)]) -> (u16, String, String) {
        let body = url::form_urlencoded::Serializer::new(String::new()).extend_pairs(fields).finish();
        let request = self
            .request(Method::POST, &format!("/fn/{function}"))
            .header("content-type", "application/x-www-form-urlencoded")
            .header("accept", "text/html")
            .header("origin", &self.base)
            .header("cookie", cookie)
            .body(body);
        let (status, headers, _) = self.send(request).await;
        let header = |name| headers.get(name).map(|it| it.to_str().unwrap().to_owned()).unwrap_or_default();
        (status, header("set-cookie"), header("location"))
    }

    async fn page(&self, cookie: &str, path: &str) -> String {
        let request = self.request(Method::GET, path).header("accept", "text/html").header("cookie", cookie);
        self.send(request).await.2
    }

    /// Ends it; answers with what it printed and what it was asked for.
    fn end(mut self) -> (Vec<u8>, Vec<u8>) {
        let id = self.child.id().to_string();
        assert!(Command::new("kill").args(["-TERM", &id]).status().unwrap().success());
        self.child.wait().unwrap();
        let printed = self.printed.drain(..).flat_map(|it| it.join().unwrap()).collect();
        let answered = std::mem::take(&mut *self.answered.lock().unwrap());
        (printed, answered)
    }
}

impl Drop for Program {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// An upstream that repeats the key that it was called with in whatever it says; the path decides what that is.
async fn repeating_upstream() -> (String, Arc<Mutex<usize>>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let base = format!("http://{}", listener.local_addr().unwrap());
    let calls = Arc::<Mutex<usize>>::default();
    let counted = Arc::clone(&calls);
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            let counted = Arc::clone(&counted);
            tokio::spawn(async move {
                let mut bytes = vec![0; 16 * 1024];
                let read = stream.read(&mut bytes).await.unwrap_or(0);
                let asked = String::from_utf8_lossy(&bytes[..read]).into_owned();
                *counted.lock().unwrap() += usize::from(asked.contains(UPSTREAM) && asked.contains(HEADER));
                let status = ["400", "401", "429", "500", "302"]
                    .into_iter()
                    .find(|it| asked.contains(&format!("/{it}/")));
                let status = status.unwrap_or("200");
                let body = json!({ "error": { "message": format!("bad key {UPSTREAM} of {HEADER}"), "type": UPSTREAM } })
                    .to_string();
                let head = format!(
                    "HTTP/1.1 {status} Whatever\r\ncontent-type: application/json\r\nx-echo: {UPSTREAM}{HEADER}\r\nserver: {HEADER}\r\nlocation: /{UPSTREAM}\r\n\
                     content-length: {}\r\nconnection: close\r\n\r\n{body}",
                    body.len()
                );
                let _ = stream.write_all(head.as_bytes()).await;
            });
        }
    });
    (base, calls)
}

/// Where a text is, plainly or in base64 (in any alignment) or hex.
fn hits(haystack: &[u8], secret: &str) -> usize {
    let holds = |needle: &[u8]| haystack.windows(needle.len()).filter(|it| *it == needle).count();
    let encoded = (0..3).map(|shift| {
        let text = BASE64_STANDARD_NO_PAD.encode(format!("{}{secret}", "x".repeat(shift)));
        holds(&text.as_bytes()[4..text.len() - 4])
    });
    let hex: String = secret.bytes().map(|byte| format!("{byte:02x}")).collect();
    holds(secret.as_bytes()) + encoded.sum::<usize>() + holds(hex.as_bytes())
}

#[tokio::test(flavor = "multi_thread")]
async fn secrets_appear_only_where_they_belong() {
    let folder = tempfile::tempdir().unwrap();
    let data_dir = folder.path().join("data");
    let program = Program::start(&data_dir);
    let (upstream, calls) = repeating_upstream().await;

    // People.
    let sign_in = async |name: &str, password: &str| {
        program.form("", "sign_in", &[("form[name]", name), ("form[password]", password)]).await
    };
    let (_, _, refused) = sign_in("admin", WRONG).await;
    program.page("", &refused).await;
    let cookie = sign_in("admin", PASSWORD).await.1.split(';').next().unwrap().to_owned();
    let session = cookie.split_once('=').unwrap().1.to_owned();
    assert!(session.len() > 40);
    let added =
        program.form(&cookie, "add_person", &[("form[name]", "edda"), ("form[role]", "editor")]).await.2;
    let link = program.page(&cookie, &added).await;
    let invitation: String = link.split_once("/invitation?token=").unwrap().1.chars().take(43).collect();
    program.page("", &format!("/invitation?token={invitation}")).await;
    program.form("", "accept_invitation", &[("form[token]", &invitation), ("form[password]", "short")]).await;
    let fields = [("form[token]", invitation.as_str()), ("form[password]", WRONG)];
    let other = program.form("", "accept_invitation", &fields).await.1;
    let other = other.split(['=', ';']).nth(1).unwrap().to_owned();
    let fields = [("form[old]", WRONG), ("form[new]", WRONG)];
    program.form(&cookie, "change_password", &fields).await;

    // Keys and calls.
    let made = program.rest(Method::POST, "/api-keys", &json!({ "name": "ci", "force_route": true })).await;
    let key = made["key"].as_str().unwrap().to_owned();
    let chat = json!({ "messages": [{ "role": "user", "content": PROMPT }] });
    for kind in ["200", "400", "401", "429", "500", "302"] {
        let spec = json!({ "id": format!("inst_{kind}"), "api_key": UPSTREAM, "headers": { "X-Org": HEADER }, "base_url": format!("{upstream}/{kind}/v1"), "model": "m" });
        let connection =
            json!({ "base_url": spec["base_url"], "api_key": UPSTREAM, "headers": { "X-Org": HEADER } });
        program.rest(Method::POST, "/instances/discover", &connection).await;
        let base_url = spec["base_url"].as_str().unwrap().to_owned();
        for act in ["find", "add_header", "save"] {
            let fields = [
                ("form[name]", kind),
                ("form[base_url]", if act == "save" { "no address" } else { &base_url }),
                ("form[api_key]", UPSTREAM),
                ("form[headers][0][name]", "X-Org"),
                ("form[headers][0][value]", HEADER),
                ("act", act),
            ];
            let back = program.form(&cookie, "save_instance", &fields).await.2;
            program.page(&cookie, &back).await;
        }
        program.rest(Method::POST, "/instances", &with(instance(kind), spec)).await;
        let route = json!({ "name": "all", "intent": "Everything goes this way.", "is_default": true,
            "destination": { "type": "instance", "ref": format!("inst_{kind}") } });
        let body = json!({ "name": kind, "id": format!("sb_{kind}"), "routes": [route],
            "router_model": { "type": "instance", "ref": format!("inst_{kind}") } });
        let saved = program.rest(Method::POST, "/smart-balancers", &body).await;
        assert_eq!(saved["revision"], 1, "{saved}");
        for stream in [false, true] {
            let body = with(chat.clone(), json!({ "model": kind, "stream": stream, "api_key": key }));
            let request = program.request(Method::POST, "/v1/chat/completions").bearer_auth(&key);
            program.send(request.header("content-type", "application/json").body(body.to_string())).await;
        }
        for (path, body) in [("smoke-test", json!({})), ("decide", chat.clone())] {
            program.rest(Method::POST, &format!("/smart-balancers/sb_{kind}/{path}"), &body).await;
        }
        program.rest(Method::POST, &format!("/instances/inst_{kind}/test"), &json!({})).await;
        program.form(&cookie, "test_instance", &[("id", &format!("inst_{kind}")), ("call", "true")]).await;
        let fields = [("form[balancer]", format!("sb_{kind}")), ("form[message]", PROMPT.to_owned())];
        let fields: Vec<_> = fields.iter().map(|(name, value)| (*name, value.as_str())).collect();
        program.form(&cookie, "send_play", &fields).await;
    }
    assert!(*calls.lock().unwrap() > 20, "the key did arrive");
    // Refusals.
    for bad in [
        json!({ "api_key": UPSTREAM }),
        json!({ "name": "x", "base_url": UPSTREAM, "api_key": [UPSTREAM], "headers": { "X-Org": HEADER, "Host": HEADER, "X-Line": format!("{HEADER}\n") } }),
    ] {
        program.rest(Method::POST, "/instances", &bad).await;
    }
    let moved = json!({ "revision": 1, "api_key": format!("{UPSTREAM}2"), "headers": { "X-Org": format!("{HEADER}2") } });
    program.rest(Method::PATCH, "/instances/inst_200", &moved).await;
    for wrong in [format!("{TOKEN}x"), key.clone(), UPSTREAM.to_owned()] {
        program.send(program.request(Method::GET, "/api/v1/instances").bearer_auth(wrong)).await;
    }
    let wrong = program.request(Method::GET, "/v1/models").bearer_auth(format!("{key}x"));
    program.send(wrong).await;

    // Everything that can be read.
    let mut pages: Vec<String> = server::control::pages::addresses()
        .map(|page| page.replace("{id}", "inst_200").replace(":id", "inst_200").replace(":step", "routes"))
        .collect();
    pages.extend(["/balancers/sb_200", "/balancers/sb_200/history", "/requests", "/keys"].map(str::to_owned));
    for page in &pages {
        program.page(&cookie, page).await;
    }
    for page in pages.iter().filter_map(|it| it.strip_suffix("inst_200")) {
        program.page(&cookie, &format!("{page}sb_401")).await;
    }
    let list = program.rest(Method::GET, "/requests", &json!({})).await;
    for request in list["data"].as_array().unwrap() {
        let id = request["id"].as_str().unwrap();
        program.rest(Method::GET, &format!("/requests/{id}"), &json!({})).await;
        program.page(&cookie, &format!("/requests/{id}")).await;
    }
    let document = program.rest(Method::GET, "/openapi.json", &json!({})).await;
    for path in document["paths"].as_object().unwrap().keys() {
        for id in ["inst_200", "sb_200"] {
            let path = format!("/api/v1{}", path.replace("{id}", id));
            program.send(program.request(Method::GET, &path).bearer_auth(TOKEN)).await;
        }
    }
    program.send(program.request(Method::GET, "/metrics").bearer_auth(TOKEN)).await;
    for file in ["smart-balancer.js", "smart-balancer_bg.wasm", "smart-balancer.css"] {
        program.send(program.request(Method::GET, &format!("/pkg/{file}"))).await;
    }
    program.form(&format!("sb_session={other}"), "sign_out_everywhere", &[]).await;

    let (printed, answered) = program.end();
    assert!(printed.windows(5).any(|it| it == b"TRACE") && printed.len() > 10_000, "the log is whole");
    let mut kept = Vec::new();
    for entry in std::fs::read_dir(&data_dir).unwrap() {
        kept.extend(std::fs::read(entry.unwrap().path()).unwrap());
    }
    assert!(kept.len() > 10_000);
    // `sb-ID-SECRET`; the secret may hold further hyphens.
    let secret_of_key = key.splitn(3, '-').nth(2).unwrap().to_owned();
    // Where it may be: how often each was given to the one who asked for it.
    for (secret, shown) in [
        (PASSWORD, 0),
        (WRONG, 0),
        (TOKEN, 0),
        (UPSTREAM, 0),
        (HEADER, 0),
        (MASTER, 0),
        (&session, 1),
        (&other, 1),
        (&secret_of_key, 1),
    ] {
        assert_eq!(hits(&printed, secret), 0, "{secret} in the log");
        assert_eq!(hits(&kept, secret), 0, "{secret} in the data folder");
        assert_eq!(hits(&answered, secret), shown, "{secret} in the answers");
    }
    // A link's page and its forms know their own token; nothing else does.
    assert_eq!(hits(&printed, &invitation) + hits(&kept, &invitation), 0, "a link in log or files");
    assert_eq!(hits(&printed, PROMPT) + hits(&kept, PROMPT), 0, "a prompt in log or files");
}

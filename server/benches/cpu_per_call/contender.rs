//! The two servers under comparison, each a real process in front of the same upstream.

use std::{
    fs,
    net::{SocketAddr, TcpListener, TcpStream},
    path::Path,
    process::{Child, Command, Stdio},
    thread::sleep,
    time::{Duration, Instant},
};

use serde_json::{Value, json};
use tempfile::TempDir;

/// A running proxy process.
pub(crate) struct Contender {
    pub(crate) name: &'static str,
    pub(crate) url: String,
    pub(crate) key: String,
    pub(crate) client: reqwest::Client,
    process: Child,
    _folder: TempDir,
}

impl Contender {
    fn new(name: &'static str, command: &mut Command, address: SocketAddr, folder: TempDir) -> Self {
        let process = command.stdout(Stdio::null()).spawn().unwrap();
        let began = Instant::now();
        while TcpStream::connect(address).is_err() {
            assert!(began.elapsed() < Duration::from_secs(20), "{name} does not listen");
            sleep(Duration::from_millis(20));
        }
        let provider = rustls::crypto::ring::default_provider().into();
        let tls = rustls::ClientConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .unwrap()
            .with_root_certificates(rustls::RootCertStore::empty())
            .with_no_client_auth();
        let client = reqwest::Client::builder().tls_backend_preconfigured(tls).no_proxy().build().unwrap();
        let url = format!("http://{address}/v1/chat/completions");
        Self { name, url, key: String::new(), client, process, _folder: folder }
    }

    /// CPU time of the process so far, user and system: fields 14 and 15 of `/proc/PID/stat` (proc(5)), in
    /// ticks of 10 ms.
    pub(crate) fn cpu(&self) -> Duration {
        let stat = fs::read_to_string(format!("/proc/{}/stat", self.process.id())).unwrap();
        let fields: Vec<&str> = stat.rsplit(')').next().unwrap().split_whitespace().collect();
        let ticks = |at: usize| fields[at].parse::<u64>().unwrap();
        Duration::from_millis(10 * (ticks(11) + ticks(12)))
    }
}

impl Drop for Contender {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// This server as `make run` starts it, without the demo: SQLite, request log on, one balancer.
pub(crate) async fn smart_balancer(upstream: &SocketAddr) -> Contender {
    const TOKEN: &str = "an-admin-token-for-the-bench-0123456789";
    let (address, folder) = (free(), tempfile::tempdir().unwrap());
    let program =
        std::env::var("SMART_BALANCER_BIN").unwrap_or_else(|_| env!("CARGO_BIN_EXE_smart-balancer").into());
    let mut command = Command::new(program);
    command.args(["serve", "--listen", &address.to_string(), "--data-dir"]).arg(folder.path());
    command.env("SMART_BALANCER_ADMIN_TOKEN", TOKEN).env("SMART_BALANCER_LOG", "warn");
    let mut contender = Contender::new("smart-balancer", &mut command, address, folder);
    let client = contender.client.clone();
    let make = async |path: &str, body: Value| -> Value {
        let call = client.post(format!("http://{address}/api/v1/{path}")).bearer_auth(TOKEN);
        let answer =
            call.header("content-type", "application/json").body(body.to_string()).send().await.unwrap();
        let text = answer.text().await.unwrap();
        serde_json::from_str(&text).unwrap()
    };
    let base_url = format!("http://{upstream}/v1");
    let instance = make("instances", json!({ "name": "bench", "base_url": base_url, "model": "m" })).await;
    let destination = json!({ "type": "instance", "ref": instance["id"] });
    let route = json!({ "name": "all", "intent": "Everything goes here.", "destination": destination, "is_default": true });
    make("smart-balancers", json!({ "name": "bench", "routing_mode": "ordered", "routes": [route] })).await;
    let key = make("api-keys", json!({ "name": "bench" })).await;
    key["key"].as_str().unwrap().clone_into(&mut contender.key);
    contender
}

/// nginx with one process and keep-alive connections, set to pass streams on at once.
pub(crate) async fn nginx(upstream: &SocketAddr) -> Contender {
    let (address, folder) = (free(), tempfile::tempdir().unwrap());
    let home = folder.path().display();
    let configuration = format!(
        "daemon off; master_process off; pid {home}/pid; error_log {home}/error.log;
        events {{ worker_connections 1024; }}
        http {{
            access_log off; keepalive_requests 1000000;
            client_body_temp_path {home}/body; proxy_temp_path {home}/proxy; fastcgi_temp_path {home}/fastcgi;
            uwsgi_temp_path {home}/uwsgi; scgi_temp_path {home}/scgi;
            upstream models {{ server {upstream}; keepalive 64; keepalive_requests 1000000; }}
            server {{
                listen {address};
                location / {{
                    proxy_pass http://models; proxy_http_version 1.1; proxy_set_header Connection \"\";
                    proxy_buffering off;
                }}
            }}
        }}"
    );
    let file = folder.path().join("nginx.conf");
    fs::write(&file, configuration).unwrap();
    let program = ["/usr/sbin/nginx", "/usr/bin/nginx"].into_iter().find(|it| Path::new(it).exists());
    let mut command = Command::new(program.unwrap_or("nginx"));
    command.arg("-c").arg(&file).arg("-p").arg(folder.path());
    Contender::new("nginx", &mut command, address, folder)
}

/// A free loopback address.
fn free() -> SocketAddr {
    TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap()
}

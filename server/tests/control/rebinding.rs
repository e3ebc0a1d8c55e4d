//! Names that change their answer between save and call, asked of a real DNS server by the system's own resolver.
//!
//! The test runs itself again in namespaces of its own, where it may answer at port 53, write `/etc/resolv.conf` and
//! hold addresses such as 169.254.169.254, so that a call that gets through does arrive. It needs Linux with
//! `unshare`, `mount` and `ip`, and either root or user namespaces.

use std::{
    collections::HashMap,
    io::{Read as _, Write as _},
    net::{IpAddr, SocketAddr, TcpListener, TcpStream, UdpSocket},
    process::Command,
    sync::{Arc, Mutex},
    thread,
};

use reqwest::Method;
use serde_json::{Value, json};

use super::samples::with;
use crate::console::{Home, TestServer};

/// Set in the inner run.
const INSIDE: &str = "SB_TEST_INSIDE_NAMESPACES";
/// What row 63 of the faults names and what belongs to it: never called, whatever the policy.
const NEVER: [&str; 14] = [
    "169.254.169.254",
    "::ffff:169.254.169.254",
    "fd00:ec2::254",
    "fd00:ec2::23",
    "fd20:ce::254",
    "fd00:42::42",
    "fd00:c1::a9fe:a9fe",
    "fd00:a9fe:a9fe::1",
    "2002:a9fe:a9fe::1",
    "fe80::254",
    "100.100.100.200",
    "224.0.0.1",
    "0.0.0.0",
    "64:ff9b::a9fe:a9fe",
];
/// A private network beside a metadata service's.
const NEIGHBOR: &str = "fd20:ce::253";
/// Stands for the public network.
const PUBLIC: &str = "203.0.113.7";

#[test]
fn a_name_that_changes_its_answer_is_judged_at_every_connection() {
    if std::env::var_os(INSIDE).is_some() {
        let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().unwrap();
        return runtime.block_on(inside());
    }
    let me = std::env::current_exe().unwrap();
    let output = Command::new("unshare")
        .args(["--user", "--map-root-user", "--net", "--mount"])
        .arg(me)
        .args([
            "--exact",
            "--nocapture",
            "control::rebinding::a_name_that_changes_its_answer_is_judged_at_every_connection",
        ])
        .env(INSIDE, "yes")
        .output()
        .unwrap();
    let (said, complained) =
        (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert!(output.status.success() && said.contains("1 passed"), "{said}\n{complained}");
}

/// What the DNS server says now.
type Zone = Arc<Mutex<HashMap<String, Vec<IpAddr>>>>;

struct World {
    zone: Zone,
    /// Where calls arrived.
    arrived: Arc<Mutex<Vec<IpAddr>>>,
    port: u16,
}

impl World {
    fn new() -> Self {
        let run = |program: &str, arguments: &[&str]| {
            let output = Command::new(program).args(arguments).output().unwrap();
            assert!(
                output.status.success(),
                "{program} {arguments:?}: {}",
                String::from_utf8_lossy(&output.stderr)
            );
        };
        run("ip", &["link", "set", "lo", "up"]);
        let resolv = std::env::temp_dir().join(format!("smart-balancer-resolv-{}", std::process::id()));
        std::fs::write(&resolv, "nameserver 127.0.0.1\noptions timeout:2 attempts:2\n").unwrap();
        run("mount", &["--bind", resolv.to_str().unwrap(), "/etc/resolv.conf"]);
        std::fs::remove_file(&resolv).unwrap();
        for ip in [
            "169.254.169.254/32",
            "169.254.1.2/32",
            "169.254.1.3/32",
            "100.100.100.200/32",
            "203.0.113.7/32",
            "10.7.7.7/32",
        ] {
            run("ip", &["addr", "add", ip, "dev", "lo"]);
        }
        let unique_local = NEVER.into_iter().filter(|it| it.starts_with("fd")).chain([NEIGHBOR]);
        for ip in unique_local {
            run("ip", &["-6", "addr", "add", &format!("{ip}/128"), "dev", "lo"]);
        }

        let zone = Zone::default();
        let socket = UdpSocket::bind("127.0.0.1:53").unwrap();
        let answers = Arc::clone(&zone);
        thread::spawn(move || serve_names(&socket, &answers));

        // Any address of this machine: whatever gets through arrives here.
        let listener = TcpListener::bind("[::]:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        let arrived = Arc::<Mutex<Vec<IpAddr>>>::default();
        let calls = Arc::clone(&arrived);
        thread::spawn(move || {
            for stream in listener.incoming() {
                answer(stream.unwrap(), &calls);
            }
        });
        Self { zone, arrived, port }
    }

    fn say(&self, name: &str, ips: &[&str]) {
        let ips = ips.iter().map(|it| it.parse().unwrap()).collect();
        self.zone.lock().unwrap().insert(name.to_owned(), ips);
    }

    fn arrivals(&self) -> Vec<IpAddr> {
        std::mem::take(&mut *self.arrived.lock().unwrap())
    }
}

/// One call, one connection: no pooled one outlives a change of the name.
fn answer(mut stream: TcpStream, arrived: &Mutex<Vec<IpAddr>>) {
    arrived.lock().unwrap().push(stream.local_addr().unwrap().ip().to_canonical());
    let mut bytes = [0; 8192];
    let _ = stream.read(&mut bytes);
    let body = r#"{"object":"chat.completion","model":"m","choices":[{"index":0,"message":{"role":"assistant","content":"hi"},"finish_reason":"stop"}]}"#;
    let _ = write!(
        stream,
        "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: {}\r\nconnection: close\r\n\r\n{body}",
        body.len()
    );
}

/// A DNS server of few lines (RFC 1035): one question, all A or AAAA records of its name, no time to live.
fn serve_names(socket: &UdpSocket, zone: &Mutex<HashMap<String, Vec<IpAddr>>>) {
    let mut query = [0; 512];
    while let Ok((length, peer)) = socket.recv_from(&mut query) {
        let (mut name, mut at) = (Vec::new(), 12);
        while query[at] != 0 {
            let end = at + 1 + usize::from(query[at]);
            name.push(String::from_utf8_lossy(&query[at + 1..end]).to_lowercase());
            at = end;
        }
        let kind = u16::from_be_bytes([query[at + 1], query[at + 2]]);
        let question = &query[12..(at + 5).min(length)];
        let known = zone.lock().unwrap().get(&name.join(".")).cloned().unwrap_or_default();
        let records: Vec<Vec<u8>> = known
            .into_iter()
            .filter_map(|ip| match (ip, kind) {
                (IpAddr::V4(ip), 1) => Some(ip.octets().to_vec()),
                (IpAddr::V6(ip), 28) => Some(ip.octets().to_vec()),
                _ => None,
            })
            .collect();
        let mut reply = query[..2].to_vec();
        reply.extend([0x81, 0x80, 0, 1, 0, records.len() as u8, 0, 0, 0, 0]);
        reply.extend(question);
        for data in records {
            reply.extend([0xc0, 12]);
            reply.extend(kind.to_be_bytes());
            reply.extend([0, 1, 0, 0, 0, 0, 0, data.len() as u8]);
            reply.extend(data);
        }
        let _ = socket.send_to(&reply, peer);
    }
}

/// A server under a policy, with a key.
async fn serve(policy: &str) -> (TestServer, String) {
    serve_with(policy, &[]).await
}

/// The same with link-local addresses that the operator opened.
async fn serve_with(policy: &str, open: &[&str]) -> (TestServer, String) {
    let mut home = Home::new();
    home.settings.egress = policy.parse().unwrap();
    home.settings.egress_allow = open.iter().map(|it| it.parse().unwrap()).collect();
    let server = home.start().await;
    let key = server.make("/api-keys", &json!({ "name": "ci" })).await["key"].as_str().unwrap().to_owned();
    (server, key)
}

/// Saves an instance at that name and a balancer that sends everything to it.
async fn save(server: &TestServer, id: &str, base_url: &str) -> u16 {
    let timeouts = json!({ "connect_ms": 2_000, "first_byte_ms": 2_000 });
    let instance =
        json!({ "name": id, "id": format!("inst_{id}"), "base_url": base_url, "timeouts": timeouts });
    let saved = server.post("/instances", &instance).await;
    if saved.status == 201 {
        let route = json!({ "name": "all", "intent": "Everything goes this way.", "is_default": true,
            "destination": { "type": "instance", "ref": format!("inst_{id}") } });
        let balancer =
            json!({ "name": id, "serving_name": id, "routing_mode": "ordered", "routes": [route] });
        server.make("/smart-balancers", &balancer).await;
    }
    saved.status
}

async fn call(server: &TestServer, key: &str, model: &str) -> (u16, Value) {
    let body = json!({ "model": model, "messages": [{ "role": "user", "content": "hello" }] });
    let request = server.bare(Method::POST, "/v1/chat/completions").bearer_auth(key);
    let answer = server.send(request.header("content-type", "application/json").body(body.to_string())).await;
    (answer.status, serde_json::from_str(&answer.text).unwrap())
}

async fn inside() {
    let world = World::new();
    let port = world.port;
    let (server, key) = serve("any").await;
    let literal = |ip: &str| {
        let address = SocketAddr::new(ip.parse().unwrap(), port);
        format!("http://{address}/v1")
    };
    for (n, ip) in NEVER.into_iter().enumerate() {
        // Written as it is, it is refused at save.
        let spec = json!({ "name": format!("literal {n}"), "base_url": literal(ip) });
        let faults = server.post("/instances", &spec).await.faults();
        assert_eq!(faults[0].0, "base_url", "{ip}: {faults:?}");

        // Behind a name, it is refused at connect, whatever the name said before.
        let (id, name) = (format!("n{n}"), format!("n{n}.models.test"));
        world.say(&name, &["127.0.0.1"]);
        assert_eq!(save(&server, &id, &format!("http://{name}:{port}/v1")).await, 201);
        assert_eq!(call(&server, &key, &id).await.0, 200, "{ip}");
        assert_eq!(world.arrivals(), ["127.0.0.1".parse::<IpAddr>().unwrap()]);
        world.say(&name, &[ip]);
        let (status, told) = call(&server, &key, &id).await;
        assert_eq!(status, 502, "{ip}: {told}");
        assert!(!told.to_string().contains(&name) && !told.to_string().contains(ip), "{told}");
        let verdict = server.post(&format!("/instances/inst_{id}/test"), &json!({})).await.expect(200);
        assert_eq!(verdict["ok"], false, "{ip}");
        assert_eq!(world.arrivals(), Vec::<IpAddr>::new(), "{ip} was called");
        // Of several answers, only those that may be called are.
        world.say(&name, &[ip, "127.0.0.1"]);
        let _ = call(&server, &key, &id).await;
        assert!(world.arrivals().iter().all(|it| it.is_loopback()), "{ip}");
    }
    for text in [
        "http://2852039166/",
        "http://0xa9fea9fe/",
        "http://169.254.169.254./",
        "http://metadata.google.internal/",
        "http://[FD20:00CE:0000:0000:0000:0000:0000:0254]:8000/v1",
        "http://[fd00:0ec2::0.0.0.35]/v1",
        "http://[fd00:42::42%25eth0]/v1",
        "http://[64:ff9b::169.254.170.2]/v1",
        "http://[2002:6464:64c8::]/v1",
    ] {
        let spec = json!({ "name": "odd", "base_url": text });
        assert_eq!(server.post("/instances", &spec).await.faults()[0].0, "base_url", "{text}");
    }

    // Loopback and private networks are where models live.
    for (id, ip) in [
        ("private", "10.7.7.7"),
        ("loopback", "127.0.0.1"),
        ("six", "::1"),
        ("neighbor", NEIGHBOR),
        ("public", PUBLIC),
    ] {
        world.say("home.models.test", &[ip]);
        assert_eq!(save(&server, id, &format!("http://home.models.test:{port}/v1")).await, 201);
        assert_eq!(call(&server, &key, id).await.0, 200, "{ip}");
        assert_eq!(save(&server, &format!("{id}-literal"), &literal(ip)).await, 201, "{ip}");
        assert_eq!(call(&server, &key, &format!("{id}-literal")).await.0, 200, "{ip}");
        assert_eq!(world.arrivals(), [ip.parse::<IpAddr>().unwrap(); 2]);
    }

    // Policy, address, whether the literal is saved, whether a call by name arrives.
    for (policy, ip, saved, arrives) in [
        ("private-only", "10.7.7.7", true, true),
        ("private-only", "127.0.0.1", true, true),
        ("private-only", PUBLIC, false, false),
        ("public-only", PUBLIC, true, true),
        ("public-only", "10.7.7.7", false, false),
        ("public-only", "127.0.0.1", false, false),
        ("allow-list:home.models.test", PUBLIC, false, true),
        ("allow-list:*.models.test", "127.0.0.1", false, true),
        ("allow-list:10.0.0.0/8", "10.7.7.7", true, true),
        ("allow-list:10.0.0.0/8", "127.0.0.1", false, false),
        ("allow-list:*.models.test,0.0.0.0/0", "169.254.169.254", false, false),
    ] {
        let what = format!("{policy} {ip}");
        let (server, key) = serve(policy).await;
        let spec = with(json!({ "name": "literal" }), json!({ "base_url": literal(ip) }));
        assert_eq!(server.post("/instances", &spec).await.status, if saved { 201 } else { 422 }, "{what}");
        // A name that leads nowhere yet is saved; one that leads to a refused address is not.
        world.say("home.models.test", &[]);
        let base_url = format!("http://home.models.test:{port}/v1");
        assert_eq!(save(&server, "home", &base_url).await, 201, "{what}");
        world.say("home.models.test", &[ip]);
        assert_eq!(save(&server, "later", &base_url).await, if arrives { 201 } else { 422 }, "{what}");
        let status = call(&server, &key, "home").await.0;
        assert_eq!(status, if arrives { 200 } else { 502 }, "{what}");
        assert_eq!(world.arrivals().len(), usize::from(arrives), "{what}");
    }
    link_local_addresses(&world).await;
    let (server, _) = serve("allow-list:api.example.com").await;
    assert_eq!(
        save(&server, "home", &format!("http://home.models.test:{port}/v1")).await,
        422,
        "by its name"
    );
}

/// The host of a rootless Podman container, by its name and as written.
async fn link_local_addresses(world: &World) {
    let (host, port) = ("host.containers.internal", world.port);
    let by_name = format!("http://{host}:{port}/v1");
    let literal = format!("http://169.254.1.2:{port}/v1");
    let address = |base_url: &str| json!({ "name": "pod", "base_url": base_url });
    world.say(host, &["169.254.1.2"]);
    let (server, key) = serve("any").await;
    for base_url in [&by_name, &literal] {
        let refused = server.post("/instances", &address(base_url)).await;
        assert_eq!(refused.faults(), [("base_url".to_owned(), "address_refused".to_owned())]);
        assert!(refused.text.contains("Podman"), "{}", refused.text);
        assert!(refused.text.contains("--egress-allow 169.254.1.2"), "{}", refused.text);
    }
    // An edit that leaves the address alone is no new address.
    world.say(host, &["127.0.0.1"]);
    assert_eq!(save(&server, "pod", &by_name).await, 201);
    world.say(host, &["169.254.1.2"]);
    let edit = json!({ "revision": 1, "enabled": true });
    assert_eq!(server.patch("/instances/inst_pod", &edit).await.status, 200);
    let moved = json!({ "revision": 2, "base_url": format!("http://{host}:{port}/v2") });
    assert_eq!(server.patch("/instances/inst_pod", &moved).await.faults()[0].1, "address_refused");
    assert_eq!(call(&server, &key, "pod").await.0, 502);
    let verdict = server.post("/instances/inst_pod/test", &json!({})).await.expect(200);
    assert_eq!(verdict["kind"], "address_refused", "{verdict}");
    assert!(verdict["message"].as_str().unwrap().contains("--egress-allow 169.254.1.2"), "{verdict}");
    assert_eq!(world.arrivals(), Vec::<IpAddr>::new());

    for policy in ["any", "public-only", "allow-list:api.example.com"] {
        let (server, key) = serve_with(policy, &["169.254.1.2"]).await;
        world.say(host, &["169.254.1.2"]);
        for (id, base_url) in [("pod", &by_name), ("literal", &literal)] {
            assert_eq!(save(&server, id, base_url).await, 201, "{policy} {id}");
            assert_eq!(call(&server, &key, id).await.0, 200, "{policy} {id}");
        }
        assert_eq!(world.arrivals().len(), 2, "{policy}");
        // The name opens nothing: what else it leads to is refused as ever.
        for ip in ["169.254.1.3", "169.254.169.254", "fd00:ec2::254"] {
            world.say(host, &[ip]);
            assert_eq!(call(&server, &key, "pod").await.0, 502, "{policy} {ip}");
            let literal = format!("http://{}/v1", SocketAddr::new(ip.parse().unwrap(), port));
            for base_url in [&literal, &by_name] {
                let faults = server.post("/instances", &address(base_url)).await.faults();
                assert_eq!(faults[0].1, "address_refused", "{policy} {base_url}");
            }
        }
        assert_eq!(world.arrivals(), Vec::<IpAddr>::new(), "{policy}");
    }
}

//! Proxies in front of a whole server: whose word about clients counts.

use app::domain::secret::Secret;
use reqwest::Method;
use serde_json::json;

use crate::console::{Home, TOKEN, TestServer};

const PASSWORD: &str = "correct horse battery staple";

#[tokio::test(flavor = "multi_thread")]
async fn only_trusted_proxies_determine_the_client_address() {
    let mut home = Home::new();
    home.secrets.admin_password = Some(Secret::new(PASSWORD));
    home.settings.listen = ([0, 0, 0, 0], 0).into();
    let mut server = home.start().await;
    server.base = server.base.replace("0.0.0.0", "127.0.0.1");
    let sign_in = |server: &TestServer, from: &str, password: &str| {
        let form = [("form[name]", "admin"), ("form[password]", password)];
        server.form("sign_in", &form).header("x-forwarded-for", from).header("x-forwarded-proto", "https")
    };
    // Nobody is believed by default: this is plain HTTP beyond loopback.
    let answer = server.send(sign_in(&server, "203.0.113.9", PASSWORD)).await;
    assert_eq!(answer.header("set-cookie"), "");

    let mut home = server.stop().await;
    home.settings.trusted_proxies = vec!["127.0.0.0/8".parse().unwrap()];
    let mut server = home.start().await;
    server.base = server.base.replace("0.0.0.0", "127.0.0.1");
    // Without the proxy's word it still is; with it, cookies are Secure.
    let form = [("form[name]", "admin"), ("form[password]", PASSWORD)];
    assert_eq!(server.send(server.form("sign_in", &form)).await.header("set-cookie"), "");
    let answer = server.send(sign_in(&server, "1.1.1.1, 203.0.113.9", PASSWORD)).await;
    assert!(answer.header("set-cookie").split("; ").any(|it| it == "Secure"), "{answer:?}");

    // The audit log names the client, and so does throttling count it.
    let instance = json!({ "name": "A", "base_url": "http://127.0.0.1:9/v1", "model": "m" });
    let request = server.bare(Method::POST, "/api/v1/instances").bearer_auth(TOKEN);
    let request = request.header("x-forwarded-for", "1.1.1.1, 2001:db8::7");
    let request = request.header("content-type", "application/json").body(instance.to_string());
    server.send(request).await.expect(201);
    let audit = server.get("/audit").await.expect(200);
    assert_eq!(audit["data"][0]["ip"], "2001:db8::7", "{audit}");
    for _ in 0..6 {
        server.send(sign_in(&server, "198.51.100.1", "wrong password")).await;
    }
    let tries = async |from: &str| server.send(sign_in(&server, from, PASSWORD)).await;
    assert_eq!(tries("198.51.100.1").await.header("set-cookie"), "", "too early");
    assert_eq!(
        tries("198.51.100.2, 198.51.100.1").await.header("set-cookie"),
        "",
        "its own words do not help"
    );
    assert!(
        !tries("198.51.100.2").await.header("set-cookie").is_empty(),
        "another client is another network"
    );
}

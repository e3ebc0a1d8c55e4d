//! A whole server that speaks HTTPS itself.

use std::time::{Duration, Instant};

use app::domain::secret::Secret;
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

use crate::{
    authority::Authority,
    console::{Home, TestServer},
};

const PASSWORD: &str = "correct horse battery staple";

fn home(authority: &Authority) -> Home {
    let mut home = Home::new();
    let files = authority.files();
    (home.settings.tls_cert, home.settings.tls_key) = (Some(files.certificate), Some(files.key));
    home.secrets.admin_password = Some(Secret::new(PASSWORD));
    home
}

/// A server, and where it speaks HTTPS.
async fn start(home: Home, authority: &Authority) -> TestServer {
    let mut server = home.start().await;
    server.base = server.base.replace("http://", "https://").replace("0.0.0.0", "127.0.0.1");
    server.trust(authority.client());
    server
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_with_a_certificate_uses_https_throughout() {
    let authority = Authority::new();
    let server = start(home(&authority), &authority).await;
    assert!(server.greeting[0].contains(&server.base), "{:?}", server.greeting);
    let form = [("form[name]", "admin"), ("form[password]", PASSWORD)];
    let answer = server.send(server.form("sign_in", &form)).await;
    assert_eq!(answer.header("location"), "/");
    assert!(answer.header("set-cookie").contains("; Secure"), "{answer:?}");
    assert_eq!(answer.header("strict-transport-security"), "", "loopback belongs to other programs, too");
    for (site, origin, expected) in
        [("cross-site", "https://elsewhere.example", 403), ("same-origin", server.base.as_str(), 303)]
    {
        let request = server.bare(Method::POST, "/fn/sign_out").header("origin", origin);
        let request = request.header("content-type", "application/x-www-form-urlencoded");
        let request = request.header("sec-fetch-site", site).header("accept", "text/html");
        assert_eq!(server.send(request).await.status, expected, "{origin}");
    }

    let mut home = server.stop().await;
    home.settings.listen = ([0, 0, 0, 0], 0).into();
    let server = start(home, &authority).await;
    assert!(!server.greeting.iter().any(|it| it.contains("--insecure-cookies")), "{:?}", server.greeting);
    let page = server.send(server.bare(Method::GET, "/sign-in").header("accept", "text/html")).await;
    assert_eq!((page.status, page.header("strict-transport-security")), (200, "max-age=31536000"));
}

#[tokio::test(flavor = "multi_thread")]
async fn demo_instances_answer_behind_tls() {
    let authority = Authority::new();
    let mut home = home(&authority);
    home.settings.demo = true;
    let server = start(home, &authority).await;
    let instances = server.get("/instances").await.expect(200);
    let id = |it: &Value| it["id"].as_str().unwrap().to_owned();
    for instance in instances["data"].as_array().unwrap().iter().map(id) {
        let verdict = server.post(&format!("/instances/{instance}/test"), &json!({})).await.expect(200);
        assert_eq!(verdict["ok"], true, "{instance}: {verdict}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_renewed_certificate_needs_no_restart() {
    let authority = Authority::new();
    let server = start(home(&authority), &authority).await;
    // From now on the client trusts another authority, and the files hold what that one certified.
    let other = Authority::new();
    for (from, to) in [
        (other.files().key, authority.files().key),
        (other.files().certificate, authority.files().certificate),
    ] {
        std::fs::copy(from, to).unwrap();
    }
    let begun = Instant::now();
    loop {
        let asked = other.client().get(format!("{}/healthz", server.base)).send().await;
        if asked.is_ok_and(|it| it.status() == StatusCode::OK) {
            break;
        }
        assert!(begun.elapsed() < Duration::from_secs(20), "the new certificate is not in use");
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
}

#[tokio::test]
async fn a_bad_certificate_is_reported_at_start() {
    let authority = Authority::new();
    let refused = async |home: Home| {
        let Err((_, error)) = home.try_start().await else { panic!("it starts") };
        error.with_causes()
    };
    let mut half = home(&authority);
    half.settings.tls_key = None;
    assert_eq!(refused(half).await, "`--tls-cert` requires `--tls-key`");
    let mut half = home(&authority);
    half.settings.tls_cert = None;
    assert_eq!(refused(half).await, "`--tls-key` requires `--tls-cert`");
    authority.certify(|it| it.not_after = rcgen::date_time_ymd(2020, 2, 2));
    assert!(refused(home(&authority)).await.contains("expired on"));
}

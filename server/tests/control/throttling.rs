//! Wrong passwords, many of them.

use std::time::{Duration, Instant};

use app::domain::secret::Secret;
use futures_util::{StreamExt as _, stream};
use reqwest::Method;

use crate::console::{Answer, Home, TestServer};

const PASSWORD: &str = "correct horse battery staple";

async fn server() -> TestServer {
    let mut home = Home::new();
    home.secrets.admin_password = Some(Secret::new(PASSWORD));
    home.start().await
}

/// As a script posts it.
async fn try_it(server: &TestServer, name: &str, password: &str) -> Answer {
    let form = [("form[name]", name), ("form[password]", password)];
    server.send(server.script("sign_in", &form)).await
}

/// Whether an answer says when to come again.
fn is_throttled(answer: &Answer) -> bool {
    answer.header("retry-after").parse::<u64>().is_ok_and(|it| it > 0)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_thousand_wrong_passwords_are_throttled_and_pages_stay_fast() {
    let server = server().await;
    let tries = stream::iter(0..1_000)
        .map(|n| {
            let server = &server;
            async move { is_throttled(&try_it(server, "admin", &format!("wrong password {n}")).await) }
        })
        .buffer_unordered(20)
        .filter(|throttled| std::future::ready(!*throttled))
        .count();
    let quick = async {
        let mut slowest = Duration::ZERO;
        for _ in 0..50 {
            let begun = Instant::now();
            let page = server.bare(Method::GET, "/sign-in").header("accept", "text/html");
            assert_eq!(page.send().await.unwrap().status(), 200);
            slowest = slowest.max(begun.elapsed());
        }
        slowest
    };
    let (looked_at, slowest) = tokio::join!(tries, quick);
    // Six are free; then one for each second, and the seconds double.
    assert!((6..16).contains(&looked_at), "{looked_at} passwords were looked at");
    assert!(slowest < Duration::from_secs(2), "{slowest:?}");
    let metrics = server.send(server.bare(Method::GET, "/metrics").bearer_auth(crate::console::TOKEN)).await;
    let line = format!("smart_balancer_sign_ins_wrong_total {looked_at}");
    assert!(metrics.text.contains(&line), "{}", metrics.text);
}

#[tokio::test]
async fn a_throttled_sign_in_gets_retry_after_with_and_without_scripting() {
    let server = server().await;
    for n in 0..6 {
        assert!(!is_throttled(&try_it(&server, "admin", &format!("wrong {n}")).await), "{n}");
    }
    // Even the right password is not looked at now, so that its answer tells nothing.
    let form = [("form[name]", "admin"), ("form[password]", PASSWORD)];
    let browser = server.send(server.form("sign_in", &form)).await;
    assert_eq!(browser.status, 302);
    assert!(is_throttled(&browser) && browser.header("set-cookie").is_empty());
    let page = server.bare(Method::GET, browser.header("location")).header("accept", "text/html");
    let page = server.send(page).await;
    assert_eq!(page.status, 429);
    assert!(is_throttled(&page) && page.text.contains("Too many attempts. Try again in"), "{}", page.text);
    assert!(page.text.contains("<form") && page.text.contains("value=\"admin\""), "one can try again there");

    let script = try_it(&server, "admin", "wrong").await;
    assert_eq!(script.status, 429);
    assert!(is_throttled(&script));

    // The wait itself is the rule: after it, and no earlier than it was said, the right password counts.
    let wait: u64 = script.header("retry-after").parse().unwrap();
    tokio::time::sleep(Duration::from_secs(wait)).await;
    assert!(!server.send(server.form("sign_in", &form)).await.header("set-cookie").is_empty());
}

#[tokio::test]
async fn messages_waits_and_timing_do_not_reveal_whether_a_name_exists() {
    let known = server().await;
    let unknown = server().await;
    let mut told = Vec::new();
    let mut took = Vec::new();
    for (server, name) in [(&known, "admin"), (&unknown, "nobody")] {
        let (mut words, mut fastest) = (Vec::new(), Duration::MAX);
        for n in 0..12 {
            let begun = Instant::now();
            let form = [("form[name]", name), ("form[password]", "a wrong password")];
            let answer = server.send(server.form("sign_in", &form)).await;
            if n < 6 {
                fastest = fastest.min(begun.elapsed());
            }
            let page = server.bare(Method::GET, answer.header("location")).header("accept", "text/html");
            let page = server.send(page).await;
            let main = page.text.split_once("</main>").unwrap().0;
            let main = main.split_once("<main").unwrap().1.replace(name, "NAME");
            words.push((answer.status, is_throttled(&answer), page.status, main.len()));
        }
        told.push(words);
        took.push(fastest.as_secs_f64());
    }
    assert_eq!(told[0], told[1]);
    let ratio = took[0] / took[1];
    assert!((0.5..2.0).contains(&ratio), "{took:?}");
}

//! Signing in and out, as a browser without scripting does it.

use app::domain::secret::Secret;
use reqwest::Method;

use crate::console::{Answer, Home, TestServer};

const PASSWORD: &str = "correct horse battery staple";

async fn server() -> TestServer {
    let mut home = Home::new();
    home.secrets.admin_password = Some(Secret::new(PASSWORD));
    home.start().await
}

async fn sign_in(server: &TestServer, name: &str, password: &str, next: &str) -> Answer {
    let form = [("form[name]", name), ("form[password]", password), ("form[next]", next)];
    server.send(server.form("sign_in", &form)).await
}

/// The pair that a browser would send back.
fn cookie(answer: &Answer) -> String {
    answer.header("set-cookie").split(';').next().unwrap().to_owned()
}

/// The attributes of the cookie that is set, sorted: their order means nothing.
fn attributes(answer: &Answer) -> Vec<&str> {
    let mut attributes: Vec<_> = answer.header("set-cookie").split("; ").skip(1).collect();
    attributes.sort_unstable();
    attributes
}

async fn page(server: &TestServer, path: &str, cookie: &str) -> Answer {
    server.send(server.bare(Method::GET, path).header("accept", "text/html").header("cookie", cookie)).await
}

#[tokio::test]
async fn the_headless_admin_signs_in_and_out() {
    let server = server().await;
    assert!(server.greeting.iter().any(|it| it.ends_with("/sign-in")), "{:?}", server.greeting);
    let answer = sign_in(&server, " Admin ", PASSWORD, "/instances?q=1").await;
    assert_eq!((answer.status, answer.header("location")), (302, "/instances?q=1"));
    assert_eq!(attributes(&answer), ["HttpOnly", "Max-Age=604800", "Path=/", "SameSite=Lax"]);

    let cookie = cookie(&answer);
    for path in ["/", "/instances", "/target-groups", "/keys"] {
        let shown = page(&server, path, &cookie).await;
        assert_eq!(shown.status, 200, "{path}");
        assert!(shown.text.contains("Sign out") && shown.text.contains("admin"), "{path}");
    }
    assert_eq!(page(&server, "/nowhere", &cookie).await.status, 404);
    // The same session opens REST.
    let rest = server.bare(Method::GET, "/api/v1/instances").header("cookie", format!("other=1; {cookie}"));
    assert_eq!(server.send(rest).await.status, 200);

    let out = server.send(server.form("sign_out", &[]).header("cookie", &cookie)).await;
    assert_eq!((out.status, out.header("location")), (302, "/sign-in"));
    assert!(out.header("set-cookie").starts_with("sb_session=; "));
    assert_eq!(attributes(&out), ["HttpOnly", "Max-Age=0", "Path=/", "SameSite=Lax"]);
    assert_eq!(page(&server, "/", &cookie).await.header("location"), "/sign-in");
}

#[tokio::test]
async fn cookies_of_other_applications_do_not_hide_the_session() {
    let server = server().await;
    let session = cookie(&sign_in(&server, "admin", PASSWORD, "").await);
    let rest = |cookies: &str| server.bare(Method::GET, "/api/v1/instances").header("cookie", cookies);
    // What they set is in any script, quoted, empty or no pair at all.
    for cookies in [
        format!("name=Jürgen; {session}"),
        format!("{session}; name=Jürgen"),
        format!("; =; nothing; quoted=\"a b\"; {session}"),
    ] {
        assert_eq!(server.send(rest(&cookies)).await.status, 200, "{cookies}");
        assert_eq!(page(&server, "/instances", &cookies).await.status, 200, "{cookies}");
    }
    // The session that is signed out of is the one that lets in, wherever several are sent.
    let other = cookie(&sign_in(&server, "admin", PASSWORD, "").await);
    let cookies = format!("{session}; {other}");
    server.send(server.form("sign_out", &[]).header("cookie", &cookies)).await;
    assert_eq!(server.send(rest(&cookies)).await.status, 401);
    assert_eq!(server.send(rest(&other)).await.status, 200, "only one was signed out of");
}

#[tokio::test]
async fn an_unknown_name_and_a_wrong_password_get_the_same_refusal() {
    let server = server().await;
    let mut pages = std::collections::BTreeSet::new();
    let long = "x".repeat(100_000);
    for (name, password) in
        [("admin", "wrong"), ("nobody", PASSWORD), ("admin", ""), ("", ""), ("admin", &long)]
    {
        let answer = sign_in(&server, name, password, "/keys").await;
        assert_eq!(answer.status, 302);
        assert!(answer.header("set-cookie").is_empty());
        let back = answer.header("location");
        assert!(back.starts_with("/sign-in?next=%2Fkeys&note="), "{back}");
        let shown = page(&server, back, "").await.text;
        assert!(shown.contains("The user name or the password is wrong."), "{shown}");
        let (_, main) = shown.split_once("<main").unwrap();
        let (main, _) = main.split_once("</main>").unwrap();
        let field = |name: &str| format!("name=\"form[name]\" type=\"text\" value=\"{name}\"");
        assert!(main.contains(&field(name)), "{main}");
        pages.insert(main.replace(&field(name), &field("NAME")));
    }
    assert_eq!(pages.len(), 1, "only the name that was typed differs: {pages:#?}");
    assert_eq!(sign_in(&server, "admin", PASSWORD, "").await.header("location"), "/");
}

#[tokio::test]
async fn sign_in_redirects_only_within_the_site() {
    let server = server().await;
    for next in
        ["https://evil.example", "//evil.example", "/\\evil.example", "javascript:alert(1)", "\r\nx: y"]
    {
        assert_eq!(sign_in(&server, "admin", PASSWORD, next).await.header("location"), "/", "{next}");
    }
}

#[tokio::test]
async fn a_session_records_its_origin_and_ends_independently() {
    let server = server().await;
    let first = cookie(&sign_in(&server, "admin", PASSWORD, "").await);
    let second = cookie(&sign_in(&server, "admin", PASSWORD, "").await);
    assert_ne!(first, second);
    let token = Secret::new(first.split_once('=').unwrap().1);
    let session = server
        .store()
        .await
        .session(&server::operations::access::tokens::sha256(&token))
        .await
        .unwrap()
        .unwrap();
    assert_eq!((session.user.as_str(), session.ip), ("admin", Some([127, 0, 0, 1].into())));
    server.send(server.form("sign_out", &[]).header("cookie", &first)).await;
    assert_eq!(page(&server, "/", &first).await.status, 303);
    assert_eq!(page(&server, "/", &second).await.status, 200);
    for odd in ["sb_session=", "sb_session", "sb_session=x", "=", "sb_session=%00", "SB_SESSION=x"] {
        assert_eq!(page(&server, "/", odd).await.status, 303, "{odd}");
    }
}

#[tokio::test]
async fn cookies_are_secure_behind_tls_and_refused_over_plain_http() {
    let mut home = Home::new();
    home.secrets.admin_password = Some(Secret::new(PASSWORD));
    home.settings.public_url = Some("https://models.example.com".to_owned());
    let server = home.start().await;
    let form = [("form[name]", "admin"), ("form[password]", PASSWORD)];
    let request = server.form("sign_in", &form);
    let answer = server.send(request).await;
    assert!(attributes(&answer).contains(&"Secure"), "{answer:?}");

    let mut home = server.stop().await;
    home.settings.public_url = None;
    home.settings.listen = ([0, 0, 0, 0], 0).into();
    let mut server = home.start().await;
    assert!(server.greeting.iter().any(|it| it.contains("--insecure-cookies")), "{:?}", server.greeting);
    server.base = server.base.replace("0.0.0.0", "127.0.0.1");
    let answer = sign_in(&server, "admin", PASSWORD, "").await;
    assert!(answer.header("set-cookie").is_empty());
    assert!(page(&server, answer.header("location"), "").await.text.contains("--insecure-cookies"));
}

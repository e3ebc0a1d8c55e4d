//! One's own account: the password and the sessions.

use app::domain::secret::Secret;
use reqwest::Method;

use crate::console::{Answer, Home, TestServer};

const PASSWORD: &str = "correct horse battery staple";
const NEW: &str = "incorrect horse battery staple";
const PAGE: &str = "/settings/account";

async fn server() -> TestServer {
    let mut home = Home::new();
    home.secrets.admin_password = Some(Secret::new(PASSWORD));
    home.start().await
}

/// The cookie of a new session, or nothing.
async fn sign_in(server: &TestServer, password: &str) -> String {
    let form = [("form[name]", "admin"), ("form[password]", password)];
    let answer = server.send(server.form("sign_in", &form)).await;
    answer.header("set-cookie").split(';').next().unwrap().to_owned()
}

async fn page(server: &TestServer, path: &str, cookie: &str) -> Answer {
    server.send(server.bare(Method::GET, path).header("accept", "text/html").header("cookie", cookie)).await
}

async fn act(server: &TestServer, function: &str, cookie: &str, fields: &[(&str, &str)]) -> Answer {
    server.send(server.form(function, fields).header("cookie", cookie)).await
}

#[tokio::test]
async fn changing_a_password_takes_effect_at_once_and_ends_the_other_sessions() {
    let server = server().await;
    let (here, there) = (sign_in(&server, PASSWORD).await, sign_in(&server, PASSWORD).await);
    for (old, new, words) in [
        ("wrong", NEW, "This is not your current password."),
        (PASSWORD, "short", "10 to 256 characters"),
        (PASSWORD, "", "10 to 256 characters"),
    ] {
        let answer = act(&server, "change_password", &here, &[("form[old]", old), ("form[new]", new)]).await;
        assert!(answer.header("location").starts_with("/settings/account?form="), "{old}");
        assert!(page(&server, answer.header("location"), &here).await.text.contains(words), "{words}");
    }
    assert_eq!(page(&server, PAGE, &there).await.status, 200);
    let done = act(&server, "change_password", &here, &[("form[old]", PASSWORD), ("form[new]", NEW)]).await;
    let shown = page(&server, done.header("location"), &here).await;
    assert!(shown.text.contains("Your password is changed"), "{}", shown.text);
    assert_eq!(page(&server, PAGE, &there).await.status, 303);
    assert_eq!(sign_in(&server, PASSWORD).await, "");
    assert!(!sign_in(&server, NEW).await.is_empty());
    let audit = server.store().await.audit(None, 1).await.unwrap();
    assert_eq!((&*audit[0].1.action, &*audit[0].1.by), ("set_password", "admin"));
}

#[tokio::test]
async fn sessions_are_listed_and_ended_one_by_one_or_all_at_once() {
    let server = server().await;
    let (here, there) = (sign_in(&server, PASSWORD).await, sign_in(&server, PASSWORD).await);
    let third = sign_in(&server, PASSWORD).await;
    let shown = page(&server, PAGE, &here).await.text;
    assert_eq!(shown.split("</main>").next().unwrap().matches("This session").count(), 1);
    for cookie in [&here, &there, &third] {
        assert!(!shown.contains(cookie.split_once('=').unwrap().1));
    }
    // From the page of another session, this one and another can be ended.
    let ids: Vec<_> = shown
        .split("</main>")
        .next()
        .unwrap()
        .split("name=\"form[id]\"")
        .skip(1)
        .map(|it| it.split_once("value=\"").unwrap().1.split('"').next().unwrap().to_owned())
        .collect();
    assert_eq!(ids.len(), 2, "{shown}");
    act(&server, "end_session", &here, &[("form[id]", &ids[0])]).await;
    let mut over = 0;
    for cookie in [&there, &third] {
        over += usize::from(page(&server, PAGE, cookie).await.status == 303);
    }
    assert_eq!(over, 1);
    let again = act(&server, "end_session", &here, &[("form[id]", &ids[0])]).await;
    assert!(page(&server, again.header("location"), &here).await.text.contains("already ended"));

    let out = act(&server, "sign_out_everywhere", &here, &[]).await;
    assert_eq!((out.status, out.header("location")), (302, "/sign-in"));
    assert!(out.header("set-cookie").starts_with("sb_session=; "));
    for cookie in [&here, &there, &third] {
        assert_eq!(page(&server, PAGE, cookie).await.status, 303);
    }
}

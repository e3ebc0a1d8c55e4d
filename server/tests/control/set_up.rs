//! The first admin, by the one-time link.

use std::os::unix::fs::PermissionsExt as _;

use futures_util::future::join_all;
use reqwest::Method;

use crate::console::{Answer, Home, TestServer};

const PASSWORD: &str = "correct horse battery staple";

/// The token of the link that start-up printed.
pub(crate) fn token(server: &TestServer) -> String {
    let link = server.greeting.iter().find_map(|it| it.trim().split_once("/setup?token=")).unwrap();
    assert_eq!(link.0, server.base);
    link.1.to_owned()
}

pub(crate) async fn set_up(server: &TestServer, token: &str, name: &str, password: &str) -> Answer {
    let form = [("form[token]", token), ("form[name]", name), ("form[password]", password)];
    server.send(server.form("set_up", &form)).await
}

pub(crate) async fn page(server: &TestServer, path: &str) -> Answer {
    server.send(server.bare(Method::GET, path).header("accept", "text/html")).await
}

#[tokio::test]
async fn the_link_works_once_and_opening_it_uses_nothing_up() {
    let server = TestServer::start().await;
    let token = token(&server);
    let file = server.data_dir().join("setup-link");
    assert_eq!(
        std::fs::read_to_string(&file).unwrap().trim(),
        format!("{}/setup?token={token}", server.base)
    );
    assert_eq!(file.metadata().unwrap().permissions().mode() & 0o777, 0o600);

    for _ in 0..3 {
        let shown = page(&server, &format!("/setup?token={token}")).await;
        assert_eq!(shown.status, 200);
        assert!(shown.text.contains("Create the first admin") && shown.text.contains(&token));
    }
    let other = set_up(&server, &"x".repeat(43), "ada", PASSWORD).await;
    assert!(other.header("set-cookie").is_empty());
    assert!(page(&server, other.header("location")).await.text.contains("no longer valid"));
    // What is wrong with the fields is told first and uses nothing up either.
    let short = set_up(&server, &token, "", "short").await;
    assert!(short.header("location").starts_with(&format!("/setup?token={token}&note=")));
    let shown = page(&server, short.header("location")).await.text;
    assert!(shown.contains("1 to 80 characters") && shown.contains("10 to 256 characters"), "{shown}");

    let made = set_up(&server, &token, " Ada ", PASSWORD).await;
    assert_eq!((made.status, made.header("location")), (302, "/"));
    let cookie = made.header("set-cookie").split(';').next().unwrap().to_owned();
    let board = server.bare(Method::GET, "/").header("cookie", cookie).header("accept", "text/html");
    assert!(server.send(board).await.text.contains("Ada"));

    let again = set_up(&server, &token, "eve", PASSWORD).await;
    assert!(again.header("set-cookie").is_empty());
    assert!(page(&server, &format!("/setup?token={token}")).await.text.contains("already set up"));
    let audit = server.store().await.audit(None, 10).await.unwrap();
    let told: Vec<_> =
        audit.iter().map(|(_, it)| (it.kind.as_str(), it.id.as_str(), it.by.as_str())).collect();
    assert_eq!(told, [("user", "Ada", "Ada")]);

    let home = server.stop().await;
    let file = home.data_dir().join("setup-link");
    let server = home.start().await;
    assert!(!file.exists(), "a used link is not left lying about");
    assert!(server.greeting.iter().all(|it| !it.contains("/setup")), "{:?}", server.greeting);
}

#[tokio::test]
async fn a_new_start_makes_a_new_link() {
    let server = TestServer::start().await;
    let old = token(&server);
    let server = server.stop().await.start().await;
    assert_ne!(token(&server), old);
    assert!(set_up(&server, &old, "ada", PASSWORD).await.header("set-cookie").is_empty());
    let new = token(&server);
    assert!(!set_up(&server, &new, "ada", PASSWORD).await.header("set-cookie").is_empty());
}

#[tokio::test]
async fn of_parallel_set_ups_one_wins() {
    let server = TestServer::start().await;
    let token = token(&server);
    let names: Vec<_> = (0..8).map(|n| format!("user {n}")).collect();
    let answers = join_all(names.iter().map(|name| set_up(&server, &token, name, PASSWORD))).await;
    assert_eq!(answers.iter().filter(|it| !it.header("set-cookie").is_empty()).count(), 1);
    assert_eq!(server.store().await.audit(None, 10).await.unwrap().len(), 1);
}

/// A second server on the same folder and store is no restart of the first one.
#[tokio::test]
async fn a_server_that_starts_beside_another_one_leaves_its_link_alone() {
    let first = TestServer::start().await;
    let mut home = Home::new();
    home.settings.store.data_dir = first.data_dir();
    let second = home.start().await;
    assert_ne!(token(&first), token(&second));
    let file = first.data_dir().join("setup-link");
    assert!(std::fs::read_to_string(&file).unwrap().contains(&token(&first)));
    let in_file = |server: &TestServer| server.greeting.iter().any(|it| it.contains("It is also in"));
    assert!(in_file(&first) && !in_file(&second), "{:?}", second.greeting);

    // The file of a server that is gone is the next one's.
    let (kept, gone) = (token(&second), token(&first));
    let third = first.stop().await.start().await;
    assert!(in_file(&third) && std::fs::read_to_string(&file).unwrap().contains(&token(&third)));
    assert!(set_up(&third, &gone, "ada", PASSWORD).await.header("set-cookie").is_empty());
    assert!(!set_up(&third, &kept, "ada", PASSWORD).await.header("set-cookie").is_empty());
    assert!(set_up(&third, &token(&third), "eve", PASSWORD).await.header("set-cookie").is_empty());
}

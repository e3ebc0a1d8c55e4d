//! The live feed of a tab.

use std::time::Duration;

use app::ports::Role;
use futures_util::StreamExt as _;
use reqwest::Method;
use serde_json::{Value, json};
use tokio::time::timeout;

use super::desk::{Desk, SOON};
use crate::console::TestServer;

/// An open tab.
pub(super) struct Tab {
    pieces: futures_util::stream::BoxStream<'static, reqwest::Result<bytes::Bytes>>,
    text: String,
}

impl Tab {
    pub(super) async fn open(server: &TestServer, cookie: &str) -> Self {
        let answer = server.bare(Method::GET, "/events").header("cookie", cookie).send().await.unwrap();
        assert_eq!(answer.status().as_u16(), 200);
        assert_eq!(answer.headers()["content-type"], "text/event-stream");
        assert_eq!(answer.headers()["x-content-type-options"], "nosniff");
        let mut tab = Self { pieces: answer.bytes_stream().boxed(), text: String::new() };
        assert_eq!(tab.next().await, Some(json!({ "topic": "resync" })));
        tab
    }

    /// The next event; `None` where the feed has ended.
    async fn next(&mut self) -> Option<Value> {
        loop {
            if let Some((event, rest)) = self.text.split_once("\n\n") {
                let data = event.lines().find_map(|it| it.strip_prefix("data: ").map(str::to_owned));
                self.text = rest.to_owned();
                match data {
                    Some(data) => return Some(serde_json::from_str(&data).unwrap()),
                    None => continue,
                }
            }
            match timeout(SOON, self.pieces.next()).await.unwrap() {
                Some(Ok(piece)) => self.text.push_str(std::str::from_utf8(&piece).unwrap()),
                Some(Err(_)) | None => return None,
            }
        }
    }

    /// The next event of a topic.
    pub(super) async fn topic(&mut self, topic: &str) -> Value {
        loop {
            let event = self.next().await.unwrap();
            if event["topic"] == topic {
                return event;
            }
        }
    }
}

async fn viewer(server: &TestServer) -> String {
    let now = server::clock::now();
    server.session("vera", Role::Viewer, [now, now]).await
}

pub(crate) async fn an_open_tab_hears_of_calls_changes_and_health(server: &TestServer) {
    let desk = Desk::open(server).await;
    desk.balancer("first", "ok@5", false).await;
    desk.balancer("dead", "500", true).await;
    let mut tab = Tab::open(server, &viewer(server).await).await;
    let answer = desk.send("first", json!({})).await;
    assert_eq!(answer.status, 200);
    // It is told once the call can be read, and may be told before; no prompt, answer or key is told at all.
    loop {
        assert_eq!(tab.topic("calls").await, json!({ "topic": "calls", "balancers": ["sb_first"] }));
        if server.get(&format!("/requests/{}", answer.header("x-request-id"))).await.status == 200 {
            break;
        }
    }

    for _ in 0..3 {
        desk.send("dead", json!({})).await;
    }
    tab.topic("health").await;
    server
        .patch("/smart-balancers/sb_first", &json!({ "revision": 1, "description": "New." }))
        .await
        .expect(200);
    tab.topic("configuration").await;
}

pub(crate) async fn a_change_right_after_a_tab_opened_is_told(server: &TestServer) {
    server.make("/instances", &super::samples::instance("lone")).await;
    let cookie = viewer(server).await;
    for revision in 1..=3 {
        // Nobody followed until now.
        let mut tab = Tab::open(server, &cookie).await;
        let edit = json!({ "revision": revision, "max_in_flight": revision });
        server.patch("/instances/inst_lone", &edit).await.expect(200);
        tab.topic("configuration").await;
    }
}

pub(crate) async fn the_feed_is_for_sessions_and_ends_with_them_or_with_the_server(server: &TestServer) {
    let token = server.send(server.rest(Method::GET, "/../../events")).await;
    assert_eq!(token.status, 401, "{}", token.text);
    assert_eq!(server.send(server.bare(Method::GET, "/events")).await.code(401), "unauthenticated");
    let cookie = viewer(server).await;
    let posted = server.bare(Method::POST, "/events").header("cookie", &cookie);
    assert_eq!(server.send(posted.header("origin", &server.base)).await.status, 405);

    // A server that stops does not wait for open tabs.
    let own = crate::console::Home::new().start().await;
    let mut tab = Tab::open(&own, &viewer(&own).await).await;
    let (_, end) =
        timeout(Duration::from_secs(4), async { tokio::join!(own.stop(), tab.next()) }).await.unwrap();
    assert_eq!(end, None);
}

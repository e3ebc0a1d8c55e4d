//! The request log as people read it in a browser without scripting.

use app::{
    domain::{ids::RequestId, routing::decision::Excerpt},
    ports::Role,
};
use reqwest::Method;
use serde_json::json;

use super::samples::{balancer, instances};
use crate::{
    calls::{call, fill, id, keep, number},
    console::TestServer,
};

/// What somebody who only reads sees at an address.
async fn page(server: &TestServer, cookie: &str, path: &str) -> String {
    page_of(server, cookie, path, 200).await
}

/// The same of a page with that status.
async fn page_of(server: &TestServer, cookie: &str, path: &str, status: u16) -> String {
    let request = server.bare(Method::GET, path).header("accept", "text/html").header("cookie", cookie);
    let answer = server.send(request).await;
    assert_eq!(answer.status, status, "{path}");
    // What the browser half reads stands after the page itself.
    let (main, _) = answer.text.split_once("</main>").unwrap();
    main.replace("<!>", "")
}

/// The ids of the calls that a page lists, in their order.
fn listed(page: &str) -> Vec<u32> {
    let links = page.split("href=\"/requests/").filter(|it| it.starts_with(RequestId::PREFIX));
    links.map(|it| number(&RequestId::parse(it.split('"').next().unwrap()).unwrap())).collect()
}

/// The address behind a link or button of these words.
fn link(page: &str, words: &str) -> Option<String> {
    let (before, _) = page.split_once(&format!(">{words}</a>"))?;
    let (_, href) = before.rsplit_once("href=\"")?;
    Some(href.split('"').next().unwrap().replace("&amp;", "&"))
}

async fn viewer(server: &TestServer) -> String {
    let now = server::clock::now();
    server.session("vera", Role::Viewer, [now, now]).await
}

pub(crate) async fn the_request_log_is_paginated_and_filtered_by_the_query(server: &TestServer) {
    instances(server, &["0"]).await;
    let mut body = balancer("Zero", "inst_0");
    body["id"] = json!("sb_0");
    server.make("/smart-balancers", &body).await;
    let cookie = viewer(server).await;
    let shown = page(server, &cookie, "/requests").await;
    assert!(shown.contains("No calls yet") && shown.contains("/balancers/sb_0#sample"), "{shown}");

    fill(&server.store().await, 120).await;
    let mut seen = Vec::new();
    let mut address = "/requests".to_owned();
    loop {
        let shown = page(server, &cookie, &address).await;
        seen.extend(listed(&shown));
        assert_eq!(link(&shown, "Newest").is_some(), address != "/requests");
        match link(&shown, "Older") {
            Some(older) => address = older,
            None => {
                assert_eq!(link(&shown, "Newest").as_deref(), Some("/requests"));
                break;
            }
        }
    }
    assert_eq!(seen, (0..120).rev().collect::<Vec<_>>());

    let shown = page(server, &cookie, "/requests?balancer=sb_0&route=&reason=&status=2xx").await;
    let expected: Vec<u32> = (0..120).rev().filter(|n| n % 2 == 0 && [0, 1, 6].contains(&(n % 7))).collect();
    assert_eq!(listed(&shown), expected);
    assert!(shown.contains(">Zero</a>") && !shown.contains("Desk/1"));
    // Filters go along to the next page.
    let shown = page(server, &cookie, "/requests?balancer=sb_1&route=").await;
    let older = link(&shown, "Older").unwrap();
    assert!(older.starts_with("/requests?balancer=sb_1&cursor="), "{older}");
    assert_eq!(listed(&page(server, &cookie, &older).await).len(), 10);
    let shown = page(server, &cookie, "/requests?route=%C3%BC+%22%3E%3Cx").await;
    assert!(shown.contains("No call matches these filters") && !shown.contains("<x"), "{shown}");
    let shown = page(server, &cookie, "/requests?status=6xx&reason=x").await;
    assert!(shown.contains("such as 5xx") && shown.contains("such as matched"), "{shown}");
    assert!(!shown.contains("No call"));
}

pub(crate) async fn a_request_page_shows_the_complete_call(server: &TestServer) {
    instances(server, &["0", "1"]).await;
    let cookie = viewer(server).await;
    let mut failed = call(4);
    failed.attempts[0].outcome = "first_byte_timeout".to_owned();
    failed.decision.as_mut().unwrap().excerpt = Some(Excerpt { chars: 8_000, cut: true });
    keep(&server.store().await, &[failed]).await;
    let shown = page(server, &cookie, &format!("/requests/{}", id(4))).await;
    for words in [
        id(4).as_str(),
        &id(4).decision_id(),
        "upstream_error",
        "first byte timeout",
        "inst_2",
        "4 in, 0 out",
        "86400.0 s",
        "8000 characters; the middle of the text was left out",
        "The router model chose this route by its intent.",
    ] {
        assert!(shown.contains(words), "{words}: {shown}");
    }
    assert!(shown.contains("Deleted since then:"), "its balancer is gone");
    let gone = page_of(server, &cookie, "/requests/req_none", 404).await;
    assert!(gone.contains("There is no call with the id “req_none” in the request log."), "{gone}");
}

pub(crate) async fn a_balancer_page_shows_its_latest_decisions(server: &TestServer) {
    instances(server, &["0"]).await;
    let mut body = balancer("Zero", "inst_0");
    body["id"] = json!("sb_0");
    server.make("/smart-balancers", &body).await;
    let cookie = viewer(server).await;
    let shown = page(server, &cookie, "/balancers/sb_0").await;
    assert!(shown.contains("Latest decisions") && shown.contains("No calls yet"), "{shown}");
    fill(&server.store().await, 40).await;
    let shown = page(server, &cookie, "/balancers/sb_0").await;
    assert_eq!(listed(&shown), (20..40).rev().filter(|n| n % 2 == 0).collect::<Vec<_>>());
    assert_eq!(link(&shown, "All requests of this balancer").as_deref(), Some("/requests?balancer=sb_0"));
}

//! The board as people read it in a browser without scripting.

use app::ports::Role;
use reqwest::Method;
use serde_json::json;

use super::samples::{balancer, instances};
use crate::console::TestServer;

#[tokio::test]
async fn the_board_is_paginated() {
    let server = TestServer::start().await;
    instances(&server, &["a"]).await;
    let balancers: Vec<_> = (0..60).map(|n| balancer(&format!("Desk {n:02}"), "inst_a")).collect();
    let document = json!({ "format": "smart-balancer-configuration", "version": 1, "balancers": balancers });
    server.post("/config/import", &document).await.expect(200);
    let now = server::clock::now();
    let cookie = server.session("vera", Role::Viewer, [now, now]).await;
    for (path, first, last, ways) in [
        ("/", 0, 25, vec!["/?page=2"]),
        ("/?page=2", 25, 50, vec!["/", "/?page=3"]),
        ("/?page=3", 50, 60, vec!["/?page=2"]),
        // What is not there leads to the nearest.
        ("/?page=99", 50, 60, vec!["/?page=2"]),
        ("/?page=0", 0, 25, vec!["/?page=2"]),
        ("/?page=%22%3E%3Cx", 0, 25, vec!["/?page=2"]),
    ] {
        let request = server.bare(Method::GET, path).header("accept", "text/html").header("cookie", &cookie);
        let answer = server.send(request).await;
        assert_eq!(answer.status, 200, "{path}");
        let (main, _) = answer.text.split_once("</main>").unwrap();
        let shown: Vec<_> = (0..60).filter(|n| main.contains(&format!(">Desk {n:02}<"))).collect();
        assert_eq!(shown, (first..last).collect::<Vec<_>>(), "{path}");
        let said = format!("{} to {last} of 60 balancers", first + 1);
        let (_, turns) = main.split_once("aria-label=\"Pages of the board\"").unwrap();
        assert!(turns.contains(&said), "{path}: {turns}");
        let (turns, _) = turns.split_once("</nav>").unwrap();
        let links: Vec<_> = turns.split("href=\"").skip(1).map(|it| it.split('"').next().unwrap()).collect();
        assert_eq!(links, ways, "{path}");
    }
}

//! The store is away: changes wait and are refused, reading goes on, and it heals alone.

use std::{
    net::SocketAddr,
    time::{Duration, Instant},
};

use reqwest::Method;
use serde_json::json;
use sqlx::{AnyConnection, Connection as _, Executor as _};
use tokio::{
    io::copy_bidirectional,
    net::{TcpListener, TcpStream},
    sync::watch,
};

use super::{
    desk::{Desk, SOON},
    samples::{instance, instances},
};
use crate::{
    console::{TOKEN, TestServer},
    home::{on_postgres, on_sqlite},
};

/// What becomes of connections to the store.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Way {
    /// They lead there.
    Open,
    /// They are closed, those that come as well as those that are there.
    Closed,
    /// They stay, and nothing goes over them.
    Silent,
}

/// A way to a Postgres that can be cut.
struct Detour {
    url: String,
    way: watch::Sender<Way>,
}

impl Detour {
    async fn open(url: &str) -> Self {
        let mut url = url::Url::parse(url).unwrap();
        let target = SocketAddr::new(url.host_str().unwrap().parse().unwrap(), url.port().unwrap_or(5432));
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        url.set_port(Some(listener.local_addr().unwrap().port())).unwrap();
        let (way, watching) = watch::channel(Way::Open);
        tokio::spawn(async move {
            while let Ok((socket, _)) = listener.accept().await {
                tokio::spawn(carry(socket, target, watching.clone()));
            }
        });
        Self { url: url.into(), way }
    }
}

async fn carry(mut socket: TcpStream, target: SocketAddr, mut way: watch::Receiver<Way>) {
    let Ok(mut store) = TcpStream::connect(target).await else { return };
    let copying = copy_bidirectional(&mut socket, &mut store);
    tokio::pin!(copying);
    loop {
        let now = *way.borrow_and_update();
        let changed = match now {
            Way::Closed => return,
            Way::Silent => way.changed().await,
            Way::Open => tokio::select! { _ = &mut copying => return, changed = way.changed() => changed },
        };
        if changed.is_err() {
            return;
        }
    }
}

/// What `/readyz` says, which it must within what a probe commonly waits.
async fn readiness(server: &TestServer) -> (u16, String) {
    let began = Instant::now();
    let answer = server.send(server.bare(Method::GET, "/readyz")).await;
    assert!(began.elapsed() < Duration::from_secs(1), "{:?}", began.elapsed());
    (answer.status, answer.text)
}

/// Whether `/metrics` says that the store is in that state.
async fn is_measured(server: &TestServer, state: &str) -> bool {
    let answer = server.send(server.bare(Method::GET, "/metrics").bearer_auth(TOKEN)).await;
    assert_eq!(answer.status, 200);
    let is = |state: &str, value: u8| {
        answer.text.contains(&format!("smart_balancer_store_state{{state=\"{state}\"}} {value}\n"))
    };
    let other = if state == "away" { "reachable" } else { "away" };
    is(state, 1) && is(other, 0)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_replica_whose_store_is_away_stays_ready_serves_and_says_so() {
    on_postgres(|home| async move {
        let detour = Detour::open(&home.url).await;
        let server = TestServer::start_on(&detour.url).await;
        let desk = Desk::open(&server).await;
        desk.balancer("open", "ok@3", false).await;
        let ready = (200, "ready\n".to_owned());
        assert_eq!(readiness(&server).await, ready);
        assert!(is_measured(&server, "reachable").await);
        for way in [Way::Closed, Way::Silent, Way::Closed] {
            detour.way.send(way).unwrap();
            for _ in 0..3 {
                assert_eq!(readiness(&server).await, (200, "ready\nstore: away\n".to_owned()), "{way:?}");
                assert!(is_measured(&server, "away").await, "{way:?}");
                assert_eq!(desk.send("open", json!({})).await.status, 200, "{way:?}");
            }
            if way == Way::Closed {
                let refused = server.post("/instances", &instance("b")).await;
                assert_eq!(refused.code(503), "store_unavailable");
            }
            detour.way.send(Way::Open).unwrap();
            let began = Instant::now();
            while readiness(&server).await != ready || !is_measured(&server, "reachable").await {
                assert!(began.elapsed() < SOON, "it does not come back after {way:?}");
                tokio::time::sleep(Duration::from_millis(50)).await;
            }
        }
        server.make("/instances", &instance("b")).await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_locked_store_refuses_changes_and_goes_on_reading() {
    on_sqlite(|home| async move {
        let server = TestServer::start_on(&home.url).await;
        instances(&server, &["a"]).await;
        let mut other = AnyConnection::connect(&home.url).await.unwrap();
        other.execute("BEGIN IMMEDIATE").await.unwrap();
        let body = instance("b");
        let (write, read) = tokio::join!(server.post("/instances", &body), server.get("/instances"));
        assert_eq!(write.code(503), "store_unavailable");
        assert_eq!(write.header("retry-after"), "5");
        assert_eq!(read.expect(200)["data"].as_array().unwrap().len(), 1);
        assert_eq!(server.send(server.bare(Method::GET, "/readyz")).await.status, 200);
        other.execute("ROLLBACK").await.unwrap();
        server.make("/instances", &body).await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn lost_connections_are_made_anew() {
    on_postgres(|home| async move {
        let server = TestServer::start_on(&home.url).await;
        instances(&server, &["a"]).await;
        home.sql(
            "DO $$ BEGIN PERFORM pg_terminate_backend(pid) FROM pg_stat_activity \
             WHERE datname = current_database() AND pid <> pg_backend_pid(); END $$",
        )
        .await;
        server.make("/instances", &instance("b")).await;
        let stored = home.open().await.load().await.unwrap().configuration;
        assert_eq!(stored.instances.len(), 2);
    })
    .await;
}

//! The store is away: changes wait and are refused, reading goes on, and it heals alone.

use reqwest::Method;
use sqlx::{AnyConnection, Connection as _, Executor as _};

use super::samples::{instance, instances};
use crate::{
    console::TestServer,
    home::{on_postgres, on_sqlite},
};

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

//! Where a rule is tried: an empty database of its own, thrown away at the end, whatever the rule found.

use std::env;

use server::store::Store;
use sqlx::{AnyConnection, AssertSqlSafe, Connection as _, Executor as _};

/// Names a Postgres server, such as `postgres://postgres@127.0.0.1:5432/postgres`; its user may create databases.
const SERVER: &str = "SMART_BALANCER_TEST_POSTGRES";

/// An empty database.
#[derive(Clone)]
pub(crate) struct Home {
    pub(crate) url: String,
}

impl Home {
    /// Opens the store as one process does.
    pub(crate) async fn open(&self) -> Store {
        Store::open(&self.url).await.unwrap()
    }

    /// Runs SQL past the store.
    pub(crate) async fn sql(&self, sql: &'static str) {
        let mut connection = AnyConnection::connect(&self.url).await.unwrap();
        connection.execute(sql).await.unwrap();
        connection.close().await.unwrap();
    }
}

/// Tries a rule on a SQLite file.
pub(crate) async fn on_sqlite<F>(rule: impl FnOnce(Home) -> F)
where
    F: Future<Output = ()>,
{
    let folder = tempfile::tempdir().unwrap();
    rule(Home { url: format!("sqlite://{}", folder.path().join("store.db").display()) }).await;
}

/// Tries a rule on a database of a Postgres server.
pub(crate) async fn on_postgres<F>(rule: impl FnOnce(Home) -> F)
where
    F: Future<Output = ()> + Send + 'static,
{
    let Ok(server) = env::var(SERVER) else {
        panic!(
            "{SERVER} must name a Postgres server for this test, such as postgres://postgres@127.0.0.1/postgres"
        )
    };
    sqlx::any::install_default_drivers();
    let mut suffix = [0; 8];
    getrandom::fill(&mut suffix).unwrap();
    let name = format!("smart_balancer_test_{:016x}", u64::from_ne_bytes(suffix));
    let mut url = url::Url::parse(&server).unwrap();
    url.set_path(&name);

    let mut connection = AnyConnection::connect(&server).await.unwrap();
    // `template1` cannot be copied while somebody else looks at it.
    connection.execute(AssertSqlSafe(format!("CREATE DATABASE {name} TEMPLATE template0"))).await.unwrap();
    let outcome = tokio::spawn(rule(Home { url: url.into() })).await;
    connection.execute(AssertSqlSafe(format!("DROP DATABASE {name} WITH (FORCE)"))).await.unwrap();
    connection.close().await.unwrap();
    if let Err(failed) = outcome {
        std::panic::resume_unwind(failed.into_panic());
    }
}

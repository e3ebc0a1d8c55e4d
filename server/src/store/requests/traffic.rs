//! The calls of a balancer, for its traffic.

use app::domain::{console::traffic::TrafficCall, ids::RequestId, timestamp::Timestamp};
use sqlx::AssertSqlSafe;

use super::{insert::stored_id, read::request_id, row::Flags, texts::digest};
use crate::store::{
    Store, StoreError,
    engine::query::{self, Columns as _},
};

impl Store {
    /// The newest `limit` calls of a balancer since `since`, newest first, without those that only prepare a call.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`], [`StoreError::Corrupt`].
    pub async fn traffic(
        &self,
        balancer: &str,
        since: Timestamp,
        limit: u32,
    ) -> Result<Vec<TrafficCall>, StoreError> {
        let query = sqlx::query(AssertSqlSafe(format!(
            "SELECT id, status, total_us FROM calls WHERE balancer = (SELECT id FROM call_texts WHERE digest = $1) \
             AND id >= $2 AND flags & {} = 0 ORDER BY id DESC LIMIT $3",
            Flags::PREPARATION
        )))
        .bind(digest(balancer))
        .bind(stored_id(&RequestId::first_at(since)))
        .bind(i64::from(limit));
        let rows = query::rows(&mut *self.reader().await?, query).await?;
        rows.iter()
            .map(|row| {
                Ok(TrafficCall {
                    at: request_id(row)?.at(),
                    status: row.number("status")?.try_into().unwrap_or_default(),
                    total_ms: row.number("total_us")? as f64 / 1e3,
                })
            })
            .collect()
    }
}

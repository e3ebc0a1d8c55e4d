//! The calls of a balancer, for its traffic.

use app::domain::{console::traffic::TrafficCall, timestamp::Timestamp};

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
        if balancer.contains('\0') {
            return Ok(Vec::new());
        }
        let query = sqlx::query(
            "SELECT called_at, status, total_us FROM requests WHERE balancer_id = $1 AND called_at >= $2 \
             AND preparation = 0 ORDER BY called_at DESC, id DESC LIMIT $3",
        )
        .bind(balancer)
        .bind(since.0)
        .bind(i64::from(limit));
        let rows = query::rows(&mut *self.reader().await?, query).await?;
        rows.iter()
            .map(|row| {
                Ok(TrafficCall {
                    at: row.moment("called_at")?,
                    status: row.number("status")?.try_into().unwrap_or_default(),
                    total_ms: row.number("total_us")? as f64 / 1e3,
                })
            })
            .collect()
    }
}

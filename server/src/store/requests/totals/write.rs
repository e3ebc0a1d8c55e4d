//! Writing and deleting sums.

use std::sync::LazyLock;

use app::domain::{console::call_totals::CallTotals, timestamp::Timestamp};
use sqlx::AssertSqlSafe;

use super::{Grain, RunningTotals, Series, StagedTotals};
use crate::store::{StoreError, Write};

/// What a row is found by.
const KEY: &str = "start, balancer, route, reason, instance, api, api_key, kind, writer";
/// Number of these columns.
const KEY_COUNT: usize = 9;
/// What it holds, in the order of [`Write::put_sum`].
const SUMS: [&str; 13] = [
    "calls",
    "refused",
    "failed",
    "caller_left",
    "retries",
    "prompt_tokens",
    "completion_tokens",
    "cached_tokens",
    "priced",
    "cost",
    "total",
    "first_byte",
    "router",
];
/// Minutes or hours deleted in one write.
const DELETED_AT_ONCE: i64 = 10;

/// The statements that write a row, in the order of [`Grain::ALL`].
static PUTS: LazyLock<[String; 2]> = LazyLock::new(|| {
    Grain::ALL.map(|grain| {
        let places: Vec<_> = (1..=KEY_COUNT + SUMS.len()).map(|it| format!("${it}")).collect();
        let changes = SUMS.map(|it| format!("{it} = excluded.{it}"));
        format!(
            "INSERT INTO {} ({KEY}, {}) VALUES ({}) ON CONFLICT ({KEY}) DO UPDATE SET {}",
            grain.table(),
            SUMS.join(", "),
            places.join(", "),
            changes.join(", ")
        )
    })
});

impl Write {
    /// Writes sums in place of what this process wrote of them before.
    pub(in crate::store::requests) async fn put_totals(
        &mut self,
        totals: &RunningTotals,
        staged: &StagedTotals,
    ) -> Result<(), StoreError> {
        for (put, sums) in PUTS.iter().zip(&staged.0) {
            for (series, sum) in &sums.by_series {
                self.put_sum(put, sums.start, series, totals.writer, sum).await?;
            }
        }
        Ok(())
    }

    async fn put_sum(
        &mut self,
        put: &'static str,
        start: i64,
        series: &Series,
        writer: i64,
        sum: &CallTotals,
    ) -> Result<(), StoreError> {
        let clamped = |number: u64| i64::try_from(number).unwrap_or(i64::MAX);
        let query = series
            .texts
            .into_iter()
            .fold(sqlx::query(AssertSqlSafe(put)).bind(start), |query, it| query.bind(it));
        let query = query
            .bind(series.kind)
            .bind(writer)
            .bind(clamped(sum.calls))
            .bind(clamped(sum.refused))
            .bind(clamped(sum.failed))
            .bind(clamped(sum.left))
            .bind(clamped(sum.retries))
            .bind(clamped(sum.prompt_tokens))
            .bind(clamped(sum.completion_tokens))
            .bind(clamped(sum.cached_tokens))
            .bind(clamped(sum.priced))
            .bind(clamped(sum.cost))
            .bind(sum.total.to_bytes())
            .bind(sum.first_byte.to_bytes())
            .bind(sum.router.to_bytes());
        self.run(query).await.map(drop)
    }

    /// Deletes the oldest sums of before `since`, some minutes or hours of them; returns how many rows.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`].
    pub async fn delete_totals_before(&mut self, grain: Grain, since: Timestamp) -> Result<u64, StoreError> {
        let table = grain.table();
        let delete =
            format!("DELETE FROM {table} WHERE start < $1 AND start < (SELECT MIN(start) FROM {table}) + $2");
        let query = sqlx::query(AssertSqlSafe(delete)).bind(since.0).bind(grain.ms() * DELETED_AT_ONCE);
        self.run(query).await
    }
}

//! The request log as earlier versions kept it. Its rows are moved to the present form in the background, newest first.

use app::domain::{
    api::Api,
    console::request_log::{CallFacts, CallMs, CallOrigin, CallTokens, RequestDetail},
    ids::{BalancerId, InstanceId, RequestId},
    routing::decision::{Decision, Reason},
    timestamp::Timestamp,
};
use sqlx::any::AnyRow;

use super::row::CallRow;
use crate::store::{
    Store, StoreError,
    engine::query::{self, Columns as _},
};

impl Store {
    /// Moves the newest rows of the old table, at most `limit`; returns how many. What cannot be read is deleted: it
    /// could not be shown either.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`].
    pub async fn move_old_requests(&self, limit: u32, now: Timestamp) -> Result<usize, StoreError> {
        let query = sqlx::query("SELECT * FROM requests ORDER BY called_at DESC, id DESC LIMIT $1")
            .bind(i64::from(limit));
        let rows = query::rows(&mut *self.reader().await?, query).await?;
        if rows.is_empty() {
            return Ok(0);
        }
        let calls: Vec<CallRow> = rows.iter().filter_map(|it| CallRow::of(&read(it).ok()?).ok()).collect();
        self.insert_calls(&calls, now).await?;
        let mut write = self.write().await?;
        for row in &rows {
            write.run(sqlx::query("DELETE FROM requests WHERE id = $1").bind(row.text("id")?)).await?;
        }
        write.commit().await?;
        Ok(rows.len())
    }
}

fn read(row: &AnyRow) -> Result<RequestDetail, StoreError> {
    let ms = |us: u64| us as f64 / 1e3;
    let id = row.read("id", RequestId::parse)?;
    let facts = CallFacts {
        id,
        decision_id: id.decision_id(),
        at: id.at(),
        balancer: row.maybe_text("balancer_id")?.map(BalancerId::from),
        serving_name: row.maybe_text("serving_name")?,
        route: row.maybe_text("route")?,
        reason: row.maybe_text("reason")?.and_then(|it| Reason::parse(&it)),
        instance_id: row.maybe_text("instance_id")?.map(InstanceId::from),
        status: row.number("status")?.try_into().unwrap_or_default(),
        code: row.maybe_text("code")?,
        stream: row.number("stream")? != 0,
        ms: CallMs {
            route: row.maybe_number("route_us")?.map(ms),
            first_byte: row.maybe_number("first_byte_us")?.map(ms),
            total: ms(row.number("total_us")?),
        },
        tokens: CallTokens {
            prompt: row.maybe_number("prompt_tokens")?,
            completion: row.maybe_number("completion_tokens")?,
        },
        api_key: row.maybe_text("api_key_id")?,
        api: row.maybe_text("api")?.and_then(|it| Api::parse(&it)),
        empty: row.number("empty")? != 0,
        preparation: row.number("preparation")? != 0,
        // Earlier versions did not tell the two kinds of calls from the console apart.
        origin: CallOrigin::Client,
        ..CallFacts::default()
    };
    let decision: Option<Decision> = match row.maybe_text("decision")? {
        Some(_) => Some(row.json("decision")?),
        None => None,
    };
    let facts = CallFacts {
        chosen: decision.as_ref().and_then(|it| it.chosen.clone()),
        confidence: decision.as_ref().and_then(|it| it.confidence),
        ..facts
    };
    Ok(RequestDetail { facts, decision, attempts: row.json("attempts")? })
}

//! The decisions of a balancer that carry a confidence.

use app::domain::{
    confidence::Confidence, console::request_log::threshold::SureDecision, routing::decision::Reason,
};

use super::texts::digest;
use crate::store::{
    Store, StoreError,
    engine::query::{self, Columns as _},
};

impl Store {
    /// The newest `limit` decisions of a balancer that carry a confidence, newest first.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`], [`StoreError::Corrupt`].
    pub async fn sure_decisions(&self, balancer: &str, limit: u32) -> Result<Vec<SureDecision>, StoreError> {
        let query = sqlx::query(
            "SELECT c.confidence, route.text AS route, reason.text AS reason, chosen.text AS chosen \
             FROM (SELECT id, confidence, route, reason, chosen FROM calls \
                   WHERE balancer = (SELECT id FROM call_texts WHERE digest = $1) AND confidence IS NOT NULL \
                   ORDER BY id DESC LIMIT $2) c \
             LEFT JOIN call_texts route ON route.id = c.route \
             LEFT JOIN call_texts reason ON reason.id = c.reason \
             LEFT JOIN call_texts chosen ON chosen.id = c.chosen \
             ORDER BY c.id DESC",
        )
        .bind(digest(balancer))
        .bind(i64::from(limit));
        let rows = query::rows(&mut *self.reader().await?, query).await?;
        let mut all = Vec::with_capacity(rows.len());
        for row in &rows {
            let Some(confidence) = row.maybe_number("confidence")?.and_then(Confidence::from_thousandths)
            else {
                continue;
            };
            let reason = row.maybe_text("reason")?;
            all.push(SureDecision {
                route: row.maybe_text("route")?,
                reason: reason.and_then(|it| Reason::parse(&it)),
                chosen: row.maybe_text("chosen")?,
                confidence,
            });
        }
        Ok(all)
    }
}

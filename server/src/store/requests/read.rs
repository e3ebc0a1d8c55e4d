//! Lists of calls, and single ones.

use std::sync::{Arc, OnceLock};

use app::domain::{
    api::Api,
    confidence::Confidence,
    console::request_log::{CallTokens, RequestDetail, RequestFilter, RequestLine, StatusFilter},
    ids::RequestId,
    routing::decision::Reason,
};
use sqlx::{AssertSqlSafe, any::AnyRow};

use super::{
    insert::stored_id,
    row::{CallRow, CallTexts, CallUs, Flags},
    texts::digest,
};
use crate::store::{
    Store, StoreError,
    engine::query::{self, Columns as _, number},
};

/// The columns of a call `c` and its texts.
const COLUMNS: &str = "c.id, c.status, c.flags, c.attempts, c.route_us, c.router_us, c.attempt_us, c.first_byte_us, \
                       c.total_us, c.prompt_tokens, c.completion_tokens, c.confidence, c.detail, balancer.text AS balancer, \
                       serving_name.text AS serving_name, route.text AS route, reason.text AS reason, \
                       instance.text AS instance, api.text AS api, api_key.text AS api_key, code.text AS code, \
                       plan.text AS plan, chosen.text AS chosen";
/// The texts of a call `c`.
const TEXTS: &str = "LEFT JOIN call_texts balancer ON balancer.id = c.balancer \
                     LEFT JOIN call_texts serving_name ON serving_name.id = c.serving_name \
                     LEFT JOIN call_texts route ON route.id = c.route \
                     LEFT JOIN call_texts reason ON reason.id = c.reason \
                     LEFT JOIN call_texts instance ON instance.id = c.instance \
                     LEFT JOIN call_texts api ON api.id = c.api \
                     LEFT JOIN call_texts api_key ON api_key.id = c.api_key \
                     LEFT JOIN call_texts code ON code.id = c.code \
                     LEFT JOIN call_texts plan ON plan.id = c.plan \
                     LEFT JOIN call_texts chosen ON chosen.id = c.chosen";

impl Store {
    /// The newest `limit` calls that match the filter and came before the call `before`, newest first. The filter's
    /// balancer is an id.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`], [`StoreError::Corrupt`].
    pub async fn requests(
        &self,
        filter: &RequestFilter,
        before: Option<&RequestId>,
        limit: u32,
    ) -> Result<Vec<RequestLine>, StoreError> {
        let texts = [
            ("balancer", filter.balancer.as_deref()),
            ("route", filter.route.as_deref()),
            ("reason", filter.reason.map(Reason::as_str)),
        ];
        let texts: Vec<_> = texts.into_iter().filter_map(|(column, value)| Some((column, value?))).collect();
        let statuses = filter.status.map(|it| match it {
            StatusFilter::Exactly(status) => (status, status),
            StatusFilter::Class(class) => (class * 100, class * 100 + 99),
        });

        // The statement has only the conditions that are asked for, so that the engines can use the indexes. It consists
        // of constants.
        let mut conditions = String::new();
        for (at, (column, _)) in texts.iter().enumerate() {
            let at = at + 3;
            conditions += &format!(" AND {column} = (SELECT id FROM call_texts WHERE digest = ${at})");
        }
        if let Some((lowest, _)) = statuses {
            let at = texts.len() + 3;
            conditions += &format!(" AND status BETWEEN ${at} AND ${}", at + 1);
            if lowest >= 400 {
                conditions += " AND status >= 400";
            }
        }
        let sql = format!(
            "SELECT {COLUMNS} FROM (SELECT * FROM calls WHERE id < $1{conditions} ORDER BY id DESC LIMIT $2) c \
             {TEXTS} ORDER BY c.id DESC"
        );
        let before = before.map_or_else(|| vec![0xff; 16], stored_id);
        let mut query = sqlx::query(AssertSqlSafe(sql)).bind(before).bind(i64::from(limit));
        for (_, text) in texts {
            query = query.bind(digest(text));
        }
        if let Some((lowest, highest)) = statuses {
            query = query.bind(i64::from(lowest)).bind(i64::from(highest));
        }
        let rows = query::rows(&mut *self.reader().await?, query).await?;
        let line = |row: &AnyRow| {
            let row = read(row)?;
            Ok(RequestLine { facts: row.facts(), attempts: row.attempts as u64 })
        };
        rows.iter().map(line).collect()
    }

    /// One call.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`], [`StoreError::Corrupt`].
    pub async fn request(&self, id: &RequestId) -> Result<Option<RequestDetail>, StoreError> {
        let query =
            sqlx::query(AssertSqlSafe(format!("SELECT {COLUMNS} FROM calls c {TEXTS} WHERE c.id = $1")))
                .bind(stored_id(id));
        let row = query::row(&mut *self.reader().await?, query).await?;
        row.map(|row| read(&row)?.into_detail()).transpose()
    }

    /// The oldest of the newest `rows` calls; `None` if there are fewer.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`], [`StoreError::Corrupt`].
    pub async fn oldest_request_of(&self, rows: u64) -> Result<Option<RequestId>, StoreError> {
        let query = sqlx::query("SELECT id FROM calls ORDER BY id DESC LIMIT 1 OFFSET $1")
            .bind(number(rows.saturating_sub(1))?);
        let row = query::row(&mut *self.reader().await?, query).await?;
        row.map(|row| request_id(&row)).transpose()
    }
}

pub(super) fn request_id(row: &AnyRow) -> Result<RequestId, StoreError> {
    let bytes = row.maybe_bytes("id")?.and_then(|it| <[u8; 16]>::try_from(it).ok());
    let bytes = bytes.ok_or_else(|| StoreError::Corrupt("column id has an invalid value".to_owned()))?;
    Ok(RequestId::from_bits(u128::from_be_bytes(bytes)))
}

/// Reads a row of [`COLUMNS`].
fn read(row: &AnyRow) -> Result<CallRow, StoreError> {
    let text = |column| Ok::<_, StoreError>(row.maybe_text(column)?.map(Arc::from));
    let number = |column| {
        let number = row.maybe_number(column)?;
        Ok::<_, StoreError>(number.map(|it| i64::try_from(it).unwrap_or(i64::MAX)))
    };
    let texts = CallTexts {
        balancer: text("balancer")?,
        serving_name: text("serving_name")?,
        route: text("route")?,
        reason: row.maybe_text("reason")?.and_then(|it| Reason::parse(&it)),
        instance: text("instance")?,
        api: row.maybe_text("api")?.and_then(|it| Api::parse(&it)),
        api_key: text("api_key")?,
        code: text("code")?,
        plan: text("plan")?,
        chosen: text("chosen")?,
        numbers: OnceLock::new(),
    };
    Ok(CallRow {
        id: request_id(row)?,
        texts: Arc::new(texts),
        status: row.number("status")?.try_into().unwrap_or_default(),
        flags: Flags::read(row.number("flags")?),
        attempts: usize::try_from(row.number("attempts")?).unwrap_or_default(),
        us: CallUs {
            route: number("route_us")?,
            router: number("router_us")?,
            attempt: number("attempt_us")?,
            first_byte: number("first_byte_us")?,
            total: number("total_us")?.unwrap_or_default(),
        },
        tokens: CallTokens {
            prompt: row.maybe_number("prompt_tokens")?,
            completion: row.maybe_number("completion_tokens")?,
        },
        confidence: row.maybe_number("confidence")?.and_then(Confidence::from_thousandths),
        detail: row.maybe_text("detail")?,
    })
}

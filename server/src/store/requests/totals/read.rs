//! Reading sums.

use std::collections::BTreeMap;

use app::domain::{
    console::{call_totals::CallTotals, histogram::Histogram},
    timestamp::Timestamp,
};
use sqlx::{AssertSqlSafe, any::AnyRow};

use super::Grain;
use crate::store::{
    Store, StoreError,
    engine::query::{self, Columns as _},
    requests::texts::digest,
};

/// Most rows that one reading adds up.
const MAX_ROWS: usize = 100_000;

/// What sums are kept apart by.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SumsOf {
    /// Balancers, by id.
    Balancers,
    /// Routes, by name.
    Routes,
    /// Reasons, by code.
    Reasons,
    /// Instances, by id.
    Instances,
    /// APIs, by name.
    Apis,
    /// API keys, by id.
    ApiKeys,
}

impl SumsOf {
    fn column(self) -> &'static str {
        match self {
            Self::Balancers => "balancer",
            Self::Routes => "route",
            Self::Reasons => "reason",
            Self::Instances => "instance",
            Self::Apis => "api",
            Self::ApiKeys => "api_key",
        }
    }
}

/// Which sums are read.
#[derive(Clone, Debug)]
pub struct TotalsFilter<'a> {
    /// Minutes or hours.
    pub grain: Grain,
    /// The first moment; the minute or hour that it is in is not read unless it begins it.
    pub from: Timestamp,
    /// The moment behind the last one.
    pub until: Timestamp,
    /// Only sums of these: an id, a name or a code of each kind.
    pub only: &'a [(SumsOf, &'a str)],
    /// What they are kept apart by; `None` adds up all.
    pub by: Option<SumsOf>,
    /// Whether calls of the console, of smoke tests, and those that only prepare another one count.
    pub with_tests: bool,
}

/// The sums of one minute or hour.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TotalsOf {
    /// Its beginning.
    pub start: Timestamp,
    /// Whose they are; `None` where calls have none, or all are added up.
    pub name: Option<String>,
    /// The sums.
    pub totals: CallTotals,
}

impl Store {
    /// Sums of calls over all replicas, by time and name, oldest first. If there is too much to add up, the oldest minutes
    /// or hours are left out, and the flag is set.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`], [`StoreError::Corrupt`].
    pub async fn call_totals(&self, filter: &TotalsFilter<'_>) -> Result<(Vec<TotalsOf>, bool), StoreError> {
        // The statement consists of constants.
        let (name, join) = match filter.by {
            Some(by) => ("names.text", format!("LEFT JOIN call_texts names ON names.id = s.{}", by.column())),
            None => ("NULL", String::new()),
        };
        let mut conditions = String::new();
        for (at, (of, _)) in filter.only.iter().enumerate() {
            let (column, at) = (of.column(), at + 4);
            conditions += &format!(" AND s.{column} = (SELECT id FROM call_texts WHERE digest = ${at})");
        }
        if !filter.with_tests {
            conditions += " AND s.kind = 0";
        }
        let sql = format!(
            "SELECT s.*, CAST({name} AS TEXT) AS name FROM {} s {join} WHERE s.start >= $1 AND s.start < $2{conditions} \
             ORDER BY s.start DESC LIMIT $3",
            filter.grain.table()
        );
        let query = sqlx::query(AssertSqlSafe(sql))
            .bind(filter.from.0)
            .bind(filter.until.0)
            .bind(MAX_ROWS as i64 + 1);
        let query = filter.only.iter().fold(query, |query, (_, text)| query.bind(digest(text)));
        let rows = query::rows(&mut *self.reader().await?, query).await?;
        // The last one may have more rows than were read.
        let partial = rows.get(MAX_ROWS).map(|it| it.moment("start")).transpose()?;
        let mut sums: BTreeMap<(Timestamp, Option<String>), CallTotals> = BTreeMap::new();
        for row in &rows {
            let start = row.moment("start")?;
            if partial != Some(start) {
                sums.entry((start, row.maybe_text("name")?)).or_default().add(&read(row)?);
            }
        }
        let totals = sums.into_iter().map(|((start, name), totals)| TotalsOf { start, name, totals });
        Ok((totals.collect(), partial.is_some()))
    }
}

fn read(row: &AnyRow) -> Result<CallTotals, StoreError> {
    let histogram = |column: &str| {
        let bytes = row.maybe_bytes(column)?.unwrap_or_default();
        Histogram::from_bytes(&bytes)
            .ok_or_else(|| StoreError::Corrupt(format!("column {column} has an invalid value")))
    };
    Ok(CallTotals {
        calls: row.number("calls")?,
        refused: row.number("refused")?,
        failed: row.number("failed")?,
        left: row.number("caller_left")?,
        retries: row.number("retries")?,
        prompt_tokens: row.number("prompt_tokens")?,
        completion_tokens: row.number("completion_tokens")?,
        cached_tokens: row.number("cached_tokens")?,
        priced: row.number("priced")?,
        cost: row.number("cost")?,
        total: histogram("total")?,
        first_byte: histogram("first_byte")?,
        router: histogram("router")?,
    })
}

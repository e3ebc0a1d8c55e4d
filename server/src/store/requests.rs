//! The request log. Rows are inserted in batches, never updated, and deleted oldest first; nothing refers to them.
//!
//! Postgres cannot store a NUL character in text and rejects it in parameters, so a filter that contains one matches
//! nothing.

mod traffic;

use app::domain::{
    api::Api,
    console::request_log::{
        CallFacts, CallMs, CallTokens, RequestCursor, RequestDetail, RequestFilter, RequestLine, StatusFilter,
    },
    ids::{BalancerId, InstanceId},
    routing::decision::Reason,
};
use sqlx::{AssertSqlSafe, any::AnyRow};

use super::{
    Store, StoreError, Write,
    engine::{
        Engine,
        query::{self, Columns as _, Query, json, number},
    },
};

/// The columns of a list.
macro_rules! facts {
    () => {
        "id, decision_id, called_at, balancer_id, serving_name, route, reason, instance_id, status, code, \
         stream, attempt_count, route_us, first_byte_us, total_us, prompt_tokens, completion_tokens, api_key_id, \
         api, empty, preparation"
    };
}

/// The additional columns of a single call.
macro_rules! whole {
    () => {
        "status_class, decision, attempts"
    };
}

/// Number of these columns.
const COLUMNS: usize = 24;
/// Calls per statement. A connection prepares one statement for each size; together they make any number.
const BATCH_SIZES: [usize; 3] = [64, 8, 1];

/// The statement that inserts so many calls. Values are bound one by one: both engines take many times longer to unpack
/// a JSON document.
fn insert(engine: Engine, calls: usize) -> String {
    let place = |at: usize| match engine {
        // SQLite looks each named parameter up in the list of all of them.
        Engine::Sqlite => "?".to_owned(),
        Engine::Postgres => format!("${at}"),
    };
    let call = |at: usize| {
        let places: Vec<_> = (1..=COLUMNS).map(|it| place(at * COLUMNS + it)).collect();
        format!("({})", places.join(", "))
    };
    let calls: Vec<_> = (0..calls).map(call).collect();
    format!(
        "INSERT INTO requests ({}, {}) VALUES {} ON CONFLICT (id) DO NOTHING",
        facts!(),
        whole!(),
        calls.join(", ")
    )
}

/// Binds the values of a call, in the order of the columns.
fn bind<'q>(query: Query<'q>, request: &'q RequestDetail) -> Result<Query<'q>, StoreError> {
    let facts = &request.facts;
    Ok(query
        .bind(facts.id.as_str())
        .bind(facts.decision_id.as_deref())
        .bind(facts.at.0)
        .bind(facts.balancer.as_ref().map(BalancerId::as_str))
        .bind(facts.serving_name.as_deref())
        .bind(facts.route.as_deref())
        .bind(facts.reason.map(Reason::as_str))
        .bind(facts.instance_id.as_ref().map(InstanceId::as_str))
        .bind(i64::from(facts.status))
        .bind(facts.code.as_deref())
        .bind(i64::from(facts.stream))
        .bind(number(request.attempts.len() as u64)?)
        .bind(facts.ms.route.map(us))
        .bind(facts.ms.first_byte.map(us))
        .bind(us(facts.ms.total))
        .bind(facts.tokens.prompt.map(clamped))
        .bind(facts.tokens.completion.map(clamped))
        .bind(facts.api_key.as_deref())
        .bind(facts.api.map(Api::name))
        .bind(i64::from(facts.empty))
        .bind(i64::from(facts.preparation))
        .bind(i64::from(facts.status / 100))
        .bind(request.decision.as_ref().map(json).transpose()?)
        .bind(json(&request.attempts)?))
}

/// Whole microseconds, the stored unit.
fn us(ms: f64) -> i64 {
    // The cast saturates, and NaN becomes 0.
    (ms * 1e3).round() as i64
}

fn ms(us: u64) -> f64 {
    us as f64 / 1e3
}

/// An upstream may report any number; the row is stored anyway.
fn clamped(tokens: u64) -> i64 {
    i64::try_from(tokens).unwrap_or(i64::MAX)
}

impl Write {
    /// Inserts calls. Existing ones are ignored, so a batch can be retried if the outcome of its commit is unknown.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`].
    pub async fn insert_requests(&mut self, requests: &[RequestDetail]) -> Result<(), StoreError> {
        let mut left = requests;
        for size in BATCH_SIZES {
            let pieces = left.chunks_exact(size);
            left = pieces.remainder();
            for piece in pieces {
                let query = sqlx::query(AssertSqlSafe(insert(self.engine(), size)));
                self.run(piece.iter().try_fold(query, bind)?).await?;
            }
        }
        Ok(())
    }

    /// Deletes the oldest calls before `place`, at most `limit`; returns how many.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`].
    pub async fn delete_requests_before(
        &mut self,
        place: &RequestCursor,
        limit: u32,
    ) -> Result<u64, StoreError> {
        let query = sqlx::query(
            "DELETE FROM requests WHERE id IN (SELECT id FROM requests \
             WHERE (called_at, id) < ($1, $2) ORDER BY called_at, id LIMIT $3)",
        )
        .bind(place.at.0)
        .bind(place.id.as_str())
        .bind(i64::from(limit));
        self.run(query).await
    }
}

impl Store {
    /// The newest `limit` calls that match the filter and are older than `before`, newest first. The filter's balancer
    /// is an id.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`], [`StoreError::Corrupt`].
    pub async fn requests(
        &self,
        filter: &RequestFilter,
        before: Option<&RequestCursor>,
        limit: u32,
    ) -> Result<Vec<RequestLine>, StoreError> {
        let class = filter.status.map(|it| match it {
            StatusFilter::Exactly(status) => status / 100,
            StatusFilter::Class(class) => class,
        });
        let status = filter.status.and_then(|it| match it {
            StatusFilter::Exactly(status) => Some(status),
            StatusFilter::Class(_) => None,
        });
        let texts = [
            ("balancer_id", filter.balancer.as_deref()),
            ("route", filter.route.as_deref()),
            ("reason", filter.reason.map(Reason::as_str)),
        ];
        let texts = texts.into_iter().filter_map(|(column, value)| Some((column, value?)));
        let numbers = [("status_class", class), ("status", status)];
        let numbers = numbers.into_iter().filter_map(|(column, value)| Some((column, value?)));

        if texts.clone().any(|(_, text)| text.contains('\0')) {
            return Ok(Vec::new());
        }

        // A condition that is always present, such as `route = $1 OR $1 IS NULL`, would keep the engines from using the
        // indexes, so the statement only has the requested ones. It consists of constants.
        let columns = texts.clone().map(|it| it.0).chain(numbers.clone().map(|it| it.0));
        let conditions: String =
            columns.enumerate().map(|(at, it)| format!(" AND {it} = ${}", at + 4)).collect();
        let sql = format!(
            "SELECT {} FROM requests WHERE (called_at, id) < ($1, $2){conditions} \
             ORDER BY called_at DESC, id DESC LIMIT $3",
            facts!()
        );
        let mut query = sqlx::query(AssertSqlSafe(sql))
            .bind(before.map_or(i64::MAX, |it| it.at.0))
            .bind(before.map_or("", |it| it.id.as_str()))
            .bind(i64::from(limit));
        for (_, text) in texts {
            query = query.bind(text);
        }
        for (_, value) in numbers {
            query = query.bind(i64::from(value));
        }
        let rows = query::rows(&mut *self.reader().await?, query).await?;
        rows.iter()
            .map(|row| Ok(RequestLine { facts: facts(row)?, attempts: row.number("attempt_count")? }))
            .collect()
    }

    /// One call.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`], [`StoreError::Corrupt`].
    pub async fn request(&self, id: &str) -> Result<Option<RequestDetail>, StoreError> {
        if id.contains('\0') {
            return Ok(None);
        }
        let select = concat!("SELECT ", facts!(), ", ", whole!(), " FROM requests WHERE id = $1");
        let Some(row) = query::row(&mut *self.reader().await?, sqlx::query(select).bind(id)).await? else {
            return Ok(None);
        };
        let decision = match row.maybe_text("decision")? {
            Some(_) => Some(row.json("decision")?),
            None => None,
        };
        Ok(Some(RequestDetail { facts: facts(&row)?, decision, attempts: row.json("attempts")? }))
    }

    /// The position of the oldest of the newest `rows` calls; `None` if there are fewer.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`], [`StoreError::Corrupt`].
    pub async fn oldest_request_of(&self, rows: u64) -> Result<Option<RequestCursor>, StoreError> {
        let query = sqlx::query(
            "SELECT called_at, id FROM requests ORDER BY called_at DESC, id DESC LIMIT 1 OFFSET $1",
        )
        .bind(number(rows.saturating_sub(1))?);
        let row = query::row(&mut *self.reader().await?, query).await?;
        row.map(|row| Ok(RequestCursor { at: row.moment("called_at")?, id: row.text("id")? })).transpose()
    }
}

fn facts(row: &AnyRow) -> Result<CallFacts, StoreError> {
    let reason = match row.maybe_text("reason")? {
        Some(_) => Some(row.read("reason", Reason::parse)?),
        None => None,
    };
    Ok(CallFacts {
        id: row.text("id")?,
        decision_id: row.maybe_text("decision_id")?,
        at: row.moment("called_at")?,
        balancer: row.maybe_text("balancer_id")?.map(BalancerId),
        serving_name: row.maybe_text("serving_name")?,
        route: row.maybe_text("route")?,
        reason,
        instance_id: row.maybe_text("instance_id")?.map(InstanceId),
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
    })
}

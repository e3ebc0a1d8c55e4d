//! The request log. Rows come in batches, are only ever read, and go oldest first; nothing else refers to them.
//!
//! Postgres cannot keep a zero character in text, and refuses to look for one: what holds one is nowhere.

use app::domain::{
    decision::Reason,
    ids::{BalancerId, InstanceId},
    request_log::{
        CallFacts, CallMs, CallTokens, RequestDetail, RequestFilter, RequestLine, RequestPlace, StatusFilter,
    },
};
use serde::Serialize;
use sqlx::{AssertSqlSafe, any::AnyRow};

use super::{
    Store, StoreError, Write,
    engine::Engine,
    query::{self, Columns as _, json, number},
};

/// The columns of a list.
macro_rules! facts {
    () => {
        "id, decision_id, called_at, balancer_id, serving_name, route, reason, instance_id, status, code, \
         stream, attempt_count, route_us, first_byte_us, total_us, prompt_tokens, completion_tokens, api_key_id"
    };
}

/// A row as both engines unpack it from JSON; the names are the columns'.
#[derive(Serialize)]
struct Row<'a> {
    id: &'a str,
    decision_id: Option<&'a str>,
    called_at: i64,
    balancer_id: Option<&'a str>,
    serving_name: Option<&'a str>,
    route: Option<&'a str>,
    reason: Option<Reason>,
    instance_id: Option<&'a str>,
    status: u16,
    status_class: u16,
    code: Option<&'a str>,
    stream: u8,
    attempt_count: usize,
    route_us: Option<u64>,
    first_byte_us: Option<u64>,
    total_us: u64,
    prompt_tokens: Option<i64>,
    completion_tokens: Option<i64>,
    api_key_id: Option<&'a str>,
    decision: Option<String>,
    attempts: String,
}

impl<'a> Row<'a> {
    fn of(request: &'a RequestDetail) -> Result<Self, StoreError> {
        let facts = &request.facts;
        Ok(Self {
            id: &facts.id,
            decision_id: facts.decision_id.as_deref(),
            called_at: facts.at.0,
            balancer_id: facts.balancer.as_ref().map(BalancerId::as_str),
            serving_name: facts.serving_name.as_deref(),
            route: facts.route.as_deref(),
            reason: facts.reason,
            instance_id: facts.instance_id.as_ref().map(InstanceId::as_str),
            status: facts.status,
            status_class: facts.status / 100,
            code: facts.code.as_deref(),
            stream: facts.stream.into(),
            attempt_count: request.attempts.len(),
            route_us: facts.ms.route.map(us),
            first_byte_us: facts.ms.first_byte.map(us),
            total_us: us(facts.ms.total),
            prompt_tokens: facts.tokens.prompt.map(clamped),
            completion_tokens: facts.tokens.completion.map(clamped),
            api_key_id: facts.api_key.as_deref(),
            decision: request.decision.as_ref().map(json).transpose()?,
            attempts: json(&request.attempts)?,
        })
    }
}

/// Whole microseconds, as times are kept.
fn us(ms: f64) -> u64 {
    // The cast saturates, and what is no number comes to 0.
    (ms * 1e3).round() as u64
}

fn ms(us: u64) -> f64 {
    us as f64 / 1e3
}

/// What an upstream claims may be any number; a row is not lost for it.
fn clamped(tokens: u64) -> i64 {
    i64::try_from(tokens).unwrap_or(i64::MAX)
}

impl Write {
    /// Adds calls, all in one statement; those that are there already are passed over, so that a batch whose commit
    /// was left in doubt can be sent again.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`].
    pub async fn insert_requests(&mut self, requests: &[RequestDetail]) -> Result<(), StoreError> {
        let insert = match self.engine() {
            Engine::Sqlite => concat!(
                "INSERT INTO requests (",
                facts!(),
                ", status_class, decision, attempts) \
                 SELECT value ->> 'id', value ->> 'decision_id', value ->> 'called_at', value ->> 'balancer_id', \
                 value ->> 'serving_name', value ->> 'route', value ->> 'reason', value ->> 'instance_id', \
                 value ->> 'status', value ->> 'code', value ->> 'stream', value ->> 'attempt_count', \
                 value ->> 'route_us', value ->> 'first_byte_us', value ->> 'total_us', \
                 value ->> 'prompt_tokens', value ->> 'completion_tokens', value ->> 'api_key_id', \
                 value ->> 'status_class', value ->> 'decision', value ->> 'attempts' \
                 FROM json_each($1) WHERE true ON CONFLICT (id) DO NOTHING"
            ),
            Engine::Postgres => concat!(
                "INSERT INTO requests (",
                facts!(),
                ", status_class, decision, attempts) SELECT ",
                facts!(),
                ", status_class, decision, attempts FROM json_to_recordset($1::JSON) AS request ( \
                     id TEXT, decision_id TEXT, called_at BIGINT, balancer_id TEXT, serving_name TEXT, route TEXT, \
                     reason TEXT, instance_id TEXT, status BIGINT, code TEXT, stream BIGINT, attempt_count BIGINT, \
                     route_us BIGINT, first_byte_us BIGINT, total_us BIGINT, prompt_tokens BIGINT, \
                     completion_tokens BIGINT, api_key_id TEXT, status_class BIGINT, decision TEXT, attempts TEXT \
                 ) ON CONFLICT (id) DO NOTHING"
            ),
        };
        let rows = requests.iter().map(Row::of).collect::<Result<Vec<_>, _>>()?;
        self.run(sqlx::query(insert).bind(json(&rows)?)).await.map(drop)
    }

    /// Deletes the oldest calls before `place`, `limit` at most; answers with how many.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`].
    pub async fn delete_requests_before(
        &mut self,
        place: &RequestPlace,
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
    /// The newest `limit` calls that pass the filter and are older than `before`, newest first. The filter's balancer
    /// is an id.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`], [`StoreError::Corrupt`].
    pub async fn requests(
        &self,
        filter: &RequestFilter,
        before: Option<&RequestPlace>,
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

        // A condition that is always there, such as `route = $1 OR $1 IS NULL`, would keep the engines from using the
        // indexes; so the statement has those that are asked for. It is put together from constants alone.
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
        let select = concat!("SELECT ", facts!(), ", decision, attempts FROM requests WHERE id = $1");
        let Some(row) = query::row(&mut *self.reader().await?, sqlx::query(select).bind(id)).await? else {
            return Ok(None);
        };
        let decision = match row.maybe_text("decision")? {
            Some(_) => Some(row.json("decision")?),
            None => None,
        };
        Ok(Some(RequestDetail { facts: facts(&row)?, decision, attempts: row.json("attempts")? }))
    }

    /// The place of the oldest of the newest `rows` calls; `None` where there are fewer.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`], [`StoreError::Corrupt`].
    pub async fn oldest_request_of(&self, rows: u64) -> Result<Option<RequestPlace>, StoreError> {
        let query = sqlx::query(
            "SELECT called_at, id FROM requests ORDER BY called_at DESC, id DESC LIMIT 1 OFFSET $1",
        )
        .bind(number(rows.saturating_sub(1))?);
        let row = query::row(&mut *self.reader().await?, query).await?;
        row.map(|row| Ok(RequestPlace { at: row.moment("called_at")?, id: row.text("id")? })).transpose()
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
    })
}

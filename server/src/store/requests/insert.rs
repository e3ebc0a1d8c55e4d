//! Writing and deleting calls.

use std::sync::LazyLock;

use app::domain::{ids::RequestId, timestamp::Timestamp};
use sqlx::AssertSqlSafe;

use super::{
    row::{CallRow, TEXTS},
    totals::RunningTotals,
};
use crate::store::{
    Store, StoreError, Write,
    engine::{Engine, query::Query},
};

/// The columns that are written: the id, the texts, and the rest.
const COLUMNS: &str = "id, balancer, serving_name, route, reason, instance, api, api_key, code, plan, chosen, \
                       status, flags, attempts, route_us, router_us, attempt_us, first_byte_us, total_us, \
                       prompt_tokens, completion_tokens, confidence, detail";
/// Number of these columns.
const COLUMN_COUNT: usize = 23;
/// Calls per statement. A connection prepares one statement for each size; together they make any number.
const BATCH_SIZES: [usize; 3] = [256, 16, 1];

/// The statements that insert as many calls as [`BATCH_SIZES`] says, for SQLite and for Postgres. They are long, so they
/// are made once.
static INSERTS: LazyLock<[[String; BATCH_SIZES.len()]; 2]> = LazyLock::new(|| {
    [Engine::Sqlite, Engine::Postgres].map(|engine| BATCH_SIZES.map(|it| insert(engine, it)))
});

/// The statement that inserts so many calls. Values are bound one by one: both engines take many times longer to unpack
/// a JSON document.
fn insert(engine: Engine, calls: usize) -> String {
    let place = |at: usize| match engine {
        // SQLite looks each named parameter up in the list of all of them.
        Engine::Sqlite => "?".to_owned(),
        Engine::Postgres => format!("${at}"),
    };
    let call = |at: usize| {
        let places: Vec<_> = (1..=COLUMN_COUNT).map(|it| place(at * COLUMN_COUNT + it)).collect();
        format!("({})", places.join(", "))
    };
    let calls: Vec<_> = (0..calls).map(call).collect();
    format!("INSERT INTO calls ({COLUMNS}) VALUES {} ON CONFLICT (id) DO NOTHING", calls.join(", "))
}

/// Binds the values of a call, in the order of the columns.
fn bind<'q>(query: Query<'q>, call: &'q CallRow) -> Query<'q> {
    let numbers = call.texts.numbers.get().copied().unwrap_or([None; TEXTS]);
    let query = numbers.into_iter().fold(query.bind(stored_id(&call.id)), Query::bind);
    query
        .bind(i64::from(call.status))
        .bind(call.flags.stored())
        .bind(clamped(call.attempts as u64))
        .bind(call.us.route)
        .bind(call.us.router)
        .bind(call.us.attempt)
        .bind(call.us.first_byte)
        .bind(call.us.total)
        .bind(call.tokens.prompt.map(clamped))
        .bind(call.tokens.completion.map(clamped))
        .bind(call.confidence.map(|it| i64::from(it.thousandths())))
        .bind(call.detail.as_deref())
}

/// An id as the store orders it.
pub(super) fn stored_id(id: &RequestId) -> Vec<u8> {
    id.bits().to_be_bytes().to_vec()
}

/// An upstream may report any number; the row is stored anyway.
fn clamped(number: u64) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}

impl Store {
    /// Inserts calls. Existing ones are ignored, so a batch can be retried if the outcome of its commit is unknown.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`].
    pub async fn insert_calls(&self, calls: &[CallRow], now: Timestamp) -> Result<(), StoreError> {
        self.write_texts(calls, now).await?;
        let mut write = self.write().await?;
        write.insert_rows(calls).await?;
        write.commit().await
    }

    /// Inserts calls that have just ended, and adds them to the sums of their minute and hour. A batch can be retried as in
    /// [`Store::insert_calls`]: sums are taken over once they are written.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`].
    pub async fn insert_ended_calls(
        &self,
        calls: &[CallRow],
        totals: &mut RunningTotals,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        self.write_texts(calls, now).await?;
        let mut write = self.write().await?;
        write.insert_rows(calls).await?;
        totals.follow_clock(now);
        let staged = totals.stage(calls, now);
        write.put_totals(totals, &staged).await?;
        write.commit().await?;
        totals.keep(staged);
        Ok(())
    }
}

impl Write {
    async fn insert_rows(&mut self, calls: &[CallRow]) -> Result<(), StoreError> {
        let [of_sqlite, of_postgres] = &*INSERTS;
        let inserts = match self.engine() {
            Engine::Sqlite => of_sqlite,
            Engine::Postgres => of_postgres,
        };
        let mut left = calls;
        for (size, insert) in BATCH_SIZES.into_iter().zip(inserts) {
            let pieces = left.chunks_exact(size);
            left = pieces.remainder();
            for piece in pieces {
                let query = sqlx::query(AssertSqlSafe(insert.as_str()));
                self.run(piece.iter().fold(query, bind)).await?;
            }
        }
        Ok(())
    }

    /// Deletes the oldest calls before `first`, at most `limit`; returns how many.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`].
    pub async fn delete_requests_before(&mut self, first: &RequestId, limit: u32) -> Result<u64, StoreError> {
        let query = sqlx::query(
            "DELETE FROM calls WHERE id IN (SELECT id FROM calls WHERE id < $1 ORDER BY id LIMIT $2)",
        )
        .bind(stored_id(first))
        .bind(i64::from(limit));
        self.run(query).await
    }
}

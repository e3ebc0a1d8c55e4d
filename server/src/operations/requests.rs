//! The request log as people read it, and how much of it is kept.

use app::{
    domain::{
        console::{
            request_log::{RequestDetail, RequestFilter, RequestLine, RequestPlace},
            traffic::{HOUR_MS, Traffic},
        },
        timestamp::Timestamp,
    },
    ports::{Actor, RequestLogReader},
    refusal::{Refusal, Reply},
};
use async_trait::async_trait;

use super::Operations;
use crate::clock;

/// The most calls that are deleted in one write: others who write must not wait long.
const PIECE: u32 = 500;
/// Calls that are looked at for the traffic of the last hour.
const CALLS_OF_AN_HOUR: u32 = 5_000;
/// The most pieces of one turn.
const PIECES: u32 = 1_000;

/// How much of the request log is kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Retention {
    /// Days that a call is kept; 0 keeps none.
    pub days: u32,
    /// Calls that are kept, the newest ones; at least 1.
    pub rows: u64,
}

impl Retention {
    /// The moment from which on calls are kept.
    fn since(self) -> Timestamp {
        Timestamp(clock::now().0.saturating_sub(i64::from(self.days) * 24 * 60 * 60 * 1_000))
    }
}

#[async_trait]
impl RequestLogReader for Operations {
    async fn requests(
        &self,
        _who: &Actor,
        mut filter: RequestFilter,
        before: Option<RequestPlace>,
        limit: u32,
    ) -> Reply<Vec<RequestLine>> {
        let published = self.published.load();
        if let Some(wanted) = &mut filter.balancer
            && published.balancer(wanted).is_none()
            && let Some(named) =
                published.balancers.iter().find(|it| it.spec.serving_name.eq_ignore_ascii_case(wanted))
        {
            *wanted = named.id.to_string();
        }
        Ok(self.store.requests(&filter, before.as_ref(), limit).await?)
    }

    async fn request(&self, _who: &Actor, id: &str) -> Reply<RequestDetail> {
        let found = self.store.request(id).await?;
        found.ok_or_else(|| Refusal::Gone(format!("The request log holds no call with the id “{id}”.")))
    }

    async fn traffic(&self, _who: &Actor, balancer: &str) -> Reply<Traffic> {
        let now = clock::now();
        let since = Timestamp(now.0.saturating_sub(HOUR_MS));
        let calls = self.store.traffic(balancer, since, CALLS_OF_AN_HOUR).await?;
        Ok(Traffic::of(&calls, now, calls.len() >= CALLS_OF_AN_HOUR as usize))
    }
}

impl Operations {
    /// Deletes calls that are too old or too many, oldest first, in small pieces. What is left of a long way stays for
    /// the next turn.
    ///
    /// # Errors
    /// Where the store cannot write.
    pub async fn thin_request_log(&self) -> Reply<()> {
        let retention = self.settings.retention;
        let by_age = RequestPlace { at: retention.since(), id: String::new() };
        let by_rows = self.store.oldest_request_of(retention.rows).await?;
        let keep = by_rows.map_or(by_age.clone(), |it| it.max(by_age));
        for _ in 0..PIECES {
            let mut write = self.store.write().await?;
            let deleted = write.delete_requests_before(&keep, PIECE).await?;
            write.commit().await?;
            if deleted < u64::from(PIECE) {
                break;
            }
        }
        Ok(())
    }
}

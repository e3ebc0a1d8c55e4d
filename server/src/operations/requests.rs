//! Reading the request log, and its retention.

use std::{sync::PoisonError, time::Instant};

use app::{
    domain::{
        console::{
            request_log::{
                RequestDetail, RequestFilter, RequestLine,
                threshold::{DECISIONS, SureDecision},
            },
            traffic::{HOUR_MS, Traffic},
        },
        ids::RequestId,
        timestamp::Timestamp,
    },
    ports::{Actor, RequestLogReader},
    refusal::{Refusal, Reply},
};
use async_trait::async_trait;

use super::Operations;
use crate::{clock, store::requests::Grain};

/// Calls deleted or moved in one write; other writes wait for it.
const BATCH: u32 = 2_000;
/// Calls that are read for the traffic of the last hour.
const TRAFFIC_CALLS: u32 = 5_000;
/// Batches deleted or moved in one turn.
const MAX_BATCHES: u32 = 250;
/// Pause between two counts of all rows, as a multiple of the time that one takes.
const COUNT_PAUSE: u32 = 100;
/// Time after which a text that no call can refer to any more is deleted, in milliseconds. Longer than a call is kept, as
/// its text may have been written on the day before.
const TEXT_SLACK_MS: i64 = 2 * DAY_MS;
const DAY_MS: i64 = 24 * HOUR_MS;

/// How long sums of calls are kept, in milliseconds.
const fn totals_kept_ms(grain: Grain) -> i64 {
    match grain {
        Grain::Minute => 2 * DAY_MS,
        Grain::Hour => 90 * DAY_MS,
    }
}

/// Retention of the request log.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Retention {
    /// Days that a call is kept; 0 keeps no calls.
    pub days: u32,
    /// Maximum number of calls, at least 1; the oldest are deleted.
    pub rows: u64,
}

impl Retention {
    /// The time of the oldest call to keep.
    fn since(self) -> Timestamp {
        Timestamp(clock::now().0.saturating_sub(i64::from(self.days) * DAY_MS))
    }
}

#[async_trait]
impl RequestLogReader for Operations {
    async fn requests(
        &self,
        _who: &Actor,
        mut filter: RequestFilter,
        before: Option<RequestId>,
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
        let found = match RequestId::parse(id) {
            Some(id) => self.store.request(&id).await?,
            None => None,
        };
        found.ok_or_else(|| Refusal::Gone(format!("There is no call with the id “{id}” in the request log.")))
    }

    async fn traffic(&self, _who: &Actor, balancer: &str) -> Reply<Traffic> {
        let now = clock::now();
        let since = Timestamp(now.0.saturating_sub(HOUR_MS));
        let calls = self.store.traffic(balancer, since, TRAFFIC_CALLS).await?;
        Ok(Traffic::of(&calls, now, calls.len() >= TRAFFIC_CALLS as usize))
    }

    async fn sure_decisions(&self, _who: &Actor, balancer: &str) -> Reply<Vec<SureDecision>> {
        Ok(self.store.sure_decisions(balancer, DECISIONS).await?)
    }
}

impl Operations {
    /// Moves calls that an earlier version has written to where lists read them, in batches. At most `MAX_BATCHES` are
    /// moved; the next turn continues.
    ///
    /// # Errors
    /// If the store cannot write.
    pub async fn move_old_requests(&self) -> Reply<()> {
        for _ in 0..MAX_BATCHES {
            if self.store.move_old_requests(BATCH, clock::now()).await? == 0 {
                break;
            }
        }
        Ok(())
    }

    /// Deletes calls that are too old or too many, oldest first and in batches, and the texts that only they had. At
    /// most `MAX_BATCHES` are deleted; the next turn continues.
    ///
    /// # Errors
    /// If the store cannot write.
    pub async fn trim_request_log(&self) -> Reply<()> {
        let retention = self.settings.retention;
        let by_age = RequestId::first_at(retention.since());
        let by_rows = self.oldest_request_by_rows().await?;
        let keep = by_rows.map_or(by_age, |it| it.max(by_age));
        for _ in 0..MAX_BATCHES {
            let mut write = self.store.write().await?;
            let deleted = write.delete_requests_before(&keep, BATCH).await?;
            write.commit().await?;
            if deleted < u64::from(BATCH) {
                break;
            }
        }
        let sums_since = self.trim_call_totals().await?;
        let mut write = self.store.write().await?;
        let since = retention.since().min(sums_since);
        write.delete_texts_unused_since(Timestamp(since.0 - TEXT_SLACK_MS)).await?;
        Ok(write.commit().await?)
    }

    /// The oldest call that the limit of rows leaves. To find it, all are counted; the more there are, the more rarely.
    /// Meanwhile there may be more than the limit.
    async fn oldest_request_by_rows(&self) -> Reply<Option<RequestId>> {
        let due = *self.next_count.lock().unwrap_or_else(PoisonError::into_inner);
        if due.is_some_and(|it| Instant::now() < it) {
            return Ok(None);
        }
        let began = Instant::now();
        let oldest = self.store.oldest_request_of(self.settings.retention.rows).await?;
        let next = Instant::now() + began.elapsed() * COUNT_PAUSE;
        *self.next_count.lock().unwrap_or_else(PoisonError::into_inner) = Some(next);
        Ok(oldest)
    }

    /// Deletes sums of calls that are too old, in batches; returns the time of the oldest that are kept.
    async fn trim_call_totals(&self) -> Reply<Timestamp> {
        let now = clock::now();
        let since = |grain| Timestamp(now.0 - totals_kept_ms(grain));
        for grain in Grain::ALL {
            for _ in 0..MAX_BATCHES {
                let mut write = self.store.write().await?;
                let deleted = write.delete_totals_before(grain, since(grain)).await?;
                write.commit().await?;
                if deleted == 0 {
                    break;
                }
            }
        }
        Ok(since(Grain::Hour))
    }
}

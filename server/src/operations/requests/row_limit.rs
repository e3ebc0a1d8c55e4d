//! The oldest call that the limit of rows leaves in the request log. It is followed as calls come, because finding it means
//! counting through all of them.
//!
//! Rows that are written late, with the time of an earlier arrival, may be missed until the server starts anew; then a few
//! more are kept.

use app::domain::ids::RequestId;

use crate::store::{Store, StoreError};

/// What is known of the log.
#[derive(Clone, Copy, Debug, Default)]
pub(in crate::operations) enum RowLimit {
    /// Nothing yet.
    #[default]
    Unknown,
    /// There are fewer rows than the limit.
    Below {
        /// The newest call that was counted.
        newest: RequestId,
        /// No more calls than these.
        most: u64,
    },
    /// There are as many, or more.
    Reached {
        /// The newest call that was counted.
        newest: RequestId,
        /// The oldest one to keep.
        oldest: RequestId,
    },
}

impl RowLimit {
    /// Counts the calls that have come since.
    ///
    /// # Errors
    /// If the store cannot be read.
    pub(super) async fn follow(self, store: &Store, rows: u64) -> Result<Self, StoreError> {
        let Some(last) = store.newest_request().await? else { return Ok(Self::Unknown) };
        match self {
            Self::Below { newest, most } => {
                let most = most.saturating_add(store.count_requests(&newest, &last).await?);
                if most < rows {
                    Ok(Self::Below { newest: last, most })
                } else {
                    Self::count(store, last, rows).await
                }
            }
            Self::Reached { newest, oldest } => {
                let more = store.count_requests(&newest, &last).await?;
                match store.request_after(&oldest, more).await? {
                    Some(oldest) => Ok(Self::Reached { newest: last, oldest }),
                    None => Self::count(store, last, rows).await,
                }
            }
            Self::Unknown => Self::count(store, last, rows).await,
        }
    }

    async fn count(store: &Store, newest: RequestId, rows: u64) -> Result<Self, StoreError> {
        Ok(match store.oldest_request_of(rows).await? {
            Some(oldest) => Self::Reached { newest, oldest },
            None => {
                let first = RequestId::from_bits(0);
                Self::Below { newest, most: store.count_requests(&first, &newest).await? }
            }
        })
    }

    /// The oldest call to keep, if there are as many as the limit.
    pub(super) fn oldest(self) -> Option<RequestId> {
        match self {
            Self::Reached { oldest, .. } => Some(oldest),
            _ => None,
        }
    }

    /// What is known after all calls before `kept` have been deleted for their age.
    pub(super) fn aged(self, kept: &RequestId) -> Self {
        match self {
            Self::Reached { oldest, .. } if oldest < *kept => Self::Unknown,
            other => other,
        }
    }
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "tests")]
mod tests {
    use app::domain::timestamp::Timestamp;

    use super::*;
    use crate::store::requests::CallRow;

    const ROWS: u64 = 10;

    fn id(second: i64) -> RequestId {
        RequestId::first_at(Timestamp(1_700_000_000_000 + second * 1_000))
    }

    async fn add(store: &Store, seconds: std::ops::Range<i64>) {
        let calls: Vec<_> = seconds.map(|it| CallRow { id: id(it), ..CallRow::default() }).collect();
        store.insert_calls(&calls, Timestamp(0)).await.unwrap();
    }

    async fn delete(store: &Store, before: i64) {
        let mut write = store.write().await.unwrap();
        write.delete_requests_before(&id(before), 1_000).await.unwrap();
        write.commit().await.unwrap();
    }

    #[tokio::test]
    async fn the_oldest_call_to_keep_is_followed() {
        let folder = tempfile::tempdir().unwrap();
        let store = Store::open(&format!("sqlite://{}/s.db", folder.path().display())).await.unwrap();
        let mut limit = RowLimit::default().follow(&store, ROWS).await.unwrap();
        assert_eq!(limit.oldest(), None);
        // Whatever comes in whatever steps, it is what counting finds, deleted or not.
        let mut last = 0;
        for (more, is_deleted) in
            [(3, true), (4, true), (0, true), (5, false), (1, true), (30, false), (2, true)]
        {
            add(&store, last..last + more).await;
            last += more;
            limit = limit.follow(&store, ROWS).await.unwrap();
            assert_eq!(limit.oldest(), (last >= 10).then(|| id(last - 10)), "{last}");
            if is_deleted {
                delete(&store, last - 10).await;
            }
        }
        // By age most go; the limit is far again.
        delete(&store, last - 4).await;
        limit = limit.aged(&id(last - 4));
        assert_eq!(limit.oldest(), None);
        for _ in 0..7 {
            add(&store, last..last + 1).await;
            last += 1;
            limit = limit.follow(&store, ROWS).await.unwrap();
        }
        assert_eq!(limit.oldest(), Some(id(last - 10)));
    }
}

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

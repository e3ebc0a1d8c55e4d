//! The wall clock, read in one place. Nothing that measures how long something takes may use it.

use std::time::{SystemTime, UNIX_EPOCH};

use app::domain::timestamp::Timestamp;

/// The moment now; the beginning of 1970 where the machine's clock is before it.
pub fn now() -> Timestamp {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    Timestamp(i64::try_from(since.as_millis()).unwrap_or(i64::MAX))
}

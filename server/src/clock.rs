//! Wall clock of everything outside the data plane. It may be set at any time, so durations are never measured with it.

use std::time::{SystemTime, UNIX_EPOCH};

use app::domain::timestamp::Timestamp;

/// Returns the current time, or the start of 1970 if the machine's clock is set before it.
pub fn now() -> Timestamp {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    Timestamp(i64::try_from(since.as_millis()).unwrap_or(i64::MAX))
}

//! Wall clock of everything outside the data plane. It may be set at any time, so durations are never measured with it.

use std::time::SystemTime;

use app::domain::timestamp::Timestamp;

/// Returns the current time, or the start of 1970 if the machine's clock is set before it.
pub fn now() -> Timestamp {
    Timestamp::of(SystemTime::now())
}

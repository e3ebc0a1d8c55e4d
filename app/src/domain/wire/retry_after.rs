//! Parses `Retry-After` as seconds or as a date (RFC 9110 §10.2.3).

use std::time::UNIX_EPOCH;

use crate::domain::timestamp::Timestamp;

/// Maximum wait taken from an upstream, in milliseconds.
pub const LONGEST_MS: u64 = 300_000;

/// The wait in milliseconds, at most [`LONGEST_MS`]; 0 for a time in the past. `None` if malformed.
pub fn parse(header: &str, wall_now: Timestamp) -> Option<u64> {
    let header = header.trim();
    if !header.is_empty() && header.bytes().all(|b| b.is_ascii_digit()) {
        // A number with too many digits for a u64 is still a valid, very long wait.
        let seconds = header.parse().unwrap_or(u64::MAX);
        return Some(seconds.saturating_mul(1_000).min(LONGEST_MS));
    }
    let since_epoch = httpdate::parse_http_date(header).ok()?.duration_since(UNIX_EPOCH).ok()?;
    let at = i64::try_from(since_epoch.as_millis()).ok()?;
    Some(u64::try_from(at.saturating_sub(wall_now.0)).unwrap_or(0).min(LONGEST_MS))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// 1994-11-06T08:49:37Z, the example of the RFC.
    const AT: Timestamp = Timestamp(784_111_777_000);

    #[test]
    fn seconds_are_read_and_capped() {
        assert_eq!(parse("7", AT), Some(7_000));
        assert_eq!(parse(" 0 ", AT), Some(0));
        assert_eq!(parse("301", AT), Some(LONGEST_MS));
        assert_eq!(parse("99999999999999999999999", AT), Some(LONGEST_MS));
    }

    #[test]
    fn all_three_date_forms_of_http_are_read() {
        let ten_before = Timestamp(AT.0 - 10_000);
        for form in
            ["Sun, 06 Nov 1994 08:49:37 GMT", "Sunday, 06-Nov-94 08:49:37 GMT", "Sun Nov  6 08:49:37 1994"]
        {
            assert_eq!(parse(form, ten_before), Some(10_000), "{form}");
        }
        assert_eq!(parse("Sun, 06 Nov 1994 08:49:37 GMT", Timestamp(0)), Some(LONGEST_MS));
    }

    #[test]
    fn a_date_that_is_over_asks_for_no_wait() {
        assert_eq!(parse("Sun, 06 Nov 1994 08:49:37 GMT", AT.plus_ms(1)), Some(0));
    }

    #[test]
    fn anything_else_is_no_wait_at_all() {
        for text in ["", "-1", "1.5", "soon", "Sun, 99 Nov 1994 08:49:37 GMT"] {
            assert_eq!(parse(text, AT), None, "{text}");
        }
    }
}

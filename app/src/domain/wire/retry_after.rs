//! Parses the waits that upstreams ask for: `Retry-After` as seconds or as a date (RFC 9110 §10.2.3), with fractions as
//! some servers send them, and `retry-after-ms`.

use std::time::UNIX_EPOCH;

use crate::domain::timestamp::Timestamp;

/// Maximum wait taken from an upstream, in milliseconds.
pub const LONGEST_MS: u64 = 300_000;

/// The wait of `Retry-After` in milliseconds, at most [`LONGEST_MS`]. `None` if malformed, negative, zero or in the past:
/// such a header does not say when to come back.
pub fn parse(header: &str, wall_now: Timestamp) -> Option<u64> {
    let header = header.trim();
    if let Some(wait_ms) = seconds(header) {
        return Some(wait_ms);
    }
    let since_epoch = httpdate::parse_http_date(header).ok()?.duration_since(UNIX_EPOCH).ok()?;
    let at = i64::try_from(since_epoch.as_millis()).ok()?;
    stated(u64::try_from(at.saturating_sub(wall_now.0)).ok()?)
}

/// A number of seconds, with a fraction or without, in milliseconds, at most [`LONGEST_MS`]. `None` if malformed,
/// negative or zero.
pub fn seconds(text: &str) -> Option<u64> {
    decimal_ms(text, 3)
}

/// The wait of `retry-after-ms` in milliseconds, at most [`LONGEST_MS`]. `None` if malformed, negative or zero.
pub fn milliseconds(text: &str) -> Option<u64> {
    decimal_ms(text, 0)
}

/// A decimal number, shifted by so many places and rounded up. Signs, exponents and names of numbers are no decimals.
fn decimal_ms(text: &str, places: usize) -> Option<u64> {
    let (whole, fraction) = text.trim().split_once('.').unwrap_or((text.trim(), ""));
    let digits = |it: &str| it.bytes().all(|b| b.is_ascii_digit());
    if whole.is_empty() || !digits(whole) || !digits(fraction) {
        return None;
    }
    let shifted: String = fraction.chars().chain(std::iter::repeat('0')).take(places).collect();
    let rest = fraction.get(places..).unwrap_or_default();
    let rounded_up = u64::from(rest.bytes().any(|it| it != b'0'));
    // A number with too many digits for a u64 is still a valid, very long wait.
    let number = format!("{whole}{shifted}").parse().unwrap_or(u64::MAX);
    stated(number.saturating_add(rounded_up))
}

/// A wait that says something, within its bound.
fn stated(wait_ms: u64) -> Option<u64> {
    Some(wait_ms.min(LONGEST_MS)).filter(|&it| it > 0)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// 1994-11-06T08:49:37Z, the example of the RFC.
    const AT: Timestamp = Timestamp(784_111_777_000);

    #[test]
    fn seconds_are_read_and_capped() {
        assert_eq!(parse("7", AT), Some(7_000));
        assert_eq!(parse("301", AT), Some(LONGEST_MS));
        assert_eq!(parse("99999999999999999999999", AT), Some(LONGEST_MS));
    }

    #[test]
    fn fractions_and_milliseconds_are_read() {
        assert_eq!(parse("0.5", AT), Some(500));
        assert_eq!(parse("0.07", AT), Some(70));
        assert_eq!(parse("7.", AT), Some(7_000));
        assert_eq!(parse("1.2345", AT), Some(1_235));
        assert_eq!(milliseconds("1500"), Some(1_500));
        assert_eq!(milliseconds("0.2"), Some(1));
        assert_eq!(milliseconds("-5"), None);
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
    fn a_date_that_is_over_says_nothing() {
        assert_eq!(parse("Sun, 06 Nov 1994 08:49:37 GMT", AT.plus_ms(1)), None);
        assert_eq!(parse("Sun, 06 Nov 1994 08:49:37 GMT", AT), None);
    }

    #[test]
    fn a_wait_of_nothing_does_not_say_when() {
        for text in ["0", " 0 ", "0.0", "00", "0."] {
            assert_eq!((parse(text, AT), seconds(text), milliseconds(text)), (None, None, None), "{text}");
        }
    }

    #[test]
    fn anything_else_is_no_wait_at_all() {
        for text in
            ["", "-1", "1.5.", "1..5", ".5", "1e3", "inf", ".", "+2", "soon", "Sun, 99 Nov 1994 08:49:37 GMT"]
        {
            assert_eq!(parse(text, AT), None, "{text}");
        }
    }
}

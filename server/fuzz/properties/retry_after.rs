//! `Retry-After`: seconds and dates give their wait within the bound; no wait and everything else give none.

use std::time::{Duration, UNIX_EPOCH};

use app::domain::{
    timestamp::Timestamp,
    wire::retry_after::{LONGEST_MS, parse},
};

/// 1994-11-06T08:49:37Z, and the ends of time.
const NOWS: [i64; 5] = [784_111_777_000, 0, -1, i64::MAX, i64::MIN];

/// Checks one header as text, and the date that its first bytes make.
pub(crate) fn holds(bytes: &[u8]) {
    let header = String::from_utf8_lossy(bytes);
    for now in NOWS {
        let wait = parse(&header, Timestamp(now));
        assert_eq!(wait, naive(header.trim(), now), "{header:?} at {now}");
        assert!(wait.is_none_or(|it| it <= LONGEST_MS));
    }
    if let Some(first) = bytes.first_chunk() {
        // The dates that can be written end with the year 9999.
        let at_s = u64::from_le_bytes(*first) % 253_402_300_800;
        let date = httpdate::fmt_http_date(UNIX_EPOCH + Duration::from_secs(at_s));
        let at_ms = i64::try_from(at_s).unwrap_or(0) * 1_000;
        for (before, wait) in [(0, None), (7_000, Some(7_000)), (-7_000, None), (400_000, Some(LONGEST_MS))] {
            assert_eq!(parse(&date, Timestamp(at_ms - before)), wait, "{date} {before} ms before");
        }
    }
}

fn naive(header: &str, now: i64) -> Option<u64> {
    let mut parts = header.split('.');
    let (whole, fraction) = (parts.next().unwrap_or_default(), parts.next().unwrap_or_default());
    let is_number = |it: &str| it.chars().all(|it| it.is_ascii_digit());
    if !whole.is_empty() && is_number(whole) && is_number(fraction) && parts.next().is_none() {
        let seconds =
            whole.bytes().fold(0_u64, |sum, digit| (sum * 10 + u64::from(digit - b'0')).min(1 << 40));
        let digit = |at: usize| fraction.as_bytes().get(at).map_or(0, |it| u64::from(it - b'0'));
        let more = (3..fraction.len()).any(|at| digit(at) > 0);
        let ms = seconds * 1_000 + digit(0) * 100 + digit(1) * 10 + digit(2) + u64::from(more);
        return Some(ms.min(LONGEST_MS)).filter(|it| *it > 0);
    }
    let date = httpdate::parse_http_date(header).ok()?.duration_since(UNIX_EPOCH).ok()?;
    let wait = i128::try_from(date.as_millis()).ok()? - i128::from(now);
    u64::try_from(wait.clamp(0, i128::from(LONGEST_MS))).ok().filter(|it| *it > 0)
}

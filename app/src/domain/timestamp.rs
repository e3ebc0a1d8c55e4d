//! Wall-clock times in RFC 3339 format, UTC with milliseconds.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use serde::{Deserialize, Deserializer, Serialize, Serializer, de::Error as _};

/// Milliseconds since 1970-01-01T00:00:00Z. Not for measuring durations.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Timestamp(pub i64);

impl Timestamp {
    /// A reading of the wall clock; the start of 1970 if the clock is set before it.
    pub fn of(time: SystemTime) -> Self {
        let since = time.duration_since(UNIX_EPOCH).unwrap_or_default();
        Self(i64::try_from(since.as_millis()).unwrap_or(i64::MAX))
    }

    /// Parses RFC 3339 with any UTC offset; `None` if the text is malformed or before 1970.
    pub fn parse(text: &str) -> Option<Self> {
        let text = text.to_ascii_uppercase();
        let (clock, ahead_ms) = match text.strip_suffix('Z') {
            Some(clock) => (clock, 0),
            None => offset(&text)?,
        };
        let since = humantime::parse_rfc3339(&format!("{clock}Z")).ok()?.duration_since(UNIX_EPOCH).ok()?;
        let at = i64::try_from(since.as_millis()).ok()?.checked_sub(ahead_ms)?;
        (at >= 0).then_some(Self(at))
    }

    /// The time `ms` milliseconds later.
    pub fn plus_ms(self, ms: u64) -> Self {
        Self(self.0.saturating_add(i64::try_from(ms).unwrap_or(i64::MAX)))
    }
}

/// Splits off the UTC offset and returns it in milliseconds, positive east of UTC.
fn offset(text: &str) -> Option<(&str, i64)> {
    let (clock, offset) = text.split_at_checked(text.len().checked_sub(6)?)?;
    let sign = match offset.as_bytes()[0] {
        b'+' => 1,
        b'-' => -1,
        _ => return None,
    };
    let (hours, minutes) = offset[1..].split_once(':')?;
    let number = |digits: &str, max: i64| {
        let is_digits = digits.len() == 2 && digits.bytes().all(|it| it.is_ascii_digit());
        digits.parse::<i64>().ok().filter(|it| is_digits && *it <= max)
    };
    Some((clock, sign * (number(hours, 23)? * 60 + number(minutes, 59)?) * 60_000))
}

impl std::fmt::Display for Timestamp {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        // RFC 3339 ends with the year 9999.
        const LAST_MS: u64 = 253_402_300_799_999;
        let ms = u64::try_from(self.0).unwrap_or(0).min(LAST_MS);
        humantime::format_rfc3339_millis(UNIX_EPOCH + Duration::from_millis(ms)).fmt(f)
    }
}

impl Serialize for Timestamp {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Timestamp {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        Self::parse(&text).ok_or_else(|| D::Error::custom("expected a time like 2026-01-31T12:00:00Z"))
    }
}

#[cfg(feature = "ssr")]
impl utoipa::PartialSchema for Timestamp {
    fn schema() -> utoipa::openapi::RefOr<utoipa::openapi::schema::Schema> {
        use utoipa::openapi::schema::{KnownFormat, ObjectBuilder, SchemaFormat, Type};
        ObjectBuilder::new()
            .schema_type(Type::String)
            .format(Some(SchemaFormat::KnownFormat(KnownFormat::DateTime)))
            .into()
    }
}

#[cfg(feature = "ssr")]
impl utoipa::ToSchema for Timestamp {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_moment_reads_back_as_it_was_written() {
        let at = Timestamp(1_700_000_000_123);
        assert_eq!(at.to_string(), "2023-11-14T22:13:20.123Z");
        assert_eq!(Timestamp::parse(&at.to_string()), Some(at));
        assert_eq!(Timestamp::parse("yesterday"), None);
    }

    #[test]
    fn an_offset_from_utc_is_reckoned_in() {
        let at = Some(Timestamp(1_700_000_000_123));
        for same in [
            "2023-11-14T22:13:20.123456+00:00",
            "2023-11-15T00:13:20.123+02:00",
            "2023-11-14T16:43:20.123-05:30",
            "2023-11-14t22:13:20.123z",
        ] {
            assert_eq!(Timestamp::parse(same), at, "{same}");
        }
        for none in [
            "",
            "+00:00",
            "2023-11-14T22:13:20+24:00",
            "2023-11-14T22:13:20+0:000",
            "2023-11-14T22:13:20+02",
            "2023-11-14T22:13:20",
            "2023-11-14T22:13:2é00:00",
            "1970-01-01T00:00:00+01:00",
        ] {
            assert_eq!(Timestamp::parse(none), None, "{none}");
        }
    }

    #[test]
    fn moments_outside_of_rfc_3339_are_clamped_not_a_panic() {
        assert!(Timestamp(i64::MAX).to_string().starts_with("9999-"));
        assert!(Timestamp(-1).to_string().starts_with("1970-"));
    }
}

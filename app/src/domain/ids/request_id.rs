//! The id of a call.

use std::{borrow::Cow, fmt};

use serde::{Deserialize, Deserializer, Serialize, Serializer, de::Error as _};

use crate::domain::timestamp::Timestamp;

/// Number of characters: the prefix and 128 bits as hexadecimal digits.
const CHARS: usize = 36;
/// Position of the time in the bits.
const TIME_SHIFT: u32 = 80;
/// The last time that an id can tell, in the year 10889.
const LAST_TIME: u128 = (1 << 48) - 1;
const DIGITS: &[u8; 16] = b"0123456789abcdef";

/// The id of a call: `req_` and 32 hexadecimal digits, of which the first 12 are the time of arrival in Unix
/// milliseconds (as in RFC 9562 §5.7) and the others are random. So ids sort by time, and the store appends its rows.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct RequestId([u8; CHARS]);

impl RequestId {
    /// Prefix of all ids of calls.
    pub const PREFIX: &str = "req_";

    /// The id of a call that arrives at `at`; of `random`, the 80 lowest bits count.
    pub fn new(at: Timestamp, random: u128) -> Self {
        Self::from_bits(Self::time_bits(at) | (random & ((1 << TIME_SHIFT) - 1)))
    }

    /// The lowest id of a time: every call that arrives then or later has a higher one, or this.
    pub fn first_at(at: Timestamp) -> Self {
        Self::from_bits(Self::time_bits(at))
    }

    fn time_bits(at: Timestamp) -> u128 {
        u128::try_from(at.0).unwrap_or(0).min(LAST_TIME) << TIME_SHIFT
    }

    /// The id with these bits.
    pub fn from_bits(bits: u128) -> Self {
        let mut text = [0; CHARS];
        let (prefix, digits) = text.split_at_mut(Self::PREFIX.len());
        prefix.copy_from_slice(Self::PREFIX.as_bytes());
        for (pair, byte) in digits.chunks_exact_mut(2).zip(bits.to_be_bytes()) {
            pair.copy_from_slice(&[DIGITS[usize::from(byte >> 4)], DIGITS[usize::from(byte & 0xf)]]);
        }
        Self(text)
    }

    /// The id with this text; `None` if it is malformed.
    pub fn parse(text: &str) -> Option<Self> {
        let digits = text.strip_prefix(Self::PREFIX)?;
        let is_digit = |it: u8| it.is_ascii_digit() || (b'a'..=b'f').contains(&it);
        let is_well_formed = digits.len() == CHARS - Self::PREFIX.len() && digits.bytes().all(is_digit);
        is_well_formed.then(|| u128::from_str_radix(digits, 16).ok()).flatten().map(Self::from_bits)
    }

    /// The 128 bits, in the order of ids.
    pub fn bits(&self) -> u128 {
        u128::from_str_radix(self.digits(), 16).unwrap_or_default()
    }

    /// The time of arrival.
    pub fn at(&self) -> Timestamp {
        Timestamp(i64::try_from(self.bits() >> TIME_SHIFT).unwrap_or_default())
    }

    /// The id as text.
    pub fn as_str(&self) -> &str {
        // It consists of ASCII characters.
        str::from_utf8(&self.0).unwrap_or_default()
    }

    fn digits(&self) -> &str {
        self.as_str().get(Self::PREFIX.len()..).unwrap_or_default()
    }

    /// The id of the call's decision: the same digits.
    pub fn decision_id(&self) -> String {
        format!("dec_{}", self.digits())
    }
}

impl Default for RequestId {
    fn default() -> Self {
        Self(*b"req_00000000000000000000000000000000")
    }
}

impl Serialize for RequestId {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.as_str())
    }
}

impl<'de> Deserialize<'de> for RequestId {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = <Cow<'_, str>>::deserialize(deserializer)?;
        Self::parse(&text).ok_or_else(|| D::Error::custom("not the id of a call"))
    }
}

impl fmt::Debug for RequestId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl fmt::Display for RequestId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const AT: Timestamp = Timestamp(1_700_000_000_123);

    #[test]
    fn an_id_reads_back_and_nonsense_is_none() {
        let id = RequestId::new(AT, u128::MAX);
        assert_eq!(id.as_str(), "req_018bcfe5687bffffffffffffffffffff");
        assert_eq!(id.decision_id(), "dec_018bcfe5687bffffffffffffffffffff");
        assert_eq!(RequestId::parse(id.as_str()), Some(id));
        assert_eq!((id.at(), RequestId::from_bits(id.bits())), (AT, id));
        for text in [
            "",
            "req_",
            "req_0",
            "dec_018bcfe5687bffffffffffffffffffff",
            "req_+18bcfe5687bffffffffffffffffffff",
        ] {
            assert_eq!(RequestId::parse(text), None, "{text}");
        }
        assert_eq!(RequestId::parse("req_018BCFE5687BFFFFFFFFFFFFFFFFFFFF"), None, "one spelling");
        assert_eq!(RequestId::parse(&format!("{id}0")), None);
    }

    #[test]
    fn ids_sort_by_time() {
        assert_eq!(RequestId::default(), RequestId::from_bits(0));
        let later = Timestamp(AT.0 + 1);
        assert!(RequestId::first_at(AT) <= RequestId::new(AT, 0));
        assert!(RequestId::new(AT, u128::MAX) < RequestId::first_at(later));
        assert!(RequestId::new(AT, u128::MAX).as_str() < RequestId::first_at(later).as_str());
        assert_eq!(RequestId::first_at(Timestamp(-5)), RequestId::default());
        assert_eq!(RequestId::first_at(Timestamp(i64::MAX)).as_str(), "req_ffffffffffff00000000000000000000");
    }
}

//! Confidence of a decision and probabilities of its options, as shares from 0 to 1.

use std::fmt;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// A share from 0 to 1 in thousandths: what is compared is what is shown.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Confidence(u16);

/// Thousandths in a whole.
const WHOLE: u16 = 1_000;

impl Confidence {
    /// The nearest thousandth of a share; `None` if it is not a number from 0 to 1.
    pub fn of(share: f64) -> Option<Self> {
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "checked to be from 0 to 1"
        )]
        (0.0..=1.0).contains(&share).then(|| Self((share * f64::from(WHOLE)).round() as u16))
    }

    /// So many thousandths; `None` if that is more than a whole.
    pub fn from_thousandths(thousandths: u64) -> Option<Self> {
        u16::try_from(thousandths).ok().filter(|it| *it <= WHOLE).map(Self)
    }

    /// The share in thousandths, 0–1 000.
    pub fn thousandths(self) -> u16 {
        self.0
    }

    /// The share as a number.
    pub fn share(self) -> f64 {
        f64::from(self.0) / f64::from(WHOLE)
    }

    /// Whether it is nothing at all, which as a minimum means that none is set.
    pub fn is_zero(self) -> bool {
        self.0 == 0
    }
}

/// Three digits, such as `0.850`.
impl fmt::Display for Confidence {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:.3}", self.share())
    }
}

impl Serialize for Confidence {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_f64(self.share())
    }
}

impl<'de> Deserialize<'de> for Confidence {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let share = f64::deserialize(deserializer)?;
        Self::of(share).ok_or_else(|| serde::de::Error::custom("a number from 0 to 1 is expected"))
    }
}

/// Whether a chat model's confidence is read from the probabilities of its answer.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "ssr", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum ConfidenceMode {
    /// If a test found that the server tells them.
    #[default]
    Auto,
    /// Never.
    Off,
}

impl ConfidenceMode {
    /// All values, in display order.
    pub const ALL: [Self; 2] = [Self::Auto, Self::Off];

    /// The name on the wire.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Auto => "auto",
            Self::Off => "off",
        }
    }
}

/// The probability of one option.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "ssr", derive(utoipa::ToSchema))]
pub struct OptionProbability {
    /// A route, or the label for none of them.
    pub option: String,
    /// Probability from 0 to 1.
    #[cfg_attr(feature = "ssr", schema(value_type = f64))]
    pub probability: Confidence,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_shares_have_a_confidence_and_it_has_three_digits() {
        for (share, shown) in [(0.0, "0.000"), (0.8504, "0.850"), (0.9996, "1.000"), (1.0, "1.000")] {
            assert_eq!(Confidence::of(share).map(|it| it.to_string()).as_deref(), Some(shown));
        }
        for share in [-0.001, 1.001, f64::NAN, f64::INFINITY, f64::NEG_INFINITY] {
            assert_eq!(Confidence::of(share), None, "{share}");
        }
        assert_eq!(Confidence::from_thousandths(1_000), Confidence::of(1.0));
        assert_eq!(Confidence::from_thousandths(1_001), None);
    }

    #[test]
    fn what_was_written_is_read_back() {
        for thousandths in 0..=1_000 {
            let confidence = Confidence::from_thousandths(thousandths).unwrap_or_default();
            let json = serde_json::to_string(&confidence).unwrap_or_default();
            assert_eq!(serde_json::from_str::<Confidence>(&json).ok(), Some(confidence), "{json}");
        }
        assert!(serde_json::from_str::<Confidence>("1.5").is_err());
    }
}

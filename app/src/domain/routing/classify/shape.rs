//! The shape of a router request: which of its optional parts it has. It starts with all of them; an instance that
//! refuses some of them is asked without.

use std::time::Duration;

/// How long a shape that works is kept.
pub const SHAPE_TTL: Duration = Duration::from_secs(24 * 60 * 60);
/// How long a shape is kept that was only guessed, or of which no answer has come yet.
pub const UNCERTAIN_SHAPE_TTL: Duration = Duration::from_secs(10 * 60);

/// The field that limits the tokens of an answer.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum TokenField {
    /// `max_tokens`.
    #[default]
    MaxTokens,
    /// `max_completion_tokens`.
    MaxCompletionTokens,
    /// None: the answer has no limit.
    Absent,
}

/// Maximum tokens of an answer.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum AnswerLimit {
    /// 128: a label is a few tokens, and reasoning should be short.
    #[default]
    Short,
    /// 1 024.
    Medium,
    /// 4 096.
    Long,
}

impl AnswerLimit {
    /// The limit in tokens.
    pub fn tokens(self) -> u64 {
        match self {
            Self::Short => 128,
            Self::Medium => 1_024,
            Self::Long => 4_096,
        }
    }

    fn next(self) -> Option<Self> {
        match self {
            Self::Short => Some(Self::Medium),
            Self::Medium => Some(Self::Long),
            Self::Long => None,
        }
    }
}

/// A part of a router request that an instance may refuse.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum RequestPart {
    /// The limit of the answer's tokens.
    TokenField,
    /// `temperature`.
    Temperature,
    /// `response_format`.
    Schema,
    /// The message of the role `system`.
    SystemMessage,
}

impl RequestPart {
    /// All parts.
    pub const ALL: [Self; 4] = [Self::TokenField, Self::Temperature, Self::Schema, Self::SystemMessage];
}

/// The shape of a router request.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct RequestShape {
    /// The field that holds the limit.
    pub token_field: TokenField,
    /// The limit of the answer.
    pub limit: AnswerLimit,
    /// Whether there is no `temperature`; otherwise it is 0.
    pub omits_temperature: bool,
    /// Whether there is no `response_format`; otherwise it is a JSON schema of the labels.
    pub omits_schema: bool,
    /// Whether the system message is merged into the user message.
    pub merges_system: bool,
}

impl RequestShape {
    /// The shape with one step less of a part. `None` if there is nothing left of it.
    pub fn without(self, part: RequestPart) -> Option<Self> {
        let next = match part {
            RequestPart::TokenField => {
                let token_field = match self.token_field {
                    TokenField::MaxTokens => TokenField::MaxCompletionTokens,
                    TokenField::MaxCompletionTokens | TokenField::Absent => TokenField::Absent,
                };
                Self { token_field, ..self }
            }
            RequestPart::Temperature => Self { omits_temperature: true, ..self },
            RequestPart::Schema => Self { omits_schema: true, ..self },
            RequestPart::SystemMessage => Self { merges_system: true, ..self },
        };
        (next != self).then_some(next)
    }

    /// The shape with a part as in a first request.
    pub fn with(self, part: RequestPart) -> Self {
        let first = Self::default();
        match part {
            RequestPart::TokenField => Self { token_field: first.token_field, ..self },
            RequestPart::Temperature => Self { omits_temperature: first.omits_temperature, ..self },
            RequestPart::Schema => Self { omits_schema: first.omits_schema, ..self },
            RequestPart::SystemMessage => Self { merges_system: first.merges_system, ..self },
        }
    }

    /// The shape without any optional part.
    pub fn plainest(self) -> Self {
        let token_field = TokenField::Absent;
        Self { token_field, omits_temperature: true, omits_schema: true, merges_system: true, ..self }
    }

    /// The shape with the next longer limit. `None` if there is no longer one, or no limit at all.
    pub fn with_longer_limit(self) -> Option<Self> {
        let limit = self.limit.next().filter(|_| self.token_field != TokenField::Absent)?;
        Some(Self { limit, ..self })
    }

    /// The shape as seven bits, for [`Self::from_bits`].
    pub fn to_bits(self) -> u8 {
        let token_field = match self.token_field {
            TokenField::MaxTokens => 0,
            TokenField::MaxCompletionTokens => 1,
            TokenField::Absent => 2,
        };
        let limit = match self.limit {
            AnswerLimit::Short => 0,
            AnswerLimit::Medium => 1,
            AnswerLimit::Long => 2,
        };
        let flags = [self.omits_temperature, self.omits_schema, self.merges_system];
        let flags = flags.into_iter().fold(0, |bits, flag| bits << 1 | u8::from(flag));
        flags << 4 | limit << 2 | token_field
    }

    /// The shape of these bits; other bits than those of [`Self::to_bits`] yield any shape.
    pub fn from_bits(bits: u8) -> Self {
        Self {
            token_field: match bits & 0b11 {
                0 => TokenField::MaxTokens,
                1 => TokenField::MaxCompletionTokens,
                _ => TokenField::Absent,
            },
            limit: match bits >> 2 & 0b11 {
                0 => AnswerLimit::Short,
                1 => AnswerLimit::Medium,
                _ => AnswerLimit::Long,
            },
            omits_temperature: bits & 1 << 6 != 0,
            omits_schema: bits & 1 << 5 != 0,
            merges_system: bits & 1 << 4 != 0,
        }
    }

    /// What an instance refuses that is asked in this shape, as a sentence; `None` if it takes everything.
    pub fn describe(self) -> Option<String> {
        let mut found: Vec<&str> = Vec::new();
        match self.token_field {
            TokenField::MaxTokens => {}
            TokenField::MaxCompletionTokens => found.push("does not take `max_tokens`"),
            TokenField::Absent => {
                found.extend(["does not take `max_tokens`", "does not take `max_completion_tokens`"])
            }
        }
        let parts = [
            (self.omits_temperature, "does not take `temperature`"),
            (self.omits_schema, "does not take `response_format`"),
            (self.merges_system, "does not take a system message"),
            (self.limit != AnswerLimit::Short, "spends its answer on thinking"),
        ];
        found.extend(parts.into_iter().filter_map(|(is_refused, text)| is_refused.then_some(text)));
        let last = found.pop()?;
        Some(match found.as_slice() {
            [] => format!("It {last}."),
            before => format!("It {} and {last}.", before.join(", ")),
        })
    }
}

#[cfg(test)]
mod tests;

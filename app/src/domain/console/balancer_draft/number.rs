//! Number inputs that keep invalid text.

use std::fmt;

use serde_json::{Value, json};

use crate::domain::config::balancer::confidence::Confidence;

/// A whole number, or the text that was entered instead.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum TypedNumber {
    /// A number.
    Number(u64),
    /// Not a number; validation reports it.
    Text(String),
}

impl TypedNumber {
    /// Parses the input; `usual` if it is empty.
    pub fn parse(typed: &str, usual: u64) -> Self {
        match typed.trim() {
            "" => Self::Number(usual),
            typed => typed.parse().map_or_else(|_| Self::Text(typed.to_owned()), Self::Number),
        }
    }

    /// The number, if it is valid.
    pub fn number(&self) -> Option<u64> {
        match self {
            Self::Number(number) => Some(*number),
            Self::Text(_) => None,
        }
    }

    pub(super) fn from_value(value: &Value) -> Self {
        match value {
            Value::Number(number) if number.is_u64() => Self::Number(number.as_u64().unwrap_or_default()),
            Value::String(text) => Self::Text(text.clone()),
            other => Self::Text(other.to_string()),
        }
    }

    pub(super) fn to_value(&self) -> Value {
        match self {
            Self::Number(number) => json!(number),
            Self::Text(text) => json!(text),
        }
    }
}

impl fmt::Display for TypedNumber {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Number(number) => number.fmt(f),
            Self::Text(text) => text.fmt(f),
        }
    }
}

/// A share from 0 to 1, or the text that was entered instead.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum TypedShare {
    /// A share.
    Share(Confidence),
    /// Not a share; validation reports it.
    Text(String),
}

impl TypedShare {
    /// Parses the input; 0 if it is empty. A decimal comma counts as a point.
    pub fn parse(typed: &str) -> Self {
        let typed = typed.trim();
        if typed.is_empty() {
            return Self::default();
        }
        let number = typed.replace(',', ".").parse().ok();
        number.and_then(Confidence::of).map_or_else(|| Self::Text(typed.to_owned()), Self::Share)
    }

    pub(super) fn from_value(value: &Value) -> Self {
        match value {
            Value::Number(number) => Self::parse(&number.to_string()),
            Value::String(text) => Self::Text(text.clone()),
            other => Self::Text(other.to_string()),
        }
    }

    pub(super) fn to_value(&self) -> Value {
        match self {
            Self::Share(share) => json!(share),
            Self::Text(text) => {
                let number = serde_json::from_str(text).ok().filter(Value::is_number);
                number.unwrap_or_else(|| json!(text))
            }
        }
    }
}

impl Default for TypedShare {
    fn default() -> Self {
        Self::Share(Confidence::default())
    }
}

impl fmt::Display for TypedShare {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Share(share) => share.share().fmt(f),
            Self::Text(text) => text.fmt(f),
        }
    }
}

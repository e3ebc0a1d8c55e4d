//! Secrets: text that cannot be printed, logged or serialized by accident.

use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// A password or key, without `Display` and `Serialize`; its `Debug` shows no content.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Secret(String);

impl Secret {
    /// Wraps a text.
    pub fn new(text: impl Into<String>) -> Self {
        Self(text.into())
    }

    /// The text itself. Every use needs attention in review.
    pub fn reveal(&self) -> &str {
        &self.0
    }

    /// Whether the text is empty.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The last four characters; `None` if the secret is shorter than 8 characters, which four would give away.
    pub fn last4(&self) -> Option<String> {
        let chars: Vec<char> = self.0.chars().collect();
        (chars.len() >= 8).then(|| chars[chars.len() - 4..].iter().collect())
    }
}

impl std::fmt::Debug for Secret {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("(secret)")
    }
}

impl<'de> Deserialize<'de> for Secret {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer).map(Self)
    }
}

/// A password or key in a posted form. Forms are serialized as well as deserialized; this field is always serialized
/// as empty.
#[derive(Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(transparent)]
pub struct TypedSecret(Secret);

impl TypedSecret {
    /// Converts to a secret.
    pub fn into_secret(self) -> Secret {
        self.0
    }
}

impl Serialize for TypedSecret {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str("")
    }
}

impl std::fmt::Debug for TypedSecret {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.0.fmt(f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_typed_secret_is_read_and_never_written() {
        let secret: Result<TypedSecret, _> = serde_json::from_str("\"hunter2\"");
        let secret = secret.unwrap_or_default();
        assert_eq!(serde_json::to_string(&secret).ok().as_deref(), Some("\"\""));
        assert_eq!(format!("{secret:?}"), "(secret)");
        assert_eq!(secret.into_secret().reveal(), "hunter2");
    }
}

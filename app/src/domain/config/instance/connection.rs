//! How an instance is spoken to: the names of its headers, and the APIs that it serves.

use std::collections::BTreeSet;

use serde::{Deserialize, Deserializer, Serialize, Serializer, de::IgnoredAny};

/// The header that carries the upstream key by default, as `Bearer KEY`. Any other header carries the bare key.
pub const AUTHORIZATION: &str = "authorization";

/// Names of additional headers, as written. Serialized as a map from each name to `null`, because values are
/// write-only.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct HeaderNames(BTreeSet<String>);

impl HeaderNames {
    /// The names in order.
    pub fn iter(&self) -> impl Iterator<Item = &str> {
        self.0.iter().map(String::as_str)
    }

    /// The number of names.
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The names in lower case, as values are stored under them.
    pub fn keys(&self) -> BTreeSet<String> {
        self.iter().map(str::to_ascii_lowercase).collect()
    }
}

impl<T: Into<String>> FromIterator<T> for HeaderNames {
    fn from_iter<I: IntoIterator<Item = T>>(names: I) -> Self {
        Self(names.into_iter().map(Into::into).collect())
    }
}

impl Serialize for HeaderNames {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map(self.iter().map(|name| (name, ())))
    }
}

impl<'de> Deserialize<'de> for HeaderNames {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let map = std::collections::BTreeMap::<String, IgnoredAny>::deserialize(deserializer)?;
        Ok(map.into_keys().collect())
    }
}

/// Whether an instance serves an API.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "ssr", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum ApiSupport {
    /// Learned from its answers.
    #[default]
    Auto,
    /// It does.
    Yes,
    /// It does not.
    No,
}

impl ApiSupport {
    /// All values, in display order.
    pub const ALL: [Self; 3] = [Self::Auto, Self::Yes, Self::No];

    /// The name on the wire.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Auto => "auto",
            Self::Yes => "yes",
            Self::No => "no",
        }
    }
}

/// The APIs of a chat instance.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ssr", derive(utoipa::ToSchema))]
#[serde(default)]
pub struct Apis {
    /// `POST …/chat/completions`; `auto` means yes.
    pub chat_completions: ApiSupport,
    /// `POST …/completions`.
    pub completions: ApiSupport,
    /// `POST …/responses`.
    pub responses: ApiSupport,
    /// `POST …/messages`.
    pub messages: ApiSupport,
}

/// Headers that belong to the connection, describe the body, carry credentials, or are set by this server for each call;
/// so are `x-sb-*`.
const OWN_HEADERS: [&str; 19] = [
    "accept-encoding",
    "authorization",
    "connection",
    "content-encoding",
    "content-length",
    "content-type",
    "cookie",
    "expect",
    "host",
    "keep-alive",
    "proxy-authenticate",
    "proxy-authorization",
    "proxy-connection",
    "te",
    "traceparent",
    "trailer",
    "transfer-encoding",
    "upgrade",
    "x-request-id",
];

fn is_own_header(name: &str) -> bool {
    OWN_HEADERS.contains(&name) || name.starts_with("x-sb-")
}

/// Whether a header may carry the upstream key.
pub fn may_carry_key(name: &str) -> bool {
    let name = name.to_ascii_lowercase();
    name == AUTHORIZATION || !is_own_header(&name)
}

/// Whether an additional header may have this name, beside the one that carries the upstream key.
pub fn may_be_added(name: &str, auth_header: &str) -> bool {
    !is_own_header(&name.to_ascii_lowercase()) && !name.eq_ignore_ascii_case(auth_header)
}

/// Whether a text is a token, as header names are.
pub fn is_token(name: &str) -> bool {
    !name.is_empty() && name.bytes().all(|b| b.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&b))
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "tests")]

    use super::*;

    #[test]
    fn names_are_written_without_values_and_read_with_any() {
        let names: HeaderNames = ["X-Org", "HTTP-Referer"].into_iter().collect();
        let text = serde_json::to_string(&names).unwrap();
        assert_eq!(text, r#"{"HTTP-Referer":null,"X-Org":null}"#);
        assert_eq!(serde_json::from_str::<HeaderNames>(&text).unwrap(), names);
        let odd = r#"{"X-Org":"canary","HTTP-Referer":[1]}"#;
        assert_eq!(serde_json::from_str::<HeaderNames>(odd).unwrap(), names);
    }

    #[test]
    fn headers_that_this_server_sets_cannot_be_added() {
        for name in [
            "Host",
            "COOKIE",
            "content-type",
            "Authorization",
            "TraceParent",
            "x-request-id",
            "X-SB-Any",
            "TE",
        ] {
            assert!(!may_be_added(name, AUTHORIZATION), "{name}");
        }
        assert!(!may_be_added("Api-Key", "api-key") && may_be_added("Api-Key", AUTHORIZATION));
        assert!(may_be_added("anthropic-version", "x-api-key") && may_be_added("user-agent", AUTHORIZATION));
        assert!(may_carry_key("Authorization") && may_carry_key("Ocp-Apim-Subscription-Key"));
        assert!(!may_carry_key("cookie") && !may_carry_key("x-sb-key") && !may_carry_key("Host"));
    }

    #[test]
    fn a_token_has_no_space_separator_or_line_break() {
        assert!(is_token("Ocp-Apim-Subscription-Key"));
        for name in ["", "a b", "a:b", "a\r\nb", "ü", "a/b", "\"a\""] {
            assert!(!is_token(name), "{name}");
        }
    }
}

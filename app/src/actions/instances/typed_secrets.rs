//! Secrets that were typed into the form of an instance, kept while it goes to the server and back without being saved:
//! sealed, for ten minutes, for the user who typed them. Drafts hold no secrets.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

/// Typed secrets. Has no `Debug`, because nothing of them may be shown.
#[derive(Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub(crate) struct TypedSecrets {
    /// The API key; empty if none was typed.
    pub(crate) api_key: String,
    /// Values of additional headers, by lower-case name.
    pub(crate) headers: BTreeMap<String, String>,
}

impl TypedSecrets {
    /// Whether nothing was typed.
    pub(crate) fn is_empty(&self) -> bool {
        self.api_key.is_empty() && self.headers.is_empty()
    }

    /// These secrets, and those of `earlier` that were not typed again.
    pub(crate) fn over(self, earlier: Self) -> Self {
        let api_key = if self.api_key.is_empty() { earlier.api_key } else { self.api_key };
        let mut headers = earlier.headers;
        headers.extend(self.headers);
        Self { api_key, headers }
    }

    /// The field `headers` of a body: each of `names` with its value, or `null`.
    pub(crate) fn headers_of(&self, names: &Map<String, Value>) -> Value {
        let value = |name: &String| {
            let value =
                self.headers.get(&name.to_ascii_lowercase()).cloned().map_or(Value::Null, Value::from);
            (name.clone(), value)
        };
        Value::Object(names.keys().map(value).collect())
    }
}

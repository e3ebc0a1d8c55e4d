//! A secret on its way from a form to the server. It travels in that direction only.

use serde::{Deserialize, Serialize, Serializer};

/// A password or key as it was typed. The browser can send it; the server reads it and can neither send nor print
/// it.
#[derive(Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(transparent)]
pub(crate) struct TypedSecret(String);

#[cfg(feature = "ssr")]
impl TypedSecret {
    /// The secret for the operation that needs it.
    pub(crate) fn into_secret(self) -> crate::domain::secret::Secret {
        crate::domain::secret::Secret::new(self.0)
    }
}

impl Serialize for TypedSecret {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(if cfg!(feature = "ssr") { "" } else { &self.0 })
    }
}

impl std::fmt::Debug for TypedSecret {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("(secret)")
    }
}

#[cfg(all(test, feature = "ssr"))]
mod tests {
    use super::*;

    #[test]
    fn the_server_reads_it_and_never_writes_it() {
        let secret: Result<TypedSecret, _> = serde_json::from_str("\"hunter2\"");
        let secret = secret.unwrap_or_default();
        assert_eq!(serde_json::to_string(&secret).ok().as_deref(), Some("\"\""));
        assert_eq!(format!("{secret:?}"), "(secret)");
        assert_eq!(secret.into_secret().reveal(), "hunter2");
    }
}

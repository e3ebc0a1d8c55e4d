//! Configuration formats of other gateways that can be imported, and the report of unsupported settings.

use serde::{Deserialize, Serialize};

/// Format of another gateway's configuration.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ImportFormat {
    /// `config.yaml` of the LiteLLM proxy.
    Litellm,
    /// JSON config of Portkey.
    Portkey,
}

impl ImportFormat {
    /// All values, in display order.
    pub const ALL: [Self; 2] = [Self::Litellm, Self::Portkey];

    /// The name in forms and on the command line.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Litellm => "litellm",
            Self::Portkey => "portkey",
        }
    }

    /// Display name.
    pub fn words(self) -> &'static str {
        match self {
            Self::Litellm => "LiteLLM config.yaml",
            Self::Portkey => "Portkey config",
        }
    }
}

/// A setting that has no counterpart or was changed by the import.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct UnsupportedSetting {
    /// Location in the imported file.
    pub path: String,
    /// What the import does instead, and what the user can do.
    pub words: String,
}

//! Configurations of other gateways that can be imported, and what of them has no counterpart here.

use serde::{Deserialize, Serialize};

/// Another gateway.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Foreign {
    /// A LiteLLM proxy, whose configuration is a `config.yaml`.
    Litellm,
    /// Portkey, whose configs are JSON.
    Portkey,
}

impl Foreign {
    /// Both of them.
    pub const ALL: [Self; 2] = [Self::Litellm, Self::Portkey];

    /// The name in forms and on the command line.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Litellm => "litellm",
            Self::Portkey => "portkey",
        }
    }

    /// What people call it.
    pub fn words(self) -> &'static str {
        match self {
            Self::Litellm => "LiteLLM config.yaml",
            Self::Portkey => "Portkey config",
        }
    }
}

/// Something that did not carry over.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Left {
    /// Where it stands in the foreign configuration.
    pub path: String,
    /// What becomes of it, and what to do.
    pub words: String,
}

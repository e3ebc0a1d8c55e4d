//! Converts other gateways' configurations into an import document. Saves nothing and calls nothing.
//!
//! What has no counterpart is reported with its path and a message, never with a value of the file, which may be a
//! secret. A literal key goes into the document, as the write-only `api_key` of an instance, but only with an address
//! that its own entry names, or the vendor's that its prefix names. A reference (an environment variable, a file, a
//! vault) or a placeholder is neither a key nor an address and is reported as not carried over.

mod document;
mod endpoint;
mod headers;
mod litellm;
mod model;
mod placeholder;
mod portkey;
mod providers;
mod tree;
mod yaml;

use app::domain::{config::paste, field_error::FieldError, limits};
use serde_json::Value;

pub use app::domain::config::import_format::{ImportFormat, UnsupportedSetting};

/// A converted configuration. Has no `Debug`, because the document may hold keys.
pub struct Conversion {
    /// The document to import; it may hold upstream keys.
    pub document: Value,
    /// What did not carry over.
    pub left: Vec<UnsupportedSetting>,
}

/// Converts a configuration of at most [`limits::PASTE_BYTES`].
///
/// # Errors
/// If it cannot be read at all: one error with an empty path, which quotes nothing but positions.
pub fn convert(from: ImportFormat, text: &str) -> Result<Conversion, FieldError> {
    if text.len() > limits::PASTE_BYTES {
        let words = format!("Convert at most {} KiB at once.", limits::PASTE_BYTES / 1024);
        return Err(FieldError::new("", "too_long", words));
    }
    Ok(match from {
        ImportFormat::Litellm => litellm::convert(&yaml::read(text)?),
        ImportFormat::Portkey => portkey::convert(&paste::json(text)?),
    })
}

#[cfg(test)]
mod tests;

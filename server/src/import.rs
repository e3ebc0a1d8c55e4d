//! Other gateways' configurations, turned into a document to import. Nothing is saved here, and nothing is called.
//!
//! What has no counterpart is told, each with its path and words; a value of the file is never told, since it may be a
//! secret. A key that stands in the file itself goes into the document, as the write-only `api_key` of an instance, but
//! only with an address that its own entry names, or the vendor's that its prefix names. A reference (an environment
//! variable, a file, a vault) or a placeholder is neither a key nor an address: it is told as not carried over.

mod draft;
mod endpoint;
mod litellm;
mod model;
mod placeholder;
mod portkey;
mod providers;
mod tree;
mod yaml;

use app::domain::{config::paste, field_error::FieldError, limits};
use serde_json::Value;

pub use app::domain::config::foreign::{Foreign, Left};

/// What came of a foreign configuration. It has no `Debug`, since the document may hold keys.
pub struct Converted {
    /// The document to import; it may hold upstream keys.
    pub document: Value,
    /// What did not carry over.
    pub left: Vec<Left>,
}

/// Converts a foreign configuration of at most [`limits::PASTE_BYTES`].
///
/// # Errors
/// Where it cannot be read at all, one error with an empty path; its words hold nothing of the text but places.
pub fn convert(from: Foreign, text: &str) -> Result<Converted, FieldError> {
    if text.len() > limits::PASTE_BYTES {
        let words = format!("Convert at most {} KiB at once.", limits::PASTE_BYTES / 1024);
        return Err(FieldError::new("", "too_long", words));
    }
    Ok(match from {
        Foreign::Litellm => litellm::convert(&yaml::read(text)?),
        Foreign::Portkey => portkey::convert(&paste::json(text)?),
    })
}

#[cfg(test)]
mod tests;

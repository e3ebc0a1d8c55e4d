//! Updates of page elements by a streamed response, one JSON object per line.

use serde::{Deserialize, Serialize};

/// An update of a page element.
#[derive(Debug, Default, Deserialize, Serialize)]
#[serde(default)]
pub(crate) struct Frame {
    /// Id of the element.
    pub(crate) id: String,
    /// The whole element as HTML; `None` if only text is appended.
    pub(crate) html: Option<String>,
    /// Text to append.
    pub(crate) text: Option<String>,
}

#[cfg(feature = "ssr")]
impl Frame {
    /// Replaces the element.
    pub(crate) fn html(id: impl Into<String>, html: String) -> Self {
        Self { id: id.into(), html: Some(html), text: None }
    }

    /// Appends text to the element.
    pub(crate) fn text(id: impl Into<String>, text: impl Into<String>) -> Self {
        Self { id: id.into(), html: None, text: Some(text.into()) }
    }

    /// Serializes the frame as a line of the stream.
    pub(crate) fn to_line(&self) -> Vec<u8> {
        let mut line = serde_json::to_vec(self).unwrap_or_default();
        line.push(b'\n');
        line
    }
}

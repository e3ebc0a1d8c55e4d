//! Parts of a page that a streamed answer brings up to date: one JSON object on a line each.

use serde::{Deserialize, Serialize};

/// A change of one element of the page.
#[derive(Debug, Default, Deserialize, Serialize)]
#[serde(default)]
pub(crate) struct Frame {
    /// The element's id.
    pub(crate) id: String,
    /// The whole element, as HTML; absent if only text is added.
    pub(crate) html: Option<String>,
    /// Text that is added at its end.
    pub(crate) text: Option<String>,
}

#[cfg(feature = "ssr")]
impl Frame {
    /// Replaces the element.
    pub(crate) fn html(id: impl Into<String>, html: String) -> Self {
        Self { id: id.into(), html: Some(html), text: None }
    }

    /// Adds text at the end of the element.
    pub(crate) fn text(id: impl Into<String>, text: impl Into<String>) -> Self {
        Self { id: id.into(), html: None, text: Some(text.into()) }
    }

    /// The frame as a line of the stream.
    pub(crate) fn to_line(&self) -> Vec<u8> {
        let mut line = serde_json::to_vec(self).unwrap_or_default();
        line.push(b'\n');
        line
    }
}

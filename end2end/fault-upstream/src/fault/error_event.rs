//! Errors inside an answer with status 200.

/// What an error event looks like.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct ErrorEvent {
    pub(crate) form: ErrorForm,
    /// The status that the error object names as its `code`; without one it is a server error with a code in words.
    pub(crate) code: Option<u16>,
}

/// Where an error event says that it is one.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) enum ErrorForm {
    /// The API's own error event; for chat completions an `error` object at the top.
    #[default]
    Object,
    /// An `error` object inside a choice.
    Choice,
    /// `finish_reason: "error"` without content.
    Finish,
    /// The field `error:` instead of `data:`.
    Field,
    /// `event: error`; the data does not say that it is an error.
    Event,
    /// JSON that is not an event.
    Json,
    /// A Response that failed.
    Failed,
}

impl ErrorForm {
    /// The form that a fault's argument names.
    pub(super) fn named(name: &str) -> Option<Self> {
        Some(match name {
            "object" => Self::Object,
            "choice" => Self::Choice,
            "finish" => Self::Finish,
            "field" => Self::Field,
            "event" => Self::Event,
            "json" => Self::Json,
            "failed" => Self::Failed,
            _ => return None,
        })
    }
}

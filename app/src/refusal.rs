//! Refusals: expected failures of operations. Server functions return them as values, REST as codes.

use serde::{Deserialize, Serialize};

use crate::domain::{config::configuration::UsedBy, field_error::FieldError, ids::ObjectKind};

/// The reply of an operation.
pub type Reply<T> = Result<T, Refusal>;

/// An expected failure.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, thiserror::Error)]
#[serde(rename_all = "snake_case")]
pub enum Refusal {
    /// Not signed in, or an unknown token (401).
    #[error("Sign in to continue.")]
    Unauthenticated,
    /// The role does not permit it (403). The text names the required role.
    #[error("{0}")]
    Forbidden(String),
    /// The object does not exist (404).
    #[error("There is no {} with the id “{id}”.", kind.words())]
    NotFound {
        /// Kind of the object.
        kind: ObjectKind,
        /// Id of the object.
        id: String,
    },
    /// Something else does not exist: a draft, a key, a page (404).
    #[error("{0}")]
    Gone(String),
    /// The body is not valid JSON (400); the text has line and column.
    #[error("{0}")]
    Malformed(String),
    /// The object is invalid (422), with all errors.
    #[error("{}", invalid_words(.0))]
    Invalid(Vec<FieldError>),
    /// The object was saved in the meantime (409).
    #[error("Someone else saved this in the meantime.")]
    Stale {
        /// The current object in its REST form.
        current: Box<serde_json::Value>,
    },
    /// A name or id is in use (409).
    #[error("{message}")]
    Taken {
        /// `name_taken`, `serving_name_taken` or `id_taken`.
        code: String,
        /// Path of the field.
        path: String,
        /// Message for the user.
        message: String,
    },
    /// Other objects refer to it (409).
    #[error("It is in use: {}.", used_by_words(.used_by))]
    InUse {
        /// The referring objects.
        used_by: Vec<UsedBy>,
    },
    /// Too many attempts (429), with the seconds to wait.
    #[error("Too many attempts. Try again in {0} s.")]
    Throttled(u64),
    /// Too many password checks at once (503); nothing was changed.
    #[error("The server is busy checking passwords. Try again in a moment.")]
    Busy,
    /// The store is unavailable (503); nothing was changed.
    #[error("The store is unavailable; nothing was changed. Try again.")]
    StoreUnavailable,
}

impl Refusal {
    /// The errors to show at fields, if there are any.
    pub fn errors(&self) -> Vec<FieldError> {
        match self {
            Self::Invalid(errors) => errors.clone(),
            Self::Taken { code, path, message } => vec![FieldError::new(path, code, message)],
            _ => Vec::new(),
        }
    }
}

fn invalid_words(errors: &[FieldError]) -> String {
    match errors {
        [only] => only.message.clone(),
        _ => format!("Fix {} errors.", errors.len()),
    }
}

fn used_by_words(used_by: &[UsedBy]) -> String {
    let names: Vec<_> = used_by.iter().map(|it| format!("{} “{}”", it.kind.words(), it.name)).collect();
    names.join(", ")
}

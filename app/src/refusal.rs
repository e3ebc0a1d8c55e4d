//! Why an operation was refused: expected outcomes, which travel to the browser as values and to REST as codes.

use serde::{Deserialize, Serialize};

use crate::domain::{config::configuration::UsedBy, field_error::FieldError, ids::ObjectKind};

/// What an operation answers with.
pub type Reply<T> = Result<T, Refusal>;

/// An expected refusal.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, thiserror::Error)]
#[serde(rename_all = "snake_case")]
pub enum Refusal {
    /// Nobody is signed in, or the token is unknown (401).
    #[error("Sign in to go on.")]
    Unauthenticated,
    /// The role does not allow it (403). The text says what it takes.
    #[error("{0}")]
    Forbidden(String),
    /// There is no such object (404).
    #[error("There is no {} with the id “{id}”.", kind.words())]
    NotFound {
        /// What was looked for.
        kind: ObjectKind,
        /// Its id.
        id: String,
    },
    /// Something else that is not there: a draft, a key, a page (404).
    #[error("{0}")]
    Gone(String),
    /// The body is not JSON (400), with line and column in the text.
    #[error("{0}")]
    Malformed(String),
    /// The object breaks rules (422); every error at once.
    #[error("{}", invalid_words(.0))]
    Invalid(Vec<FieldError>),
    /// Somebody saved in between (409): the object as it is now.
    #[error("Somebody else saved this in the meantime.")]
    Stale {
        /// The object as REST shows it.
        current: Box<serde_json::Value>,
    },
    /// A name or id is taken (409).
    #[error("{message}")]
    Taken {
        /// `name_taken`, `serving_name_taken` or `id_taken`.
        code: String,
        /// The field's path.
        path: String,
        /// The sentence for people.
        message: String,
    },
    /// Others refer to it (409).
    #[error("It is in use: {}.", used_by_words(.used_by))]
    InUse {
        /// Who refers to it.
        used_by: Vec<UsedBy>,
    },
    /// Too many tries (429), with the seconds to wait.
    #[error("Too many attempts. Try again in {0} s.")]
    Throttled(u64),
    /// Too many others are having their passwords checked (503); nothing was changed.
    #[error("The server is busy checking passwords. Try again in a moment.")]
    Busy,
    /// The store cannot read or write now (503); nothing was changed.
    #[error("The store is not available now; nothing was changed. Try again.")]
    StoreUnavailable,
}

impl Refusal {
    /// The errors to show at fields, where there are any.
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
        _ => format!("{} things need mending.", errors.len()),
    }
}

fn used_by_words(used_by: &[UsedBy]) -> String {
    let names: Vec<_> = used_by.iter().map(|it| format!("{} “{}”", it.kind.words(), it.name)).collect();
    names.join(", ")
}

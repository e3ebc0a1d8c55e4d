//! How the body of a server function ends early: by a refusal or by an error, both with `?`.

use super::{Answer, server_error::ServerError};
use crate::refusal::Refusal;

/// Why a server function ends before its end.
pub(crate) enum ActionError {
    /// Expected; travels as a value.
    Refused(Refusal),
    /// Unexpected.
    Failed(ServerError),
}

impl From<Refusal> for ActionError {
    fn from(refusal: Refusal) -> Self {
        Self::Refused(refusal)
    }
}

impl From<ServerError> for ActionError {
    fn from(error: ServerError) -> Self {
        Self::Failed(error)
    }
}

/// What the server function answers with.
pub(crate) fn answer<T>(end: Result<T, ActionError>) -> Answer<T> {
    match end {
        Ok(value) => Ok(Ok(value)),
        Err(ActionError::Refused(refusal)) => Ok(Err(refusal)),
        Err(ActionError::Failed(error)) => Err(error),
    }
}

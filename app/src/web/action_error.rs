//! Early return from server functions: refusals and errors, both with `?`.

use super::{Answer, server_error::ServerError};
use crate::refusal::Refusal;

/// Early return from a server function.
pub(crate) enum ActionError {
    /// Expected; returned as a value.
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

/// Converts the result of a server function's body to its answer.
pub(crate) fn answer<T>(end: Result<T, ActionError>) -> Answer<T> {
    match end {
        Ok(value) => Ok(Ok(value)),
        Err(ActionError::Refused(refusal)) => Ok(Err(refusal)),
        Err(ActionError::Failed(error)) => Err(error),
    }
}

//! How the body of a server function ends early: by a refusal or by an error, both with `?`.

use super::{Answer, refusal::Refusal, server_error::ServerError};

/// Why a server function ends before its end.
pub(crate) enum Ending {
    /// Expected; travels as a value.
    Refused(Refusal),
    /// Unexpected.
    Failed(ServerError),
}

impl From<Refusal> for Ending {
    fn from(refusal: Refusal) -> Self {
        Self::Refused(refusal)
    }
}

impl From<ServerError> for Ending {
    fn from(error: ServerError) -> Self {
        Self::Failed(error)
    }
}

/// What the server function answers with.
pub(crate) fn answer<T>(end: Result<T, Ending>) -> Answer<T> {
    match end {
        Ok(value) => Ok(Ok(value)),
        Err(Ending::Refused(refusal)) => Ok(Err(refusal)),
        Err(Ending::Failed(error)) => Err(error),
    }
}

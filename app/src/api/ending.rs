//! How the body of a server function ends early: by a refusal or by a fault, both with `?`.

use super::{Answer, refusal::Refusal, server_fault::ServerFault};

/// Why a server function ends before its end.
pub(crate) enum Ending {
    /// Expected; travels as a value.
    Refused(Refusal),
    /// Unexpected.
    Failed(ServerFault),
}

impl From<Refusal> for Ending {
    fn from(refusal: Refusal) -> Self {
        Self::Refused(refusal)
    }
}

impl From<ServerFault> for Ending {
    fn from(fault: ServerFault) -> Self {
        Self::Failed(fault)
    }
}

/// What the server function answers with.
pub(crate) fn answer<T>(end: Result<T, Ending>) -> Answer<T> {
    match end {
        Ok(value) => Ok(Ok(value)),
        Err(Ending::Refused(refusal)) => Ok(Err(refusal)),
        Err(Ending::Failed(fault)) => Err(fault),
    }
}

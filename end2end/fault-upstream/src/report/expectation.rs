//! What a gateway must do with a call.

/// The expected result of a call.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Expectation {
    /// The first upstream's answer with this status, byte for byte; the second is not called.
    Passes(u16),
    /// The same with 200, and the request arrived unchanged except for its model.
    PassesRequest,
    /// This status with the error object that the first upstream sent in a 200; the second is not called.
    PassesRefusal(u16),
    /// The second upstream's complete answer after one call to the first.
    FailsOver,
    /// The second upstream's complete answer without a call to the first.
    Skips,
    /// A complete answer from either upstream.
    Answers,
    /// The first upstream's complete answer after one call to the router model.
    Routes,
    /// Every byte that the first upstream sent, then an error event and no `[DONE]`, and the connection closes; the
    /// second is not called.
    Truncates,
    /// The first upstream's own error event comes last, and the connection closes; the second is not called.
    PassesError,
    /// One of these two.
    EndsInError,
    /// An error with this status without any upstream call.
    Refuses(u16),
    /// An error with this status in the gateway's own words.
    Fails(u16),
    /// An error with one of these statuses in the gateway's own words that tells clients to try again later.
    FailsForNow(&'static [u16]),
    /// A 504 in the gateway's own words that tells clients not to try again; the second upstream is not called.
    Expires,
    /// The caller disconnects mid-call, and the upstream notices in time; the second is not called.
    Cancels,
    /// The caller stops reading, so the upstream cannot write, and then reads on.
    HoldsBack,
}

impl Expectation {
    pub(super) fn words(self) -> String {
        match self {
            Self::Passes(200) => "passed through byte for byte".to_owned(),
            Self::Passes(status) => format!("{status} passed through unchanged, no failover"),
            Self::PassesRequest => "the request reaches the upstream unchanged".to_owned(),
            Self::PassesRefusal(status) => format!("{status} with the upstream's error, no failover"),
            Self::FailsOver => "fails over, one call to each".to_owned(),
            Self::Skips => "skipped, the fallback answers".to_owned(),
            Self::Answers => "a complete answer".to_owned(),
            Self::Routes => "routed by one call to the router model".to_owned(),
            Self::Truncates => "every byte, then an error event, no [DONE], closed".to_owned(),
            Self::PassesError => "every byte up to the upstream's error event, no [DONE], closed".to_owned(),
            Self::EndsInError => "every byte, an error event last, no [DONE], closed".to_owned(),
            Self::Refuses(status) => format!("{status} before any upstream call"),
            Self::Fails(status) => format!("{status} in the gateway's own words"),
            Self::FailsForNow(statuses) => {
                let statuses: Vec<String> = statuses.iter().map(u16::to_string).collect();
                format!("{} in the gateway's own words with Retry-After", statuses.join(" or "))
            }
            Self::Expires => "504 in the gateway's own words, no failover, no retry".to_owned(),
            Self::Cancels => "the upstream notices the disconnect within 250 ms".to_owned(),
            Self::HoldsBack => "the upstream waits while the caller does not read".to_owned(),
        }
    }

    /// Whether the connection must close after the answer.
    pub(super) fn closes(self) -> bool {
        matches!(self, Self::Truncates | Self::PassesError | Self::EndsInError)
    }
}

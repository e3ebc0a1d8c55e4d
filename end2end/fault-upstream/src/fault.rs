//! The fault model: one value made of independent parts, so that faults can be combined. It knows nothing of
//! sockets; [`parse`] is the only module that knows the names.

mod error_event;
mod parse;
mod refusal;
mod shape;
mod vendor;

use std::time::Duration;

pub(crate) use error_event::{ErrorEvent, ErrorForm};
pub(crate) use refusal::{FieldRefusal, RefusalForm};
pub(crate) use shape::{Content, Finish, MessageForm, Missing, Pace, Shape, Tools};
pub(crate) use vendor::VendorAnswer;

use crate::api::Api;

/// The upper bound of a doubling `Retry-After`, in seconds.
const LONGEST_WAIT: u64 = 3_600;

/// How one call is handled, from reading the request to closing the connection. The default has no fault.
#[derive(Debug, Clone, Default, PartialEq)]
pub(crate) struct Fault {
    /// How many calls fail before the others succeed.
    pub(crate) fail_first: Option<u64>,
    /// How many calls succeed before the others fail.
    pub(crate) fail_after: Option<u64>,
    /// How long a connection must stay open until the model is loaded; if it closes earlier, loading starts again.
    pub(crate) loads_in: Option<Duration>,
    /// The longest request body in bytes; a longer one gets a 400.
    pub(crate) longest_body: Option<usize>,
    /// Whether a body with the marker gets a 500.
    pub(crate) fails_on_marker: bool,
    /// The APIs that are not there, with the status that says so.
    pub(crate) lacks: Vec<(Api, u16)>,
    /// The request fields that are refused; the first one that applies is told.
    pub(crate) refusals: Vec<FieldRefusal>,
    pub(crate) refusal_form: RefusalForm,
    pub(crate) early_failure: EarlyFailure,
    pub(crate) answer: AnswerKind,
    pub(crate) signs_of_life: Option<SignsOfLife>,
    pub(crate) opening: Opening,
    pub(crate) cut: Option<Cut>,
    /// Whether a truncated stream ends in the middle of an event.
    pub(crate) torn: bool,
    pub(crate) end: StreamEnd,
    pub(crate) error: ErrorEvent,
    pub(crate) shape: Shape,
    pub(crate) pace: Pace,
}

/// A failure in place of the answer's first byte.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) enum EarlyFailure {
    #[default]
    None,
    HangUnread,
    Reset,
    HangRead,
    Close,
    /// A reset if the connection has served a call before.
    ResetIfReused,
    /// `103 Early Hints`, then a close.
    EarlyHintsThenClose,
}

/// The kind of answer.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) enum AnswerKind {
    #[default]
    Normal,
    Status {
        code: u16,
        retry: RetryAfter,
    },
    /// The words of a known server.
    Vendor(&'static VendorAnswer),
    Html,
    /// A plain answer, even if the call asks for a stream.
    PlainOnly,
    NotObject,
    ErrorAs200,
    Redirect(u16),
    /// A redirect to a path of this server that answers normally.
    RedirectHere,
}

/// How an answer says when to try again.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum RetryAfter {
    Absent,
    /// `Retry-After` in seconds, with a fraction if there is one. The number is milliseconds.
    Seconds(i64),
    /// `Retry-After` as an HTTP date this many seconds ahead.
    Date(i64),
    /// `Retry-After` with this many seconds on the first call and twice as many on each later one.
    Doubling(u64),
    /// `retry-after-ms`.
    Milliseconds(u64),
    /// Google's `RetryInfo` in the body, in seconds.
    RetryInfo(u64),
    /// OpenAI's `x-ratelimit-reset-requests`, in seconds.
    RateLimitReset(u64),
}

/// What a stream sends before its first content while it makes the caller wait.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct SignsOfLife {
    pub(crate) kind: SignKind,
    pub(crate) lasts: Duration,
}

/// One sign of life.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum SignKind {
    Comment,
    BlankLine,
    /// An event of the API that says nothing.
    Event,
    /// The stream's opening events once, then none.
    Opening,
}

/// How the body of an answer starts.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) enum Opening {
    #[default]
    Normal,
    Hang,
    Empty,
    OnlyDone,
    Error,
}

/// Where and how an answer is truncated.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Cut {
    /// Content chunks sent before the cut, or bytes if the answer is not a stream; `None` means half of them.
    pub(crate) after: Option<u64>,
    pub(crate) kind: CutKind,
}

/// How an answer is truncated.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum CutKind {
    Stall,
    Reset,
    Close,
    ErrorEvent,
}

/// How a stream ends that was not truncated.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) enum StreamEnd {
    #[default]
    Normal,
    /// The terminal event is missing.
    WithoutTerminal,
    /// The terminal event and the end of the framing are missing.
    WithoutTerminalClosed,
    /// The terminal event comes directly after the content.
    WithoutFinish,
    /// Only the first choice finishes, and the terminal event is missing.
    OneFinish,
    /// The end of the framing is missing after the terminal event.
    Closed,
    /// The empty line after the terminal event and the end of the framing are missing.
    ClosedInTerminal,
}

impl Fault {
    /// Resolves what depends on the number of the call, which counts from 1 for each fault name.
    pub(crate) fn at_call(mut self, call: u64) -> Self {
        if let AnswerKind::Status { retry, .. } = &mut self.answer
            && let RetryAfter::Doubling(first) = *retry
        {
            let doubled = call.saturating_sub(1).min(u64::from(LONGEST_WAIT.ilog2() + 1));
            let seconds = (first << doubled).min(LONGEST_WAIT);
            *retry = RetryAfter::Seconds(i64::try_from(seconds * 1_000).unwrap_or(i64::MAX));
        }
        let succeeds = match (self.fail_first.take(), self.fail_after.take()) {
            (None, None) => return self,
            (Some(first), _) => call > first,
            (None, Some(first)) => call <= first,
        };
        if succeeds {
            let Self { shape, pace, refusals, refusal_form, .. } = self;
            return Self { shape, pace, refusals, refusal_form, ..Self::default() };
        }
        if !self.fails() {
            self.answer = AnswerKind::Status { code: 500, retry: RetryAfter::Absent };
        }
        self
    }

    fn fails(&self) -> bool {
        self.early_failure != EarlyFailure::None
            || self.answer != AnswerKind::Normal
            || self.opening != Opening::Normal
            || self.cut.is_some()
            || self.end != StreamEnd::Normal
            || !self.lacks.is_empty()
    }

    /// Whether the answer is an error from its first event on, or in place of a plain answer.
    pub(crate) fn errs_plainly(&self) -> bool {
        self.opening == Opening::Error
            || matches!(self.cut, Some(Cut { kind: CutKind::ErrorEvent, .. }))
            || self.answer == AnswerKind::ErrorAs200
    }
}

//! The fault model: one value made of independent parts, so that faults can be combined. It knows nothing of
//! sockets; [`parse`] is the only module that knows the names.

mod parse;

use std::time::Duration;

/// The upper bound of a doubling `Retry-After`, in seconds.
const LONGEST_WAIT: u64 = 3_600;

/// How one call is handled, from reading the request to closing the connection. The default has no fault.
#[derive(Debug, Clone, Default, PartialEq)]
pub(crate) struct Fault {
    /// How many calls fail before the others succeed.
    pub(crate) fail_first: Option<u64>,
    /// The longest request body in bytes; a longer one gets a 400.
    pub(crate) longest_body: Option<usize>,
    pub(crate) early_failure: EarlyFailure,
    pub(crate) answer: AnswerKind,
    pub(crate) opening: Opening,
    pub(crate) cut: Option<Cut>,
    /// Whether a truncated stream ends in the middle of an event.
    pub(crate) torn: bool,
    /// Whether the stream ends cleanly without `[DONE]`.
    pub(crate) no_done: bool,
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
    Html,
    /// A plain answer, even if the call asks for a stream.
    PlainOnly,
    NotObject,
    ErrorAs200,
    Redirect(u16),
    /// A redirect to a path of this server that answers normally.
    RedirectHere,
}

/// The form of `Retry-After`; the numbers are seconds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum RetryAfter {
    Absent,
    Seconds(u64),
    Date(u64),
    /// This many on the first call, twice as many on each later one.
    Doubling(u64),
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
    /// A close in a body that has neither a length nor chunked framing.
    CloseUnframed,
    ErrorEvent,
}

/// The form and the content of an answer.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Shape {
    pub(crate) content: Content,
    /// Content chunks of a stream, per choice.
    pub(crate) chunks: u64,
    pub(crate) tool_calls: bool,
    pub(crate) dimensions: Option<usize>,
    /// Size of content chunk 0 in bytes.
    pub(crate) huge: Option<usize>,
    /// Index of the content chunk whose JSON is cut off.
    pub(crate) broken: Option<u64>,
    pub(crate) crlf: bool,
    pub(crate) bom: bool,
    pub(crate) comments: bool,
    pub(crate) multiline: bool,
    pub(crate) gzip_lie: bool,
    pub(crate) hop_headers: bool,
    /// Whether a plain answer uses chunked framing.
    pub(crate) chunked: bool,
    /// Whether a second, unsolicited answer follows.
    pub(crate) extra_answer: bool,
}

impl Default for Shape {
    fn default() -> Self {
        Self {
            content: Content::Default,
            chunks: 60,
            tool_calls: false,
            dimensions: None,
            huge: None,
            broken: None,
            crlf: false,
            bom: false,
            comments: false,
            multiline: false,
            gzip_lie: false,
            hop_headers: false,
            chunked: false,
            extra_answer: false,
        }
    }
}

/// The content of an answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Content {
    /// Numbered words in a stream, a sentence in a plain answer.
    Default,
    /// Numbered words in both.
    Numbered,
    Text(String),
    /// The text, or a 400 if the request has a `response_format`.
    TextWithoutSchema(String),
    /// The label that a router model would choose.
    Pick,
    Echo,
    /// The request body as the whole answer.
    EchoRaw,
    Endless,
}

/// Delays and sizes of reads and writes.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Pace {
    /// Delay before the first byte of the answer.
    pub(crate) first_byte: Duration,
    /// Delay before each content chunk.
    pub(crate) each_chunk: Duration,
    /// Delay before each byte that is read of the request.
    pub(crate) each_byte_read: Option<Duration>,
    /// How long the connection may stay idle after this call.
    pub(crate) idle: Option<Duration>,
    /// The most bytes per write.
    pub(crate) max_write: Option<usize>,
}

impl Fault {
    /// Resolves what depends on the number of the call, which counts from 1 for each fault name.
    pub(crate) fn at_call(mut self, call: u64) -> Self {
        if let AnswerKind::Status { retry, .. } = &mut self.answer
            && let RetryAfter::Doubling(first) = *retry
        {
            let doubled = call.saturating_sub(1).min(u64::from(LONGEST_WAIT.ilog2() + 1));
            *retry = RetryAfter::Seconds((first << doubled).min(LONGEST_WAIT));
        }
        let Some(first) = self.fail_first.take() else {
            return self;
        };
        if call > first {
            return Self { shape: self.shape, pace: self.pace, ..Self::default() };
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
            || self.no_done
    }
}

//! What a model name stands for, as one value of independent parts, so that faults can be joined.
//! Knows nothing of sockets; [`parse`] is the only place that knows the names.

mod parse;

use std::time::Duration;

/// The longest wait that a doubling `Retry-After` asks for, in seconds.
const LONGEST_WAIT: u64 = 3_600;

/// How one call is treated, from reading it to closing after it. The default is an answer without fault.
#[derive(Debug, Clone, Default, PartialEq)]
pub(crate) struct Fault {
    /// Only the first this many calls fail.
    pub(crate) fail_first: Option<u64>,
    /// A request body of more bytes is refused with 400.
    pub(crate) longest_body: Option<usize>,
    pub(crate) before: Before,
    pub(crate) answer: Answer,
    pub(crate) opening: Opening,
    pub(crate) cut: Option<Cut>,
    /// A stream breaks off in the middle of the next event.
    pub(crate) torn: bool,
    /// The stream ends cleanly without its `[DONE]`.
    pub(crate) no_done: bool,
    pub(crate) shape: Shape,
    pub(crate) pace: Pace,
}

/// What happens instead of an answer's first byte.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) enum Before {
    #[default]
    Nothing,
    HangUnread,
    Reset,
    HangRead,
    Close,
    /// Reset where the connection has served a call before.
    ResetReused,
    /// An interim 103 answer, then a close.
    InformAndClose,
}

/// Which answer is given.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) enum Answer {
    #[default]
    Usual,
    Status {
        code: u16,
        retry: Retry,
    },
    Html,
    /// The plain answer, also to a call that asked for a stream.
    NeverStream,
    NotObject,
    ErrorAs200,
    Redirect(u16),
    /// To a path of this server that answers as usual.
    RedirectHere,
}

/// The form of `Retry-After`, in seconds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Retry {
    Unsaid,
    Seconds(u64),
    Date(u64),
    /// So many at the first call, twice as many at each later one.
    Doubling(u64),
}

/// How an answer starts once its head is out.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) enum Opening {
    #[default]
    Usual,
    Hang,
    Empty,
    OnlyDone,
    Error,
}

/// Where and how an answer breaks off.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Cut {
    /// Content chunks (bytes, where not a stream) sent before; `None` is half of them.
    pub(crate) after: Option<u64>,
    pub(crate) how: CutHow,
}

/// The way an answer breaks off.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum CutHow {
    Stall,
    Reset,
    Close,
    /// A close, in a body that says no length and has no chunks.
    CloseUnframed,
    ErrorEvent,
}

/// The form and content of an answer that goes well.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Shape {
    pub(crate) says: Says,
    /// Content chunks of a stream, for each choice.
    pub(crate) chunks: u64,
    pub(crate) tool_calls: bool,
    pub(crate) dimensions: Option<usize>,
    /// Bytes of content chunk 0.
    pub(crate) huge: Option<usize>,
    /// The content chunk that is cut inside its JSON.
    pub(crate) broken: Option<u64>,
    pub(crate) crlf: bool,
    pub(crate) bom: bool,
    pub(crate) comments: bool,
    pub(crate) multiline: bool,
    pub(crate) gzip_lie: bool,
    pub(crate) hop_headers: bool,
    /// A plain answer comes in chunked framing.
    pub(crate) chunked: bool,
    /// The answer is followed by another one that nobody asked for.
    pub(crate) extra_answer: bool,
}

impl Default for Shape {
    fn default() -> Self {
        Self {
            says: Says::Words,
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

/// The text of an answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Says {
    /// Numbered words as a stream, a sentence as a plain answer.
    Words,
    /// Numbered words in both.
    Numbered,
    Text(String),
    /// The text, unless the request has a `response_format`: then 400.
    TextWithoutSchema(String),
    /// The label that a router would choose.
    Pick,
    Echo,
    /// The request body in place of the whole answer.
    EchoRaw,
    Endless,
}

/// The speed of reading, answering and keeping the connection.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Pace {
    /// Before the first byte of the answer.
    pub(crate) first_byte: Duration,
    /// Before each content chunk.
    pub(crate) each_chunk: Duration,
    /// Before each single byte that is read of the request.
    pub(crate) each_byte_read: Option<Duration>,
    /// How long the connection may be idle after this call.
    pub(crate) idle: Option<Duration>,
    /// The most bytes written at once.
    pub(crate) slice: Option<usize>,
}

impl Fault {
    /// The fault as call number `call` (from 1) of its name sees it: what counts calls is resolved.
    pub(crate) fn at_call(mut self, call: u64) -> Self {
        if let Answer::Status { retry, .. } = &mut self.answer
            && let Retry::Doubling(first) = *retry
        {
            let doubled = call.saturating_sub(1).min(u64::from(LONGEST_WAIT.ilog2() + 1));
            *retry = Retry::Seconds((first << doubled).min(LONGEST_WAIT));
        }
        let Some(first) = self.fail_first.take() else {
            return self;
        };
        if call > first {
            return Self { shape: self.shape, pace: self.pace, ..Self::default() };
        }
        if !self.fails() {
            self.answer = Answer::Status { code: 500, retry: Retry::Unsaid };
        }
        self
    }

    fn fails(&self) -> bool {
        self.before != Before::Nothing
            || self.answer != Answer::Usual
            || self.opening != Opening::Usual
            || self.cut.is_some()
            || self.no_done
    }
}

//! The form, the content and the pace of an answer.

use std::time::Duration;

/// The form and the content of an answer.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Shape {
    pub(crate) content: Content,
    /// Content chunks of a stream, per choice.
    pub(crate) chunks: u64,
    pub(crate) tools: Tools,
    pub(crate) message: MessageForm,
    pub(crate) finish: Finish,
    /// The fewest output tokens that a request must allow for an answer to have content.
    pub(crate) needs_tokens: Option<u64>,
    pub(crate) missing: Option<Missing>,
    /// The probability that a decision gives its choice, in percent.
    pub(crate) certainty: u8,
    /// Whether the probabilities of a decision are none.
    pub(crate) odd_probabilities: bool,
    pub(crate) dimensions: Option<usize>,
    /// Size of content chunk 0 in bytes.
    pub(crate) huge: Option<usize>,
    /// Index of the content chunk whose JSON is cut off.
    pub(crate) broken: Option<u64>,
    pub(crate) crlf: bool,
    pub(crate) bom: bool,
    pub(crate) comments: bool,
    pub(crate) multiline: bool,
    /// Whether event lines have no space after their colon.
    pub(crate) tight: bool,
    pub(crate) gzip_lie: bool,
    pub(crate) hop_headers: bool,
    /// Whether a plain answer uses chunked framing.
    pub(crate) chunked: bool,
    /// Whether only the close of the connection marks the end of the body.
    pub(crate) unframed: bool,
    /// Whether a second, unsolicited answer follows.
    pub(crate) extra_answer: bool,
}

impl Default for Shape {
    fn default() -> Self {
        Self {
            content: Content::Default,
            chunks: 60,
            tools: Tools::None,
            message: MessageForm::Content,
            finish: Finish::Stop,
            needs_tokens: None,
            missing: None,
            certainty: 90,
            odd_probabilities: false,
            dimensions: None,
            huge: None,
            broken: None,
            crlf: false,
            bom: false,
            comments: false,
            multiline: false,
            tight: false,
            gzip_lie: false,
            hop_headers: false,
            chunked: false,
            unframed: false,
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
    /// The label that a router model would choose.
    Pick,
    Echo,
    /// The request body as the whole answer.
    EchoRaw,
    Endless,
}

/// When an answer calls a tool.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Tools {
    None,
    Always,
    /// Until the request ends in a tool's result.
    UntilResult,
}

/// Where a chat answer has its text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum MessageForm {
    Content,
    /// In a text part of `content`, behind a part that is no text.
    Parts,
    /// In `reasoning_content`, with empty content.
    Reasoning,
    /// In `refusal`, without content.
    Refusal,
}

/// Why an answer ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Finish {
    Stop,
    /// The output limit.
    Length,
}

/// What a valid 200 lacks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Missing {
    /// Every choice.
    Choices,
    /// The content of the choices.
    Content,
    /// Every vector.
    Vectors,
    /// The last vector.
    LastVector,
    /// The probabilities of a decision.
    Probabilities,
    /// The probabilities and the confidence of a decision.
    Confidence,
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

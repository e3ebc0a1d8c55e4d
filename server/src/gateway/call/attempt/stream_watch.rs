//! Observation of a stream as its bytes pass: whether content has arrived, and whether it ended properly or
//! with an error.
//!
//! It changes no byte; it only tells how much of a piece may be passed on.

use app::domain::wire::sse::{self, ChatEvent, Event, Reader};
use bytes::Bytes;

/// How a stream signalled its end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum StreamEnd {
    /// `[DONE]`.
    Done,
    /// An error event.
    Error,
}

/// Observes one stream.
#[derive(Debug, Default)]
pub(crate) struct StreamWatch {
    reader: Reader,
    facts: StreamFacts,
}

#[derive(Debug, Default)]
struct StreamFacts {
    has_content: bool,
    end: Option<StreamEnd>,
    tokens: Option<(u64, u64)>,
    /// Offset behind the last event, in bytes from the beginning of the stream.
    event_end: u64,
}

impl StreamFacts {
    /// Observes an event; returns whether it is the error that ends the stream.
    fn observe(&mut self, event: &Event<'_>) -> bool {
        self.event_end = event.end;
        if self.end.is_some() {
            return false;
        }
        let ChatEvent { content, finish, error, done, usage } = sse::parse_chat_event(event);
        self.has_content |= content || finish;
        self.tokens = usage.or(self.tokens);
        if error {
            self.end = Some(StreamEnd::Error);
        } else if done {
            self.end = Some(StreamEnd::Done);
        }
        error
    }
}

impl StreamWatch {
    /// Observes the next piece and returns the part to pass on: all of it, or everything up to the end of an
    /// error event.
    pub(crate) fn push(&mut self, piece: &Bytes) -> Bytes {
        let before = self.reader.offset();
        let mut end = None;
        let Self { reader, facts } = self;
        reader.push(piece, |event| {
            if facts.observe(&event) {
                end = Some(event.end - before);
            }
        });
        match end.and_then(|it| usize::try_from(it).ok()) {
            // For a CR LF, the event ends behind the CR.
            Some(end) if end > 0 && piece.get(end - 1..=end) == Some(b"\r\n") => piece.slice(..=end),
            Some(end) => piece.slice(..end.min(piece.len())),
            None => piece.clone(),
        }
    }

    /// Observes the end of the body, which completes an event without its blank line.
    pub(crate) fn finish(&mut self) {
        let Self { reader, facts } = self;
        reader.finish(|event| {
            facts.observe(&event);
        });
    }

    /// Whether a content-bearing event has arrived: the commit point.
    pub(crate) fn has_content(&self) -> bool {
        self.facts.has_content
    }

    /// How the stream signalled its end, if it did.
    pub(crate) fn end(&self) -> Option<StreamEnd> {
        self.facts.end
    }

    /// Tokens of the prompt and of the completion, if the upstream reported them.
    pub(crate) fn tokens(&self) -> Option<(u64, u64)> {
        self.facts.tokens
    }

    /// Whether bytes follow the last complete event. The LF of a CR LF there does not count.
    pub(crate) fn is_inside_event(&self) -> bool {
        self.reader.offset() > self.facts.event_end + 1
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ROLE: &str = "data: {\"choices\":[{\"delta\":{\"role\":\"assistant\",\"content\":\"\"}}]}\n\n";
    const WORD: &str = "data: {\"choices\":[{\"delta\":{\"content\":\"w\"}}]}\n\n";
    const ERROR: &str = "data: {\"error\":{\"message\":\"no\"}}\n\n";

    fn push(watch: &mut StreamWatch, text: &str) -> usize {
        watch.push(&Bytes::copy_from_slice(text.as_bytes())).len()
    }

    #[test]
    fn a_role_is_no_content_and_a_word_is() {
        let mut watch = StreamWatch::default();
        push(&mut watch, ROLE);
        assert!(!watch.has_content());
        push(&mut watch, WORD);
        assert!(watch.has_content() && watch.end().is_none());
    }

    #[test]
    fn an_error_event_is_passed_on_with_its_whole_line_end() {
        let mut watch = StreamWatch::default();
        let error = ERROR.replace('\n', "\r\n");
        let text = format!("{WORD}{error}data: [DONE]\r\n\r\n");
        assert_eq!(push(&mut watch, &text), WORD.len() + error.len());
    }

    #[test]
    fn nothing_is_passed_on_beyond_an_error_event() {
        let mut watch = StreamWatch::default();
        let text = format!("{WORD}{ERROR}data: [DONE]\n\n");
        assert_eq!(push(&mut watch, &text), WORD.len() + ERROR.len());
        assert_eq!(watch.end(), Some(StreamEnd::Error));
    }

    #[test]
    fn an_end_without_its_blank_line_is_an_end() {
        let mut watch = StreamWatch::default();
        push(&mut watch, &format!("{WORD}data: [DONE]"));
        assert!(watch.end().is_none() && watch.is_inside_event());
        watch.finish();
        assert_eq!(watch.end(), Some(StreamEnd::Done));
    }

    #[test]
    fn the_end_is_known_however_it_is_cut() {
        let mut watch = StreamWatch::default();
        for byte in format!("{WORD}data: [DONE]\n\n").bytes() {
            assert_eq!(watch.push(&Bytes::copy_from_slice(&[byte])).len(), 1);
        }
        assert_eq!(watch.end(), Some(StreamEnd::Done));
    }
}

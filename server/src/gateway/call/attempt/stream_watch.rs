//! Observation of a stream as its bytes pass: whether content has arrived, and whether it ended properly or
//! with an error.
//!
//! It changes no byte; it only tells how much of a piece may be passed on.

use app::domain::{
    api::{Api, Endpoint, StreamEnd, StreamFacts},
    wire::sse::{Event, Reader},
};
use bytes::Bytes;

/// Observes one stream.
#[derive(Debug)]
pub(crate) struct StreamWatch {
    api: Api,
    reader: Reader,
    facts: StreamFacts,
    /// Offset behind the last event, in bytes from the beginning of the stream.
    event_end: u64,
}

impl StreamWatch {
    pub(crate) fn new(endpoint: Endpoint, has_several_choices: bool) -> Self {
        let is_replay = endpoint == Endpoint::StoredResponse;
        let facts = StreamFacts { has_several_choices, is_replay, ..StreamFacts::default() };
        Self { api: endpoint.api(), reader: Reader::default(), facts, event_end: 0 }
    }

    /// Observes the next piece and returns the part to pass on: all of it, or everything up to the end of an
    /// error event.
    pub(crate) fn push(&mut self, piece: &Bytes) -> Bytes {
        let before = self.reader.offset();
        let mut end = None;
        let Self { api, reader, facts, event_end } = self;
        reader.push(piece, |event| {
            if observe(*api, facts, event_end, &event) {
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

    /// Observes the end of the body, which completes an event without its blank line, and perhaps the answer.
    pub(crate) fn finish(&mut self) {
        let Self { api, reader, facts, event_end } = self;
        // The event has no blank line behind it, so what is sent next would be read as part of it.
        let mut open_end = *event_end;
        reader.finish(|event| {
            // Of an event that was too large to keep nobody can say whether it is whole.
            if !event.cut {
                observe(*api, facts, &mut open_end, &event);
            }
        });
        if facts.end.is_none() && api.rules().is_complete_without_terminal_event(facts) {
            facts.end = Some(StreamEnd::Complete);
        }
    }

    /// What the stream has told so far.
    pub(crate) fn facts(&self) -> &StreamFacts {
        &self.facts
    }

    /// Whether bytes follow the last complete event. The LF of a CR LF there does not count.
    pub(crate) fn is_inside_event(&self) -> bool {
        self.reader.offset() > self.event_end + 1
    }
}

/// Observes an event; returns whether it is the error that ends the stream.
fn observe(api: Api, facts: &mut StreamFacts, event_end: &mut u64, event: &Event<'_>) -> bool {
    *event_end = event.end;
    if facts.end.is_some() {
        return false;
    }
    api.rules().observe(event, facts);
    matches!(facts.end, Some(StreamEnd::Error(_)))
}

#[cfg(test)]
mod tests {
    use app::domain::routing::outcome::Outcome;

    use super::*;

    const ROLE: &str = "data: {\"choices\":[{\"delta\":{\"role\":\"assistant\",\"content\":\"\"}}]}\n\n";
    const WORD: &str = "data: {\"choices\":[{\"delta\":{\"content\":\"w\"}}]}\n\n";
    const ERROR: &str = "data: {\"error\":{\"message\":\"no\"}}\n\n";

    fn push(watch: &mut StreamWatch, text: &str) -> usize {
        watch.push(&Bytes::copy_from_slice(text.as_bytes())).len()
    }

    #[test]
    fn a_role_is_no_content_and_a_word_is() {
        let mut watch = StreamWatch::new(Endpoint::ChatCompletions, false);
        push(&mut watch, ROLE);
        assert!(!watch.facts().has_content);
        push(&mut watch, WORD);
        assert!(watch.facts().has_content && watch.facts().end.is_none());
    }

    #[test]
    fn an_error_event_is_passed_on_with_its_whole_line_end() {
        let mut watch = StreamWatch::new(Endpoint::ChatCompletions, false);
        let error = ERROR.replace('\n', "\r\n");
        let text = format!("{WORD}{error}data: [DONE]\r\n\r\n");
        assert_eq!(push(&mut watch, &text), WORD.len() + error.len());
    }

    #[test]
    fn nothing_is_passed_on_beyond_an_error_event() {
        let mut watch = StreamWatch::new(Endpoint::ChatCompletions, false);
        let text = format!("{WORD}{ERROR}data: [DONE]\n\n");
        assert_eq!(push(&mut watch, &text), WORD.len() + ERROR.len());
        assert_eq!(watch.facts().end, Some(StreamEnd::Error(Outcome::ErrorEvent)));
    }

    #[test]
    fn an_end_without_its_blank_line_is_an_end() {
        let mut watch = StreamWatch::new(Endpoint::ChatCompletions, false);
        push(&mut watch, &format!("{WORD}data: [DONE]"));
        assert!(watch.facts().end.is_none() && watch.is_inside_event());
        watch.finish();
        assert_eq!(watch.facts().end, Some(StreamEnd::Complete));
        assert!(watch.is_inside_event(), "nothing has closed it");
    }

    #[test]
    fn the_end_is_known_however_it_is_cut() {
        let mut watch = StreamWatch::new(Endpoint::ChatCompletions, false);
        for byte in format!("{WORD}data: [DONE]\n\n").bytes() {
            assert_eq!(watch.push(&Bytes::copy_from_slice(&[byte])).len(), 1);
        }
        assert_eq!(watch.facts().end, Some(StreamEnd::Complete));
    }
}

//! Requests and answers, written once and then only given another id.

use super::cases::{Answer, Question};

/// Digits of an id.
pub(crate) const ID_DIGITS: usize = 16;
/// What stands before the id in a request, near the beginning of its body. The field passes through every proxy.
pub(crate) const ID_MARK: &[u8] = b"\"user\":\"id-";
/// Events of a stream.
pub(crate) const EVENTS: usize = 64;
/// Numbers of an embedding.
const DIMENSIONS: usize = 1_536;
/// Bytes of a plain chat answer.
const ANSWER_BYTES: usize = 1_024;
/// Stands for the id while a template is written.
const HOLE: &str = "@@@@@@@@@@@@@@@@";

/// Bytes with the same id at some places.
#[derive(Clone)]
pub(crate) struct Template {
    bytes: Vec<u8>,
    holes: Vec<usize>,
}

impl Template {
    fn new(text: String) -> Self {
        let holes = text.match_indices(HOLE).map(|(at, _)| at).collect();
        Self { bytes: text.into_bytes(), holes }
    }

    /// Its bytes with that id.
    pub(crate) fn with_id(&mut self, id: &[u8; ID_DIGITS]) -> &[u8] {
        for &at in &self.holes {
            self.bytes[at..at + ID_DIGITS].copy_from_slice(id);
        }
        &self.bytes
    }
}

/// An id as it stands on the wire.
pub(crate) fn id(number: u64) -> [u8; ID_DIGITS] {
    let mut digits = [b'0'; ID_DIGITS];
    for (place, digit) in digits.iter_mut().rev().enumerate() {
        *digit = b"0123456789abcdef"[(number >> (4 * place)) as usize & 15];
    }
    digits
}

/// A request to `path`, with these header lines.
pub(crate) fn request(question: &Question, path: &str, headers: &str) -> Template {
    let open = format!(r#"{{"model":"bench","user":"id-{HOLE}","stream":{},"#, question.stream);
    // A text of its own for each call, unless calls are to have the same.
    let subject = if question.same_text { "" } else { HOLE };
    let (before, after) = if question.embeddings {
        (format!(r#"{open}"input":"Question {subject} "#), r#""}"#)
    } else {
        (format!(r#"{open}"messages":[{{"role":"user","content":"Question {subject} "#), r#""}]}"#)
    };
    let body = filled(&before, after, question.bytes);
    Template::new(format!(
        "POST {path} HTTP/1.1\r\nhost: bench\r\ncontent-type: application/json\r\n{headers}content-length: {}\r\n\r\n{body}",
        body.len()
    ))
}

/// An answer as the upstream sends it, and what a caller must find in it.
pub(crate) struct AnswerTemplate {
    /// The pieces that are written, each at a time of its own.
    pub(crate) pieces: Vec<Template>,
    /// The content.
    pub(crate) content: Template,
}

impl AnswerTemplate {
    pub(crate) fn new(answer: Answer) -> Self {
        match answer {
            Answer::Chat => {
                let before = format!(
                    r#"{{"id":"id-{HOLE}","object":"chat.completion","created":0,"model":"m","choices":[{{"index":0,"message":{{"role":"assistant","content":""#
                );
                let after = r#""},"finish_reason":"stop"}],"usage":{"prompt_tokens":200,"completion_tokens":180,"total_tokens":380}}"#;
                Self::plain(filled(&before, after, ANSWER_BYTES))
            }
            Answer::Label { .. } => Self::plain(format!(
                r#"{{"id":"id-{HOLE}","object":"chat.completion","created":0,"model":"m","choices":[{{"index":0,"message":{{"role":"assistant","content":"{{\"route\":\"code\"}}"}},"finish_reason":"stop"}}],"usage":{{"prompt_tokens":300,"completion_tokens":6,"total_tokens":306}}}}"#
            )),
            Answer::Embeddings => {
                let numbers = (0..DIMENSIONS).map(|at| format!("{:?}", (at as f64 + 0.5).sin() / 10.0));
                Self::plain(format!(
                    r#"{{"id":"id-{HOLE}","object":"list","data":[{{"object":"embedding","index":0,"embedding":[{}]}}],"model":"m","usage":{{"prompt_tokens":200,"total_tokens":200}}}}"#,
                    numbers.collect::<Vec<_>>().join(",")
                ))
            }
            Answer::Stream { .. } => Self::stream(),
        }
    }

    fn plain(content: String) -> Self {
        let whole = format!(
            "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: {}\r\n\r\n{content}",
            content.len()
        );
        Self { pieces: vec![Template::new(whole)], content: Template::new(content) }
    }

    fn stream() -> Self {
        let events: Vec<String> = (0..EVENTS)
            .map(|at| {
                let last = at + 1 == EVENTS;
                let (reason, done) = if last { ("\"stop\"", "data: [DONE]\n\n") } else { ("null", "") };
                format!(
                    "data: {{\"id\":\"id-{HOLE}\",\"object\":\"chat.completion.chunk\",\"created\":0,\"model\":\"m\",\
                     \"choices\":[{{\"index\":0,\"delta\":{{\"content\":\" w{at}\"}},\"finish_reason\":{reason}}}]}}\n\n{done}"
                )
            })
            .collect();
        let head = "HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ntransfer-encoding: chunked\r\n\r\n";
        let pieces = events.iter().enumerate().map(|(at, event)| {
            let before = if at == 0 { head } else { "" };
            let after = if at + 1 == EVENTS { "0\r\n\r\n" } else { "" };
            Template::new(format!("{before}{:x}\r\n{event}\r\n{after}", event.len()))
        });
        Self { pieces: pieces.collect(), content: Template::new(events.concat()) }
    }
}

/// `before`, words, and `after`: together so many bytes, or without words if they are longer.
fn filled(before: &str, after: &str, bytes: usize) -> String {
    const WORDS: &str = "please tell me in a sentence or two what a load balancer is for and when it helps ";
    let missing = bytes.saturating_sub(before.len() + after.len());
    let words: String = WORDS.chars().cycle().take(missing).collect();
    format!("{before}{words}{after}")
}

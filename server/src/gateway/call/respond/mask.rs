//! Masking of upstream models: replaces the model in an answer by the balancer's serving name, if the
//! balancer says so.
//!
//! Only the `model` of an answer or a chunk changes, and that of the response or message in an event; all other bytes
//! stay.

use app::domain::wire::{raw_json, sse};
use bytes::{Bytes, BytesMut};
use memchr::memmem;

/// The answer with its `model` replaced. A body that isn't a JSON object or has no `model` stays as it is.
pub(crate) fn mask_answer(body: &Bytes, serving_name: &str) -> Bytes {
    let Some(text) = std::str::from_utf8(body).ok().filter(|it| is_json(it)) else { return body.clone() };
    replace_model(text, serving_name).map_or_else(|| body.clone(), Bytes::from)
}

/// Masks a stream event by event. Holds back an incomplete event, up to [`sse::EVENT_CAP`] bytes; a larger
/// one passes unchanged. Comments between events pass at once: they are signs of life.
#[derive(Debug)]
pub(crate) struct StreamMask {
    serving_name: String,
    reader: sse::Reader,
    /// Bytes of events that are not complete yet.
    pending: BytesMut,
    /// Offset of `pending` in the stream, in bytes.
    pending_start: u64,
}

impl StreamMask {
    pub(crate) fn new(serving_name: &str) -> Self {
        Self {
            serving_name: serving_name.to_owned(),
            reader: sse::Reader::default(),
            pending: BytesMut::new(),
            pending_start: 0,
        }
    }

    /// Takes the next piece and returns what may be passed on; empty while an event is incomplete.
    pub(crate) fn push(&mut self, piece: &[u8]) -> Bytes {
        self.pending.extend_from_slice(piece);
        let mut ready = BytesMut::new();
        let Self { serving_name, reader, pending, pending_start } = self;
        reader.push(piece, |event| {
            let length = usize::try_from(event.end - *pending_start).unwrap_or(usize::MAX).min(pending.len());
            let raw = pending.split_to(length);
            *pending_start = event.end;
            mask_event(&mut ready, &raw, &event, serving_name);
        });
        if reader.is_between_events() || pending.len() > sse::EVENT_CAP {
            *pending_start += pending.len() as u64;
            ready.unsplit(pending.split());
        }
        ready.freeze()
    }

    /// The rest of a stream that ended inside an event, or behind one without a blank line.
    pub(crate) fn finish(&mut self) -> Bytes {
        let rest = self.pending.split();
        let mut last = None;
        self.reader.finish(|event| {
            mask_event(last.insert(BytesMut::new()), &rest, &event, &self.serving_name);
        });
        last.unwrap_or(rest).freeze()
    }
}

/// Writes an event, which came as `raw`, with its model replaced.
fn mask_event(out: &mut BytesMut, raw: &[u8], event: &sse::Event<'_>, serving_name: &str) {
    let text = std::str::from_utf8(event.data).ok().filter(|it| !event.cut && is_json(it));
    let Some(masked) = text.and_then(|it| replace_model(it, serving_name)) else {
        return out.extend_from_slice(raw);
    };
    // Data of several lines doesn't stand there in one piece.
    let Some(at) = memmem::rfind(raw, event.data) else { return write_event(out, event.name, &masked) };
    out.extend_from_slice(&raw[..at]);
    out.extend_from_slice(masked.as_bytes());
    out.extend_from_slice(&raw[at + event.data.len()..]);
}

/// Writes an event with its name and data, one `data:` field for each line.
fn write_event(out: &mut BytesMut, name: &[u8], data: &str) {
    if !name.is_empty() {
        out.extend_from_slice(b"event: ");
        out.extend_from_slice(name);
        out.extend_from_slice(b"\n");
    }
    for line in data.split('\n') {
        out.extend_from_slice(b"data: ");
        out.extend_from_slice(line.as_bytes());
        out.extend_from_slice(b"\n");
    }
    out.extend_from_slice(b"\n");
}

/// The object with every textual `model` replaced, its own and that of a `response` or `message` in it; `None` if it
/// has none.
fn replace_model(object: &str, serving_name: &str) -> Option<String> {
    let name = serde_json::Value::from(serving_name).to_string();
    let mut places = Vec::new();
    for member in raw_json::members(object) {
        if is_model(&member) {
            places.push(member.value_at);
        } else if member.is("response") || member.is("message") {
            let start = member.value_at.start;
            let inner = raw_json::members(member.value).filter(is_model);
            places.extend(inner.map(|it| start + it.value_at.start..start + it.value_at.end));
        }
    }
    let (mut out, mut at) = (String::with_capacity(object.len() + name.len()), 0);
    for place in places {
        out.push_str(object.get(at..place.start)?);
        out.push_str(&name);
        at = place.end;
    }
    (at > 0).then(|| out + object.get(at..).unwrap_or_default())
}

fn is_model(member: &raw_json::Member<'_>) -> bool {
    member.is("model") && member.value.starts_with('"')
}

fn is_json(text: &str) -> bool {
    serde_json::from_str::<serde::de::IgnoredAny>(text).is_ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_model_of_an_answer_changes() {
        let body = Bytes::from_static(br#"{"id":1, "model" : "gpt", "x":{"model":"inner"}}"#);
        assert_eq!(&mask_answer(&body, "sb")[..], br#"{"id":1, "model" : "sb", "x":{"model":"inner"}}"#);
        let body = Bytes::from_static(br#"{"response":{"id":1,"model":"gpt"},"message":{"model":"gpt"}}"#);
        assert_eq!(
            &mask_answer(&body, "sb")[..],
            br#"{"response":{"id":1,"model":"sb"},"message":{"model":"sb"}}"#
        );
        for untouched in ["{\"model\":null}", "{\"model\":\"gpt\"", "[]", ""] {
            let body = Bytes::from_static(untouched.as_bytes());
            assert_eq!(mask_answer(&body, "sb"), body, "{untouched}");
        }
    }

    #[test]
    fn each_chunk_of_a_stream_changes_however_it_is_cut() {
        let stream = "\u{feff}: hello\n\ndata: {\"model\":\"gpt\",\"a\":1}\n\n\
                      data: {\"b\":2}\r\n\r\ndata: {\"model\":\r\ndata: \"gpt\"}\r\n\r\ndata: [DONE]\n\n";
        for cut in 1..stream.len() {
            let mut mask = StreamMask::new("sb");
            let mut out = Vec::new();
            for piece in stream.as_bytes().chunks(cut) {
                out.extend_from_slice(&mask.push(piece));
            }
            out.extend_from_slice(&mask.finish());
            let text = String::from_utf8_lossy(&out).replace("\r\n", "\n").replace('\r', "\n");
            assert!(!text.contains("gpt"), "{cut}: {text}");
            assert_eq!(text.matches("\"sb\"").count(), 2, "{cut}: {text}");
            assert!(text.contains("data: {\"b\":2}") && text.trim_end().ends_with("data: [DONE]"), "{cut}");
        }
    }

    #[test]
    fn an_event_that_never_ends_is_not_held_for_ever() {
        let mut mask = StreamMask::new("sb");
        let piece = vec![b'x'; 64 * 1024];
        let passed: usize = (0..32).map(|_| mask.push(&piece).len()).sum();
        assert!(passed > sse::EVENT_CAP && mask.pending.len() <= sse::EVENT_CAP);
    }
}

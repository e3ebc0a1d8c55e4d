//! Event streams: however the bytes are cut, the events are those of the standard's text at the same places, and
//! the bytes between those places are all of the stream.

use app::domain::{
    api::{Api, StreamFacts},
    wire::sse::{Event, Reader},
};

const BOM: &[u8] = b"\xef\xbb\xbf";

/// Name, data and end of an event.
type Told = (Vec<u8>, Vec<u8>, u64);

/// Checks one stream. Where it is cut follows from its bytes.
pub(crate) fn holds(stream: &[u8]) {
    let expected = naive(stream);
    // What the end of the stream completes is what a blank line there would have completed.
    let last = naive(&[stream, b"\n\n"].concat()).split_off(expected.len()).pop();
    let expected = (expected, last.map(|(name, data, _)| (name, data, stream.len() as u64)));
    assert_eq!(read(stream, &[stream.len()]), expected, "in one piece");
    assert_eq!(read(stream, &[1]), expected, "byte by byte");
    let sizes: Vec<usize> = stream.iter().map(|&byte| usize::from(byte % 13)).collect();
    assert_eq!(read(stream, &sizes), expected, "in pieces of sizes {sizes:?}");
    let mut at = 0;
    for (.., end) in &expected.0 {
        assert!(at < *end && *end <= stream.len() as u64, "an event ends before the one before it");
        at = *end;
    }
}

/// Reads in pieces of those sizes, again and again; a size of 0 is an empty piece. The event that only the end
/// completes comes apart.
fn read(stream: &[u8], sizes: &[usize]) -> (Vec<Told>, Option<Told>) {
    let mut reader = Reader::default();
    let mut events = Vec::new();
    let mut rest = stream;
    let mut on_event = |event: Event<'_>| {
        assert!(!event.cut, "a small event was cut");
        for api in Api::ALL {
            let mut facts = StreamFacts::default();
            api.rules().observe(&event, &mut facts);
            assert!(facts.has_content || !facts.has_text, "a text is content");
        }
        events.push((event.name.to_vec(), event.data.to_vec(), event.end));
    };
    for size in sizes.iter().cycle() {
        if rest.is_empty() {
            break;
        }
        // Sizes of nothing but 0 would never end.
        let size = if sizes.iter().all(|it| *it == 0) { 1 } else { *size };
        let (piece, after) = rest.split_at(size.min(rest.len()));
        reader.push(piece, &mut on_event);
        rest = after;
    }
    assert_eq!(reader.offset(), stream.len() as u64, "bytes were not counted");
    let before = events.len();
    let mut on_event = |event: Event<'_>| events.push((event.name.to_vec(), event.data.to_vec(), event.end));
    reader.finish(&mut on_event);
    reader.finish(&mut on_event);
    let last = events.split_off(before);
    assert!(last.len() <= 1, "the end completes one event at most, once");
    (events, last.into_iter().next())
}

/// The standard's text, line by line over the whole stream (WHATWG HTML §9.2.6).
fn naive(stream: &[u8]) -> Vec<Told> {
    let mut events = Vec::new();
    let (mut name, mut data): (Vec<u8>, Vec<Vec<u8>>) = (Vec::new(), Vec::new());
    let mut bare = false;
    let mut at = if stream.starts_with(BOM) { BOM.len() } else { 0 };
    while let Some(length) = stream[at..].iter().position(|byte| matches!(byte, b'\n' | b'\r')) {
        let line = &stream[at..at + length];
        let closed = at + length + 1;
        at = closed + usize::from(stream[at + length] == b'\r' && stream.get(closed) == Some(&b'\n'));
        if line.is_empty() {
            if !data.is_empty() {
                events.push((name.clone(), data.join(&b'\n'), closed as u64));
            }
            name.clear();
            data.clear();
            bare = false;
            continue;
        }
        if data.is_empty() && line.starts_with(b"{") {
            bare = true;
        }
        if bare {
            data.push(line.to_vec());
            continue;
        }
        let colon = line.iter().position(|byte| *byte == b':').unwrap_or(line.len());
        let value = line.get(colon + 1..).unwrap_or_default();
        let value = value.strip_prefix(b" ").unwrap_or(value).to_vec();
        match &line[..colon] {
            b"data" => data.push(value),
            b"event" => name = value,
            b"error" => {
                name = b"error".to_vec();
                data.push(value);
            }
            _ => {}
        }
    }
    events
}

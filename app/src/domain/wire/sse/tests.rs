//! The event parser against a simple, slow one, and the properties of events.

use proptest::prelude::*;

use super::*;

/// Name, data, whether cut, and end.
type Told = (Vec<u8>, Vec<u8>, bool, u64);

fn told(event: Event<'_>) -> Told {
    (event.name.to_vec(), event.data.to_vec(), event.cut, event.end)
}

fn read<'a>(pieces: impl IntoIterator<Item = &'a [u8]>) -> Vec<Told> {
    let mut reader = Reader::default();
    let mut events = Vec::new();
    for piece in pieces {
        reader.push(piece, |event| events.push(told(event)));
    }
    events
}

/// The algorithm of the standard, line by line over the whole stream.
fn naive(stream: &[u8]) -> Vec<Told> {
    let mut events = Vec::new();
    let (mut name, mut data): (Vec<u8>, Vec<Vec<u8>>) = (Vec::new(), Vec::new());
    let mut bare = false;
    let mut at = if stream.starts_with(BOM) { BOM.len() } else { 0 };
    while let Some(length) = stream[at..].iter().position(|b| matches!(b, b'\n' | b'\r')) {
        let line = &stream[at..at + length];
        let closed = at + length + 1;
        at = closed + usize::from(stream[at + length] == b'\r' && stream.get(closed) == Some(&b'\n'));
        if line.is_empty() {
            if !data.is_empty() {
                events.push((name.clone(), data.join(&b'\n'), false, closed as u64));
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
        let colon = line.iter().position(|b| *b == b':').unwrap_or(line.len());
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

fn one(stream: &str) -> (Vec<u8>, bool) {
    let mut all = read([stream.as_bytes()]);
    let (_, data, cut, _) = all.pop().unwrap_or_default();
    (data, cut)
}

#[test]
fn data_lines_are_joined_and_one_space_is_left_out() {
    assert_eq!(one("data: a\ndata:b\ndata:  c\n\n").0, b"a\nb\n c");
    assert_eq!(one("data\n\n").0, b"");
}

#[test]
fn comments_and_unknown_fields_are_no_events() {
    assert!(read([b": ping\n\nid: 7\nretry: 1\n\nevent: x\n\n".as_slice()]).is_empty());
}

#[test]
fn an_event_without_its_blank_line_is_told_at_the_end_only() {
    let mut reader = Reader::default();
    let mut events = Vec::new();
    reader.push(b"data: a\n\ndata: [DONE]", |event| events.push(told(event)));
    assert_eq!(events.len(), 1);
    reader.finish(|event| events.push(told(event)));
    assert_eq!(events[1].1, b"[DONE]");
    reader.finish(|event| events.push(told(event)));
    assert_eq!(events.len(), 2);
}

#[test]
fn a_huge_event_is_cut_and_marked_and_the_next_one_is_whole() {
    let stream = format!("data: {}\n\ndata: next\n\n", "x".repeat(EVENT_CAP + 10));
    for size in [1 << 10, 1 << 22] {
        let events = read(stream.as_bytes().chunks(size));
        assert_eq!((events[0].1.len(), events[0].2), (EVENT_CAP, true));
        assert_eq!((events[1].1.as_slice(), events[1].2), (b"next".as_slice(), false));
        assert_eq!(events[1].3, stream.len() as u64);
    }
    let mut reader = Reader::default();
    for _ in 0..100 {
        reader.push(&[b'x'; 100_000], |_| {});
    }
    assert!(reader.line.len() <= LINE_CAP, "an endless line takes bounded memory");
}

#[test]
fn an_event_at_the_bound_is_whole() {
    let stream = format!("data: {}\n\n", "x".repeat(EVENT_CAP));
    assert!(!read([stream.as_bytes()])[0].2);
    assert!(!read(stream.as_bytes().chunks(1_000))[0].2);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(10_000))]

    #[test]
    fn any_split_gives_the_same_events_and_the_bytes_stay_whole(
        parts in prop::collection::vec(
            prop::sample::select(vec![
                "\n", "\r", "\r\n", "data: a", "data:", "data", "event: error", ": c", "\u{feff}", "é", " ", "id: 1",
                "data: {\"x\":1}", "\n\n", "\r\n\r\n", ":",
            ]),
            0..40,
        ),
        cuts in prop::collection::vec(any::<prop::sample::Index>(), 0..10),
    ) {
        let stream = parts.concat().into_bytes();
        let mut cuts: Vec<usize> = cuts.iter().map(|cut| cut.index(stream.len() + 1)).collect();
        cuts.extend([0, stream.len()]);
        cuts.sort_unstable();
        let pieces: Vec<&[u8]> = cuts.windows(2).map(|ends| &stream[ends[0]..ends[1]]).collect();

        let expected = naive(&stream);
        prop_assert_eq!(&read([stream.as_slice()]), &expected);
        prop_assert_eq!(&read(stream.chunks(1)), &expected);
        prop_assert_eq!(&read(pieces.iter().copied()), &expected);

        // Split at the ends of its events, the stream is still the same bytes.
        let mut relayed = Vec::new();
        for (.., end) in &expected {
            let end = usize::try_from(*end).unwrap_or_default();
            relayed.extend_from_slice(&stream[relayed.len()..end]);
        }
        relayed.extend_from_slice(&stream[relayed.len()..]);
        prop_assert_eq!(relayed, stream);
    }
}

#[test]
fn errors_without_a_data_field_are_events_too() {
    let told = |stream: &str| {
        let mut reader = Reader::default();
        let mut events = Vec::new();
        reader.push(stream.as_bytes(), |event| events.push(told(event)));
        reader.finish(|event| events.push(told(event)));
        events
            .into_iter()
            .map(|(name, data, ..)| (name, String::from_utf8(data).unwrap_or_default()))
            .collect::<Vec<_>>()
    };
    assert_eq!(told("error: {\"a\":1}\n\n"), [(b"error".to_vec(), "{\"a\":1}".to_owned())]);
    assert_eq!(
        told("{\"error\":\n  {\"a\": 1}\n}"),
        [(Vec::new(), "{\"error\":\n  {\"a\": 1}\n}".to_owned())]
    );
    assert_eq!(told("data: {\ndata: }\n\n: x\n\n"), [(Vec::new(), "{\n}".to_owned())]);
}

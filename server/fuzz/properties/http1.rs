//! Responses of upstreams: however the bytes are cut, the response is the same and no longer than declared. A body comes
//! out as it was put in, and no beginning of a response passes for all of it.

use server::gateway::read_response;

/// Status, body, and, if that is all, whether the connection may be used again.
type Response = Option<(u16, Vec<u8>, Option<bool>)>;

/// Checks the bytes as a response, and as the body of one whose framing the first bytes choose.
pub(crate) fn holds(bytes: &[u8]) {
    for to_head in [false, true] {
        let response = read(bytes, to_head);
        if let Some((_, body, end)) = &response {
            assert!(body.is_empty() || (!to_head && body.len() < bytes.len()));
            assert!(!to_head || end.is_some(), "nothing follows on the head");
        }
    }
    if let (Some(length), Some((200, body, end))) = (declared(bytes), read(bytes, false)) {
        assert!(body.len() as u64 <= length, "more than declared");
        assert!(end.is_none() || body.len() as u64 == length, "less than declared passes for all of it");
    }
    if let Some((choices, body)) = bytes.split_first_chunk() {
        judge_encoded(*choices, body);
    }
}

/// Reads the bytes, cut in several ways, which must not matter.
fn read(bytes: &[u8], to_head: bool) -> Response {
    let response = read_response(&[bytes], to_head);
    let single: Vec<&[u8]> = bytes.chunks(1).collect();
    assert_eq!(read_response(&single, to_head), response, "byte by byte");
    let mut rest = bytes;
    let mut pieces = Vec::new();
    while let Some(first) = rest.first() {
        let (piece, after) = rest.split_at(rest.len().min(1 + usize::from(first % 13)));
        pieces.push(piece);
        rest = after;
    }
    assert_eq!(read_response(&pieces, to_head), response, "in {} pieces", pieces.len());
    response
}

/// The length that the head declares, if it is clear to any reader.
fn declared(bytes: &[u8]) -> Option<u64> {
    let text = String::from_utf8_lossy(bytes).to_ascii_lowercase();
    let (head, _) = text.split_once("\r\n\r\n")?;
    let is_clear = head.starts_with("http/1.1 200 ") && !head.contains("transfer-encoding");
    let mut lines = head.split("\r\n").filter_map(|line| line.strip_prefix("content-length:"));
    let length = lines.next()?.trim().parse().ok()?;
    (is_clear && lines.next().is_none() && !head.replace("\r\n", "").contains(['\r', '\n'])).then_some(length)
}

#[derive(Clone, Copy, PartialEq)]
enum Framing {
    Length,
    Chunked,
    Close,
}

fn judge_encoded([framing, size, dress, cut]: [u8; 4], body: &[u8]) {
    let framing = [Framing::Length, Framing::Chunked, Framing::Close][usize::from(framing % 3)];
    let says_close = dress & 1 == 1;
    let sent = encode(framing, 1 + usize::from(size % 41), dress, body);
    let is_reusable = framing != Framing::Close && !says_close;
    assert_eq!(read(&sent, false), Some((200, body.to_vec(), Some(is_reusable))), "{}", sent.escape_ascii());
    let followed = [&sent[..], b"H"].concat();
    if framing == Framing::Close {
        assert_eq!(read(&followed, false), Some((200, [body, b"H"].concat(), Some(false))));
    } else {
        let said = Some((200, body.to_vec(), Some(false)));
        assert_eq!(read(&followed, false), said, "a connection with unsolicited bytes is used again");
    }
    let begun = &sent[..sent.len() * usize::from(cut) / 256];
    if let Some((_, part, end)) = read(begun, false) {
        assert!(body.starts_with(&part));
        assert!(end.is_none() || framing == Framing::Close, "a beginning passes for all of it");
    }
}

/// A response with that body. `dress` chooses what else is in it.
fn encode(framing: Framing, chunk_bytes: usize, dress: u8, body: &[u8]) -> Vec<u8> {
    let has = |bit: u8| dress >> bit & 1 == 1;
    let mut sent = Vec::new();
    if has(1) {
        sent.extend_from_slice(b"HTTP/1.1 103 Early Hints\r\nlink: x\r\ncontent-length: 7\r\n\r\n");
    }
    sent.extend_from_slice(b"HTTP/1.1 200 OK\r\nserver: x\r\n");
    if has(0) {
        sent.extend_from_slice(b"Connection: x, Close\r\n");
    }
    match framing {
        Framing::Length => {
            sent.extend(format!("Content-Length: {}\r\n\r\n", body.len()).bytes());
            sent.extend_from_slice(body);
        }
        Framing::Close => {
            sent.extend_from_slice(b"\r\n");
            sent.extend_from_slice(body);
        }
        Framing::Chunked => {
            sent.extend_from_slice(b"Transfer-Encoding: chunked\r\n\r\n");
            let (zeros, extension) =
                (if has(2) { "00" } else { "" }, if has(3) { " ;a=\"b;c\"" } else { "" });
            for chunk in body.chunks(chunk_bytes) {
                let size = if has(4) { format!("{:X}", chunk.len()) } else { format!("{:x}", chunk.len()) };
                sent.extend(format!("{zeros}{size}{extension}\r\n").bytes());
                sent.extend_from_slice(chunk);
                sent.extend_from_slice(b"\r\n");
            }
            sent.extend(format!("{zeros}0{extension}\r\n").bytes());
            if has(5) {
                sent.extend_from_slice(b"content-length: 1\r\nx-checksum: y\r\n");
            }
            sent.extend_from_slice(b"\r\n");
        }
    }
    sent
}

//! Server-sent events in the encodings that the faults select.

use super::Call;
use crate::{
    fault::{Cut, CutKind, Fault, Shape},
    socket::{AfterAnswer, PeerClosed, Socket},
};

/// The last chunk of a chunked body (RFC 9112 §7.1).
pub(crate) const LAST_CHUNK: &[u8] = b"0\r\n\r\n";

/// An event stream whose head has been sent.
#[derive(Debug)]
pub(crate) struct EventStream<'a> {
    socket: &'a mut Socket,
    fault: &'a Fault,
    chunked: bool,
}

impl<'a> EventStream<'a> {
    /// Sends the head, and the byte order mark if the fault selects one.
    pub(crate) async fn open(socket: &'a mut Socket, call: &Call<'a>) -> Result<Self, PeerClosed> {
        let unframed = matches!(call.fault.cut, Some(Cut { kind: CutKind::CloseUnframed, .. }));
        let head =
            call.answer_head(200).with("content-type", "text/event-stream").with("cache-control", "no-cache");
        let head = if unframed {
            head.with("connection", "close")
        } else {
            head.with("transfer-encoding", "chunked")
        };
        socket.update(|record| record.status = Some(200));
        socket.send(&head.into_bytes()).await?;
        let mut events = Self { socket, fault: call.fault, chunked: !unframed };
        if call.fault.shape.bom {
            events.send_body("\u{feff}".as_bytes()).await?;
        }
        Ok(events)
    }

    /// Sends a numbered content event after the fault's delay.
    pub(crate) async fn send_content(&mut self, data: &[u8]) -> Result<(), PeerClosed> {
        self.socket.wait(self.fault.pace.each_chunk).await?;
        self.send_event(data).await?;
        self.socket.update(|record| record.chunks_written += 1);
        Ok(())
    }

    /// Sends an event.
    pub(crate) async fn send_event(&mut self, data: &[u8]) -> Result<(), PeerClosed> {
        self.send_body(&encode_event(data, &self.fault.shape)).await
    }

    /// Sends the first half of an event's bytes.
    pub(crate) async fn send_half_event(&mut self, data: &[u8]) -> Result<(), PeerClosed> {
        let event = encode_event(data, &self.fault.shape);
        self.send_body(&event[..event.len() / 2]).await
    }

    /// Sends nothing more until the peer closes.
    pub(crate) async fn wait_for_close(&mut self) -> PeerClosed {
        self.socket.wait_for_close().await
    }

    /// Ends the body cleanly.
    pub(crate) async fn finish(self) -> Result<AfterAnswer, PeerClosed> {
        if !self.chunked {
            return Ok(AfterAnswer::Close);
        }
        self.socket.send(LAST_CHUNK).await?;
        Ok(AfterAnswer::KeepOpen)
    }

    async fn send_body(&mut self, bytes: &[u8]) -> Result<(), PeerClosed> {
        if self.chunked {
            self.socket.send(&chunk(bytes)).await?;
        } else {
            self.socket.send(bytes).await?;
        }
        self.socket.record_answer(bytes);
        Ok(())
    }
}

/// A chunk of a chunked body (RFC 9112 §7.1).
pub(crate) fn chunk(bytes: &[u8]) -> Vec<u8> {
    [format!("{:x}\r\n", bytes.len()).as_bytes(), bytes, b"\r\n"].concat()
}

/// An event with its empty line, and with a comment before it if the fault selects one.
fn encode_event(data: &[u8], shape: &Shape) -> Vec<u8> {
    let end: &[u8] = if shape.crlf { b"\r\n" } else { b"\n" };
    let mut event = Vec::with_capacity(data.len() + 64);
    if shape.comments {
        event.extend([b": keep-alive", end, end].concat());
    }
    let lines = match data {
        // A line break between the tokens of an object does not change the JSON.
        [b'{', inner @ .., b'}'] if shape.multiline => vec![&b"{"[..], inner, b"}"],
        _ => vec![data],
    };
    for line in lines {
        event.extend([b"data: ", line, end].concat());
    }
    event.extend_from_slice(end);
    event
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fault::Fault;

    fn encoded(name: &str, data: &str) -> String {
        let fault = Fault::parse(name).unwrap_or_default();
        String::from_utf8_lossy(&encode_event(data.as_bytes(), &fault.shape)).into_owned()
    }

    #[test]
    fn an_event_is_encoded_as_the_fault_says() {
        assert_eq!(encoded("ok", "{1}"), "data: {1}\n\n");
        assert_eq!(encoded("crlf", "{1}"), "data: {1}\r\n\r\n");
        assert_eq!(encoded("comments", "[DONE]"), ": keep-alive\n\ndata: [DONE]\n\n");
        assert_eq!(encoded("multiline", "{1}"), "data: {\ndata: 1\ndata: }\n\n");
        assert_eq!(encoded("multiline", "[DONE]"), "data: [DONE]\n\n");
    }
}

//! Server-sent events in every spelling that the faults ask for.

use super::Call;
use crate::{
    fault::{Cut, CutHow, Fault, Shape},
    wire::{Gone, Then, Wire},
};

/// The end of a chunked body (RFC 9112 §7.1).
pub(crate) const LAST_CHUNK: &[u8] = b"0\r\n\r\n";

/// A stream of events, its head sent.
#[derive(Debug)]
pub(crate) struct Events<'a> {
    wire: &'a mut Wire,
    fault: &'a Fault,
    chunked: bool,
}

impl<'a> Events<'a> {
    /// Sends the head, and the byte order mark where the fault wants one.
    pub(crate) async fn open(wire: &'a mut Wire, call: &Call<'a>) -> Result<Self, Gone> {
        let unframed = matches!(call.fault.cut, Some(Cut { how: CutHow::CloseUnframed, .. }));
        let head =
            call.answer_head(200).with("content-type", "text/event-stream").with("cache-control", "no-cache");
        let head = if unframed {
            head.with("connection", "close")
        } else {
            head.with("transfer-encoding", "chunked")
        };
        wire.update(|record| record.status = Some(200));
        wire.put(&head.into_bytes()).await?;
        let mut events = Self { wire, fault: call.fault, chunked: !unframed };
        if call.fault.shape.bom {
            events.raw("\u{feff}".as_bytes()).await?;
        }
        Ok(events)
    }

    /// Sends one numbered content event, at the fault's pace.
    pub(crate) async fn content(&mut self, data: &[u8]) -> Result<(), Gone> {
        self.wire.pause(self.fault.pace.each_chunk).await?;
        self.event(data).await?;
        self.wire.update(|record| record.chunks_written += 1);
        Ok(())
    }

    /// Sends one event.
    pub(crate) async fn event(&mut self, data: &[u8]) -> Result<(), Gone> {
        self.raw(&spelled(data, &self.fault.shape)).await
    }

    /// Sends the first half of an event.
    pub(crate) async fn half(&mut self, data: &[u8]) -> Result<(), Gone> {
        let event = spelled(data, &self.fault.shape);
        self.raw(&event[..event.len() / 2]).await
    }

    /// Sends nothing more.
    pub(crate) async fn hang(&mut self) -> Gone {
        self.wire.hang().await
    }

    /// Ends the body cleanly.
    pub(crate) async fn end(self) -> Result<Then, Gone> {
        if !self.chunked {
            return Ok(Then::Close);
        }
        self.wire.put(LAST_CHUNK).await?;
        Ok(Then::KeepOpen)
    }

    async fn raw(&mut self, bytes: &[u8]) -> Result<(), Gone> {
        if self.chunked {
            self.wire.put(&chunk(bytes)).await?;
        } else {
            self.wire.put(bytes).await?;
        }
        self.wire.answered(bytes);
        Ok(())
    }
}

/// One chunk of a chunked body (RFC 9112 §7.1).
pub(crate) fn chunk(bytes: &[u8]) -> Vec<u8> {
    [format!("{:x}\r\n", bytes.len()).as_bytes(), bytes, b"\r\n"].concat()
}

/// One event with its empty line, and the comment before it where the fault wants one.
fn spelled(data: &[u8], shape: &Shape) -> Vec<u8> {
    let end: &[u8] = if shape.crlf { b"\r\n" } else { b"\n" };
    let mut event = Vec::with_capacity(data.len() + 64);
    if shape.comments {
        event.extend([b": keep-alive", end, end].concat());
    }
    let lines = match data {
        // Between the tokens of an object a line break changes nothing.
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

    fn spelling(name: &str, data: &str) -> String {
        let fault = Fault::parse(name).unwrap_or_default();
        String::from_utf8_lossy(&spelled(data.as_bytes(), &fault.shape)).into_owned()
    }

    #[test]
    fn an_event_is_spelled_as_the_fault_says() {
        assert_eq!(spelling("ok", "{1}"), "data: {1}\n\n");
        assert_eq!(spelling("crlf", "{1}"), "data: {1}\r\n\r\n");
        assert_eq!(spelling("comments", "[DONE]"), ": keep-alive\n\ndata: [DONE]\n\n");
        assert_eq!(spelling("multiline", "{1}"), "data: {\ndata: 1\ndata: }\n\n");
        assert_eq!(spelling("multiline", "[DONE]"), "data: [DONE]\n\n");
    }
}

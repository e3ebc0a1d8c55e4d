//! Server-sent events in the encodings that the faults select.

use serde_json::{Value, json};

use super::Call;
use crate::{
    fault::{Fault, Shape, SignKind},
    socket::{AfterAnswer, PeerClosed, Socket},
};

/// The last chunk of a chunked body (RFC 9112 §7.1).
pub(super) const LAST_CHUNK: &[u8] = b"0\r\n\r\n";

/// An event of a stream.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Event {
    name: Option<&'static str>,
    field: &'static str,
    pub(super) data: Vec<u8>,
}

impl Event {
    /// An event without a name.
    pub(super) fn new(data: Vec<u8>) -> Self {
        Self { name: None, field: "data", data }
    }

    /// An event whose data repeats its name as its type.
    pub(super) fn typed(name: &'static str, mut data: Value) -> Self {
        data["type"] = name.into();
        Self::named(name, &data)
    }

    pub(super) fn named(name: &'static str, data: &Value) -> Self {
        Self { name: Some(name), ..Self::new(type_first(data).into_bytes()) }
    }

    /// An event in another field than `data`.
    pub(super) fn in_field(field: &'static str, data: &Value) -> Self {
        Self { field, ..Self::new(data.to_string().into_bytes()) }
    }

    /// The bytes with the empty line, and with a comment before them if the fault selects one.
    fn encode(&self, shape: &Shape) -> Vec<u8> {
        let end: &[u8] = if shape.crlf { b"\r\n" } else { b"\n" };
        let colon: &[u8] = if shape.tight { b":" } else { b": " };
        let mut bytes = Vec::with_capacity(self.data.len() + 64);
        if shape.comments {
            bytes.extend([b": keep-alive", end, end].concat());
        }
        if let Some(name) = self.name {
            bytes.extend([b"event", colon, name.as_bytes(), end].concat());
        }
        let lines = match self.data.as_slice() {
            // A line break between the tokens of an object does not change the JSON.
            [b'{', inner @ .., b'}'] if shape.multiline => vec![&b"{"[..], inner, b"}"],
            data => vec![data],
        };
        for line in lines {
            bytes.extend([self.field.as_bytes(), colon, line, end].concat());
        }
        bytes.extend_from_slice(end);
        bytes
    }
}

/// An event stream whose head has been sent.
#[derive(Debug)]
pub(super) struct EventStream<'a> {
    socket: &'a mut Socket,
    fault: &'a Fault,
}

impl<'a> EventStream<'a> {
    /// Sends the head, and the byte order mark if the fault selects one.
    pub(super) async fn open(socket: &'a mut Socket, call: &Call<'a>) -> Result<Self, PeerClosed> {
        let head =
            call.answer_head(200).with("content-type", "text/event-stream").with("cache-control", "no-cache");
        let head = if call.fault.shape.unframed {
            head.with("connection", "close")
        } else {
            head.with("transfer-encoding", "chunked")
        };
        socket.update(|record| record.status = Some(200));
        socket.send(&head.into_bytes()).await?;
        let mut events = Self { socket, fault: call.fault };
        if call.fault.shape.bom {
            events.send_bytes("\u{feff}".as_bytes()).await?;
        }
        Ok(events)
    }

    /// Sends a numbered content event after the fault's delay.
    pub(super) async fn send_content(&mut self, event: &Event) -> Result<(), PeerClosed> {
        self.socket.wait(self.fault.pace.each_chunk).await?;
        self.send(event).await?;
        self.socket.update(|record| record.chunks_written += 1);
        Ok(())
    }

    pub(super) async fn send(&mut self, event: &Event) -> Result<(), PeerClosed> {
        self.send_bytes(&event.encode(&self.fault.shape)).await
    }

    pub(super) async fn send_all(&mut self, events: &[Event]) -> Result<(), PeerClosed> {
        for event in events {
            self.send(event).await?;
        }
        Ok(())
    }

    /// Sends the first half of an event's bytes.
    pub(super) async fn send_half(&mut self, event: &Event) -> Result<(), PeerClosed> {
        let bytes = event.encode(&self.fault.shape);
        self.send_bytes(&bytes[..bytes.len() / 2]).await
    }

    /// Sends an event without the empty line that ends it.
    pub(super) async fn send_unended(&mut self, event: &Event) -> Result<(), PeerClosed> {
        let bytes = event.encode(&self.fault.shape);
        let end = if self.fault.shape.crlf { 2 } else { 1 };
        self.send_bytes(&bytes[..bytes.len() - end]).await
    }

    /// Sends one sign of life and waits.
    pub(super) async fn send_sign(
        &mut self,
        kind: SignKind,
        event: Event,
        wait: std::time::Duration,
    ) -> Result<(), PeerClosed> {
        match kind {
            SignKind::Comment => self.send_bytes(b": keep-alive\n\n").await?,
            SignKind::BlankLine => self.send_bytes(b"\n").await?,
            SignKind::Event => self.send(&event).await?,
            SignKind::Opening => {}
        }
        self.socket.wait(wait).await
    }

    /// Sends nothing more until the peer closes.
    pub(super) async fn wait_for_close(&mut self) -> PeerClosed {
        self.socket.wait_for_close().await
    }

    /// Ends the body cleanly.
    pub(super) async fn finish(self) -> Result<AfterAnswer, PeerClosed> {
        if self.fault.shape.unframed {
            return Ok(AfterAnswer::Close);
        }
        self.socket.send(LAST_CHUNK).await?;
        Ok(AfterAnswer::KeepOpen)
    }

    /// Sends bytes of the body.
    pub(super) async fn send_bytes(&mut self, bytes: &[u8]) -> Result<(), PeerClosed> {
        if self.fault.shape.unframed {
            self.socket.send(bytes).await?;
        } else {
            self.socket.send(&chunk(bytes)).await?;
        }
        self.socket.record_answer(bytes);
        Ok(())
    }
}

/// Encodes an object with its type before the other fields, as servers write it.
pub(super) fn type_first(object: &Value) -> String {
    let mut rest = object.clone();
    match rest.as_object_mut().and_then(|fields| fields.remove("type")) {
        Some(kind) if rest == json!({}) => format!(r#"{{"type":{kind}}}"#),
        Some(kind) => format!(r#"{{"type":{kind},{}"#, &rest.to_string()[1..]),
        None => object.to_string(),
    }
}

/// A chunk of a chunked body (RFC 9112 §7.1).
pub(super) fn chunk(bytes: &[u8]) -> Vec<u8> {
    [format!("{:x}\r\n", bytes.len()).as_bytes(), bytes, b"\r\n"].concat()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn encoded(name: &str, event: &Event) -> String {
        let fault = Fault::parse(name).unwrap_or_default();
        String::from_utf8_lossy(&event.encode(&fault.shape)).into_owned()
    }

    #[test]
    fn an_event_is_encoded_as_the_fault_says() {
        let (event, done) = (Event::new(b"{1}".to_vec()), Event::new(b"[DONE]".to_vec()));
        assert_eq!(encoded("ok", &event), "data: {1}\n\n");
        assert_eq!(encoded("crlf", &event), "data: {1}\r\n\r\n");
        assert_eq!(encoded("tight", &event), "data:{1}\n\n");
        assert_eq!(encoded("comments", &done), ": keep-alive\n\ndata: [DONE]\n\n");
        assert_eq!(encoded("multiline", &event), "data: {\ndata: 1\ndata: }\n\n");
        assert_eq!(encoded("multiline", &done), "data: [DONE]\n\n");
        let typed = Event::typed("ping", json!({}));
        assert_eq!(encoded("ok", &typed), "event: ping\ndata: {\"type\":\"ping\"}\n\n");
        let typed = Event::typed("a", json!({ "a": 1, "z": 2 }));
        assert_eq!(encoded("tight", &typed), "event:a\ndata:{\"type\":\"a\",\"a\":1,\"z\":2}\n\n");
        assert_eq!(encoded("ok", &Event::in_field("error", &json!({}))), "error: {}\n\n");
    }
}

//! Streams of every API: numbered content between the API's own events, up to the point where the fault truncates it.

use std::time::Duration;

use super::{
    Call,
    answer_text::AnswerText,
    error_event::{self, ErrorDetail},
    events::{Event, EventStream},
};
use crate::{
    fault::{CutKind, ErrorForm, Missing, Opening, SignKind, StreamEnd},
    socket::{AfterAnswer, PeerClosed, Socket},
};

/// The time between two signs of life.
const SIGN_INTERVAL: Duration = Duration::from_millis(200);

/// The events of one API's stream.
pub(super) trait StreamShape {
    /// The number of parallel choices, between which content alternates.
    fn choices(&self) -> u64 {
        1
    }

    /// The events before the first content, none of which is content.
    fn opening(&mut self) -> Vec<Event>;

    /// The events that open the first content.
    fn before_content(&mut self) -> Vec<Event> {
        Vec::new()
    }

    fn content(&mut self, piece: Piece<'_>) -> Event;

    /// The events after the last content; only the first `finished` choices end. `sent` counts content events.
    fn closing(&mut self, finished: u64, sent: u64) -> Vec<Event>;

    fn terminal(&mut self) -> Event;

    /// An event that says nothing.
    fn sign_of_life(&mut self) -> Event;

    fn error(&mut self, form: ErrorForm, detail: &ErrorDetail) -> Event;
}

/// A piece of a choice's content.
#[derive(Debug, Clone, Copy)]
pub(super) struct Piece<'a> {
    pub(super) choice: u64,
    /// Its place in the choice, from 0.
    pub(super) index: u64,
    pub(super) text: &'a str,
    /// Content events so far, this one included.
    pub(super) sent: u64,
}

/// Streams an answer up to the point where its fault truncates it.
pub(super) async fn send(
    socket: &mut Socket,
    call: &Call<'_>,
    mut shape: impl StreamShape,
) -> Result<AfterAnswer, PeerClosed> {
    let fault = call.fault;
    let (text, choices) = (AnswerText::of_stream(call), shape.choices());
    let total = if text.is_empty(call) { 0 } else { text.pieces().saturating_mul(choices) };
    let cut = fault.cut.map(|cut| (cut.after.unwrap_or(total / 2).min(total), cut.kind));

    let mut events = EventStream::open(socket, call).await?;
    match fault.opening {
        Opening::Normal => {}
        Opening::Hang => return Err(events.wait_for_close().await),
        Opening::Empty => return events.finish().await,
        Opening::OnlyDone => {
            events.send(&shape.terminal()).await?;
            return events.finish().await;
        }
        Opening::Error => {
            let detail = ErrorDetail::careless(call);
            error_event::send(&mut events, &mut shape, fault.error.form, &detail).await?;
            return events.finish().await;
        }
    }
    if fault.shape.missing == Some(Missing::Choices) {
        events.send_all(&[shape.sign_of_life(), shape.terminal()]).await?;
        return events.finish().await;
    }
    open(&mut events, &mut shape, call).await?;
    let mut sent = 0;
    loop {
        let (choice, index) = (sent % choices, sent / choices);
        if let Some((after, kind)) = cut
            && after == sent
        {
            if fault.torn {
                let half = text.piece_of(call, index);
                events.send_half(&shape.content(Piece { choice, index, text: &half, sent })).await?;
            }
            return truncate(events, shape, call, kind).await;
        }
        if sent == total {
            break;
        }
        if sent == 0 {
            events.send_all(&shape.before_content()).await?;
        }
        let piece = text.piece_of(call, index);
        let mut event = shape.content(Piece { choice, index, text: &piece, sent: sent + 1 });
        if fault.shape.broken == Some(sent) {
            event.data.truncate(event.data.len() - event.data.len() / 3);
        }
        events.send_content(&event).await?;
        sent += 1;
    }
    end(events, shape, call, sent).await
}

/// Sends the opening events, before or after the fault's signs of life.
async fn open(
    events: &mut EventStream<'_>,
    shape: &mut impl StreamShape,
    call: &Call<'_>,
) -> Result<(), PeerClosed> {
    let Some(signs) = call.fault.signs_of_life else {
        return events.send_all(&shape.opening()).await;
    };
    if signs.kind == SignKind::Opening {
        events.send_all(&shape.opening()).await?;
        return events.send_sign(signs.kind, shape.sign_of_life(), signs.lasts).await;
    }
    let mut left = signs.lasts;
    while !left.is_zero() {
        let wait = left.min(SIGN_INTERVAL);
        events.send_sign(signs.kind, shape.sign_of_life(), wait).await?;
        left -= wait;
    }
    events.send_all(&shape.opening()).await
}

async fn truncate(
    mut events: EventStream<'_>,
    mut shape: impl StreamShape,
    call: &Call<'_>,
    kind: CutKind,
) -> Result<AfterAnswer, PeerClosed> {
    match kind {
        CutKind::Stall => Err(events.wait_for_close().await),
        CutKind::Reset => Ok(AfterAnswer::Reset),
        CutKind::Close => Ok(AfterAnswer::Close),
        CutKind::ErrorEvent => {
            // A gateway relays this event unchanged, so it must not repeat the credential.
            let detail = ErrorDetail::new(call, "the upstream failed after content".to_owned());
            error_event::send(&mut events, &mut shape, call.fault.error.form, &detail).await?;
            events.finish().await
        }
    }
}

/// Ends a stream that has all its content.
async fn end(
    mut events: EventStream<'_>,
    mut shape: impl StreamShape,
    call: &Call<'_>,
    sent: u64,
) -> Result<AfterAnswer, PeerClosed> {
    let end = call.fault.end;
    let finished = match end {
        StreamEnd::WithoutFinish => 0,
        StreamEnd::OneFinish => 1,
        _ => shape.choices(),
    };
    if finished > 0 {
        events.send_all(&shape.closing(finished, sent)).await?;
    }
    match end {
        StreamEnd::Normal | StreamEnd::WithoutFinish => events.send(&shape.terminal()).await?,
        StreamEnd::WithoutTerminal | StreamEnd::OneFinish => {}
        StreamEnd::WithoutTerminalClosed => return Ok(AfterAnswer::Close),
        StreamEnd::Closed => {
            events.send(&shape.terminal()).await?;
            return Ok(AfterAnswer::Close);
        }
        StreamEnd::ClosedInTerminal => {
            events.send_unended(&shape.terminal()).await?;
            return Ok(AfterAnswer::Close);
        }
    }
    events.finish().await
}

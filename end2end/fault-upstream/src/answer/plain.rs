//! Answers that are not a stream: a head with the body's length, and the body up to the point where the fault
//! truncates it.

use super::{
    Call, error_event,
    events::{LAST_CHUNK, chunk},
};
use crate::{
    fault::{CutKind, Opening},
    http::AnswerHead,
    socket::{AfterAnswer, PeerClosed, Socket},
};

/// Bytes per write of `trickle` and per chunk of `chunked`.
const PIECE: usize = 16;
const ENDLESS_PIECE: [u8; 16 * 1024] = [b'x'; 16 * 1024];

/// Answers 200 with a JSON body, or with an error in its place.
pub(super) async fn json(
    socket: &mut Socket,
    call: &Call<'_>,
    body: &[u8],
) -> Result<AfterAnswer, PeerClosed> {
    let head = call.answer_head(200);
    if call.fault.errs_plainly() {
        return send(socket, call, head, "application/json", &error_event::plain_body(call)).await;
    }
    let whole = match call.fault.shape.broken {
        Some(_) => &body[..body.len().saturating_sub(1)],
        None => body,
    };
    send(socket, call, head, "application/json", whole).await
}

/// Answers with any head and body. The fault's cuts and delays apply to every status.
pub(super) async fn send(
    socket: &mut Socket,
    call: &Call<'_>,
    head: AnswerHead,
    content_type: &str,
    body: &[u8],
) -> Result<AfterAnswer, PeerClosed> {
    let fault = call.fault;
    let cut = fault.cut.filter(|cut| cut.kind != CutKind::ErrorEvent);
    let body = match fault.opening {
        Opening::Empty => b"",
        Opening::OnlyDone => &b"data: [DONE]\n\n"[..],
        _ => body,
    };
    let status = head.status;
    let unframed = fault.shape.unframed;
    let chunked = fault.shape.chunked && !unframed;
    let head = head.with("content-type", content_type);
    let head = if unframed {
        head.with("connection", "close")
    } else if chunked {
        head.with("transfer-encoding", "chunked")
    } else {
        head.with("content-length", body.len())
    };
    socket.update(|record| record.status = Some(status));
    socket.send(&head.into_bytes()).await?;
    if fault.opening == Opening::Hang {
        return Err(socket.wait_for_close().await);
    }
    let sent = cut.map_or(body.len(), |cut| {
        let after = cut.after.unwrap_or(body.len() as u64 / 2);
        let most = body.len().saturating_sub(1);
        usize::try_from(after).map_or(most, |after| after.min(most))
    });
    let in_pieces = chunked || !fault.pace.each_chunk.is_zero();
    for piece in body[..sent].chunks(if in_pieces { PIECE } else { usize::MAX }) {
        socket.wait(fault.pace.each_chunk).await?;
        if chunked {
            socket.send(&chunk(piece)).await?;
        } else {
            socket.send(piece).await?;
        }
        socket.record_answer(piece);
    }
    if chunked && cut.is_none() {
        socket.send(LAST_CHUNK).await?;
    }
    match cut.map(|cut| cut.kind) {
        None | Some(CutKind::ErrorEvent) if unframed => Ok(AfterAnswer::Close),
        None | Some(CutKind::ErrorEvent) => Ok(AfterAnswer::KeepOpen),
        Some(CutKind::Stall) => Err(socket.wait_for_close().await),
        Some(CutKind::Reset) => Ok(AfterAnswer::Reset),
        Some(CutKind::Close) => Ok(AfterAnswer::Close),
    }
}

/// Answers with a JSON string that never ends.
pub(super) async fn endless(socket: &mut Socket, call: &Call<'_>) -> Result<AfterAnswer, PeerClosed> {
    let head =
        call.answer_head(200).with("content-type", "application/json").with("transfer-encoding", "chunked");
    socket.update(|record| record.status = Some(200));
    socket.send(&head.into_bytes()).await?;
    socket
        .send(&chunk(br#"{"id":"endless","choices":[{"index":0,"message":{"role":"assistant","content":""#))
        .await?;
    let piece = chunk(&ENDLESS_PIECE);
    loop {
        socket.wait(call.fault.pace.each_chunk).await?;
        socket.send(&piece).await?;
    }
}

//! Answers that are no stream: a head with the body's length and the body, up to where the fault breaks
//! it off.

use super::{
    Call,
    events::{LAST_CHUNK, chunk},
    refusal,
};
use crate::{
    fault::{Answer, CutHow, Opening},
    http::AnswerHead,
    wire::{Gone, Then, Wire},
};

/// Bytes written after each pause of `trickle`, and bytes of each chunk of `chunked`.
const PIECE: usize = 16;
const ENDLESS_PIECE: [u8; 16 * 1024] = [b'x'; 16 * 1024];

/// Answers 200 with a JSON body.
pub(crate) async fn json(wire: &mut Wire, call: &Call<'_>, body: &[u8]) -> Result<Then, Gone> {
    let fault = call.fault;
    let fails =
        fault.opening == Opening::Error || matches!(fault.cut, Some(cut) if cut.how == CutHow::ErrorEvent);
    if fails && fault.answer != Answer::ErrorAs200 {
        let error = refusal::error(call, 500);
        return send(wire, call, call.answer_head(200), "application/json", error.as_bytes()).await;
    }
    let whole = match fault.shape.broken {
        Some(_) => &body[..body.len().saturating_sub(1)],
        None => body,
    };
    send(wire, call, call.answer_head(200), "application/json", whole).await
}

/// Answers with any head and body; whatever the status, the fault's cuts and pace hold.
pub(crate) async fn send(
    wire: &mut Wire,
    call: &Call<'_>,
    head: AnswerHead,
    content_type: &str,
    body: &[u8],
) -> Result<Then, Gone> {
    let fault = call.fault;
    let cut = fault.cut.filter(|cut| cut.how != CutHow::ErrorEvent);
    let body = match fault.opening {
        Opening::Empty => b"",
        Opening::OnlyDone => &b"data: [DONE]\n\n"[..],
        _ => body,
    };
    let status = head.status;
    let chunked = fault.shape.chunked && !cut.is_some_and(|cut| cut.how == CutHow::CloseUnframed);
    let head = head.with("content-type", content_type);
    let head = if cut.is_some_and(|cut| cut.how == CutHow::CloseUnframed) {
        head.with("connection", "close")
    } else if chunked {
        head.with("transfer-encoding", "chunked")
    } else {
        head.with("content-length", body.len())
    };
    wire.update(|record| record.status = Some(status));
    wire.put(&head.into_bytes()).await?;
    if fault.opening == Opening::Hang {
        return Err(wire.hang().await);
    }
    let sent = cut.map_or(body.len(), |cut| {
        let after = cut.after.unwrap_or(body.len() as u64 / 2);
        let most = body.len().saturating_sub(1);
        usize::try_from(after).map_or(most, |after| after.min(most))
    });
    let in_pieces = chunked || !fault.pace.each_chunk.is_zero();
    for piece in body[..sent].chunks(if in_pieces { PIECE } else { usize::MAX }) {
        wire.pause(fault.pace.each_chunk).await?;
        if chunked {
            wire.put(&chunk(piece)).await?;
        } else {
            wire.put(piece).await?;
        }
        wire.answered(piece);
    }
    if chunked && cut.is_none() {
        wire.put(LAST_CHUNK).await?;
    }
    match cut.map(|cut| cut.how) {
        None | Some(CutHow::ErrorEvent) => Ok(Then::KeepOpen),
        Some(CutHow::Stall) => Err(wire.hang().await),
        Some(CutHow::Reset) => Ok(Then::Reset),
        Some(CutHow::Close | CutHow::CloseUnframed) => Ok(Then::Close),
    }
}

/// Answers with a string that never ends.
pub(crate) async fn endless(wire: &mut Wire, call: &Call<'_>) -> Result<Then, Gone> {
    let head =
        call.answer_head(200).with("content-type", "application/json").with("transfer-encoding", "chunked");
    wire.update(|record| record.status = Some(200));
    wire.put(&head.into_bytes()).await?;
    wire.put(&chunk(br#"{"id":"endless","choices":[{"index":0,"message":{"role":"assistant","content":""#))
        .await?;
    let piece = chunk(&ENDLESS_PIECE);
    loop {
        wire.pause(call.fault.pace.each_chunk).await?;
        wire.put(&piece).await?;
    }
}

//! A request body made of slices, so a large body shares the received bytes instead of copying them. It tells how far
//! its upload has come.

use std::{
    collections::VecDeque,
    convert::Infallible,
    pin::Pin,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering::Relaxed},
    },
    task::{Context, Poll},
};

use bytes::Bytes;
use http_body::{Body, Frame, SizeHint};

/// Largest piece that is handed over at once, in bytes. The connection takes the next one when it has written this.
const PIECE_BYTES: usize = 64 * 1024;

/// The bytes of an upload that the connection has not taken yet.
#[derive(Debug)]
pub(crate) struct Upload(AtomicU64);

impl Upload {
    /// The progress of a body that takes more than one piece; smaller ones are taken at once.
    pub(crate) fn of(body: &[Bytes]) -> Option<Arc<Self>> {
        let length: usize = body.iter().map(Bytes::len).sum();
        (length > PIECE_BYTES).then(|| Arc::new(Self(AtomicU64::new(length as u64))))
    }

    /// Bytes left to take.
    pub(crate) fn remaining(&self) -> u64 {
        self.0.load(Relaxed)
    }
}

/// A body of known length in pieces.
pub(super) struct RequestBody {
    pieces: VecDeque<Bytes>,
    remaining: u64,
    upload: Option<Arc<Upload>>,
}

impl RequestBody {
    pub(super) fn new(pieces: &[Bytes], upload: Option<Arc<Upload>>) -> Self {
        let remaining = pieces.iter().map(|it| it.len() as u64).sum();
        Self { pieces: pieces.iter().cloned().collect(), remaining, upload }
    }
}

impl Body for RequestBody {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        _: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        let mut next = self.pieces.pop_front();
        if let Some(piece) = &mut next
            && piece.len() > PIECE_BYTES
        {
            let rest = piece.split_off(PIECE_BYTES);
            self.pieces.push_front(rest);
        }
        self.remaining -= next.as_ref().map_or(0, |it| it.len() as u64);
        if let Some(upload) = &self.upload {
            upload.0.store(self.remaining, Relaxed);
        }
        Poll::Ready(next.map(|it| Ok(Frame::data(it))))
    }

    fn is_end_stream(&self) -> bool {
        self.remaining == 0
    }

    fn size_hint(&self) -> SizeHint {
        SizeHint::with_exact(self.remaining)
    }
}

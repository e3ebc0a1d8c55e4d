//! A request body made of slices, so a large body shares the received bytes instead of copying them.

use std::{
    collections::VecDeque,
    convert::Infallible,
    pin::Pin,
    task::{Context, Poll},
};

use bytes::Bytes;
use http_body::{Body, Frame, SizeHint};

/// A body of known length in pieces.
pub(super) struct RequestBody {
    pieces: VecDeque<Bytes>,
    remaining: u64,
}

impl RequestBody {
    pub(super) fn new(pieces: &[Bytes]) -> Self {
        let remaining = pieces.iter().map(|it| it.len() as u64).sum();
        Self { pieces: pieces.iter().cloned().collect(), remaining }
    }
}

impl Body for RequestBody {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        _: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        let next = self.pieces.pop_front();
        self.remaining -= next.as_ref().map_or(0, |it| it.len() as u64);
        Poll::Ready(next.map(|it| Ok(Frame::data(it))))
    }

    fn is_end_stream(&self) -> bool {
        self.remaining == 0
    }

    fn size_hint(&self) -> SizeHint {
        SizeHint::with_exact(self.remaining)
    }
}

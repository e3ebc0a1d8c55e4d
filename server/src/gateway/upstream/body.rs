//! A request body in pieces, so that a large one is shared with the bytes that were received and not copied.

use std::{
    collections::VecDeque,
    convert::Infallible,
    pin::Pin,
    task::{Context, Poll},
};

use bytes::Bytes;
use http_body::{Body, Frame, SizeHint};

/// The body of these pieces, with its length known.
pub(super) fn of(pieces: &[Bytes]) -> reqwest::Body {
    match pieces {
        [only] => only.clone().into(),
        pieces => {
            let left = pieces.iter().map(|it| it.len() as u64).sum();
            reqwest::Body::wrap(Pieces { pieces: pieces.iter().cloned().collect(), left })
        }
    }
}

struct Pieces {
    pieces: VecDeque<Bytes>,
    left: u64,
}

impl Body for Pieces {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        _: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        let next = self.pieces.pop_front();
        self.left -= next.as_ref().map_or(0, |it| it.len() as u64);
        Poll::Ready(next.map(|it| Ok(Frame::data(it))))
    }

    fn is_end_stream(&self) -> bool {
        self.pieces.is_empty()
    }

    fn size_hint(&self) -> SizeHint {
        SizeHint::with_exact(self.left)
    }
}

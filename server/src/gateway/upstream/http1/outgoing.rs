//! A request on its way out: one vectored write for its head and the slices of its body, if the socket takes them. It
//! tells how far it has come.

use std::{
    collections::VecDeque,
    fmt,
    io::{self, IoSlice},
    pin::Pin,
    sync::Arc,
    task::{Context, Poll, ready},
};

use bytes::{Buf as _, Bytes};
use tokio::io::AsyncWrite;

use super::{request::Request, upload::Upload};

/// Most slices of one write.
const MAX_SLICES: usize = 16;

/// A request on its way out. Its memory serves one request after the other.
#[derive(Default)]
pub(super) struct Outgoing {
    head: Vec<u8>,
    head_written: usize,
    body: VecDeque<Bytes>,
    body_left: u64,
    upload: Option<Arc<Upload>>,
    is_flushed: bool,
    /// Whether the rest cannot be written.
    has_failed: bool,
}

impl fmt::Debug for Outgoing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Outgoing").field("body_left", &self.body_left).finish_non_exhaustive()
    }
}

impl Outgoing {
    /// Prepares a request.
    pub(super) fn begin(&mut self, request: &Request<'_>) {
        self.head.clear();
        self.head_written = 0;
        request.write_head(&mut self.head);
        self.body.clear();
        self.body.extend(request.body.iter().filter(|it| !it.is_empty()).cloned());
        self.body_left = request.body_length();
        self.upload = request.upload.cloned();
        (self.is_flushed, self.has_failed) = (false, false);
    }

    /// Whether everything has been written.
    pub(super) fn is_done(&self) -> bool {
        self.is_flushed && !self.has_failed
    }

    /// Writes as much as the socket takes. After an error nothing more is written.
    pub(super) fn poll_write(
        &mut self,
        cx: &mut Context<'_>,
        socket: &mut (impl AsyncWrite + Unpin),
    ) -> Poll<io::Result<()>> {
        if self.is_flushed || self.has_failed {
            return Poll::Ready(Ok(()));
        }
        let written = ready!(self.poll_write_all(cx, socket));
        (self.is_flushed, self.has_failed) = (written.is_ok(), written.is_err());
        if self.has_failed {
            self.body.clear();
        }
        Poll::Ready(written)
    }

    fn poll_write_all(
        &mut self,
        cx: &mut Context<'_>,
        socket: &mut (impl AsyncWrite + Unpin),
    ) -> Poll<io::Result<()>> {
        loop {
            let head = self.head.get(self.head_written..).unwrap_or_default();
            let mut slices = [IoSlice::new(&[]); MAX_SLICES];
            let parts =
                [head].into_iter().filter(|it| !it.is_empty()).chain(self.body.iter().map(|it| &**it));
            let mut count = 0;
            for (slice, part) in slices.iter_mut().zip(parts) {
                *slice = IoSlice::new(part);
                count += 1;
            }
            if count == 0 {
                break;
            }
            let slices = slices.get(..count).unwrap_or_default();
            let written = ready!(Pin::new(&mut *socket).poll_write_vectored(cx, slices))?;
            if written == 0 {
                return Poll::Ready(Err(io::ErrorKind::WriteZero.into()));
            }
            self.advance(written);
        }
        // TLS keeps what the socket did not take.
        Pin::new(socket).poll_flush(cx)
    }

    fn advance(&mut self, written: usize) {
        let of_head = written.min(self.head.len().saturating_sub(self.head_written));
        self.head_written += of_head;
        let mut rest = written - of_head;
        self.body_left = self.body_left.saturating_sub(rest as u64);
        while let Some(first) = self.body.front_mut() {
            if rest < first.len() {
                first.advance(rest);
                break;
            }
            rest -= first.len();
            self.body.pop_front();
        }
        if let Some(upload) = &self.upload {
            upload.set(self.body_left);
        }
    }
}

#[cfg(test)]
mod tests {
    use std::borrow::Cow;

    use axum::http::{HeaderMap, Method, Uri};

    use super::{
        super::request::{PreparedFields, RequestLine},
        *,
    };

    #[test]
    fn partial_writes_lose_nothing() {
        let body = [Bytes::from_static(b"{abc"), Bytes::from_static(b"defg}")];
        let line = RequestLine::new(Method::POST, &Uri::from_static("/"));
        let fields = PreparedFields::new(&HeaderMap::new());
        let upload = Arc::new(Upload::default());
        let headers = HeaderMap::new();
        let request = Request {
            line: Cow::Owned(line),
            fields: &fields,
            headers: &headers,
            body: &body,
            upload: Some(&upload),
        };
        for step in 1..20 {
            let mut outgoing = Outgoing::default();
            outgoing.begin(&request);
            let whole = [&outgoing.head[..], b"{abcdefg}"].concat();
            let mut written = 0;
            while written < whole.len() {
                let left = [
                    &outgoing.head[outgoing.head_written..],
                    &outgoing.body.iter().flatten().copied().collect::<Vec<_>>(),
                ]
                .concat();
                assert_eq!(left, whole[written..]);
                let now = step.min(left.len());
                outgoing.advance(now);
                written += now;
                assert_eq!(upload.remaining(), 9.min(whole.len() - written) as u64);
            }
            assert!(outgoing.body.is_empty());
        }
    }
}

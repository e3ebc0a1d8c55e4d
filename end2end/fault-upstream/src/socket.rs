//! A connection's socket. Every read, write, wait and close goes through it, so that it notices at any time that the
//! peer closes and counts every byte. It knows no HTTP.

use std::{
    io::{Error, ErrorKind, Result as IoResult},
    time::{Duration, Instant},
};

use tokio::{
    io::{AsyncWriteExt, Interest},
    net::TcpStream,
    task::yield_now,
    time::{sleep, timeout},
};

use crate::log::{Ended, Entry};

/// How much is read ahead while answering, in bytes.
const READ_AHEAD: usize = 64 * 1024;
const READ_SIZE: usize = 16 * 1024;
/// How long a clean close waits for the peer to close, and a reset for earlier writes to be sent.
const LINGER: Duration = Duration::from_secs(2);

/// The peer closed or reset the connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum PeerClosed {
    Fin,
    Rst,
}

impl From<PeerClosed> for Ended {
    fn from(closed: PeerClosed) -> Self {
        match closed {
            PeerClosed::Fin => Self::PeerFin,
            PeerClosed::Rst => Self::PeerRst,
        }
    }
}

/// What happens to the connection after a call.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum AfterAnswer {
    KeepOpen,
    Close,
    Reset,
}

/// A connection. Dropping it sends an RST; [`Socket::close`] closes it cleanly.
#[derive(Debug)]
pub(crate) struct Socket {
    stream: TcpStream,
    /// Bytes that were received and not consumed yet.
    pub(crate) read_buffer: Vec<u8>,
    /// The most bytes per write.
    pub(crate) max_write: usize,
    /// The record of the running call.
    pub(crate) entry: Option<Entry>,
    closed_cleanly: bool,
}

impl Socket {
    pub(crate) fn new(stream: TcpStream) -> Self {
        // Keeps the kernel from merging small writes. If it fails, they are merged.
        let _ = stream.set_nodelay(true);
        Self { stream, read_buffer: Vec::new(), max_write: usize::MAX, entry: None, closed_cleanly: false }
    }

    /// Receives bytes into `read_buffer`; with `pace`, a single byte after that delay.
    pub(crate) async fn receive(&mut self, pace: Option<Duration>) -> Result<(), PeerClosed> {
        if let Some(pace) = pace {
            sleep(pace).await;
        }
        let ready = self.ready(Interest::READABLE).await?;
        if pace.is_none() {
            return self.read_available();
        }
        if ready.is_read_closed() {
            // Nobody needs what the peer sent before it closed.
            return Err(self.close_kind());
        }
        let mut byte = [0];
        let read = self.stream.try_read(&mut byte);
        let count = byte_count(read)?;
        self.read_buffer.extend_from_slice(&byte[..count]);
        Ok(())
    }

    /// Writes all bytes, unless the peer closes meanwhile.
    pub(crate) async fn send(&mut self, mut bytes: &[u8]) -> Result<(), PeerClosed> {
        while !bytes.is_empty() {
            let room = self.read_buffer.len() < READ_AHEAD;
            let interest = if room { Interest::READABLE | Interest::WRITABLE } else { Interest::WRITABLE };
            let ready = self.ready(interest).await?;
            if room && ready.is_readable() {
                self.read_available()?;
            }
            if ready.is_writable() {
                let piece = &bytes[..bytes.len().min(self.max_write)];
                let written = match self.stream.try_write(piece) {
                    Ok(written) => written,
                    Err(error) if error.kind() == ErrorKind::WouldBlock => {
                        self.update(|record| {
                            record.write_blocked_since.get_or_insert_with(Instant::now);
                        });
                        continue;
                    }
                    Err(_) => return Err(PeerClosed::Rst),
                };
                bytes = &bytes[written..];
                self.update(|record| {
                    record.bytes_written += written as u64;
                    record.write_blocked_since = None;
                });
                if self.max_write != usize::MAX {
                    // Lets a reader in the same process receive the pieces separately.
                    yield_now().await;
                }
            }
        }
        Ok(())
    }

    /// Waits for a duration, unless the peer closes meanwhile.
    pub(crate) async fn wait(&mut self, time: Duration) -> Result<(), PeerClosed> {
        if time.is_zero() {
            return Ok(());
        }
        tokio::select! {
            () = sleep(time) => Ok(()),
            closed = self.wait_for_close() => Err(closed),
        }
    }

    /// Waits until the peer closes.
    pub(crate) async fn wait_for_close(&mut self) -> PeerClosed {
        while self.read_buffer.len() < READ_AHEAD {
            let waited = self.ready(Interest::READABLE).await.map(|_| ());
            if let Err(closed) = waited.and_then(|()| self.read_available()) {
                return closed;
            }
        }
        self.wait_for_close_unread().await
    }

    /// Waits until the peer closes, without reading what it sends. Nothing can be read afterwards.
    pub(crate) async fn wait_for_close_unread(&self) -> PeerClosed {
        loop {
            match self.ready(Interest::READABLE).await {
                Err(closed) => return closed,
                Ok(ready) if ready.is_read_closed() => return self.close_kind(),
                Ok(_) => {
                    // Clears the readiness, so that only the next event wakes this loop.
                    let _ = self
                        .stream
                        .try_io(Interest::READABLE, || IoResult::<()>::Err(ErrorKind::WouldBlock.into()));
                }
            }
        }
    }

    /// Waits until the kernel has sent all written bytes, because a reset would discard the rest.
    pub(crate) async fn flush(&self) {
        #[cfg(target_os = "linux")]
        // If the state of the socket is unknown, there is nothing to wait for.
        let _ = timeout(LINGER, all_sent(&self.stream)).await;
    }

    /// Closes the connection after all written bytes have been sent.
    pub(crate) async fn close(mut self) {
        self.closed_cleanly = true;
        // If the peer has closed already, there is nothing left to do.
        if self.stream.shutdown().await.is_ok() {
            self.read_buffer.clear();
            let _ = timeout(LINGER, self.wait_for_close()).await;
        }
    }

    /// Records bytes of the answer's body, without framing, as sent.
    pub(crate) fn record_answer(&mut self, bytes: &[u8]) {
        if let Some(entry) = &mut self.entry {
            entry.record_answer(bytes);
        }
    }

    /// Changes the record of the running call.
    pub(crate) fn update(&self, change: impl FnOnce(&mut crate::log::Record)) {
        if let Some(entry) = &self.entry {
            entry.update(change);
        }
    }

    async fn ready(&self, interest: Interest) -> Result<tokio::io::Ready, PeerClosed> {
        self.stream.ready(interest).await.map_err(|_| PeerClosed::Rst)
    }

    /// Reads what is available now.
    fn read_available(&mut self) -> Result<(), PeerClosed> {
        self.read_buffer.reserve(READ_SIZE);
        let read = self.stream.try_read_buf(&mut self.read_buffer);
        byte_count(read).map(|_| ())
    }

    fn close_kind(&self) -> PeerClosed {
        match self.stream.take_error() {
            Ok(None) => PeerClosed::Fin,
            Ok(Some(_)) | Err(_) => PeerClosed::Rst,
        }
    }
}

impl Drop for Socket {
    fn drop(&mut self) {
        if !self.closed_cleanly {
            // It can fail only if the connection is closed already.
            let _ = self.stream.set_zero_linger();
        }
    }
}

fn byte_count(read: Result<usize, Error>) -> Result<usize, PeerClosed> {
    match read {
        Ok(0) => Err(PeerClosed::Fin),
        Ok(count) => Ok(count),
        Err(error) if error.kind() == ErrorKind::WouldBlock => Ok(0),
        Err(_) => Err(PeerClosed::Rst),
    }
}

/// Waits until the kernel has no unsent byte of this socket left. `TCP_NOTSENT_LOWAT` makes the socket writable only
/// then, and a second, newly registered descriptor makes the runtime look at its current state.
#[cfg(target_os = "linux")]
async fn all_sent(stream: &TcpStream) -> IoResult<()> {
    use std::os::fd::AsFd;

    socket2::SockRef::from(stream).set_tcp_notsent_lowat(1)?;
    let again = std::net::TcpStream::from(stream.as_fd().try_clone_to_owned()?);
    TcpStream::from_std(again)?.writable().await
}

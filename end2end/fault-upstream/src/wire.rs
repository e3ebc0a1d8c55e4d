//! One connection's bytes: everything that is read, written, waited for or closed goes through here, so
//! that the peer's leaving is seen at any moment and every byte is counted. Knows no HTTP.

use std::{
    io::{Error, ErrorKind, Result as IoResult},
    time::Duration,
};

use tokio::{
    io::{AsyncWriteExt, Interest},
    net::TcpStream,
    task::yield_now,
    time::{sleep, timeout},
};

use crate::log::{Ended, Entry};

/// The most that is read ahead while answering.
const READ_AHEAD: usize = 64 * 1024;
const READ_SIZE: usize = 16 * 1024;
/// How long a clean close waits for the peer's own, and a reset for what was written before.
const LINGER: Duration = Duration::from_secs(2);

/// The peer has left.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Gone {
    Fin,
    Rst,
}

impl From<Gone> for Ended {
    fn from(gone: Gone) -> Self {
        match gone {
            Gone::Fin => Self::PeerFin,
            Gone::Rst => Self::PeerRst,
        }
    }
}

/// What is to happen to the connection after a call.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Then {
    KeepOpen,
    Close,
    Reset,
}

/// A connection. Dropping it sends an RST, as when a process is killed; [`Wire::close`] is the clean way.
#[derive(Debug)]
pub(crate) struct Wire {
    stream: TcpStream,
    /// Read and not used yet.
    pub(crate) inbox: Vec<u8>,
    /// The most bytes written at once.
    pub(crate) slice: usize,
    /// The record of the call that runs.
    pub(crate) entry: Option<Entry>,
    closed_cleanly: bool,
}

impl Wire {
    pub(crate) fn new(stream: TcpStream) -> Self {
        // Without it the kernel would join small writes; where it cannot be set, they are joined.
        let _ = stream.set_nodelay(true);
        Self { stream, inbox: Vec::new(), slice: usize::MAX, entry: None, closed_cleanly: false }
    }

    /// Reads whatever comes next into the inbox; with a pace, a single byte after that time.
    pub(crate) async fn fill(&mut self, pace: Option<Duration>) -> Result<(), Gone> {
        if let Some(pace) = pace {
            sleep(pace).await;
        }
        let ready = self.ready(Interest::READABLE).await?;
        if pace.is_none() {
            return self.absorb();
        }
        if ready.is_read_closed() {
            // What the peer sent before it left is of no use to anybody.
            return Err(self.way_of_leaving());
        }
        let mut byte = [0];
        let read = self.stream.try_read(&mut byte);
        let taken = taken(read)?;
        self.inbox.extend_from_slice(&byte[..taken]);
        Ok(())
    }

    /// Writes all of it, unless the peer leaves meanwhile.
    pub(crate) async fn put(&mut self, mut bytes: &[u8]) -> Result<(), Gone> {
        while !bytes.is_empty() {
            let room = self.inbox.len() < READ_AHEAD;
            let interest = if room { Interest::READABLE | Interest::WRITABLE } else { Interest::WRITABLE };
            let ready = self.ready(interest).await?;
            if room && ready.is_readable() {
                self.absorb()?;
            }
            if ready.is_writable() {
                let piece = &bytes[..bytes.len().min(self.slice)];
                let written = match self.stream.try_write(piece) {
                    Ok(written) => written,
                    Err(error) if error.kind() == ErrorKind::WouldBlock => continue,
                    Err(_) => return Err(Gone::Rst),
                };
                bytes = &bytes[written..];
                self.update(|record| record.bytes_written += written as u64);
                if self.slice != usize::MAX {
                    // Lets a reader in the same process see the pieces apart.
                    yield_now().await;
                }
            }
        }
        Ok(())
    }

    /// Waits, unless the peer leaves meanwhile.
    pub(crate) async fn pause(&mut self, time: Duration) -> Result<(), Gone> {
        if time.is_zero() {
            return Ok(());
        }
        tokio::select! {
            () = sleep(time) => Ok(()),
            gone = self.hang() => Err(gone),
        }
    }

    /// Waits until the peer leaves.
    pub(crate) async fn hang(&mut self) -> Gone {
        while self.inbox.len() < READ_AHEAD {
            let waited = self.ready(Interest::READABLE).await.map(|_| ());
            if let Err(gone) = waited.and_then(|()| self.absorb()) {
                return gone;
            }
        }
        self.hang_unread().await
    }

    /// Waits until the peer leaves, and takes nothing of what it sends. Nothing can be read afterwards.
    pub(crate) async fn hang_unread(&self) -> Gone {
        loop {
            match self.ready(Interest::READABLE).await {
                Err(gone) => return gone,
                Ok(ready) if ready.is_read_closed() => return self.way_of_leaving(),
                Ok(_) => {
                    // Forgets this readiness, so that only the next event wakes the wait.
                    let _ = self
                        .stream
                        .try_io(Interest::READABLE, || IoResult::<()>::Err(ErrorKind::WouldBlock.into()));
                }
            }
        }
    }

    /// Waits until all that was written is on its way: the kernel may hold some of it back, and a reset
    /// would discard that.
    pub(crate) async fn flush(&self) {
        #[cfg(target_os = "linux")]
        // Where it cannot be told, nothing is waited for.
        let _ = timeout(LINGER, sent(&self.stream)).await;
    }

    /// Closes after all that was written has been sent.
    pub(crate) async fn close(mut self) {
        self.closed_cleanly = true;
        // A peer that left already needs no close.
        if self.stream.shutdown().await.is_ok() {
            self.inbox.clear();
            let _ = timeout(LINGER, self.hang()).await;
        }
    }

    /// Records that these bytes of an answer's body were sent, framing aside.
    pub(crate) fn answered(&mut self, bytes: &[u8]) {
        if let Some(entry) = &mut self.entry {
            entry.answered(bytes);
        }
    }

    /// Changes the record of the call that runs.
    pub(crate) fn update(&self, change: impl FnOnce(&mut crate::log::Record)) {
        if let Some(entry) = &self.entry {
            entry.update(change);
        }
    }

    async fn ready(&self, interest: Interest) -> Result<tokio::io::Ready, Gone> {
        self.stream.ready(interest).await.map_err(|_| Gone::Rst)
    }

    /// Takes what can be read now.
    fn absorb(&mut self) -> Result<(), Gone> {
        self.inbox.reserve(READ_SIZE);
        let read = self.stream.try_read_buf(&mut self.inbox);
        taken(read).map(|_| ())
    }

    fn way_of_leaving(&self) -> Gone {
        match self.stream.take_error() {
            Ok(None) => Gone::Fin,
            Ok(Some(_)) | Err(_) => Gone::Rst,
        }
    }
}

impl Drop for Wire {
    fn drop(&mut self) {
        if !self.closed_cleanly {
            // Where it cannot be set the socket is dead already.
            let _ = self.stream.set_zero_linger();
        }
    }
}

fn taken(read: Result<usize, Error>) -> Result<usize, Gone> {
    match read {
        Ok(0) => Err(Gone::Fin),
        Ok(count) => Ok(count),
        Err(error) if error.kind() == ErrorKind::WouldBlock => Ok(0),
        Err(_) => Err(Gone::Rst),
    }
}

/// Waits until the kernel has no unsent byte of this socket left. Makes the socket count as writable only
/// then, and registers a second descriptor of it, so that its state is looked at as it is now.
#[cfg(target_os = "linux")]
async fn sent(stream: &TcpStream) -> IoResult<()> {
    use std::os::fd::AsFd;

    socket2::SockRef::from(stream).set_tcp_notsent_lowat(1)?;
    let again = std::net::TcpStream::from(stream.as_fd().try_clone_to_owned()?);
    TcpStream::from_std(again)?.writable().await
}

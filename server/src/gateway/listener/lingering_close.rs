//! The end of a connection whose client may still be sending, such as one that was refused for its size.
//!
//! Closing a socket with unread input makes the kernel send a reset, and a reset can overtake the answer. So the
//! answer is ended by a FIN first, and what still comes is read and thrown away for a bounded while.

use std::time::Duration;

use tokio::{
    io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _},
    time::{Instant, timeout, timeout_at},
};

/// How long the client may be silent.
const IDLE_TIMEOUT: Duration = Duration::from_secs(1);
/// How long all of it may take.
const TOTAL_TIMEOUT: Duration = Duration::from_secs(10);
/// Bytes read at once.
const BUFFER_BYTES: usize = 8 * 1024;

/// Ends the sending side and reads until the client ends its own, or the patience is over.
pub(super) async fn lingering_close(mut stream: impl AsyncRead + AsyncWrite + Unpin) {
    let until = Instant::now() + TOTAL_TIMEOUT;
    if stream.shutdown().await.is_err() {
        return;
    }
    let mut buffer = vec![0_u8; BUFFER_BYTES];
    while Instant::now() < until {
        match timeout_at(until, timeout(IDLE_TIMEOUT, stream.read(&mut buffer))).await {
            Ok(Ok(Ok(n))) if n > 0 => {}
            _ => return,
        }
    }
}

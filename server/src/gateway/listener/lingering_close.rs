//! Closing of a connection whose client may still be sending, as after a refused body.
//!
//! Closing a socket with unread input sends a reset, which can overtake the response. So the response is
//! ended by a FIN first, and further input is read and discarded for a limited time.

use std::time::Duration;

use tokio::{
    io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _},
    time::{Instant, timeout, timeout_at},
};

/// How long the client may be silent.
const IDLE_TIMEOUT: Duration = Duration::from_secs(1);
/// Limit of the whole procedure.
const TOTAL_TIMEOUT: Duration = Duration::from_secs(10);
/// Bytes per read.
const BUFFER_BYTES: usize = 8 * 1024;

/// Shuts down the sending side, then reads until the client closes its side or a timeout expires.
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

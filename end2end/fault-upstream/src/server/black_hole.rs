//! An address that never answers: a listening socket whose accept queue is full. Linux then drops further SYN packets,
//! as a firewall would, so attempts to connect leave no trace.

use std::{future::pending, io, net::SocketAddr, time::Duration};

use tokio::{
    net::{TcpListener, TcpSocket, TcpStream},
    time::timeout,
};

/// The maximum number of connections made to fill the queue.
const MAX_FILLERS: usize = 64;
/// When a connect counts as hanging. On loopback it takes microseconds, and the kernel retries after a second.
const CONNECT_TIMEOUT: Duration = Duration::from_millis(300);

/// Listens with the shortest possible accept queue.
pub(super) fn listen(address: SocketAddr) -> io::Result<TcpListener> {
    let socket = if address.is_ipv4() { TcpSocket::new_v4() } else { TcpSocket::new_v6() }?;
    socket.set_reuseaddr(true)?;
    socket.bind(address)?;
    socket.listen(0)
}

/// Opens connections until one hangs.
pub(super) async fn fill(address: SocketAddr) -> io::Result<Vec<TcpStream>> {
    let mut fillers = Vec::new();
    while let Ok(connected) = timeout(CONNECT_TIMEOUT, TcpStream::connect(address)).await {
        fillers.push(connected?);
        if fillers.len() > MAX_FILLERS {
            return Err(io::Error::other("the accept queue cannot be filled on this system"));
        }
    }
    Ok(fillers)
}

/// Keeps the queue full until aborted.
pub(super) async fn hold(_listener: TcpListener, _fillers: Vec<TcpStream>) {
    pending().await
}

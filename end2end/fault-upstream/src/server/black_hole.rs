//! An address behind which nobody answers: a listening socket whose queue of connections is full and never emptied.
//! Linux drops a further SYN then, as a firewall would; nothing can be seen of those who try.

use std::{future::pending, io, net::SocketAddr, time::Duration};

use tokio::{
    net::{TcpListener, TcpSocket, TcpStream},
    time::timeout,
};

/// The most connections that are made to fill the queue.
const MOST: usize = 64;
/// A connect on loopback takes microseconds; the kernel tries again only after a second.
const HANGS: Duration = Duration::from_millis(300);

/// Listens with the shortest queue there is.
pub(super) fn listen(address: SocketAddr) -> io::Result<TcpListener> {
    let socket = if address.is_ipv4() { TcpSocket::new_v4() } else { TcpSocket::new_v6() }?;
    socket.set_reuseaddr(true)?;
    socket.bind(address)?;
    socket.listen(0)
}

/// Connects until a connect hangs.
pub(super) async fn fill(address: SocketAddr) -> io::Result<Vec<TcpStream>> {
    let mut fillers = Vec::new();
    while let Ok(connected) = timeout(HANGS, TcpStream::connect(address)).await {
        fillers.push(connected?);
        if fillers.len() > MOST {
            return Err(io::Error::other("this system's queue of connections cannot be filled"));
        }
    }
    Ok(fillers)
}

/// Keeps the queue full until aborted.
pub(super) async fn hold(_listener: TcpListener, _fillers: Vec<TcpStream>) {
    pending().await
}

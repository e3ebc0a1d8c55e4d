//! Calls come in here: the accept loop of the whole server, control plane included.
//!
//! It bounds connections, heads and waiting, speaks TLS where it is told to, hands each request its [`Client`] and a
//! [`Connection`], and drains:
//! stop accepting, let running answers finish up to the grace, then cut them. It never looks at a body, and it
//! knows no path: everything else is the router's.

mod certificate;
mod client;
mod lingering_close;
mod shutdown;
mod tls;
pub mod workers;
mod write_timeout;

use std::{
    convert::Infallible,
    future::{pending, poll_fn},
    net::SocketAddr,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering::Relaxed},
    },
    time::Duration,
};

use axum::Router;
use futures_util::future::BoxFuture;
use hyper::{Request, body::Incoming, server::conn::http1, service::service_fn};
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::{
    io::{AsyncRead, AsyncWrite},
    net::{TcpListener, TcpStream},
    sync::Semaphore,
    time::{Instant, sleep, timeout_at},
};
use tokio_util::{sync::CancellationToken, task::TaskTracker};
use tower::Service as _;
use tower_http::catch_panic::CatchPanicLayer;

use self::workers::Workers;

pub use certificate::{BadCertificate, CertificateFiles};
pub use client::{Client, TrustedProxies};
pub use shutdown::Shutdown;
pub use tls::Tls;
use write_timeout::WriteTimeout;

/// What the listener puts up with.
#[derive(Clone, Debug)]
pub struct ListenerConfig {
    /// Connections at once; further ones are closed as soon as they are accepted.
    pub max_connections: usize,
    /// How long a new connection may be silent; with TLS, how long it may take until its handshake is done.
    pub first_byte_timeout: Duration,
    /// How long a head may take, idle time between two requests included.
    pub head_timeout: Duration,
    /// Header fields of one request.
    pub max_header_fields: usize,
    /// Bytes of one head; also the size of a connection's read buffer. At least 8192.
    pub max_head_bytes: usize,
    /// How long a client may read nothing of what is written to it.
    pub write_timeout: Duration,
    /// How long running answers may go on once draining has begun.
    pub drain_timeout: Duration,
    /// How connections are made private; `None` is plain HTTP.
    pub tls: Option<Arc<Tls>>,
    /// Whose word about clients counts.
    pub trusted_proxies: TrustedProxies,
    /// Where it counts.
    pub counters: Arc<Counters>,
    /// Where connections are served.
    pub workers: Workers,
}

impl Default for ListenerConfig {
    fn default() -> Self {
        Self {
            max_connections: 10_000,
            first_byte_timeout: Duration::from_secs(10),
            head_timeout: Duration::from_secs(15),
            max_header_fields: 100,
            max_head_bytes: 64 * 1024,
            write_timeout: Duration::from_secs(60),
            drain_timeout: Duration::from_secs(120),
            tls: None,
            trusted_proxies: TrustedProxies::default(),
            counters: Arc::default(),
            workers: Workers::none(),
        }
    }
}

/// How long cut answers have to say so before their connections are dropped.
const FORCE_CLOSE_TIMEOUT: Duration = Duration::from_secs(2);
/// The pause after a failed accept, such as one for want of file descriptors.
const ACCEPT_RETRY_DELAY: Duration = Duration::from_millis(50);

/// What the listener counts.
#[derive(Debug, Default)]
pub struct Counters {
    /// Connections accepted since the start.
    pub accepted: AtomicU64,
    /// Connections open now.
    pub open: AtomicU64,
    /// Connections closed at once because too many were open.
    pub refused: AtomicU64,
    /// Accepts that failed.
    pub failed: AtomicU64,
    /// TLS handshakes that failed or took too long.
    pub handshakes_failed: AtomicU64,
    /// New connections closed because they were silent for too long.
    pub silent: AtomicU64,
    /// Connections closed because a head took too long, idle time between two requests included.
    pub heads_slow: AtomicU64,
    /// Heads refused because they were too large or had too many fields.
    pub heads_refused: AtomicU64,
}

/// The connection that a request came in by; a request extension.
#[derive(Clone, Debug)]
pub struct Connection {
    close: CancellationToken,
    force_close: CancellationToken,
}

impl Connection {
    /// Closes this one connection once the answer under way is complete.
    pub(crate) fn close_after_answer(&self) {
        self.close.cancel();
    }

    /// Waits until the grace of a drain is over and answers must end.
    pub(crate) fn force_closed(&self) -> impl Future<Output = ()> + Send + 'static {
        self.force_close.clone().cancelled_owned()
    }

    /// The same for a call that may have no connection; then it waits for ever.
    pub(crate) fn force_closed_or_never(connection: Option<&Self>) -> BoxFuture<'static, ()> {
        match connection {
            Some(connection) => Box::pin(connection.force_closed()),
            None => Box::pin(pending()),
        }
    }
}

/// Serves `router` on `listener` until `shutdown` says so. Returns when every connection is gone or was cut.
pub async fn serve(listener: TcpListener, router: Router, shutdown: Shutdown, config: ListenerConfig) {
    let counters = Arc::clone(&config.counters);
    let router = router.layer(CatchPanicLayer::new());
    let slots = Arc::new(Semaphore::new(config.max_connections));
    let (force_close, abort) = (CancellationToken::new(), CancellationToken::new());
    let tasks = TaskTracker::new();
    loop {
        let accepted = tokio::select! {
            biased;
            () = shutdown.requested() => break,
            accepted = listener.accept() => accepted,
        };
        // Taken from this runtime, so that its worker can have it.
        let accepted = accepted.and_then(|(stream, peer)| Ok((stream.into_std()?, peer)));
        let (stream, peer) = match accepted {
            Ok(accepted) => accepted,
            Err(error) => {
                counters.failed.fetch_add(1, Relaxed);
                tracing::warn!(%error, "a connection could not be accepted");
                sleep(ACCEPT_RETRY_DELAY).await;
                continue;
            }
        };
        counters.accepted.fetch_add(1, Relaxed);
        let Ok(slot) = Arc::clone(&slots).try_acquire_owned() else {
            counters.refused.fetch_add(1, Relaxed);
            continue;
        };
        let connection = Connection { close: shutdown.child_token(), force_close: force_close.clone() };
        let (router, config, abort) = (router.clone(), config.clone(), abort.clone());
        let worker = config.workers.next();
        let task = async move {
            let _slot = slot;
            config.counters.open.fetch_add(1, Relaxed);
            tokio::select! {
                () = serve_connection(stream, peer, router, connection, &config) => {}
                () = abort.cancelled() => {}
            }
            config.counters.open.fetch_sub(1, Relaxed);
        };
        tasks.spawn_on(task, &worker);
    }
    drop(listener);
    tasks.close();
    if !wait_until_closed(&tasks, config.drain_timeout, &shutdown).await {
        force_close.cancel();
        wait_until_closed(&tasks, FORCE_CLOSE_TIMEOUT, &shutdown).await;
    }
    abort.cancel();
}

/// Whether all connections ended within the time, and before somebody lost patience.
async fn wait_until_closed(tasks: &TaskTracker, within: Duration, shutdown: &Shutdown) -> bool {
    tokio::select! {
        () = tasks.wait() => true,
        () = sleep(within) => false,
        () = shutdown.forced() => false,
    }
}

/// Makes one connection ready and serves it to its end.
async fn serve_connection(
    stream: std::net::TcpStream,
    peer: SocketAddr,
    router: Router,
    connection: Connection,
    config: &ListenerConfig,
) {
    let Ok(stream) = TcpStream::from_std(stream) else { return };
    // Without it, the small writes of a stream wait for acknowledgements. A socket that refuses is about to fail.
    let _ = stream.set_nodelay(true);
    let deadline = Instant::now() + config.first_byte_timeout;
    tokio::select! {
        readable = timeout_at(deadline, stream.readable()) => if readable.is_err() {
            config.counters.silent.fetch_add(1, Relaxed);
            return;
        },
        () = connection.close.cancelled() => return,
    }
    let Some(tls) = &config.tls else {
        let stream = WriteTimeout::new(stream, config.write_timeout);
        return serve_http1(stream, peer, false, router, connection, config).await;
    };
    let handshake = tokio::select! {
        handshake = timeout_at(deadline, Box::pin(tls.handshake(stream, config.write_timeout))) => handshake,
        () = connection.close.cancelled() => return,
    };
    match handshake {
        Ok(Ok(stream)) => serve_http1(stream, peer, true, router, connection, config).await,
        failed => {
            config.counters.handshakes_failed.fetch_add(1, Relaxed);
            let reason = failed.err().map_or("refused", |_| "too slow");
            tracing::debug!(%peer, reason, "a TLS handshake failed");
        }
    }
}

/// Answers the requests of one connection.
async fn serve_http1(
    stream: impl AsyncRead + AsyncWrite + Unpin,
    peer: SocketAddr,
    is_tls: bool,
    router: Router,
    connection: Connection,
    config: &ListenerConfig,
) {
    let extension = connection.clone();
    let service = service_fn(move |request: Request<Incoming>| {
        let mut request = request.map(axum::body::Body::new);
        let client = config.trusted_proxies.client(peer.ip(), is_tls, request.headers());
        request.extensions_mut().insert(client);
        request.extensions_mut().insert(extension.clone());
        let mut router = router.clone();
        Box::pin(
            async move { Ok::<_, Infallible>(router.call(request).await.unwrap_or_else(|e| match e {})) },
        )
    });
    let mut server = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(config.head_timeout)
        .max_headers(config.max_header_fields)
        .max_header_size(config.max_head_bytes)
        .max_buf_size(config.max_head_bytes)
        .serve_connection(TokioIo::new(stream), service);
    let mut is_closing = false;
    let result = loop {
        tokio::select! {
            result = poll_fn(|cx| server.poll_without_shutdown(cx)) => break result,
            () = connection.close.cancelled(), if !is_closing => {
                is_closing = true;
                std::pin::Pin::new(&mut server).graceful_shutdown();
            }
        }
    };
    let is_too_large = result.as_ref().is_err_and(hyper::Error::is_parse_too_large);
    if is_too_large {
        config.counters.heads_refused.fetch_add(1, Relaxed);
    } else if result.as_ref().is_err_and(hyper::Error::is_timeout) {
        config.counters.heads_slow.fetch_add(1, Relaxed);
    }
    if result.is_ok() || is_too_large {
        lingering_close::lingering_close(server.into_parts().io.into_inner()).await;
    }
}

//! The accept loop of the whole server, control plane included.
//!
//! It limits connections, request heads and waiting times, terminates TLS if configured, and gives each
//! request its [`Client`] and [`Connection`]. Draining stops accepting, lets running answers finish up to a
//! timeout, then force-closes them. It looks at no body and no path.

mod certificate;
mod client;
mod lingering_close;
mod shutdown;
mod tls;
pub mod workers;
mod write_timeout;

use std::{
    convert::Infallible,
    fmt,
    future::poll_fn,
    net::SocketAddr,
    sync::{
        Arc,
        atomic::{
            AtomicBool, AtomicU64,
            Ordering::{Acquire, Relaxed, Release},
        },
    },
    time::Duration,
};

use axum::{Router, body::Body};
use futures_util::{
    FutureExt as _,
    future::{BoxFuture, Either},
};
use hyper::{Request, Response, body::Incoming, server::conn::http1, service::service_fn};
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

use self::{lingering_close::lingering_close, workers::Workers};

pub use certificate::{BadCertificate, CertificateFiles};
pub use client::{Client, TrustedProxies};
pub use shutdown::Shutdown;
pub use tls::Tls;
use write_timeout::WriteTimeout;

/// Limits of the listener, and the parts that it works with.
#[derive(Clone, Debug)]
pub struct ListenerConfig {
    /// Open connections; further ones are closed as soon as they are accepted.
    pub max_connections: usize,
    /// How long a new connection may be silent; with TLS, how long its handshake may take.
    pub first_byte_timeout: Duration,
    /// How long a request head may take, idle time between two requests included.
    pub head_timeout: Duration,
    /// Header fields of a request.
    pub max_header_fields: usize,
    /// Bytes of a request head.
    pub max_head_bytes: usize,
    /// How long a client may read nothing while something waits to be written to it.
    pub write_timeout: Duration,
    /// How long running answers may go on after draining has begun.
    pub drain_timeout: Duration,
    /// TLS for clients; `None` is plain HTTP.
    pub tls: Option<Arc<Tls>>,
    /// Proxies whose forwarding headers are believed.
    pub trusted_proxies: TrustedProxies,
    /// Counters that the listener updates.
    pub counters: Arc<Counters>,
    /// Threads that serve the connections.
    pub workers: Workers,
    /// What is served without the router.
    pub direct_calls: Option<DirectCalls>,
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
            direct_calls: None,
        }
    }
}

/// How long force-closed answers may take to say so before their connections are dropped.
const FORCE_CLOSE_TIMEOUT: Duration = Duration::from_secs(2);
/// Most bytes that a connection reads at once. Buffers start at 8 KiB and grow while reads fill them.
const READ_BYTES: usize = 256 * 1024;
/// Delay after a failed accept, as when file descriptors run out.
const ACCEPT_RETRY_DELAY: Duration = Duration::from_millis(50);

/// Counters of the listener, since the start.
#[derive(Debug, Default)]
pub struct Counters {
    /// Accepted connections.
    pub accepted: AtomicU64,
    /// Connections open now.
    pub open: AtomicU64,
    /// Connections closed at once because too many were open.
    pub refused: AtomicU64,
    /// Failed accepts.
    pub failed: AtomicU64,
    /// TLS handshakes that failed or timed out.
    pub handshakes_failed: AtomicU64,
    /// New connections closed because no byte arrived in time.
    pub silent: AtomicU64,
    /// Connections closed because a request head took too long, idle time between two requests included.
    pub heads_slow: AtomicU64,
    /// Request heads that were too large or had too many fields.
    pub heads_refused: AtomicU64,
}

/// The connection that a request arrived on; a request extension. Each call clones it.
#[derive(Clone, Debug)]
pub struct Connection(Arc<ConnectionState>);

#[derive(Debug)]
struct ConnectionState {
    close: CancellationToken,
    force_close: Arc<ForceClose>,
}

/// Whether the timeout of a drain is over. The flag is what calls look at; the token wakes their connections first.
#[derive(Debug, Default)]
struct ForceClose {
    is_over: AtomicBool,
    token: CancellationToken,
}

impl ForceClose {
    fn begin(&self) {
        self.is_over.store(true, Release);
        self.token.cancel();
    }
}

/// Serves requests without the router; gives back those that need it.
#[derive(Clone)]
pub struct DirectCalls(Arc<DirectService>);

type DirectService = dyn Fn(Request<Body>, &Connection) -> Either<BoxFuture<'static, Response<Body>>, Request<Body>>
    + Send
    + Sync;

impl DirectCalls {
    /// Calls are served by what `service` returns.
    pub fn new(
        service: impl Fn(Request<Body>, &Connection) -> Either<BoxFuture<'static, Response<Body>>, Request<Body>>
        + Send
        + Sync
        + 'static,
    ) -> Self {
        Self(Arc::new(service))
    }
}

impl fmt::Debug for DirectCalls {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("DirectCalls")
    }
}

impl Connection {
    /// Closes the connection once the current answer is complete.
    pub(crate) fn close_after_answer(&self) {
        self.0.close.cancel();
    }

    /// Whether the timeout of a drain is over and answers must end. When that happens, the task that serves the
    /// connection is woken, so its calls need not wait for it.
    pub(crate) fn is_force_closed(&self) -> bool {
        self.0.force_close.is_over.load(Acquire)
    }
}

/// Serves `router` on `listener` until `shutdown` is requested. Returns when every connection has closed or
/// was force-closed.
pub async fn serve(listener: TcpListener, router: Router, shutdown: Shutdown, config: ListenerConfig) {
    let counters = Arc::clone(&config.counters);
    let router = router.layer(CatchPanicLayer::new());
    let slots = Arc::new(Semaphore::new(config.max_connections));
    let (force_close, abort) = (Arc::<ForceClose>::default(), CancellationToken::new());
    let tasks = TaskTracker::new();
    loop {
        let accepted = tokio::select! {
            biased;
            () = shutdown.requested() => break,
            accepted = listener.accept() => accepted,
        };
        // Deregistered from this runtime, so a worker's runtime can register it.
        let accepted = accepted.and_then(|(stream, peer)| Ok((stream.into_std()?, peer)));
        let (stream, peer) = match accepted {
            Ok(accepted) => accepted,
            Err(error) => {
                counters.failed.fetch_add(1, Relaxed);
                tracing::warn!(%error, "accepting a connection failed; trying again");
                sleep(ACCEPT_RETRY_DELAY).await;
                continue;
            }
        };
        counters.accepted.fetch_add(1, Relaxed);
        let Ok(slot) = Arc::clone(&slots).try_acquire_owned() else {
            counters.refused.fetch_add(1, Relaxed);
            continue;
        };
        let state = ConnectionState { close: shutdown.child_token(), force_close: Arc::clone(&force_close) };
        let connection = Connection(Arc::new(state));
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
        force_close.begin();
        wait_until_closed(&tasks, FORCE_CLOSE_TIMEOUT, &shutdown).await;
    }
    abort.cancel();
}

/// Whether all connections closed within the time and before a forced shutdown.
async fn wait_until_closed(tasks: &TaskTracker, within: Duration, shutdown: &Shutdown) -> bool {
    tokio::select! {
        () = tasks.wait() => true,
        () = sleep(within) => false,
        () = shutdown.forced() => false,
    }
}

/// Prepares a connection (first byte, TLS) and serves it until it closes.
async fn serve_connection(
    stream: std::net::TcpStream,
    peer: SocketAddr,
    router: Router,
    connection: Connection,
    config: &ListenerConfig,
) {
    let Ok(stream) = TcpStream::from_std(stream) else { return };
    // Otherwise the small writes of a stream wait for acknowledgements. If the socket refuses, it is about to
    // fail anyway.
    let _ = stream.set_nodelay(true);
    let deadline = Instant::now() + config.first_byte_timeout;
    tokio::select! {
        readable = timeout_at(deadline, stream.readable()) => if readable.is_err() {
            config.counters.silent.fetch_add(1, Relaxed);
            return;
        },
        () = connection.0.close.cancelled() => return,
    }
    let Some(tls) = &config.tls else {
        let stream = WriteTimeout::new(stream, config.write_timeout);
        return serve_http1(stream, peer, false, router, connection, config).await;
    };
    let handshake = tokio::select! {
        handshake = timeout_at(deadline, Box::pin(tls.handshake(stream, config.write_timeout))) => handshake,
        () = connection.0.close.cancelled() => return,
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

/// Serves the requests of one connection.
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
        let request = request.map(Body::new);
        let direct = match &config.direct_calls {
            Some(DirectCalls(direct)) => direct(request, &extension),
            None => Either::Right(request),
        };
        let mut request = match direct {
            Either::Left(response) => return Either::Left(response.map(Ok)),
            Either::Right(request) => request,
        };
        let client = config.trusted_proxies.client(peer.ip(), is_tls, request.headers());
        request.extensions_mut().insert(client);
        request.extensions_mut().insert(extension.clone());
        let mut router = router.clone();
        let response = async move { router.call(request).await };
        Either::Right(Box::pin(response) as BoxFuture<'static, Result<Response<Body>, Infallible>>)
    });
    let mut server = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(config.head_timeout)
        .max_headers(config.max_header_fields)
        .max_header_size(config.max_head_bytes)
        .max_buf_size(READ_BYTES.max(config.max_head_bytes))
        .serve_connection(TokioIo::new(stream), service);
    let mut is_closing = false;
    let mut is_force_closed = false;
    let mut force_closed = std::pin::pin!(connection.0.force_close.token.cancelled());
    let result = loop {
        tokio::select! {
            biased;
            result = poll_fn(|cx| server.poll_without_shutdown(cx)) => break result,
            // The next turn polls the running call, which looks at the flag.
            () = &mut force_closed, if !is_force_closed => is_force_closed = true,
            () = connection.0.close.cancelled(), if !is_closing => {
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
        lingering_close(server.into_parts().io.into_inner()).await;
    }
}

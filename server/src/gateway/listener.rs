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
    future::poll_fn,
    net::SocketAddr,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering::Relaxed},
    },
    time::Duration,
};

use axum::Router;
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
pub struct Limits {
    /// Connections at once; further ones are closed as soon as they are accepted.
    pub connections: usize,
    /// How long a new connection may be silent; with TLS, how long it may take until its handshake is done.
    pub first_byte: Duration,
    /// How long a head may take, idle time between two requests included.
    pub head: Duration,
    /// Header fields of one request.
    pub header_fields: usize,
    /// Bytes of one head; also the size of a connection's read buffer. At least 8192.
    pub head_bytes: usize,
    /// How long a client may read nothing of what is written to it.
    pub write_idle: Duration,
    /// How long running answers may go on once draining has begun.
    pub grace: Duration,
    /// How connections are made private; `None` is plain HTTP.
    pub tls: Option<Arc<Tls>>,
    /// Whose word about clients counts.
    pub trusted_proxies: TrustedProxies,
    /// Where it counts.
    pub counters: Arc<Counters>,
    /// Where connections are served.
    pub workers: Workers,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            connections: 10_000,
            first_byte: Duration::from_secs(10),
            head: Duration::from_secs(15),
            header_fields: 100,
            head_bytes: 64 * 1024,
            write_idle: Duration::from_secs(60),
            grace: Duration::from_secs(120),
            tls: None,
            trusted_proxies: TrustedProxies::default(),
            counters: Arc::default(),
            workers: Workers::none(),
        }
    }
}

/// How long cut answers have to say so before their connections are dropped.
const CUT: Duration = Duration::from_secs(2);
/// The pause after a failed accept, such as one for want of file descriptors.
const ACCEPT_PAUSE: Duration = Duration::from_millis(50);

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
    cut: CancellationToken,
}

impl Connection {
    /// Closes this one connection once the answer under way is complete.
    pub fn close_after_answer(&self) {
        self.close.cancel();
    }

    /// Waits until the grace of a drain is over and answers must end.
    pub fn cut(&self) -> impl Future<Output = ()> + Send + 'static {
        self.cut.clone().cancelled_owned()
    }
}

/// Serves `router` on `listener` until `shutdown` says so. Returns when every connection is gone or was cut.
pub async fn serve(listener: TcpListener, router: Router, shutdown: Shutdown, limits: Limits) {
    let counters = Arc::clone(&limits.counters);
    let router = router.layer(CatchPanicLayer::new());
    let slots = Arc::new(Semaphore::new(limits.connections));
    let (cut, gone) = (CancellationToken::new(), CancellationToken::new());
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
                sleep(ACCEPT_PAUSE).await;
                continue;
            }
        };
        counters.accepted.fetch_add(1, Relaxed);
        let Ok(slot) = Arc::clone(&slots).try_acquire_owned() else {
            counters.refused.fetch_add(1, Relaxed);
            continue;
        };
        let connection = Connection { close: shutdown.child(), cut: cut.clone() };
        let (router, limits, gone) = (router.clone(), limits.clone(), gone.clone());
        let worker = limits.workers.next();
        let serving = async move {
            let _slot = slot;
            limits.counters.open.fetch_add(1, Relaxed);
            tokio::select! {
                () = serve_connection(stream, peer, router, connection, &limits) => {}
                () = gone.cancelled() => {}
            }
            limits.counters.open.fetch_sub(1, Relaxed);
        };
        tasks.spawn_on(serving, &worker);
    }
    drop(listener);
    tasks.close();
    if !all_done(&tasks, limits.grace, &shutdown).await {
        cut.cancel();
        all_done(&tasks, CUT, &shutdown).await;
    }
    gone.cancel();
}

/// Whether all connections ended within the time, and before somebody lost patience.
async fn all_done(tasks: &TaskTracker, within: Duration, shutdown: &Shutdown) -> bool {
    tokio::select! {
        () = tasks.wait() => true,
        () = sleep(within) => false,
        () = shutdown.at_once() => false,
    }
}

/// Makes one connection ready and serves it to its end.
async fn serve_connection(
    stream: std::net::TcpStream,
    peer: SocketAddr,
    router: Router,
    connection: Connection,
    limits: &Limits,
) {
    let Ok(stream) = TcpStream::from_std(stream) else { return };
    // Without it, the small writes of a stream wait for acknowledgements. A socket that refuses is about to fail.
    let _ = stream.set_nodelay(true);
    let first = Instant::now() + limits.first_byte;
    tokio::select! {
        said = timeout_at(first, stream.readable()) => if said.is_err() {
            limits.counters.silent.fetch_add(1, Relaxed);
            return;
        },
        () = connection.close.cancelled() => return,
    }
    let Some(tls) = &limits.tls else {
        let stream = WriteTimeout::new(stream, limits.write_idle);
        return serve_http1(stream, peer, false, router, connection, limits).await;
    };
    let greeted = tokio::select! {
        greeted = timeout_at(first, Box::pin(tls.handshake(stream, limits.write_idle))) => greeted,
        () = connection.close.cancelled() => return,
    };
    match greeted {
        Ok(Ok(stream)) => serve_http1(stream, peer, true, router, connection, limits).await,
        failed => {
            limits.counters.handshakes_failed.fetch_add(1, Relaxed);
            let why = failed.err().map_or("refused", |_| "too slow");
            tracing::debug!(%peer, why, "a TLS handshake failed");
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
    limits: &Limits,
) {
    let extension = connection.clone();
    let service = service_fn(move |request: Request<Incoming>| {
        let mut request = request.map(axum::body::Body::new);
        let client = limits.trusted_proxies.client(peer.ip(), is_tls, request.headers());
        request.extensions_mut().insert(client);
        request.extensions_mut().insert(extension.clone());
        let mut router = router.clone();
        Box::pin(
            async move { Ok::<_, Infallible>(router.call(request).await.unwrap_or_else(|e| match e {})) },
        )
    });
    let mut serving = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(limits.head)
        .max_headers(limits.header_fields)
        .max_header_size(limits.head_bytes)
        .max_buf_size(limits.head_bytes)
        .serve_connection(TokioIo::new(stream), service);
    let mut closing = false;
    let ended = loop {
        tokio::select! {
            ended = poll_fn(|cx| serving.poll_without_shutdown(cx)) => break ended,
            () = connection.close.cancelled(), if !closing => {
                closing = true;
                std::pin::Pin::new(&mut serving).graceful_shutdown();
            }
        }
    };
    let is_too_large = ended.as_ref().is_err_and(hyper::Error::is_parse_too_large);
    if is_too_large {
        limits.counters.heads_refused.fetch_add(1, Relaxed);
    } else if ended.as_ref().is_err_and(hyper::Error::is_timeout) {
        limits.counters.heads_slow.fetch_add(1, Relaxed);
    }
    if ended.is_ok() || is_too_large {
        lingering_close::lingering_close(serving.into_parts().io.into_inner()).await;
    }
}

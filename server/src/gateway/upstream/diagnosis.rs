//! Finds out why an instance cannot be called, by connections of its own. They carry no key, no prompt and no model.

use std::{borrow::Cow, time::Duration};

use axum::http::{HeaderMap, Method, Uri, uri::Scheme};
use tokio::time::timeout;

use super::{
    Upstream,
    connect_error::{ConnectError, TlsError},
    http1::{
        Connection,
        request::{Request, RequestLine},
    },
};

/// Longest wait for the answer to a request over plain HTTP.
const ANSWER_TIMEOUT: Duration = Duration::from_secs(3);

/// What stands between this server and an instance.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Obstacle {
    /// No connection was established.
    Connect(ConnectError),
    /// The address says `https`, and plain HTTP is spoken there.
    PlainHttp,
    /// The address says `http`, and TLS is spoken there.
    Tls,
}

impl Upstream {
    /// The obstacle that a new connection meets; `None` if it meets none.
    pub(crate) async fn diagnose(&self) -> Option<Obstacle> {
        let (endpoints, connector) = (self.endpoints.as_ref()?, self.connector.as_ref()?);
        let origin = &endpoints.origin;
        if origin.scheme() == Some(&Scheme::HTTPS) {
            return match connector.connect(origin.clone()).await {
                Ok(_) => None,
                Err(ConnectError::Tls(TlsError::NotTls | TlsError::Closed))
                    if self.speaks_plain_http().await =>
                {
                    Some(Obstacle::PlainHttp)
                }
                Err(error) => Some(Obstacle::Connect(error)),
            };
        }
        // The handshake is the first thing on the connection: a server may take one connection at a time.
        match connector.connect(with_scheme(origin, Scheme::HTTPS)?).await {
            Ok(_) => Some(Obstacle::Tls),
            // A server that speaks plain HTTP may also wait for more of what it takes for a request.
            Err(ConnectError::Tls(TlsError::NotTls | TlsError::Closed) | ConnectError::TimedOut) => None,
            Err(ConnectError::Tls(_)) => Some(Obstacle::Tls),
            Err(error) => Some(Obstacle::Connect(error)),
        }
    }

    /// Whether a request over plain HTTP is answered at the instance's port.
    async fn speaks_plain_http(&self) -> bool {
        let answer = async {
            let (endpoints, connector) = (self.endpoints.as_ref()?, self.connector.as_ref()?);
            let socket = connector.connect(with_scheme(&endpoints.origin, Scheme::HTTP)?).await.ok()?;
            let request = Request {
                line: Cow::Owned(RequestLine::new(Method::HEAD, &Uri::default())),
                fields: &endpoints.host,
                headers: &HeaderMap::new(),
                body: &[],
                upload: None,
            };
            Connection::new(socket).send(&request).await.ok()
        };
        timeout(ANSWER_TIMEOUT, Box::pin(answer)).await.is_ok_and(|it| it.is_some())
    }
}

/// The same host and port with another scheme.
fn with_scheme(origin: &Uri, scheme: Scheme) -> Option<Uri> {
    let host = origin.host()?;
    let default = if origin.scheme() == Some(&Scheme::HTTPS) { 443 } else { 80 };
    let port = origin.port_u16().unwrap_or(default);
    format!("{scheme}://{host}:{port}/").parse().ok()
}

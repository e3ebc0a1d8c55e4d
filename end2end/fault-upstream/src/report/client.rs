//! The report's HTTP client. It opens a connection per call, so that it can tell every byte of a body and the end of its
//! connection. Plain HTTP only.

use std::time::{Duration, Instant};

use http_body_util::{BodyExt, Full};
use hyper::{
    HeaderMap, Method, Request, Response, Uri,
    body::{Bytes, Incoming},
    client::conn::http1::{self, SendRequest},
    header,
};
use hyper_util::rt::TokioIo;
use tokio::{
    net::TcpStream,
    task::JoinHandle,
    time::{self, timeout_at},
};

use super::ReportError;

/// The maximum number of body bytes read.
const MAX_BODY: usize = 96 * 1024 * 1024;
/// How soon a connection must close after an answer that should close it.
const CLOSES_WITHIN: Duration = Duration::from_secs(1);

/// A base URL of plain HTTP.
#[derive(Debug, Clone)]
pub(super) struct Target {
    authority: String,
    address: String,
    path: String,
}

/// A connection.
#[derive(Debug)]
pub(super) struct ClientConnection {
    sender: SendRequest<Full<Bytes>>,
    connection: JoinHandle<()>,
}

/// An answer as far as it was received.
#[derive(Debug)]
pub(super) struct Received {
    pub(super) status: u16,
    pub(super) headers: HeaderMap,
    pub(super) body: Vec<u8>,
    pub(super) end: BodyEnd,
    /// Whether the server closed the connection after it; checked only if `expect_close` was set.
    pub(super) closed: bool,
    pub(super) duration: Duration,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum BodyEnd {
    /// Its framing is complete.
    Complete,
    /// It ended before its framing was complete.
    Truncated,
    /// It did not end in time.
    TimedOut,
}

impl Target {
    /// Parses a base URL.
    ///
    /// # Errors
    /// If it is not a URL of plain HTTP.
    pub(super) fn parse(url: &str) -> Result<Self, ReportError> {
        let bad = || ReportError::Url(url.to_owned());
        let uri: Uri = url.parse().map_err(|_| bad())?;
        let authority = uri.authority().filter(|_| uri.scheme_str() == Some("http")).ok_or_else(bad)?;
        Ok(Self {
            authority: authority.to_string(),
            address: format!("{}:{}", authority.host(), authority.port_u16().unwrap_or(80)),
            path: uri.path().trim_end_matches('/').to_owned(),
        })
    }

    /// The same server with another path.
    pub(super) fn with_path(&self, path: &str) -> Self {
        Self { path: path.to_owned(), ..self.clone() }
    }

    /// Builds a request below the base URL.
    pub(super) fn request(
        &self,
        method: Method,
        path: &str,
        bearer: &str,
        body: String,
    ) -> Result<Request<Full<Bytes>>, ReportError> {
        let uri = format!("{}{path}", self.path);
        let request = Request::builder()
            .method(method)
            .uri(uri)
            .header(header::HOST, &self.authority)
            .header(header::AUTHORIZATION, format!("Bearer {bearer}"))
            .header(header::CONTENT_TYPE, "application/json")
            .body(Full::from(body));
        request.map_err(|_| ReportError::Credential)
    }

    /// Opens a connection.
    ///
    /// # Errors
    /// If the server cannot be reached.
    pub(super) async fn connect(&self) -> Result<ClientConnection, ReportError> {
        let unreachable = |error| ReportError::Unreachable { address: self.address.clone(), error };
        let stream = TcpStream::connect(&self.address).await.map_err(unreachable)?;
        let (sender, connection) = http1::handshake(TokioIo::new(stream))
            .await
            .map_err(|error| unreachable(std::io::Error::other(error)))?;
        let connection = tokio::spawn(async move {
            // The answer shows how the connection ended.
            let _ = connection.await;
        });
        Ok(ClientConnection { sender, connection })
    }
}

impl ClientConnection {
    /// Sends a request and returns the future of the answer's head.
    pub(super) fn send(
        &mut self,
        request: Request<Full<Bytes>>,
    ) -> impl Future<Output = hyper::Result<Response<Incoming>>> + use<> {
        self.sender.send_request(request)
    }

    /// Sends a request and reads the answer within `timeout`. With `expect_close`, also waits for the close.
    pub(super) async fn exchange(
        mut self,
        request: Request<Full<Bytes>>,
        timeout: Duration,
        expect_close: bool,
    ) -> Received {
        let began = Instant::now();
        let until = (began + timeout).into();
        let mut received = Received {
            status: 0,
            headers: HeaderMap::new(),
            body: Vec::new(),
            end: BodyEnd::TimedOut,
            closed: false,
            duration: Duration::ZERO,
        };
        let answer = timeout_at(until, self.send(request)).await;
        match answer {
            Err(_) => {}
            Ok(Err(_)) => received.end = BodyEnd::Truncated,
            Ok(Ok(response)) => {
                let (head, mut body) = response.into_parts();
                (received.status, received.headers) = (head.status.as_u16(), head.headers);
                received.end = loop {
                    match timeout_at(until, body.frame()).await {
                        Err(_) => break BodyEnd::TimedOut,
                        Ok(None) => break BodyEnd::Complete,
                        Ok(Some(Err(_))) => break BodyEnd::Truncated,
                        Ok(Some(Ok(frame))) => received.body.extend(frame.into_data().unwrap_or_default()),
                    }
                    if received.body.len() > MAX_BODY {
                        break BodyEnd::TimedOut;
                    }
                };
            }
        }
        received.duration = began.elapsed();
        received.closed = expect_close && time::timeout(CLOSES_WITHIN, &mut self.connection).await.is_ok();
        received
    }

    /// Disconnects abruptly, as a killed caller does.
    pub(super) async fn disconnect(self) {
        self.connection.abort();
        // The only possible error is the cancellation requested above.
        let _ = self.connection.await;
    }
}

impl Received {
    pub(super) fn header(&self, name: &str) -> &str {
        self.headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default()
    }

    /// The body as JSON; null if it is not JSON.
    pub(super) fn json(&self) -> serde_json::Value {
        serde_json::from_slice(&self.body).unwrap_or_default()
    }

    /// A short description.
    pub(super) fn words(&self) -> String {
        let end = match self.end {
            BodyEnd::Complete => "",
            BodyEnd::Truncated => ", truncated",
            BodyEnd::TimedOut => ", timed out",
        };
        let status = if self.status == 0 { "no answer".to_owned() } else { self.status.to_string() };
        format!("{status}, {} bytes{end}", self.body.len())
    }
}

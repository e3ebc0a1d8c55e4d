//! The report's client: one connection for each call, so that every byte of a body and the end of its connection can
//! be told. Plain HTTP only.

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
    time::{timeout, timeout_at},
};

use super::ReportError;

/// The most bytes that are read of an answer.
const MOST: usize = 96 * 1024 * 1024;
/// How long a connection may stay open after an answer that should close it.
const CLOSES_WITHIN: Duration = Duration::from_secs(1);

/// Where calls go: a base URL of plain HTTP.
#[derive(Debug, Clone)]
pub(super) struct Target {
    authority: String,
    address: String,
    path: String,
}

/// One connection.
#[derive(Debug)]
pub(super) struct Line {
    sender: SendRequest<Full<Bytes>>,
    connection: JoinHandle<()>,
}

/// An answer, as far as it came.
#[derive(Debug)]
pub(super) struct Seen {
    pub(super) status: u16,
    pub(super) headers: HeaderMap,
    pub(super) body: Vec<u8>,
    pub(super) end: BodyEnd,
    /// Whether the server closed the connection after it; looked at only where `closes` was asked.
    pub(super) closed: bool,
    pub(super) took: Duration,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum BodyEnd {
    /// By its framing.
    Whole,
    /// Before its framing says so.
    Broken,
    /// Not in time.
    Late,
}

impl Target {
    /// Reads a base URL.
    ///
    /// # Errors
    /// Where it is not one of plain HTTP.
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
    pub(super) fn at(&self, path: &str) -> Self {
        Self { path: path.to_owned(), ..self.clone() }
    }

    /// A request below the base URL.
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
    /// Where nobody listens.
    pub(super) async fn connect(&self) -> Result<Line, ReportError> {
        let unreachable = |error| ReportError::Unreachable { address: self.address.clone(), error };
        let stream = TcpStream::connect(&self.address).await.map_err(unreachable)?;
        let (sender, connection) = http1::handshake(TokioIo::new(stream))
            .await
            .map_err(|error| unreachable(std::io::Error::other(error)))?;
        let connection = tokio::spawn(async move {
            // How it ended is told by the answer.
            let _ = connection.await;
        });
        Ok(Line { sender, connection })
    }
}

impl Line {
    /// Sends a request; the answer's head is the future's.
    pub(super) fn send(
        &mut self,
        request: Request<Full<Bytes>>,
    ) -> impl Future<Output = hyper::Result<Response<Incoming>>> + use<> {
        self.sender.send_request(request)
    }

    /// Sends a request and reads the answer, within `patience`. Where it `closes`, the close is waited for too.
    pub(super) async fn exchange(
        mut self,
        request: Request<Full<Bytes>>,
        patience: Duration,
        closes: bool,
    ) -> Seen {
        let began = Instant::now();
        let until = (began + patience).into();
        let mut seen = Seen {
            status: 0,
            headers: HeaderMap::new(),
            body: Vec::new(),
            end: BodyEnd::Late,
            closed: false,
            took: Duration::ZERO,
        };
        let answer = timeout_at(until, self.send(request)).await;
        match answer {
            Err(_) => {}
            Ok(Err(_)) => seen.end = BodyEnd::Broken,
            Ok(Ok(response)) => {
                let (head, mut body) = response.into_parts();
                (seen.status, seen.headers) = (head.status.as_u16(), head.headers);
                seen.end = loop {
                    match timeout_at(until, body.frame()).await {
                        Err(_) => break BodyEnd::Late,
                        Ok(None) => break BodyEnd::Whole,
                        Ok(Some(Err(_))) => break BodyEnd::Broken,
                        Ok(Some(Ok(frame))) => seen.body.extend(frame.into_data().unwrap_or_default()),
                    }
                    if seen.body.len() > MOST {
                        break BodyEnd::Late;
                    }
                };
            }
        }
        seen.took = began.elapsed();
        seen.closed = closes && timeout(CLOSES_WITHIN, &mut self.connection).await.is_ok();
        seen
    }

    /// Leaves without a word, as a caller does that has been killed.
    pub(super) async fn leave(self) {
        self.connection.abort();
        // The only error is the cancellation just asked for.
        let _ = self.connection.await;
    }
}

impl Seen {
    pub(super) fn header(&self, name: &str) -> &str {
        self.headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default()
    }

    /// The error that a plain answer is, if it is one.
    pub(super) fn error_message(&self) -> Option<String> {
        let body: serde_json::Value = serde_json::from_slice(&self.body).ok()?;
        Some(body["error"]["message"].as_str()?.to_owned())
    }

    /// What came, in a few words.
    pub(super) fn words(&self) -> String {
        let end = match self.end {
            BodyEnd::Whole => "",
            BodyEnd::Broken => ", broken off",
            BodyEnd::Late => ", not ended in time",
        };
        let status = if self.status == 0 { "no answer".to_owned() } else { self.status.to_string() };
        format!("{status}, {} bytes{end}", self.body.len())
    }
}

//! A socket to an instance: TCP, or TLS on it.

use std::{
    fmt, io,
    pin::Pin,
    task::{Context, Poll},
};

use hyper_rustls::MaybeHttpsStream;
use hyper_util::rt::TokioIo;
use tokio::{
    io::{AsyncRead, AsyncWrite, ReadBuf},
    net::TcpStream,
};
use tokio_rustls::client::TlsStream;

/// A connected socket.
pub(super) enum Socket {
    Tcp(TcpStream),
    Tls(Box<TlsStream<TokioIo<TokioIo<TcpStream>>>>),
}

impl fmt::Debug for Socket {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Tcp(_) => "Tcp",
            Self::Tls(_) => "Tls",
        })
    }
}

impl From<MaybeHttpsStream<TokioIo<TcpStream>>> for Socket {
    fn from(stream: MaybeHttpsStream<TokioIo<TcpStream>>) -> Self {
        match stream {
            MaybeHttpsStream::Http(tcp) => Self::Tcp(tcp.into_inner()),
            MaybeHttpsStream::Https(tls) => Self::Tls(Box::new(tls.into_inner())),
        }
    }
}

impl AsyncRead for Socket {
    fn poll_read(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        match self.get_mut() {
            Self::Tcp(tcp) => Pin::new(tcp).poll_read(cx, buffer),
            Self::Tls(tls) => Pin::new(tls).poll_read(cx, buffer),
        }
    }
}

impl AsyncWrite for Socket {
    fn poll_write(self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        match self.get_mut() {
            Self::Tcp(tcp) => Pin::new(tcp).poll_write(cx, bytes),
            Self::Tls(tls) => Pin::new(tls).poll_write(cx, bytes),
        }
    }

    fn poll_write_vectored(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        slices: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        match self.get_mut() {
            Self::Tcp(tcp) => Pin::new(tcp).poll_write_vectored(cx, slices),
            Self::Tls(tls) => Pin::new(tls).poll_write_vectored(cx, slices),
        }
    }

    fn is_write_vectored(&self) -> bool {
        true
    }

    fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        match self.get_mut() {
            Self::Tcp(tcp) => Pin::new(tcp).poll_flush(cx),
            Self::Tls(tls) => Pin::new(tls).poll_flush(cx),
        }
    }

    fn poll_shutdown(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        match self.get_mut() {
            Self::Tcp(tcp) => Pin::new(tcp).poll_shutdown(cx),
            Self::Tls(tls) => Pin::new(tls).poll_shutdown(cx),
        }
    }
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "tests")]
mod tests {
    use std::{borrow::Cow, future::poll_fn, sync::Arc};

    use axum::http::{HeaderMap, Method, Uri};
    use bytes::Bytes;
    use rustls::{ClientConfig, RootCertStore, ServerConfig, crypto::ring, pki_types::ServerName};
    use tokio::{
        io::{AsyncReadExt as _, AsyncWriteExt as _, copy, split},
        net::TcpListener,
    };
    use tokio_rustls::{TlsAcceptor, TlsConnector};

    use super::{
        super::http1::{
            Connection,
            request::{PreparedFields, Request, RequestLine},
        },
        *,
    };

    /// An acceptor with a certificate of its own, and a connector that trusts it.
    fn tls() -> (TlsAcceptor, TlsConnector) {
        let signed = rcgen::generate_simple_self_signed(["localhost".to_owned()]).unwrap();
        let key = signed.signing_key.serialize_der().try_into().unwrap();
        let provider = Arc::new(ring::default_provider());
        let server = ServerConfig::builder_with_provider(Arc::clone(&provider));
        let server = server.with_safe_default_protocol_versions().unwrap().with_no_client_auth();
        let server = server.with_single_cert(vec![signed.cert.der().clone()], key).unwrap();
        let mut roots = RootCertStore::empty();
        roots.add(signed.cert.der().clone()).unwrap();
        let client = ClientConfig::builder_with_provider(provider).with_safe_default_protocol_versions();
        let client = client.unwrap().with_root_certificates(roots).with_no_client_auth();
        (Arc::new(server).into(), Arc::new(client).into())
    }

    #[tokio::test]
    async fn requests_larger_than_any_buffer_come_back_over_tls_one_after_the_other() {
        let (acceptor, connector) = tls();
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let body = [Bytes::from(vec![b'a'; 3_000_000]), Bytes::from(vec![b'b'; 1_500_000])];
        let expected = body.concat();
        let length = expected.len() as u64;
        let serving = tokio::spawn(async move {
            let mut socket = acceptor.accept(listener.accept().await.unwrap().0).await.unwrap();
            for _ in 0..2 {
                let mut head = Vec::new();
                while !head.ends_with(b"\r\n\r\n") {
                    head.push(socket.read_u8().await.unwrap());
                }
                // Each byte is sent back as soon as it comes, so that both sides write and read at once.
                let head = format!("HTTP/1.1 200 OK\r\ncontent-length: {length}\r\n\r\n");
                socket.write_all(head.as_bytes()).await.unwrap();
                let (reading, mut writing) = split(&mut socket);
                copy(&mut reading.take(length), &mut writing).await.unwrap();
                writing.flush().await.unwrap();
            }
            // Its end is told.
            socket.shutdown().await.unwrap();
        });
        let tcp = TokioIo::new(TokioIo::new(TcpStream::connect(address).await.unwrap()));
        let stream = connector.connect(ServerName::try_from("localhost").unwrap(), tcp).await.unwrap();
        let mut connection = Connection::new(Socket::Tls(Box::new(stream)));
        let (fields, headers) = (PreparedFields::new(&HeaderMap::new()), HeaderMap::new());
        let request = Request {
            line: Cow::Owned(RequestLine::new(Method::POST, &Uri::from_static("/"))),
            fields: &fields,
            headers: &headers,
            body: &body,
            upload: None,
        };
        for call in 0..2 {
            assert!(call == 0 || poll_fn(|cx| Poll::Ready(connection.is_reusable(cx))).await);
            assert_eq!(connection.send(&request).await.unwrap().status, 200);
            let mut received = Vec::new();
            while let Some(piece) = poll_fn(|cx| connection.poll_piece(cx)).await {
                received.extend_from_slice(&piece.unwrap());
            }
            assert!(received == expected);
        }
        serving.await.unwrap();
        let is_closed = |connection: &mut Connection, cx: &mut Context<'_>| !connection.is_reusable(cx);
        let closed =
            poll_fn(|cx| if is_closed(&mut connection, cx) { Poll::Ready(()) } else { Poll::Pending });
        tokio::time::timeout(std::time::Duration::from_secs(10), closed).await.unwrap();
    }
}

//! TLS of this server's own clients: the handshake, and the certificate, which is looked at again every few seconds so
//! that a renewed one needs no restart. Connections that are under way keep what they began with.

use std::{
    fmt, io,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use arc_swap::ArcSwap;
use rustls::{
    ServerConfig,
    crypto::{CryptoProvider, ring},
    pki_types::UnixTime,
    server::{ClientHello, ResolvesServerCert},
    sign::CertifiedKey,
};
use tokio::{
    io::AsyncWriteExt as _,
    net::TcpStream,
    time::{MissedTickBehavior, interval},
};
use tokio_rustls::{TlsAcceptor, server::TlsStream};

use super::{
    certificate::{BadCertificate, CertificateFiles, Pair},
    lingering_close::lingering_close,
    write_timeout::WriteTimeout,
};

/// How often the files are looked at.
const EVERY: Duration = Duration::from_secs(3);
/// What somebody is told who speaks plain HTTP here.
const PLAIN: &[u8] = b"HTTP/1.1 400 Bad Request\r\ncontent-type: text/plain; charset=utf-8\r\n\
    content-length: 59\r\nconnection: close\r\n\r\n\
    This address speaks HTTPS: write https:// instead of http.\n";

/// A certificate in use, and how connections are made private with it.
pub struct Tls {
    files: CertificateFiles,
    provider: Arc<CryptoProvider>,
    current: Arc<Current>,
    acceptor: TlsAcceptor,
    /// What the files held, or why they could not be read, when they were last looked at.
    seen: Mutex<Seen>,
}

type Seen = Result<[u8; 32], String>;

impl fmt::Debug for Tls {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Tls").field("files", &self.files).finish_non_exhaustive()
    }
}

/// The certificate that new connections get.
struct Current(ArcSwap<CertifiedKey>);

impl fmt::Debug for Current {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Current").finish_non_exhaustive()
    }
}

impl ResolvesServerCert for Current {
    fn resolve(&self, _: ClientHello<'_>) -> Option<Arc<CertifiedKey>> {
        Some(self.0.load_full())
    }
}

impl Tls {
    /// Reads a certificate and its key.
    ///
    /// # Errors
    /// Where they are missing, unreadable, no pair, or of no use now.
    pub fn open(files: CertificateFiles) -> Result<Self, BadCertificate> {
        let provider = Arc::new(ring::default_provider());
        let pair = Pair::read(&files)?;
        let certified = pair.certify(&files, &provider, UnixTime::now())?;
        let current = Arc::new(Current(ArcSwap::from_pointee(certified)));
        let config = ServerConfig::builder_with_provider(Arc::clone(&provider))
            .with_safe_default_protocol_versions()
            .map_err(|source| BadCertificate::Unusable { path: files.certificate.clone(), source })?
            .with_no_client_auth();
        let mut config = config.with_cert_resolver(Arc::<Current>::clone(&current));
        config.alpn_protocols = vec![b"http/1.1".to_vec()];
        let acceptor = TlsAcceptor::from(Arc::new(config));
        Ok(Self { files, provider, current, acceptor, seen: Mutex::new(Ok(pair.mark())) })
    }

    /// Takes a new pair over as soon as the files hold one, for as long as it is polled.
    pub async fn keep_fresh(self: Arc<Self>) {
        let mut turn = interval(EVERY);
        turn.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            turn.tick().await;
            let tls = Arc::clone(&self);
            // A disk may take its time.
            let _ = tokio::task::spawn_blocking(move || tls.look_again()).await;
        }
    }

    /// Looks at the files. What has changed and can be used is used from now on; what cannot leaves the old pair in use,
    /// and the log says why, once.
    pub fn look_again(&self) {
        let read = Pair::read(&self.files);
        let now_seen = read.as_ref().map(Pair::mark).map_err(ToString::to_string);
        let mut seen = self.seen.lock().unwrap_or_else(PoisonError::into_inner);
        if *seen == now_seen {
            return;
        }
        *seen = now_seen;
        match read.and_then(|pair| pair.certify(&self.files, &self.provider, UnixTime::now())) {
            Ok(certified) => {
                self.current.0.store(Arc::new(certified));
                tracing::info!(file = %self.files.certificate.display(), "new connections get a new certificate");
            }
            Err(error) => tracing::warn!(%error, "the certificate stays the one that was read before"),
        }
    }

    /// Makes a connection private. Somebody who speaks plain HTTP is told so.
    pub(super) async fn handshake(
        &self,
        mut stream: TcpStream,
        write_idle: Duration,
    ) -> io::Result<TlsStream<WriteTimeout>> {
        let mut first = [0];
        // A handshake begins with 22; a method with a letter.
        if stream.peek(&mut first).await? == 1 && first[0].is_ascii_alphabetic() {
            stream.write_all(PLAIN).await?;
            lingering_close(stream).await;
            return Err(io::Error::new(io::ErrorKind::InvalidData, "plain HTTP"));
        }
        self.acceptor.accept(WriteTimeout::new(stream, write_idle)).await
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_word_to_plain_http_has_the_length_that_it_says() {
        let text = String::from_utf8_lossy(PLAIN);
        let (head, body) = text.split_once("\r\n\r\n").unwrap_or_default();
        assert!(head.contains(&format!("content-length: {}\r\n", body.len())), "{}", body.len());
    }
}

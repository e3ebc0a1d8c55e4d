//! TLS for clients: the handshake, and the certificate, which is reloaded when its files change, without a
//! restart. Open connections keep the certificate they began with.

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
    certificate::{BadCertificate, CertificateFiles, CertificatePair},
    lingering_close::lingering_close,
    write_timeout::WriteTimeout,
};

/// How often the files are checked.
const RELOAD_INTERVAL: Duration = Duration::from_secs(3);
/// The response to plain HTTP on a TLS port.
const PLAIN_HTTP_RESPONSE: &[u8] = b"HTTP/1.1 400 Bad Request\r\ncontent-type: text/plain; charset=utf-8\r\n\
    content-length: 60\r\nconnection: close\r\n\r\n\
    This address speaks HTTPS. Use https:// instead of http://.\n";

/// The current certificate and the TLS acceptor that uses it.
pub struct Tls {
    files: CertificateFiles,
    provider: Arc<CryptoProvider>,
    current: Arc<CurrentCertificate>,
    acceptor: TlsAcceptor,
    /// Fingerprint of the files when they were last read, or the reason why they were unreadable.
    last_state: Mutex<FileState>,
}

type FileState = Result<[u8; 32], String>;

impl fmt::Debug for Tls {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Tls").field("files", &self.files).finish_non_exhaustive()
    }
}

/// The certificate for new connections.
struct CurrentCertificate(ArcSwap<CertifiedKey>);

impl fmt::Debug for CurrentCertificate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("CurrentCertificate").finish_non_exhaustive()
    }
}

impl ResolvesServerCert for CurrentCertificate {
    fn resolve(&self, _: ClientHello<'_>) -> Option<Arc<CertifiedKey>> {
        Some(self.0.load_full())
    }
}

impl Tls {
    /// Loads a certificate and its key.
    ///
    /// # Errors
    /// If they are missing, unreadable, not a pair, or not valid now.
    pub fn open(files: CertificateFiles) -> Result<Self, BadCertificate> {
        let provider = Arc::new(ring::default_provider());
        let pair = CertificatePair::read(&files)?;
        let certified_key = pair.to_certified_key(&files, &provider, UnixTime::now())?;
        let current = Arc::new(CurrentCertificate(ArcSwap::from_pointee(certified_key)));
        let config = ServerConfig::builder_with_provider(Arc::clone(&provider))
            .with_safe_default_protocol_versions()
            .map_err(|source| BadCertificate::Unusable { path: files.certificate.clone(), source })?
            .with_no_client_auth();
        let mut config = config.with_cert_resolver(Arc::<CurrentCertificate>::clone(&current));
        config.alpn_protocols = vec![b"http/1.1".to_vec()];
        let acceptor = TlsAcceptor::from(Arc::new(config));
        Ok(Self { files, provider, current, acceptor, last_state: Mutex::new(Ok(pair.fingerprint())) })
    }

    /// Reloads the certificate whenever its files change, for as long as it is polled.
    pub async fn watch_files(self: Arc<Self>) {
        let mut ticks = interval(RELOAD_INTERVAL);
        ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            ticks.tick().await;
            let tls = Arc::clone(&self);
            // Reading files may block.
            let _ = tokio::task::spawn_blocking(move || tls.reload_if_changed()).await;
        }
    }

    /// Reloads the certificate if its files have changed. An unusable pair leaves the current one in use and
    /// is logged once.
    pub fn reload_if_changed(&self) {
        let read = CertificatePair::read(&self.files);
        let state = read.as_ref().map(CertificatePair::fingerprint).map_err(ToString::to_string);
        let mut last_state = self.last_state.lock().unwrap_or_else(PoisonError::into_inner);
        if *last_state == state {
            return;
        }
        *last_state = state;
        match read.and_then(|pair| pair.to_certified_key(&self.files, &self.provider, UnixTime::now())) {
            Ok(certified_key) => {
                self.current.0.store(Arc::new(certified_key));
                tracing::info!(file = %self.files.certificate.display(), "certificate reloaded; new connections use it");
            }
            Err(error) => {
                tracing::warn!(%error, "the certificate could not be reloaded; the previous one stays in use")
            }
        }
    }

    /// Performs the TLS handshake. A client that speaks plain HTTP gets a response that tells it to use
    /// HTTPS.
    pub(super) async fn handshake(
        &self,
        mut stream: TcpStream,
        write_timeout: Duration,
    ) -> io::Result<TlsStream<WriteTimeout>> {
        let mut first_byte = [0];
        // A TLS handshake begins with byte 22, an HTTP method with a letter.
        if stream.peek(&mut first_byte).await? == 1 && first_byte[0].is_ascii_alphabetic() {
            stream.write_all(PLAIN_HTTP_RESPONSE).await?;
            lingering_close(stream).await;
            return Err(io::Error::new(io::ErrorKind::InvalidData, "plain HTTP"));
        }
        self.acceptor.accept(WriteTimeout::new(stream, write_timeout)).await
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_response_to_plain_http_has_its_announced_length() {
        let text = String::from_utf8_lossy(PLAIN_HTTP_RESPONSE);
        let (head, body) = text.split_once("\r\n\r\n").unwrap_or_default();
        assert!(head.contains(&format!("content-length: {}\r\n", body.len())), "{}", body.len());
    }
}

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
    certificate::{BadCertificate, CertificateFiles, CertificatePair},
    lingering_close::lingering_close,
    write_timeout::WriteTimeout,
};

/// How often the files are looked at.
const RELOAD_INTERVAL: Duration = Duration::from_secs(3);
/// What somebody is told who speaks plain HTTP here.
const PLAIN_HTTP_RESPONSE: &[u8] = b"HTTP/1.1 400 Bad Request\r\ncontent-type: text/plain; charset=utf-8\r\n\
    content-length: 59\r\nconnection: close\r\n\r\n\
    This address speaks HTTPS: write https:// instead of http.\n";

/// A certificate in use, and how connections are made private with it.
pub struct Tls {
    files: CertificateFiles,
    provider: Arc<CryptoProvider>,
    current: Arc<CurrentCertificate>,
    acceptor: TlsAcceptor,
    /// What the files held, or why they could not be read, when they were last looked at.
    last_state: Mutex<FileState>,
}

type FileState = Result<[u8; 32], String>;

impl fmt::Debug for Tls {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Tls").field("files", &self.files).finish_non_exhaustive()
    }
}

/// The certificate that new connections get.
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
    /// Reads a certificate and its key.
    ///
    /// # Errors
    /// Where they are missing, unreadable, no pair, or of no use now.
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

    /// Takes a new pair over as soon as the files hold one, for as long as it is polled.
    pub async fn watch_files(self: Arc<Self>) {
        let mut ticks = interval(RELOAD_INTERVAL);
        ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            ticks.tick().await;
            let tls = Arc::clone(&self);
            // A disk may take its time.
            let _ = tokio::task::spawn_blocking(move || tls.reload_if_changed()).await;
        }
    }

    /// Looks at the files. What has changed and can be used is used from now on; what cannot leaves the old pair in use,
    /// and the log says why, once.
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
                tracing::info!(file = %self.files.certificate.display(), "new connections get a new certificate");
            }
            Err(error) => tracing::warn!(%error, "the certificate stays the one that was read before"),
        }
    }

    /// Makes a connection private. Somebody who speaks plain HTTP is told so.
    pub(super) async fn handshake(
        &self,
        mut stream: TcpStream,
        write_timeout: Duration,
    ) -> io::Result<TlsStream<WriteTimeout>> {
        let mut first_byte = [0];
        // A handshake begins with 22; a method with a letter.
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

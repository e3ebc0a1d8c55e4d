//! The addresses of this server: its origin, the address that it reaches itself by, and what that means for cookies.

use std::{
    net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr},
    sync::Arc,
};

use app::ports::Cookies;
use axum::Router;
use tokio::net::TcpListener;
use url::Url;

use super::BootError;
use super::settings::ServeSettings;
use crate::gateway::listener::{self, Tls};

/// Attributes of session cookies at this address.
pub(super) fn cookies(settings: &ServeSettings, ip: IpAddr) -> Cookies {
    let tls_in_front = settings.public_url.as_deref().is_some_and(|it| it.starts_with("https://"));
    if tls_in_front || settings.tls_cert.is_some() {
        Cookies::Secure
    } else if ip.is_loopback() || settings.insecure_cookies {
        Cookies::Plain
    } else {
        Cookies::Refused
    }
}

/// Opens the TLS certificate, if one is configured.
///
/// # Errors
/// A message for the operator if the certificate cannot be used.
pub(crate) fn tls(settings: &ServeSettings) -> Result<Option<Arc<Tls>>, BootError> {
    let files = settings.certificate_files().map_err(|words| BootError::Setting(words.to_owned()))?;
    Ok(files.map(Tls::open).transpose()?.map(Arc::new))
}

/// The demo's own plain HTTP listener on loopback. If the server speaks TLS, it cannot call itself by its public
/// address: it need not trust its own certificate, which is for other names.
pub(super) struct DemoListener {
    /// Address of the listener.
    pub(super) address: SocketAddr,
    listener: TcpListener,
}

impl DemoListener {
    pub(super) async fn open() -> Result<Self, BootError> {
        let address = SocketAddr::from((Ipv4Addr::LOCALHOST, 0));
        let refused = |source| BootError::Listen { address, source };
        let listener = TcpListener::bind(address).await.map_err(refused)?;
        Ok(Self { address: listener.local_addr().map_err(refused)?, listener })
    }

    /// Serves only the demo until shutdown.
    pub(super) async fn serve(self, demo: Router, shutdown: listener::Shutdown) {
        listener::serve(self.listener, demo, shutdown, listener::ListenerConfig::default()).await;
    }
}

/// The address that this machine reaches itself by: loopback if the address is unspecified.
pub(super) fn reachable(address: SocketAddr) -> SocketAddr {
    let ip = match address.ip() {
        IpAddr::V4(ip) if ip.is_unspecified() => IpAddr::V4(Ipv4Addr::LOCALHOST),
        IpAddr::V6(ip) if ip.is_unspecified() => IpAddr::V6(Ipv6Addr::LOCALHOST),
        ip => ip,
    };
    SocketAddr::new(ip, address.port())
}

/// The origin of `--public-url`, which must have no path because all routes are absolute.
pub(crate) fn origin(public_url: &str) -> Result<String, BootError> {
    let bad = || {
        BootError::Setting(
            "--public-url must look like https://models.example.com, without a path".to_owned(),
        )
    };
    let url = Url::parse(public_url).map_err(|_| bad())?;
    if !matches!(url.scheme(), "http" | "https") || url.path() != "/" || url.query().is_some() {
        return Err(bad());
    }
    Ok(url.origin().ascii_serialization())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_public_url_is_an_origin() {
        assert_eq!(origin("https://Models.example.com").ok().as_deref(), Some("https://models.example.com"));
        assert!(origin("https://a.example/path").is_err());
        assert!(origin("ftp://a.example").is_err());
    }

    #[test]
    fn an_unspecified_address_is_reached_by_loopback() {
        let any = SocketAddr::from(([0, 0, 0, 0], 80));
        assert_eq!(reachable(any), SocketAddr::from(([127, 0, 0, 1], 80)));
    }
}

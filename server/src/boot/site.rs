//! How this server is reached: its origin, the address that it reaches itself by, and what that means for cookies.

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

/// How session cookies may look at this address.
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

/// What makes connections private, where that is asked for.
///
/// # Errors
/// Where the certificate cannot be used, in words for the operator.
pub(crate) fn tls(settings: &ServeSettings) -> Result<Option<Arc<Tls>>, BootError> {
    let files = settings.certificate_files().map_err(|words| BootError::Setting(words.to_owned()))?;
    Ok(files.map(Tls::open).transpose()?.map(Arc::new))
}

/// The demo's own plain door on loopback. Behind TLS of ours the server could not call itself by the front one: it need
/// not trust its own certificate, which speaks of other names.
pub(super) struct DemoDoor {
    /// Where it is.
    pub(super) address: SocketAddr,
    listener: TcpListener,
}

impl DemoDoor {
    pub(super) async fn open() -> Result<Self, BootError> {
        let address = SocketAddr::from((Ipv4Addr::LOCALHOST, 0));
        let refused = |source| BootError::Listen { address, source };
        let listener = TcpListener::bind(address).await.map_err(refused)?;
        Ok(Self { address: listener.local_addr().map_err(refused)?, listener })
    }

    /// Serves the demo, and nothing else, until `shutdown` says so.
    pub(super) async fn serve(self, demo: Router, shutdown: listener::Shutdown) {
        listener::serve(self.listener, demo, shutdown, listener::ListenerConfig::default()).await;
    }
}

/// The address that this machine reaches itself by: an unspecified one stands for loopback.
pub(super) fn reachable(address: SocketAddr) -> SocketAddr {
    let ip = match address.ip() {
        IpAddr::V4(ip) if ip.is_unspecified() => IpAddr::V4(Ipv4Addr::LOCALHOST),
        IpAddr::V6(ip) if ip.is_unspecified() => IpAddr::V6(Ipv6Addr::LOCALHOST),
        ip => ip,
    };
    SocketAddr::new(ip, address.port())
}

/// The origin of `--public-url`, which must have no path: everything here lives at fixed addresses.
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

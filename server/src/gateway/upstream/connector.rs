//! Connections to one instance: name resolution under the egress policy, TCP, and TLS for `https`.

use std::{sync::OnceLock, time::Duration};

use axum::http::Uri;
use hyper_rustls::HttpsConnector;
use hyper_util::client::legacy::connect::HttpConnector;
use rustls::{ClientConfig, RootCertStore, crypto::ring};
use tokio::time::timeout;
use tower::{Service as _, ServiceExt as _};

use super::{connect_error::ConnectError, socket::Socket};
use crate::egress::{EgressRules, GuardedResolver};

/// Idle time before TCP keep-alive probes, and the interval between them.
const KEEPALIVE: Duration = Duration::from_secs(15);
/// Unanswered probes after which a connection is dead.
const KEEPALIVE_PROBES: u32 = 3;
/// How long sent data may stay unacknowledged (RFC 5482).
const UNACKNOWLEDGED: Duration = Duration::from_secs(30);

/// Creates connectors. Reads the root certificates of the system once, when the first `https` instance needs
/// them.
#[derive(Debug, Default)]
pub(crate) struct ConnectorFactory {
    with_roots: OnceLock<Option<ClientConfig>>,
}

impl ConnectorFactory {
    /// A connector for one instance; `None` if TLS cannot be set up.
    pub(super) fn create(&self, https: bool, limit: Duration, egress: &EgressRules) -> Option<Connector> {
        let tls = if https {
            self.with_roots.get_or_init(|| tls_config(system_roots())).clone()?
        } else {
            tls_config(RootCertStore::empty())?
        };
        let mut http = HttpConnector::new_with_resolver(GuardedResolver::new(egress.clone()));
        http.enforce_http(false);
        http.set_nodelay(true);
        // Shared by the addresses of a name, so a dead address does not use up all of it.
        http.set_connect_timeout(Some(limit));
        http.set_keepalive(Some(KEEPALIVE));
        http.set_keepalive_interval(Some(KEEPALIVE));
        http.set_keepalive_retries(Some(KEEPALIVE_PROBES));
        http.set_tcp_user_timeout(Some(UNACKNOWLEDGED));
        Some(Connector { https: HttpsConnector::from((http, tls)), limit })
    }
}

/// Connects to one instance.
#[derive(Clone, Debug)]
pub(super) struct Connector {
    https: HttpsConnector<HttpConnector<GuardedResolver>>,
    /// Limit for name resolution, TCP and TLS together.
    limit: Duration,
}

impl Connector {
    /// Opens a connection.
    ///
    /// # Errors
    /// The reason why there is none.
    pub(super) async fn connect(&self, origin: Uri) -> Result<Socket, ConnectError> {
        let connecting = async { self.https.clone().ready().await?.call(origin).await };
        match timeout(self.limit, Box::pin(connecting)).await {
            Ok(connected) => connected.map(Socket::from).map_err(|error| ConnectError::find(error.as_ref())),
            Err(_) => Err(ConnectError::TimedOut),
        }
    }
}

fn tls_config(roots: RootCertStore) -> Option<ClientConfig> {
    let builder = ClientConfig::builder_with_provider(ring::default_provider().into());
    let mut config = builder
        .with_safe_default_protocol_versions()
        .inspect_err(|error| tracing::error!(%error, "TLS could not be set up"))
        .ok()?
        .with_root_certificates(roots)
        .with_no_client_auth();
    config.alpn_protocols = vec![b"http/1.1".to_vec()];
    Some(config)
}

fn system_roots() -> RootCertStore {
    let mut roots = RootCertStore::empty();
    let found = rustls_native_certs::load_native_certs();
    let (added, _) = roots.add_parsable_certificates(found.certs);
    if added == 0 {
        tracing::warn!("no root certificates found; install them to reach instances over HTTPS");
    }
    roots
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn connectors_are_created_for_both_schemes() {
        let connectors = ConnectorFactory::default();
        for https in [false, true] {
            assert!(connectors.create(https, Duration::from_secs(1), &EgressRules::default()).is_some());
        }
    }
}

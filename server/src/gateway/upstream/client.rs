//! Makes the HTTP clients, and reads their errors.

use std::{sync::OnceLock, time::Duration};

use app::domain::outcome::Outcome;
use rustls::{ClientConfig, RootCertStore, crypto::ring};

use crate::egress::{EgressPolicy, GuardedResolver};

/// How long a connection may be idle in a pool. Common model servers close theirs after 5 s.
const POOL_IDLE: Duration = Duration::from_secs(4);
/// Idle connections kept for one instance.
const POOL_SIZE: usize = 256;

/// The two clients of an instance.
#[derive(Clone, Debug)]
pub(super) struct Client {
    /// Keeps connections and uses them again.
    pub(super) pooled: reqwest::Client,
    /// Makes a connection for each call: for calls whose pooled connection was stale, as the next one may be as well.
    pub(super) fresh: reqwest::Client,
}

/// Where clients are made. The system's certificates are read once, and only when somebody wants HTTPS.
#[derive(Debug, Default)]
pub(crate) struct Clients {
    with_roots: OnceLock<Option<ClientConfig>>,
}

impl Clients {
    /// The clients for one instance; `None` where TLS cannot be set up.
    pub(super) fn make(
        &self,
        https: bool,
        connect_timeout: Duration,
        egress: &EgressPolicy,
    ) -> Option<Client> {
        let tls = if https {
            self.with_roots.get_or_init(|| tls(system_roots())).clone()?
        } else {
            tls(RootCertStore::empty())?
        };
        let with_pool = |size| {
            let made = reqwest::Client::builder()
                .tls_backend_preconfigured(tls.clone())
                .dns_resolver(GuardedResolver::new(egress.clone()))
                .redirect(reqwest::redirect::Policy::none())
                .retry(reqwest::retry::never())
                .referer(false)
                .no_proxy()
                .http1_only()
                .tcp_nodelay(true)
                .connect_timeout(connect_timeout)
                .pool_idle_timeout(POOL_IDLE)
                .pool_max_idle_per_host(size)
                .build();
            made.inspect_err(|error| tracing::error!(%error, "a client for an instance could not be made"))
                .ok()
        };
        Some(Client { pooled: with_pool(POOL_SIZE)?, fresh: with_pool(0)? })
    }
}

fn tls(roots: RootCertStore) -> Option<ClientConfig> {
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
        tracing::warn!("this machine has no root certificates: instances behind HTTPS cannot be reached");
    }
    roots
}

/// What a failed call came to, when no answer had begun.
pub(super) fn outcome(error: &reqwest::Error) -> Outcome {
    match (error.is_connect(), error.is_timeout()) {
        (true, true) => Outcome::ConnectTimeout,
        (true, false) => Outcome::ConnectFailed,
        // Neither a dead connection nor an answer that is no HTTP says more than this.
        (false, _) => Outcome::Reset,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn clients_can_be_made_for_both_schemes() {
        let clients = Clients::default();
        for https in [false, true] {
            assert!(clients.make(https, Duration::from_secs(1), &EgressPolicy::Any).is_some());
        }
    }
}

//! Name resolution under the egress rules.

use std::{
    io,
    net::SocketAddr,
    pin::Pin,
    task::{Context, Poll},
    time::Duration,
};

use hyper_util::client::legacy::connect::dns::Name;
use tokio::time::timeout;
use url::Host;

use super::{Denied, EgressRules, check_address, check_name, check_url};

/// The reason why a name leads nowhere.
#[derive(Debug, thiserror::Error)]
pub enum ResolveError {
    /// The resolver knows no address for it.
    #[error("the name could not be resolved")]
    Unknown(#[source] io::Error),
    /// None of its addresses may be called; the reason for the first one.
    #[error(transparent)]
    Denied(#[from] Denied),
}

/// Resolves names for upstream clients and drops every address that may not be called.
#[derive(Clone, Debug)]
pub struct GuardedResolver {
    rules: EgressRules,
}

impl GuardedResolver {
    /// Creates a resolver with the operator's rules.
    pub fn new(rules: EgressRules) -> Self {
        Self { rules }
    }
}

impl tower::Service<Name> for GuardedResolver {
    type Response = std::vec::IntoIter<SocketAddr>;
    type Error = ResolveError;
    type Future = Pin<Box<dyn Future<Output = Result<Self::Response, Self::Error>> + Send>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Self::Error>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, name: Name) -> Self::Future {
        let rules = self.rules.clone();
        Box::pin(async move { Ok(resolve(name.as_str(), &rules).await?.into_iter()) })
    }
}

/// The addresses of a name that may be called; at least one.
async fn resolve(name: &str, rules: &EgressRules) -> Result<Vec<SocketAddr>, ResolveError> {
    let host = name.trim_end_matches('.').to_ascii_lowercase();
    check_name(&host, rules)?;
    let found = tokio::net::lookup_host((name, 0)).await.map_err(ResolveError::Unknown)?;
    let (mut allowed, mut denied) = (Vec::new(), None);
    for address in found {
        match check_address(&host, address.ip(), rules) {
            Ok(()) => allowed.push(address),
            Err(reason) => denied = denied.or(Some(reason)),
        }
    }
    match denied {
        Some(reason) if allowed.is_empty() => Err(reason.into()),
        None if allowed.is_empty() => Err(ResolveError::Unknown(io::ErrorKind::NotFound.into())),
        _ => Ok(allowed),
    }
}

/// How long a save waits for the answer of a name server.
const RESOLVE_TIMEOUT: Duration = Duration::from_secs(2);

/// Checks where the name in a URL leads now, if that can be found out. Connecting checks it again.
///
/// # Errors
/// [`Denied`], with a text for people, if the URL is refused or none of its addresses may be called.
pub async fn check_resolved(text: &str, rules: &EgressRules) -> Result<(), Denied> {
    let url = check_url(text, rules)?;
    let Some(Host::Domain(name)) = url.host() else { return Ok(()) };
    match timeout(RESOLVE_TIMEOUT, resolve(name, rules)).await {
        Ok(Err(ResolveError::Denied(denied))) => Err(denied),
        // A name that is unknown today may be known when the instance is called.
        Ok(Ok(_) | Err(ResolveError::Unknown(_))) | Err(_) => Ok(()),
    }
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "tests")]
mod tests {
    use tower::Service as _;

    use super::*;
    use crate::egress::EgressPolicy;

    fn rules(policy: &str) -> EgressRules {
        policy.parse::<EgressPolicy>().unwrap().into()
    }

    #[tokio::test]
    async fn a_name_is_judged_again_by_the_address_it_resolves_to() {
        let name = || "localhost".parse::<Name>().unwrap();
        let mut found = GuardedResolver::new(EgressRules::default()).call(name()).await.unwrap();
        assert!(found.next().unwrap().ip().is_loopback());
        for policy in ["allow-list:*.example.com", "public-only", "allow-list:10.0.0.0/8"] {
            let denied = GuardedResolver::new(rules(policy)).call(name()).await;
            assert!(matches!(denied, Err(ResolveError::Denied(Denied::Policy))), "{policy}");
            assert_eq!(check_resolved("http://localhost:1/v1", &rules(policy)).await, Err(Denied::Policy));
        }
    }

    #[tokio::test]
    async fn a_name_that_is_unknown_can_be_saved_and_not_called() {
        let rules = EgressRules::default();
        let found = GuardedResolver::new(rules.clone()).call("gone.invalid".parse().unwrap()).await;
        assert!(matches!(found, Err(ResolveError::Unknown(_))));
        assert_eq!(check_resolved("http://gone.invalid/v1", &rules).await, Ok(()));
    }
}

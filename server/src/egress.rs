//! Addresses that this server may call. A URL is checked when it is saved ([`check_url`]), and the resolved address
//! again on every connection ([`GuardedResolver`]), so a name that changes its answer gains nothing.
//!
//! It opens no connection itself and knows nothing of instances.

mod address;
pub mod network;
mod policy;

use std::{
    error::Error,
    net::{IpAddr, SocketAddr},
    pin::Pin,
    task::{Context, Poll},
};

use hyper_util::client::legacy::connect::dns::Name;
use url::{Host, Url};

pub use address::{Reach, reach};
pub use policy::{AllowListEntry, EgressPolicy, ParsePolicyError};

/// Reasons why an address is refused, with texts for the person who enters the URL.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Denied {
    /// Not an absolute URL with a host.
    #[error("Use an absolute URL, such as http://127.0.0.1:8000/v1.")]
    NotAUrl,
    /// A scheme other than `http` and `https`.
    #[error("The address must begin with http:// or https://.")]
    Scheme,
    /// The URL contains a user name or password.
    #[error("The address must not contain a user name or password; enter the key in its own field.")]
    UserInfo,
    /// Link-local, metadata, multicast, unspecified or broadcast: always refused.
    #[error("Link-local, metadata, multicast and unspecified addresses are not allowed.")]
    Never,
    /// Excluded by the operator's policy.
    #[error("The egress policy of this server does not allow this address.")]
    Policy,
}

/// Checks a URL as it is written. Names are resolved and checked again on connecting. Spellings such as
/// `http://2852039166/` or `http://0xa9fea9fe/` are addresses and are checked as such.
///
/// # Errors
/// [`Denied`], with a text for people.
pub fn check_url(text: &str, policy: &EgressPolicy) -> Result<Url, Denied> {
    let url = Url::parse(text.trim()).map_err(|_| Denied::NotAUrl)?;
    if !matches!(url.scheme(), "http" | "https") {
        return Err(Denied::Scheme);
    }
    if !url.username().is_empty() || url.password().is_some() {
        return Err(Denied::UserInfo);
    }
    match url.host().ok_or(Denied::NotAUrl)? {
        Host::Ipv4(ip) => check_address("", ip.into(), policy)?,
        Host::Ipv6(ip) => check_address("", ip.into(), policy)?,
        Host::Domain(name) => check_name(name, policy)?,
    }
    Ok(url)
}

/// Checks an address before connecting to it; `host` is the name that was resolved, or empty for a literal address.
///
/// # Errors
/// [`Denied::Never`] or [`Denied::Policy`].
pub fn check_address(host: &str, ip: IpAddr, policy: &EgressPolicy) -> Result<(), Denied> {
    match reach(ip) {
        Reach::Never => Err(Denied::Never),
        reach if policy.allows_address(host, address::canonical(ip), reach) => Ok(()),
        _ => Err(Denied::Policy),
    }
}

/// Names that only ever mean a cloud's metadata service.
const METADATA_NAMES: [&str; 3] = ["metadata.google.internal", "metadata.goog", "instance-data.ec2.internal"];

fn check_name(name: &str, policy: &EgressPolicy) -> Result<(), Denied> {
    let name = name.trim_end_matches('.').to_ascii_lowercase();
    if METADATA_NAMES.contains(&name.as_str()) {
        return Err(Denied::Never);
    }
    if policy.allows_name(&name) { Ok(()) } else { Err(Denied::Policy) }
}

/// Resolves names for upstream clients and drops every address that may not be called.
#[derive(Clone, Debug)]
pub struct GuardedResolver {
    policy: EgressPolicy,
}

impl GuardedResolver {
    /// Creates a resolver with a policy.
    pub fn new(policy: EgressPolicy) -> Self {
        Self { policy }
    }
}

impl tower::Service<Name> for GuardedResolver {
    type Response = std::vec::IntoIter<SocketAddr>;
    type Error = Box<dyn Error + Send + Sync>;
    type Future = Pin<Box<dyn Future<Output = Result<Self::Response, Self::Error>> + Send>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Self::Error>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, name: Name) -> Self::Future {
        let policy = self.policy.clone();
        Box::pin(async move {
            let host = name.as_str().trim_end_matches('.').to_ascii_lowercase();
            check_name(&host, &policy)?;
            let found = tokio::net::lookup_host((name.as_str(), 0)).await?;
            let allowed: Vec<SocketAddr> =
                found.filter(|addr| check_address(&host, addr.ip(), &policy).is_ok()).collect();
            if allowed.is_empty() {
                return Err(Denied::Never.into());
            }
            Ok(allowed.into_iter())
        })
    }
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "tests")]
mod tests {
    use super::*;

    #[test]
    fn what_must_never_be_called_is_refused_in_every_spelling() {
        for text in [
            "http://169.254.169.254/latest",
            "http://2852039166/",
            "http://0xa9fea9fe/",
            "http://0251.0376.0251.0376/",
            "http://169.254.169.254./",
            "http://[::ffff:169.254.169.254]/",
            "http://[::169.254.169.254]/",
            "http://[64:ff9b::a9fe:a9fe]/",
            "http://[64:ff9b:1::a9fe:a9fe]/",
            "http://[::ffff:0:169.254.169.254]/",
            "http://[2002:a9fe:a9fe::1]/",
            "http://[fe80::1]/",
            "http://[fd00:ec2::254]/",
            "http://[fd00:ec2::23]/",
            "http://[FD00:0EC2:0:0:0:0:0:0023]:80/v1",
            "http://[fd00:ec2:ffff::1]/",
            "http://[fd20:ce::254]/v1",
            "http://[FD20:00CE:0000::0.0.2.84]/v1",
            "http://[fd00:42::42]/",
            "http://[fd00:c1::a9fe:a9fe]/",
            "http://[fd00:a9fe:a9fe::1]/",
            "http://[fd00:100::100:200]/",
            "http://[fe80::a9fe:a9fe]/",
            "http://[64:ff9b::6464:64c8]/",
            "http://[::ffff:169.254.42.42]/",
            "http://[2002:6464:64c8::]/",
            "http://[ff02::1]/",
            "http://224.0.0.1/",
            "http://255.255.255.255/",
            "http://0.0.0.0:8000/",
            "http://0/",
            "http://[::]/",
            "http://100.100.100.200/",
            "http://169.254.169.253/",
            "http://169.254.170.2/",
            "http://169.254.170.23/",
            "http://169.254.42.42/",
            "http://Metadata.Google.Internal./",
        ] {
            assert_eq!(check_url(text, &EgressPolicy::Any), Err(Denied::Never), "{text}");
        }
    }

    #[test]
    fn loopback_and_private_networks_are_where_models_live() {
        for text in [
            "http://127.0.0.1:8000/v1",
            "http://localhost:11434",
            "http://[::1]:8000",
            "http://10.1.2.3/",
            "http://[fd12::1]/",
            "http://[fd00::254]/",
            "http://[fd00:ec1::254]/",
            "http://[fd20:ce::253]/",
            "http://[fd00:42::43]/",
            "https://api.example.com/v1",
        ] {
            assert!(check_url(text, &EgressPolicy::Any).is_ok(), "{text}");
        }
    }

    #[test]
    fn a_zone_id_is_not_part_of_an_address() {
        for text in ["http://[fd20:ce::254%25eth0]/", "http://[fd20:ce::254%eth0]/", "http://[fe80::1%251]/"]
        {
            assert_eq!(check_url(text, &EgressPolicy::Any), Err(Denied::NotAUrl), "{text}");
        }
    }

    #[test]
    fn only_plain_http_urls_are_addresses() {
        for (text, denied) in [
            ("", Denied::NotAUrl),
            ("127.0.0.1:8000", Denied::NotAUrl),
            ("file:///etc/passwd", Denied::Scheme),
            ("gopher://127.0.0.1/", Denied::Scheme),
            ("http://user:pass@127.0.0.1/", Denied::UserInfo),
        ] {
            assert_eq!(check_url(text, &EgressPolicy::Any), Err(denied), "{text}");
        }
    }

    #[tokio::test]
    async fn a_name_is_judged_again_by_the_address_it_resolves_to() {
        use tower::Service as _;
        let name = || "localhost".parse::<Name>().unwrap();
        let mut found = GuardedResolver::new(EgressPolicy::Any).call(name()).await.unwrap();
        assert!(found.next().unwrap().ip().is_loopback());
        let listed: EgressPolicy = "allow-list:*.example.com".parse().unwrap();
        assert!(GuardedResolver::new(listed).call(name()).await.is_err());
        assert!(GuardedResolver::new(EgressPolicy::PublicOnly).call(name()).await.is_err());
    }
}

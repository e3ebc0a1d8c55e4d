//! What the operator allows beyond the addresses that are never called. Pure.

use std::{net::IpAddr, str::FromStr};

use super::Reach;
use super::network::Network;

/// Where upstream calls may go.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum EgressPolicy {
    /// Anywhere.
    #[default]
    Any,
    /// This machine and private networks.
    PrivateOnly,
    /// Public addresses.
    PublicOnly,
    /// Only what is listed: host names (`*.example.com` for all below it) and networks (`10.0.0.0/8`).
    AllowList(Vec<Allowed>),
}

/// One entry of an allow-list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Allowed {
    /// Exactly this host.
    Host(String),
    /// Every host that ends in this, dot included.
    Below(String),
    /// Every address of it.
    Network(Network),
}

/// A policy that cannot be read.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("expected any, private-only, public-only or allow-list:HOST,*.DOMAIN,NETWORK/BITS")]
pub struct BadPolicy;

impl FromStr for EgressPolicy {
    type Err = BadPolicy;

    fn from_str(text: &str) -> Result<Self, BadPolicy> {
        match text.trim() {
            "any" => Ok(Self::Any),
            "private-only" => Ok(Self::PrivateOnly),
            "public-only" => Ok(Self::PublicOnly),
            text => {
                let list = text.strip_prefix("allow-list:").ok_or(BadPolicy)?;
                list.split(',').map(|it| entry(it.trim())).collect::<Result<_, _>>().map(Self::AllowList)
            }
        }
    }
}

fn entry(text: &str) -> Result<Allowed, BadPolicy> {
    if let Ok(network) = text.parse() {
        return Ok(Allowed::Network(network));
    }
    if text.contains('/') {
        return Err(BadPolicy);
    }
    let host = text.trim_end_matches('.').to_ascii_lowercase();
    match host.strip_prefix('*') {
        _ if host.is_empty() => Err(BadPolicy),
        None => Ok(Allowed::Host(host)),
        Some(below) if below.len() > 1 && below.starts_with('.') => Ok(Allowed::Below(below.to_owned())),
        Some(_) => Err(BadPolicy),
    }
}

impl EgressPolicy {
    /// Whether a name may be looked up at all. Only an allow-list without networks can tell before the lookup.
    pub(super) fn allows_name(&self, name: &str) -> bool {
        match self {
            Self::AllowList(list) => list.iter().any(|it| match it {
                Allowed::Host(host) => host == name,
                Allowed::Below(below) => name.ends_with(below.as_str()),
                Allowed::Network(..) => true,
            }),
            Self::PublicOnly => name != "localhost" && !name.ends_with(".localhost"),
            Self::Any | Self::PrivateOnly => true,
        }
    }

    /// Whether an address may be connected to; `host` is the name that led to it, or empty.
    pub(super) fn allows_address(&self, host: &str, ip: IpAddr, reach: Reach) -> bool {
        match self {
            Self::Any => true,
            Self::PrivateOnly => reach == Reach::Private,
            Self::PublicOnly => reach == Reach::Public,
            Self::AllowList(list) => list.iter().any(|it| match it {
                Allowed::Host(name) => name == host,
                Allowed::Below(below) => host.ends_with(below.as_str()),
                Allowed::Network(network) => network.contains(ip),
            }),
        }
    }
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "tests")]
mod tests {
    use crate::egress::{Denied, judge_addr, judge_url};

    use super::*;

    #[test]
    fn policies_are_read_from_text() {
        assert_eq!("any".parse(), Ok(EgressPolicy::Any));
        assert_eq!("public-only".parse(), Ok(EgressPolicy::PublicOnly));
        for bad in ["", "none", "allow-list:", "allow-list:*", "allow-list:10.0.0.0/33", "allow-list:x/8"] {
            assert_eq!(bad.parse::<EgressPolicy>(), Err(BadPolicy), "{bad}");
        }
    }

    #[test]
    fn each_policy_lets_through_what_its_name_says() {
        let judge = |url: &str, policy: &str| judge_url(url, &policy.parse().unwrap()).map(|_| ());
        assert_eq!(judge("http://10.0.0.1/", "public-only"), Err(Denied::Policy));
        assert_eq!(judge("http://localhost/", "public-only"), Err(Denied::Policy));
        assert_eq!(judge("http://93.184.216.34/", "public-only"), Ok(()));
        assert_eq!(judge("http://93.184.216.34/", "private-only"), Err(Denied::Policy));
        assert_eq!(judge("http://[::ffff:10.0.0.1]/", "private-only"), Ok(()));
        let list = "allow-list:api.example.com, *.models.test, 10.0.0.0/8";
        assert_eq!(judge("https://API.example.com/v1", list), Ok(()));
        assert_eq!(judge("https://a.models.test/", list), Ok(()));
        assert_eq!(judge("http://10.9.9.9/", list), Ok(()));
        assert_eq!(judge("http://11.0.0.1/", list), Err(Denied::Policy));
    }

    #[test]
    fn an_allow_list_opens_nothing_that_is_never_called() {
        let all: EgressPolicy = "allow-list:0.0.0.0/0,::/0".parse().unwrap();
        assert_eq!(judge_addr("", "169.254.1.1".parse().unwrap(), &all), Err(Denied::Never));
    }
}

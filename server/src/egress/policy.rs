//! The operator's egress policy, which applies to addresses that are not always refused. Pure.

use std::{net::IpAddr, str::FromStr};

use super::Reach;
use super::network::Network;

/// Addresses that instances may have.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum EgressPolicy {
    /// Anywhere.
    #[default]
    Any,
    /// This machine and private networks.
    PrivateOnly,
    /// Public addresses.
    PublicOnly,
    /// Only the listed host names (`*.example.com` for all below it) and networks (`10.0.0.0/8`).
    AllowList(Vec<AllowListEntry>),
}

/// An entry of an allow-list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum AllowListEntry {
    /// Exactly this host.
    Host(String),
    /// All hosts with this suffix, dot included.
    Below(String),
    /// All addresses of the network.
    Network(Network),
}

/// The text is not a policy.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("expected any, private-only, public-only or allow-list:HOST,*.DOMAIN,NETWORK/BITS")]
pub struct ParsePolicyError;

impl FromStr for EgressPolicy {
    type Err = ParsePolicyError;

    fn from_str(text: &str) -> Result<Self, ParsePolicyError> {
        match text.trim() {
            "any" => Ok(Self::Any),
            "private-only" => Ok(Self::PrivateOnly),
            "public-only" => Ok(Self::PublicOnly),
            text => {
                let list = text.strip_prefix("allow-list:").ok_or(ParsePolicyError)?;
                list.split(',').map(|it| entry(it.trim())).collect::<Result<_, _>>().map(Self::AllowList)
            }
        }
    }
}

fn entry(text: &str) -> Result<AllowListEntry, ParsePolicyError> {
    if let Ok(network) = text.parse() {
        return Ok(AllowListEntry::Network(network));
    }
    if text.contains('/') {
        return Err(ParsePolicyError);
    }
    let host = text.trim_end_matches('.').to_ascii_lowercase();
    match host.strip_prefix('*') {
        _ if host.is_empty() => Err(ParsePolicyError),
        None => Ok(AllowListEntry::Host(host)),
        Some(below) if below.len() > 1 && below.starts_with('.') => {
            Ok(AllowListEntry::Below(below.to_owned()))
        }
        Some(_) => Err(ParsePolicyError),
    }
}

impl EgressPolicy {
    /// Whether a name may be resolved. Only an allow-list without networks can tell before that.
    pub(super) fn allows_name(&self, name: &str) -> bool {
        match self {
            Self::AllowList(list) => list.iter().any(|it| match it {
                AllowListEntry::Host(host) => host == name,
                AllowListEntry::Below(below) => name.ends_with(below.as_str()),
                AllowListEntry::Network(..) => true,
            }),
            Self::PublicOnly => name != "localhost" && !name.ends_with(".localhost"),
            Self::Any | Self::PrivateOnly => true,
        }
    }

    /// Whether an address may be connected to; `host` is the name that was resolved, or empty.
    pub(super) fn allows_address(&self, host: &str, ip: IpAddr, reach: Reach) -> bool {
        match self {
            Self::Any => true,
            Self::PrivateOnly => reach == Reach::Private,
            Self::PublicOnly => reach == Reach::Public,
            Self::AllowList(list) => list.iter().any(|it| match it {
                AllowListEntry::Host(name) => name == host,
                AllowListEntry::Below(below) => host.ends_with(below.as_str()),
                AllowListEntry::Network(network) => network.contains(ip),
            }),
        }
    }
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "tests")]
mod tests {
    use crate::egress::{Denied, EgressRules, check_address, check_url};

    use super::*;

    #[test]
    fn policies_are_read_from_text() {
        assert_eq!("any".parse(), Ok(EgressPolicy::Any));
        assert_eq!("public-only".parse(), Ok(EgressPolicy::PublicOnly));
        for bad in ["", "none", "allow-list:", "allow-list:*", "allow-list:10.0.0.0/33", "allow-list:x/8"] {
            assert_eq!(bad.parse::<EgressPolicy>(), Err(ParsePolicyError), "{bad}");
        }
    }

    #[test]
    fn each_policy_lets_through_what_its_name_says() {
        let judge = |url: &str, policy: &str| {
            check_url(url, &policy.parse::<EgressPolicy>().unwrap().into()).map(|_| ())
        };
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
        let all: EgressRules = "allow-list:0.0.0.0/0,::/0".parse::<EgressPolicy>().unwrap().into();
        assert_eq!(check_address("", "169.254.169.254".parse().unwrap(), &all), Err(Denied::Never));
        let link_local = "169.254.1.1".parse().unwrap();
        assert_eq!(check_address("", link_local, &all), Err(Denied::LinkLocal(link_local)));
    }
}

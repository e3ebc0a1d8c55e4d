//! The operator's egress rules: a policy, and single link-local addresses that are open all the same. Pure.

use std::{fmt, net::IpAddr, str::FromStr};

use super::{EgressPolicy, address::is_plain_link_local};

/// Rules for the addresses that instances may have.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct EgressRules {
    /// Applies to addresses that are not always refused.
    pub policy: EgressPolicy,
    /// Link-local addresses that are open, whatever the policy.
    pub open: Vec<LinkLocalAddress>,
}

impl From<EgressPolicy> for EgressRules {
    fn from(policy: EgressPolicy) -> Self {
        Self { policy, open: Vec::new() }
    }
}

impl EgressRules {
    /// Whether the operator opened this address by name. Another spelling of it counts, a way to it through a
    /// translator does not.
    pub(super) fn opens(&self, ip: IpAddr) -> bool {
        self.open.iter().any(|it| it.0 == ip.to_canonical())
    }
}

/// A link-local address that no known service of a cloud has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LinkLocalAddress(IpAddr);

/// The text is not such an address.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "expected one link-local address, such as 169.254.1.2, that is no metadata service; --egress is for others"
)]
pub struct ParseLinkLocalError;

impl FromStr for LinkLocalAddress {
    type Err = ParseLinkLocalError;

    fn from_str(text: &str) -> Result<Self, ParseLinkLocalError> {
        let ip: IpAddr = text.trim().parse().map_err(|_| ParseLinkLocalError)?;
        is_plain_link_local(ip).then(|| Self(ip.to_canonical())).ok_or(ParseLinkLocalError)
    }
}

impl fmt::Display for LinkLocalAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "tests")]
mod tests {
    use crate::egress::{Denied, check_address, check_url};

    use super::*;

    fn rules(policy: &str, open: &[&str]) -> EgressRules {
        EgressRules {
            policy: policy.parse().unwrap(),
            open: open.iter().map(|it| it.parse().unwrap()).collect(),
        }
    }

    #[test]
    fn only_single_link_local_addresses_can_be_opened() {
        for text in ["169.254.1.2", " 169.254.1.2 ", "::ffff:169.254.1.2", "fe80::1", "169.254.255.254"] {
            assert!(text.parse::<LinkLocalAddress>().is_ok(), "{text}");
        }
        for text in [
            "169.254.169.254",
            "169.254.169.253",
            "169.254.170.2",
            "169.254.170.23",
            "169.254.42.42",
            "169.254.0.23",
            "::ffff:169.254.169.254",
            "fe80::a9fe:a9fe",
            "100.100.100.200",
            "fd00:ec2::254",
            "fd20:ce::254",
            "fd00:42::42",
            "169.254.0.0/16",
            "169.254.1.2:80",
            "host.containers.internal",
            "64:ff9b::a9fe:102",
            "10.0.0.1",
            "127.0.0.1",
            "8.8.8.8",
            "224.0.0.1",
            "0.0.0.0",
            "fe80::1%eth0",
            "",
        ] {
            assert_eq!(text.parse::<LinkLocalAddress>(), Err(ParseLinkLocalError), "{text}");
        }
    }

    #[test]
    fn an_open_address_is_called_in_its_own_spellings_and_no_other_is() {
        for policy in ["any", "private-only", "public-only", "allow-list:10.0.0.0/8"] {
            let rules = rules(policy, &["169.254.1.2"]);
            for open in ["http://169.254.1.2:11434/v1", "http://0xa9fe0102/", "http://[::ffff:169.254.1.2]/"]
            {
                assert!(check_url(open, &rules).is_ok(), "{policy} {open}");
            }
            for never in [
                "http://169.254.169.254/",
                "http://169.254.170.2/",
                "http://[64:ff9b::a9fe:102]/",
                "http://[2002:a9fe:102::]/",
                "http://[fd00:ec2::254]/",
                "http://[fe80::a9fe:a9fe]/",
            ] {
                assert_eq!(check_url(never, &rules), Err(Denied::Never), "{policy} {never}");
            }
            let neighbor = "169.254.1.3".parse().unwrap();
            assert_eq!(check_address("", neighbor, &rules), Err(Denied::LinkLocal(neighbor)));
        }
    }

    #[test]
    fn a_name_is_resolved_if_it_may_lead_to_an_open_address() {
        let open = rules("allow-list:api.example.com", &["169.254.1.2"]);
        assert!(check_url("http://host.containers.internal/", &open).is_ok());
        assert!(check_address("host.containers.internal", "169.254.1.2".parse().unwrap(), &open).is_ok());
        let other = check_address("host.containers.internal", "10.0.0.1".parse().unwrap(), &open);
        assert_eq!(other, Err(Denied::Policy), "a name opens nothing");
        let closed = rules("allow-list:api.example.com", &[]);
        assert_eq!(check_url("http://host.containers.internal/", &closed), Err(Denied::Policy));
    }
}

//! Addresses that this server may call. A URL is checked when it is saved ([`check_url`], [`check_resolved`]), and the
//! resolved address again on every connection ([`GuardedResolver`]), so a name that changes its answer gains nothing.
//!
//! It opens no connection itself and knows nothing of instances.

mod address;
pub mod network;
mod policy;
mod resolver;
mod rules;

use std::net::IpAddr;

use url::{Host, Url};

pub use address::{Reach, reach};
pub use policy::{AllowListEntry, EgressPolicy, ParsePolicyError};
pub use resolver::{GuardedResolver, ResolveError, check_resolved};
pub use rules::{EgressRules, LinkLocalAddress, ParseLinkLocalError};

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
    /// Link-local, but one that an operator may open.
    #[error(
        "{0} is a link-local address, and those are not allowed by default. If it is the host of a rootless Podman \
         container (host.containers.internal), start this server with `--egress-allow {0}`."
    )]
    LinkLocal(IpAddr),
    /// Excluded by the operator's policy.
    #[error("The egress policy of this server does not allow this address.")]
    Policy,
}

/// Checks a URL as it is written. Names are resolved and checked again on connecting. Spellings such as
/// `http://2852039166/` or `http://0xa9fea9fe/` are addresses and are checked as such.
///
/// # Errors
/// [`Denied`], with a text for people.
pub fn check_url(text: &str, rules: &EgressRules) -> Result<Url, Denied> {
    let url = Url::parse(text.trim()).map_err(|_| Denied::NotAUrl)?;
    if !matches!(url.scheme(), "http" | "https") {
        return Err(Denied::Scheme);
    }
    if !url.username().is_empty() || url.password().is_some() {
        return Err(Denied::UserInfo);
    }
    match url.host().ok_or(Denied::NotAUrl)? {
        Host::Ipv4(ip) => check_address("", ip.into(), rules)?,
        Host::Ipv6(ip) => check_address("", ip.into(), rules)?,
        Host::Domain(name) => check_name(name, rules)?,
    }
    Ok(url)
}

/// Checks an address before connecting to it; `host` is the name that was resolved, or empty for a literal address.
///
/// # Errors
/// [`Denied::Never`], [`Denied::LinkLocal`] or [`Denied::Policy`].
pub fn check_address(host: &str, ip: IpAddr, rules: &EgressRules) -> Result<(), Denied> {
    if rules.opens(ip) {
        return Ok(());
    }
    match reach(ip) {
        Reach::Never if address::is_plain_link_local(ip) => Err(Denied::LinkLocal(ip.to_canonical())),
        Reach::Never => Err(Denied::Never),
        reach if rules.policy.allows_address(host, address::canonical(ip), reach) => Ok(()),
        _ => Err(Denied::Policy),
    }
}

/// Names that only ever mean a cloud's metadata service.
const METADATA_NAMES: [&str; 3] = ["metadata.google.internal", "metadata.goog", "instance-data.ec2.internal"];

fn check_name(name: &str, rules: &EgressRules) -> Result<(), Denied> {
    let name = name.trim_end_matches('.').to_ascii_lowercase();
    if METADATA_NAMES.contains(&name.as_str()) {
        return Err(Denied::Never);
    }
    // Where a name leads is known once it is resolved.
    let may_be_open = !rules.open.is_empty();
    if may_be_open || rules.policy.allows_name(&name) { Ok(()) } else { Err(Denied::Policy) }
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
            assert_eq!(check_url(text, &EgressRules::default()), Err(Denied::Never), "{text}");
        }
    }

    #[test]
    fn a_link_local_address_of_no_cloud_is_refused_with_the_way_to_open_it() {
        for (text, ip) in [
            ("http://169.254.1.2:11434/v1", "169.254.1.2"),
            ("http://[::ffff:169.254.1.2]/", "169.254.1.2"),
            ("http://[fe80::1]/", "fe80::1"),
        ] {
            let denied = check_url(text, &EgressRules::default()).unwrap_err();
            assert_eq!(denied, Denied::LinkLocal(ip.parse().unwrap()), "{text}");
            let words = denied.to_string();
            assert!(words.contains("Podman") && words.contains(&format!("`--egress-allow {ip}`")), "{words}");
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
            assert!(check_url(text, &EgressRules::default()).is_ok(), "{text}");
        }
    }

    #[test]
    fn a_zone_id_is_not_part_of_an_address() {
        for text in ["http://[fd20:ce::254%25eth0]/", "http://[fd20:ce::254%eth0]/", "http://[fe80::1%251]/"]
        {
            assert_eq!(check_url(text, &EgressRules::default()), Err(Denied::NotAUrl), "{text}");
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
            assert_eq!(check_url(text, &EgressRules::default()), Err(denied), "{text}");
        }
    }
}

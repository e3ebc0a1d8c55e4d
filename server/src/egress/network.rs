//! IP networks in CIDR notation (`10.0.0.0/8`, `fd00::/8`), or single addresses.

use std::{net::IpAddr, str::FromStr};

use ipnet::{IpNet, Ipv4Net};

/// A network: all addresses with the same prefix.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Network(IpNet);

/// The text is not a network.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("expected an address or NETWORK/BITS, such as 10.0.0.0/8 or fd00::/8")]
pub struct ParseNetworkError;

impl Network {
    /// Whether the network contains `ip`. An IPv4 address in IPv6 form (`::ffff:0:0/96`) counts as IPv4.
    pub fn contains(&self, ip: IpAddr) -> bool {
        self.0.contains(&ip.to_canonical())
    }
}

impl FromStr for Network {
    type Err = ParseNetworkError;

    fn from_str(text: &str) -> Result<Self, ParseNetworkError> {
        parse(text).map(Self).ok_or(ParseNetworkError)
    }
}

/// The parser of `IpNet` requires a prefix length and reads leading zeros of IPv4 as decimal, which other programs read
/// as octal. The standard library refuses them.
fn parse(text: &str) -> Option<IpNet> {
    let network = match text.split_once('/') {
        None => IpNet::from(text.parse::<IpAddr>().ok()?),
        Some((ip, bits)) if bits.bytes().all(|it| it.is_ascii_digit()) => {
            IpNet::new(ip.parse().ok()?, bits.parse().ok()?).ok()?
        }
        Some(_) => return None,
    };
    Some(mapped(network).map_or(network, IpNet::V4))
}

/// The IPv4 network that an IPv6 network stands for.
fn mapped(network: IpNet) -> Option<Ipv4Net> {
    let IpNet::V6(network) = network else { return None };
    let bits = network.prefix_len().checked_sub(96)?;
    Ipv4Net::new(network.addr().to_ipv4_mapped()?, bits).ok()
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "tests")]
mod tests {
    use super::*;

    #[test]
    fn a_network_contains_the_addresses_that_share_its_prefix() {
        let cases = [
            ("10.0.0.0/8", "10.255.1.2", true),
            ("10.0.0.0/8", "11.0.0.0", false),
            ("10.0.0.0/8", "::ffff:10.1.2.3", true),
            ("::ffff:10.0.0.0/104", "10.1.2.3", true),
            ("::ffff:10.0.0.0/104", "11.1.2.3", false),
            ("192.0.2.7", "192.0.2.7", true),
            ("192.0.2.7", "192.0.2.6", false),
            ("fd00::/8", "fdff::1", true),
            ("fd00::/8", "fe00::1", false),
            ("fd00::/8", "253.0.0.1", false),
            ("0.0.0.0/0", "203.0.113.9", true),
            ("0.0.0.0/0", "2001:db8::1", false),
            ("::/0", "2001:db8::1", true),
            ("::/0", "203.0.113.9", false),
            ("172.16.0.0/12", "172.31.255.255", true),
            ("172.16.0.0/12", "172.32.0.0", false),
            ("10.1.2.3/8", "10.9.9.9", true),
            ("10.0.0.0/08", "10.9.9.9", true),
            ("::ffff:10.0.0.7", "10.0.0.7", true),
            ("::ffff:10.0.0.0/95", "10.0.0.7", false),
        ];
        for (network, ip, expected) in cases {
            let network: Network = network.parse().unwrap();
            assert_eq!(network.contains(ip.parse().unwrap()), expected, "{network:?} {ip}");
        }
    }

    #[test]
    fn text_that_is_not_a_network_is_refused() {
        for bad in [
            "",
            " ",
            "x",
            "10.0.0.0/33",
            "::1/129",
            "10.0.0.0/",
            "10.0.0.0/+8",
            "10.0.0.0/-1",
            "10.0.0/8",
            "/8",
            "10.0.0.0/8/8",
            "10.0.0.0/256",
            "example.com",
            "fe80::1%eth0",
            "010.0.0.0/8",
            "010.0.0.1",
        ] {
            assert_eq!(bad.parse::<Network>(), Err(ParseNetworkError), "{bad:?}");
        }
    }
}

//! IP networks in CIDR notation (`10.0.0.0/8`, `fd00::/8`), or single addresses.

use std::{net::IpAddr, str::FromStr};

/// All addresses that share a prefix.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Network {
    ip: IpAddr,
    bits: u8,
}

/// The text is not a network.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("expected an address or NETWORK/BITS, such as 10.0.0.0/8 or fd00::/8")]
pub struct ParseNetworkError;

impl Network {
    /// Whether the network contains `ip`. An IPv4 address in IPv6 form (`::ffff:0:0/96`) counts as IPv4.
    pub fn contains(&self, ip: IpAddr) -> bool {
        let same = match (self.ip, ip.to_canonical()) {
            (IpAddr::V4(a), IpAddr::V4(b)) => (a.to_bits() ^ b.to_bits()).leading_zeros(),
            (IpAddr::V6(a), IpAddr::V6(b)) => (a.to_bits() ^ b.to_bits()).leading_zeros(),
            _ => return false,
        };
        same >= u32::from(self.bits)
    }
}

impl FromStr for Network {
    type Err = ParseNetworkError;

    fn from_str(text: &str) -> Result<Self, ParseNetworkError> {
        let (ip, bits) = match text.split_once('/') {
            Some((ip, bits)) => (ip, Some(bits)),
            None => (text, None),
        };
        let ip: IpAddr = ip.parse().map_err(|_| ParseNetworkError)?;
        let width = if ip.is_ipv4() { 32 } else { 128 };
        let bits = match bits {
            None => width,
            Some(bits) if bits.bytes().all(|it| it.is_ascii_digit()) => {
                bits.parse().map_err(|_| ParseNetworkError)?
            }
            Some(_) => return Err(ParseNetworkError),
        };
        match (ip, ip.to_canonical()) {
            _ if bits > width => Err(ParseNetworkError),
            (IpAddr::V6(_), ip @ IpAddr::V4(_)) if bits >= 96 => Ok(Self { ip, bits: bits - 96 }),
            _ => Ok(Self { ip, bits }),
        }
    }
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "tests")]
mod tests {
    use super::*;

    #[test]
    fn a_network_holds_the_addresses_that_begin_like_it() {
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
        ];
        for (network, ip, expected) in cases {
            let network: Network = network.parse().unwrap();
            assert_eq!(network.contains(ip.parse().unwrap()), expected, "{network:?} {ip}");
        }
    }

    #[test]
    fn what_is_no_network_is_refused() {
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
        ] {
            assert_eq!(bad.parse::<Network>(), Err(ParseNetworkError), "{bad:?}");
        }
    }
}

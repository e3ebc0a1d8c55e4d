//! Classification of IP addresses: never called, private, or public. Pure.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// The reach of an address.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reach {
    /// Link-local, metadata, multicast, unspecified or broadcast.
    Never,
    /// This machine or a private network.
    Private,
    /// All other addresses.
    Public,
}

/// Metadata services outside the link-local range: Alibaba Cloud, Oracle Cloud Classic, Azure's wire server.
const METADATA_V4: [Ipv4Addr; 3] =
    [Ipv4Addr::new(100, 100, 100, 200), Ipv4Addr::new(192, 0, 0, 192), Ipv4Addr::new(168, 63, 129, 16)];
/// Services of clouds in the link-local range, as networks: address and prefix length.
const METADATA_LINK_LOCAL: [(Ipv4Addr, u32); 4] = [
    // Metadata (.254) of most clouds; AWS's DNS (.253), time and licences.
    (Ipv4Addr::new(169, 254, 169, 0), 24),
    // Credentials of AWS's containers: ECS (.2), EKS (.23).
    (Ipv4Addr::new(169, 254, 170, 0), 24),
    // Scaleway.
    (Ipv4Addr::new(169, 254, 42, 42), 32),
    // Tencent Cloud.
    (Ipv4Addr::new(169, 254, 0, 23), 32),
];
/// Metadata services on IPv6, as networks: address and prefix length. They are in the unique local range, which private
/// networks use too, so all except AWS's are single addresses.
const METADATA_V6: [(Ipv6Addr, u32); 7] = [
    // AWS: instance metadata (::254), credentials of EKS pods (::23), DNS, time.
    (Ipv6Addr::new(0xfd00, 0xec2, 0, 0, 0, 0, 0, 0), 32),
    // Google Cloud.
    (Ipv6Addr::new(0xfd20, 0xce, 0, 0, 0, 0, 0, 0x254), 128),
    // Scaleway.
    (Ipv6Addr::new(0xfd00, 0x42, 0, 0, 0, 0, 0, 0x42), 128),
    // Oracle Cloud.
    (Ipv6Addr::new(0xfd00, 0xc1, 0, 0, 0, 0, 0xa9fe, 0xa9fe), 128),
    // Akamai (Linode).
    (Ipv6Addr::new(0xfd00, 0xa9fe, 0xa9fe, 0, 0, 0, 0, 1), 128),
    // Alibaba Cloud.
    (Ipv6Addr::new(0xfd00, 0x100, 0, 0, 0, 0, 0x100, 0x200), 128),
    // OpenStack, in the link-local range.
    (Ipv6Addr::new(0xfe80, 0, 0, 0, 0, 0, 0xa9fe, 0xa9fe), 128),
];

/// The reach of `ip`. IPv4 inside IPv6 counts as the IPv4 address.
pub fn reach(ip: IpAddr) -> Reach {
    match canonical(ip) {
        IpAddr::V4(ip) => reach_v4(ip),
        IpAddr::V6(ip) => reach_v6(ip),
    }
}

/// Whether `ip` is a link-local address of no known service of a cloud. An IPv4 address counts as itself and in its
/// mapped form (`::ffff:0:0/96`), not through a translator.
pub(super) fn is_plain_link_local(ip: IpAddr) -> bool {
    match ip.to_canonical() {
        IpAddr::V4(ip) => ip.is_link_local() && !METADATA_LINK_LOCAL.iter().any(|it| is_within_v4(ip, *it)),
        IpAddr::V6(ip) => ip.is_unicast_link_local() && !is_metadata_v6(ip),
    }
}

fn is_within_v4(ip: Ipv4Addr, (network, bits): (Ipv4Addr, u32)) -> bool {
    (network.to_bits() ^ ip.to_bits()).leading_zeros() >= bits
}

/// The IPv4 address inside an IPv6 one, if any: mapped (`::ffff:0:0/96`), translated (`::ffff:0:0:0/96`, RFC 2765),
/// compatible (`::/96`), NAT64 (`64:ff9b::/96`, RFC 6052, and `64:ff9b:1::/48`, RFC 8215, with the address at its end)
/// and 6to4 (`2002::/16`, RFC 3056).
pub(super) fn canonical(ip: IpAddr) -> IpAddr {
    let IpAddr::V6(v6) = ip else { return ip };
    let [a, b, c, d, e, f, g, h] = v6.segments();
    let from = |high: u16, low: u16| Ipv4Addr::from((u32::from(high) << 16) | u32::from(low)).into();
    match [a, b, c, d, e, f] {
        [0, 0, 0, 0, 0, 0xffff]
        | [0, 0, 0, 0, 0xffff, 0]
        | [0x64, 0xff9b, 0, 0, 0, 0]
        | [0x64, 0xff9b, 1, ..] => from(g, h),
        [0, 0, 0, 0, 0, 0] if !v6.is_loopback() && !v6.is_unspecified() => from(g, h),
        [0x2002, high, low, ..] => from(high, low),
        _ => ip,
    }
}

fn reach_v4(ip: Ipv4Addr) -> Reach {
    let [a, b, ..] = ip.octets();
    if a == 0 || ip.is_link_local() || ip.is_multicast() || ip.is_broadcast() || METADATA_V4.contains(&ip) {
        Reach::Never
    } else if ip.is_loopback() || ip.is_private() || (a == 100 && b & 0xc0 == 64) {
        // 100.64.0.0/10 is shared address space (RFC 6598): private for our purpose.
        Reach::Private
    } else {
        Reach::Public
    }
}

fn reach_v6(ip: Ipv6Addr) -> Reach {
    if ip.is_unspecified() || ip.is_multicast() || ip.is_unicast_link_local() || is_metadata_v6(ip) {
        Reach::Never
    } else if ip.is_loopback() || ip.is_unique_local() {
        Reach::Private
    } else {
        Reach::Public
    }
}

fn is_metadata_v6(ip: Ipv6Addr) -> bool {
    let within = |network: Ipv6Addr, bits: u32| (network.to_bits() ^ ip.to_bits()).leading_zeros() >= bits;
    METADATA_V6.into_iter().any(|(network, bits)| within(network, bits))
}

//! The client of a request: the peer of the connection, or, if that peer is a trusted proxy, the client named
//! in `X-Forwarded-For` and `X-Forwarded-Proto`. From anyone else these headers are ignored; other headers
//! always are.

use std::{
    net::{IpAddr, SocketAddr},
    sync::Arc,
};

use http::{HeaderMap, HeaderName};

use crate::egress::network::Network;

const FORWARDED_FOR: HeaderName = HeaderName::from_static("x-forwarded-for");
const FORWARDED_PROTO: HeaderName = HeaderName::from_static("x-forwarded-proto");
/// Proxies in a row that are followed.
const MAX_HOPS: usize = 32;

/// The client of a request; a request extension.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Client {
    /// Address; an IPv4 address in IPv6 form is mapped back to IPv4.
    pub ip: IpAddr,
    /// Whether the client used HTTPS, to this server or to the proxy.
    pub is_https: bool,
}

/// Proxies whose forwarding headers are believed; none by default. Clones share them.
#[derive(Clone, Debug)]
pub struct TrustedProxies(Arc<[Network]>);

impl Default for TrustedProxies {
    fn default() -> Self {
        Self(Arc::new([]))
    }
}

impl From<&[Network]> for TrustedProxies {
    fn from(networks: &[Network]) -> Self {
        Self(networks.into())
    }
}

impl TrustedProxies {
    /// The client of a request with these headers on a connection from `peer`.
    pub fn client(&self, peer: IpAddr, is_tls: bool, headers: &HeaderMap) -> Client {
        let peer = peer.to_canonical();
        if !self.is_trusted(peer) {
            return Client { ip: peer, is_https: is_tls };
        }
        Client { ip: self.forwarded_for(peer, headers), is_https: forwarded_proto(headers).unwrap_or(is_tls) }
    }

    fn is_trusted(&self, ip: IpAddr) -> bool {
        self.0.iter().any(|it| it.contains(ip))
    }

    /// The rightmost address that is not a trusted proxy. Each proxy appends its peer; anything to the left
    /// of an untrusted address is that stranger's claim. An unreadable entry ends the search at the last
    /// readable one.
    fn forwarded_for(&self, peer: IpAddr, headers: &HeaderMap) -> IpAddr {
        let mut client = peer;
        let lines = headers.get_all(FORWARDED_FOR).iter().rev();
        // A line with non-ASCII bytes counts as one unreadable entry.
        let entries = lines.flat_map(|line| line.to_str().unwrap_or("?").rsplit(','));
        for entry in entries.take(MAX_HOPS) {
            let Some(ip) = address(entry) else { break };
            client = ip;
            if !self.is_trusted(ip) {
                break;
            }
        }
        client
    }
}

/// Whether the client used HTTPS according to every proxy; `None` if the header is absent.
fn forwarded_proto(headers: &HeaderMap) -> Option<bool> {
    let mut lines = headers.get_all(FORWARDED_PROTO).iter().peekable();
    lines.peek()?;
    Some(lines.all(|line| {
        line.to_str().unwrap_or_default().split(',').all(|it| it.trim().eq_ignore_ascii_case("https"))
    }))
}

/// An address as proxies write it: bare, with a port, or in brackets.
fn address(entry: &str) -> Option<IpAddr> {
    let entry = entry.trim_matches([' ', '\t']);
    let bracketed =
        || entry.strip_prefix('[')?.strip_suffix(']')?.parse::<IpAddr>().ok().filter(IpAddr::is_ipv6);
    let ip =
        entry.parse().ok().or_else(|| entry.parse().ok().map(|it: SocketAddr| it.ip())).or_else(bracketed)?;
    Some(IpAddr::to_canonical(&ip))
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "tests")]
mod tests {
    use http::HeaderValue;
    use proptest::prelude::*;

    use super::*;

    fn proxies() -> TrustedProxies {
        let networks: Vec<Network> =
            ["10.0.0.0/8", "fd00::/8", "127.0.0.1"].iter().map(|it| it.parse().unwrap()).collect();
        TrustedProxies::from(networks.as_slice())
    }

    fn headers(name: &HeaderName, lines: &[&[u8]]) -> HeaderMap {
        let value = |it: &&[u8]| (name.clone(), HeaderValue::from_bytes(it).unwrap());
        lines.iter().map(value).collect()
    }

    #[test]
    fn the_client_is_the_rightmost_address_that_is_no_trusted_proxy() {
        let cases: &[(&str, &[&[u8]], &str)] = &[
            ("10.0.0.1", &[], "10.0.0.1"),
            ("10.0.0.1", &[b"203.0.113.9"], "203.0.113.9"),
            ("::ffff:10.0.0.1", &[b"203.0.113.9"], "203.0.113.9"),
            ("fd00::1", &[b"2001:db8::7"], "2001:db8::7"),
            ("10.0.0.1", &[b"1.1.1.1, 203.0.113.9"], "203.0.113.9"),
            ("10.0.0.1", &[b"1.1.1.1, 203.0.113.9, 10.0.0.2 ,\t10.9.9.9"], "203.0.113.9"),
            ("10.0.0.1", &[b"1.1.1.1", b"203.0.113.9", b"10.0.0.2"], "203.0.113.9"),
            ("10.0.0.1", &[b"203.0.113.9:4711"], "203.0.113.9"),
            ("10.0.0.1", &[b"[2001:db8::7]:4711"], "2001:db8::7"),
            ("10.0.0.1", &[b"[2001:db8::7]"], "2001:db8::7"),
            ("10.0.0.1", &[b"::ffff:203.0.113.9"], "203.0.113.9"),
            ("10.0.0.1", &[b"203.0.113.9, ::ffff:10.0.0.2"], "203.0.113.9"),
            ("10.0.0.1", &[b"10.0.0.7, 10.0.0.8"], "10.0.0.7"),
            // An unreadable entry ends the search.
            ("10.0.0.1", &[b""], "10.0.0.1"),
            ("10.0.0.1", &[b"unknown"], "10.0.0.1"),
            ("10.0.0.1", &[b"203.0.113.9, unknown, 10.0.0.2"], "10.0.0.2"),
            ("10.0.0.1", &[b"203.0.113.9,"], "10.0.0.1"),
            ("10.0.0.1", &[b"203.0.113.9", b"\xff"], "10.0.0.1"),
            ("10.0.0.1", &[b"203.0.113"], "10.0.0.1"),
            ("10.0.0.1", &[b"0x7f.1"], "10.0.0.1"),
            ("10.0.0.1", &[b"[203.0.113.9]"], "10.0.0.1"),
            ("10.0.0.1", &[b"fe80::1%eth0"], "10.0.0.1"),
            // An untrusted peer is believed about nobody.
            ("203.0.113.5", &[b"1.1.1.1"], "203.0.113.5"),
            ("::ffff:203.0.113.5", &[b"1.1.1.1"], "203.0.113.5"),
            ("2001:db8::5", &[b"10.0.0.1"], "2001:db8::5"),
        ];
        for (peer, lines, expected) in cases {
            let client = proxies().client(peer.parse().unwrap(), false, &headers(&FORWARDED_FOR, lines));
            let expected = Client { ip: expected.parse().unwrap(), is_https: false };
            assert_eq!(client, expected, "{peer} {lines:?}");
        }
    }

    #[test]
    fn https_is_what_every_proxy_says_or_else_the_connection_is() {
        let cases: &[(&str, bool, &[&[u8]], bool)] = &[
            ("10.0.0.1", false, &[], false),
            ("10.0.0.1", true, &[], true),
            ("10.0.0.1", false, &[b"https"], true),
            ("10.0.0.1", false, &[b" HTTPS , https"], true),
            ("10.0.0.1", false, &[b"https, http"], false),
            ("10.0.0.1", false, &[b"https", b"http"], false),
            ("10.0.0.1", true, &[b"http"], false),
            ("10.0.0.1", false, &[b""], false),
            ("10.0.0.1", false, &[b"https\xff"], false),
            ("203.0.113.5", false, &[b"https"], false),
            ("203.0.113.5", true, &[b"http"], true),
        ];
        for &(peer, is_tls, lines, expected) in cases {
            let client = proxies().client(peer.parse().unwrap(), is_tls, &headers(&FORWARDED_PROTO, lines));
            assert_eq!(client.is_https, expected, "{peer} {is_tls} {lines:?}");
        }
    }

    #[test]
    fn a_chain_of_proxies_is_followed_up_to_a_limit() {
        let line = vec!["10.0.0.2"; MAX_HOPS].join(",");
        let long = format!("203.0.113.9,{line}");
        let client = |line: &str| {
            proxies()
                .client("10.0.0.1".parse().unwrap(), false, &headers(&FORWARDED_FOR, &[line.as_bytes()]))
                .ip
        };
        assert_eq!(client(&long).to_string(), "10.0.0.2");
        assert_eq!(client(&long.replacen(",10.0.0.2", "", 1)).to_string(), "203.0.113.9");
    }

    proptest! {
        #[test]
        fn by_default_nobody_is_believed(peer: IpAddr, is_tls: bool, line in "[ -~]{0,60}") {
            let mut headers = headers(&FORWARDED_FOR, &[line.as_bytes()]);
            headers.insert(FORWARDED_PROTO, HeaderValue::from_static("https"));
            let client = TrustedProxies::default().client(peer, is_tls, &headers);
            prop_assert_eq!(client, Client { ip: peer.to_canonical(), is_https: is_tls });
        }

        #[test]
        fn addresses_left_of_a_stranger_are_ignored(stranger: IpAddr, left in "[0-9a-f:., \\[\\]]{0,60}") {
            let proxies = proxies();
            prop_assume!(!proxies.is_trusted(stranger.to_canonical()));
            let line = format!("{left},{stranger}, 10.0.0.2");
            let headers = headers(&FORWARDED_FOR, &[line.as_bytes()]);
            let client = proxies.client("127.0.0.1".parse().unwrap(), false, &headers);
            prop_assert_eq!(client.ip, stranger.to_canonical());
        }
    }
}

//! Addresses of instances: what must never be called is refused in every spelling, at save and at connect, and what
//! is called is what was judged.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use app::domain::config::base_url;
use server::egress::{EgressPolicy, EgressRules, check_address, check_url};
use url::{Host, Url};

/// Networks of which nothing may be called: address and bits.
const NEVER_V4: [([u8; 4], u32); 7] = [
    ([0, 0, 0, 0], 8),
    ([169, 254, 0, 0], 16),
    ([224, 0, 0, 0], 4),
    ([255, 255, 255, 255], 32),
    ([100, 100, 100, 200], 32),
    ([192, 0, 0, 192], 32),
    ([168, 63, 129, 16], 32),
];
const NEVER_V6: [(u128, u32); 9] = [
    (0, 128),
    (0xff << 120, 8),
    (0xfe80 << 112, 10),
    (0xfd00_0ec2 << 96, 32),
    (0xfd20_00ce_0000_0000_0000_0000_0000_0254, 128),
    (0xfd00_0042_0000_0000_0000_0000_0000_0042, 128),
    (0xfd00_00c1_0000_0000_0000_0000_a9fe_a9fe, 128),
    (0xfd00_a9fe_a9fe_0000_0000_0000_0000_0001, 128),
    (0xfd00_0100_0000_0000_0000_0000_0100_0200, 128),
];
/// Where an IPv4 address stands in an IPv6 one: the first bits, how many, and how far from the end the address is.
const EMBEDDED: [(u128, u32, u32); 6] = [
    (0xffff << 32, 96, 0),
    (0, 96, 0),
    (0x0064_ff9b << 96, 96, 0),
    (0x2002 << 112, 16, 80),
    (0xffff << 48, 96, 0),
    (0x0064_ff9b_0001 << 80, 48, 0),
];

/// Checks the text as an address, and a spelling of a forbidden address that its bytes choose.
pub(crate) fn holds(bytes: &[u8]) {
    let text = String::from_utf8_lossy(bytes);
    for text in [text.as_ref(), &format!("http://{text}"), &format!("http://{text}:8000/v1")] {
        judge(text);
    }
    let mut choices = Choices(bytes);
    let spelling = forbidden_spelling(&mut choices);
    for policy in policies() {
        assert!(check_url(&spelling, &policy).is_err(), "{spelling:?} passes under {policy:?}");
    }
}

fn policies() -> Vec<EgressRules> {
    let texts = ["any", "private-only", "public-only", "allow-list:0.0.0.0/0,::/0,*.internal"];
    texts.iter().filter_map(|it| it.parse::<EgressPolicy>().ok()).map(EgressRules::from).collect()
}

fn judge(text: &str) {
    let read = base_url::parse(text);
    for policy in policies() {
        let Ok(url) = check_url(text, &policy) else { continue };
        assert!(
            matches!(url.scheme(), "http" | "https") && url.username().is_empty() && url.password().is_none()
        );
        if let Some(ip) = address(&url) {
            assert!(!is_forbidden(ip), "{text:?} leads to {ip}");
            assert!(check_address("", ip, &policy).is_ok(), "{ip} passes at save and not at connect");
        }
        let Ok(read) = &read else { continue };
        // Both parsers accept it, so it may be saved: then both must mean the same.
        assert_eq!(url.port_or_known_default(), Some(read.port));
        match (&read.host, address(&url)) {
            (base_url::Host::Address(ours), Some(theirs)) => assert_eq!(*ours, theirs),
            (base_url::Host::Name(name), None) => {
                assert_eq!(url.host_str().map(|it| it.trim_end_matches('.')), Some(name.as_str()));
            }
            other => panic!("{text:?} is an address to one reader and a name to another: {other:?}"),
        }
    }
}

fn address(url: &Url) -> Option<IpAddr> {
    match url.host()? {
        Host::Ipv4(ip) => Some(ip.into()),
        Host::Ipv6(ip) => Some(ip.into()),
        Host::Domain(_) => None,
    }
}

fn is_forbidden(ip: IpAddr) -> bool {
    let within = |a: u128, b: u128, bits: u32| (a ^ b).leading_zeros() >= bits;
    let v4 = |ip: Ipv4Addr| {
        let wide = |ip: Ipv4Addr| u128::from(ip.to_bits()) << 96;
        NEVER_V4.iter().any(|(network, bits)| within(wide(ip), wide(Ipv4Addr::from(*network)), *bits))
    };
    match ip {
        IpAddr::V4(ip) => v4(ip),
        IpAddr::V6(ip) => {
            let all = ip.to_bits();
            NEVER_V6.iter().any(|(network, bits)| within(all, *network, *bits))
                || all != 1
                    && EMBEDDED.iter().any(|(prefix, bits, shift)| {
                        let inner = (all >> shift) & u128::from(u32::MAX);
                        within(all, *prefix, *bits) && v4(Ipv4Addr::from(inner as u32))
                    })
        }
    }
}

/// What the bytes choose, one by one; nothing more is always the first of several.
struct Choices<'a>(&'a [u8]);

impl Choices<'_> {
    fn next(&mut self) -> u8 {
        let (first, rest) = self.0.split_first().unwrap_or((&0, &[]));
        self.0 = rest;
        *first
    }

    fn of<T: Copy>(&mut self, all: &[T]) -> T {
        all[usize::from(self.next()) % all.len()]
    }
}

/// A URL whose host is an address that must never be called.
fn forbidden_spelling(choices: &mut Choices<'_>) -> String {
    let scheme =
        choices.of(&["http://", "HTTPS://", "http:", "http:\\\\", " http:////", "ht\ntp://", "http:/\t/"]);
    let user = choices.of(&["", "", "", "user@", "example.com:80@", "@"]);
    let host = if choices.next().is_multiple_of(2) { v4_spelling(choices) } else { v6_spelling(choices) };
    let port = choices.of(&["", ":80", ":8000", ":", ":00080"]);
    let rest = choices.of(&["", "/v1", "\\v1", "/../..", "?@example.com", "#.example.com", "/@example.com"]);
    [scheme, user, &host, port, rest].concat()
}

fn forbidden_v4(choices: &mut Choices<'_>) -> Ipv4Addr {
    let (network, bits) = choices.of(&NEVER_V4);
    let host = u32::from_be_bytes([choices.next(), choices.next(), choices.next(), choices.next()]);
    Ipv4Addr::from_bits(u32::from_be_bytes(network) | host & u32::MAX.checked_shr(bits).unwrap_or(0))
}

/// One to four numbers, each decimal, octal or hexadecimal, the digits and dots in any dress that a browser undoes.
fn v4_spelling(choices: &mut Choices<'_>) -> String {
    let all = forbidden_v4(choices).to_bits();
    let parts = choices.of(&[4_u32, 1, 2, 3]);
    let mut text = String::new();
    for part in 1..=parts {
        let number = if part == parts {
            all << (8 * (parts - 1)) >> (8 * (parts - 1))
        } else {
            (all >> (32 - 8 * part)) & 0xff
        };
        text.push_str(&match choices.next() % 5 {
            1 => format!("0x{number:x}"),
            2 => format!("0X{number:08X}"),
            3 => format!("0{number:o}"),
            4 => format!("{number:#x}"),
            _ => number.to_string(),
        });
        if part < parts || choices.next() % 4 == 1 {
            text.push_str(choices.of(&[".", ".", "。", "．", "｡", "%2e"]));
        }
    }
    match choices.next() % 4 {
        1 => text.chars().map(wide_digit).collect(),
        2 => text
            .chars()
            .map(|it| if it.is_ascii_digit() { format!("%{:02x}", it as u32) } else { it.to_string() })
            .collect(),
        3 => format!("\u{ad}{text}\t"),
        _ => text,
    }
}

/// The digit in its full width, which names of hosts are mapped back from.
fn wide_digit(digit: char) -> char {
    let offset = digit.to_digit(10).filter(|_| digit.is_ascii_digit());
    offset.and_then(|it| char::from_u32(0xff10 + it)).unwrap_or(digit)
}

fn v6_spelling(choices: &mut Choices<'_>) -> String {
    let v4 = forbidden_v4(choices);
    let (prefix, _, shift) = choices.of(&EMBEDDED);
    let random = u128::from(choices.next()) << 8 | u128::from(choices.next());
    let embedded = prefix | u128::from(v4.to_bits()) << shift | if shift == 0 { 0 } else { random };
    let (network, bits) = choices.of(&NEVER_V6);
    let own = network | if bits < 112 { random } else { 0 };
    let all = if choices.next().is_multiple_of(2) { embedded } else { own };
    let ip = Ipv6Addr::from_bits(if all == 1 { 0 } else { all });
    match choices.next() % 4 {
        1 => format!("[{}]", ip.to_string().to_uppercase()),
        2 => format!("[{}]", ip.segments().map(|it| format!("{it:04x}")).join(":")),
        3 if shift == 0 && all == embedded && all != 1 => {
            let [head @ .., _, _] = ip.segments();
            format!("[{}:{v4}]", head.map(|it| format!("{it:x}")).join(":"))
        }
        _ => format!("[{ip}]"),
    }
}

//! Base URLs of instances: what one may look like, the API root that it means, and whether it leads back here.
//!
//! A small, strict reader that also runs in the browser. It refuses whatever is odd, so that nothing that passes here
//! means something else to the server's own URL library. Whether an address may be called at all (egress) is not
//! judged here.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};

use super::{fault::Fault, limits};

/// The part of this server that instances may point at: the demo instances.
pub const DEMO_PATH: &str = "/demo/v1";

/// A base URL that was read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BaseUrl {
    /// Whether it is `https`.
    pub secure: bool,
    /// Who answers.
    pub host: Host,
    /// The port, the scheme's own where none was given.
    pub port: u16,
    /// The path as it was given; empty or beginning with a slash.
    pub path: String,
}

/// The host of a base URL.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Host {
    /// An address.
    Address(IpAddr),
    /// A name in lower case, without a dot at its end.
    Name(String),
}

/// The address that endpoint paths such as `/chat/completions` are appended to: the base URL without slashes at its
/// end, with `/v1` only where its path is empty.
pub fn api_root(base_url: &str) -> String {
    let root = base_url.trim().trim_end_matches('/');
    let after_scheme = root.split_once("://").map_or(root, |(_, rest)| rest);
    if after_scheme.contains('/') { root.to_owned() } else { format!("{root}/v1") }
}

/// Reads a base URL.
///
/// # Errors
/// One fault at the path `base_url`.
pub fn parse(text: &str) -> Result<BaseUrl, Fault> {
    let fault = |code: &str, message: String| Err(Fault::new("base_url", code, message));
    if text.chars().count() > limits::BASE_URL_CHARS {
        let message = format!("Shorten the base URL to at most {} characters.", limits::BASE_URL_CHARS);
        return fault("too_long", message);
    }
    let Some((scheme, rest)) = text.split_once("://") else {
        return fault("invalid_url", "Enter an address such as http://127.0.0.1:8000/v1.".to_owned());
    };
    let secure = match scheme.to_ascii_lowercase().as_str() {
        "https" => true,
        "http" => false,
        _ => return fault("url_scheme", "Use an address that begins with http:// or https://.".to_owned()),
    };
    if rest.contains(['?', '#']) {
        return fault("url_query", "Remove everything from the first ? or # on.".to_owned());
    }
    let (authority, path) = rest.split_at(rest.find('/').unwrap_or(rest.len()));
    if authority.contains('@') {
        let message = "Remove the user name and password from the address; the API key has its own field.";
        return fault("url_userinfo", message.to_owned());
    }
    let Some((host, port)) = host_and_port(authority) else {
        let message =
            "Enter a host name or address in plain ASCII, and a port from 1 to 65535 if one is needed.";
        return fault("invalid_url", message.to_owned());
    };
    if !is_plain_path(path) {
        return fault("invalid_url", "Use a path of plain characters, without . and .. parts.".to_owned());
    }
    let port = port.unwrap_or(if secure { 443 } else { 80 });
    Ok(BaseUrl { secure, host, port, path: path.to_owned() })
}

impl BaseUrl {
    /// Whether it is one of `listeners`, in any spelling of loopback; the demo's path is not.
    pub fn leads_to(&self, listeners: &[SocketAddr]) -> bool {
        let demo = self.path.strip_prefix(DEMO_PATH);
        let is_demo = demo.is_some_and(|rest| rest.is_empty() || rest.starts_with('/'));
        !is_demo && listeners.iter().any(|it| it.port() == self.port && self.host.is_at(it.ip()))
    }
}

impl Host {
    fn is_at(&self, listener: IpAddr) -> bool {
        let here = |address: IpAddr| address.is_loopback() || address.is_unspecified();
        let named = match self {
            Self::Address(address) => address.to_canonical(),
            Self::Name(name) if name == "localhost" || name.ends_with(".localhost") => {
                Ipv4Addr::LOCALHOST.into()
            }
            Self::Name(_) => return false,
        };
        let listener = listener.to_canonical();
        named == listener || here(named) && here(listener)
    }
}

fn host_and_port(authority: &str) -> Option<(Host, Option<u16>)> {
    let (host, port) = if let Some(rest) = authority.strip_prefix('[') {
        let (address, port) = rest.split_once(']')?;
        (Host::Address(address.parse::<Ipv6Addr>().ok()?.into()), port)
    } else {
        let (name, port) = authority.split_at(authority.find(':').unwrap_or(authority.len()));
        (named_host(name)?, port)
    };
    match port.strip_prefix(':') {
        None if port.is_empty() => Some((host, None)),
        Some(digits) if digits.bytes().all(|byte| byte.is_ascii_digit()) => {
            let port = digits.parse().ok().filter(|it| *it != 0)?;
            Some((host, Some(port)))
        }
        _ => None,
    }
}

/// A name or an IPv4 address in its usual form. Other forms of the latter (one number, octal, hexadecimal, fewer
/// parts), which URL libraries would also read as an address, are refused.
fn named_host(text: &str) -> Option<Host> {
    let name = text.strip_suffix('.').unwrap_or(text).to_ascii_lowercase();
    let plain = |label: &str| {
        !label.is_empty() && label.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-' || b == b'_')
    };
    if name.len() > 253 || !name.split('.').all(plain) {
        return None;
    }
    let last = name.rsplit('.').next().unwrap_or_default();
    let hexadecimal = last.strip_prefix("0x").is_some_and(|it| it.bytes().all(|b| b.is_ascii_hexdigit()));
    if hexadecimal || last.bytes().all(|b| b.is_ascii_digit()) {
        return name.parse::<Ipv4Addr>().ok().map(|it| Host::Address(it.into()));
    }
    Some(Host::Name(name))
}

/// Whether no URL library would rewrite the path.
fn is_plain_path(path: &str) -> bool {
    let dots = |part: &str| matches!(part.to_ascii_lowercase().replace("%2e", ".").as_str(), "." | "..");
    path.bytes().all(|b| b.is_ascii_graphic() && !b"\\\"<>^`{|}".contains(&b)) && !path.split('/').any(dots)
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "tests")]

    use super::*;

    fn code(text: &str) -> String {
        parse(text).unwrap_err().code
    }

    #[test]
    fn v1_is_appended_only_where_the_path_is_empty() {
        assert_eq!(api_root("http://h:8000"), "http://h:8000/v1");
        assert_eq!(api_root("http://h:8000/"), "http://h:8000/v1");
        assert_eq!(api_root("https://h/v1/"), "https://h/v1");
        assert_eq!(api_root("https://h/openai/deployments/x"), "https://h/openai/deployments/x");
    }

    #[test]
    fn the_port_is_the_schemes_own_where_none_is_given() {
        assert_eq!(parse("http://h").unwrap().port, 80);
        assert_eq!(
            parse("HTTPS://H").unwrap(),
            BaseUrl { secure: true, host: Host::Name("h".to_owned()), port: 443, path: String::new() }
        );
        assert_eq!(parse("http://[::1]:8000/v1").unwrap().port, 8000);
    }

    #[test]
    fn only_http_and_https_are_taken() {
        assert_eq!(code("ftp://h"), "url_scheme");
        assert_eq!(code("javascript://h"), "url_scheme");
        assert_eq!(code("h:8000"), "invalid_url");
        assert_eq!(code(""), "invalid_url");
    }

    #[test]
    fn userinfo_is_refused() {
        assert_eq!(code("http://user:secret@h/v1"), "url_userinfo");
        assert_eq!(code("http://@h"), "url_userinfo");
    }

    #[test]
    fn query_and_fragment_are_refused() {
        assert_eq!(code("http://h/v1?key=1"), "url_query");
        assert_eq!(code("http://h#x"), "url_query");
    }

    #[test]
    fn a_long_base_url_is_refused() {
        assert_eq!(code(&format!("http://h/{}", "a".repeat(limits::BASE_URL_CHARS))), "too_long");
    }

    #[test]
    fn whatever_a_url_library_would_read_differently_is_refused() {
        for text in [
            "http://",
            "http:///v1",
            "http://h:0",
            "http://h:65536",
            "http://h:+80",
            "http://h:",
            "http://a b",
            "http://h\\other",
            "http://h/a b",
            "http://h/../v1",
            "http://h/%2E%2e/v1",
            "http://2130706433",
            "http://0x7f.1",
            "http://127.1",
            "http://0177.0.0.1",
            "http://①.0.0.1",
            "http://[::1",
            "http://[::1%25lo]",
            "http://h%2ex",
            "http://a..b",
            "http://h/\u{7f}",
        ] {
            assert_eq!(code(text), "invalid_url", "{text}");
        }
    }

    #[test]
    fn a_base_url_of_this_server_is_recognised_in_any_spelling_of_loopback() {
        let listeners = ["127.0.0.1:3000".parse().unwrap()];
        for host in [
            "localhost",
            "LOCALHOST.",
            "a.localhost",
            "127.0.0.1",
            "127.9.9.9",
            "[::1]",
            "[::ffff:127.0.0.1]",
            "0.0.0.0",
        ] {
            assert!(parse(&format!("http://{host}:3000/v1")).unwrap().leads_to(&listeners), "{host}");
            assert!(!parse(&format!("http://{host}:3001/v1")).unwrap().leads_to(&listeners), "{host}");
        }
        let all = ["[::]:80".parse().unwrap(), "10.0.0.5:3000".parse().unwrap()];
        assert!(parse("http://localhost").unwrap().leads_to(&all));
        assert!(parse("http://10.0.0.5:3000").unwrap().leads_to(&all));
        assert!(!parse("http://127.0.0.1:3000").unwrap().leads_to(&all));
        assert!(!parse("http://gpu.example").unwrap().leads_to(&all));
    }

    #[test]
    fn the_demo_of_this_server_is_no_way_back() {
        let listeners = ["127.0.0.1:3000".parse().unwrap()];
        assert!(!parse("http://127.0.0.1:3000/demo/v1").unwrap().leads_to(&listeners));
        assert!(parse("http://127.0.0.1:3000/demo/v1x").unwrap().leads_to(&listeners));
    }
}

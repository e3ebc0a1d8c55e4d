//! Base URLs of instances: parsing, and detection of this server's own addresses.
//!
//! The parser also runs in the browser. It is stricter than the server's URL library, so both read an accepted URL
//! the same way. It does not check whether an address may be called (egress).

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};

use crate::domain::{field_error::FieldError, limits};

/// Path of the demo instances, the only part of this server that instances may point at.
pub const DEMO_PATH: &str = "/demo/v1";

/// A parsed base URL.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BaseUrl {
    /// Whether the scheme is `https`.
    pub secure: bool,
    /// The host name or address.
    pub host: Host,
    /// The explicit port, or the default port of the scheme.
    pub port: u16,
    /// The path as given: empty, or with a leading slash.
    pub path: String,
}

/// The host of a base URL.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Host {
    /// An IP address.
    Address(IpAddr),
    /// A lower-case name without a trailing dot.
    Name(String),
}

/// Parses a base URL.
///
/// # Errors
/// A single error at the path `base_url`.
pub fn parse(text: &str) -> Result<BaseUrl, FieldError> {
    let error = |code: &str, message: String| Err(FieldError::new("base_url", code, message));
    if text.chars().count() > limits::BASE_URL_CHARS {
        let message = format!("Shorten the base URL to at most {} characters.", limits::BASE_URL_CHARS);
        return error("too_long", message);
    }
    let Some((scheme, rest)) = text.split_once("://") else {
        return error("invalid_url", "Enter an address such as http://127.0.0.1:8000/v1.".to_owned());
    };
    let secure = match scheme.to_ascii_lowercase().as_str() {
        "https" => true,
        "http" => false,
        _ => return error("url_scheme", "Use an address that begins with http:// or https://.".to_owned()),
    };
    if rest.contains(['?', '#']) {
        return error("url_query", "Remove everything from the first ? or # on.".to_owned());
    }
    let (authority, path) = rest.split_at(rest.find('/').unwrap_or(rest.len()));
    if authority.contains('@') {
        let message = "Remove the user name and password from the address; the API key has its own field.";
        return error("url_userinfo", message.to_owned());
    }
    let Some((host, port)) = host_and_port(authority) else {
        let message =
            "Enter a host name or address in plain ASCII, and a port from 1 to 65535 if one is needed.";
        return error("invalid_url", message.to_owned());
    };
    if !is_plain_path(path) {
        return error("invalid_url", "Use a path of plain characters, without . and .. parts.".to_owned());
    }
    let port = port.unwrap_or(if secure { 443 } else { 80 });
    Ok(BaseUrl { secure, host, port, path: path.to_owned() })
}

impl BaseUrl {
    /// Whether the URL points at one of `listeners`, in any spelling of loopback. The demo path is exempt.
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

/// Parses a name or a dotted-decimal IPv4 address. Refuses other forms that URL libraries would read as an address:
/// a single number, octal, hexadecimal, fewer parts.
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

/// Whether URL libraries leave the path unchanged.
fn is_plain_path(path: &str) -> bool {
    let dots = |part: &str| matches!(part.to_ascii_lowercase().replace("%2e", ".").as_str(), "." | "..");
    path.bytes().all(|b| b.is_ascii_graphic() && !b"\\\"<>^`{|}".contains(&b)) && !path.split('/').any(dots)
}

#[cfg(test)]
mod tests;

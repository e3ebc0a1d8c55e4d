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
    /// The query without its `?`; empty if there is none. It follows the path of each API.
    pub query: String,
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
    if rest.contains('#') {
        return error("url_fragment", "Remove everything from the # on.".to_owned());
    }
    let (rest, query) = rest.split_once('?').unwrap_or((rest, ""));
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
    if !is_plain_query(query) {
        return error("invalid_url", "Percent-encode special characters after the question mark.".to_owned());
    }
    if let Some(name) = secret_parameter(query) {
        let message = format!(
            "Remove the parameter “{name}” and send its value in `headers`, or as the API key; an address is not kept \
             secret."
        );
        return error("url_secret", message);
    }
    if let Some(base) = without_api_path(path) {
        let base = if base.is_empty() { "/v1" } else { &base };
        let query = if query.is_empty() { String::new() } else { format!("?{query}") };
        let message = format!(
            "Use {}://{authority}{base}{query}; the path of the API is appended to the base URL.",
            scheme.to_ascii_lowercase()
        );
        return error("url_api_path", message);
    }
    let port = port.unwrap_or(if secure { 443 } else { 80 });
    Ok(BaseUrl { secure, host, port, path: path.to_owned(), query: query.to_owned() })
}

/// Whether two base URLs have the same scheme, host and port. An unreadable one equals no other.
pub fn same_origin(one: &str, other: &str) -> bool {
    let [one, other] = [one, other].map(|it| parse(it).ok().map(|it| (it.secure, it.host, it.port)));
    one.is_some() && one == other
}

/// Whether two base URLs lead to the same paths: the same origin, root and query.
pub fn same_root(one: &str, other: &str) -> bool {
    let root = |text: &str| {
        let url = parse(text).ok()?;
        let path = url.path.trim_end_matches('/');
        let path = if path.is_empty() { "/v1" } else { path };
        Some((url.secure, url.host, url.port, path.to_owned(), url.query))
    };
    let one = root(one);
    one.is_some() && one == root(other)
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

/// Whether URL libraries leave the query unchanged.
fn is_plain_query(query: &str) -> bool {
    query.bytes().all(|b| b.is_ascii_graphic() && !b"\\\"'<>^`{|}".contains(&b))
}

/// Names of query parameters that hold a secret; any that ends in `-key` or `_key` does, too.
const SECRET_PARAMETERS: [&str; 10] =
    ["key", "api_key", "apikey", "token", "access_token", "sig", "signature", "secret", "password", "code"];

/// The decoded name of the first parameter that holds a secret.
fn secret_parameter(query: &str) -> Option<String> {
    let names = query.split(['&', ';']).map(|it| percent_decoded(it.split('=').next().unwrap_or_default()));
    names.into_iter().find(|name| {
        let name = name.trim().to_ascii_lowercase();
        SECRET_PARAMETERS.contains(&name.as_str()) || name.ends_with("-key") || name.ends_with("_key")
    })
}

fn percent_decoded(text: &str) -> String {
    let (bytes, mut decoded, mut at) = (text.as_bytes(), Vec::new(), 0);
    while let Some(byte) = bytes.get(at) {
        let escaped = text.get(at + 1..at + 3).filter(|_| *byte == b'%');
        match escaped.and_then(|it| u8::from_str_radix(it, 16).ok()) {
            Some(value) => {
                decoded.push(value);
                at += 3;
            }
            None => {
                decoded.push(if *byte == b'+' { b' ' } else { *byte });
                at += 1;
            }
        }
    }
    String::from_utf8_lossy(&decoded).into_owned()
}

/// Paths of APIs, which are appended to a base URL and so cannot be its end.
const API_PATHS: [&[&str]; 9] = [
    &["chat", "completions"],
    &["completions"],
    &["responses"],
    &["responses", "input_tokens"],
    &["responses", "compact"],
    &["messages"],
    &["messages", "count_tokens"],
    &["embeddings"],
    &["models"],
];

/// The path without the paths of APIs at its end; `None` if there are none. A server whose whole path is `/models`
/// exists (Azure's model inference), so that one is left alone.
fn without_api_path(path: &str) -> Option<String> {
    let mut parts: Vec<&str> = path.split('/').filter(|it| !it.is_empty()).collect();
    let before = parts.len();
    if parts == ["models"] {
        return None;
    }
    while let Some(api) = API_PATHS.iter().find(|api| ends_with(&parts, api)) {
        parts.truncate(parts.len() - api.len());
    }
    (parts.len() < before).then(|| parts.iter().map(|it| format!("/{it}")).collect())
}

fn ends_with(parts: &[&str], api: &[&str]) -> bool {
    let tail = parts.len().checked_sub(api.len()).map(|at| &parts[at..]);
    tail.is_some_and(|tail| tail.iter().zip(api).all(|(part, name)| part.eq_ignore_ascii_case(name)))
}

#[cfg(test)]
mod tests;

//! The address and the key of an instance. Neither is ever guessed: an unreadable address is not replaced with a
//! vendor's, and a reference is not stored as a key.

use std::borrow::Cow;

use app::domain::{config::base_url, field_error::FieldError, limits};
use serde_json::{Value, json};

use super::{
    placeholder::{self, is_placeholder},
    providers::Provider,
    tree::{Leftovers, Node},
};
use crate::egress::{EgressRules, check_url};

/// Field names that may hold an address by mistake, in lower case and without separators. An entry with one of them may
/// mean another server than its vendor's.
const ADDRESS_NAMES: [&str; 21] = [
    "address",
    "apibase",
    "apibaseurl",
    "apiendpoint",
    "apihost",
    "apiurl",
    "azureendpoint",
    "baseuri",
    "baseurl",
    "customhost",
    "customurl",
    "endpoint",
    "endpointurl",
    "host",
    "hostname",
    "openaiapibase",
    "openaibaseurl",
    "server",
    "serverurl",
    "uri",
    "url",
];

/// The address of an entry.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Address<'v> {
    /// None.
    Absent,
    /// An address that can be stored and called.
    Literal(&'v str),
    /// An address that cannot be read or must not be called; this was reported.
    Unusable,
}

/// The key of an entry.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Key<'v> {
    /// None.
    Absent,
    /// A key that can be stored.
    Literal(&'v str),
    /// A reference, a placeholder, or not a key; this was reported.
    Unusable,
}

/// The address of an instance.
#[derive(Debug, PartialEq)]
pub(super) struct Endpoint<'v> {
    pub(super) base_url: Cow<'v, str>,
    /// Whether the server is known to speak the OpenAI API.
    pub(super) is_compatible: bool,
}

impl Endpoint<'_> {
    /// The body of an instance that calls `model` here. One that must be tested first is disabled; that is reported at `path`.
    pub(super) fn instance(&self, model: &str, path: String, left: &Leftovers) -> Value {
        let mut body = json!({ "base_url": self.base_url, "model": model });
        if !self.is_compatible {
            body["enabled"] = json!(false);
            let words = "Servers of this provider speak its own protocol; the instance is disabled until a test shows that \
                         this one speaks the OpenAI API.";
            left.report(path, words);
        }
        body
    }
}

/// Reads the address in one of these fields; the first is the usual one.
pub(super) fn address<'v>(node: &mut Node<'v>, names: &[&'static str], left: &Leftovers) -> Address<'v> {
    let mut found = Address::Absent;
    for &name in names {
        let Some(value) = node.get(name) else { continue };
        found = match (found, read_address(value)) {
            (_, Err(words)) => {
                left.report(node.path_of(name), words);
                Address::Unusable
            }
            (Address::Literal(one), Ok(other)) if one != other => {
                left.report(node.path_of(name), "Two addresses differ, so none of them was taken.");
                Address::Unusable
            }
            (Address::Unusable, Ok(_)) => Address::Unusable,
            (_, Ok(text)) => Address::Literal(text),
        };
    }
    let misplaced: Vec<_> = node.unread().map(|(name, _)| name).filter(|it| is_address_name(it)).collect();
    for name in misplaced {
        node.get(name);
        let words = format!(
            "It is not clear whether this is the address; write it as {}.",
            names.first().unwrap_or(&name)
        );
        left.report(node.path_of(name), words);
        if found == Address::Absent {
            found = Address::Unusable;
        }
    }
    found
}

fn is_address_name(name: &str) -> bool {
    let plain: String = name.chars().filter(|it| !matches!(it, '_' | '-')).collect();
    ADDRESS_NAMES.contains(&plain.to_ascii_lowercase().as_str())
}

/// An address that can be stored and called, trimmed, or a message.
fn read_address(value: &Value) -> Result<&str, String> {
    let Some(text) = value.as_str().map(str::trim) else {
        return Err("It is not a text, so nothing was imported from here.".to_owned());
    };
    if text.is_empty() {
        return Err("The address is empty, so nothing was imported from here.".to_owned());
    }
    if is_placeholder(text) {
        let what_to_do = "nothing was imported from here, add the instance with its address by hand";
        return Err(placeholder::words(text, what_to_do));
    }
    let refused = base_url::parse(text)
        .map_err(without_values)
        .and_then(|_| check_url(text, &EgressRules::default()).map_err(|it| it.to_string()));
    match refused {
        Ok(_) => Ok(text),
        Err(why) => Err(format!("The address cannot be used, so nothing was imported from here. {why}")),
    }
}

/// The message of an address that is refused, without parts of the address.
pub(super) fn without_values(error: FieldError) -> String {
    match error.code.as_str() {
        "url_secret" => "One of its parameters may be a secret, which an address is not kept as.".to_owned(),
        "url_api_path" => "It ends in the path of an API, which is appended here.".to_owned(),
        _ => error.message,
    }
}

/// Reads the key in one of these fields.
pub(super) fn key<'v>(node: &mut Node<'v>, names: &[&'static str], left: &Leftovers) -> Key<'v> {
    let mut found = Key::Absent;
    for &name in names {
        let Some(value) = node.get(name) else { continue };
        found = match (found, read_key(value, "enter the key itself in the instance")) {
            (_, Err(words)) => {
                left.report(node.path_of(name), words);
                Key::Unusable
            }
            (found, Ok("")) => found,
            (Key::Literal(one), Ok(other)) if one != other => {
                left.report(node.path_of(name), "Two keys differ, so none of them was taken.");
                Key::Unusable
            }
            (Key::Unusable, Ok(_)) => Key::Unusable,
            (_, Ok(text)) => Key::Literal(text),
        };
    }
    found
}

/// Reports the keys of an entry that was left out if they cannot be read.
pub(super) fn report_unusable_keys(node: &mut Node<'_>, names: &[&'static str], left: &Leftovers) {
    for &name in names {
        if let Some(Err(words)) = node.get(name).map(|it| read_key(it, "it was left out with its entry")) {
            left.report(node.path_of(name), words);
        }
    }
}

/// A key that can be stored, trimmed, or a message that quotes nothing of it.
fn read_key<'v>(value: &'v Value, what_to_do: &str) -> Result<&'v str, String> {
    let Some(text) = value.as_str().map(str::trim) else {
        return Err(format!("It is not a text; {what_to_do}."));
    };
    if is_placeholder(text) || text.contains("://") || text.contains(char::is_whitespace) {
        return Err(placeholder::words(text, what_to_do));
    }
    if text.len() > limits::API_KEY_CHARS || !text.bytes().all(|it| it.is_ascii_graphic()) {
        return Err(format!("It cannot be sent as a key; {what_to_do}."));
    }
    Ok(text)
}

/// The address of a provider's model: the entry's own, else the vendor's. `None` if there is neither.
pub(super) fn endpoint<'v>(own: Address<'v>, provider: Provider) -> Option<Endpoint<'v>> {
    match (own, provider) {
        (Address::Unusable, _) | (Address::Absent, Provider::SelfHosted) => None,
        (Address::Absent, Provider::Vendor { address, .. }) => {
            Some(Endpoint { base_url: address.into(), is_compatible: true })
        }
        (Address::Literal(own), Provider::Vendor { address, own_protocol: true }) => {
            Some(match is_same_host(own, address) {
                // The vendor's own protocol and the OpenAI API have different paths there.
                true => Endpoint { base_url: address.into(), is_compatible: true },
                false => Endpoint { base_url: own.into(), is_compatible: false },
            })
        }
        (Address::Literal(own), _) => Some(Endpoint { base_url: own.into(), is_compatible: true }),
    }
}

fn is_same_host(one: &str, other: &str) -> bool {
    let host = |text: &str| base_url::parse(text).ok().map(|it| it.host);
    host(one).is_some_and(|it| Some(it) == host(other))
}

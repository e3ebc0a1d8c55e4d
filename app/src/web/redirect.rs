//! Redirects at the end of server functions. With scripting the router follows them, without it the browser.

use http::{HeaderValue, header, request::Parts};
use leptos::prelude::use_context;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};

use super::Answer;
use super::{
    action_error::{ActionError, answer},
    context,
    flash::notice::FlashNotice,
    server_error::ServerError,
};
use crate::ports::Actor;

/// All ASCII characters except unreserved ones (RFC 3986, 2.3).
const RESERVED: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');

/// Redirects to a path of this site.
///
/// # Errors
/// If the address is not a path of this site or not a valid header value; no redirect is sent then.
pub(crate) fn to(address: &str) -> Result<(), ServerError> {
    if !is_here(address) || HeaderValue::from_str(address).is_err() {
        return Err(ServerError::Internal);
    }
    leptos_axum::redirect(address);
    Ok(())
}

/// Whether an address is a path of this site. Browsers treat `//host` and `/\host` as another host.
pub(crate) fn is_here(address: &str) -> bool {
    let mut bytes = address.bytes();
    bytes.next() == Some(b'/')
        && !matches!(bytes.next(), Some(b'/' | b'\\'))
        && !address.bytes().any(|byte| byte.is_ascii_control())
}

/// Redirects to `page` with a notice.
pub(crate) async fn with_notice(who: &Actor, page: &str, note: &FlashNotice) -> Result<(), ServerError> {
    let id = context::flash()?.put_notice(&who.name, note).await;
    to(&with_value(page, "note", &id))
}

/// Returns the refusal, and redirects plain forms to the page at `path` with `query`, which shows it. For server
/// functions without a form to restore.
pub(crate) async fn with_error<T>(
    end: Result<T, ActionError>,
    path: &str,
    query: &[(&str, &str)],
) -> Answer<T> {
    if let (Err(ActionError::Refused(refusal)), Ok(who)) = (&end, context::actor()) {
        let note = context::flash()?.put_notice(&who.name, &FlashNotice::Refused(refusal.clone())).await;
        to(&with_query(path, &[query, &[("note", &note)]].concat()))?;
    }
    answer(end)
}

/// Appends a query to a path.
pub(crate) fn with_query(path: &str, values: &[(&str, &str)]) -> String {
    format!("{path}?{}", query(values))
}

/// Adds a query parameter to a URL with an optional query and fragment.
pub(crate) fn with_value(address: &str, name: &str, value: &str) -> String {
    let (page, fragment) = address.split_at(address.find('#').unwrap_or(address.len()));
    let sign = if page.contains('?') { '&' } else { '?' };
    format!("{page}{sign}{}{fragment}", query(&[(name, value)]))
}

/// Encodes parameters as a query or a form body.
pub(crate) fn query(values: &[(&str, &str)]) -> String {
    let pairs: Vec<String> =
        values.iter().map(|(name, value)| format!("{}={}", query_value(name), query_value(value))).collect();
    pairs.join("&")
}

/// Percent-encodes text as the value of a query or as one segment of a path, so spaces don't become `+`.
pub(crate) fn query_value(text: &str) -> String {
    utf8_percent_encode(text, RESERVED).to_string()
}

/// Whether the browser posted the form without scripting.
pub(crate) fn is_plain_form() -> bool {
    use_context::<Parts>().is_some_and(|parts| {
        let accept = parts.headers.get(header::ACCEPT).and_then(|accept| accept.to_str().ok());
        accept.is_some_and(|accept| accept.contains("text/html"))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_paths_of_this_site_are_followed() {
        assert!(is_here("/") && is_here("/instances?draft=1#x"));
        for address in ["", "https://evil.example", "//evil.example", "/\\evil.example", "/a\r\nb", "x/y"] {
            assert!(!is_here(address), "{address:?}");
        }
    }

    #[test]
    fn a_value_joins_the_query_before_the_fragment() {
        assert_eq!(with_value("/a", "b", "1"), "/a?b=1");
        assert_eq!(with_value("/a?c=2#d", "b", "1 2"), "/a?c=2&b=1%202#d");
    }

    #[test]
    fn a_query_holds_any_text() {
        assert_eq!(with_query("/a", &[("b", "ü &"), ("c", "1")]), "/a?b=%C3%BC%20%26&c=1");
        assert_eq!(query_value("aZ09-._~"), "aZ09-._~");
        assert_eq!(query_value("a+b=c/d?e#f%g\"h\r\n"), "a%2Bb%3Dc%2Fd%3Fe%23f%25g%22h%0D%0A");
    }
}

//! How a form's server function ends: it sends the browser on. With scripting the router follows, without it the
//! browser does.

use http::HeaderValue;
use serde::de::DeserializeOwned;

use super::{
    context,
    ports::Actor,
    refusal::{Refusal, Reply},
    server_fault::ServerFault,
};
use crate::domain::draft::Draft;

/// Sends the browser to an address of this site.
///
/// # Errors
/// A fault where the address cannot stand in a header; nothing is sent then.
pub(crate) fn to(address: &str) -> Result<(), ServerFault> {
    if HeaderValue::from_str(address).is_err() || !address.starts_with('/') || address.starts_with("//") {
        return Err(ServerFault::Inside);
    }
    leptos_axum::redirect(address);
    Ok(())
}

/// Keeps what was typed and sends the browser back to `page`, which shows the draft and what is wrong with it.
/// `fragment` is the id of what to show first; empty for the top.
pub(crate) async fn back_with_draft(
    who: &Actor,
    draft: Draft,
    page: &str,
    fragment: &str,
) -> Result<Reply<()>, ServerFault> {
    match context::control()?.keep_draft(who, draft).await {
        Ok(id) => {
            let hash = if fragment.is_empty() { "" } else { "#" };
            to(&format!("{page}?draft={}{hash}{fragment}", query_value(&id)))?;
            Ok(Ok(()))
        }
        Err(refusal) => Ok(Err(refusal)),
    }
}

/// Text as the value of a query: everything but unreserved characters (RFC 3986 §2.3) percent-encoded.
pub(crate) fn query_value(text: &str) -> String {
    let mut encoded = String::with_capacity(text.len());
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
            encoded.push(char::from(byte));
        } else {
            encoded.push_str(&format!("%{byte:02X}"));
        }
    }
    encoded
}

/// Keeps a refusal and sends the browser back to `page`, which shows it by `?refused=ID`. Where nobody is signed in
/// nothing is kept.
pub(crate) fn refused<T>(page: &str, refusal: Refusal) -> Result<Reply<T>, ServerFault> {
    if let Ok(who) = context::actor() {
        let id = context::flash()?.put(&who.name, &refusal);
        let joint = if page.contains('?') { '&' } else { '?' };
        to(&format!("{page}{joint}refused={id}"))?;
    }
    Ok(Err(refusal))
}

/// What was kept under an id of the address for this user; a refresh shows it again for a while.
pub(crate) fn kept<T: DeserializeOwned>(who: &Actor, id: Option<&str>) -> Option<T> {
    context::flash().ok()?.peek(&who.name, id?)
}

//! Redirects of signed-out forms. Nothing can be stored for a user who is not signed in, so input and errors are
//! sealed into the URL.

use http::request::Parts;
use leptos::prelude::use_context;
use serde::{Deserialize, Serialize};

use super::{context, retry_after};
use crate::{
    domain::{field_error::FieldError, limits, timestamp::Timestamp},
    ports::Cookies,
    refusal::Refusal,
};

#[derive(Serialize, Deserialize)]
struct SealedRefusal {
    name: String,
    refusal: Refusal,
    at: Timestamp,
}

/// Seals the entered user name and the refusal into a query parameter. A temporary refusal also sets the status of
/// the response.
pub(crate) fn seal_refused(name: &str, refusal: Refusal) -> String {
    retry_after::set_retry_after(&refusal);
    let name = name.chars().take(limits::NAME_CHARS).collect();
    let kept = serde_json::to_string(&SealedRefusal { name, refusal, at: context::now() });
    let sealed = kept.ok().and_then(|it| context::flash().ok()?.0.seal(&it));
    sealed.unwrap_or_default()
}

/// Opens a sealed refusal: the entered user name and the errors. Errors without a field are shown at `field`.
pub(crate) fn refused(note: &str, field: &str) -> (String, Vec<FieldError>) {
    let kept = || serde_json::from_str::<SealedRefusal>(&context::flash().ok()?.0.unseal(note)?).ok();
    let kept = (!note.is_empty()).then(kept).flatten();
    let Some(kept) = kept else { return Default::default() };
    let age = u64::try_from(context::now().0.saturating_sub(kept.at.0)).unwrap_or(0);
    let remaining = retry_after::remaining_wait(&kept.refusal, age);
    // With scripting, the response of a server function is data and not a page.
    let is_page = use_context::<Parts>().is_some_and(|it| !it.uri.path().starts_with("/fn/"));
    if let Some(refusal) = remaining.as_ref().filter(|_| is_page) {
        retry_after::set_retry_after(refusal);
    }
    let refusal = remaining.unwrap_or(kept.refusal);
    let errors = match refusal.errors() {
        errors if errors.is_empty() => vec![FieldError::new(field, "refused", refusal.to_string())],
        errors => errors,
    };
    (kept.name, errors)
}

/// Refuses if session cookies would be sent unencrypted.
pub(crate) fn cookies_allowed() -> Result<(), Refusal> {
    if context::cookies() == Ok(Cookies::Refused) {
        let words = "Signing in is disabled over plain HTTP from another machine, where others could read the session. \
                     Put TLS in front of this server, or start it with --insecure-cookies if you trust the \
                     network.";
        return Err(Refusal::Forbidden(words.to_owned()));
    }
    Ok(())
}

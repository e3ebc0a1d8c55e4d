//! What signed-out pages remember between a form that was refused and the page that says why. Nobody is signed in there,
//! so nothing is stored: what was typed travels sealed in the address.

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

/// Seals the user name that was typed and why it was refused, as a part of an address. If it came too early, the answer
/// under way says so as well.
pub(crate) fn seal_refused(name: &str, refusal: Refusal) -> String {
    retry_after::set_retry_after(&refusal);
    let name = name.chars().take(limits::NAME_CHARS).collect();
    let kept = serde_json::to_string(&SealedRefusal { name, refusal, at: context::now() });
    let sealed = kept.ok().and_then(|it| context::flash().ok()?.0.seal(&it));
    sealed.unwrap_or_default()
}

/// The user name that was typed, and the errors; what is no error of a field stands at `field`.
pub(crate) fn refused(note: &str, field: &str) -> (String, Vec<FieldError>) {
    let kept = || serde_json::from_str::<SealedRefusal>(&context::flash().ok()?.0.unseal(note)?).ok();
    let kept = (!note.is_empty()).then(kept).flatten();
    let Some(kept) = kept else { return Default::default() };
    let age = u64::try_from(context::now().0.saturating_sub(kept.at.0)).unwrap_or(0);
    let remaining = retry_after::remaining_wait(&kept.refusal, age);
    // A server function's answer to scripting is data about a page, not the page.
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

/// Refuses where a session cookie would travel in the clear.
pub(crate) fn cookies_allowed() -> Result<(), Refusal> {
    if context::cookies() == Ok(Cookies::Refused) {
        let words = "Nobody can sign in over plain HTTP from another machine: the session could be read on its way. \
                     Put TLS in front of this server, or start it with --insecure-cookies where the network is \
                     your own.";
        return Err(Refusal::Forbidden(words.to_owned()));
    }
    Ok(())
}

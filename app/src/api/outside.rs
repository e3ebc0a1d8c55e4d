//! What the pages outside remember between a form that was refused and the page that says why. Nobody is signed in
//! there, so what was typed belongs to whoever knows the note's random name.

use std::sync::LazyLock;

use leptos::nonce::Nonce;
use serde::{Deserialize, Serialize};

use super::{context, ending::Ending, flash::Flash, ports::Cookies, refusal::Refusal, session::Outside};
use crate::domain::{fault::Fault, limits};

/// Apart from the results of people who are signed in, so that strangers cannot push those out.
static REFUSED: LazyLock<Flash> = LazyLock::new(Flash::default);

#[derive(Serialize, Deserialize)]
struct Kept {
    name: String,
    faults: Vec<Fault>,
}

/// Keeps the user name that was typed and why it was refused; answers with the note's name.
pub(crate) fn keep(name: &str, refusal: Refusal) -> String {
    let faults = match refusal.faults() {
        faults if faults.is_empty() => vec![Fault::new("name", "refused", refusal.to_string())],
        faults => faults,
    };
    let secret = Nonce::new().to_string();
    let kept = Kept { name: name.chars().take(limits::NAME_CHARS).collect(), faults };
    let id = REFUSED.put(&secret, &kept);
    format!("{id}.{secret}")
}

/// What a page outside shows.
pub(crate) async fn page(note: &str) -> Result<Outside, Ending> {
    let needs_setup = context::sessions()?.needs_setup().await?;
    let no_cookies = cookies_allowed().is_err();
    let kept = note.split_once('.').and_then(|(id, secret)| REFUSED.peek::<Kept>(secret, id));
    let (name, faults) = kept.map_or_else(Default::default, |it| (it.name, it.faults));
    Ok(Outside { needs_setup, no_cookies, name, faults })
}

/// Refuses where a session cookie would travel in the clear.
pub(crate) fn cookies_allowed() -> Result<(), Refusal> {
    let site = context::control().map(|control| control.site());
    if site.is_ok_and(|site| site.cookies == Cookies::Refused) {
        let words = "Nobody can sign in over plain HTTP from another machine: the session could be read on its way. \
                     Put TLS in front of this server, or start it with --insecure-cookies where the network is \
                     your own.";
        return Err(Refusal::Forbidden(words.to_owned()));
    }
    Ok(())
}

//! A refusal in words, with a way on.

use leptos::prelude::*;

use crate::{
    refusal::Refusal,
    ui::{Notice, Tone},
};

/// Where a link leads, and its text.
pub(crate) type Link = (&'static str, &'static str);

pub(crate) fn way_on(refusal: &Refusal) -> Option<Link> {
    match refusal {
        Refusal::Unauthenticated => Some(("/sign-in", "Sign in")),
        Refusal::NotFound { .. } | Refusal::Gone(_) => Some(("/", "Go to the balancers")),
        _ => None,
    }
}

/// A refusal in words, with a way on.
pub(crate) fn refused(refusal: &Refusal) -> AnyView {
    notice(refusal, way_on(refusal))
}

pub(crate) fn notice(refusal: &Refusal, way_on: Option<Link>) -> AnyView {
    let words = refusal.to_string();
    let errors = refusal.errors();
    let errors = (errors.len() > 1).then(|| {
        let errors = errors.into_iter().map(|it| view! { <li>{it.message}</li> }).collect_view();
        view! { <ul>{errors}</ul> }
    });
    view! {
        <Notice tone=Tone::Bad>
            <p>{words}</p>
            {errors}
            {way_on.map(|(href, words)| view! { <p><a href=href>{words}</a></p> })}
        </Notice>
    }
    .into_any()
}

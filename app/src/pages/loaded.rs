//! A page's data when it is there, and when it cannot be had. The page is sent once it is whole.

use leptos::prelude::*;
use leptos_router::hooks::use_query_map;

use super::{not_found::not_found_status, visit::Data};
use crate::{
    refusal::Refusal,
    ui::{Notice, PageHead, Tone},
    web::server_error::ServerError,
};

/// What a page is about, which decides what is said where its data is not there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum PageSubject {
    /// Nothing that its address names: the page itself is there.
    Nothing,
    /// Something that its address names; where that is not there, the status is 404.
    Object,
    /// The same, in a form that a draft may fill: without the draft it may well be there.
    Form,
}

/// Draws a page from its data.
pub(crate) fn loaded<T: Send + 'static>(
    data: Data<T>,
    view: impl FnOnce(T) -> AnyView + Send + 'static,
) -> AnyView {
    drawn(data, view, PageSubject::Nothing, false)
}

/// The same of a page about something that its address names.
pub(crate) fn loaded_object<T: Send + 'static>(
    data: Data<T>,
    view: impl FnOnce(T) -> AnyView + Send + 'static,
) -> AnyView {
    drawn(data, view, PageSubject::Object, false)
}

/// The same of such a page whose heading comes with its data: where there is none, the heading says so.
pub(crate) fn loaded_with_head<T: Send + 'static>(
    data: Data<T>,
    view: impl FnOnce(T) -> AnyView + Send + 'static,
) -> AnyView {
    drawn(data, view, PageSubject::Object, true)
}

/// The same of a form of an object or of a draft. `headed` as in [`loaded_with_head`].
pub(crate) fn loaded_form<T: Send + 'static>(
    data: Data<T>,
    headed: bool,
    view: impl FnOnce(T) -> AnyView + Send + 'static,
) -> AnyView {
    drawn(data, view, PageSubject::Form, headed)
}

fn drawn<T: Send + 'static>(
    data: Data<T>,
    view: impl FnOnce(T) -> AnyView + Send + 'static,
    subject: PageSubject,
    headed: bool,
) -> AnyView {
    let set_status = not_found_status();
    let draft = use_query_map().get_untracked().get("draft").is_some_and(|it| !it.is_empty());
    let content = Suspend::new(async move {
        let words = match data.await {
            Ok(Ok(data)) => return view(data),
            Ok(Err(refusal @ (Refusal::NotFound { .. } | Refusal::Gone(_))))
                if subject != PageSubject::Nothing =>
            {
                set_status();
                let without = (subject == PageSubject::Form && draft).then_some(WITHOUT_DRAFT);
                notice(&refusal, without.or_else(|| way_on(&refusal)))
            }
            Ok(Err(refusal)) => refused(&refusal),
            Err(error) => failed(error),
        };
        if !headed {
            return words;
        }
        view! {
            <PageHead title="This page cannot be shown" />
            {words}
        }
        .into_any()
    });
    view! { <Suspense>{content}</Suspense> }.into_any()
}

/// Where a link leads, and its text.
type Link = (&'static str, &'static str);

/// The same page less its query: what is saved, or an empty form.
const WITHOUT_DRAFT: Link = ("?", "Open this page without the draft");

fn way_on(refusal: &Refusal) -> Option<Link> {
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

fn notice(refusal: &Refusal, way_on: Option<Link>) -> AnyView {
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

/// An error in words, with a way on.
pub(crate) fn failed(error: ServerError) -> AnyView {
    let words = error.to_string();
    let (href, way_on) = match error {
        ServerError::SignedOut => ("/sign-in", "Sign in"),
        _ => ("", "Load this page again"),
    };
    view! {
        <Notice tone=Tone::Bad>
            <p>{words}</p>
            <p>
                <a href=href>{way_on}</a>
            </p>
        </Notice>
    }
    .into_any()
}

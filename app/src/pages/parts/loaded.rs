//! A page drawn from its data once that is read, and what it says if the data cannot be had. The page is sent whole.

use leptos::prelude::*;
use leptos_router::hooks::use_query_map;

use crate::{
    fragments::refused::{Link, notice, refused, way_on},
    pages::errors::not_found::not_found_status,
    refusal::Refusal,
    ui::{Notice, PageHead, Tone},
    web::{action_error::ActionError, server_error::ServerError},
};

/// Subject of a page, which decides what is said if its data is not there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum PageSubject {
    /// Nothing that its address names: the page itself is there.
    Nothing,
    /// Something that its address names; if that is not there, the status is 404.
    Object,
    /// A form of such an object or of a draft: without the draft the object may well be there.
    Form,
}

/// Draws a page from its data.
pub(crate) fn loaded<T: Send + 'static>(
    data: impl Future<Output = Result<T, ActionError>> + Send + 'static,
    view: impl FnOnce(T) -> AnyView + Send + 'static,
) -> AnyView {
    drawn(data, view, PageSubject::Nothing, false)
}

/// Draws a page about something that its address names.
pub(crate) fn loaded_object<T: Send + 'static>(
    data: impl Future<Output = Result<T, ActionError>> + Send + 'static,
    view: impl FnOnce(T) -> AnyView + Send + 'static,
) -> AnyView {
    drawn(data, view, PageSubject::Object, false)
}

/// Draws a page about something that its address names, whose view has a heading of its own; without data a heading says
/// that the page cannot be shown.
pub(crate) fn loaded_with_head<T: Send + 'static>(
    data: impl Future<Output = Result<T, ActionError>> + Send + 'static,
    view: impl FnOnce(T) -> AnyView + Send + 'static,
) -> AnyView {
    drawn(data, view, PageSubject::Object, true)
}

/// Draws the form of an object or of a draft. `headed` says that its view has a heading of its own.
pub(crate) fn loaded_form<T: Send + 'static>(
    data: impl Future<Output = Result<T, ActionError>> + Send + 'static,
    headed: bool,
    view: impl FnOnce(T) -> AnyView + Send + 'static,
) -> AnyView {
    drawn(data, view, PageSubject::Form, headed)
}

fn drawn<T: Send + 'static>(
    data: impl Future<Output = Result<T, ActionError>> + Send + 'static,
    view: impl FnOnce(T) -> AnyView + Send + 'static,
    subject: PageSubject,
    headed: bool,
) -> AnyView {
    let set_status = not_found_status();
    let draft = use_query_map().get_untracked().get("draft").is_some_and(|it| !it.is_empty());
    let content = Suspend::new(async move {
        let words = match data.await {
            Ok(data) => return view(data),
            Err(ActionError::Refused(refusal @ (Refusal::NotFound { .. } | Refusal::Gone(_))))
                if subject != PageSubject::Nothing =>
            {
                set_status();
                let without = (subject == PageSubject::Form && draft).then_some(WITHOUT_DRAFT);
                notice(&refusal, without.or_else(|| way_on(&refusal)))
            }
            Err(ActionError::Refused(refusal)) => refused(&refusal),
            Err(ActionError::Failed(error)) => failed(error),
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

/// The same page less its query: what is saved, or an empty form.
const WITHOUT_DRAFT: Link = ("?", "Open this page without the draft");

/// An unexpected error in words, with a way on.
fn failed(error: ServerError) -> AnyView {
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

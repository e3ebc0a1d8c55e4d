//! A page's data when it is there, and when it cannot be had. The page is sent once it is whole.

use leptos::prelude::*;

use super::visit::Data;
use crate::{
    api::{refusal::Refusal, server_fault::ServerFault},
    ui::{Notice, PageHead, Tone},
};

/// Draws a page from its data.
pub(crate) fn loaded<T: Send + 'static>(
    data: Data<T>,
    view: impl FnOnce(T) -> AnyView + Send + 'static,
) -> AnyView {
    drawn(data, view, |words| words)
}

/// The same of a page whose heading comes with its data: where there is none, the heading says so.
pub(crate) fn loaded_with_head<T: Send + 'static>(
    data: Data<T>,
    view: impl FnOnce(T) -> AnyView + Send + 'static,
) -> AnyView {
    drawn(data, view, headed)
}

fn headed(words: AnyView) -> AnyView {
    view! {
        <PageHead title="This page cannot be shown" />
        {words}
    }
    .into_any()
}

fn drawn<T: Send + 'static>(
    data: Data<T>,
    view: impl FnOnce(T) -> AnyView + Send + 'static,
    around: fn(AnyView) -> AnyView,
) -> AnyView {
    let content = Suspend::new(async move {
        match data.await {
            Ok(Ok(data)) => view(data),
            Ok(Err(refusal)) => around(refused(&refusal)),
            Err(fault) => around(failed(fault)),
        }
    });
    view! { <Suspense>{content}</Suspense> }.into_any()
}

/// A refusal in words, with a way on.
pub(crate) fn refused(refusal: &Refusal) -> AnyView {
    let way_on = match refusal {
        Refusal::Unauthenticated => Some(("/sign-in", "Sign in")),
        Refusal::NotFound { .. } | Refusal::Gone(_) => Some(("/", "Go to the balancers")),
        _ => None,
    };
    let words = refusal.to_string();
    let faults = refusal.faults();
    let faults = (faults.len() > 1).then(|| {
        let faults = faults.into_iter().map(|it| view! { <li>{it.message}</li> }).collect_view();
        view! { <ul>{faults}</ul> }
    });
    view! {
        <Notice tone=Tone::Bad>
            <p>{words}</p>
            {faults}
            {way_on.map(|(href, words)| view! { <p><a href=href>{words}</a></p> })}
        </Notice>
    }
    .into_any()
}

/// A fault in words, with a way on.
pub(crate) fn failed(fault: ServerFault) -> AnyView {
    let words = fault.to_string();
    let (href, way_on) = match fault {
        ServerFault::SignedOut => ("/sign-in", "Sign in"),
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

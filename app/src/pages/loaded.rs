//! A page's data while it is fetched, when it is there, and when it cannot be had.

use std::{pin::Pin, sync::Arc};

use leptos::prelude::*;
use serde::{Serialize, de::DeserializeOwned};

use super::{
    busy::{Busy, Work},
    visit::{Data, Visit},
};
use crate::{
    api::{Answer, refusal::Refusal, server_fault::ServerFault},
    ui::{Notice, PageHead, Tone, focus::focus_fragment},
};

/// Draws an answer; called once for each.
type Drawing = Arc<dyn Fn() -> AnyView + Send + Sync>;
/// Waits for the next answer.
type Fetch = Box<dyn Fn() -> Pin<Box<dyn Future<Output = Drawing> + Send>> + Send + Sync>;

/// Draws a page from its one resource. Each answer is drawn from scratch, so that every control shows what the
/// answer says and not what was typed before it.
pub(crate) fn loaded<T, V>(data: Data<T>, view: V) -> AnyView
where
    T: Clone + Send + Sync + Serialize + DeserializeOwned + 'static,
    V: Fn(T) -> AnyView + Clone + Send + Sync + 'static,
{
    drawn(data, view, refused, failed)
}

/// The same of a page whose heading comes with its data: where there is none, the heading says so.
pub(crate) fn loaded_with_head<T, V>(data: Data<T>, view: V) -> AnyView
where
    T: Clone + Send + Sync + Serialize + DeserializeOwned + 'static,
    V: Fn(T) -> AnyView + Clone + Send + Sync + 'static,
{
    drawn(data, view, |refusal| headed(refused(refusal)), |fault| headed(failed(fault)))
}

fn headed(words: AnyView) -> AnyView {
    view! {
        <PageHead title="This page cannot be shown" />
        {words}
    }
    .into_any()
}

fn drawn<T, V>(
    data: Data<T>,
    view: V,
    refused: fn(&Refusal) -> AnyView,
    failed: fn(ServerFault) -> AnyView,
) -> AnyView
where
    T: Clone + Send + Sync + Serialize + DeserializeOwned + 'static,
    V: Fn(T) -> AnyView + Clone + Send + Sync + 'static,
{
    frame(Box::new(move || {
        let view = view.clone();
        Box::pin(async move {
            let answer = data.await;
            let drawing: Drawing = Arc::new(move || match answer.clone() {
                Ok(Ok(data)) => view(data),
                Ok(Err(refusal)) => refused(&refusal),
                Err(fault) => failed(fault),
            });
            drawing
        })
    }))
}

/// The part that does not depend on the type of the data: it is compiled once for all pages.
fn frame(fetch: Fetch) -> AnyView {
    let count = StoredValue::new(0_usize);
    let (busy, reading) = (Busy::get(), StoredValue::new(None::<Work>));
    // A setter is called while the arena that holds it is locked for reading. Reaching into the arena again from there
    // is harmless in a browser, which has one thread; on the server it waits for ever once another thread wants to write,
    // and there is no page to be marked.
    let pending = SignalSetter::map(move |pending: bool| {
        if cfg!(feature = "hydrate") {
            reading.try_set_value(pending.then(|| busy.begin()));
        }
    });
    view! {
        <Transition
            set_pending=pending
            fallback=|| view! { <p class="loading" role="status">"Loading…"</p> }
        >
            {move || {
                let fetched = fetch();
                Suspend::new(async move {
                    let drawing = fetched.await;
                    // The page may be gone by the time its data comes.
                    let key = count.try_update_value(|count| {
                        *count += 1;
                        *count
                    });
                    view! {
                        <For
                            each=move || [key]
                            key=|key| *key
                            children=move |_| {
                                focus_fragment();
                                drawing()
                            }
                        />
                    }
                })
            }}
        </Transition>
    }
    .into_any()
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

/// A fault in words.
pub(crate) fn failed(fault: ServerFault) -> AnyView {
    let words = fault.to_string();
    view! {
        <Notice tone=Tone::Bad>
            <p>{words}</p>
            // Past the router: where the session is over, the server then asks to sign in.
            <p>
                <a href="" rel="external">
                    "Load this page again"
                </a>
            </p>
        </Notice>
    }
    .into_any()
}

/// What came of the page's last form where its answer did not lead elsewhere: nothing was kept, so it says so.
pub(crate) fn posted(visit: Visit) -> AnyView {
    (move || outcome(visit.outcome())).into_any()
}

/// The same of an action.
pub(crate) fn outcome<T>(answer: Option<Answer<T>>) -> Option<AnyView> {
    match answer? {
        Ok(Ok(_)) => None,
        Ok(Err(refusal)) => Some(refused(&refusal)),
        Err(fault) => Some(failed(fault)),
    }
}

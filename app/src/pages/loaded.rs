//! A page's data while it is fetched, when it is there, and when it cannot be had.

use leptos::prelude::*;

use crate::{
    api::{Answer, refusal::Refusal, server_fault::ServerFault},
    ui::{Notice, Tone, focus::focus_fragment},
};

/// Draws a page from its one resource. Each answer is drawn from scratch, so that every control shows what the
/// answer says and not what was typed before it.
pub(crate) fn loaded<T, V>(data: Resource<Answer<T>>, view: V) -> AnyView
where
    T: Clone + Send + Sync + 'static,
    V: Fn(T) -> AnyView + Clone + Send + Sync + 'static,
{
    let count = StoredValue::new(0_usize);
    view! {
        <Transition fallback=|| view! { <p class="loading" role="status">"Loading…"</p> }>
            {move || {
                let view = view.clone();
                Suspend::new(async move {
                    let answer = data.await;
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
                                draw(answer.clone(), view.clone())
                            }
                        />
                    }
                })
            }}
        </Transition>
    }
    .into_any()
}

fn draw<T>(answer: Answer<T>, view: impl Fn(T) -> AnyView) -> AnyView {
    match answer {
        Ok(Ok(data)) => view(data),
        Ok(Err(refusal)) => refused(&refusal),
        Err(fault) => failed(fault),
    }
}

/// A refusal in words, with a way on.
pub(crate) fn refused(refusal: &Refusal) -> AnyView {
    let way_on = match refusal {
        Refusal::Unauthenticated => Some(("/sign-in", "Sign in")),
        Refusal::NotFound { .. } | Refusal::Gone(_) => Some(("/", "Go to the balancers")),
        _ => None,
    };
    let words = refusal.to_string();
    view! {
        <Notice tone=Tone::Bad>
            <p>{words}</p>
            {way_on.map(|(href, words)| view! { <p><a href=href>{words}</a></p> })}
        </Notice>
    }
    .into_any()
}

/// A fault in words.
pub(crate) fn failed(fault: ServerFault) -> AnyView {
    let words = fault.to_string();
    view! { <Notice tone=Tone::Bad><p>{words}</p></Notice> }.into_any()
}

/// What came of a form whose answer did not lead elsewhere: nothing was kept, so it says so.
pub(crate) fn outcome<T: 'static>(answer: Option<Answer<T>>) -> Option<AnyView> {
    match answer? {
        Ok(Ok(_)) => None,
        Ok(Err(refusal)) => Some(refused(&refusal)),
        Err(fault) => Some(failed(fault)),
    }
}

//! The forms of pages. Without scripting the browser sends them; with it the router's form does, and what comes back
//! is followed here. Nothing in this file depends on what a form holds, so all forms share one copy of it.
//!
//! A form's server function ends with a redirect. Where that leads elsewhere, the address changes and the page
//! reads anew; where it leads to the very same address the router stays still, so the answers are counted.

use std::sync::Arc;

use leptos::{
    prelude::*,
    server_fn::redirect::REDIRECT_HEADER,
    task::spawn_local,
    wasm_bindgen::{JsCast as _, JsValue},
    web_sys,
};
use leptos_router::{NavigateOptions, components::Form, hooks::use_location, hooks::use_navigate};
use serde::de::DeserializeOwned;
use wasm_bindgen_futures::JsFuture;

use super::busy::{Busy, Work};
use crate::api::{Answer, server_fault::ServerFault};

/// The forms of one page, and what became of the last one.
#[derive(Clone, Copy)]
pub(crate) struct Post {
    /// Counts the answers that led to the address where the page already was.
    pub(super) answers: RwSignal<usize>,
    /// Whether a form is on its way.
    pub(super) sending: RwSignal<bool>,
    /// The same for the frame around the page.
    work: StoredValue<Option<Work>>,
    /// What came of the last form where its answer did not lead elsewhere.
    pub(super) outcome: RwSignal<Option<Answer<()>>>,
}

impl Post {
    /// No form was sent yet.
    pub(crate) fn new() -> Self {
        Self {
            answers: RwSignal::new(0),
            sending: RwSignal::new(false),
            work: StoredValue::new(None),
            outcome: RwSignal::new(None),
        }
    }

    /// A form that posts to a server function. `to` is the function's address.
    pub(crate) fn form(self, to: &'static str, content: AnyView) -> AnyView {
        let (navigate, location, busy) = (use_navigate(), use_location(), Busy::get());
        let (path, search) = (location.pathname, location.search);
        let go = move |location: &str| {
            // What a route itself is told of its address lags behind; see `Visit::sight`.
            let here = format!("{}?{}", path.get_untracked(), search.get_untracked());
            let there = location.split('#').next().unwrap_or_default();
            if there == here.trim_end_matches('?') {
                self.answers.try_update(|count| *count += 1);
            }
            navigate(location, NavigateOptions::default());
        };
        let on_response = move |response: &web_sys::Response| {
            let header = |name: &str| response.headers().get(name).ok().flatten();
            match header("location") {
                Some(location) if header(REDIRECT_HEADER).is_some() => {
                    // In this order, so that the page is busy without a gap.
                    go(&location);
                    self.finish(None);
                }
                _ if response.status() == 401 => go("/sign-in"),
                _ if response.status() == 403 => go("/forbidden"),
                _ => {
                    let (ok, text) = (response.ok(), response.text().map(JsFuture::from));
                    spawn_local(async move { self.finish(Some(read(ok, text).await)) });
                }
            }
        };
        view! {
            <Form
                method="post"
                action=to
                on_form_data=Arc::new(move |_| {
                    self.sending.set(true);
                    self.work.set_value(Some(busy.begin()));
                })
                on_response=Arc::new(on_response)
                on_error=Arc::new(move |_| self.finish(Some(Err(ServerFault::Unreachable))))
            >
                {content}
            </Form>
        }
        .into_any()
    }

    /// The form is back; the page may be gone already.
    fn finish(self, outcome: Option<Answer<()>>) {
        self.sending.try_set(false);
        self.work.try_set_value(None);
        self.outcome.try_set(outcome);
    }
}

/// Sends to a server function what a form holds, and follows it nowhere.
pub(crate) async fn send<T: DeserializeOwned>(to: &str, fields: &web_sys::UrlSearchParams) -> Answer<T> {
    let request = web_sys::RequestInit::new();
    request.set_method("POST");
    request.set_body(fields);
    let answer = JsFuture::from(window().fetch_with_str_and_init(to, &request)).await;
    match answer.map(web_sys::Response::unchecked_from_js) {
        Ok(response) => read(response.ok(), response.text().map(JsFuture::from)).await,
        Err(_) => Err(ServerFault::Unreachable),
    }
}

/// What a server function said that sent the browser nowhere.
async fn read<T: DeserializeOwned>(ok: bool, text: Result<JsFuture, JsValue>) -> Answer<T> {
    let text = match text {
        Ok(text) => text.await.ok().and_then(|text| text.as_string()).unwrap_or_default(),
        Err(_) => String::new(),
    };
    if ok {
        serde_json::from_slice(text.as_bytes()).map_err(|_| ServerFault::Unreachable)
    } else {
        Err(serde_json::from_slice(text.as_bytes()).unwrap_or(ServerFault::Unreachable))
    }
}

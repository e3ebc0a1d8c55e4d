//! Brings parts of the page up to date: the page is read again, as the server draws it, and what is different in its
//! live parts is taken over. Nobody who is in one of them loses their place.
//!
//! A live part has an id, and names in `data-live` what concerns it; `data-from` is where it is read from, the page's
//! own address unless it says otherwise.

use std::{cell::RefCell, collections::BTreeSet, rc::Rc};

use leptos::{prelude::*, task::spawn_local, wasm_bindgen::JsCast as _, web_sys};
use wasm_bindgen_futures::JsFuture;

use super::{controls::ControlSnapshot, morph::morph};
use crate::domain::console::feed::ANYTHING;

/// Reads the page again, one time after the other: what happens meanwhile leads to one more.
#[derive(Clone, Default)]
pub(crate) struct Redraw(Rc<RefCell<State>>);

#[derive(Default)]
struct State {
    is_reading: bool,
    /// What happened and is not seen on the page yet.
    news: BTreeSet<String>,
}

impl Redraw {
    /// Nothing happened yet.
    pub(crate) fn new() -> Self {
        Self::default()
    }

    /// Brings those parts up to date that one of these concerns.
    pub(crate) fn after(&self, concerns: &[String]) {
        let mut state = self.0.borrow_mut();
        state.news.extend(concerns.iter().cloned());
        if !state.is_reading && !parts(&state.news).is_empty() {
            state.is_reading = true;
            let page = self.clone();
            spawn_local(async move { while page.read().await {} });
        } else if !state.is_reading {
            state.news.clear();
        }
    }

    /// Whether there is more to read.
    async fn read(&self) -> bool {
        let news = std::mem::take(&mut self.0.borrow_mut().news);
        let parts = parts(&news);
        let from = parts.iter().find_map(|it| it.get_attribute("data-from"));
        let address = address();
        if let (false, Some(fresh)) = (parts.is_empty(), load(from).await)
            // Otherwise the draft got an id meanwhile; `typing` redraws then.
            && self::address() == address
        {
            // They may have gone meanwhile; then nothing is lost by changing them.
            for part in parts {
                if let Some(fresh) = fresh.get_element_by_id(&part.id()) {
                    let controls = ControlSnapshot::of(&part);
                    morph(&part, &fresh);
                    controls.restore(&part);
                }
            }
        }
        let mut state = self.0.borrow_mut();
        state.is_reading = !state.news.is_empty();
        state.is_reading
    }
}

/// The live parts that one of these concerns.
fn parts(news: &BTreeSet<String>) -> Vec<web_sys::Element> {
    let Ok(found) = document().query_selector_all("[data-live]") else { return Vec::new() };
    (0..found.length())
        .filter_map(|at| found.get(at)?.dyn_into::<web_sys::Element>().ok())
        .filter(|part| {
            let concerns = part.get_attribute("data-live").unwrap_or_default();
            news.contains(ANYTHING) || concerns.split_whitespace().any(|it| news.contains(it))
        })
        .collect()
}

/// The page's own address.
fn address() -> Option<String> {
    window().location().href().ok()
}

/// The page as it is now; `None` where it cannot be had, so that what is shown stays.
async fn load(from: Option<String>) -> Option<web_sys::Document> {
    let address = from.or_else(address)?;
    let answer = JsFuture::from(window().fetch_with_str(&address)).await.ok()?;
    let answer = answer.dyn_into::<web_sys::Response>().ok().filter(web_sys::Response::ok)?;
    let text = JsFuture::from(answer.text().ok()?).await.ok()?.as_string()?;
    web_sys::DomParser::new().ok()?.parse_from_string(&text, web_sys::SupportedType::TextHtml).ok()
}

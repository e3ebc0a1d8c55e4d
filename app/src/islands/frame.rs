//! What holds for every page: it says when it can be used, that something is under way, that a form which is on its way
//! is not sent twice, and how many characters were typed where they are counted.
#![expect(unreachable_pub, reason = "the macro exports each island under a public name")]

use std::{cell::Cell, rc::Rc};

use leptos::{ev, prelude::*, wasm_bindgen::JsCast as _, web_sys};

/// The last island of every page, so that it is awake when all are.
#[island]
pub(crate) fn Frame() -> impl IntoView {
    Effect::new(|_| {
        super::copy::listen();
        let sending = Rc::new(Cell::new(false));
        let sent = Rc::clone(&sending);
        // Islands hear of a form before the window does; what they take over themselves goes nowhere.
        let _ = window_event_listener(ev::submit, move |form| {
            if form.default_prevented() {
                return;
            }
            if sent.replace(true) {
                form.prevent_default();
            } else {
                mark_busy(true);
            }
        });
        let _ = window_event_listener(ev::click, |click| {
            if leaves(&click) {
                mark_busy(true);
            }
        });
        let _ = window_event_listener(ev::input, |typed| {
            let area = typed.target().and_then(|it| it.dyn_into::<web_sys::HtmlTextAreaElement>().ok());
            if let Some(area) = area {
                count(&area);
            }
        });
        // A page that comes back out of the browser's memory is as it was left.
        let _ = window_event_listener(ev::pageshow, move |_| {
            if sending.replace(false) || is_busy() {
                mark_busy(false);
            }
        });
        if let Some(body) = document().body() {
            // Browser tests wait for this mark: clicks before it do what they do without scripting.
            let _ = body.set_attribute("data-hydrated", "true");
        }
    });
}

/// Counts on what the server began to count, where it did.
fn count(area: &web_sys::HtmlTextAreaElement) {
    let Some(line) = area.next_element_sibling() else { return };
    let Some(limit) = line.get_attribute("data-limit") else { return };
    let count = area.value().chars().count();
    line.set_text_content(Some(&[&count.to_string(), " of ", &limit, " characters"].concat()));
    // A line that takes no attribute only costs the mark.
    let _ = if limit.parse().is_ok_and(|limit: usize| count > limit) {
        line.set_attribute("data-over", "true")
    } else {
        line.remove_attribute("data-over")
    };
}

fn page() -> Option<web_sys::Element> {
    document().get_element_by_id("main")
}

fn is_busy() -> bool {
    page().is_some_and(|it| it.has_attribute("aria-busy"))
}

/// Marks the page, which is about to be another one.
pub(super) fn mark_busy(yes: bool) {
    if let Some(page) = page() {
        // A page that takes no attribute only costs the mark.
        let _ =
            if yes { page.set_attribute("aria-busy", "true") } else { page.remove_attribute("aria-busy") };
    }
}

/// Whether a click leads to another page in this tab.
fn leaves(click: &web_sys::MouseEvent) -> bool {
    let plain = click.button() == 0
        && !(click.default_prevented()
            || click.meta_key()
            || click.ctrl_key()
            || click.shift_key()
            || click.alt_key());
    let link = click
        .target()
        .and_then(|it| it.dyn_into::<web_sys::Element>().ok())
        .and_then(|it| it.closest("a[href]").ok().flatten());
    plain
        && link.and_then(|it| it.dyn_into::<web_sys::HtmlAnchorElement>().ok()).is_some_and(|link| {
            let here = window().location();
            let within = !link.hash().is_empty()
                && here.pathname().is_ok_and(|it| it == link.pathname())
                && here.search().is_ok_and(|it| it == link.search());
            let stays = within || link.has_attribute("download") || link.has_attribute("target");
            !stays && here.origin().is_ok_and(|it| it == link.origin())
        })
}

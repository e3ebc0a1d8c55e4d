//! The live feed of this tab: one connection, for whatever the tab shows, closed while nobody looks. The browser comes
//! back by itself after a loss; while it cannot, or is refused, a quiet line says so.
#![expect(unreachable_pub, reason = "the macro exports each island under a public name")]

use std::{cell::RefCell, rc::Rc, time::Duration};

use leptos::{
    ev,
    prelude::*,
    wasm_bindgen::{JsCast as _, closure::Closure},
    web_sys,
};

use super::redraw::Redraw;
use crate::domain::console::feed::FeedMessage;

/// How long the connection may be lost before the page says so.
const QUIET: Duration = Duration::from_secs(3);
/// How long after a refusal it is tried again; the browser itself gives up on those.
const AGAIN: Duration = Duration::from_secs(5);

/// The element that says it.
const STATUS: &str = "feed-status";
const LOST: &str = "Connection lost. What you see may be old; it is tried again by itself.";
const REFUSED: &str = "Changes are not shown any more. Load this page again.";

/// Follows what happens and brings the page's live parts up to date; says while it cannot.
#[island]
pub(crate) fn Feed() -> impl IntoView {
    // It lives as long as the page.
    Effect::new(move |line: Option<Rc<Line>>| line.unwrap_or_else(Line::open));
    view! {
        <div class="feed" role="status">
            <p id=STATUS></p>
        </div>
    }
}

/// Shows why no events arrive; empty while they do.
fn show_status(words: &str) {
    if let Some(line) = document().get_element_by_id(STATUS)
        && line.text_content().as_deref() != Some(words)
    {
        line.set_text_content(Some(words));
    }
}

/// What is done with a message.
type Heard = Closure<dyn FnMut(web_sys::MessageEvent)>;

/// The connection, and what happens to it.
struct Line {
    source: RefCell<Option<web_sys::EventSource>>,
    heard: Heard,
    changed: RefCell<Vec<Closure<dyn FnMut()>>>,
}

impl Line {
    fn open() -> Rc<Self> {
        let page = Redraw::new();
        let heard = Closure::new(move |event: web_sys::MessageEvent| {
            let text = event.data().as_string().unwrap_or_default();
            if let Ok(event) = serde_json::from_slice::<FeedMessage>(text.as_bytes()) {
                page.after(&event.concerns());
            }
        });
        let line = Rc::new(Self { source: RefCell::default(), heard, changed: RefCell::default() });
        let opened = Closure::new(|| show_status(""));
        let failed = Closure::new({
            let line = Rc::downgrade(&line);
            move || {
                if let Some(line) = line.upgrade() {
                    line.failed();
                }
            }
        });
        line.changed.borrow_mut().extend([opened, failed]);
        let seen = Rc::downgrade(&line);
        let _ = window_event_listener(ev::visibilitychange, move |_| {
            if let Some(line) = seen.upgrade() {
                line.follow();
            }
        });
        line.follow();
        line
    }

    /// Opens or closes the connection, whichever is right now.
    fn follow(&self) {
        let (wanted, is_open) = (!document().hidden(), self.source.borrow().is_some());
        if wanted && !is_open {
            self.connect();
        } else if !wanted && is_open {
            self.close();
            show_status("");
        }
    }

    fn connect(&self) {
        let Ok(source) = web_sys::EventSource::new("/events") else { return };
        source.set_onmessage(Some(self.heard.as_ref().unchecked_ref()));
        if let [opened, failed] = self.changed.borrow().as_slice() {
            source.set_onopen(Some(opened.as_ref().unchecked_ref()));
            source.set_onerror(Some(failed.as_ref().unchecked_ref()));
        }
        self.source.replace(Some(source));
    }

    fn close(&self) {
        if let Some(source) = self.source.take() {
            source.close();
        }
    }

    fn state(&self) -> Option<u16> {
        self.source.borrow().as_ref().map(web_sys::EventSource::ready_state)
    }

    /// The connection was lost or refused. A loss that heals at once is not spoken of.
    fn failed(self: Rc<Self>) {
        let later = Rc::clone(&self);
        set_timeout(
            move || {
                match later.state() {
                    Some(web_sys::EventSource::CONNECTING) => show_status(LOST),
                    // There was an answer, such as that the session is over.
                    Some(web_sys::EventSource::CLOSED) => show_status(REFUSED),
                    _ => {}
                }
            },
            QUIET,
        );
        if self.state() == Some(web_sys::EventSource::CLOSED) {
            set_timeout(
                move || {
                    if self.state() == Some(web_sys::EventSource::CLOSED) {
                        self.close();
                        self.follow();
                    }
                },
                AGAIN,
            );
        }
    }
}

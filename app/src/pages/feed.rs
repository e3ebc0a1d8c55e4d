//! The live feed of this tab: one connection, for whatever the tab shows, closed while nobody looks. The browser comes
//! back by itself after a loss; while it cannot, a quiet line says so. Without scripting none of this is there, and a
//! page stands still.

use std::{cell::RefCell, rc::Rc, time::Duration};

use leptos::{
    ev,
    prelude::*,
    task::spawn_local,
    wasm_bindgen::{JsCast as _, closure::Closure},
    web_sys,
};

use crate::{api::Answer, domain::feed::FeedEvent};

/// How long a connection may be away before anybody is told.
const QUIET: Duration = Duration::from_secs(3);
/// How long after a refusal it is tried again; the browser itself gives up on those.
const AGAIN: Duration = Duration::from_secs(5);

/// What the tab hears.
#[derive(Clone, Copy)]
pub(crate) struct Feed {
    /// The last event, with its number.
    last: RwSignal<(u64, Option<FeedEvent>)>,
    /// Whether the connection is lost for longer than a moment.
    lost: RwSignal<bool>,
}

impl Feed {
    /// The feed of this tab, for everything below; it is open while `open` holds and the tab is seen.
    pub(super) fn provide(open: Signal<bool>) -> Self {
        let feed = Self { last: RwSignal::new((0, None)), lost: RwSignal::new(false) };
        provide_context(feed);
        // Only the browser runs effects.
        Effect::new(move |line: Option<Rc<Line>>| {
            let line = line.unwrap_or_else(|| Line::new(feed, open));
            open.track();
            line.follow();
            line
        });
        feed
    }

    /// Says that the connection is lost, while it is.
    pub(super) fn banner(self) -> AnyView {
        view! {
            <div class="feed" role="status">
                <Show when=move || self.lost.get()>
                    <p>"Connection lost. What you see may be old; it is tried again by itself."</p>
                </Show>
            </div>
        }
        .into_any()
    }
}

/// What is done with a message.
type Heard = Closure<dyn FnMut(web_sys::MessageEvent)>;

/// The connection, and what happens to it. It lives as long as the tab.
struct Line {
    feed: Feed,
    open: Signal<bool>,
    source: RefCell<Option<web_sys::EventSource>>,
    heard: RefCell<Option<Heard>>,
    changed: RefCell<Vec<Closure<dyn FnMut()>>>,
}

impl Line {
    fn new(feed: Feed, open: Signal<bool>) -> Rc<Self> {
        let line = Rc::new(Self {
            feed,
            open,
            source: RefCell::default(),
            heard: RefCell::default(),
            changed: RefCell::default(),
        });
        let heard = Closure::new(move |event: web_sys::MessageEvent| {
            let text = event.data().as_string().unwrap_or_default();
            // What a newer server says may be unknown here.
            if let Ok(event) = serde_json::from_str(&text) {
                feed.last.update(|last| *last = (last.0 + 1, Some(event)));
            }
        });
        let opened = Closure::new(move || feed.lost.set(false));
        let failed = Closure::new({
            let line = Rc::downgrade(&line);
            move || {
                if let Some(line) = line.upgrade() {
                    line.failed();
                }
            }
        });
        line.heard.replace(Some(heard));
        line.changed.borrow_mut().extend([opened, failed]);
        let seen = Rc::downgrade(&line);
        window_event_listener(ev::visibilitychange, move |_| {
            if let Some(line) = seen.upgrade() {
                line.follow();
            }
        });
        line
    }

    /// Opens or closes the connection, whichever is right now.
    fn follow(&self) {
        let wanted = self.open.get_untracked() && !document().hidden();
        let is_open = self.source.borrow().is_some();
        if wanted && !is_open {
            self.connect();
        } else if !wanted && is_open {
            self.close();
            self.feed.lost.set(false);
        }
    }

    fn connect(&self) {
        let Ok(source) = web_sys::EventSource::new("/events") else { return };
        if let Some(heard) = self.heard.borrow().as_ref() {
            source.set_onmessage(Some(heard.as_ref().unchecked_ref()));
        }
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

    /// The connection was lost or refused. A loss that heals at once is not spoken of.
    fn failed(self: Rc<Self>) {
        let later = Rc::clone(&self);
        set_timeout(
            move || {
                let state = later.source.borrow().as_ref().map(web_sys::EventSource::ready_state);
                if state.is_some_and(|it| it != web_sys::EventSource::OPEN) {
                    later.feed.lost.set(true);
                }
            },
            QUIET,
        );
        let state = self.source.borrow().as_ref().map(web_sys::EventSource::ready_state);
        if state == Some(web_sys::EventSource::CLOSED) {
            set_timeout(
                move || {
                    let state = self.source.borrow().as_ref().map(web_sys::EventSource::ready_state);
                    if state == Some(web_sys::EventSource::CLOSED) {
                        self.close();
                        self.follow();
                    }
                },
                AGAIN,
            );
        }
    }
}

/// What a page shows live: at first what it brought along, then read again after each event that concerns it. Never
/// more than one reading is under way; what happens meanwhile leads to one more. What cannot be read stays as it was.
pub(crate) fn live<T, F>(
    first: T,
    concerns: impl Fn(&FeedEvent) -> bool + 'static,
    read: impl Fn() -> F + 'static,
) -> RwSignal<T>
where
    T: Clone + PartialEq + Send + Sync + 'static,
    F: Future<Output = Answer<T>> + 'static,
{
    let shown = RwSignal::new(first);
    let read = Rc::new(read);
    heed(concerns, move || {
        let answer = read();
        async move {
            if let Ok(Ok(now)) = answer.await
                // The page may be gone by now.
                && shown.try_with_untracked(|shown| *shown != now) == Some(true)
            {
                shown.try_set(now);
            }
        }
    });
    shown
}

/// Does something after each event that concerns it; one at a time.
fn heed<F>(concerns: impl Fn(&FeedEvent) -> bool + 'static, act: impl Fn() -> F + 'static)
where
    F: Future<Output = ()> + 'static,
{
    let Some(feed) = use_context::<Feed>() else { return };
    let act = Rc::new(act);
    let turn = Rc::new(RefCell::new(Turn::Idle));
    Effect::new(move |before: Option<u64>| {
        let (number, event) = feed.last.get();
        let due = match before {
            // What was heard while this was on its way here may not be in it.
            None => number > 0 && concerns(&FeedEvent::Anew),
            Some(before) => before != number && event.as_ref().is_some_and(&concerns),
        };
        if due {
            let idle = matches!(*turn.borrow(), Turn::Idle);
            turn.replace(if idle { Turn::Acting } else { Turn::Again });
            if idle {
                let (act, turn) = (Rc::clone(&act), Rc::clone(&turn));
                spawn_local(async move {
                    loop {
                        act().await;
                        let again = matches!(*turn.borrow(), Turn::Again);
                        turn.replace(if again { Turn::Acting } else { Turn::Idle });
                        if !again {
                            return;
                        }
                    }
                });
            }
        }
        number
    });
}

/// Whether something is being done, and to be done once more.
enum Turn {
    Idle,
    Acting,
    Again,
}

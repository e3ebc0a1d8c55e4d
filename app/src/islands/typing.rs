//! What scripting adds to a step of the wizard: what is typed is kept on the server after a short rest, and the step then
//! says at once what is wrong. What cannot be kept stays in the page, which says why, and is sent as soon as it can be; a
//! press waits for it, so that nobody leaves without what they typed. Without scripting the next press keeps everything.
#![expect(unreachable_pub, reason = "the macro exports each island under a public name")]

mod unsaved;

use std::{
    cell::{Cell, RefCell},
    rc::Rc,
    time::Duration,
};

use leptos::{
    ev, leptos_dom::helpers::TimeoutHandle, prelude::*, task::spawn_local, wasm_bindgen::JsCast as _, web_sys,
};
use serde::{Deserialize, de::IgnoredAny};
use wasm_bindgen_futures::JsFuture;

use super::{frame::mark_busy, redraw::Redraw};
use crate::{
    domain::console::draft::Step,
    web::{
        server_error::ServerError,
        step_address::{POST_STEP, step_address},
    },
};

/// How long nothing is typed before what was typed is kept.
const REST: Duration = Duration::from_millis(400);
/// How long after a failure it is tried again.
const RETRY: Duration = Duration::from_secs(5);

/// The id of the line that says why something could not be kept.
const UNSAVED: &str = "unsaved";

/// What concerns the parts of a step that what is typed may change.
pub(crate) const TYPED: &str = "typed";

/// Listens to the form of the step that has this id.
#[island]
pub(crate) fn Typing(
    /// The id of what is around the form.
    within: String,
    /// The step.
    step: Step,
    /// The balancer that is edited; absent for a new one.
    editing: Option<String>,
) -> impl IntoView {
    let begun = StoredValue::new(Some((within, step, editing)));
    Effect::new(move |_| {
        let Some((within, step, editing)) = begun.try_update_value(Option::take).flatten() else { return };
        let Some(root) = document().get_element_by_id(&within) else { return };
        let typing = Rc::new(StepTyping {
            root,
            step,
            editing,
            page: Redraw::new(),
            keeping: Cell::new(false),
            failed: Cell::new(false),
            leaving: Cell::new(false),
            released: Cell::new(false),
            pause: Cell::new(None),
            held: RefCell::default(),
        });
        let typed = Rc::clone(&typing);
        let _ = window_event_listener(ev::input, move |_| typed.typed());
        let online = Rc::clone(&typing);
        let _ = window_event_listener(ev::online, move |_| online.retry());
        let left = Rc::clone(&typing);
        let _ = window_event_listener(ev::beforeunload, move |_| left.leave());
        if let Some(form) = typing.form()
            && unsaved::restore(&typing.unsaved_key(), &form)
        {
            typing.keep();
        }
        let _ = window_event_listener(ev::submit, move |form| typing.pressed(&form));
    });
    view! { <p class="unsaved" id=UNSAVED role="status"></p> }
}

struct StepTyping {
    root: web_sys::Element,
    step: Step,
    editing: Option<String>,
    page: Redraw,
    /// Whether what was typed is on its way.
    keeping: Cell<bool>,
    /// Whether the last of it could not be kept.
    failed: Cell<bool>,
    /// Whether another page may be on its way that was made before the last of it was kept.
    leaving: Cell<bool>,
    /// Whether the press under way waited already.
    released: Cell<bool>,
    pause: Cell<Option<TimeoutHandle>>,
    /// The button whose press waits until what was typed is kept.
    held: RefCell<Option<web_sys::HtmlElement>>,
}

impl StepTyping {
    /// Something was typed: it is kept once nothing more is typed for a while. The first of it is kept at once, which
    /// makes the draft.
    fn typed(self: &Rc<Self>) {
        self.stop();
        self.leaving.set(false);
        if self.is_new() && !self.keeping.get() {
            self.keep();
        } else {
            self.keep_after(REST);
        }
    }

    fn keep_after(self: &Rc<Self>, rest: Duration) {
        let typing = Rc::clone(self);
        // If no timer can be had, the next press keeps it.
        self.pause.set(set_timeout_with_handle(move || typing.rested(), rest).ok());
    }

    fn rested(self: &Rc<Self>) {
        self.pause.set(None);
        // One after the other, so that the last one is what stays.
        if self.keeping.get() { self.typed() } else { self.keep() }
    }

    /// The connection is there again.
    fn retry(self: &Rc<Self>) {
        if self.failed.get() && !self.keeping.get() {
            self.stop();
            self.keep();
        }
    }

    /// The page is left or reloaded before everything is saved: the next page may show what was there before.
    fn leave(&self) {
        if self.pause.get().is_some() || self.keeping.get() || self.failed.get() {
            self.leaving.set(true);
            if let Some(fields) = self.fields() {
                unsaved::remember(&self.unsaved_key(), &fields);
            }
        }
    }

    /// A button was pressed. It waits until what was typed is kept: a page that cannot reach the server stays, and what is
    /// on its way would be taken for what another tab does.
    fn pressed(self: &Rc<Self>, form: &web_sys::SubmitEvent) {
        self.stop();
        if self.released.take() {
            return;
        }
        form.prevent_default();
        self.held.replace(form.submitter());
        mark_busy(true);
        if !self.keeping.get() {
            self.keep();
        }
    }

    fn stop(&self) {
        if let Some(pause) = self.pause.take() {
            pause.clear();
        }
    }

    fn form(&self) -> Option<web_sys::HtmlFormElement> {
        self.root.query_selector("form").ok().flatten()?.dyn_into().ok()
    }

    /// A hidden field of the form.
    fn hidden(&self, name: &str) -> Option<web_sys::HtmlInputElement> {
        let selector = ["input[name='which[", name, "]']"].concat();
        self.root.query_selector(&selector).ok().flatten()?.dyn_into().ok()
    }

    /// The field of the draft's id; empty until something was kept.
    fn draft(&self) -> Option<web_sys::HtmlInputElement> {
        self.hidden("draft")
    }

    fn unsaved_key(&self) -> String {
        let path = window().location().pathname().unwrap_or_default();
        [path, self.draft().map(|it| it.value()).unwrap_or_default()].join("?")
    }

    /// Whether another page is on its way.
    fn is_left(&self) -> bool {
        self.root.closest("[aria-busy]").is_ok_and(|it| it.is_some())
    }

    fn is_new(&self) -> bool {
        self.draft().is_none_or(|it| it.value().is_empty())
    }

    /// What the form holds now, without a key: that travels only when its instance is to be made.
    fn fields(&self) -> Option<web_sys::UrlSearchParams> {
        let typed = web_sys::FormData::new_with_form(&self.form()?).ok()?;
        typed.delete("form[new_instance][api_key]");
        typed.set_with_str("act", "keep").ok()?;
        web_sys::UrlSearchParams::new_with_str_sequence_sequence(&typed).ok()
    }

    fn keep(self: &Rc<Self>) {
        if let Some(fields) = self.fields() {
            self.keeping.set(true);
            let typing = Rc::clone(self);
            spawn_local(async move {
                let end = send(&fields).await;
                typing.keeping.set(false);
                match end {
                    Ok(kept) => typing.kept(kept),
                    Err(error) => typing.not_kept(error, &fields),
                }
            });
        }
    }

    /// What was typed is kept, or was refused; the page that a press leads to says why.
    fn kept(&self, kept: Option<Kept>) {
        if !self.leaving.get() {
            unsaved::forget(&self.unsaved_key());
        }
        self.failed.set(false);
        let Some(Kept { draft, base }) = kept else {
            self.show("What you typed is not saved yet. Go on to see why.");
            return self.release();
        };
        self.show("");
        if let Some(field) = self.hidden("base") {
            field.set_value(&base);
        }
        // The first of what is typed makes the draft, and what another tab changed meanwhile a second one.
        if let Some(field) = self.draft().filter(|it| it.value() != draft) {
            field.set_value(&draft);
            // A refresh finds the draft. If the history cannot be changed, the next press changes it.
            let address = step_address(self.editing.as_deref(), self.step, &draft);
            let _ =
                window().history().and_then(|it| it.replace_state_with_url(&it.state()?, "", Some(&address)));
        }
        if self.held.borrow().is_none() {
            self.page.after(&[TYPED.to_owned()]);
        }
        self.release();
    }

    /// What was typed could not be kept. The page stays, and it is tried again.
    fn not_kept(self: &Rc<Self>, error: ServerError, fields: &web_sys::UrlSearchParams) {
        if self.held.take().is_some() {
            mark_busy(false);
        } else if self.is_left() {
            // A page that is left takes its requests with it.
            return;
        }
        unsaved::remember(&self.unsaved_key(), fields);
        self.failed.set(true);
        self.show(&["What you typed is not saved yet. ", &error.to_string()].concat());
        self.stop();
        self.keep_after(RETRY);
    }

    fn show(&self, words: &str) {
        let line = document().get_element_by_id(UNSAVED);
        if let Some(line) = line.filter(|it| it.text_content().as_deref() != Some(words)) {
            line.set_text_content(Some(words));
        }
    }

    /// Lets the press go on that waited.
    fn release(&self) {
        if let (Some(button), Some(form)) = (self.held.take(), self.form()) {
            self.released.set(true);
            if form.request_submit_with_submitter(Some(&button)).is_err() {
                // A browser too old for it waits for the button to be pressed again.
                mark_busy(false);
            }
        }
    }
}

/// What of an answer matters here: the draft's id, and the digest of the step as it is kept.
#[derive(Deserialize)]
struct Kept {
    draft: String,
    base: String,
}

/// Sends a step, and follows the answer nowhere; `None` if it was refused.
async fn send(fields: &web_sys::UrlSearchParams) -> Result<Option<Kept>, ServerError> {
    let request = web_sys::RequestInit::new();
    request.set_method("POST");
    request.set_body(fields);
    let lost = |_| ServerError::Unreachable;
    let answer = JsFuture::from(window().fetch_with_str_and_init(POST_STEP, &request)).await;
    let answer = answer.map_err(lost)?.unchecked_into::<web_sys::Response>();
    let text = JsFuture::from(answer.text().map_err(lost)?).await.map_err(lost)?;
    let text = text.as_string().unwrap_or_default();
    if !answer.ok() {
        return Err(ServerError::de(text.into()));
    }
    let kept = serde_json::from_slice::<Result<Kept, IgnoredAny>>(text.as_bytes());
    Ok(kept.ok().and_then(Result::ok))
}

//! What scripting adds to a step of the wizard: what is typed is kept on the server after a short rest, and the step then
//! says at once what is wrong, or why it could not be kept. Without scripting the next press does both.
#![expect(unreachable_pub, reason = "the macro exports each island under a public name")]

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

use super::redraw::Redraw;
use crate::{
    domain::console::draft::Step,
    web::{
        server_error::ServerError,
        step_address::{POST_STEP, step_address},
    },
};

/// How long nothing is typed before what was typed is kept.
const REST: Duration = Duration::from_millis(400);

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
        let desk = Rc::new(Desk {
            root,
            step,
            editing,
            page: Redraw::new(),
            keeping: Cell::new(false),
            pause: Cell::new(None),
            held: RefCell::default(),
        });
        let typed = Rc::clone(&desk);
        let _ = window_event_listener(ev::input, move |_| typed.typed());
        let _ = window_event_listener(ev::submit, move |form| desk.pressed(&form));
    });
    view! { <p class="unsaved" id=UNSAVED role="status"></p> }
}

struct Desk {
    root: web_sys::Element,
    step: Step,
    editing: Option<String>,
    page: Redraw,
    keeping: Cell<bool>,
    pause: Cell<Option<TimeoutHandle>>,
    /// The button whose press waits until what was typed is kept.
    held: RefCell<Option<web_sys::HtmlElement>>,
}

impl Desk {
    /// Something was typed: it is kept once nothing more is typed for a while. The first of it is kept at once, which
    /// makes the draft.
    fn typed(self: &Rc<Self>) {
        self.stop();
        if self.is_new() && !self.keeping.get() {
            self.keep();
        } else {
            let desk = Rc::clone(self);
            // Where no timer can be had, the next press keeps it.
            self.pause.set(set_timeout_with_handle(move || desk.rested(), REST).ok());
        }
    }

    fn rested(self: &Rc<Self>) {
        // One after the other, so that the last one is what stays.
        if self.keeping.get() { self.typed() } else { self.keep() }
    }

    /// A button was pressed, which keeps everything itself. While something is being kept the press waits for it, or it
    /// would be taken for what another tab does.
    fn pressed(&self, form: &web_sys::SubmitEvent) {
        self.stop();
        if self.keeping.get() {
            form.prevent_default();
            self.held.replace(form.submitter());
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

    /// Whether another page is on its way.
    fn is_left(&self) -> bool {
        self.root.closest("[aria-busy]").is_ok_and(|it| it.is_some())
    }

    fn is_new(&self) -> bool {
        self.draft().is_none_or(|it| it.value().is_empty())
    }

    fn keep(self: &Rc<Self>) {
        let fields = self.form().and_then(|form| {
            let typed = web_sys::FormData::new_with_form(&form).ok()?;
            // A key travels only when its instance is to be made.
            typed.delete("form[new_instance][api_key]");
            typed.set_with_str("act", "keep").ok()?;
            web_sys::UrlSearchParams::new_with_str_sequence_sequence(&typed).ok()
        });
        if let Some(fields) = fields {
            self.keeping.set(true);
            let desk = Rc::clone(self);
            spawn_local(async move {
                let kept = send(&fields).await;
                desk.keeping.set(false);
                desk.kept(kept);
            });
        }
    }

    /// What was typed is kept, or could not be.
    fn kept(&self, kept: Result<Kept, String>) {
        if let Some(line) = document().get_element_by_id(UNSAVED) {
            let words = match &kept {
                // A page that is left takes its requests with it.
                Err(words) if !self.is_left() => ["What you typed is not saved yet. ", words].concat(),
                _ => String::new(),
            };
            line.set_text_content(Some(&words));
        }
        if let Ok(Kept { draft, base }) = kept {
            if let Some(field) = self.hidden("base") {
                field.set_value(&base);
            }
            // The first of what is typed makes the draft, and what another tab changed meanwhile a second one.
            if let Some(field) = self.draft().filter(|it| it.value() != draft) {
                field.set_value(&draft);
                // A refresh finds the draft. Where the history cannot be changed, the next press changes it.
                let address = step_address(self.editing.as_deref(), self.step, &draft);
                let _ = window()
                    .history()
                    .and_then(|it| it.replace_state_with_url(&it.state()?, "", Some(&address)));
            }
            self.page.after(&[TYPED.to_owned()]);
        }
        if let (Some(button), Some(form)) = (self.held.take(), self.form()) {
            // A browser too old for it waits for the button to be pressed again.
            let _ = form.request_submit_with_submitter(Some(&button));
        }
    }
}

/// What of an answer matters here: the draft's id, and the digest of the step as it is kept.
#[derive(Deserialize)]
struct Kept {
    draft: String,
    base: String,
}

/// Sends a step, and follows the answer nowhere. The error is a sentence.
async fn send(fields: &web_sys::UrlSearchParams) -> Result<Kept, String> {
    let request = web_sys::RequestInit::new();
    request.set_method("POST");
    request.set_body(fields);
    let lost = |_| ServerError::Unreachable.to_string();
    let answer = JsFuture::from(window().fetch_with_str_and_init(POST_STEP, &request)).await;
    let answer = answer.map_err(lost)?.unchecked_into::<web_sys::Response>();
    let text = JsFuture::from(answer.text().map_err(lost)?).await.map_err(lost)?;
    let text = text.as_string().unwrap_or_default();
    if !answer.ok() {
        return Err(ServerError::de(text.into()).to_string());
    }
    let kept = serde_json::from_slice::<Result<Kept, IgnoredAny>>(text.as_bytes());
    // What a refusal says is said by the page that the next press leads to.
    kept.ok().and_then(Result::ok).ok_or_else(|| "Go on to see why.".to_owned())
}

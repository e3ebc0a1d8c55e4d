//! Streams that bring a part of the page up to date while they come: an answer in the playground, the live checks of a draft.
//!
//! The server draws everything. The part names its action in `data-stream`. A button with the value `send` in its form, or
//! a change within `data-stream-change`, posts the form there; `data-stream-start` posts `data-stream-body` at once. While
//! the answer comes the part is marked `data-running`, and a click on `data-stream-stop` ends it. What is still awaited
//! then, marked `data-pending`, shows the content of the template `data-ending`. Without scripting the form is posted
//! whole.
#![expect(unreachable_pub, reason = "the macro exports each island under a public name")]

use std::{cell::RefCell, rc::Rc};

use leptos::{ev, prelude::*, task::spawn_local, wasm_bindgen::JsCast as _, web_sys};
use wasm_bindgen_futures::JsFuture;

use super::{frame::mark_busy, morph::morph};
use crate::web::{frame::Frame, server_error::ServerError};

/// Listens to the streamed part of the page, if there is one.
#[island]
pub(crate) fn Streams() -> impl IntoView {
    Effect::new(|_| {
        let Ok(Some(root)) = document().query_selector("[data-stream]") else { return };
        let stream = Rc::new(Stream { root, running: RefCell::default() });
        let sent = Rc::clone(&stream);
        let _ = window_event_listener(ev::submit, move |form| sent.submitted(&form));
        let changed = Rc::clone(&stream);
        let _ = window_event_listener(ev::change, move |change| changed.changed(&change));
        let stopped = Rc::clone(&stream);
        let _ = window_event_listener(ev::click, move |click| {
            if within(&click, "[data-stream-stop]").is_some() {
                stopped.stop();
            }
        });
        if stream.root.has_attribute("data-stream-start") {
            let body = stream.root.get_attribute("data-stream-body").unwrap_or_default();
            stream.start(web_sys::UrlSearchParams::new_with_str(&body).ok());
        }
    });
}

struct Stream {
    root: web_sys::Element,
    /// What ends the answer that comes now.
    running: RefCell<Option<web_sys::AbortController>>,
}

impl Stream {
    /// Only "Send" is taken over; other buttons go the way that all forms go.
    fn submitted(self: &Rc<Self>, event: &web_sys::SubmitEvent) {
        let button = event.submitter().and_then(|it| it.dyn_into::<web_sys::HtmlButtonElement>().ok());
        if button.is_none_or(|it| it.value() != "send") {
            return;
        }
        // A form that cannot be read here is posted whole.
        let form = event.target().and_then(|it| it.dyn_into::<web_sys::HtmlFormElement>().ok());
        let Some(body) = form.filter(|it| self.root.contains(Some(it))).and_then(|it| read(&it, "send"))
        else {
            return;
        };
        event.prevent_default();
        self.start(Some(body));
    }

    fn changed(self: &Rc<Self>, event: &web_sys::Event) {
        let Some(part) = within(event, "[data-stream-change]") else { return };
        let act = part.get_attribute("data-stream-change").unwrap_or_default();
        let form = part.closest("form").ok().flatten();
        self.start(form.and_then(|it| read(it.unchecked_ref(), &act)));
        // What can be chosen may change; that is soon over.
        mark_busy(self.running.borrow().is_some());
    }

    /// Posts the body and applies what comes, in the place of what came before.
    fn start(self: &Rc<Self>, body: Option<web_sys::UrlSearchParams>) {
        let (Some(body), Ok(abort)) = (body, web_sys::AbortController::new()) else { return };
        if let Some(former) = self.running.replace(Some(abort.clone())) {
            former.abort();
        }
        self.mark(true);
        mark_busy(false);
        self.show_status("");
        let stream = Rc::clone(self);
        spawn_local(async move {
            let refused = stream.follow(&body, &abort.signal()).await;
            let is_current = stream.running.borrow().as_ref() == Some(&abort);
            if is_current {
                // However it ended, what is still awaited says so.
                stream.end("lost");
                match refused {
                    Err(ServerError::Unreachable) => stream.show_status(&stream.ending("lost")),
                    Err(error) => stream.show_status(&error.to_string()),
                    Ok(()) => {}
                }
            }
        });
    }

    fn stop(&self) {
        if let Some(abort) = self.running.borrow().as_ref() {
            abort.abort();
        }
        self.end("stopped");
    }

    /// Nothing comes any more.
    fn end(&self, how: &str) {
        self.running.take();
        self.mark(false);
        mark_busy(false);
        let template = self.template(how);
        let Ok(pending) = self.root.query_selector_all("[data-pending]") else { return };
        for part in
            (0..pending.length()).filter_map(|at| pending.get(at)?.dyn_into::<web_sys::Element>().ok())
        {
            let _ = part.remove_attribute("data-pending");
            if let Some(template) = &template {
                part.set_inner_html(&template.inner_html());
            }
        }
    }

    /// The words of an ending.
    fn ending(&self, how: &str) -> String {
        self.template(how).and_then(|it| it.content().text_content()).unwrap_or_default()
    }

    fn template(&self, how: &str) -> Option<web_sys::HtmlTemplateElement> {
        let selector = ["template[data-ending=", how, "]"].concat();
        self.root.query_selector(&selector).ok().flatten()?.dyn_into().ok()
    }

    /// Shows why no answer came; empty while one does.
    fn show_status(&self, words: &str) {
        if let Ok(Some(line)) = self.root.query_selector("[data-stream-status]") {
            line.set_text_content(Some(words));
        }
    }

    fn mark(&self, running: bool) {
        // A part that takes no attribute only costs the mark.
        let _ = match running {
            true => self.root.set_attribute("data-running", "true"),
            false => self.root.remove_attribute("data-running"),
        };
    }

    /// Posts the body and applies what comes until its end, or until it is lost.
    ///
    /// # Errors
    /// Why there is no answer.
    async fn follow(
        &self,
        body: &web_sys::UrlSearchParams,
        abort: &web_sys::AbortSignal,
    ) -> Result<(), ServerError> {
        let request = web_sys::RequestInit::new();
        request.set_method("POST");
        request.set_body(body);
        request.set_signal(Some(abort));
        let address = self.root.get_attribute("data-stream").unwrap_or_default();
        let lost = |_| ServerError::Unreachable;
        let answer =
            JsFuture::from(window().fetch_with_str_and_init(&address, &request)).await.map_err(lost)?;
        let answer = answer.unchecked_into::<web_sys::Response>();
        if !answer.ok() {
            let text = JsFuture::from(answer.text().map_err(lost)?).await.map_err(lost)?;
            return Err(ServerError::de(text.as_string().unwrap_or_default().into()));
        }
        let Some(pieces) = answer.body() else { return Ok(()) };
        let reader = pieces.get_reader().unchecked_into::<web_sys::ReadableStreamDefaultReader>();
        let mut lines = Vec::new();
        // An answer that breaks off has begun: what it did not bring says that it was lost.
        while let Ok(piece) = JsFuture::from(reader.read()).await {
            let piece = piece.unchecked_into::<web_sys::ReadableStreamReadResult>();
            if piece.get_done() == Some(true) {
                break;
            }
            let bytes = piece.get_value().unchecked_into::<web_sys::js_sys::Uint8Array>();
            lines.extend(bytes.to_vec());
            while let Some(end) = lines.iter().position(|it| *it == b'\n') {
                let line: Vec<u8> = lines.drain(..=end).collect();
                // A line that cannot be read is left out.
                if let Ok(frame) = serde_json::from_slice::<Frame>(&line) {
                    let _ = apply(&frame);
                }
            }
        }
        Ok(())
    }
}

/// Brings one element up to date.
fn apply(frame: &Frame) -> Option<()> {
    let element = document().get_element_by_id(&frame.id)?;
    if let Some(html) = &frame.html {
        let parser = web_sys::DomParser::new().ok()?;
        let fresh = parser.parse_from_string(html, web_sys::SupportedType::TextHtml).ok()?;
        morph(&element, &fresh.get_element_by_id(&frame.id)?);
        if let Some(summary) = element.query_selector("[role=alert]").ok().flatten() {
            let _ = summary.unchecked_into::<web_sys::HtmlElement>().focus();
        }
    }
    if let Some(text) = &frame.text {
        element.append_with_str_1(text).ok()?;
    }
    Some(())
}

/// What stands in a form, and the button that is pressed.
fn read(form: &web_sys::HtmlFormElement, act: &str) -> Option<web_sys::UrlSearchParams> {
    let fields = web_sys::FormData::new_with_form(form).ok()?;
    fields.set_with_str("act", act).ok()?;
    web_sys::UrlSearchParams::new_with_str_sequence_sequence(&fields).ok()
}

/// The closest element around what an event happened to.
fn within(event: &web_sys::Event, selector: &str) -> Option<web_sys::Element> {
    event.target()?.dyn_into::<web_sys::Element>().ok()?.closest(selector).ok()?
}

//! Routes change places by drag, with a mouse, a pen or a finger: letting go of a handle over another row presses the
//! wizard's button for it. The keyboard has "Move up" and "Move down".
#![expect(unreachable_pub, reason = "the macro exports each island under a public name")]

use std::{cell::RefCell, rc::Rc};

use leptos::{ev, prelude::*, wasm_bindgen::JsCast as _, web_sys};

/// The id of the button that is pressed at the end of a drag.
pub(crate) const MOVE: &str = "routes-move";

/// The rows say where they stand by `data-place`, and what they are dragged by by the class `grip`.
#[island]
pub(crate) fn Drag() -> impl IntoView {
    Effect::new(move |_| {
        let lifted: Rc<RefCell<Option<String>>> = Rc::default();
        let from = Rc::clone(&lifted);
        let _ = window_event_listener(ev::pointerdown, move |press| {
            let grip = press.target().and_then(|it| it.dyn_into::<web_sys::Element>().ok());
            let grip = grip.filter(|it| it.class_list().contains("grip"));
            if grip.is_some() {
                // Nothing is selected on the way.
                press.prevent_default();
            }
            from.replace(grip.and_then(|it| place(&row(&it)?)));
        });
        let from = Rc::clone(&lifted);
        let _ = window_event_listener(ev::pointermove, move |at| {
            if from.borrow().is_some() {
                aim(under(&at).as_ref());
            }
        });
        let _ = window_event_listener(ev::pointerup, move |at| {
            let Some(from) = lifted.take() else { return };
            aim(None);
            if let Some(to) = under(&at).and_then(|it| place(&it)).filter(|it| *it != from) {
                press(&["move:", &from, ":", &to].concat());
            }
        });
    });
}

/// The row under the pointer; a finger's events stay with what it first touched.
fn under(at: &web_sys::PointerEvent) -> Option<web_sys::Element> {
    row(&document().element_from_point(at.client_x() as f32, at.client_y() as f32)?)
}

fn row(part: &web_sys::Element) -> Option<web_sys::Element> {
    part.closest("[data-place]").ok().flatten()
}

fn place(row: &web_sys::Element) -> Option<String> {
    row.get_attribute("data-place")
}

/// Marks where it would go; that and nothing else.
fn aim(row: Option<&web_sys::Element>) {
    if let Ok(Some(former)) = document().query_selector(".aim") {
        let _ = former.class_list().remove_1("aim");
    }
    if let Some(row) = row {
        let _ = row.class_list().add_1("aim");
    }
}

fn press(act: &str) {
    let button = document().get_element_by_id(MOVE);
    if let Some(button) = button.and_then(|it| it.dyn_into::<web_sys::HtmlElement>().ok()) {
        let _ = button.set_attribute("value", act);
        button.click();
    }
}

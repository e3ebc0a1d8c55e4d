//! Snapshot of the controls of a part of the page, taken before a redraw and restored after it: no redraw changes a value, a
//! tick, a choice, a selection or the focus. Hidden fields follow the server, except those marked `data-base`, such as the
//! revision that the form was rendered from: with a newer one, the old values beside it would undo what was saved since.

use leptos::{prelude::document, wasm_bindgen::JsCast as _, web_sys};
use web_sys::{Element, FocusOptions, HtmlElement, HtmlInputElement};

const CONTROLS: &str = "input:not([type=hidden]):not([type=file]),input[data-base],select,textarea";

/// The controls of a part as they were.
pub(super) struct ControlSnapshot {
    controls: Vec<ControlState>,
    focus: Option<Focus>,
}

impl ControlSnapshot {
    /// Reads the controls of `part`.
    pub(super) fn of(part: &Element) -> Self {
        let focused = document().active_element().filter(|it| part.contains(Some(it)) && it != part);
        let focus = focused.map(|it| Focus { selection: selection(&it), place: Place::of(it) });
        Self { controls: found(part, CONTROLS).map(ControlState::of).collect(), focus }
    }

    /// Restores in `part` whatever differs. A control that is gone is left alone.
    pub(super) fn restore(self, part: &Element) {
        for control in &self.controls {
            if let Some(now) = control.place.find(part) {
                control.restore(&now);
            }
        }
        if let Some(focus) = self.focus {
            focus.restore(part);
        }
    }
}

/// An element, and how its successor is known where it is replaced.
struct Place {
    element: Element,
    identity: String,
}

impl Place {
    fn of(element: Element) -> Self {
        Self { identity: identity(&element), element }
    }

    fn find(&self, part: &Element) -> Option<Element> {
        // An element that became another control is none of its own successors.
        if part.contains(Some(&self.element)) && identity(&self.element) == self.identity {
            return Some(self.element.clone());
        }
        found(part, &self.element.local_name()).find(|it| identity(it) == self.identity)
    }
}

/// Identity of a control, button or link; its value is no part of it.
fn identity(element: &Element) -> String {
    let kind = element.get_attribute("type").unwrap_or_default();
    let value = if matches!(kind.as_str(), "radio" | "checkbox" | "submit") { "value" } else { "type" };
    let mut identity = element.local_name();
    for name in ["id", "name", "href", value] {
        identity += "\n";
        identity += &element.get_attribute(name).unwrap_or_default();
    }
    identity
}

fn found(part: &Element, selector: &str) -> impl Iterator<Item = Element> + use<> {
    let nodes = part.query_selector_all(selector).ok();
    let count = nodes.as_ref().map_or(0, web_sys::NodeList::length);
    (0..count).filter_map(move |at| nodes.as_ref()?.get(at)?.dyn_into().ok())
}

/// Sees any control as an `<input>`: selects and text areas have the same properties, and those that they lack read as
/// absent. A type for each would only make the WebAssembly larger.
fn as_input(element: &Element) -> &HtmlInputElement {
    element.unchecked_ref()
}

/// State of one control.
struct ControlState {
    place: Place,
    value: String,
    checked: bool,
    /// The words of the chosen option, for a select.
    chosen: Option<String>,
}

impl ControlState {
    fn of(element: Element) -> Self {
        let chosen = element.query_selector("option:checked").ok().flatten();
        let control = as_input(&element);
        Self {
            value: control.value(),
            checked: is_tick(&element) && control.checked(),
            chosen: chosen.and_then(|it| it.text_content()),
            place: Place::of(element),
        }
    }

    fn restore(&self, now: &Element) {
        let control = as_input(now);
        if is_tick(now) {
            if control.checked() != self.checked {
                control.set_checked(self.checked);
            }
        } else if control.value() != self.value {
            control.set_value(&self.value);
            if let Some(words) = self.chosen.as_ref().filter(|_| control.value() != self.value) {
                // It is not offered any more. Without it the browser would choose something else.
                add_option(now, &self.value, words);
                control.set_value(&self.value);
            }
        }
    }
}

fn is_tick(element: &Element) -> bool {
    matches!(element.get_attribute("type").as_deref(), Some("radio" | "checkbox"))
}

fn add_option(select: &Element, value: &str, words: &str) {
    if let Ok(option) = document().create_element("option")
        && option.set_attribute("value", value).is_ok()
    {
        option.set_text_content(Some(words));
        // A select that takes no option shows nothing chosen, which is not another choice either.
        let _ = select.insert_before(&option, select.first_child().as_ref());
    }
}

/// Where the focus is, and what is selected there.
struct Focus {
    place: Place,
    selection: Selection,
}

type Selection = Option<(u32, u32, String)>;

impl Focus {
    fn restore(self, part: &Element) {
        let former = &self.place.element;
        let now = match self.place.find(part) {
            Some(now) => now,
            // A link that leads elsewhere now keeps the focus.
            None if part.contains(Some(former)) && former.local_name() != "button" => return,
            // A button that is gone, or does something else now, must not be pressed by mistake.
            None => part.clone(),
        };
        if document().active_element().as_ref() != Some(&now) {
            let options = FocusOptions::new();
            options.set_prevent_scroll(true);
            // What takes no focus leaves it where it is.
            let _ = now.unchecked_ref::<HtmlElement>().focus_with_options(&options);
        }
        if let Some((start, end, direction)) =
            self.selection.as_ref().filter(|_| selection(&now) != self.selection)
        {
            let _ = as_input(&now).set_selection_range_with_direction(*start, *end, direction);
        }
    }
}

/// The selection in a text control; `None` for other controls.
fn selection(element: &Element) -> Selection {
    let control = as_input(element);
    let (start, end) = (control.selection_start().ok()??, control.selection_end().ok()??);
    Some((start, end, control.selection_direction().ok()?.unwrap_or_default()))
}

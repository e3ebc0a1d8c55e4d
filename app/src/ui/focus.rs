//! Moves the keyboard's place after a form was answered. Only the browser does any of it, after the first frame.

use leptos::{html::ElementType, prelude::*, wasm_bindgen::JsCast, web_sys};

/// Focuses the element once it is there, unless somebody is typing elsewhere already.
pub fn focus_when_free<E>(element: NodeRef<E>)
where
    E: ElementType + 'static,
    E::Output: JsCast + Clone + 'static,
{
    Effect::new(move |_| {
        if let Some(element) = element.get()
            && is_free()
            && let Some(element) = element.dyn_ref::<web_sys::HtmlElement>()
        {
            // A browser that cannot focus it leaves the keyboard where it was.
            let _ = element.focus();
        }
    });
}

/// Focuses what the address's fragment names, such as the row that was just added, unless somebody is typing
/// already. A form that was drawn anew has lost the button that had the focus.
pub fn focus_fragment() {
    Effect::new(move |_| {
        let Ok(fragment) = window().location().hash() else { return };
        if fragment.len() > 1
            && is_free()
            && let Some(element) = document().get_element_by_id(&fragment[1..])
            && let Ok(element) = element.dyn_into::<web_sys::HtmlElement>()
        {
            // As above.
            let _ = element.focus();
        }
    });
}

fn is_free() -> bool {
    document().active_element().is_none_or(|element| element.tag_name().eq_ignore_ascii_case("body"))
}

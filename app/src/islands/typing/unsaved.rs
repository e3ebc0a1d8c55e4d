//! What was typed and could not be kept yet, in the tab's own storage, so that a reload does not lose it. It holds no key.

use leptos::{prelude::window, wasm_bindgen::JsCast as _, web_sys};

const CONTROLS: &str = "input:not([type=hidden]):not([type=file]):not([type=password]),select,textarea";

fn storage() -> Option<web_sys::Storage> {
    window().session_storage().ok().flatten()
}

/// Remembers the fields of a form. A tab without storage, or with a full one, remembers nothing.
pub(super) fn remember(key: &str, fields: &web_sys::UrlSearchParams) {
    if let Some(storage) = storage() {
        let _ = storage.set_item(key, &String::from(fields.to_string()));
    }
}

/// Forgets what is kept now.
pub(super) fn forget(key: &str) {
    if let Some(storage) = storage() {
        let _ = storage.remove_item(key);
    }
}

/// Puts what was remembered back into the form; says whether there was anything.
pub(super) fn restore(key: &str, form: &web_sys::HtmlFormElement) -> bool {
    let fields = storage().and_then(|it| it.get_item(key).ok().flatten());
    let fields = fields.and_then(|it| web_sys::UrlSearchParams::new_with_str(&it).ok());
    let (Some(fields), Ok(controls)) = (fields, form.query_selector_all(CONTROLS)) else { return false };
    for at in 0..controls.length() {
        // Selects and text areas have the same properties.
        let Some(control) = controls.get(at).map(|it| it.unchecked_into::<web_sys::HtmlInputElement>())
        else {
            continue;
        };
        let name = control.name();
        if matches!(control.type_().as_str(), "checkbox" | "radio") {
            let ticked =
                fields.get_all(&name).iter().any(|it| it.as_string().as_ref() == Some(&control.value()));
            control.set_checked(ticked);
        } else if let Some(value) = fields.get(&name) {
            control.set_value(&value);
        }
    }
    // What another tab made of the step since is not overwritten.
    if let (Ok(Some(base)), Some(was)) =
        (form.query_selector("input[name='which[base]']"), fields.get("which[base]"))
    {
        base.unchecked_into::<web_sys::HtmlInputElement>().set_value(&was);
    }
    true
}

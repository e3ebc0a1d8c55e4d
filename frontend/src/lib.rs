//! The browser half: wakes the islands of the page that the server rendered. All of them are in `app`.

// Named so that it is linked: the page's script calls each island by its name.
use app as _;
use wasm_bindgen::prelude::wasm_bindgen;

/// Makes the islands ready to be woken; the page's script calls it once, when the WebAssembly is loaded.
#[wasm_bindgen]
pub fn hydrate() {
    console_error_panic_hook::set_once();
    leptos::mount::hydrate_islands();
}

//! The browser half: wakes the page that the server rendered. Everything that it shows is in `app`.

use wasm_bindgen::prelude::wasm_bindgen;

/// Takes over the server's page; the page's script calls it once, when the WebAssembly is loaded.
#[wasm_bindgen]
pub fn hydrate() {
    console_error_panic_hook::set_once();
    leptos::mount::hydrate_body(app::App);
}

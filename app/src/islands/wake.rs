//! The script of every page, which wakes its islands. It stands for the framework's own, which waits until the browser has
//! nothing else to do and then walks through every element of the page.

use leptos::{nonce::use_nonce, prelude::*};

/// Goes into the head of the document; `options` say where the site's files are.
pub(crate) fn wake(options: &LeptosOptions) -> impl IntoView + use<> {
    // Islands are woken one by one: the page around them is not.
    if let Some(context) = Owner::current_shared_context() {
        context.set_is_hydrating(false);
    }
    let nonce = use_nonce();
    let file = |end: &str| format!("/{}/{}{end}", options.site_pkg_dir, options.output_name);
    let [script, wasm] = [".js", "_bg.wasm"].map(file);
    let words = format!("{}({script:?}, {wasm:?});", include_str!("wake.js"));
    view! {
        <link rel="modulepreload" href=script />
        <link rel="preload" href=wasm r#as="fetch" r#type="application/wasm" crossorigin="anonymous" />
        <script type="module" async=true nonce=nonce>
            {words}
        </script>
    }
}

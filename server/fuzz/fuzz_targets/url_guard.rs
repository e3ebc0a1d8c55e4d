//! See `properties/url_guard.rs`.

#![no_main]

#[path = "../properties/url_guard.rs"]
mod url_guard;

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| url_guard::holds(bytes));

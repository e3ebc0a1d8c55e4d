//! See `properties/import_document.rs`.

#![no_main]

#[path = "../properties/import_document.rs"]
mod import_document;

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| import_document::holds(bytes));

//! See `properties/selection.rs`.

#![no_main]

#[path = "../properties/selection.rs"]
mod selection;

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| selection::holds(bytes));

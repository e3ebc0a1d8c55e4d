//! See `properties/foreign.rs`.

#![no_main]

#[path = "../properties/foreign.rs"]
mod foreign;

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| foreign::holds(bytes));

//! See `properties/http1.rs`.

#![no_main]

#[path = "../properties/http1.rs"]
mod http1;

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| http1::holds(bytes));

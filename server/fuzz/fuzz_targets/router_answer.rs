//! See `properties/router_answer.rs`.

#![no_main]

#[path = "../properties/router_answer.rs"]
mod router_answer;

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| router_answer::holds(bytes));

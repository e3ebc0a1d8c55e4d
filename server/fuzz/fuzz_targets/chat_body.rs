//! See `properties/body.rs`.

#![no_main]

use app::domain::api::Endpoint;

#[path = "../properties/body.rs"]
mod body;

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| body::holds(bytes, Endpoint::ChatCompletions));

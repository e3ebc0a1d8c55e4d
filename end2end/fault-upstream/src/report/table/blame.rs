//! The gateway's own key, account or model is wrong, which is not the caller's business.

use super::{
    super::{
        expectation::Expectation::{Fails, FailsOver, Passes, Skips},
        row::{Row, Step, chat, plain, stream},
    },
    FAIL_OUT, OK,
};

/// The same for a fault that the row above shows to a plain call first.
const STREAM_OUT: &[Step] = &[stream(FailsOver), plain(Skips)];
/// On an upstream that has answered well, words or a bare status count as a failure; the third takes it out.
const COUNTS: &[Step] =
    &[plain(OK), plain(FailsOver), stream(FailsOver), plain(FailsOver), plain(Skips), stream(Skips)];
/// A code that names the account takes the upstream out at once.
const OUT_AT_ONCE: &[Step] = &[plain(OK), plain(FailsOver), plain(Skips), stream(Skips)];

pub(super) const ROWS: &[Row] = &[
    chat("401", FAIL_OUT),
    chat("status@401", STREAM_OUT),
    chat("403", FAIL_OUT),
    chat("status@403", STREAM_OUT),
    chat("404", FAIL_OUT),
    chat("status@404", STREAM_OUT),
    chat("400-gemini-key", FAIL_OUT),
    chat("400-anthropic-credit", FAIL_OUT),
    chat("400-location", FAIL_OUT),
    chat("402-credits", FAIL_OUT),
    chat("403-billing", FAIL_OUT),
    chat("429-quota", FAIL_OUT),
    chat("400-gemini-value", &[plain(Passes(400)), stream(Passes(400))]),
    chat("fail-after-n@1+401", OUT_AT_ONCE).named("401 later"),
    chat("fail-after-n@1+400-gemini-key", OUT_AT_ONCE).named("400-gemini-key later"),
    chat("fail-after-n@1+403-billing", OUT_AT_ONCE).named("403-billing later"),
    chat("fail-after-n@1+429-quota", OUT_AT_ONCE).named("429-quota later"),
    chat("fail-after-n@1+402-credits", COUNTS).named("402-credits later"),
    chat("fail-after-n@1+400-anthropic-credit", COUNTS).named("400-anthropic-credit later"),
    chat("fail-after-n@1+400-location", COUNTS).named("400-location later"),
    chat("fail-after-n@1+403", COUNTS).named("403 later"),
    chat("fail-after-n@1+404", COUNTS).named("404 later"),
    chat("401+ok", &[plain(Fails(502))]).named("401 alone").without_fallback(),
    chat("403+ok", &[stream(Fails(502))]).named("403 alone").without_fallback(),
    chat("400-gemini-key+ok", &[plain(Fails(502))]).named("400-gemini-key alone").without_fallback(),
    chat("400-anthropic-credit+ok", &[stream(Fails(502))])
        .named("400-anthropic-credit alone")
        .without_fallback(),
    chat("400-location+ok", &[plain(Fails(502))]).named("400-location alone").without_fallback(),
    chat("402-credits+ok", &[plain(Fails(502))]).named("402-credits alone").without_fallback(),
];

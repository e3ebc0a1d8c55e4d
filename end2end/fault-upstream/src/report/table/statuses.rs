//! Statuses that mean that the upstream is failing, or that the caller's request is wrong.

use super::{
    super::{
        expectation::Expectation::{Fails, FailsForNow, FailsOver, Passes, Refuses, Skips},
        row::{CallKind, Row, chat, plain, step, stream},
    },
    FAIL_OVER, OK,
};

/// A text that `500-on-marker` cannot handle.
const PICTURE: &str = "http://gone.invalid/x.png";
const LOADING: &[u16] = &[502, 503];

pub(super) const ROWS: &[Row] = &[
    chat("408", FAIL_OVER),
    chat("500", FAIL_OVER),
    chat("502", FAIL_OVER),
    chat("503", FAIL_OVER),
    chat("504", FAIL_OVER),
    chat("529", FAIL_OVER),
    chat("418", FAIL_OVER),
    chat("500+rst@10", FAIL_OVER),
    chat("fail-first-n@1", &[plain(FailsOver), plain(OK), stream(OK)]),
    chat(
        "fail-after-n@1",
        &[plain(OK), plain(FailsOver), stream(FailsOver), plain(FailsOver), stream(Skips), plain(Skips)],
    )
    .named("three failures"),
    // One caller's broken request takes nobody out, however often it is sent.
    chat(
        "500-on-marker",
        &[
            plain(FailsOver).with_text(PICTURE),
            plain(FailsOver).with_text(PICTURE).repeated(),
            plain(FailsOver).with_text(PICTURE).repeated(),
            plain(FailsOver).with_text(PICTURE).repeated(),
            plain(OK),
        ],
    ),
    // A model that is being loaded.
    chat("loading@1", &[plain(FailsOver), plain(OK), stream(OK)]),
    chat("loading@2", &[plain(FailsForNow(LOADING)), stream(FailsForNow(LOADING)), plain(OK)])
        .named("loading alone")
        .without_fallback(),
    // The caller's request is wrong, so every upstream would refuse it.
    chat("400", &[plain(Passes(400)), stream(Passes(400))]).without_key(),
    chat("409", &[plain(Passes(409)), stream(Passes(409))]).without_key(),
    chat("413", &[plain(Passes(413)), stream(Passes(413))]).without_key(),
    chat("415", &[plain(Passes(415)), stream(Passes(415))]).without_key(),
    chat("422", &[plain(Passes(422)), stream(Passes(422))]).without_key(),
    chat("400-context", &[plain(Passes(400)), stream(Passes(400))]),
    chat("refuse@seed", &[plain(Passes(400)), stream(Passes(400))]).with_fields(r#","seed":7"#),
    chat("status@500", &[plain(Fails(502)), stream(Fails(502))]).named("500 alone").without_fallback(),
    chat("ok@4", &[step(CallKind::OtherEndpoint, Refuses(400))]).named("embeddings asked of a chat model"),
];

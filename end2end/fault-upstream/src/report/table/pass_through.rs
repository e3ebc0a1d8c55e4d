//! No fault, or none that matters to a relay: bytes pass through unchanged.

use super::{
    super::{
        expectation::Expectation::{Answers, PassesRequest, Truncates},
        row::{Row, chat, plain, stream},
    },
    CHOICES, OK, PASS, RUNNING_USAGE, TOOLS,
};

const USAGE: &str = r#","stream_options":{"include_usage":true}"#;
const NUMBERS: &str = r#","x_huge":1e999,"seed":12345678901234567890,"stop":"\ud800""#;

pub(super) const ROWS: &[Row] = &[
    chat("ok", PASS),
    chat("ok+ok@5", PASS).named("usage").with_stream_fields(USAGE),
    chat("numbered+ok@7", PASS).named("n 2").with_fields(CHOICES).with_stream_fields(RUNNING_USAGE),
    chat("tool_calls+ok@9", PASS).named("tool calls").with_fields(TOOLS),
    chat("echo", &[plain(PassesRequest)]).named("request fields").with_fields(NUMBERS),
    chat("hop-headers", PASS),
    chat("slow:300", PASS),
    chat("trickle:2", PASS),
    chat("slice:1b+ok@20", PASS),
    chat("slice:7b+crlf+bom+comments+multiline", PASS),
    chat("crlf", PASS),
    chat("bom", PASS),
    chat("comments", PASS),
    chat("multiline", PASS),
    chat("tight", PASS),
    chat("huge-event@900000+ok@3", PASS),
    chat("huge-event@3000000+ok@3", PASS),
    chat("broken-event@10", PASS),
    chat("chunked", PASS),
    chat("eof", PASS),
    chat("ok@5000", &[stream(OK)]),
    chat("extra-answer", &[plain(Answers), plain(Answers), stream(Answers), plain(Answers)]),
    chat("stale-reuse", &[plain(Answers), plain(Answers), stream(Answers), stream(Answers)]),
    chat("close-idle@100", &[plain(OK), plain(OK).after(300), stream(OK).after(100), stream(OK).after(99)]),
    // Content in other places, or none at all, but with a finish.
    chat("length", PASS),
    chat("reasoning-only", PASS),
    chat("refusal", PASS),
    chat("no-content", PASS),
    // A stream ends well by its [DONE], or by a whole body in which every choice finished.
    chat("no-finish", &[stream(OK)]),
    chat("done-fin", &[stream(OK)]),
    chat("done-torn+eof", &[stream(OK)]),
    chat("no-done", &[stream(OK)]),
    chat("no-done+eof", &[stream(OK)]),
    chat("no-done-fin", &[stream(Truncates)]),
    chat("one-finish", &[stream(Truncates)]).with_fields(CHOICES),
];

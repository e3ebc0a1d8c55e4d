//! Streams that are truncated before and after the first content.

use super::{
    super::{
        expectation::Expectation::{FailsOver, Truncates},
        row::{Row, chat, plain, stream},
    },
    CHOICES, FAIL_OVER, RUNNING_USAGE, TOOLS, TRUNCATE,
};

pub(super) const ROWS: &[Row] = &[
    chat("rst@0", FAIL_OVER),
    chat("fin-early@0", FAIL_OVER),
    chat("rst@40", TRUNCATE),
    chat("rst@41", TRUNCATE)
        .named("rst in a stream with usage")
        .with_fields(CHOICES)
        .with_stream_fields(RUNNING_USAGE),
    chat("tool_calls+rst@3", TRUNCATE).named("rst in a tool call").with_fields(TOOLS),
    chat("torn+rst@40", TRUNCATE),
    chat("torn+crlf+fin-early@3", TRUNCATE),
    chat("slice:1b+rst@1", TRUNCATE),
    chat("stall@20", TRUNCATE).hangs(),
    chat("slow_second_chunk", TRUNCATE).hangs(),
    chat("fin-early@40", TRUNCATE),
    chat("chunked+fin-early@39", TRUNCATE),
    chat("fin-early-eof@40", &[plain(FailsOver), stream(Truncates)]),
    chat("truncated", TRUNCATE),
];

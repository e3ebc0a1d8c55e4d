//! No answer at all.

use super::{
    super::{
        expectation::Expectation::{Expires, FailsForNow, FailsOver},
        row::{FirstUpstream, Row, chat, plain, stream},
    },
    FAIL_OVER, HANG, OK,
};

/// More bytes than the buffers of a connection hold.
const LONG: usize = 12 * 1024 * 1024;
const UNREACHABLE: &[u16] = &[502, 503];

pub(super) const ROWS: &[Row] = &[
    chat("ok@1", FAIL_OVER).named("refused").first(FirstUpstream::Closed),
    chat("ok@2", FAIL_OVER).named("black hole").first(FirstUpstream::BlackHole).hangs(),
    chat("ok@6", FAIL_OVER).named("no TLS").first(FirstUpstream::NoTls),
    chat("rst-on-accept", FAIL_OVER),
    chat("hang-accept", HANG).hangs().expires(),
    chat("hang-headers", HANG).hangs().expires(),
    chat("slow:1500", &[plain(OK), stream(FailsOver)]).hangs().expires(),
    chat("close-before-headers", FAIL_OVER),
    chat("1xx-die", FAIL_OVER),
    chat("slow-reader", FAIL_OVER).with_text(LONG).hangs(),
    // Without a fallback, clients are told when to try again unless it would cost them the same wait.
    chat("ok@3", &[plain(FailsForNow(UNREACHABLE))])
        .named("refused alone")
        .first(FirstUpstream::Closed)
        .without_fallback(),
    chat("rst-on-accept+ok", &[plain(FailsForNow(UNREACHABLE))]).named("reset alone").without_fallback(),
    chat("hang-headers+ok", &[plain(Expires), stream(FailsForNow(&[504]))])
        .named("hang alone")
        .hangs()
        .expires()
        .without_fallback(),
];

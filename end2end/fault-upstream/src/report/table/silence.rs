//! Streams that are silent before their first content, with and without signs of life.

use super::{
    super::{
        expectation::Expectation::{Expires, FailsOver},
        row::{Row, Step, chat, stream},
    },
    HANG, OK,
};

const LIVES: &[Step] = &[stream(OK)];

pub(super) const ROWS: &[Row] = &[
    chat("hang-first-event", HANG).hangs().expires(),
    chat("stall@0", HANG).hangs().expires(),
    // Longer than the first byte timeout, with signs of life in between.
    chat("alive-comments@1800", LIVES).hangs(),
    chat("alive-blank@1800", LIVES).hangs(),
    chat("alive-events@1800", LIVES).hangs(),
    chat("slow:700+role-first@700", LIVES).hangs(),
    // A role is no content, and no sign of life follows it.
    chat("role-first@1800", &[stream(FailsOver)]).hangs(),
    // Signs of life only push the timeout so far.
    chat("alive-comments@60000", &[stream(Expires)]).hangs().expires(),
    chat("alive-events@60000", &[stream(Expires)]).hangs().expires(),
];

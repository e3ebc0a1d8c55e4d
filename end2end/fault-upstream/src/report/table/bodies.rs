//! A 200 without a valid answer, with an error in it, or with nothing in it.

use super::{
    super::{
        expectation::Expectation::{EndsInError, FailsOver, PassesError, PassesRefusal, Skips},
        row::{Row, Step, chat, plain, stream},
    },
    FAIL_OVER,
};

/// An error about the request would be the same on every upstream.
const REFUSE: &[Step] = &[plain(PassesRefusal(400)), stream(PassesRefusal(400))];
const ERROR_LATE: &[Step] = &[stream(PassesError)];

pub(super) const ROWS: &[Row] = &[
    chat("html200", FAIL_OVER),
    chat("json-to-stream", &[stream(FailsOver)]),
    chat("not-object", FAIL_OVER),
    chat("error200", FAIL_OVER),
    chat("gzip-lie", FAIL_OVER),
    chat("redirect", FAIL_OVER),
    chat("redirect@307", FAIL_OVER),
    chat("redirect-here", FAIL_OVER),
    chat("infinite-body", &[plain(FailsOver)]),
    // Nothing in it.
    chat("no-choices", &[plain(FailsOver)]),
    chat("empty-stream", FAIL_OVER),
    chat("only-done", FAIL_OVER),
    // An error event before the first content.
    chat("err-in-stream", FAIL_OVER),
    chat("err-in-stream+err-form@choice", FAIL_OVER).named("error in a choice"),
    chat("err-in-stream+err-form@finish", FAIL_OVER).named("finish reason error"),
    chat("err-in-stream+err-form@field", FAIL_OVER).named("error field"),
    chat("err-in-stream+err-form@event", FAIL_OVER).named("event error"),
    chat("err-in-stream+err-form@json", FAIL_OVER).named("bare JSON error"),
    chat("err-in-stream@429", &[stream(FailsOver), plain(Skips)]),
    chat("err-in-stream@500", FAIL_OVER),
    chat("err-in-stream@400", REFUSE).without_key(),
    chat("err-in-stream@413", REFUSE).without_key(),
    chat("err-in-stream@422+err-form@choice", &[stream(PassesRefusal(400))])
        .named("refusal in a choice")
        .without_key(),
    chat("err-in-stream@400+err-form@event", &[stream(PassesRefusal(400))])
        .named("event error about the request")
        .without_key(),
    chat("err-in-stream@400+err-form@json", &[stream(PassesRefusal(400))])
        .named("bare JSON error about the request")
        .without_key(),
    // The same after content.
    chat("err-after@40", &[plain(FailsOver), stream(PassesError)]),
    chat("err-after@40+err-form@choice", ERROR_LATE).named("late error in a choice"),
    // It may count as an error event or as a missing finish.
    chat("err-after@40+err-form@finish", &[stream(EndsInError)]).named("late finish reason error"),
    chat("err-after@40+err-form@field", ERROR_LATE).named("late error field"),
    chat("err-after@40+err-form@event", ERROR_LATE).named("late event error"),
];

//! The caller disconnects, or does not read.

use super::super::{
    expectation::Expectation::{Cancels, HoldsBack},
    row::{Row, chat, completions, embeddings, messages, plain, responses, stream},
};

pub(super) const ROWS: &[Row] = &[
    chat("slow:30000", &[plain(Cancels), stream(Cancels)]),
    chat("hang-first-event+ok", &[stream(Cancels)]).named("cut before the first event"),
    chat("trickle:100", &[stream(Cancels), plain(Cancels)]),
    chat("stall@5", &[stream(Cancels)]).named("cut while it stalls"),
    completions("trickle:100", &[stream(Cancels)]),
    responses("trickle:100", &[stream(Cancels), plain(Cancels)]),
    messages("trickle:100", &[stream(Cancels), plain(Cancels)]),
    embeddings("slow:30000", &[plain(Cancels)]),
    chat("infinite-body+ok", &[stream(HoldsBack)]).named("a caller that does not read"),
    messages("infinite-body+ok", &[stream(HoldsBack)]).named("a caller that does not read"),
];

//! Embeddings.

use super::{
    super::{
        expectation::Expectation::{FailsOver, Passes, Refuses, Skips},
        row::{CallKind, Row, embeddings, plain, step},
    },
    OK,
};

pub(super) const ROWS: &[Row] = &[
    embeddings("ok", &[plain(OK), step(CallKind::Base64, OK)]),
    embeddings("dim@16", &[plain(FailsOver)]),
    embeddings("no-vectors", &[plain(FailsOver), step(CallKind::Base64, FailsOver)]),
    embeddings("one-vector-less", &[plain(FailsOver), step(CallKind::Base64, FailsOver)]),
    embeddings("500", &[plain(FailsOver)]),
    embeddings("429@60", &[plain(FailsOver), plain(Skips)]),
    embeddings("401", &[plain(FailsOver), plain(Skips)]),
    embeddings("422", &[plain(Passes(422))]).without_key(),
    embeddings("rst@100", &[plain(FailsOver)]),
    embeddings("hang-headers", &[plain(FailsOver)]).hangs(),
    embeddings("error200", &[plain(FailsOver)]),
    embeddings("ok@4", &[step(CallKind::OtherEndpoint, Refuses(400))])
        .named("chat asked of an embeddings model"),
];

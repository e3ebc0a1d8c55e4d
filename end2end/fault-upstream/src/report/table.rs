//! The table of the report: the faults and the expectations. Some upstream models have an unusual spelling
//! (`status@401` for `401`), because the upstream's log tells the rows apart by their model.

use super::row::{
    Expectation,
    Expectation::{
        Answers, Cancels, Fails, FailsOver, HoldsBack, Passes, PassesError, PassesRequest, Refuses, Skips,
        Truncates,
    },
    FirstUpstream, Row, Step, base64, chat, embeddings, other_endpoint, plain, stream,
};

const OK: Expectation = Passes(200);
const PASS: &[Step] = &[plain(OK), stream(OK)];
const FAIL_OVER: &[Step] = &[plain(FailsOver), stream(FailsOver)];
/// A truncated plain answer has not been passed on yet, so it can fail over.
const TRUNCATE: &[Step] = &[plain(FailsOver), stream(Truncates)];
const USAGE: &str = r#","stream_options":{"include_usage":true}"#;
const RUNNING_USAGE: &str = r#","stream_options":{"include_usage":true,"continuous_usage_stats":true}"#;
const CHOICES: &str = r#","n":2"#;
const TOOLS: &str = r#","tools":[{"type":"function","function":{"name":"weather","parameters":{}}}]"#;
const NUMBERS: &str = r#","x_huge":1e999,"seed":12345678901234567890,"stop":"\ud800""#;

/// More bytes than the buffers of a connection hold.
const LONG: usize = 12 * 1024 * 1024;

/// All rows in the order of the report. Rows that measure time come last.
pub(super) const ROWS: &[Row] = &[
    // No fault, or none that matters to a relay: bytes pass through unchanged.
    chat("ok", PASS),
    chat("ok+ok@5", PASS).named("usage").with_stream_fields(USAGE),
    chat("numbered+ok@7", PASS).named("n 2").with_fields(CHOICES).with_stream_fields(RUNNING_USAGE),
    chat("tool_calls+ok@9", PASS).named("tool calls").with_fields(TOOLS),
    chat("echo-raw", &[plain(PassesRequest)]).named("request fields").with_fields(NUMBERS),
    chat("hop-headers", PASS),
    chat("slow:300", PASS),
    chat("trickle:2", PASS),
    chat("slice:1b+ok@20", PASS),
    chat("slice:7b+crlf+bom+comments+multiline", PASS),
    chat("crlf", PASS),
    chat("bom", PASS),
    chat("comments", PASS),
    chat("multiline", PASS),
    chat("huge-event@900000+ok@3", PASS),
    chat("huge-event@3000000+ok@3", PASS),
    chat("broken-event@10", PASS),
    chat("chunked", PASS),
    chat("ok@5000", &[stream(OK)]),
    chat("extra-answer", &[plain(Answers), plain(Answers), stream(Answers), plain(Answers)]),
    chat("stale-reuse", &[plain(Answers), plain(Answers), stream(Answers), stream(Answers)]),
    chat("close-idle@100", &[plain(OK), plain(OK).after(300), stream(OK).after(100), stream(OK).after(99)]),
    // No answer.
    chat("ok@1", FAIL_OVER).named("refused").first(FirstUpstream::Closed),
    chat("ok@2", FAIL_OVER).named("black hole").first(FirstUpstream::BlackHole).hangs(),
    chat("ok@6", FAIL_OVER).named("no TLS").first(FirstUpstream::NoTls),
    chat("rst-on-accept", FAIL_OVER),
    chat("hang-accept", FAIL_OVER).hangs(),
    chat("hang-headers", FAIL_OVER).hangs(),
    chat("close-before-headers", FAIL_OVER),
    chat("1xx-die", FAIL_OVER),
    chat("slow-reader", FAIL_OVER).with_text(LONG).hangs(),
    // A status that means that the upstream is failing.
    chat("408", FAIL_OVER),
    chat("500", FAIL_OVER),
    chat("502", FAIL_OVER),
    chat("503", FAIL_OVER),
    chat("504", FAIL_OVER),
    chat("529", FAIL_OVER),
    chat("500+rst@10", FAIL_OVER),
    chat("fail-first-n@1", &[plain(FailsOver), plain(OK), stream(OK)]),
    chat("429@60", &[plain(FailsOver), stream(Skips)]),
    chat("429-date@60", &[stream(FailsOver), plain(Skips)]),
    chat("429-escalating@1", &[plain(FailsOver), plain(FailsOver).after(1_300), plain(Skips).after(1_300)]),
    chat("429-bare", &[stream(FailsOver)]),
    // The gateway's own key or model is wrong, which is not the caller's business.
    chat("401", &[plain(FailsOver)]),
    chat("status@401", &[stream(FailsOver)]),
    chat("403", &[plain(FailsOver)]),
    chat("status@403", &[stream(FailsOver)]),
    chat("404", &[plain(FailsOver)]),
    chat("status@404", &[stream(FailsOver)]),
    // The caller's request is wrong, so every upstream would refuse it.
    chat("400", &[plain(Passes(400)), stream(Passes(400))]).without_key(),
    chat("409", &[plain(Passes(409)), stream(Passes(409))]).without_key(),
    chat("413", &[plain(Passes(413)), stream(Passes(413))]).without_key(),
    chat("415", &[plain(Passes(415)), stream(Passes(415))]).without_key(),
    chat("422", &[plain(Passes(422)), stream(Passes(422))]).without_key(),
    // A 200 without a valid answer.
    chat("html200", FAIL_OVER),
    chat("json-to-stream", &[stream(FailsOver)]),
    chat("not-object", FAIL_OVER),
    chat("error200", FAIL_OVER),
    chat("gzip-lie", FAIL_OVER),
    chat("redirect", FAIL_OVER),
    chat("redirect@307", FAIL_OVER),
    chat("redirect-here", FAIL_OVER),
    chat("infinite-body", &[plain(FailsOver)]),
    // Streams that end before the first content.
    chat("hang-first-event", FAIL_OVER).hangs(),
    chat("stall@0", FAIL_OVER).hangs(),
    chat("rst@0", FAIL_OVER),
    chat("fin-early@0", FAIL_OVER),
    chat("empty-stream", FAIL_OVER),
    chat("only-done", FAIL_OVER),
    chat("err-in-stream", FAIL_OVER),
    // Streams that are truncated after the first content.
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
    chat("fin-early-eof@40", &[stream(Truncates)]),
    chat("truncated", TRUNCATE),
    chat("no-done", &[stream(Truncates)]),
    chat("err-after@40", &[plain(FailsOver), stream(PassesError)]),
    // No fallback.
    chat("status@500", &[plain(Fails(502)), stream(Fails(502))]).named("500 alone").without_fallback(),
    chat("401+ok", &[plain(Fails(502))]).named("401 alone").without_fallback(),
    chat("403+ok", &[stream(Fails(502))]).named("403 alone").without_fallback(),
    chat("hang-headers+ok", &[plain(Fails(504)), stream(Fails(504))])
        .named("hang alone")
        .hangs()
        .without_fallback(),
    chat("429@30", &[plain(Fails(429)), stream(Refuses(429))]).named("429 alone").without_fallback(),
    chat("ok@3", &[plain(Fails(502))]).named("refused alone").first(FirstUpstream::Closed).without_fallback(),
    chat("ok@4", &[other_endpoint(Refuses(400))]).named("embeddings asked of a chat model"),
    // Embeddings.
    embeddings("ok", &[plain(OK), base64(OK)]),
    embeddings("dim@16", &[plain(FailsOver)]),
    embeddings("500", &[plain(FailsOver)]),
    embeddings("429@60", &[plain(FailsOver), plain(Skips)]),
    embeddings("401", &[plain(FailsOver)]),
    embeddings("422", &[plain(Passes(422))]).without_key(),
    embeddings("rst@100", &[plain(FailsOver)]),
    embeddings("hang-headers", &[plain(FailsOver)]).hangs(),
    embeddings("error200", &[plain(FailsOver)]),
    embeddings("ok@4", &[other_endpoint(Refuses(400))]).named("chat asked of an embeddings model"),
    // The caller disconnects, or does not read.
    chat("slow:30000", &[plain(Cancels), stream(Cancels)]),
    chat("hang-first-event+ok", &[stream(Cancels)]).named("cut before the first event"),
    chat("trickle:100", &[stream(Cancels), plain(Cancels)]),
    chat("stall@5", &[stream(Cancels)]).named("cut while it stalls"),
    embeddings("slow:30000", &[plain(Cancels)]),
    chat("infinite-body+ok", &[stream(HoldsBack)]).named("a caller that does not read"),
];

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;
    use crate::fault::Fault;

    #[test]
    fn each_row_names_known_faults_and_has_unique_models() {
        let (mut models, mut upstream_models) = (BTreeSet::new(), BTreeSet::new());
        for row in ROWS {
            let model = row.gateway_model();
            assert!(Fault::parse(row.upstream_model).is_some(), "{}", row.name);
            assert!(
                upstream_models.insert((row.workload.path(), row.upstream_model)),
                "{}",
                row.upstream_model
            );
            assert!(models.insert(model.to_ascii_lowercase()), "{model}");
            assert!(model.len() <= 128, "{model}");
            assert!(
                model.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"._-:".contains(&byte)),
                "{model}"
            );
        }
    }

    #[test]
    fn rows_that_measure_time_come_last() {
        assert!(ROWS.is_sorted_by_key(Row::measures_time));
    }
}

//! The other APIs of a chat model. Faults below HTTP are the same for all APIs, so these rows show what differs: the
//! shape of events and errors, the terminal event, and upstreams that do not speak an API.

use super::{
    super::{
        expectation::Expectation::{
            Fails, FailsOver, Passes, PassesError, PassesRefusal, PassesRequest, Refuses, Skips, Truncates,
        },
        row::{CallKind, Row, Step, completions, messages, plain, responses, step, stream},
    },
    CHOICES, FAIL_OUT, FAIL_OVER, HANG, OK, PASS, TRUNCATE,
};

/// An upstream that does not speak the API is passed over, and not asked again soon.
const MISSING: &[Step] = FAIL_OUT;
/// After it has answered there, the same status is a failure.
const LOST: &[Step] = &[plain(OK), plain(FailsOver), stream(FailsOver)];
/// If nobody speaks the API, the first call finds out.
const NOBODY: &[Step] = &[plain(Fails(400)), plain(Refuses(400)), stream(Refuses(400))];
const REFUSE: &[Step] = &[plain(Passes(400)), stream(Passes(400))];
const COUNT: Step = step(CallKind::Count, OK);
const FLAT_TOOLS: &str = r#","tools":[{"type":"function","name":"weather","parameters":{}}]"#;
const SCHEMA_TOOLS: &str = r#","tools":[{"name":"weather","input_schema":{"type":"object"}}]"#;

pub(super) const COMPLETIONS: &[Row] = &[
    completions("ok", PASS),
    completions("numbered+ok@7", PASS).named("n 2").with_fields(CHOICES),
    completions("length", PASS),
    completions("500", FAIL_OVER),
    completions("401", FAIL_OUT),
    completions("400", REFUSE).without_key(),
    completions("no-completions@404", MISSING),
    completions("no-completions@405", MISSING),
    completions("no-completions@501", MISSING),
    completions("fail-after-n@1+no-completions@404", LOST).named("404 later"),
    completions("no-completions@404+ok", NOBODY).named("404 alone").without_fallback(),
    completions("html200", FAIL_OVER),
    completions("err-in-stream", FAIL_OVER),
    completions("err-in-stream+err-form@finish", FAIL_OVER).named("finish reason error"),
    completions("err-in-stream@400", &[stream(PassesRefusal(400))]).without_key(),
    completions("hang-first-event", &[stream(FailsOver)]).hangs(),
    completions("rst@0", FAIL_OVER),
    completions("only-done", &[stream(FailsOver)]),
    completions("rst@40", TRUNCATE),
    completions("no-done", &[stream(OK)]),
    completions("one-finish", &[stream(Truncates)]).with_fields(CHOICES),
    completions("err-after@40", &[stream(PassesError)]),
];

pub(super) const RESPONSES: &[Row] = &[
    responses("ok", PASS),
    responses("tool_calls+ok@9", PASS).named("tool calls").with_fields(FLAT_TOOLS),
    responses("echo", &[plain(PassesRequest)]).named("request fields").with_fields(r#","x":1e999"#),
    responses("slice:7b+crlf+comments+multiline", PASS),
    responses("length", PASS),
    responses("500", FAIL_OVER),
    responses("401", FAIL_OUT),
    responses("429@60", &[plain(FailsOver), stream(Skips)]),
    responses("400", REFUSE).without_key(),
    responses("no-responses@404", MISSING),
    responses("no-responses@405", MISSING),
    responses("no-responses@501", MISSING),
    responses("fail-after-n@1+no-responses@404", LOST).named("404 later"),
    responses("no-responses@404+ok", NOBODY).named("404 alone").without_fallback(),
    responses("hang-headers", HANG).hangs().expires(),
    responses("html200", FAIL_OVER),
    responses("json-to-stream", &[stream(FailsOver)]),
    responses("empty-stream", FAIL_OVER),
    responses("err-in-stream", FAIL_OVER),
    responses("err-in-stream+err-form@failed", &[stream(FailsOver)]).named("response.failed first"),
    responses("err-in-stream@400", &[stream(PassesRefusal(400))]).without_key(),
    responses("hang-first-event", &[stream(FailsOver)]).hangs(),
    responses("alive-events@1800", &[stream(OK)]).hangs(),
    responses("role-first@1800", &[stream(FailsOver)]).hangs(),
    responses("rst@0", FAIL_OVER),
    responses("rst@40", TRUNCATE),
    responses("tool_calls+rst@3", TRUNCATE).named("rst in a tool call").with_fields(FLAT_TOOLS),
    responses("torn+rst@40", TRUNCATE),
    responses("stall@20", TRUNCATE).hangs(),
    responses("no-done", &[stream(Truncates)]),
    responses("err-after@40", &[stream(PassesError)]),
    responses("err-after@40+err-form@failed", &[stream(PassesError)]).named("response.failed late"),
    // A response stays with the upstream that made it.
    responses("ok@3", &[plain(OK), step(CallKind::Continuation, OK), step(CallKind::Read, OK)])
        .named("stored"),
    responses(
        "fail-first-n@1+ok@7",
        &[plain(FailsOver), step(CallKind::Continuation, Skips), step(CallKind::Read, Skips)],
    )
    .named("stored at the fallback"),
    responses("fail-after-n@1+ok@8", &[plain(OK), step(CallKind::Continuation, Fails(502))])
        .named("stored at a failing upstream"),
    responses("ok@4", &[step(CallKind::UnknownRead, Refuses(404))]).named("unknown response"),
    responses("ok@5", &[step(CallKind::UnknownContinuation, Fails(404)), plain(OK)])
        .named("unknown predecessor"),
    responses("ok@6", &[COUNT]).named("token count"),
    responses("hang-headers+ok", &[step(CallKind::Count, FailsOver)]).named("token count hangs").hangs(),
    responses("500+ok", &[step(CallKind::Count, FailsOver)]).named("token count fails"),
];

pub(super) const MESSAGES: &[Row] = &[
    messages("ok", PASS),
    messages("tool_calls+ok@9", PASS).named("tool calls").with_fields(SCHEMA_TOOLS),
    messages("echo", &[plain(PassesRequest)]).named("request fields").with_fields(r#","x":1e999"#),
    messages("slice:7b+crlf+comments+multiline", PASS),
    messages("length", PASS),
    messages("500", FAIL_OVER),
    messages("529", FAIL_OVER),
    messages("401", FAIL_OUT),
    messages("400-anthropic-credit", FAIL_OUT),
    messages("429@60", &[plain(FailsOver), stream(Skips)]),
    messages("400", REFUSE).without_key(),
    messages("500+ok", &[plain(Fails(502)), stream(Fails(502))]).named("500 alone").without_fallback(),
    messages("no-messages@404", MISSING),
    messages("no-messages@405", MISSING),
    messages("no-messages@501", MISSING),
    messages("fail-after-n@1+no-messages@404", LOST).named("404 later"),
    messages("no-messages@404+ok", NOBODY).named("404 alone").without_fallback(),
    messages("hang-headers", HANG).hangs().expires(),
    messages("html200", FAIL_OVER),
    messages("json-to-stream", &[stream(FailsOver)]),
    messages("empty-stream", FAIL_OVER),
    messages("err-in-stream", FAIL_OVER),
    messages("err-in-stream@400", &[stream(PassesRefusal(400))]).without_key(),
    messages("hang-first-event", &[stream(FailsOver)]).hangs(),
    messages("alive-events@1800", &[stream(OK)]).hangs(),
    messages("role-first@1800", &[stream(FailsOver)]).hangs(),
    messages("rst@0", FAIL_OVER),
    messages("rst@40", TRUNCATE),
    messages("tool_calls+rst@3", TRUNCATE).named("rst in a tool call").with_fields(SCHEMA_TOOLS),
    messages("torn+rst@40", TRUNCATE),
    messages("stall@20", TRUNCATE).hangs(),
    messages("no-done", &[stream(Truncates)]),
    messages("err-after@40", &[stream(PassesError)]),
    messages("ok@4", &[COUNT]).named("token count"),
    messages("hang-headers+ok", &[step(CallKind::Count, FailsOver)]).named("token count hangs").hangs(),
    messages("500+ok@3", &[step(CallKind::Count, FailsOver)]).named("token count fails"),
];

//! Streams and plain answers of each API.

use super::*;
use crate::domain::routing::outcome::Outcome;

const DONE: &str = "data: [DONE]\n\n";

fn chunk(delta: &str, finish: &str) -> String {
    format!("data: {{\"choices\":[{{\"index\":0,\"delta\":{delta},\"finish_reason\":{finish}}}]}}\n\n")
}

fn chat(stream: &str) -> StreamFacts {
    facts(Api::ChatCompletions, stream)
}

fn is_complete(facts: &StreamFacts) -> bool {
    facts.end == Some(StreamEnd::Complete)
        || facts.end.is_none() && Api::ChatCompletions.rules().is_complete_without_terminal_event(facts)
}

#[test]
fn text_reasoning_refusals_and_tool_calls_are_content() {
    for delta in [
        r#"{"content":"a"}"#,
        r#"{"reasoning_content":"a"}"#,
        r#"{"refusal":"no"}"#,
        r#"{"tool_calls":[{"index":0}]}"#,
        r#"{"function_call":{"name":"f"}}"#,
    ] {
        assert!(chat(&chunk(delta, "null")).has_content, "{delta}");
    }
    for delta in [
        r#"{"role":"assistant","content":""}"#,
        r#"{"role":"assistant","content":null,"tool_calls":[]}"#,
        "{}",
    ] {
        assert!(!chat(&chunk(delta, "null")).has_content, "{delta}");
    }
    assert!(facts(Api::Completions, "data: {\"choices\":[{\"text\":\"a\"}]}\n\n").has_content);
}

#[test]
fn a_chat_stream_ends_well_by_done_or_by_all_its_finish_reasons() {
    let word = chunk(r#"{"content":"a"}"#, "null");
    assert!(is_complete(&chat(&format!("{word}{DONE}"))));
    assert!(is_complete(&chat(&format!("{word}{}", chunk("{}", "\"stop\"")))));
    for cut in ["null", "\"\"", "\"error\"", "\"null\""] {
        assert!(!is_complete(&chat(&format!("{word}{}", chunk("{}", cut)))), "{cut}");
    }
    let two = word.replace("\"index\":0", "\"index\":1");
    let mut read = StreamFacts { has_several_choices: true, ..StreamFacts::default() };
    let mut reader = crate::domain::wire::sse::Reader::default();
    let stream = format!("{word}{two}{}", chunk("{}", "\"stop\""));
    reader.push(stream.as_bytes(), |event| Api::ChatCompletions.rules().observe(&event, &mut read));
    assert!(!is_complete(&read), "the second choice has not ended");
}

#[test]
fn an_end_without_a_choice_has_nothing_in_it() {
    assert!(!chat(DONE).has_content);
    assert!(
        !chat(&format!("data: {{\"choices\":[],\"usage\":{{\"prompt_tokens\":3}}}}\n\n{DONE}")).has_content
    );
    let silent = chat(&format!("{}{DONE}", chunk("{}", "\"stop\"")));
    assert!(silent.has_content && !silent.has_text);
}

#[test]
fn errors_are_known_in_all_their_forms() {
    for event in [
        "data: {\"error\":{\"message\":\"no\",\"code\":500}}\n\n",
        "data: {\"choices\":[{\"index\":0,\"delta\":{},\"error\":{\"code\":502}}]}\n\n",
        "data: {\"choices\":[{\"index\":0,\"delta\":{\"content\":\"\"},\"finish_reason\":\"error\"}]}\n\n",
        "error: {\"code\":500,\"message\":\"no\"}\n\n",
        "event: error\ndata: no\n\n",
        "{\"error\":{\"message\":\"no\"}}",
        "{\n  \"error\": \"no\"\n}",
    ] {
        assert_eq!(chat(event).end, Some(StreamEnd::Error(Outcome::ErrorEvent)), "{event}");
    }
    let limited = chat("data: {\"choices\":[{\"error\":{\"code\":429}}]}\n\n");
    assert_eq!(limited.end, Some(StreamEnd::Error(Outcome::RateLimited { retry_after_ms: None })));
    let refused = chat("data: {\"error\":{\"code\":400,\"message\":\"too long\"}}\n\n");
    assert_eq!(refused.refusal.as_deref(), Some("{\"code\":400,\"message\":\"too long\"}"));
    assert_eq!(chat("data: {\"error\":null,\"choices\":[]}\n\n").end, None);
}

#[test]
fn behind_the_commit_point_only_what_matters_is_read() {
    let word = chunk(r#"{"content":"a"}"#, "null");
    let tail = "data: {\"choices\":[],\"usage\":{\"prompt_tokens\":3,\"completion_tokens\":5}}\n\n";
    let read = chat(&format!("{word}{word}{}{tail}", chunk(r#"{"content":"."}"#, "\"stop\"")));
    assert_eq!(read.usage, Some((3, 5)));
    assert!(is_complete(&read));
    let quoted = chunk(r#"{"content":"{\"error\":{}}"}"#, "null");
    assert_eq!(chat(&format!("{word}{quoted}")).end, None, "an error that is quoted is none");
    let broken = chat(&format!("{word}data: {{\"error\":{{\"message\":\"no\"}}}}\n\n"));
    assert!(matches!(broken.end, Some(StreamEnd::Error(_))));
}

#[test]
fn responses_hold_back_until_output_and_end_in_four_ways() {
    let event = |kind: &str, rest: &str| format!("event: {kind}\ndata: {{\"type\":\"{kind}\"{rest}}}\n\n");
    let created = event("response.created", ",\"response\":{\"id\":\"resp_1\",\"output\":[]}");
    let read = facts(Api::Responses, &created);
    assert!(!read.has_content);
    assert_eq!(read.response_id.as_deref(), Some("resp_1"));
    for kind in
        ["response.output_item.added", "response.output_text.delta", "response.reasoning_summary_text.delta"]
    {
        assert!(facts(Api::Responses, &event(kind, "")).has_content, "{kind}");
    }
    let usage = ",\"response\":{\"usage\":{\"input_tokens\":3,\"output_tokens\":5},\"output\":[]}";
    for kind in ["response.completed", "response.incomplete"] {
        let read = facts(Api::Responses, &format!("{created}{}", event(kind, usage)));
        assert_eq!(
            (read.end, read.usage, read.has_text),
            (Some(StreamEnd::Complete), Some((3, 5)), false),
            "{kind}"
        );
    }
    let failed =
        event("response.failed", ",\"response\":{\"error\":{\"code\":\"server_error\",\"message\":\"no\"}}");
    assert_eq!(facts(Api::Responses, &failed).end, Some(StreamEnd::Error(Outcome::ErrorEvent)));
    for error in [
        event("error", ",\"code\":null,\"message\":\"no\""),
        "data: {\"error\":{\"code\":500}}\n\n".to_owned(),
    ] {
        assert_eq!(facts(Api::Responses, &error).end, Some(StreamEnd::Error(Outcome::ErrorEvent)), "{error}");
    }
    let done = facts(Api::Responses, &format!("{created}{DONE}"));
    assert_eq!(done.end, None, "there is no such event");
}

#[test]
fn messages_hold_back_until_content_and_end_with_their_stop() {
    let event = |kind: &str, rest: &str| format!("event: {kind}\ndata: {{\"type\":\"{kind}\"{rest}}}\n\n");
    let start = event(
        "message_start",
        ",\"message\":{\"id\":\"msg_1\",\"usage\":{\"input_tokens\":3,\"output_tokens\":1}}",
    );
    let block =
        event("content_block_start", ",\"index\":0,\"content_block\":{\"type\":\"text\",\"text\":\"\"}");
    assert!(!facts(Api::Messages, &format!("{start}{block}{}", event("ping", ""))).has_content);
    let thought =
        event("content_block_start", ",\"content_block\":{\"type\":\"thinking\",\"thinking\":\"\"}");
    assert!(!facts(Api::Messages, &thought).has_content);
    let tool = event(
        "content_block_start",
        ",\"content_block\":{\"type\":\"tool_use\",\"id\":\"t\",\"name\":\"f\",\"input\":{}}",
    );
    assert!(facts(Api::Messages, &tool).has_content);
    let delta = event("content_block_delta", ",\"delta\":{\"type\":\"text_delta\",\"text\":\"hi\"}");
    let stop =
        event("message_delta", ",\"delta\":{\"stop_reason\":\"end_turn\"},\"usage\":{\"output_tokens\":5}");
    let whole = facts(Api::Messages, &format!("{start}{block}{delta}{stop}{}", event("message_stop", "")));
    assert_eq!((whole.end, whole.usage), (Some(StreamEnd::Complete), Some((3, 5))));
    assert_eq!(facts(Api::Messages, &format!("{start}{delta}{stop}")).end, None, "cut before its stop");
    let error = event("error", ",\"error\":{\"type\":\"overloaded_error\",\"message\":\"no\"}");
    assert_eq!(facts(Api::Messages, &error).end, Some(StreamEnd::Error(Outcome::ErrorEvent)));
}

#[test]
fn plain_answers_tell_errors_emptiness_and_usage() {
    let read = |api: Api, body: &'static str| api.rules().read_answer(body);
    let chat = |body| read(Api::ChatCompletions, body);
    assert!(chat(r#"{"id":"x","choices":[],"usage":{"prompt_tokens":9}}"#).nothing);
    assert!(chat(r#"{"id":"x"}"#).nothing);
    assert!(chat(r#"{"error":{"message":"no"}}"#).error.is_some());
    assert!(
        chat(r#"{"choices":[{"message":{"role":"assistant","content":""},"finish_reason":"error"}]}"#)
            .error
            .is_some()
    );
    let silent =
        chat(r#"{"choices":[{"message":{"role":"assistant","content":null},"finish_reason":"stop"}]}"#);
    assert!(silent.empty && !silent.nothing && silent.error.is_none());
    for said in [r#""tool_calls":[{"id":"t"}]"#, r#""refusal":"no""#, r#""content":"a""#] {
        let body = format!("{{\"choices\":[{{\"message\":{{{said}}},\"finish_reason\":\"stop\"}}]}}");
        assert!(!Api::ChatCompletions.rules().read_answer(&body).empty, "{said}");
    }
    let responses = |body| read(Api::Responses, body);
    assert!(responses(r#"{"id":"resp_1","error":null,"output":[{"type":"message"}]}"#).error.is_none());
    assert!(
        responses(r#"{"id":"resp_1","status":"failed","error":{"code":"server_error"},"output":[]}"#)
            .error
            .is_some()
    );
    let waiting = responses(r#"{"id":"resp_1","status":"queued","output":[]}"#);
    assert!(!waiting.nothing && !waiting.empty && waiting.id == Some("\"resp_1\""));
    assert!(responses(r#"{"id":"resp_1"}"#).nothing);
    let messages = |body| read(Api::Messages, body);
    assert!(messages(r#"{"type":"error","error":{"type":"overloaded_error"}}"#).error.is_some());
    assert!(messages(r#"{"type":"message","content":[{"type":"text","text":""}]}"#).empty);
    assert_eq!(
        messages(r#"{"content":[{"type":"text","text":"a"}],"usage":{"input_tokens":1,"output_tokens":2}}"#)
            .usage,
        Some((1, 2))
    );
}

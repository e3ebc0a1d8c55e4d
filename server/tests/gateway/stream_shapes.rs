//! Streams in the shapes that servers give them, each in every framing: all pass byte for byte.

use serde_json::{Value, json};

use super::chunks::{DONE, break_off, chunk, fail_over, good_stream, pass};

fn word() -> String {
    chunk(&json!({ "role": "assistant", "content": "hi" }), None)
}

fn end() -> String {
    chunk(&json!({}), Some("stop"))
}

/// What Azure sends first.
const PROMPT_FILTER: &str = "data: {\"choices\":[],\"created\":0,\"id\":\"\",\"model\":\"\",\"object\":\"\",\
                             \"prompt_filter_results\":[{\"prompt_index\":0,\"content_filter_results\":{}}]}\n\n";
/// What Azure sends about text that it has sent.
const ANNOTATION: &str = "data: {\"id\":\"\",\"object\":\"\",\"created\":0,\"model\":\"\",\"choices\":[{\"index\":0,\
                          \"finish_reason\":null,\"content_filter_results\":{\"hate\":{\"filtered\":false}},\
                          \"content_filter_offsets\":{\"check_offset\":44,\"start_offset\":44,\"end_offset\":198}}]}\n\n";

#[tokio::test]
async fn a_field_needs_no_space_behind_its_colon() {
    pass(&good_stream().replace("data: ", "data:")).await;
    // One space belongs to the field, and further ones to its value.
    pass(&good_stream().replace("data: ", "data:  ")).await;
    pass(&good_stream().replace("data: ", "event:message\nid:1\ndata:").replace('\n', "\r\n")).await;
    break_off(&word().replace("data: ", "data:")).await;
}

#[tokio::test]
async fn a_chunk_without_choices_or_without_a_delta_is_no_content() {
    pass(&[PROMPT_FILTER, &word(), ANNOTATION, &end(), ANNOTATION, DONE].concat()).await;
    pass(&[PROMPT_FILTER, ANNOTATION, &word(), &end(), ANNOTATION].concat()).await;
    for events in
        [PROMPT_FILTER.to_owned(), PROMPT_FILTER.to_owned() + ANNOTATION, PROMPT_FILTER.to_owned() + DONE]
    {
        fail_over(&events).await;
    }
}

#[tokio::test]
async fn a_terminal_event_needs_no_blank_line_before_the_end() {
    let open = word() + &end();
    for terminal in ["data: [DONE]", "data: [DONE]\n", "data: [DONE]\r\n", "data:[DONE]"] {
        pass(&(open.clone() + terminal)).await;
        // Nor does it need an end of the choices.
        pass(&(word() + terminal)).await;
    }
    break_off(&(word() + "data: [DON")).await;
}

#[tokio::test]
async fn usage_may_come_in_a_last_chunk_without_choices() {
    let usage = |value: &Value| {
        let id =
            "\"id\":\"c1\",\"object\":\"chat.completion.chunk\",\"created\":1760000000,\"model\":\"up-1\"";
        format!("data: {{{id},\"choices\":[],\"usage\":{value}}}\n\n")
    };
    let counted = json!({ "prompt_tokens": 9, "completion_tokens": 12, "total_tokens": 21 });
    let last = usage(&counted);
    for events in [
        word() + &end() + &last + DONE,
        // Chunks before it may say that they have none.
        word().replace("}\n\n", ",\"usage\":null}\n\n")
            + &end().replace("}\n\n", ",\"usage\":null}\n\n")
            + &last
            + DONE,
        // It may stand in the chunk that ends the choice, and grow from chunk to chunk.
        word() + &end().replace("}\n\n", &format!(",\"usage\":{counted}}}\n\n")) + DONE,
        usage(&json!({ "prompt_tokens": 9, "completion_tokens": 0 })) + &word() + &end() + &last + DONE,
    ] {
        for record in pass(&events).await {
            assert_eq!(record.tokens, Some((9, 12)), "{events}");
        }
    }
    fail_over(&last).await;
}

#[tokio::test]
async fn reasoning_is_content() {
    for field in ["reasoning_content", "reasoning"] {
        let first = chunk(&json!({ "role": "assistant", "content": null }), None);
        let thought = chunk(&json!({ "content": null, field: "Hm." }), None);
        let thoughts = thought.repeat(40);
        pass(&[&first, &thoughts, &word(), &end(), DONE].concat()).await;
        // The whole answer may be thought, and it may break off in it.
        let records = pass(&[&first, &thoughts, &end(), DONE].concat()).await;
        assert!(records.iter().all(|it| !it.is_empty), "{field}");
        break_off(&(first.clone() + &thought)).await;
        fail_over(&first).await;
        fail_over(&(first + &chunk(&json!({ "content": null, field: null }), None))).await;
    }
    let details =
        json!({ "content": "", "reasoning_details": [{ "type": "reasoning.encrypted", "data": "x" }] });
    break_off(&chunk(&details, None)).await;
}

#[tokio::test]
async fn a_tool_call_is_content() {
    let tool = |call: Value| chunk(&json!({ "tool_calls": [call] }), None);
    let first = tool(
        json!({ "index": 0, "id": "t1", "type": "function", "function": { "name": "f", "arguments": "" } }),
    );
    let more = tool(json!({ "index": 0, "function": { "arguments": "{\"path\":\"a\"}" } }));
    let end = chunk(&json!({}), Some("tool_calls"));
    let role = chunk(&json!({ "role": "assistant", "content": null }), None);
    let records = pass(&[&role, &first, &more, &end, DONE].concat()).await;
    assert!(records.iter().all(|it| !it.is_empty));
    pass(&[&*first, &more, &end].concat()).await;
    break_off(&(role.clone() + &first)).await;
    fail_over(&(role.clone() + &chunk(&json!({ "tool_calls": [] }), None))).await;
    // So is what else a message may hold in place of text.
    for delta in [
        json!({ "function_call": { "name": "f", "arguments": "" } }),
        json!({ "refusal": "no" }),
        json!({ "audio": { "id": "a1", "data": "AAAA" } }),
    ] {
        pass(&[&role, &chunk(&delta, None), &self::end(), DONE].concat()).await;
        break_off(&(role.clone() + &chunk(&delta, None))).await;
    }
}

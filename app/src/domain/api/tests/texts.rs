//! What is classified, and what continues a turn.

use super::*;

fn responses(input: &str) -> CallText {
    Api::Responses.rules().call_text(&RequestFields { input: Some(input), ..RequestFields::default() }, 7)
}

fn messages(messages: &str) -> CallText {
    Api::Messages
        .rules()
        .call_text(&RequestFields { messages: Some(messages), ..RequestFields::default() }, 7)
}

#[test]
fn responses_classify_the_last_user_item() {
    assert_eq!(responses(r#""hi""#).latest(), Some("hi"));
    let call = responses(
        r#"[{"role":"user","content":"one"},{"type":"reasoning","summary":[]},
            {"type":"message","role":"assistant","content":[{"type":"output_text","text":"a"}]},
            {"type":"message","role":"user","content":[{"type":"input_text","text":"two"},{"type":"input_image"}]}]"#,
    );
    assert_eq!(call.user_turns, ["one", "two"]);
    assert!(!call.ends_in_tool);
}

#[test]
fn responses_that_end_in_a_tools_output_continue() {
    for kind in
        ["function_call_output", "custom_tool_call_output", "computer_call_output", "local_shell_call_output"]
    {
        let input =
            format!(r#"[{{"role":"user","content":"one"}},{{"type":"{kind}","call_id":"c","output":"r"}}]"#);
        let call = responses(&input);
        assert!(call.ends_in_tool, "{kind}");
        assert_eq!(call.turn, responses(r#"[{"role":"user","content":"one"}]"#).turn, "{kind}");
    }
    assert!(!responses(r#"[{"type":"function_call_output"},{"role":"user","content":"next"}]"#).ends_in_tool);
}

#[test]
fn instructions_and_system_are_part_of_the_opening() {
    let with =
        |text| RequestFields { input: Some("\"hi\""), instructions: Some(text), ..RequestFields::default() };
    let opening = |text| Api::Responses.rules().call_text(&with(text), 7).opening;
    assert_ne!(opening("\"a\""), opening("\"b\""));
    let with = |text| RequestFields { messages: Some("[]"), system: Some(text), ..RequestFields::default() };
    let opening = |text| Api::Messages.rules().call_text(&with(text), 7).opening;
    assert_ne!(opening("\"a\""), opening(r#"[{"type":"text","text":"b"}]"#));
}

#[test]
fn messages_with_tool_results_continue_and_are_no_turn() {
    let call = messages(
        r#"[{"role":"user","content":"one"},
            {"role":"assistant","content":[{"type":"tool_use","id":"t","name":"f","input":{}}]},
            {"role":"user","content":[{"type":"tool_result","tool_use_id":"t","content":"r"},{"type":"text","text":"and"}]}]"#,
    );
    assert_eq!(call.latest(), Some("one"));
    assert!(call.ends_in_tool);
    assert_eq!(call.turn, messages(r#"[{"role":"user","content":"one"}]"#).turn);
}

#[test]
fn the_assistants_turn_is_read_in_every_api() {
    let items = r#"[{"role":"user","content":"Plan a trip"},
        {"type":"message","role":"assistant","content":[{"type":"output_text","text":"Shall I book it?"}]},
        {"type":"function_call","name":"f","arguments":"{}"},
        {"role":"user","content":"yes please"}]"#;
    assert_eq!(responses(items).assistant_turn.as_deref(), Some("Shall I book it?"));
    let blocks = r#"[{"role":"user","content":"Plan a trip"},
        {"role":"assistant","content":[{"type":"thinking","thinking":"Hm."},{"type":"text","text":"Shall I book it?"}]},
        {"role":"user","content":[{"type":"text","text":"yes please"}]}]"#;
    assert_eq!(messages(blocks).assistant_turn.as_deref(), Some("Shall I book it?"));
}

#[test]
fn completions_classify_a_text_and_no_tokens() {
    let text = |prompt| {
        let fields = RequestFields { prompt: Some(prompt), ..RequestFields::default() };
        Api::Completions.rules().call_text(&fields, 7).latest().map(str::to_owned)
    };
    assert_eq!(text(r#""one""#).as_deref(), Some("one"));
    assert_eq!(text(r#"["one","two"]"#).as_deref(), Some("one"));
    assert_eq!(text("[1,2]"), None);
}

use serde_json::json;

use super::*;
use RequestPart::{Schema, SystemMessage, Temperature, TokenField};

fn cause(body: &Value) -> RefusalCause {
    refusal_cause(400, body.to_string().as_bytes())
}

fn says(message: &str) -> RefusalCause {
    cause(&json!({ "error": { "message": message, "type": "invalid_request_error", "param": null } }))
}

#[test]
fn a_parameter_decides_whatever_the_message_lists() {
    let of = |param: &str, message: &str| {
        cause(&json!({ "error": { "message": message, "param": param, "code": "unsupported_value" } }))
    };
    let message = "Use 'max_completion_tokens'. Supported: temperature, response_format, system message.";
    assert_eq!(of("max_tokens", message), RefusalCause::Parts(vec![TokenField]));
    assert_eq!(of("temperature", message), RefusalCause::Parts(vec![Temperature]));
    assert_eq!(of("response_format.type", message), RefusalCause::Parts(vec![Schema]));
    assert_eq!(of("messages[0].role", "no"), RefusalCause::Parts(vec![SystemMessage]));
    assert_eq!(of("messages", "This model's maximum context length is 8192 tokens."), RefusalCause::Length);
}

#[test]
fn refusals_of_common_servers_are_understood() {
    let cases: [(&str, &[RequestPart]); 14] = [
        (
            "Unsupported parameter: 'max_tokens' is not supported with this model. Use 'max_completion_tokens' instead.",
            &[TokenField],
        ),
        ("max_tokens is too large: 128. It must be at most 64.", &[TokenField]),
        (
            "Unsupported value: 'temperature' does not support 0 with this model. Only the default (1) value is \
             supported.",
            &[Temperature],
        ),
        ("`temperature` must be strictly positive", &[Temperature]),
        ("'response_format.type' must be 'json_object' or 'text'", &[Schema]),
        ("Structured outputs are not supported by this model.", &[Schema]),
        ("Failed to parse grammar", &[Schema]),
        ("This model does not support JSON mode.", &[Schema]),
        ("Unknown fields: max_tokens, response_format", &[TokenField, Schema]),
        ("'max_tokens' and 'temperature' are not supported with this model.", &[TokenField, Temperature]),
        ("System role not supported", &[SystemMessage]),
        ("Only user and assistant roles are supported!", &[SystemMessage]),
        ("Conversation roles must alternate user/assistant/user/assistant/...", &[SystemMessage]),
        ("Developer instruction is not enabled for models/gemma", &[SystemMessage]),
    ];
    for (message, parts) in cases {
        let expected = RefusalCause::Parts(parts.to_vec());
        assert_eq!(says(message), expected, "{message}");
        assert_eq!(refusal_cause(400, message.as_bytes()), expected, "as plain text: {message}");
        let shapes = [
            json!({ "object": "error", "message": message, "code": 400 }),
            json!({ "detail": message }),
            json!({ "error": message }),
            json!([{ "error": { "message": message } }]),
            json!({ "error": { "message": "Provider returned error", "metadata": { "raw": message } } }),
        ];
        for body in shapes {
            assert_eq!(cause(&body), expected, "{body}");
        }
    }
}

#[test]
fn a_validator_that_repeats_the_request_names_only_what_it_points_at() {
    let request = json!({ "max_tokens": 128, "temperature": 0, "response_format": {}, "messages": [] });
    let detail =
        |loc: Value| json!({ "detail": [{ "type": "extra_forbidden", "loc": loc, "input": request }] });
    assert_eq!(cause(&detail(json!(["body", "temperature"]))), RefusalCause::Parts(vec![Temperature]));
    let role = json!(["body", "messages", 0, "role"]);
    assert_eq!(cause(&detail(role)), RefusalCause::Parts(vec![SystemMessage]));
    assert_eq!(cause(&detail(json!(["body"]))), RefusalCause::Unstated);
}

#[test]
fn what_is_not_about_a_part_is_told_apart() {
    let coded = |code: &str| cause(&json!({ "error": { "message": "No.", "code": code } }));
    assert_eq!(coded("context_length_exceeded"), RefusalCause::Length);
    assert_eq!(coded("content_filter"), RefusalCause::Content);
    assert_eq!(coded("json_validate_failed"), RefusalCause::Generation);
    assert_eq!(coded("model_not_found"), RefusalCause::Model);
    assert_eq!(coded("invalid_request_error"), RefusalCause::Unstated);
    let cases = [
        (
            "'max_tokens' is too large: 128. This model's maximum context length is 512 tokens.",
            RefusalCause::Length,
        ),
        (
            "the request exceeds the available context size. try increasing the context size",
            RefusalCause::Length,
        ),
        ("Input is too long for requested model.", RefusalCause::Length),
        ("Failed to generate JSON. Please adjust your prompt.", RefusalCause::Generation),
        ("The prompt triggered the content management policy. temperature", RefusalCause::Content),
        ("model \"x\" not found, try pulling it first", RefusalCause::Model),
        ("The model `gpt-y` does not exist", RefusalCause::Model),
        ("Something went wrong.", RefusalCause::Unstated),
        ("", RefusalCause::Unstated),
    ];
    for (message, expected) in cases {
        assert_eq!(says(message), expected, "{message}");
    }
    assert_eq!(refusal_cause(413, b"<html>"), RefusalCause::Length);
    assert_eq!(refusal_cause(500, b"\xff{"), RefusalCause::Unstated);
}

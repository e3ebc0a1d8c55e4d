//! Refusals as servers word them.

use super::*;

fn refused(status: u16, body: &str) -> Option<(RefusalCause, Proof)> {
    match judge_status(status, None, body) {
        Outcome::Refused { cause, proof, .. } => Some((cause, proof)),
        _ => None,
    }
}

#[test]
fn a_code_is_proof_wherever_it_stands() {
    use RefusalCause::{Account, Credit, Key};
    for (status, body, cause) in [
        (
            400,
            r#"[{"error":{"code":400,"message":"API key not valid.","status":"INVALID_ARGUMENT","details":[{"reason":"API_KEY_INVALID"}]}}]"#,
            Key,
        ),
        (400, r#"{"error":{"code":"invalid_api_key","message":"no"}}"#, Key),
        (403, r#"{"error":{"type":"billing_not_active"}}"#, Credit),
        (400, r#"{"error":{"code":"account_deactivated"}}"#, Account),
        (429, r#"{"error":{"type":"insufficient_quota","code":"insufficient_quota"}}"#, Credit),
        (401, "<html>no</html>", Key),
        (401, r#"{"error":{"code":"organization_deactivated"}}"#, Account),
    ] {
        assert_eq!(refused(status, body), Some((cause, Proof::Code)), "{status} {body}");
    }
}

#[test]
fn words_and_a_402_are_weaker() {
    use RefusalCause::{Account, Credit, Key};
    for (status, body, cause) in [
        (
            400,
            r#"{"type":"error","error":{"type":"invalid_request_error","message":"Your credit balance is too low to access the Anthropic API."}}"#,
            Credit,
        ),
        (400, r#"{"error":{"message":"Please pass a valid API key."}}"#, Key),
        (
            400,
            r#"{"error":{"message":"User location is not supported for the API use.","status":"FAILED_PRECONDITION","code":400}}"#,
            Account,
        ),
        (402, r#"{"error":{"message":"Insufficient credits","code":402}}"#, Credit),
        (402, "", Credit),
    ] {
        assert_eq!(refused(status, body), Some((cause, Proof::Words)), "{status} {body}");
    }
}

#[test]
fn a_request_stays_the_callers() {
    for body in [
        r#"{"error":{"message":"Invalid value for 'temperature'","code":400,"status":"INVALID_ARGUMENT"}}"#,
        r#"{"error":{"message":"max_tokens is too large","type":"invalid_request_error","param":"max_tokens"}}"#,
        "",
        "[]",
        "[1]",
        "null",
    ] {
        assert_eq!(judge_status(400, None, body), Outcome::Rejected(400), "{body}");
    }
    assert_eq!(judge_status(422, None, r#"{"error":{"code":"invalid_api_key"}}"#), Outcome::Rejected(422));
}

#[test]
fn a_rate_limit_takes_its_wait_from_header_or_body() {
    let body = r#"{"error":{"code":429,"status":"RESOURCE_EXHAUSTED","details":[{"@type":"type.googleapis.com/google.rpc.RetryInfo","retryDelay":"37s"}]}}"#;
    let wait = |header, body| match judge_status(429, header, body) {
        Outcome::RateLimited { retry_after_ms } => Some(retry_after_ms),
        _ => None,
    };
    assert_eq!(wait(None, body), Some(Some(37_000)));
    assert_eq!(wait(Some(1_500), body), Some(Some(1_500)));
    assert_eq!(wait(None, "{}"), Some(None));
    assert_eq!(wait(None, r#"{"error":{"details":[{"retryDelay":"-4s"}]}}"#), Some(None));
}

#[test]
fn an_error_inside_an_answer_is_judged_by_its_codes() {
    for (error, outcome) in [
        (r#"{"code":400,"message":"no"}"#, Outcome::Rejected(400)),
        (r#"{"code":"context_length_exceeded"}"#, Outcome::Rejected(400)),
        (r#"{"type":"exceed_context_size_error","message":"x"}"#, Outcome::Rejected(400)),
        (r#"{"type":"invalid_request_error"}"#, Outcome::Rejected(400)),
        (r#"{"code":429}"#, Outcome::RateLimited { retry_after_ms: None }),
        (r#"{"type":"rate_limit_error"}"#, Outcome::RateLimited { retry_after_ms: None }),
        (r#"{"code":500,"message":"no"}"#, Outcome::ErrorEvent),
        (r#""no""#, Outcome::ErrorEvent),
        ("", Outcome::ErrorEvent),
    ] {
        assert_eq!(judge_error(error), outcome, "{error}");
    }
    assert!(matches!(judge_error(r#"{"code":"invalid_api_key"}"#), Outcome::Refused { .. }));
    let credit = r#"{"type":"invalid_request_error","message":"Your credit balance is too low."}"#;
    let refused = Outcome::Refused { status: 200, cause: RefusalCause::Credit, proof: Proof::Words };
    assert_eq!(judge_error(credit), refused);
}

//! Answers in the words of known servers. Their wording decides whom a gateway blames, so it is kept as it was seen.

/// An error answer of a known server.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct VendorAnswer {
    pub(super) name: &'static str,
    pub(crate) status: u16,
    /// `$upstream` stands for the name of this server, so that a test finds the text wherever it is passed on.
    pub(crate) body: &'static str,
}

impl VendorAnswer {
    /// The answer that a fault name selects.
    pub(super) fn named(name: &str) -> Option<&'static Self> {
        ANSWERS.iter().find(|answer| answer.name == name)
    }
}

const fn answer(name: &'static str, status: u16, body: &'static str) -> VendorAnswer {
    VendorAnswer { name, status, body }
}

const ANSWERS: &[VendorAnswer] = &[
    answer(
        "400-gemini-key",
        400,
        r#"[{"error":{"code":400,"message":"API key not valid. Please pass a valid API key. ($upstream)","status":"INVALID_ARGUMENT","details":[{"@type":"type.googleapis.com/google.rpc.ErrorInfo","reason":"API_KEY_INVALID","domain":"googleapis.com"}]}}]"#,
    ),
    answer(
        "400-gemini-value",
        400,
        r#"{"error":{"message":"Invalid value for 'temperature' ($upstream)","code":400,"status":"INVALID_ARGUMENT"}}"#,
    ),
    answer(
        "400-anthropic-credit",
        400,
        r#"{"type":"error","error":{"type":"invalid_request_error","message":"Your credit balance is too low to access the Anthropic API. ($upstream)"}}"#,
    ),
    answer(
        "400-location",
        400,
        r#"{"error":{"message":"User location is not supported for the API use. ($upstream)","status":"FAILED_PRECONDITION","code":400}}"#,
    ),
    answer(
        "400-context",
        400,
        r#"{"error":{"message":"This model's maximum context length is 8192 tokens. ($upstream)","type":"invalid_request_error","param":"messages","code":"context_length_exceeded"}}"#,
    ),
    answer("402-credits", 402, r#"{"error":{"message":"Insufficient credits ($upstream)","code":402}}"#),
    answer(
        "403-billing",
        403,
        r#"{"error":{"message":"Your account is not active. ($upstream)","type":"billing_not_active","param":null,"code":"billing_not_active"}}"#,
    ),
    answer(
        "429-quota",
        429,
        r#"{"error":{"message":"You exceeded your current quota, please check your plan and billing details. ($upstream)","type":"insufficient_quota","param":null,"code":"insufficient_quota"}}"#,
    ),
    answer(
        "503-loading",
        503,
        r#"{"error":{"code":503,"message":"Loading model ($upstream)","type":"unavailable_error"}}"#,
    ),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_body_is_json_and_names_the_server() {
        for answer in ANSWERS {
            assert!(serde_json::from_str::<serde_json::Value>(answer.body).is_ok(), "{}", answer.name);
            assert!(answer.body.contains("$upstream"), "{}", answer.name);
        }
    }
}

//! How a stream ends that has all its content.
#![expect(clippy::unwrap_used, reason = "tests")]

use fault_upstream::FaultUpstream;
use serde_json::json;

use crate::client::{End, call, exchange, text};

#[tokio::test]
async fn each_ending_lacks_what_is_documented() {
    let upstream = FaultUpstream::start().await.unwrap();
    // The finished choices of two, whether [DONE] comes, and whether the framing is whole.
    for (model, finished, done, whole) in [
        ("ok@2", 2, true, true),
        ("no-done+ok@2", 2, false, true),
        ("no-done-fin+ok@2", 2, false, false),
        ("no-finish+ok@2", 0, true, true),
        ("one-finish+ok@2", 1, false, true),
        ("done-fin+ok@2", 2, true, false),
        ("done-torn+ok@2", 2, true, false),
    ] {
        let request = call("/v1/chat/completions", model, &json!({ "stream": true, "n": 2 }));
        let received = exchange(upstream.address(), &request).await;
        let (body, framing) = received.body();
        let body = text(&body);
        assert_eq!(received.content(), "w0 w1", "{model}");
        assert_eq!(body.matches(r#""finish_reason":"stop""#).count(), finished, "{model}");
        assert_eq!((body.contains("[DONE]"), framing, received.end), (done, whole, End::Fin), "{model}");
        assert_eq!(body.ends_with("[DONE]\n"), model.starts_with("done-torn"), "{model}");
    }
}

#[tokio::test]
async fn responses_and_messages_can_lack_their_terminal_event() {
    let upstream = FaultUpstream::start().await.unwrap();
    for (path, last) in [("/v1/responses", "response.output_item.done"), ("/v1/messages", "message_delta")] {
        let request = call(path, "no-done", &json!({ "stream": true }));
        let received = exchange(upstream.address(), &request).await;
        assert_eq!(received.event_names().last().unwrap(), last);
        assert!(received.body().1);
    }
}

//! A lone instance that is still loading its model: clients that retry by themselves are told when, and never told not
//! to.

use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};

use serde_json::json;

use super::chunks::{completion, framings, good_stream};
use crate::{
    raw_upstream::{RawUpstream, json_answer},
    rig::{Setup, got},
};

const LOADING: &str =
    "{\"error\":{\"code\":503,\"message\":\"Loading model\",\"type\":\"unavailable_error\"}}";

/// Refuses two requests with these headers, and answers well from then on.
async fn loading(headers: &'static str) -> RawUpstream {
    let count = AtomicUsize::new(0);
    RawUpstream::start(move |request| match count.fetch_add(1, Relaxed) {
        0 | 1 => format!(
            "HTTP/1.1 503 Service Unavailable\r\ncontent-type: application/json\r\ncontent-length: {}\r\n{headers}\
             connection: close\r\n\r\n{LOADING}",
            LOADING.len()
        ),
        _ if request.contains("\"stream\":true") => framings(&good_stream())[0].1.clone(),
        _ => {
            let message = json!({ "role": "assistant", "content": "hi" });
            json_answer(200, &completion(&json!({ "index": 0, "message": message, "finish_reason": "stop" })))
        }
    })
    .await
}

#[tokio::test]
async fn a_client_that_retries_by_itself_gets_its_answer_from_the_third_try() {
    for (headers, wait) in [
        ("", "5"),
        ("retry-after: 7\r\n", "7"),
        ("retry-after: 9000\r\n", "300"),
        ("retry-after: -1\r\n", "5"),
    ] {
        for stream in [false, true] {
            let upstream = loading(headers).await;
            let rig = Setup::new()
                .instance("a", &format!("{}/v1", upstream.origin), "m", |_| {})
                .ordered("try", &[("main", "inst_a")])
                .start()
                .await;
            let call = || if stream { rig.stream("try", "hi") } else { rig.chat("try", "hi") };
            for _ in 0..2 {
                let refused = got(call()).await;
                assert!([502, 503].contains(&refused.status), "{headers}: {}", refused.status);
                assert_eq!(
                    (refused.header("retry-after"), refused.header("x-should-retry")),
                    (wait, ""),
                    "{headers}"
                );
                assert!(!refused.text().contains("Loading model"), "the text of an instance is its own");
            }
            assert_eq!(got(call()).await.status, 200, "{headers}");
            assert_eq!(upstream.requests().len(), 3, "{headers}");
        }
    }
}

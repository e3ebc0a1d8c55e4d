//! Every way to say when to try again.
#![expect(clippy::unwrap_used, reason = "tests")]

use std::time::{Duration, SystemTime};

use fault_upstream::FaultUpstream;

use crate::client::{Received, chat, exchange};

async fn refused(model: &str) -> Received {
    let upstream = FaultUpstream::start().await.unwrap();
    let received = exchange(upstream.address(), &chat(model, false)).await;
    assert_eq!(received.status(), 429, "{model}");
    received
}

#[tokio::test]
async fn each_wait_is_in_its_own_place() {
    for (model, header, value) in [
        ("429@0.5", "retry-after", "0.5"),
        ("429@1.25", "retry-after", "1.25"),
        ("429@-1", "retry-after", "-1"),
        ("429@86400", "retry-after", "86400"),
        ("429-ms@1500", "retry-after-ms", "1500"),
        ("429-reset@360", "x-ratelimit-reset-requests", "6m0s"),
    ] {
        let received = refused(model).await;
        assert_eq!(received.header(header), Some(value), "{model}");
        assert_eq!(received.header("retry-after").is_some(), header == "retry-after", "{model}");
    }
    let received = refused("429-retry-info@37").await;
    assert_eq!(received.json()["error"]["details"][0]["retryDelay"], "37s");
    assert_eq!(received.header("retry-after"), None);
}

#[tokio::test]
async fn a_date_may_be_past() {
    let received = refused("429-date@-60").await;
    let date = httpdate::parse_http_date(received.header("retry-after").unwrap()).unwrap();
    assert!(date < SystemTime::now() - Duration::from_secs(58));
}

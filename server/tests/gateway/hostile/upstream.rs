//! A small chat server whose answers a test makes up from what it was asked, for many different answers in a short
//! time. It answers well; failures are the fault upstream's.

use std::sync::{
    Arc,
    atomic::{AtomicUsize, Ordering::Relaxed},
};

use axum::{Json, Router, routing::post};
use serde_json::{Value, json};
use tokio::{net::TcpListener, task::JoinHandle};

/// It runs until it is dropped.
pub(crate) struct Upstream {
    pub(crate) base_url: String,
    calls: Arc<AtomicUsize>,
    serving: JoinHandle<()>,
}

impl Upstream {
    /// Answers every call with the content that `content` makes of its body.
    pub(crate) async fn start(content: impl Fn(&Value) -> Value + Send + Sync + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let base_url = format!("http://{}/v1", listener.local_addr().unwrap());
        let calls = Arc::<AtomicUsize>::default();
        let (counted, content) = (Arc::clone(&calls), Arc::new(content));
        let answer = move |Json(asked): Json<Value>| {
            counted.fetch_add(1, Relaxed);
            let message = json!({ "role": "assistant", "content": content(&asked) });
            let choice = json!({ "index": 0, "message": message, "finish_reason": "stop" });
            std::future::ready(Json(
                json!({ "object": "chat.completion", "model": "m", "choices": [choice] }),
            ))
        };
        let router = Router::new().route("/v1/chat/completions", post(answer));
        let serving = tokio::spawn(async move { axum::serve(listener, router).await.unwrap() });
        Self { base_url, calls, serving }
    }

    pub(crate) fn calls(&self) -> usize {
        self.calls.load(Relaxed)
    }
}

impl Drop for Upstream {
    fn drop(&mut self) {
        self.serving.abort();
    }
}

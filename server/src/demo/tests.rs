//! The demo over a real socket, as the data plane calls it.

#![expect(clippy::unwrap_used, reason = "tests")]

use std::net::SocketAddr;

use app::domain::config::{
    base_url::{self, BaseUrl},
    configuration::Configuration,
    object::Object,
    validate::{self, Submission},
};
use base64::{Engine, engine::general_purpose::STANDARD};
use http::StatusCode;

use super::*;

const KEY: &str = "inner-key";

/// A running demo; it ends with the test's runtime.
struct Demo {
    address: SocketAddr,
    client: reqwest::Client,
}

impl Demo {
    async fn start() -> Self {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        // A second test of the same process finds it installed.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let router = paced(Secret::new(KEY), Duration::ZERO);
        tokio::spawn(async move { axum::serve(listener, router).await });
        Self { address, client: reqwest::Client::builder().no_proxy().build().unwrap() }
    }

    async fn post(&self, path: &str, body: &Value) -> (StatusCode, String) {
        self.post_with(path, body.to_string(), Some(KEY)).await
    }

    async fn post_with(&self, path: &str, body: String, key: Option<&str>) -> (StatusCode, String) {
        let request = self.client.post(format!("http://{}{DEMO_PATH}{path}", self.address)).body(body);
        let request = match key {
            Some(key) => request.bearer_auth(key),
            None => request,
        };
        let answer = request.send().await.unwrap();
        (answer.status(), answer.text().await.unwrap())
    }

    async fn json(&self, path: &str, body: Value) -> Value {
        let (status, text) = self.post(path, &body).await;
        assert_eq!(status, StatusCode::OK, "{text}");
        serde_json::from_str(&text).unwrap()
    }
}

fn chat(model: &str, prompt: &str) -> Value {
    json!({"model": model, "messages": [{"role": "user", "content": prompt}]})
}

#[test]
fn the_demo_instances_pass_validation_as_they_are_added() {
    let instances = instances();
    assert_eq!(instances.len(), 6);
    for (id, instance) in &instances {
        let submission =
            Submission { editing: None, id: Some(id.as_str()), object: Object::Instance(instance) };
        assert_eq!(validate::check(&Configuration::default(), submission, &[]).errors, []);
        assert!(
            instance.demo && instance.name.starts_with("Demo: ") && id.as_str().starts_with("inst_demo-")
        );
    }
    let embedders = instances.iter().filter(|(_, it)| it.workload_kind == WorkloadKind::Embeddings).count();
    assert_eq!(embedders, 1);
    assert_eq!(
        base_url::parse(&format!("http://h{DEMO_PATH}")).map(|BaseUrl { path, .. }| path),
        Ok(DEMO_PATH.to_owned())
    );
}

#[tokio::test]
async fn nothing_answers_without_the_inner_key() {
    let demo = Demo::start().await;
    for path in ["/chat/completions", "/embeddings", "/systemone", "/models", "/nothing"] {
        for key in [None, Some(""), Some("wrong"), Some("inner-ke"), Some("inner-key2")] {
            let (status, text) = demo.post_with(path, String::new(), key).await;
            assert_eq!(status, StatusCode::UNAUTHORIZED, "{path} {key:?}");
            assert!(text.contains("invalid_api_key") && !text.contains(KEY));
        }
    }
}

#[tokio::test]
async fn a_chat_answer_says_that_it_is_demo_text_and_quotes_the_prompt() {
    let demo = Demo::start().await;
    for model in [Model::Coder, Model::Editor, Model::Helper] {
        let answer = demo.json("/chat/completions", chat(model.id(), "What is \"love\"?")).await;
        let text = answer["choices"][0]["message"]["content"].as_str().unwrap();
        assert!(
            text.starts_with(&format!("[Demo text from {}, not a language model.]", model.id())),
            "{text}"
        );
        assert!(text.contains("What is \"love\"?"), "{text}");
        assert_eq!(answer["model"], model.id());
        assert_eq!(answer["choices"][0]["finish_reason"], "stop");
        let usage = &answer["usage"];
        assert_eq!(usage["total_tokens"].as_u64(), Some(3 + usage["completion_tokens"].as_u64().unwrap()));
    }
}

#[tokio::test]
async fn a_chat_answer_quotes_only_a_bit_of_a_long_prompt_and_reads_text_parts() {
    let demo = Demo::start().await;
    let parts = json!([{"type": "text", "text": "word ".repeat(9_000)}, {"type": "image_url", "image_url": {"url": "x"}}]);
    let body = json!({"model": "demo-helper", "messages": [{"role": "user", "content": parts}], "tools": []});
    let answer = demo.json("/chat/completions", body).await;
    let text = answer["choices"][0]["message"]["content"].as_str().unwrap();
    assert!(text.contains("word word") && text.len() < 600, "{text}");
}

#[tokio::test]
async fn the_decision_model_tells_probabilities_and_refuses_what_is_no_question() {
    let demo = Demo::start().await;
    let question = |criteria: Value, state: Value| json!({ "model": "demo-decider", "state": state, "questions": { "q": { "type": "choice", "criteria": criteria } } });
    let criteria = json!({
        "code": "The user asks for help with program code.", "bills": "The user asks about an invoice.",
        "none": "None of the others.",
    });
    let turns =
        json!([{ "role": "user", "content": "hello" }, { "role": "user", "content": "my invoice is wrong" }]);
    for (state, choice) in [
        (json!("Fix this bug in my Rust program"), "code"),
        (turns, "bills"),
        (json!("qwertz"), "none"),
        (json!(""), "none"),
        (json!([]), "none"),
    ] {
        let answer = demo.json("/systemone", question(criteria.clone(), state.clone())).await;
        let answer = &answer["answers"]["q"];
        assert_eq!(answer["choice"], choice, "{state}: {answer}");
        let shares: Vec<f64> =
            answer["probabilities"].as_object().unwrap().values().map(|it| it.as_f64().unwrap()).collect();
        assert!((shares.iter().sum::<f64>() - 1.0).abs() < 1e-9 && shares.len() == 3, "{answer}");
        let own = answer["probabilities"][choice].as_f64().unwrap();
        assert!(shares.iter().all(|it| *it <= own) && answer["confidence"].as_f64().unwrap() >= 0.0);
    }
    let (asked, of_another) = (question(criteria.clone(), json!("x")), json!("demo-router"));
    let mut other = asked.clone();
    other["model"] = of_another;
    for (body, status) in [
        (json!({}), 400),
        (question(json!({}), json!("x")), 400),
        (question(json!("code"), json!("x")), 400),
        (question(criteria, json!(5)), 400),
        (other, 404),
    ] {
        assert_eq!(demo.post("/systemone", &body).await.0, status, "{body}");
    }
    assert_eq!(demo.post("/chat/completions", &chat("demo-decider", "hi")).await.0, 404);
}

#[tokio::test]
async fn a_limit_on_tokens_cuts_the_answer() {
    let demo = Demo::start().await;
    let mut body = chat("demo-coder", "hello");
    body["max_tokens"] = json!(3);
    let answer = demo.json("/chat/completions", body).await;
    assert_eq!(answer["choices"][0]["message"]["content"], "[Demo text from ");
    assert_eq!(answer["choices"][0]["finish_reason"], "length");
}

#[tokio::test]
async fn a_streamed_answer_is_the_plain_one_in_pieces() {
    let demo = Demo::start().await;
    let mut body = chat("demo-editor", "Write a haiku");
    let plain = demo.json("/chat/completions", body.clone()).await;
    body["stream"] = json!(true);
    body["stream_options"] = json!({"include_usage": true});
    let (status, text) = demo.post("/chat/completions", &body).await;
    assert_eq!(status, StatusCode::OK);
    let mut events: Vec<_> =
        text.split_terminator("\n\n").map(|it| it.strip_prefix("data: ").unwrap()).collect();
    assert_eq!(events.pop(), Some("[DONE]"));
    let events: Vec<Value> = events.into_iter().map(|it| serde_json::from_str(it).unwrap()).collect();
    let (usage, chunks) = events.split_last().unwrap();
    assert_eq!((&usage["choices"], &usage["usage"]), (&json!([]), &plain["usage"]));
    assert_eq!(chunks[0]["choices"][0]["delta"]["role"], "assistant");
    let last = &chunks.last().unwrap()["choices"][0];
    assert_eq!((&last["finish_reason"], &last["delta"]), (&json!("stop"), &json!({})));
    let pieces = chunks.iter().filter_map(|it| it["choices"][0]["delta"]["content"].as_str());
    assert_eq!(pieces.collect::<String>(), plain["choices"][0]["message"]["content"].as_str().unwrap());
    assert!(
        chunks.len() > 10 && chunks.iter().all(|it| it.get("usage").is_none() && it["id"] == chunks[0]["id"])
    );
}

#[tokio::test]
async fn the_router_answers_plain_and_by_schema() {
    use app::domain::{
        console::draft,
        routing::{call::CallText, classify},
    };
    let demo = Demo::start().await;
    let balancer = draft::prefilled();
    let asked = classify::messages(&balancer, &CallText::of("Fix this Python function"));
    let labels = classify::Labels::of(&balancer);
    for (omits_schema, expected) in [(true, "code"), (false, r#"{"route":"code"}"#)] {
        let shape = classify::RequestShape { omits_schema, ..classify::RequestShape::default() };
        let body = classify::request_body("demo-router", &asked, &labels, shape);
        let (status, text) =
            demo.post_with("/chat/completions", String::from_utf8(body).unwrap(), Some(KEY)).await;
        assert_eq!(status, StatusCode::OK);
        let answer: Value = serde_json::from_str(&text).unwrap();
        assert_eq!(answer["choices"][0]["message"]["content"], expected);
    }
}

#[tokio::test]
async fn embeddings_are_real_and_take_every_form_of_input() {
    let demo = Demo::start().await;
    for (input, count) in
        [(json!("one"), 1), (json!(["one", "two"]), 2), (json!([1, 2, 3]), 1), (json!([[1], [2], [3]]), 3)]
    {
        let answer = demo.json("/embeddings", json!({"model": "demo-embedder", "input": input})).await;
        let data = answer["data"].as_array().unwrap();
        assert_eq!(data.len(), count);
        for (index, it) in data.iter().enumerate() {
            assert_eq!(it["index"], index);
            assert_eq!(it["embedding"].as_array().unwrap().len(), vector::DIMENSIONS);
        }
    }
}

#[tokio::test]
async fn embeddings_honour_dimensions_and_base64() {
    let demo = Demo::start().await;
    let mut body = json!({"model": "demo-embedder", "input": "a fox", "dimensions": 8});
    let floats = demo.json("/embeddings", body.clone()).await;
    let floats: Vec<f32> = floats["data"][0]["embedding"]
        .as_array()
        .unwrap()
        .iter()
        .map(|it| it.as_f64().unwrap() as f32)
        .collect();
    assert_eq!(floats.len(), 8);
    body["encoding_format"] = json!("base64");
    let encoded = demo.json("/embeddings", body).await;
    let bytes = STANDARD.decode(encoded["data"][0]["embedding"].as_str().unwrap()).unwrap();
    let decoded: Vec<_> =
        bytes.chunks_exact(4).map(|it| f32::from_le_bytes(it.try_into().unwrap())).collect();
    assert_eq!(decoded, floats);
}

#[tokio::test]
async fn what_cannot_be_read_is_refused_in_the_usual_shape() {
    let demo = Demo::start().await;
    for (path, body, status) in [
        ("/chat/completions", json!("x"), 400),
        ("/chat/completions", json!({"model": "demo-coder"}), 400),
        ("/chat/completions", json!({"model": "demo-coder", "messages": []}), 400),
        ("/chat/completions", chat("demo-embedder", "hello"), 404),
        ("/chat/completions", chat("unknown", "hello"), 404),
        ("/embeddings", json!({"model": "demo-coder", "input": "x"}), 404),
        ("/embeddings", json!({"model": "demo-embedder", "input": ""}), 400),
        ("/embeddings", json!({"model": "demo-embedder", "input": []}), 400),
        ("/embeddings", json!({"model": "demo-embedder", "input": "x", "dimensions": 0}), 400),
        ("/embeddings", json!({"model": "demo-embedder", "input": "x", "dimensions": 2_000_000}), 400),
        ("/embeddings", json!({"model": "demo-embedder", "input": "x", "encoding_format": "hex"}), 400),
        ("/completions", json!({}), 404),
    ] {
        let (found, text) = demo.post(path, &body).await;
        assert_eq!(found.as_u16(), status, "{path} {body}: {text}");
        let error: Value = serde_json::from_str(&text).unwrap();
        assert!(error["error"]["message"].is_string() && error["error"]["code"].is_string(), "{text}");
    }
}

#[tokio::test]
async fn all_models_are_listed() {
    let demo = Demo::start().await;
    let url = format!("http://{}{DEMO_PATH}/models", demo.address);
    let text = demo.client.get(url).bearer_auth(KEY).send().await.unwrap().text().await.unwrap();
    let list: Value = serde_json::from_str(&text).unwrap();
    let ids: Vec<_> = list["data"].as_array().unwrap().iter().map(|it| it["id"].as_str().unwrap()).collect();
    assert_eq!(ids, Model::ALL.map(Model::id));
}

//! Answers of a router model, including useless ones.
#![expect(clippy::unwrap_used, reason = "tests")]

use fault_upstream::FaultUpstream;
use serde_json::{Value, json};

use crate::client::{chat, exchange, post};

fn said(answer: &Value) -> &str {
    answer["choices"][0]["message"]["content"].as_str().unwrap()
}

#[tokio::test]
async fn router_faults_answer_with_the_label_in_their_form() {
    let upstream = FaultUpstream::start().await.unwrap();
    for (model, text) in [
        ("router@billing", "billing"),
        ("router-json@billing", r#"{"route":"billing"}"#),
        ("router-raw:I think: a+b", "I think: a+b"),
        ("router-raw:", ""),
        ("router-fence@billing", "```\nbilling\n```"),
        ("router-schema400@billing", "billing"),
        ("router-pick", "none"),
    ] {
        let plain = exchange(upstream.address(), &chat(model, false)).await;
        assert_eq!(said(&plain.json()), text, "{model}");
        let stream = exchange(upstream.address(), &chat(model, true)).await;
        assert_eq!(stream.content(), text, "{model}");
    }
    let thought = exchange(upstream.address(), &chat("router-think@billing", false)).await.json();
    assert!(said(&thought).starts_with("<think>") && said(&thought).ends_with("</think>\n\nbilling"));
    let long = exchange(upstream.address(), &chat("router-long@9000", false)).await.json();
    assert_eq!(said(&long).len(), 9000);
}

#[tokio::test]
async fn router_schema400_refuses_a_schema() {
    let upstream = FaultUpstream::start().await.unwrap();
    for (format, status) in [(json!({ "type": "json_schema" }), 400), (Value::Null, 200)] {
        let body = json!({ "model": "router-schema400@a", "response_format": format });
        let request = post("/v1/chat/completions", "connection: close\r\n", &body);
        assert_eq!(exchange(upstream.address(), &request).await.status(), status);
    }
}

#[tokio::test]
async fn router_pick_finds_a_listed_label_in_the_text() {
    let upstream = FaultUpstream::start().await.unwrap();
    let prompt = "Routes:\n- billing: invoices\n- tech: broken things\nAnswer one label or none.";
    let body = json!({ "model": "router-pick", "messages": [
        { "role": "system", "content": prompt },
        { "role": "user", "content": [{ "type": "text", "text": "a Tech problem" }] },
    ] });
    let request = post("/v1/chat/completions", "connection: close\r\n", &body);
    assert_eq!(said(&exchange(upstream.address(), &request).await.json()), "tech");
}

#[tokio::test]
async fn a_decision_chooses_an_option_in_the_shape_of_its_api() {
    let upstream = FaultUpstream::start().await.unwrap();
    let criteria = json!({ "billing": "Invoices.", "tech": "Broken things.", "none": "None of the others." });
    let route = json!({ "type": "choice", "instructions": "Which?", "criteria": criteria });
    let choices: Vec<Value> =
        ["billing", "tech", "none"].into_iter().map(|value| json!({ "value": value })).collect();
    let asked = json!([{ "type": "choice", "name": "route", "instructions": "Which?", "choices": choices }]);
    for (model, choice, sure, confidence) in [
        ("ok", json!("tech"), json!(0.9), 0.85),
        ("sure@50", json!("tech"), json!(0.5), 0.25),
        ("router@billing+sure@20", json!("billing"), json!(0.2), 0.0),
        ("router@unheard-of", json!("unheard-of"), Value::Null, 0.9),
    ] {
        let state = json!([{ "role": "user", "content": "a Tech problem" }]);
        let one = json!({ "model": model, "state": state, "questions": { "route": route } });
        let two = json!({ "model": model, "input": state, "questions": asked });
        for (path, body) in [("/v1/systemone", one), ("/v1/decisions", two)] {
            let received =
                exchange(upstream.address(), &post(path, "connection: close\r\n", &body)).await.json();
            let answers = &received["answers"];
            let answer = answers.get("route").unwrap_or(&answers[0]);
            assert_eq!(answer["choice"], choice, "{path} {model}");
            assert_eq!(answer["probabilities"][choice.as_str().unwrap()], sure, "{path} {model}");
            let told = answer["confidence"].as_f64().unwrap();
            assert!(model.contains("unheard") || (told - confidence).abs() < 0.001, "{path} {model}: {told}");
            assert!(answers.is_object() || answer["name"] == "route", "{answers}");
        }
    }
    for (model, fields) in [("no-probabilities", 2), ("no-confidence", 1)] {
        let body = json!({ "model": model, "state": "tech", "questions": { "route": route } });
        let request = post("/v1/systemone", "connection: close\r\n", &body);
        let answer = exchange(upstream.address(), &request).await.json()["answers"]["route"].clone();
        assert_eq!(answer.as_object().unwrap().len(), fields, "{answer}");
    }
    let body = json!({ "model": "odd-probabilities", "state": "tech", "questions": { "route": route } });
    let request = post("/v1/systemone", "connection: close\r\n", &body);
    let answer = exchange(upstream.address(), &request).await.json()["answers"]["route"].clone();
    let odd = json!({ "billing": "NaN", "none": -0.5, "tech": 1.5 });
    assert_eq!((&answer["choice"], &answer["probabilities"]), (&json!("tech"), &odd));
    let body = json!({ "model": "no-systemone@404", "questions": {} });
    let request = post("/v1/systemone", "connection: close\r\n", &body);
    assert_eq!(exchange(upstream.address(), &request).await.status(), 404);
}

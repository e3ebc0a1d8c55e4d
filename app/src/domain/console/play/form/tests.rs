#![expect(clippy::unwrap_used, reason = "tests")]

use super::*;

fn balancers() -> Vec<Playable> {
    let playable = |id: &str, kind| Playable {
        id: id.to_owned(),
        serving_name: format!("{id}-model"),
        workload_kind: kind,
        ..Playable::default()
    };
    vec![playable("chat", WorkloadKind::Chat), playable("embed", WorkloadKind::Embeddings)]
}

fn body(form: &PlayForm) -> Value {
    serde_json::from_str(&form.call(&balancers()).unwrap().body).unwrap()
}

#[test]
fn the_form_makes_the_call_that_a_client_would_send() {
    let form = PlayForm {
        balancer: "chat".into(),
        system: "Be brief.".into(),
        message: "Hello".into(),
        temperature: "0.5".into(),
        max_tokens: "20".into(),
        more: r#"{"seed": 7, "messages": [{"role": "user", "content": "Hi"}, {"role": "assistant", "content": "Yes?"}]}"#
            .into(),
        ..PlayForm::fresh()
    };
    let body = body(&form);
    assert_eq!(body["model"], "chat-model");
    assert_eq!(body["stream"], true);
    assert_eq!(
        (body["temperature"].as_f64(), body["max_tokens"].as_u64(), &body["seed"]),
        (Some(0.5), Some(20), &json!(7))
    );
    let roles: Vec<_> =
        body["messages"].as_array().unwrap().iter().map(|it| it["role"].as_str().unwrap()).collect();
    assert_eq!(roles, ["system", "user", "assistant", "user"]);
}

#[test]
fn every_error_of_the_form_is_told_at_once() {
    let form = PlayForm {
        balancer: "chat".into(),
        temperature: "warm".into(),
        max_tokens: "-1".into(),
        more: "[]".into(),
        ..PlayForm::fresh()
    };
    let paths: Vec<_> = form.call(&balancers()).unwrap_err().into_iter().map(|it| it.path).collect();
    assert_eq!(paths, ["more", "message", "temperature", "max_tokens"]);
    assert_eq!(PlayForm::fresh().call(&balancers()).unwrap_err()[0].path, "balancer");
}

#[test]
fn a_pasted_call_fills_the_form_and_sends_the_same_again() {
    let pasted = json!({
        "model": "CHAT-model",
        "messages": [
            {"role": "system", "content": "Be brief."},
            {"role": "user", "content": [{"type": "text", "text": "PageQuery"}]},
            {"role": "user", "content": "And?"},
        ],
        "stream": true, "temperature": 0.2, "tools": [],
    });
    let mut form = PlayForm { balancer: "embed".into(), pasted: pasted.to_string(), ..PlayForm::default() };
    form.fill(&balancers()).unwrap();
    assert_eq!((form.system.as_str(), form.message.as_str()), ("Be brief.", "And?"));
    let mut sent = body(&form);
    sent["model"] = json!("CHAT-model");
    assert_eq!(sent, pasted);
}

#[test]
fn a_call_of_responses_has_an_input_and_its_own_limit() {
    let form = PlayForm {
        balancer: "chat".into(),
        api: "responses".into(),
        system: "Be brief.".into(),
        message: "Hello".into(),
        max_tokens: "20".into(),
        ..PlayForm::fresh()
    };
    assert_eq!(form.call(&balancers()).unwrap().api, Some(Api::Responses));
    let expected = json!({
        "model": "chat-model", "stream": true, "max_output_tokens": 20,
        "input": [{"role": "system", "content": "Be brief."}, {"role": "user", "content": "Hello"}],
    });
    assert_eq!(body(&form), expected);
    let embeds = PlayForm { balancer: "embed".into(), input: "a".into(), ..form };
    assert_eq!(embeds.call(&balancers()).unwrap().api, Some(Api::Embeddings));
}

#[test]
fn a_pasted_call_of_responses_chooses_that_api() {
    for input in [json!("Hello"), json!([{"role": "user", "content": "Hello"}])] {
        let pasted = json!({ "model": "chat-model", "input": input, "max_output_tokens": 9, "store": false });
        let mut form = PlayForm { pasted: pasted.to_string(), ..PlayForm::default() };
        form.fill(&balancers()).unwrap();
        assert_eq!((form.api.as_str(), form.message.as_str()), ("responses", "Hello"));
        let expected = json!({
            "model": "chat-model", "stream": false, "max_output_tokens": 9, "store": false,
            "input": [{"role": "user", "content": "Hello"}],
        });
        assert_eq!(body(&form), expected);
    }
}

#[test]
fn embeddings_send_the_inputs_that_there_are() {
    let mut form =
        PlayForm { pasted: r#"{"model":"embed-model","input":["a","b"]}"#.into(), ..PlayForm::default() };
    form.fill(&balancers()).unwrap();
    assert_eq!(body(&form), json!({ "model": "embed-model", "input": ["a", "b"] }));
    form.second_input.clear();
    assert_eq!(body(&form)["input"], json!(["a"]));
}

#[test]
fn a_model_that_nobody_serves_is_a_error_at_the_pasted_text() {
    let mut form = PlayForm { pasted: r#"{"model":"gpt"}"#.into(), ..PlayForm::default() };
    assert_eq!(form.fill(&balancers()).unwrap_err().path, "pasted");
}
